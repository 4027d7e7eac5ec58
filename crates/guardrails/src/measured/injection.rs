//! Measures direct injection and jailbreaks: recall at the shipped threshold, false alarms per source, NotInject, override phrases.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("injection: not measured yet");
    Ok(())
}
