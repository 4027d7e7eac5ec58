//! Attempts to take over the instructions, in what people and tools say and in what was retrieved.
//!
//! Two judges look at every view of `normalise`. Weighted patterns (`rules`, `persona_rules`, `languages`,
//! `passage_rules`) see the known forms and can name them; their score is the noisy-or of the weights of the different
//! patterns that fired, `1 - Π(1 - w)`. A trained model (`model`, over the features of `features`) sees what attacks have
//! in common beyond any pattern, in the whole text and in every two sentences of it. A small second model weighs both. The
//! strictest view counts, and the verdict names it.
//!
//! The score is 0 to 1, and 0.5 is the threshold, which was found in cross-validation for a stated share of false alarms:
//! one for English, one for other languages. How good it is: `measured/injection.rs` and the trainer's log.
//!
//! One pass over the text looks for the anchors of all patterns; a pattern runs only when one of its anchors is there.
//! Not found are attacks in ordinary words (a story that asks for the forbidden thing, a harmless-looking question that
//! only its system prompt forbids): they need a model that understands.

use crate::normalise::{self, View};
use crate::sentences::sentences;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use model::Model;
use regex::Regex;
use rules::{Rule, Scope};
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

pub(crate) mod features;
pub(crate) mod language;
mod languages;
pub(crate) mod model;
mod passage_rules;
mod persona_rules;
mod rules;

pub(crate) const GUARD: &str = "injection";

/// The least score that is an attempt in what a person or a tool says.
pub(crate) const THRESHOLD: f64 = 0.5;
/// A view that was guessed (letters joined, digits read as letters) must be that much surer, in log-odds.
pub(crate) const DERIVED_MARGIN: f32 = 0.5;
/// The least score for a sentence of a retrieved text, where all patterns of that sentence count.
const PASSAGE_THRESHOLD: f64 = 0.60;

/// What decided about one text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Detection {
    /// The heaviest rule that fired.
    pub(crate) rule: &'static str,
    pub(crate) score: f64,
    /// The view in which it did.
    pub(crate) view: &'static str,
    /// Where its pattern matched, in bytes of the judged text.
    pub(crate) range: Range<usize>,
}

/// A stretch of a passage that must not reach a model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    /// Bytes of the passage's text.
    pub(crate) range: Range<usize>,
    pub(crate) rule: &'static str,
    pub(crate) score: f64,
}

struct Compiled {
    rule: &'static Rule,
    /// Compiled when an anchor of the rule is first seen: most processes never meet most rules.
    pattern: OnceLock<Regex>,
    /// For the view in which spaced letters were joined: blanks between words may be missing.
    squeezed: OnceLock<Regex>,
}

impl Compiled {
    fn find(&self, view: &View) -> Option<Range<usize>> {
        let (slot, squeezed) = if view.name == "joined" { (&self.squeezed, true) } else { (&self.pattern, false) };
        let pattern = slot.get_or_init(|| build(&expand(self.rule.pattern, squeezed)));
        pattern.find(&view.text).map(|found| found.range())
    }
}

struct Patterns {
    anchors: AhoCorasick,
    /// For each anchor the rules that it belongs to.
    rules_of_anchor: Vec<Vec<usize>>,
    compiled: Vec<Compiled>,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(Patterns::new);

impl Patterns {
    fn new() -> Self {
        let message = rules::RULES.iter().chain(persona_rules::PERSONA_RULES).chain(languages::LANGUAGE_RULES);
        let all = message.chain(passage_rules::PASSAGE_RULES);
        let compiled: Vec<Compiled> =
            all.map(|rule| Compiled { rule, pattern: OnceLock::new(), squeezed: OnceLock::new() }).collect();
        let mut words: Vec<&'static str> = Vec::new();
        let mut rules_of_anchor: Vec<Vec<usize>> = Vec::new();
        for (index, entry) in compiled.iter().enumerate() {
            for anchor in entry.rule.anchors {
                match words.iter().position(|word| word == anchor) {
                    Some(known) => rules_of_anchor[known].push(index),
                    None => {
                        words.push(anchor);
                        rules_of_anchor.push(vec![index]);
                    }
                }
            }
        }
        // A table of all states is a few hundred KB, and twice as quick as walking links.
        let kind = Some(AhoCorasickKind::DFA);
        let anchors = AhoCorasick::builder().kind(kind).match_kind(MatchKind::Standard).build(&words);
        Self { anchors: anchors.expect("a fixed list of short words builds"), rules_of_anchor, compiled }
    }

    /// Which rules have an anchor in the text.
    fn candidates(&self, text: &str) -> Vec<bool> {
        let mut wanted = vec![false; self.compiled.len()];
        for found in self.anchors.find_overlapping_iter(text) {
            for index in &self.rules_of_anchor[found.pattern().as_usize()] {
                wanted[*index] = true;
            }
        }
        wanted
    }

    /// Runs the rules of a scope on one view. The joined view has no blanks to keep anchors whole, so there every rule
    /// of the scope is tried.
    fn judge(&self, view: &View, passage: bool) -> Option<Detection> {
        let wanted = if view.name == "joined" { vec![true; self.compiled.len()] } else { self.candidates(&view.text) };
        let mut heaviest: Option<(&'static Rule, Range<usize>)> = None;
        let mut honest = 1.0;
        for (entry, wanted) in self.compiled.iter().zip(wanted) {
            let in_scope = match entry.rule.scope {
                Scope::Anywhere => true,
                Scope::Message => !passage,
                Scope::Passage => passage,
            };
            if !wanted || !in_scope {
                continue;
            }
            if let Some(range) = entry.find(view) {
                honest *= 1.0 - f64::from(entry.rule.weight) / 100.0;
                if heaviest.as_ref().is_none_or(|(known, _)| known.weight < entry.rule.weight) {
                    heaviest = Some((entry.rule, range));
                }
            }
        }
        let (rule, range) = heaviest?;
        Some(Detection { rule: rule.name, score: 1.0 - honest, view: view.name, range: view.source(range) })
    }
}

/// Our shorthands; boundaries and classes for ASCII only, which keeps the automata small and fast; and blanks that may
/// be doubled or broken over a line. With `squeezed` they may be missing too, and so may boundaries.
fn expand(pattern: &str, squeezed: bool) -> String {
    let pattern = pattern
        .replace("<gap>", r#"[a-z0-9 ,'"_/:()&*\n\t-]{0,48}?"#)
        .replace("<far>", r"[^.!?。\n]{0,40}?")
        .replace(r"\b", if squeezed { "" } else { r"(?-u:\b)" })
        .replace(r"\w", "[a-z0-9_]");
    let mut expanded = String::with_capacity(pattern.len() * 2);
    let mut in_class = false;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                expanded.push(character);
                expanded.extend(characters.next());
                continue;
            }
            '[' => in_class = true,
            ']' => in_class = false,
            ' ' if !in_class => {
                let optional = characters.next_if(|next| matches!(next, '?' | '*')).is_some();
                expanded.push_str(if optional || squeezed { r"[ \n\t]{0,3}" } else { r"[ \n\t]{1,3}" });
                continue;
            }
            _ => {}
        }
        expanded.push(character);
    }
    expanded
}

fn build(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed pattern that the tests compile")
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    Model::from_bytes(include_bytes!("../../../weights/injection.swh")).expect("the weights that ship are a model")
});

/// Words and stretches of characters that a text must have before the model alone may call it an attempt: about two words.
const FEWEST_FEATURES: u32 = 16;

/// What a text looks like, attempt or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assessment {
    /// 0 to 1; from [`THRESHOLD`] on it is an attempt.
    pub(crate) score: f64,
    /// The heaviest rule that fired in that view, or [`LEARNED`].
    pub(crate) rule: &'static str,
    /// The view that scored highest.
    pub(crate) view: &'static str,
    /// The sentences that scored highest, in bytes of the judged text.
    pub(crate) range: Range<usize>,
}

/// The rule's name where no pattern fired and the model alone decided.
pub(crate) const LEARNED: &str = "resembles_attacks";

/// Judges what a person or a tool says: always a score, for display and for the grey zone of a model tier.
pub(crate) fn assess(text: &str) -> Assessment {
    let mut strongest: Option<(f32, Assessment)> = None;
    let mut threshold = 0.0;
    for (place, view) in normalise::views(text).iter().enumerate() {
        if place == 0 {
            threshold = MODEL.threshold(language::reads_as_english(&view.text));
        }
        let reading = MODEL.read(&view.text);
        let rules = PATTERNS.judge(view, false);
        let score = rules.as_ref().map_or(0.0, |found| found.score as f32);
        let derived = if place == 0 { 0.0 } else { DERIVED_MARGIN };
        let odds = MODEL.weigh(&model::inputs(&reading, score)) - threshold - derived;
        // A word or two say nothing that could be learned.
        let odds = if reading.features < FEWEST_FEATURES { odds.min(-1.0) } else { odds };
        if strongest.as_ref().is_none_or(|(known, _)| *known < odds) {
            let rule = rules.map_or(LEARNED, |found| found.rule);
            let range = view.source(reading.range);
            let score = 1.0 / (1.0 + f64::from(-odds).exp());
            strongest = Some((odds, Assessment { score, rule, view: view.name, range }));
        }
    }
    let nothing = || Assessment { score: 0.0, rule: LEARNED, view: PLAIN, range: 0..text.len() };
    strongest.map_or_else(nothing, |(_, assessment)| assessment)
}

/// What a person or a tool says, if it is an attempt.
pub(crate) fn judge_input(text: &str) -> Option<Detection> {
    let Assessment { score, rule, view, range } = assess(text);
    (score >= THRESHOLD).then_some(Detection { rule, score, view, range })
}

/// The rules' score on one view, 0 to 1.
pub(crate) fn score_of_rules(view: &View) -> f32 {
    PATTERNS.judge(view, false).map_or(0.0, |found| found.score as f32)
}

fn strongest(text: &str, passage: bool) -> Option<Detection> {
    let found = normalise::views(text).into_iter().filter_map(|view| PATTERNS.judge(&view, passage));
    found.max_by(|one, other| one.score.total_cmp(&other.score))
}

/// The sentences of a retrieved text that try to give instructions, and what hangs on them: the sentence after an
/// announcement, the code after a colon.
pub(crate) fn find_in_passage(text: &str) -> Vec<Cut> {
    let whole: Vec<Detection> = normalise::views(text).iter().filter_map(|view| PATTERNS.judge(view, true)).collect();
    if whole.is_empty() {
        return Vec::new();
    }
    let mut cuts = suspicious_sentences(text);
    for cut in &mut cuts {
        extend_over_code(text, &mut cut.range);
    }
    // A disguise may hide from the sentences (`i. g. n. o. r. e.`): what only a derived view of the whole shows is cut
    // where that view says it lies.
    for hidden in whole.iter().filter(|found| found.view != PLAIN && found.score >= PASSAGE_THRESHOLD) {
        if !cuts.iter().any(|cut| cut.range.start < hidden.range.end && hidden.range.start < cut.range.end) {
            cuts.push(Cut { range: hidden.range.clone(), rule: hidden.rule, score: hidden.score });
        }
    }
    cuts.sort_by_key(|cut| cut.range.start);
    merge(cuts)
}

fn suspicious_sentences(text: &str) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut announced = false;
    for sentence in sentences(text) {
        let detection = strongest(sentence.text, true).filter(|detection| detection.score >= PASSAGE_THRESHOLD);
        let range = sentence.start..sentence.start + sentence.text.len();
        match (detection, cuts.last_mut()) {
            (Some(detection), _) => {
                announced = detection.rule == ANNOUNCEMENT;
                cuts.push(Cut { range, rule: detection.rule, score: detection.score });
            }
            (None, Some(last)) if announced => {
                last.range.end = range.end;
                announced = false;
            }
            _ => {}
        }
    }
    cuts
}

const PLAIN: &str = "plain";

/// The rule whose sentence only says that instructions follow.
const ANNOUNCEMENT: &str = "announces_instructions";

/// A sentence that ends with a colon takes the fenced code after it along.
fn extend_over_code(text: &str, range: &mut Range<usize>) {
    let rest = &text[range.end..];
    let blank = rest.len() - rest.trim_start().len();
    if let Some(code) = rest.trim_start().strip_prefix("```") {
        let closing = code.find("```").map_or(code.len(), |at| at + 3);
        range.end += blank + 3 + closing;
    }
}

fn merge(cuts: Vec<Cut>) -> Vec<Cut> {
    let mut merged: Vec<Cut> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        match merged.last_mut() {
            Some(last) if cut.range.start < last.range.end => {
                last.range.end = last.range.end.max(cut.range.end);
                if cut.score > last.score {
                    (last.rule, last.score) = (cut.rule, cut.score);
                }
            }
            _ => merged.push(cut),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
