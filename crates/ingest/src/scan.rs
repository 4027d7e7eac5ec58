//! Personal data and injected orders, looked for before anything is indexed. What a feed masks is replaced by the name of
//! its kind, for good: a collection has no vault from which anybody could get it back.

use crate::chunk::Cut;
use crate::contract::Checked;
use guardrails::{Guards, Vault};
use regex::{Captures, Regex};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use usecase::declared::{FeedInjection, FeedPii, Guard, InjectionAction, PiiAction, SecretsAction};
use usecase::{DocumentRef, Passage};

/// A placeholder of a vault, `[EMAIL_1_k3f9]`: kind, number, nonce.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[([A-Z][A-Z_]*?)_[0-9]+_[a-z2-7]{4}\]").expect("a fixed pattern"));

/// The kind under which a vault puts away text that is no value.
const NO_VALUE: &str = "TEXT";

/// What a feed wants to know and to change.
pub(crate) struct Scan {
    pii: FeedPii,
    injection: FeedInjection,
    masking: Guards,
    judging: Guards,
}

/// What was found in one document.
#[derive(Default)]
pub(crate) struct Scanned {
    /// How often each kind of personal data and secrets occurs.
    pub(crate) personal: BTreeMap<String, usize>,
    /// Why the document may not go in.
    pub(crate) refused: Option<String>,
}

impl Scan {
    pub(crate) fn of(pii: FeedPii, injection: FeedInjection) -> Self {
        let off = Guard {
            pii: PiiAction::Off,
            secrets: SecretsAction::Off,
            injection: InjectionAction::Off,
            ..Guard::default()
        };
        let masking = Guard { pii: PiiAction::Mask, secrets: SecretsAction::Mask, ..off.clone() };
        let judging = Guard { injection: InjectionAction::Review, ..off };
        Self { pii, injection, masking: Guards::new(&masking), judging: Guards::new(&judging) }
    }

    /// Looks for personal data and secrets in everything that could be found or shown, and masks them where the feed wants it.
    pub(crate) fn personal(&self, checked: &mut Checked) -> Scanned {
        let mut personal = BTreeMap::new();
        let mask = self.pii == FeedPii::Mask;
        checked.each_text(&mut |text| {
            let named = self.named(text, &mut Vault::new(), &mut personal)?;
            mask.then_some(named)
        });
        let mut refused = Vec::new();
        if self.pii == FeedPii::Quarantine && !personal.is_empty() {
            let kinds: Vec<String> = personal.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
            refused.push(format!("it holds personal data or secrets: {}", kinds.join(", ")));
        }
        if self.pii != FeedPii::Allow {
            refused.extend(self.in_names(checked));
        }
        Scanned { personal, refused: (!refused.is_empty()).then(|| refused.join("; ")) }
    }

    /// Why a document cannot go in under its name: citations, reports and the chain tell it as it is.
    fn in_names(&self, checked: &Checked) -> Option<String> {
        let mut kinds = BTreeMap::new();
        checked.each_name(&mut |name| self.named(name, &mut Vault::new(), &mut kinds));
        let kinds: Vec<String> = kinds.into_keys().collect();
        (!kinds.is_empty()).then(|| {
            let kinds = kinds.join(", ");
            format!("its id or its item's name holds personal data or secrets, which are not masked there: {kinds}")
        })
    }

    /// The text with the name of its kind in the place of every value, each of which is counted; `None` when it holds none.
    fn named(&self, text: &str, vault: &mut Vault, personal: &mut BTreeMap<String, usize>) -> Option<String> {
        let masked = self.masking.mask(text, vault)?;
        let mut values = 0;
        let named = PLACEHOLDER.replace_all(&masked, |found: &Captures<'_>| {
            // A vault also puts away what happens to look like one of its placeholders; and a text may quote another's.
            let value = vault.restore(&found[0]);
            if &found[1] == NO_VALUE || value == found[0] {
                return value;
            }
            values += 1;
            *personal.entry(found[1].to_lowercase()).or_insert(0) += 1;
            format!("[{}]", &found[1])
        });
        let named = named.into_owned();
        (values > 0).then_some(named)
    }

    /// How many of a text's passages give orders to the model, and why the document may not go in because of it.
    pub(crate) fn injections(&self, text: &str, cuts: &[Cut]) -> (usize, Option<String>) {
        // Cuts come in the order of their starts, so that the text is gone through once.
        let (mut start, mut injected) = ((0, 0), 0);
        for cut in cuts {
            start = forward(text, start, cut.start);
            let (_, end) = forward(text, start, cut.end);
            injected += usize::from(self.is_injected(&text[start.1..end]));
        }
        let refused = (injected > 0 && self.injection == FeedInjection::Quarantine)
            .then(|| format!("{injected} of its passages give orders to the model (prompt injection)"));
        (injected, refused)
    }

    fn is_injected(&self, text: &str) -> bool {
        !self.judging.check_passages(vec![passage(text)], &mut Vault::new()).verdicts.is_empty()
    }
}

/// From one place (code point and byte) of a text to that of a later code point; from the beginning to an earlier one.
fn forward(text: &str, (point, byte): (usize, usize), to: usize) -> (usize, usize) {
    let (point, byte) = if to < point { (0, 0) } else { (point, byte) };
    let rest = &text[byte..];
    let bytes = rest.char_indices().nth(to - point).map_or(rest.len(), |(bytes, _)| bytes);
    (to, byte + bytes)
}

fn passage(text: &str) -> Passage {
    let source = DocumentRef { collection: String::new(), document: String::new(), title: String::new(), url: None };
    Passage { source, ordinal: 0, start: 0, end: 0, text: text.to_owned(), header: String::new(), score: 0.0 }
}

#[cfg(test)]
mod tests;
