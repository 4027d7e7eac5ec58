//! What every guard says about one text, for a person who wants to know: `shipway guard test`. The same functions as on
//! the path of a request, one after the other and timed, with what a record must not hold: where in the text.

use super::input::{ADVICE, SENSITIVE, THRESHOLD, centred};
use super::rules::{Rules, Treatment};
use super::{Guards, values};
use crate::guard::{indirect, injection, pii, secrets, sensitive};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;
use usecase::declared::Place;
use usecase::{Decision, Verdict, owasp};

/// One line: what a guard, or one rule of it, says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspected {
    pub guard: String,
    /// Empty where no rule of the guard fired.
    pub rule: String,
    pub decision: Decision,
    /// It only watches.
    pub shadow: bool,
    /// 0 to 1, where the guard has one.
    pub score: Option<f64>,
    /// From which score on it fires, 0 to 1.
    pub threshold: Option<f64>,
    /// First code point and one past the last.
    pub spans: Vec<(usize, usize)>,
    /// In which form of the text it was seen: `plain`, or the disguise that was undone.
    pub view: Option<String>,
    pub owasp: String,
    pub reason: String,
    /// Of the whole guard, in µs; on its first line only.
    pub took_us: Option<f64>,
}

/// Values that are told on one line: of one guard, rule and kind, treated alike.
type Alike<'a> = (&'a str, &'a str, &'a str, Treatment);

impl Guards {
    /// Judges a text as what it is said to be.
    pub fn inspect(&self, text: &str, place: Place) -> Vec<Inspected> {
        let mut lines = Vec::new();
        timed(&mut lines, || self.inspect_values(text, place));
        match place {
            Place::Input => {
                timed(&mut lines, || self.inspect_injection(text));
                timed(&mut lines, || self.inspect_subjects(text));
                timed(&mut lines, || self.inspect_topic(text));
            }
            Place::Passage | Place::Tool => timed(&mut lines, || self.inspect_orders(text)),
            Place::Output => timed(&mut lines, || self.inspect_output(text)),
        }
        lines
    }

    /// Every value, also of types that are let be.
    fn inspect_values(&self, text: &str, place: Place) -> Vec<Inspected> {
        let mut by_rule: BTreeMap<Alike<'_>, Vec<(usize, usize)>> = BTreeMap::new();
        for (found, treatment) in values::all(&self.rules, text, place) {
            let spans = by_rule.entry((found.guard, found.rule, found.kind, treatment)).or_default();
            spans.push(code_points(text, found.start..found.end));
        }
        let mut lines: Vec<Inspected> = by_rule
            .into_iter()
            .map(|((guard, rule, kind, treatment), spans)| {
                let decision = match treatment {
                    Treatment::Allow => Decision::Allow,
                    Treatment::Refuse => Decision::Refuse,
                    Treatment::Review => Decision::Review,
                    Treatment::Mask | Treatment::Replace | Treatment::Hash => Decision::Mask,
                };
                let reason = format!("{kind}: {}", treatment.word());
                Inspected { spans, ..line(&self.rules, guard, rule, decision, reason) }
            })
            .collect();
        for guard in [pii::GUARD, secrets::GUARD] {
            if !lines.iter().any(|line| line.guard == guard) {
                let reason = if self.rules.looks(guard, place) { "nothing found" } else { "does not look here" };
                lines.push(line(&self.rules, guard, "", Decision::Allow, reason.to_owned()));
            }
        }
        lines
    }

    fn inspect_injection(&self, text: &str) -> Vec<Inspected> {
        let assessed = self.assess_injection(text);
        let threshold = self.rules.threshold(injection::GUARD, assessed.rule).unwrap_or(injection::THRESHOLD);
        let fires = assessed.score >= threshold;
        let decision =
            self.rules.judgement(injection::GUARD, assessed.rule).filter(|_| fires).unwrap_or(Decision::Allow);
        let reason = if fires { "tries to take over the instructions" } else { "reads like an honest text" };
        let rule = if fires { assessed.rule } else { "" };
        vec![Inspected {
            score: Some(rounded(assessed.score)),
            threshold: Some(threshold),
            spans: if fires { vec![code_points(text, assessed.range)] } else { Vec::new() },
            view: Some(assessed.view.to_owned()),
            ..line(&self.rules, injection::GUARD, rule, decision, reason.to_owned())
        }]
    }

    fn inspect_orders(&self, text: &str) -> Vec<Inspected> {
        let left = self.rules.without_exceptions(injection::GUARD, text);
        let cuts = indirect::find(left.as_deref().unwrap_or(text));
        if cuts.is_empty() {
            let score = indirect::assess(text).map(|assessed| rounded(assessed.score));
            let reason = "no order is hidden in it".to_owned();
            return vec![Inspected { score, ..line(&self.rules, injection::GUARD, "", Decision::Allow, reason) }];
        }
        let found = cuts.into_iter().map(|cut| Inspected {
            score: Some(rounded(cut.score)),
            spans: vec![code_points(text, cut.range)],
            view: Some(cut.view.to_owned()),
            ..line(&self.rules, injection::GUARD, cut.rule, Decision::Mask, "an order hidden in data".to_owned())
        });
        found.collect()
    }

    fn inspect_subjects(&self, text: &str) -> Vec<Inspected> {
        let told = sensitive::assess(text).into_iter().map(|subject| {
            let guard = if subject.is_advice() { ADVICE } else { SENSITIVE };
            let (rule, score) = (subject.category, centred(&subject));
            let threshold = self.rules.threshold(guard, rule).unwrap_or(THRESHOLD);
            let fires = score >= threshold;
            let decision = self.rules.judgement(guard, rule).filter(|_| fires).unwrap_or(Decision::Allow);
            let reason = if fires { "is about this" } else { "is not about this" };
            let line = line(&self.rules, guard, rule, decision, reason.to_owned());
            Inspected { score: Some(rounded(score)), threshold: Some(threshold), ..line }
        });
        told.collect()
    }

    fn inspect_topic(&self, text: &str) -> Vec<Inspected> {
        let verdict = self.topics.as_ref().map(|boundary| boundary.judge(text, false));
        verdict.into_iter().map(|verdict| of_verdict(&self.rules, verdict)).collect()
    }

    fn inspect_output(&self, text: &str) -> Vec<Inspected> {
        let Some(mut watch) = self.watch(None) else { return Vec::new() };
        watch.push(text);
        let (_, mut verdicts, _) = watch.finish();
        verdicts.extend(self.shaped(text).map(|shaped| shaped.verdict));
        let own = |verdict: &Verdict| verdict.guard != pii::GUARD && verdict.guard != secrets::GUARD;
        let mut lines: Vec<Inspected> =
            verdicts.into_iter().filter(own).map(|verdict| of_verdict(&self.rules, verdict)).collect();
        if lines.is_empty() {
            lines.push(line(&self.rules, "output", "", Decision::Allow, "goes out as it is".to_owned()));
        }
        lines
    }
}

fn of_verdict(rules: &Rules, verdict: Verdict) -> Inspected {
    Inspected {
        score: verdict.score,
        shadow: verdict.shadow,
        ..line(rules, &verdict.guard, &verdict.rule, verdict.decision, verdict.reason)
    }
}

fn line(rules: &Rules, guard: &str, rule: &str, decision: Decision, reason: String) -> Inspected {
    Inspected {
        guard: guard.to_owned(),
        rule: rule.to_owned(),
        decision,
        shadow: rules.watches(guard, rule),
        score: None,
        threshold: None,
        spans: Vec::new(),
        view: None,
        owasp: owasp(guard).to_owned(),
        reason,
        took_us: None,
    }
}

/// The time of a guard stands on its first line. The first run of a guard in a process also reads its model; so it runs twice.
fn timed(lines: &mut Vec<Inspected>, inspect: impl Fn() -> Vec<Inspected>) {
    inspect();
    let began = Instant::now();
    let mut found = inspect();
    if let Some(first) = found.first_mut() {
        first.took_us = Some(began.elapsed().as_nanos() as f64 / 1_000.0);
    }
    lines.extend(found);
}

fn rounded(score: f64) -> f64 {
    (score * 1_000.0).round() / 1_000.0
}

fn code_points(text: &str, bytes: std::ops::Range<usize>) -> (usize, usize) {
    let start = text[..bytes.start].chars().count();
    (start, start + text[bytes].chars().count())
}
