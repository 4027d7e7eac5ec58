//! What answers waste: output tokens that nobody needed, by kind, with their money. Only what the record shows is
//! counted. Tokens of a kind that is seen in the text are its share of the answer's characters; a token may be of
//! several kinds, so that the kinds must not be added up.
//!
//! In reading order: `phrases` (what of a text is wasted), `Waste` and `waste` here.

mod phrases;
#[cfg(test)]
mod tests;

use ledger::{OutcomeRow, RequestRow, Status};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use usecase::declared::Outcome;
use usecase::{Attempt, AttemptEnd, MicroUsd, TraceId};

/// Good answers that a limit is drawn from: with fewer the 99th of a hundred is anybody's guess.
const LEAST_GOOD: usize = 100;

/// One request with its attempts and its texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub row: RequestRow,
    pub attempts: Vec<Attempt>,
    pub question: String,
    pub answer: String,
    /// OpenAI's word for why the answer ended: `stop`, `length`, …
    pub finish_reason: Option<String>,
}

/// What a token was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Reasoning, as the provider counts it.
    Reasoning,
    /// Answers that nobody got: of a smaller model that was escalated, further samples, withheld for want of ground,
    /// broken off.
    Unseen,
    /// Answers that ended at the limit of tokens.
    Cut,
    /// Sentences at the beginning that only say that an answer comes.
    Opening,
    /// A first sentence that only says the question again.
    Restated,
    /// Sentences that say what one before them said.
    Repeated,
    /// Sentences at the end that offer help or wish well.
    Closing,
    /// What goes beyond the length that 95 of 100 good answers stay within.
    Overlong,
}

/// How much of it there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Amount {
    /// Requests with at least one token of the kind.
    pub answers: u64,
    /// Output tokens.
    pub tokens: u64,
    /// At the price of the model that wrote them, in micro-dollars.
    pub cost: MicroUsd,
    /// Tokens of models without a known price; their money is not in `cost`.
    pub unpriced_tokens: u64,
}

/// What a good answer is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GoodBy {
    /// The app reported an outcome that is a success.
    Outcome,
    /// Too few outcomes were reported: answered, not cut off, and no guard asked for a person.
    NoComplaint,
}

/// Output tokens of good answers, reasoning included: those that a share of the answers stays within.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lengths {
    pub p50: u64,
    pub p95: u64,
    pub p99: u64,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waste {
    /// Requests that a model was asked for.
    pub requests: u64,
    pub output: Amount,
    /// Requests whose tokens are our own count because the provider reported none.
    pub estimated: u64,
    pub kinds: BTreeMap<Kind, Amount>,
    pub good_by: GoodBy,
    pub good_answers: u64,
    pub lengths: Option<Lengths>,
    /// For `max_tokens`: 99 of 100 good answers stay within it. `None` under 100 good answers.
    pub max_tokens: Option<u64>,
}

/// Measures the recorded requests. `outcomes` are those of the use case; `price` gives the micro-dollars for a million
/// output tokens of a model, as `provider/model`.
pub fn waste(
    recorded: &[Recorded],
    outcomes: &[OutcomeRow],
    declared: &Outcome,
    price: &dyn Fn(&str) -> Option<MicroUsd>,
) -> Waste {
    let asked: Vec<&Recorded> = recorded.iter().filter(|one| !one.attempts.is_empty()).collect();
    let (good_by, good) = good_answers(&asked, outcomes, declared);
    let lengths = lengths(good.iter().filter_map(|one| Some(one.given()?.usage.output_tokens)).collect());
    let max_tokens = lengths.filter(|_| good.len() >= LEAST_GOOD).map(|lengths| lengths.p99.max(1));
    let mut waste = Waste {
        requests: asked.len() as u64,
        output: Amount::default(),
        estimated: 0,
        kinds: BTreeMap::new(),
        good_by,
        good_answers: good.len() as u64,
        lengths,
        max_tokens,
    };
    let enough = lengths.filter(|_| good.len() >= LEAST_GOOD).map(|lengths| lengths.p95);
    for one in asked {
        waste.estimated += u64::from(one.row.usage.estimated);
        let mut all = Amount::default();
        one.attempts.iter().for_each(|attempt| all.spend(attempt.usage.output_tokens, &attempt.model, price));
        waste.output.add(all);
        for (kind, amount) in one.wasted(enough, price) {
            waste.kinds.entry(kind).or_default().add(amount);
        }
    }
    waste
}

impl Amount {
    fn spend(&mut self, tokens: u64, model: &str, price: &dyn Fn(&str) -> Option<MicroUsd>) {
        self.tokens = self.tokens.saturating_add(tokens);
        match price(model) {
            None => self.unpriced_tokens = self.unpriced_tokens.saturating_add(tokens),
            Some(price) => {
                let micros = i128::from(tokens) * i128::from(price.0) / 1_000_000;
                self.cost += MicroUsd(i64::try_from(micros).unwrap_or(i64::MAX));
            }
        }
        self.answers = u64::from(self.tokens > 0);
    }

    fn add(&mut self, other: Self) {
        self.answers += other.answers;
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.cost += other.cost;
        self.unpriced_tokens = self.unpriced_tokens.saturating_add(other.unpriced_tokens);
    }
}

impl Recorded {
    /// The attempt whose answer was given; `None` where none was.
    fn given(&self) -> Option<&Attempt> {
        let given = self.row.status == Some(Status::Answered);
        let mut answered = self.attempts.iter().filter(|attempt| attempt.end == AttemptEnd::Answered);
        // Samples are asked of the same model after its answer, so the first answer of the model that answered last is
        // it.
        let model = &self.attempts.iter().rfind(|attempt| attempt.end == AttemptEnd::Answered)?.model;
        answered.find(|attempt| attempt.model == *model).filter(|_| given)
    }

    fn is_cut(&self) -> bool {
        self.finish_reason.as_deref() == Some("length")
    }

    fn wasted(&self, enough: Option<u64>, price: &dyn Fn(&str) -> Option<MicroUsd>) -> BTreeMap<Kind, Amount> {
        let mut found: BTreeMap<Kind, Amount> = BTreeMap::new();
        let mut note = |kind: Kind, tokens: u64, model: &str| {
            if tokens > 0 {
                found.entry(kind).or_default().spend(tokens, model, price);
            }
        };
        let given = self.given();
        for attempt in &self.attempts {
            note(Kind::Reasoning, attempt.usage.reasoning_tokens, &attempt.model);
            if !given.is_some_and(|given| std::ptr::eq(given, attempt)) {
                note(Kind::Unseen, attempt.usage.output_tokens, &attempt.model);
            }
        }
        if let Some(given) = given {
            let (tokens, model) = (given.usage.output_tokens, given.model.as_str());
            if self.is_cut() {
                note(Kind::Cut, tokens, model);
            }
            let shown = tokens.saturating_sub(given.usage.reasoning_tokens);
            for (kind, share) in phrases::shares(&self.question, &self.answer) {
                note(kind, (shown as f64 * share).round() as u64, model);
            }
            note(Kind::Overlong, tokens.saturating_sub(enough.unwrap_or(u64::MAX)), model);
        }
        found
    }
}

/// By reported outcomes where those are enough, else those that nobody complained about.
fn good_answers<'a>(
    asked: &[&'a Recorded],
    outcomes: &[OutcomeRow],
    declared: &Outcome,
) -> (GoodBy, Vec<&'a Recorded>) {
    let counts = outcomes.iter().filter(|outcome| !outcome.superseded);
    let success =
        counts.filter(|outcome| outcome.success.unwrap_or_else(|| declared.success.contains(&outcome.outcome)));
    let successful: HashSet<TraceId> = success.flat_map(|outcome| outcome.traces.iter().copied()).collect();
    let given = || asked.iter().copied().filter(|one| one.given().is_some() && !one.is_cut());
    let reported: Vec<&Recorded> = given().filter(|one| successful.contains(&one.row.trace)).collect();
    if reported.len() >= LEAST_GOOD {
        return (GoodBy::Outcome, reported);
    }
    (GoodBy::NoComplaint, given().filter(|one| !one.row.review).collect())
}

/// By nearest rank, so that each is a length that an answer had.
fn lengths(mut tokens: Vec<u64>) -> Option<Lengths> {
    tokens.sort_unstable();
    let rank = |percent: usize| tokens.get((tokens.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    Some(Lengths { p50: rank(50)?, p95: rank(95)?, p99: rank(99)? })
}
