//! The whole conclusion as JSON: the run with every check, the comparison with its interval, the power, the gate.

use crate::conclusion::Conclusion;
use crate::error::Error;

/// Indented, with a line break at the end, as files are written.
///
/// # Errors
/// Never for what a run holds; the serializer's sentence if it should.
pub fn render(conclusion: &Conclusion) -> Result<String, Error> {
    let json = serde_json::to_string_pretty(conclusion).map_err(|error| Error::Report(error.to_string()))?;
    Ok(json + "\n")
}
