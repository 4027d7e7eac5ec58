//! `levenshtein`: so many single-letter edits turn the answer into the text.

use super::{Observed, Rejected, Seen, Written, quoted, text_value};

#[derive(Debug)]
pub(super) struct Levenshtein {
    wanted: String,
    /// Edits of one code point.
    most: f64,
}

/// promptfoo's default.
const DEFAULT_DISTANCE: f64 = 5.0;

impl Levenshtein {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        let wanted = text_value(written, "the text to compare with")?;
        match written.threshold.unwrap_or(DEFAULT_DISTANCE) {
            most if most >= 0.0 => Ok(Self { wanted, most }),
            _ => Err(Rejected::Threshold {
                message: "a distance is never negative".to_owned(),
                expected: "`threshold:` as a number of edits, 0 or more".to_owned(),
            }),
        }
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let distance = strsim::levenshtein(&observed.text, &self.wanted);
        let got = format!("{distance} edits away: {}", quoted(&observed.text));
        Seen::new(distance as f64 <= self.most, got)
    }

    pub(super) fn expected(&self) -> String {
        format!("to be at most {} edits from {}", self.most, quoted(&self.wanted))
    }
}
