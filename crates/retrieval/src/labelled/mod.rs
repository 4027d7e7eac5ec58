//! Labelled sets: how good the search is where somebody wrote down what should be found. One set is a folder; each of its
//! documents is searched as one passage.
//!
//! In reading order: `set` (the folder's files), `figures` (what a ranking is worth, and how sure that is), `measure` (asks every
//! question, of each leg and of both together).

mod figures;
mod measure;
mod set;

pub use figures::{Figure, Figures};
pub use measure::{Measured, Times, measure};
pub use set::{BadSet, LabelledSet, Question};

#[cfg(test)]
mod tests;
