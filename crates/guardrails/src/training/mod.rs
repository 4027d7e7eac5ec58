//! Trains the weights that ship: from labelled rows in a folder and from sentences that are written in this crate. Seeded
//! and single-threaded: equal data give equal files, to the last bit on one kind of machine. `shipway guard train` runs it.
//!
//! One file per model; each says what it is trained on, how its threshold is found, and what it must not have seen.

mod grounding;
mod indirect;
mod injection;
mod meaning;
mod names;
mod sensitive;

use crate::measured::Unreadable;
use std::path::Path;

/// A trained file, as it goes into `crates/guardrails/weights/`.
#[derive(Clone, Debug)]
pub struct Trained {
    /// `injection.swh`
    pub file: String,
    pub bytes: Vec<u8>,
    /// What cross-validation said, in lines for a person.
    pub log: Vec<String>,
}

/// Makes one vector per text, unit length: only the table of word vectors needs an encoder.
pub type Encoder<'a> = dyn Fn(&[&str]) -> Result<Vec<Vec<f32>>, String> + 'a;

/// What a trainer may use.
pub struct Sources<'a> {
    /// The folder of labelled rows.
    pub folder: &'a Path,
    pub encoder: Option<&'a Encoder<'a>>,
}

/// One trainer: `None` when its rows (or the encoder) are not there.
pub type Trainer = fn(&Sources<'_>) -> Result<Option<Trained>, Unreadable>;

/// Every model by name, in the order in which they must be trained (later ones may read what earlier ones wrote).
pub const TRAINERS: &[(&str, Trainer)] = &[
    ("meaning", meaning::train),
    ("injection", injection::train),
    ("indirect", indirect::train),
    ("names", names::train),
    ("grounding", grounding::train),
    ("sensitive", sensitive::train),
];
