//! How good the guards are: measures them on labelled texts, and says it per source and language with intervals. This is
//! what `shipway guard eval DIR` prints, and how every figure in the docs was made.
//!
//! A folder holds JSON Lines files of fixed names and columns (`docs/guardrails.md` lists them); what is not there is
//! not measured, and said to be so. Nothing here tunes anything: thresholds are those that ship.

mod answerability;
mod evasion;
mod grounding;
mod indirect;
mod injection;
pub(crate) mod labelled;
mod names;
mod pii;
mod report;
mod restore;
mod secrets;
mod sensitive;
mod speed;
mod topics;

pub use labelled::Unreadable;
pub use report::{Figure, Goal, Report};

use std::path::Path;

/// Measures everything for which the folder has a file. `progress` is told what is measured next.
///
/// # Errors
/// The operator's: a folder or file that cannot be read, a row without its columns.
pub fn measure(folder: &Path, progress: &mut dyn FnMut(&str)) -> Result<Report, Unreadable> {
    let mut report = Report::default();
    for (name, part) in PARTS {
        progress(name);
        part(folder, &mut report)?;
    }
    Ok(report)
}

/// One capability's measurement: adds its figures, or notes that its file is missing.
type Part = fn(&Path, &mut Report) -> Result<(), Unreadable>;

/// In the order of the table.
const PARTS: &[(&str, Part)] = &[
    // First, while nothing has been read yet: the start is measured too.
    ("speed", speed::measure),
    ("injection", injection::measure),
    ("evasion", evasion::measure),
    ("indirect", indirect::measure),
    ("pii", pii::measure),
    ("names", names::measure),
    ("restore", restore::measure),
    ("secrets", secrets::measure),
    ("grounding", grounding::measure),
    ("answerability", answerability::measure),
    ("topics", topics::measure),
    ("sensitive", sensitive::measure),
];
