//! Measures injection in disguise: what spaced letters, lookalikes, leet, zero width and encodings cost in recall.

use super::{Report, Unreadable};
use std::path::Path;

pub(super) fn measure(_folder: &Path, report: &mut Report) -> Result<(), Unreadable> {
    report.note("evasion: not measured yet");
    Ok(())
}
