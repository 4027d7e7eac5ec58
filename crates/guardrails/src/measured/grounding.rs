//! Measures unsupported answers: AUC per source, balanced accuracy.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("grounding: not measured yet");
    Ok(())
}
