//! A tiny encoder for tests: weights by a formula, and the files that tools would write of it.

use super::tensors::Tensors;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::Path;

pub(crate) const HIDDEN: usize = 8;
const WIDE: usize = 16;
pub(crate) const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nrefund\n##s\nthe\n,\na\nb\nc\nd\n";

/// A tensor's name, shape, and numbers.
pub(crate) type Named = (String, Vec<usize>, Vec<f32>);

/// Tensors in the order in which the formula runs through them.
pub(crate) fn tensors() -> Vec<Named> {
    let mut all = Vec::new();
    let mut counter = 0u32;
    let mut put = |name: &str, shape: &[usize], middle: f64, width: f64| {
        let next = |_| {
            let value = middle + width * (f64::from(counter * 37 % 101) / 50.5 - 1.0);
            counter += 1;
            value as f32
        };
        all.push((name.to_owned(), shape.to_vec(), (0..shape.iter().product::<usize>()).map(next).collect()));
    };
    put("embeddings.word_embeddings.weight", &[12, HIDDEN], 0.0, 1.0);
    put("embeddings.position_embeddings.weight", &[10, HIDDEN], 0.0, 0.5);
    put("embeddings.token_type_embeddings.weight", &[2, HIDDEN], 0.0, 0.3);
    put("embeddings.LayerNorm.weight", &[HIDDEN], 1.0, 0.2);
    put("embeddings.LayerNorm.bias", &[HIDDEN], 0.0, 0.1);
    for layer in 0..2 {
        let parts: [(&str, &[usize]); 8] = [
            ("attention.self.query", &[HIDDEN, HIDDEN]),
            ("attention.self.key", &[HIDDEN, HIDDEN]),
            ("attention.self.value", &[HIDDEN, HIDDEN]),
            ("attention.output.dense", &[HIDDEN, HIDDEN]),
            ("attention.output.LayerNorm", &[HIDDEN]),
            ("intermediate.dense", &[WIDE, HIDDEN]),
            ("output.dense", &[HIDDEN, WIDE]),
            ("output.LayerNorm", &[HIDDEN]),
        ];
        for (part, shape) in parts {
            let (middle, width, of_bias) = if shape.len() == 1 { (1.0, 0.2, 0.1) } else { (0.0, 0.7, 0.2) };
            put(&format!("encoder.layer.{layer}.{part}.weight"), shape, middle, width);
            put(&format!("encoder.layer.{layer}.{part}.bias"), &shape[..1], 0.0, of_bias);
        }
    }
    all
}

/// Tensors in memory.
pub(crate) struct Listed(HashMap<String, (Vec<usize>, Vec<f32>)>);

impl Listed {
    pub(crate) fn new(tensors: Vec<Named>) -> Self {
        Self(tensors.into_iter().map(|(name, shape, values)| (name, (shape, values))).collect())
    }
}

impl Tensors for Listed {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        Ok(self.0.get(name).ok_or("not there")?.0.clone())
    }

    fn read(&self, name: &str, from: usize, place: &mut [f32]) -> Result<(), String> {
        place.copy_from_slice(&self.0.get(name).ok_or("not there")?.1[from..from + place.len()]);
        Ok(())
    }
}

/// How a file writes numbers.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Written {
    F32,
    /// The upper half of each number.
    Bf16,
}

impl Written {
    fn bytes(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Bf16 => values.iter().flat_map(|value| value.to_le_bytes()[2..].to_vec()).collect(),
        }
    }
}

pub(crate) fn safetensors(tensors: &[Named], written: Written, prefix: &str) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    header.insert("__metadata__".to_owned(), json!({"format": "pt"}));
    for (name, shape, values) in tensors {
        let begin = data.len();
        data.extend(written.bytes(values));
        let dtype = if written == Written::F32 { "F32" } else { "BF16" };
        let entry = json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, data.len()]});
        header.insert(format!("{prefix}{name}"), entry);
    }
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

/// How an exporter leaves the weights of products.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Export {
    /// Under their names, turned by a step of the graph.
    Named,
    /// Turned, under a number; the bias is added in the next step.
    Renamed,
    /// Turned, under a number, and the bias without a layer's name: only the step has it.
    ByStep,
    /// Turned, under a number; the product adds the bias itself.
    Gemm,
}

/// A field of bytes in Protocol Buffers.
pub(crate) fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2][..], &varint(bytes.len()), bytes].concat()
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

pub(crate) fn node(name: &str, operator: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let inputs = inputs.iter().flat_map(|input| field(1, input.as_bytes()));
    let rest = [field(2, output.as_bytes()), field(3, name.as_bytes()), field(4, operator.as_bytes())].concat();
    field(1, &inputs.chain(rest).collect::<Vec<u8>>())
}

pub(crate) fn model(graph: &[u8]) -> Vec<u8> {
    // The version of the format, then the graph.
    [&[1 << 3, 8][..], &field(7, graph)].concat()
}

pub(crate) fn onnx(tensors: &[Named], written: Written, export: Export) -> Vec<u8> {
    let mut graph = Vec::new();
    for (number, (name, shape, values)) in tensors.iter().enumerate() {
        let layer = name.strip_suffix(".weight").filter(|name| shape.len() == 2 && name.starts_with("encoder"));
        let (mut name, mut shape, mut values) = (name.clone(), shape.clone(), values.clone());
        if let Some(layer) = layer {
            let (weight, product, bias) =
                (format!("onnx::MatMul_{number}"), format!("product_{number}"), format!("{layer}.bias"));
            let bias = if export == Export::ByStep { "" } else { &bias };
            let step = format!("/{}/MatMul", layer.replace('.', "/").replace("layer/", "layer."));
            match export {
                Export::Named => graph.extend(node("", "Transpose", &[&name], &weight)),
                Export::Gemm => graph.extend(node("", "Gemm", &["x", &weight, bias], &product)),
                Export::Renamed | Export::ByStep => {}
            }
            if export != Export::Gemm {
                graph.extend(node(&step, "MatMul", &["x", &weight], &product));
                graph.extend(node("", "Add", &[bias, &product], "y"));
            }
            if export != Export::Named {
                let (outputs, inputs) = (shape[0], shape[1]);
                values = (0..inputs * outputs).map(|at| values[at % outputs * inputs + at / outputs]).collect();
                shape.reverse();
                name = weight;
            }
        }
        let sizes: Vec<u8> = shape.iter().flat_map(|size| [&[1 << 3][..], &varint(*size)].concat()).collect();
        let kind = if written == Written::F32 { 1 } else { 16 };
        let tensor = [sizes, vec![2 << 3, kind], field(8, name.as_bytes()), field(9, &written.bytes(&values))].concat();
        graph.extend(field(5, &tensor));
    }
    model(&graph)
}

/// A folder with everything but weights.
pub(crate) fn write_settings(folder: &Path) {
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("the folder can be written");
    let config = json!({
        "model_type": "bert", "architectures": ["BertModel"], "hidden_size": HIDDEN, "num_attention_heads": 2,
        "num_hidden_layers": 2, "max_position_embeddings": 10, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "type_vocab_size": 2,
    });
    write("config.json", &config.to_string());
    write("vocab.txt", VOCABULARY);
}
