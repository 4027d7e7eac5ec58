//! Measures unanswerable questions: AUC, refused at 5 % wrong abstentions.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("answerability: not measured yet");
    Ok(())
}
