//! `masked`: the text (or every text of a list) did not reach the model, and no placeholder was left in the answer.
//! Without a value: something in the input was masked. `not-masked`: it reached the model as it was.

use super::{Observed, Rejected, Seen, Written, listed, text_list};
use regex::Regex;
use std::sync::LazyLock;
use usecase::{Decision, Stage};

#[derive(Debug)]
pub(super) struct Masked {
    /// Empty: whatever the guards found.
    secrets: Vec<String>,
}

/// What the guards put in the place of masked data: `[EMAIL_1_k3f9]`.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[[A-Z][A-Z_]*_\d+_[0-9a-z]+\]").expect("the placeholder pattern is valid"));

impl Masked {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        let secrets = text_list(written, "the text that must not reach the model, or a list of texts")?;
        Ok(Self { secrets: secrets.unwrap_or_default() })
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let sent = observed.sent_to_model.as_deref();
        let leaked: Vec<String> =
            self.secrets.iter().filter(|secret| sent.is_some_and(|sent| sent.contains(*secret))).cloned().collect();
        if !leaked.is_empty() {
            // The value is the case's own, made up for the test: showing it reveals nothing.
            let got = format!("sent to the model: {}", listed(&leaked));
            return Seen::because(false, got, "the text reached the model unmasked");
        }
        let masked = observed.verdicts.iter().any(|verdict| {
            verdict.stage == Stage::Input && matches!(verdict.acts(), Decision::Mask | Decision::Refuse)
        });
        if self.secrets.is_empty() && !masked {
            return Seen::because(false, "nothing was masked", "no guard masked anything in the input");
        }
        if let Some(left) = PLACEHOLDER.find(&observed.text) {
            let got = format!("the answer holds {}", left.as_str());
            return Seen::because(false, got, "a placeholder was not restored in the answer");
        }
        let got = if sent.is_some() { "masked" } else { "nothing was sent to a model" };
        Seen::new(true, got)
    }

    pub(super) fn expected(&self) -> String {
        match self.secrets.as_slice() {
            [] => "to be made with masked input".to_owned(),
            secrets => format!("to be made without sending {} to the model", listed(secrets)),
        }
    }
}
