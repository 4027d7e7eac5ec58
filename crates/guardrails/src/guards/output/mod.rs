//! What an answer must be like, judged as it comes. Whole answers go through the same watch in one piece, so that streaming
//! changes nothing: verdicts depend on the words alone, never on where a piece ended (a property test).
//!
//! A rule that must take something out (values, words, length) makes the answer go out stretch by stretch, each once
//! it was judged: that adds the time in which the model says one sentence, at most `LONGEST_STRETCH` bytes. Without such a rule words
//! go out at once, and one that refuses ends the answer at the word where it fires.

mod language;
mod links;
mod shape;
mod stretches;
mod words;

pub use shape::Shaped;

use super::rules::{Rules, Treatment};
use super::values::{self, Tally};
use crate::guards::prompt::{PromptWatch, Secret};
use crate::vault::{MadeUp, Vault};
use links::{Hosts, LinkFilter};
use shape::Shape;
use std::ops::Range;
use std::sync::Arc;
use stretches::{Words, ends_after, is_within_block};
use usecase::declared::{Images, Place};
use usecase::{Decision, Stage, Verdict};
use words::Forbidden;

pub(crate) const GUARD: &str = "output";
const LEAK: &str = "leak";

/// How much of an answer's beginning its language is told from, in bytes.
const OPENING: usize = 4096;

/// The rules for answers of one use case, compiled.
#[derive(Debug)]
pub(crate) struct Output {
    rules: Rules,
    hosts: Option<Hosts>,
    forbidden: Option<Forbidden>,
    languages: Vec<String>,
    max_chars: Option<usize>,
    shape: Option<Shape>,
    /// Whether words wait until their stretch was judged.
    holds: bool,
    values: bool,
}

/// Why an answer ends before its model did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// A rule refused it.
    Refused,
    /// It is as long as it may be.
    TooLong,
}

impl Output {
    /// `None` for an answer that goes by as it is. `schema` is the declared file's text, which was checked.
    pub(crate) fn of(rules: &Rules, schema: Option<&str>) -> Option<Self> {
        let declared = &rules.declared().output;
        let images = declared.images == Images::Strip || declared.links.is_some();
        let allowed =
            declared.links.as_ref().map(|hosts| hosts.iter().map(|host| host.trim_matches('.').to_lowercase()));
        let hosts = Hosts {
            allowed: allowed.map(Iterator::collect),
            any_image: declared.images == Images::Allow,
            watches: rules.watches(GUARD, "images") || rules.watches(GUARD, "links"),
        };
        let forbidden = Forbidden::of(&declared.forbidden);
        let values = rules.looks("pii", Place::Output) || rules.looks("secrets", Place::Output);
        let cuts = |guard: &str, rule: &str| rules.cuts(guard, rule);
        let holds = (values && !(cuts("pii", "") && cuts("secrets", "")))
            || (forbidden.is_some() && !cuts(GUARD, "forbidden"))
            || declared.max_chars.is_some();
        let output = Self {
            rules: rules.clone(),
            hosts: images.then_some(hosts),
            forbidden,
            languages: declared.languages.clone(),
            max_chars: declared.max_chars,
            shape: schema.and_then(Shape::of),
            holds,
            values,
        };
        let leak = output.rules.judgement(LEAK, "").is_some();
        let watches = output.hosts.is_some() || output.forbidden.is_some() || output.max_chars.is_some() || values;
        (watches || leak || !output.languages.is_empty() || output.shape.is_some()).then_some(output)
    }

    fn judges_stretches(&self) -> bool {
        self.holds || self.values || self.forbidden.is_some()
    }

    /// Whether a streamed answer must be whole before its first word goes out: what can only be judged at its end
    /// cannot be taken back.
    pub(crate) fn wants_whole(&self) -> bool {
        let by_language = !self.languages.is_empty() && self.decision("language") == Decision::Refuse;
        self.shape.is_some() || by_language
    }

    fn decision(&self, rule: &str) -> Decision {
        self.rules.judgement(GUARD, rule).unwrap_or(Decision::Allow)
    }

    fn verdict(&self, rule: &str, decision: Decision, reason: String) -> Verdict {
        Verdict {
            shadow: self.rules.watches(GUARD, rule),
            ..Verdict::new(GUARD, rule, Stage::Output, decision, reason)
        }
    }

    /// Holds a whole answer against the declared schema.
    pub(crate) fn shaped(&self, answer: &str) -> Option<Shaped> {
        let shape = self.shape.as_ref()?;
        let mut shaped = shape.judge(answer, self.decision("schema"));
        shaped.verdict.shadow = self.rules.watches(GUARD, "schema");
        if shaped.verdict.shadow {
            shaped.repaired = None;
        }
        Some(shaped)
    }
}

/// One answer under watch.
#[derive(Debug)]
pub struct Watch {
    output: Arc<Output>,
    leak: Option<PromptWatch>,
    /// Made-up values that stand for the caller's own: they are put back, so they are not taken out.
    made_up: Option<MadeUp>,
    links: Option<LinkFilter>,
    words: Words,
    stretch: String,
    /// The end of what was judged before, for phrases over an edge.
    before: String,
    opening: String,
    /// Code points given out so far.
    given: usize,
    tally: Tally,
    verdicts: Vec<Verdict>,
    stopped: Option<Stopped>,
}

impl Watch {
    pub(crate) fn new(output: Arc<Output>, secret: Option<Secret>) -> Self {
        let judges = output.rules.judgement(LEAK, "").is_some();
        let leak = secret.filter(|_| judges).map(PromptWatch::new);
        let links = output.hosts.as_ref().map(LinkFilter::new);
        Self {
            output,
            leak,
            made_up: None,
            links,
            words: Words::default(),
            stretch: String::new(),
            before: String::new(),
            opening: String::new(),
            given: 0,
            tally: Tally::default(),
            verdicts: Vec::new(),
            stopped: None,
        }
    }

    /// The same for an answer in which a vault's values will be put back.
    #[must_use]
    pub fn restoring(self, vault: &Vault) -> Self {
        Self { made_up: vault.made_up(), ..self }
    }

    /// Takes the next piece and returns what may go out by now.
    pub fn push(&mut self, piece: &str) -> String {
        self.words.push(piece);
        self.go_on(false)
    }

    /// The answer has ended: what is left of it, and everything that was decided about it.
    pub fn finish(mut self) -> (String, Vec<Verdict>, Option<Stopped>) {
        let mut rest = self.go_on(true);
        if self.stopped.is_none() && !self.stretch.is_empty() {
            self.judge_stretch(&mut rest);
        }
        if let Some(links) = &mut self.links {
            // An answer that was cut off at its length keeps all that was judged before.
            if self.stopped != Some(Stopped::Refused) {
                rest.push_str(&links.finish());
            }
            let taken_out = links.taken_out;
            self.told("images", taken_out.images, "image");
            self.told("links", taken_out.links, "link");
        }
        self.judge_language();
        let tally = std::mem::take(&mut self.tally);
        self.verdicts.extend(tally.verdicts(&self.output.rules, Stage::Output));
        (rest, self.verdicts, self.stopped)
    }

    /// Why nothing more goes out.
    pub fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }

    fn go_on(&mut self, ended: bool) -> String {
        let mut given = String::new();
        let complete = self.words.take(ended);
        for word in stretches::words(&complete) {
            if self.stopped.is_some() {
                break;
            }
            self.word(word, &mut given);
        }
        given
    }

    /// Watches a word, and adds to what may go out by now.
    fn word(&mut self, word: &str, given: &mut String) {
        if self.leaks(word) {
            self.stopped = Some(Stopped::Refused);
            return;
        }
        if !self.output.languages.is_empty() && self.opening.len() < OPENING {
            self.opening.push_str(word);
        }
        if !self.output.holds {
            self.give(word, given);
        }
        if !self.output.judges_stretches() {
            return;
        }
        self.stretch.push_str(word);
        let waits = self.output.values && is_within_block(&self.stretch);
        if !waits && ends_after(&self.stretch, word) {
            self.judge_stretch(given);
        }
    }

    /// Whether the prompt comes out with this word, and the answer must end.
    fn leaks(&mut self, word: &str) -> bool {
        let Some(found) = self.leak.as_mut().and_then(|leak| leak.push(word)) else { return false };
        // Once is enough.
        self.leak = None;
        let rules = &self.output.rules;
        let decision = rules.judgement(LEAK, found.rule).unwrap_or(Decision::Allow);
        let what = if found.rule == "canary" { "the marker of the prompt" } else { "a stretch of the prompt" };
        let Range { start, end } = found.range;
        let reason = format!("{what} came out ({}) at code points {start} to {end} of the answer", found.writing);
        let verdict = Verdict::new(LEAK, found.rule, Stage::Output, decision, reason);
        let verdict = Verdict { shadow: rules.watches(LEAK, found.rule), ..verdict };
        let ends = verdict.acts() == Decision::Refuse;
        self.verdicts.push(verdict);
        ends
    }

    /// Judges what was said since the last stretch; returns what of it may go out, where it waited.
    fn judge_stretch(&mut self, given: &mut String) {
        let stretch = std::mem::take(&mut self.stretch);
        let output = Arc::clone(&self.output);
        let clean = self.without_values(&output, &stretch);
        if let Some(forbidden) = &output.forbidden
            && forbidden.stands_in(&self.before, &stretch)
        {
            self.forbid(&output);
        }
        self.before = stretch;
        if self.stopped.is_some() || !output.holds {
            return;
        }
        let length = clean.chars().count();
        if output.max_chars.is_some_and(|most| self.given + length > most) {
            let reason = format!("the answer was cut off after {} code points", self.given);
            let verdict = output.verdict("length", Decision::Mask, reason);
            if !verdict.shadow {
                self.stopped = Some(Stopped::TooLong);
            }
            // Said once: what only watches sees every later stretch too.
            if !self.verdicts.iter().any(|told| told.rule == "length") {
                self.verdicts.push(verdict);
            }
            if self.stopped.is_some() {
                return;
            }
        }
        self.given += length;
        self.give(&clean, given);
    }

    /// The stretch with the names of their kinds in the place of values: what the model says of itself is nobody's to get back.
    fn without_values(&mut self, output: &Output, stretch: &str) -> String {
        if !output.values {
            return stretch.to_owned();
        }
        let mut treated = values::find(&output.rules, stretch, Place::Output);
        if let Some(made_up) = &self.made_up {
            treated.retain(|(found, _)| !made_up.holds(&stretch[found.start..found.end]));
        }
        self.tally.count(&output.rules, &treated);
        treated.retain(|(found, _)| !output.rules.watches(found.guard, found.rule));
        if treated.iter().any(|(_, treatment)| *treatment == Treatment::Refuse) {
            self.stopped = Some(Stopped::Refused);
        }
        if treated.is_empty() {
            return stretch.to_owned();
        }
        values::replace(stretch, &treated, |found, _, _| format!("[{}]", found.kind))
    }

    fn forbid(&mut self, output: &Output) {
        if self.verdicts.iter().any(|told| told.rule == "forbidden") {
            return;
        }
        let decision = output.decision("forbidden");
        let verdict =
            output.verdict("forbidden", decision, "the answer holds words that this use case forbids".to_owned());
        if verdict.acts() == Decision::Refuse {
            self.stopped = Some(Stopped::Refused);
        }
        self.verdicts.push(verdict);
    }

    fn judge_language(&mut self) {
        let output = Arc::clone(&self.output);
        if output.languages.is_empty() {
            return;
        }
        let Some(language) = language::of(&self.opening) else { return };
        if !output.languages.iter().any(|known| known == language) {
            let reason =
                format!("the answer is in `{language}`; this use case answers in {}", output.languages.join(", "));
            let verdict = output.verdict("language", output.decision("language"), reason);
            if verdict.acts() == Decision::Refuse {
                self.stopped = Some(Stopped::Refused);
            }
            self.verdicts.push(verdict);
        }
    }

    fn told(&mut self, rule: &str, count: usize, what: &str) {
        if count > 0 {
            let plural = if count == 1 { "" } else { "s" };
            let reason = format!("{count} {what}{plural} to hosts that are not allowed taken out");
            self.verdicts.push(self.output.verdict(rule, Decision::Mask, reason));
        }
    }

    fn give(&mut self, text: &str, given: &mut String) {
        match &mut self.links {
            Some(links) => links.push_into(text, given),
            None => given.push_str(text),
        }
    }
}

#[cfg(test)]
mod tests;
