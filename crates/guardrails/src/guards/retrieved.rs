//! What was retrieved, and what tools gave back: data without authority. Orders hidden in it are cut out or fenced, values
//! masked; the document stays.

use super::input::is_of_tool;
use super::values::{self, Tally};
use super::{Guards, Rules};
use crate::guard::{indirect, injection};
use crate::vault::Vault;
use indirect::{Cut, fence};
use std::collections::BTreeMap;
use usecase::declared::{InjectedText, Place};
use usecase::{Decision, Message, Passage, Stage, Verdict};

/// Passages that may leave the process.
#[derive(Clone, Debug)]
pub struct CheckedPassages {
    pub passages: Vec<Passage>,
    /// The same in the words of their documents, for a caller who was allowed to find them: no value is replaced, a hidden
    /// order is as many blanks. Places in them are those of the document.
    pub open: Vec<Passage>,
    pub verdicts: Vec<Verdict>,
    /// What a model must be told to read the marks around fenced orders, where there are any.
    pub explanation: Option<String>,
}

/// A text whose hidden orders are cut out or fenced, and with blanks in their place.
struct Harmless {
    text: String,
    blank: String,
}

/// What was found of hidden orders, by rule: how often, and the strongest score.
type Orders = BTreeMap<&'static str, (usize, f64)>;

impl Guards {
    /// Cuts hidden orders out of the passages (each is overwritten with as many blanks, so that the rest keeps its
    /// place), or fences them, and masks personal data and secrets, whatever the input's action is: a passage is not the caller's fault.
    pub fn check_passages(&self, passages: Vec<Passage>, vault: &mut Vault) -> CheckedPassages {
        let (mut tally, mut orders) = (Tally::default(), Orders::new());
        let (open, verdicts) = (passages.clone(), Vec::new());
        let mut checked = CheckedPassages { passages, open, verdicts, explanation: None };
        for (passage, open) in checked.passages.iter_mut().zip(&mut checked.open) {
            if let Some(harmless) = self.without_orders(&passage.text, Place::Passage, vault, &mut orders) {
                (passage.text, open.text) = (harmless.text, harmless.blank);
            }
            if let Some(masked) = values::mask(&self.rules, &passage.text, Place::Passage, vault, &mut tally) {
                passage.text = masked;
            }
        }
        checked.explanation = self.explanation(&orders, vault);
        checked.verdicts = order_verdicts(&self.rules, orders, Stage::Passage);
        checked.verdicts.extend(tally.verdicts(&self.rules, Stage::Passage));
        checked
    }

    /// The same for what tools gave back, and for nothing else; values are masked with the other messages.
    pub(super) fn check_tools(&self, messages: &mut [Message], vault: &Vault) -> (Vec<Verdict>, Option<String>) {
        let mut orders = Orders::new();
        for message in messages.iter_mut().filter(|message| is_of_tool(&message.role)) {
            message.each_text(&mut |text| {
                self.without_orders(text, Place::Tool, vault, &mut orders).map(|harmless| harmless.text)
            });
        }
        let explanation = self.explanation(&orders, vault);
        (order_verdicts(&self.rules, orders, Stage::Tool), explanation)
    }

    /// What a model is told about fences, where one was put up.
    fn explanation(&self, orders: &Orders, vault: &Vault) -> Option<String> {
        let acts = orders.keys().any(|rule| !self.rules.watches(injection::GUARD, rule));
        (acts && self.fences()).then(|| fence::explanation(vault.nonce()))
    }

    fn fences(&self) -> bool {
        self.rules.declared().injected_text == InjectedText::Fence
    }

    /// The text with its hidden orders cut out or fenced; `None` where there are none.
    fn without_orders(&self, text: &str, place: Place, vault: &Vault, orders: &mut Orders) -> Option<Harmless> {
        if !self.rules.looks(injection::GUARD, place) || self.rules.judgement(injection::GUARD, "").is_none() {
            return None;
        }
        let left = self.rules.without_exceptions(injection::GUARD, text);
        let mut cuts = indirect::find(left.as_deref().unwrap_or(text));
        for cut in &cuts {
            let (count, score) = orders.entry(cut.rule).or_default();
            *count += 1;
            *score = score.max(cut.score);
        }
        cuts.retain(|cut| !self.rules.watches(injection::GUARD, cut.rule));
        if cuts.is_empty() {
            return None;
        }
        let blank = blanked(text, &cuts);
        let text = if self.fences() { fence::fenced(text, &cuts, vault.nonce()) } else { blank.clone() };
        Some(Harmless { text, blank })
    }
}

/// The text with as many blanks in the place of each cut as it had code points.
fn blanked(text: &str, cuts: &[Cut]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut copied = 0;
    for cut in cuts {
        rest.push_str(&text[copied..cut.range.start]);
        rest.extend(text[cut.range.clone()].chars().map(|_| ' '));
        copied = cut.range.end;
    }
    rest.push_str(&text[copied..]);
    rest
}

fn order_verdicts(rules: &Rules, orders: Orders, stage: Stage) -> Vec<Verdict> {
    let told = orders.into_iter().map(|(rule, (count, score))| {
        let plural = if count == 1 { "" } else { "s" };
        let what = if stage == Stage::Tool { "tool result" } else { "passage" };
        let done = if rules.declared().injected_text == InjectedText::Fence { "fenced" } else { "cut out" };
        let reason = format!("{count} {what} sentence{plural} {done}");
        let verdict = Verdict::new(injection::GUARD, rule, stage, Decision::Mask, reason).scored(score);
        Verdict { shadow: rules.watches(injection::GUARD, rule), ..verdict }
    });
    told.collect()
}
