//! Measures topic boundary: one domain from 20 sentences, out-of-scope questions, regulated advice.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("topics: not measured yet");
    Ok(())
}
