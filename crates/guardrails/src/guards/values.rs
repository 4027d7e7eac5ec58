//! Values in a text (personal data, secrets): which are found, what is done about each, and the text that is left.

use super::rules::{Rules, Treatment};
use crate::guard::{Finding, names, pii, resolve_overlaps, secrets};
use crate::restore::nonce_places;
use crate::vault::Vault;
use std::collections::BTreeMap;
use usecase::declared::Place;
use usecase::{Decision, Stage, Verdict};

/// How often each (guard, rule) decided what.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<(&'static str, &'static str, Treatment), usize>);

/// A value and what happens to it.
pub(crate) type Treated = (Finding, Treatment);

/// The values of a text that are not let be, in order and without overlaps.
pub(crate) fn find(rules: &Rules, text: &str, place: Place) -> Vec<Treated> {
    let mut findings = found(rules, text, place, false);
    // What is let be by its type hides nothing that stands inside of it: an address in a link is an address.
    findings.retain(|found| of(rules, found, place) != Treatment::Allow);
    let mut treated: Vec<Treated> = Vec::with_capacity(findings.len());
    for found in resolve_overlaps(findings) {
        // An exception is for the whole value, and for everything in it.
        if !rules.lets_pass(found.guard, found.rule, &text[found.start..found.end]) {
            let treatment = of(rules, &found, place);
            treated.push((found, treatment));
        }
    }
    treated
}

/// All values of a text, also those that are let be.
pub(crate) fn all(rules: &Rules, text: &str, place: Place) -> Vec<Treated> {
    let resolved = resolve_overlaps(found(rules, text, place, true)).into_iter();
    let treated = resolved.map(|found| {
        let passes = rules.lets_pass(found.guard, found.rule, &text[found.start..found.end]);
        let treatment = if passes { Treatment::Allow } else { of(rules, &found, place) };
        (found, treatment)
    });
    treated.collect()
}

/// `everything` looks for every type; else only for those about which something is done.
fn found(rules: &Rules, text: &str, place: Place, everything: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    if rules.looks(secrets::GUARD, place) {
        secrets::find(text, &mut findings);
    }
    if rules.looks(pii::GUARD, place) {
        let scope = if everything { pii::Scope::all() } else { rules.scope() };
        pii::find_in(text, scope, &mut findings);
        if everything || rules.seeks_names(place) {
            names::find(text, &mut findings);
        }
    }
    findings
}

fn of(rules: &Rules, found: &Finding, place: Place) -> Treatment {
    if found.guard == secrets::GUARD {
        return rules.secret(found.rule, found.kind, place);
    }
    rules.personal(found.rule, found.kind, usual(found.kind), place)
}

/// What happens to a type of which nothing is declared. A name, a place or a web address is mostly what a question is about:
/// without it nothing is found.
fn usual(kind: &str) -> Treatment {
    let is_name = names::KINDS.iter().any(|(_, name)| *name == kind);
    let known = pii::TYPES.iter().find(|known| known.kind == kind);
    match known.map(|known| known.default) {
        _ if is_name => Treatment::Allow,
        Some(pii::Default::Allow) => Treatment::Allow,
        Some(pii::Default::Mask) | None => Treatment::Mask,
    }
}

/// The text with stand-ins of the vault for its values; `None` when there is nothing to change.
pub(crate) fn mask(rules: &Rules, text: &str, place: Place, vault: &mut Vault, tally: &mut Tally) -> Option<String> {
    let mut treated = find(rules, text, place);
    tally.count(rules, &treated);
    // What only watches changes nothing.
    treated.retain(|(found, _)| !rules.watches(found.guard, found.rule));
    let forged = nonce_places(text, vault.nonce());
    if treated.is_empty() && forged.is_empty() {
        return None;
    }
    if !forged.is_empty() {
        treated = with_forged(treated, forged);
    }
    with_escapes(text, &mut treated);
    Some(replace(text, &treated, |found, treatment, value| stand_in(vault, found, treatment, value, text)))
}

/// Backslashes before a value go with it: before a placeholder's bracket it would look like a model's escape, and one be lost.
fn with_escapes(text: &str, treated: &mut [Treated]) {
    let mut free = 0;
    for (found, _) in treated {
        while found.start > free && text.as_bytes()[found.start - 1] == b'\\' {
            found.start -= 1;
        }
        free = found.end;
    }
}

/// What looks like a placeholder of this very vault is put away as a text of its own, and so means itself.
fn with_forged(treated: Vec<Treated>, forged: Vec<std::ops::Range<usize>>) -> Vec<Treated> {
    let treatments: BTreeMap<(usize, usize), Treatment> =
        treated.iter().map(|(found, treatment)| ((found.start, found.end), *treatment)).collect();
    let as_text = |place: std::ops::Range<usize>| Finding {
        start: place.start,
        end: place.end,
        guard: "",
        rule: "",
        kind: "TEXT",
        rank: 0,
    };
    let all = treated.into_iter().map(|(found, _)| found).chain(forged.into_iter().map(as_text)).collect();
    let treatment = |found: &Finding| treatments.get(&(found.start, found.end)).copied().unwrap_or(Treatment::Mask);
    resolve_overlaps(all).into_iter().map(|found| (found.clone(), treatment(&found))).collect()
}

/// What goes out instead of a value. `said` is the text that it stands in.
fn stand_in(vault: &mut Vault, found: &Finding, treatment: Treatment, value: &str, said: &str) -> String {
    match treatment {
        Treatment::Replace => vault.stand_in(found.kind, value, said, |seed| pii::fake(found.kind, value, seed)),
        Treatment::Hash => vault.hashed(found.kind, value),
        _ => vault.placeholder(found.kind, value),
    }
}

/// Puts something in the place of each value. Findings are in order and do not overlap.
pub(crate) fn replace(
    text: &str,
    treated: &[Treated],
    mut stand_in: impl FnMut(&Finding, Treatment, &str) -> String,
) -> String {
    let mut masked = String::with_capacity(text.len() + 8 * treated.len());
    let mut copied = 0;
    for (found, treatment) in treated {
        masked.push_str(&text[copied..found.start]);
        masked.push_str(&stand_in(found, *treatment, &text[found.start..found.end]));
        copied = found.end;
    }
    masked.push_str(&text[copied..]);
    masked
}

impl Tally {
    pub(crate) fn count(&mut self, _rules: &Rules, treated: &[Treated]) {
        for (found, treatment) in treated.iter().filter(|(found, _)| !found.guard.is_empty()) {
            *self.0.entry((found.guard, found.rule, *treatment)).or_default() += 1;
        }
    }

    /// One verdict for each rule. In retrieved texts nothing is refused: a passage is not the caller's fault.
    pub(crate) fn verdicts(self, rules: &Rules, stage: Stage) -> Vec<Verdict> {
        let told = self.0.into_iter().map(|((guard, rule, treatment), count)| {
            let plural = if count == 1 { "" } else { "s" };
            let data = matches!(stage, Stage::Passage | Stage::Tool);
            let (decision, done) = match treatment {
                Treatment::Refuse if !data && stage == Stage::Output => {
                    (Decision::Refuse, "said, which ends this answer")
                }
                Treatment::Refuse if !data => (Decision::Refuse, "found, and this use case refuses such input"),
                Treatment::Review if !data => (Decision::Review, "replaced, and a person looks at it"),
                Treatment::Replace => (Decision::Mask, "replaced by made-up ones"),
                Treatment::Hash => (Decision::Mask, "replaced by digests"),
                Treatment::Allow => (Decision::Allow, "let be"),
                _ if stage == Stage::Output => (Decision::Mask, "taken out of the answer"),
                _ => (Decision::Mask, "replaced by placeholders"),
            };
            let verdict = Verdict::new(guard, rule, stage, decision, format!("{count} value{plural} {done}"));
            Verdict { shadow: rules.watches(guard, rule), ..verdict }
        });
        told.collect()
    }
}

/// A type of personal data, for those who configure what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct KnownType {
    /// Its name in `[guard.types]` and in placeholders.
    pub kind: &'static str,
    /// The rule that finds it: `pii.RULE` in `[guard.policy]`.
    pub rule: &'static str,
    /// Whose it is, where one country or union gives it out.
    pub jurisdiction: Option<&'static str>,
    /// Whether it is masked unless the use case says otherwise.
    pub masked: bool,
    /// For a person.
    pub what: &'static str,
}

/// Every type of personal data that is known, a rule each.
pub fn types() -> impl Iterator<Item = KnownType> {
    let by_form = pii::TYPES.iter().map(|known| KnownType {
        kind: known.kind,
        rule: known.rule,
        jurisdiction: known.jurisdiction,
        masked: known.default == pii::Default::Mask,
        what: known.what,
    });
    let names = names::KINDS.iter().zip(NAMES).map(|((rule, kind), what)| KnownType {
        kind,
        rule,
        jurisdiction: None,
        masked: false,
        what,
    });
    by_form.chain(names)
}

/// What the kinds of names are, in their order.
const NAMES: [&str; 4] = ["name of a person", "name of a place", "postal address", "name of an organisation"];
