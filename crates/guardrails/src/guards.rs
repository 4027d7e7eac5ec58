//! The guards of one use case, in the order in which the path of a request meets them: input, passages, answer.

use crate::guard::grounding::{self, GroundingReport};
use crate::guard::{Finding, injection, pii, resolve_overlaps, secrets};
use crate::offsets::OffsetMap;
use crate::restore::nonce_places;
use crate::vault::Vault;
use std::collections::BTreeMap;
use usecase::declared::{Guard, InjectionAction, PiiAction, SecretsAction, UnsureAction};
use usecase::{Decision, Message, Passage, Role, Stage, Verdict};

/// What was declared, in the form that the checks run on. Cheap to make: patterns are compiled once per process.
#[derive(Clone, Debug)]
pub struct Guards {
    declared: Guard,
}

/// Passages that may leave the process, and how to find their places in the documents again.
#[derive(Clone, Debug)]
pub struct CheckedPassages {
    pub passages: Vec<Passage>,
    pub verdicts: Vec<Verdict>,
    /// One per passage: code points of the checked text to code points of the passage as it was retrieved.
    pub maps: Vec<OffsetMap>,
}

impl CheckedPassages {
    /// Corrects a stretch of the document (code points) that was computed as `passage.start` plus a place in the
    /// checked text. An unknown passage leaves it as it is.
    pub fn to_document(&self, passage: usize, start: usize, end: usize) -> (usize, usize) {
        let (Some(checked), Some(map)) = (self.passages.get(passage), self.maps.get(passage)) else {
            return (start, end);
        };
        let source_start = checked.start + map.to_source(start.saturating_sub(checked.start));
        let source_end = checked.start + map.end_to_source(end.saturating_sub(checked.start));
        (source_start, source_end.max(source_start))
    }
}

/// How often each (guard, rule) decided what.
type Tally = BTreeMap<(&'static str, &'static str), (Decision, usize)>;

impl Guards {
    pub fn new(declared: &Guard) -> Self {
        Self { declared: declared.clone() }
    }

    /// Checks every text of every message, also in parts and tool calls. Personal data and secrets are replaced by
    /// placeholders of the vault; texts of the user and of tools are judged for injection, before masking. Nothing is
    /// masked by a guard that is off; one that refuses masks all the same, so that no later step sees the value.
    pub fn check_input(&self, messages: &mut [Message], vault: &mut Vault) -> Vec<Verdict> {
        for message in messages.iter_mut() {
            message.each_text(&mut |text| {
                vault.avoid(text);
                None
            });
        }
        let mut verdicts = self.judge_injection(messages);
        let mut tally = Tally::new();
        for message in messages.iter_mut() {
            message.each_text(&mut |text| self.mask_counted(text, vault, &mut tally).map(|(masked, _)| masked));
        }
        verdicts.extend(tallied(tally, Stage::Input));
        verdicts
    }

    /// Masks one text that is no message (a context block, a title); `None` when there is nothing to mask.
    pub fn mask(&self, text: &str, vault: &mut Vault) -> Option<String> {
        self.mask_counted(text, vault, &mut Tally::new()).map(|(masked, _)| masked)
    }

    /// Cuts injected sentences out of the passages (each is overwritten with as many blanks, so that the rest keeps its
    /// place) and masks personal data and secrets, whatever the input's action is: a passage is not the caller's fault.
    pub fn check_passages(&self, passages: Vec<Passage>, vault: &mut Vault) -> CheckedPassages {
        let mut tally = Tally::new();
        let mut strongest: BTreeMap<&'static str, f64> = BTreeMap::new();
        let mut checked = CheckedPassages { passages, verdicts: Vec::new(), maps: Vec::new() };
        for passage in &mut checked.passages {
            if self.declared.injection != InjectionAction::Off {
                cut_injections(&mut passage.text, &mut tally, &mut strongest);
            }
            let map = match self.mask_counted(&passage.text, vault, &mut tally) {
                Some((masked, map)) => {
                    passage.text = masked;
                    map
                }
                None => OffsetMap::default(),
            };
            checked.maps.push(map);
        }
        tally.values_mut().for_each(|(decision, _)| *decision = Decision::Mask);
        checked.verdicts = tallied(tally, Stage::Passage);
        for verdict in &mut checked.verdicts {
            if verdict.guard == injection::GUARD {
                verdict.score = strongest.get(verdict.rule.as_str()).copied();
            }
        }
        checked
    }

    /// Judges each sentence of the answer against the passages. Hand over both in the same form: either both masked or
    /// both restored. The verdict is there when the use case declares `grounding`.
    pub fn check_grounding(&self, answer: &str, passages: &[Passage]) -> GroundingReport {
        let mut report = grounding::report(answer, passages);
        report.verdict = self.declared.grounding.as_ref().map(|declared| {
            let enough = report.share >= declared.at_least;
            let decision = match (enough, declared.otherwise) {
                (true, _) => Decision::Allow,
                (false, UnsureAction::Abstain) => Decision::Abstain,
                (false, UnsureAction::Review) => Decision::Review,
                (false, UnsureAction::Caveat) => Decision::Caveat,
            };
            grounding::verdict(&report, declared.at_least, decision)
        });
        report
    }

    fn judge_injection(&self, messages: &[Message]) -> Vec<Verdict> {
        let decision = match self.declared.injection {
            InjectionAction::Off => return Vec::new(),
            InjectionAction::Refuse => Decision::Refuse,
            InjectionAction::Review => Decision::Review,
        };
        let mut strongest: Option<injection::Detection> = None;
        let mut count = 0;
        for message in messages.iter().filter(|message| is_untrusted(&message.role)) {
            if let Some(detection) = injection::judge_input(&message.content.text()) {
                count += 1;
                if strongest.as_ref().is_none_or(|known| known.score < detection.score) {
                    strongest = Some(detection);
                }
            }
        }
        strongest.map(|detection| detection.verdict(decision, count)).into_iter().collect()
    }

    fn mask_counted(&self, text: &str, vault: &mut Vault, tally: &mut Tally) -> Option<(String, OffsetMap)> {
        let mut findings = Vec::new();
        if self.declared.secrets != SecretsAction::Off {
            secrets::find(text, &mut findings);
        }
        if self.declared.pii != PiiAction::Off {
            pii::find(text, &mut findings);
        }
        for place in nonce_places(text, vault.nonce()) {
            findings.push(Finding { start: place.start, end: place.end, guard: "", rule: "", kind: "TEXT", rank: 0 });
        }
        if findings.is_empty() {
            return None;
        }
        let findings = resolve_overlaps(findings);
        for found in findings.iter().filter(|found| !found.guard.is_empty()) {
            tally.entry((found.guard, found.rule)).or_insert((self.decision(found.guard), 0)).1 += 1;
        }
        Some(replace(text, &findings, vault))
    }

    fn decision(&self, guard: &str) -> Decision {
        let refuses = match guard {
            pii::GUARD => self.declared.pii == PiiAction::Refuse,
            _ => self.declared.secrets == SecretsAction::Refuse,
        };
        if refuses { Decision::Refuse } else { Decision::Mask }
    }
}

/// What a system or developer message says is the app's own word, and an assistant's is a model's.
fn is_untrusted(role: &Role) -> bool {
    matches!(role, Role::User | Role::Tool | Role::Function)
}

fn replace(text: &str, findings: &[Finding], vault: &mut Vault) -> (String, OffsetMap) {
    let mut masked = String::with_capacity(text.len() + 8 * findings.len());
    let mut map = OffsetMap::default();
    let (mut copied, mut code_points) = (0, 0);
    for found in findings {
        let value = &text[found.start..found.end];
        masked.push_str(&text[copied..found.start]);
        let start = code_points + text[copied..found.start].chars().count();
        let end = start + value.chars().count();
        let placeholder = vault.placeholder(found.kind, value);
        // Placeholders are ASCII: their bytes are their code points.
        map.push(start, end, placeholder.len());
        masked.push_str(&placeholder);
        (copied, code_points) = (found.end, end);
    }
    masked.push_str(&text[copied..]);
    (masked, map)
}

fn cut_injections(text: &mut String, tally: &mut Tally, strongest: &mut BTreeMap<&'static str, f64>) {
    let cuts = injection::find_in_passage(text);
    if cuts.is_empty() {
        return;
    }
    let mut rest = String::with_capacity(text.len());
    let mut copied = 0;
    for cut in &cuts {
        rest.push_str(&text[copied..cut.range.start]);
        rest.extend(text[cut.range.clone()].chars().map(|_| ' '));
        copied = cut.range.end;
        tally.entry((injection::GUARD, cut.rule)).or_insert((Decision::Mask, 0)).1 += 1;
        let score = strongest.entry(cut.rule).or_default();
        *score = score.max(cut.score);
    }
    rest.push_str(&text[copied..]);
    *text = rest;
}

fn tallied(tally: Tally, stage: Stage) -> Vec<Verdict> {
    let verdicts = tally.into_iter().map(|((guard, rule), (decision, count))| {
        let what = if guard == injection::GUARD { "passage sentence" } else { "value" };
        let plural = if count == 1 { "" } else { "s" };
        let done = match (guard == injection::GUARD, decision) {
            (true, _) => "cut out",
            (false, Decision::Refuse) => "found, and this use case refuses such input",
            (false, _) => "replaced by placeholders",
        };
        Verdict::new(guard, rule, stage, decision, format!("{count} {what}{plural} {done}"))
    });
    verdicts.collect()
}

#[cfg(test)]
mod tests;
