//! Files that are no model, or not one that can be read, as data; that real ones are read is tested with the whole folder.

use super::{Message, Onnx};
use crate::embedder::bert::tensors::Tensors;
use crate::embedder::bert::tiny::{Export, Written, field, model, node, onnx, tensors};
use proptest::prelude::*;

fn reason(bytes: Vec<u8>) -> String {
    Onnx::parse(bytes).err().expect("it cannot be read")
}

#[test]
fn what_is_not_supported_is_named() {
    let fused = node("", "MatMulInteger", &["x", "w"], "y");
    assert!(reason(model(&fused)).contains("quantised or fused (operator MatMulInteger)"));
    let mut foreign = node("", "Attention", &["x", "w"], "y");
    let domain = field(7, b"com.microsoft");
    foreign.extend(&domain);
    foreign[1] += domain.len() as u8;
    assert!(reason(model(&foreign)).contains("quantised or fused (operator Attention)"));
    assert!(reason(vec![0x3a, 0x7f]).contains("a field is longer than what holds it"));
    assert!(reason(vec![0xff; 20]).contains("a number is too long"));
    assert!(reason(vec![0x0f]).contains("unknown kind 7"));
}

#[test]
fn a_tensor_that_cannot_be_read_is_named() {
    let check = |fields: &[u8], expected: &str| {
        let tensor = [&[1 << 3, 2], fields, &field(8, b"t")].concat();
        let file = Onnx::parse(model(&field(5, &tensor))).expect("the message is whole");
        assert_eq!(file.shape("t").err().as_deref(), Some(expected));
        assert_eq!(file.read("t", 0, &mut [0.0; 2]).err().as_deref(), Some(expected));
    };
    check(&[2 << 3, 1], "t has 0 bytes, which is not what the shape [2] takes");
    check(&[2 << 3, 3], "t holds numbers of ONNX type 3; floats of 32 or 16 bits are supported");
    check(&[2 << 3, 1, 14 << 3, 1], "t lies in another file; supported is one file with all in it");
    assert!(Onnx::parse(Vec::new()).expect("an empty message").shape("t").is_err());
}

#[test]
fn parts_of_a_turned_matrix_are_its_parts() {
    let name = "encoder.layer.0.intermediate.dense.weight";
    let file = Onnx::parse(onnx(&tensors(), Written::F32, Export::Renamed)).expect("a model");
    let mut whole = vec![0.0; 128];
    file.read(name, 0, &mut whole).expect("it is there");
    assert_eq!(file.shape(name), Ok(vec![16, 8]));
    for (from, count) in [(0, 1), (7, 2), (13, 40), (127, 1), (128, 0)] {
        let mut part = vec![0.0; count];
        file.read(name, from, &mut part).expect("it is there");
        assert_eq!(part, whole[from..from + count]);
    }
    assert!(file.read(name, 1, &mut whole).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        Message::whole(&bytes).count();
        let _ = Onnx::parse(bytes);
    }

    #[test]
    fn a_damaged_model_is_read_or_refused(place in 0usize..3000, byte in any::<u8>()) {
        let mut bytes = onnx(&tensors(), Written::Bf16, Export::Renamed);
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(file) = Onnx::parse(bytes) {
            for name in file.names() {
                let _ = file.read(&name, 0, &mut [0.0; 16]);
            }
        }
    }
}
