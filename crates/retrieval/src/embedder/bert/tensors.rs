//! Where a model's parameters come from: named tensors in a file, read piece by piece so that a file of hundreds of
//! megabytes is never in memory twice.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Named tensors of floats. Errors are reasons, to be shown after the file's path.
pub(crate) trait Tensors {
    fn names(&self) -> Vec<String>;

    /// Sizes of its dimensions, which its bytes fill.
    fn shape(&self, name: &str) -> Result<Vec<usize>, String>;

    /// Numbers of a tensor from one place on, row by row, as many as `place` holds.
    fn read(&self, name: &str, from: usize, place: &mut [f32]) -> Result<(), String>;
}

/// How a file writes a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Float {
    F32,
    F16,
    BF16,
}

impl Float {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
        }
    }

    /// Reads as many numbers as there are places; both lie in order.
    pub(crate) fn read(self, bytes: &[u8], place: &mut [f32]) {
        match self {
            Self::F32 => {
                let all = bytes.as_chunks::<4>().0.iter();
                place.iter_mut().zip(all).for_each(|(place, four)| *place = f32::from_le_bytes(*four));
            }
            Self::F16 => {
                let all = bytes.as_chunks::<2>().0.iter();
                place.iter_mut().zip(all).for_each(|(place, two)| *place = of_half(u16::from_le_bytes(*two)));
            }
            Self::BF16 => {
                let all = bytes.as_chunks::<2>().0.iter();
                let of = |two: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*two)) << 16);
                place.iter_mut().zip(all).for_each(|(place, two)| *place = of(two));
            }
        }
    }
}

/// The number of values in a shape, when they fill a tensor's bytes exactly: no buffer is ever made for more than there
/// are.
pub(crate) fn filled(name: &str, shape: &[usize], float: Float, bytes: u64) -> Result<u64, String> {
    let values = shape.iter().try_fold(1u64, |all, size| all.checked_mul(*size as u64));
    let whole = values.filter(|values| values.checked_mul(float.bytes() as u64) == Some(bytes));
    whole.ok_or_else(|| format!("{name} has {bytes} bytes, which is not what the shape {shape:?} takes"))
}

/// A 16-bit float of IEEE 754 as a wider one: the exponent's bias goes from 15 to 127 by a product, which also makes
/// subnormal numbers right; infinities and what is no number keep their highest exponent.
fn of_half(bits: u16) -> f32 {
    let (sign, rest) = (u32::from(bits & 0x8000) << 16, u32::from(bits & 0x7fff) << 13);
    let size = if bits & 0x7c00 == 0x7c00 {
        f32::from_bits(rest | 0x7f80_0000)
    } else {
        f32::from_bits(rest) * f32::from_bits((127 + 112) << 23)
    };
    f32::from_bits(size.to_bits() | sign)
}

/// A `model.safetensors`: the length of a header in eight bytes, the header in JSON, and all numbers end to end.
pub(crate) struct Safetensors {
    file: RefCell<File>,
    tensors: HashMap<String, Entry>,
    /// Where the header ends and the first tensor begins.
    start: u64,
}

/// What the header says of a tensor.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    /// First byte and the one after the last.
    data_offsets: (u64, u64),
}

impl Entry {
    fn float(&self, name: &str) -> Result<Float, String> {
        match self.dtype.as_str() {
            "F32" => Ok(Float::F32),
            "F16" => Ok(Float::F16),
            "BF16" => Ok(Float::BF16),
            other => Err(format!("{name} holds {other}; floats of 32 or 16 bits are supported")),
        }
    }
}

/// The format's own bound; a real header has some tens of kilobytes.
const MOST_OF_A_HEADER: u64 = 100_000_000;

impl Safetensors {
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let reason = |error: std::io::Error| error.to_string();
        let mut file = File::open(path).map_err(reason)?;
        let size = file.metadata().map_err(reason)?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(reason)?;
        let length = u64::from_le_bytes(length);
        if length > MOST_OF_A_HEADER.min(size) {
            return Err("it is no safetensors file".to_owned());
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(reason)?;
        let no_header = |error: serde_json::Error| format!("it is no safetensors file: {error}");
        let mut header: Map<String, Value> = serde_json::from_slice(&header).map_err(no_header)?;
        header.remove("__metadata__");
        let entries = header.into_iter().map(|(name, entry)| Ok((name, serde_json::from_value(entry)?)));
        let tensors = entries.collect::<Result<HashMap<String, Entry>, _>>().map_err(no_header)?;
        let start = length + 8;
        if tensors.values().any(|entry| entry.data_offsets.1 > size - start) {
            return Err("it is cut off".to_owned());
        }
        Ok(Self { file: RefCell::new(file), tensors, start })
    }

    fn entry(&self, name: &str) -> Result<&Entry, String> {
        self.tensors.get(name).ok_or_else(|| format!("it has no tensor {name}"))
    }
}

impl Tensors for Safetensors {
    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }

    fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        let entry = self.entry(name)?;
        let (begin, end) = entry.data_offsets;
        filled(name, &entry.shape, entry.float(name)?, end.saturating_sub(begin))?;
        Ok(entry.shape.clone())
    }

    fn read(&self, name: &str, from: usize, place: &mut [f32]) -> Result<(), String> {
        let entry = self.entry(name)?;
        let float = entry.float(name)?;
        let begin = entry.data_offsets.0.saturating_add((from * float.bytes()) as u64);
        if begin.saturating_add((place.len() * float.bytes()) as u64) > entry.data_offsets.1 {
            return Err(format!("{name} ends early"));
        }
        let file = &mut *self.file.borrow_mut();
        file.seek(SeekFrom::Start(self.start + begin)).map_err(|error| error.to_string())?;
        // A buffer that stays in the processor's cache, however large the tensor.
        let mut buffer = [0; 1 << 16];
        for place in place.chunks_mut(buffer.len() / float.bytes()) {
            let bytes = &mut buffer[..place.len() * float.bytes()];
            file.read_exact(bytes).map_err(|error| error.to_string())?;
            float.read(bytes, place);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    //! 16-bit floats by value.

    use super::{Float, of_half};

    #[test]
    fn half_floats_have_their_values() {
        let known = [(0x0000, 0.0), (0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x3555, 0.333_251_95)];
        known.iter().for_each(|(bits, value)| assert_eq!(of_half(*bits), *value));
        assert_eq!((of_half(0x0001), of_half(0x03ff)), (2f32.powi(-24), 1023.0 * 2f32.powi(-24)));
        assert!(of_half(0x7e00).is_nan() && of_half(0xfc00) == f32::NEG_INFINITY);
        let mut place = [0.0; 2];
        Float::BF16.read(&[0x80, 0x3f, 0x00, 0xc0], &mut place);
        assert_eq!(place, [1.0, -2.0]);
    }
}
