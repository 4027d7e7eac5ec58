//! `regex`: the pattern is found somewhere in the answer.

use super::{Observed, Rejected, Seen, Written, quoted, text_value};

#[derive(Debug)]
pub(super) struct Matches(regex::Regex);

impl Matches {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        const EXPECTED: &str = "a regular expression";
        let pattern = text_value(written, EXPECTED)?;
        regex::Regex::new(&pattern).map(Self).map_err(|error| {
            let message = error.to_string();
            let last = message.lines().last().unwrap_or_default().trim();
            let reason = last.strip_prefix("error: ").unwrap_or(last).to_owned();
            // JavaScript knows look-around and back-references; this engine runs in linear time and does without.
            if reason.contains("look-around") || reason.contains("backreferences") {
                return Rejected::Unsupported(format!("this regular expression cannot be run here: {reason}"));
            }
            Rejected::value(format!("the regular expression is not valid: {reason}"), EXPECTED)
        })
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        Seen::new(self.0.is_match(&observed.text), quoted(&observed.text))
    }

    pub(super) fn expected(&self) -> String {
        format!("to match /{}/", self.0.as_str())
    }
}
