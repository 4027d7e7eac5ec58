//! `starts-with`: the answer begins with the text.

use super::{Observed, Rejected, Seen, Written, quoted, text_value};

#[derive(Debug)]
pub(super) struct StartsWith(String);

impl StartsWith {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        text_value(written, "the text that the answer begins with").map(Self)
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        Seen::new(observed.text.starts_with(&self.0), quoted(&observed.text))
    }

    pub(super) fn expected(&self) -> String {
        format!("to start with {}", quoted(&self.0))
    }
}
