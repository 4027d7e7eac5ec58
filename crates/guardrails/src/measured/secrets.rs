//! Measures secrets: recall, hard negatives flagged, real prompts flagged.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("secrets: not measured yet");
    Ok(())
}
