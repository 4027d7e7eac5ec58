//! Measures sensitive subjects: AUC and F1 per source.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("sensitive: not measured yet");
    Ok(())
}
