//! One check of an answer. Each kind has one file, all alike: `parse` reads the written value once and complains about
//! it; `look` says what the answer was and whether the check holds; `expected` says in words what was wanted.
//!
//! A check either holds, or does not, or cannot tell. The `not-` in front of a type turns the first two around and
//! leaves the third: an unknown cost is neither below a limit nor above it.

mod abstains;
mod cites;
mod contains;
mod cost;
mod equals;
mod is_json;
mod is_refusal;
mod kinds;
mod latency;
mod levenshtein;
mod masked;
mod regex;
mod starts_with;

#[cfg(test)]
mod tests;

use crate::run::{CheckResult, Outcome};
use ledger::Status;
use serde_json::Value;
use usecase::{Citation, Cost, Verdict};

pub(crate) use kinds::did_you_mean;

/// What a check sees of an answer.
#[derive(Clone, Debug)]
pub struct Observed {
    /// The answer as the asker got it, masked data restored.
    pub text: String,
    pub status: Status,
    pub citations: Vec<Citation>,
    pub verdicts: Vec<Verdict>,
    /// µs from the request to the whole answer.
    pub latency_us: u64,
    pub cost: Cost,
    /// Everything that went to the model, masked; `None` when no model was asked.
    pub sent_to_model: Option<String>,
}

/// A check as it was written, its templates rendered.
pub(crate) struct Written {
    /// The type without `not-`.
    pub(crate) kind: String,
    pub(crate) inverse: bool,
    /// `None` when absent or empty.
    pub(crate) value: Option<Value>,
    pub(crate) threshold: Option<f64>,
    /// Weight 0, or a metric without a limit: the figure is kept and decides nothing.
    pub(crate) recorded_only: bool,
}

/// Why a written check cannot become one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    Type {
        message: String,
        expected: String,
        help: Option<String>,
    },
    Value {
        message: String,
        expected: String,
    },
    Threshold {
        message: String,
        expected: String,
    },
    /// Fine in promptfoo, not run here.
    Unsupported(String),
}

impl Rejected {
    fn value(message: impl Into<String>, expected: &str) -> Self {
        Self::Value { message: message.into(), expected: expected.to_owned() }
    }
}

/// What a check saw.
struct Seen {
    holds: bool,
    /// What there was, in a few words.
    got: String,
    /// Why it does not hold, where there is more to say than "it was expected to".
    why: Option<String>,
}

impl Seen {
    fn new(holds: bool, got: impl Into<String>) -> Self {
        Self { holds, got: got.into(), why: None }
    }

    fn because(holds: bool, got: impl Into<String>, why: impl Into<String>) -> Self {
        Self { holds, got: got.into(), why: Some(why.into()) }
    }
}

/// A check cannot tell; the sentence says what is unknown.
struct Unknown(String);

#[derive(Debug)]
enum Check {
    Equals(equals::Equals),
    Contains(contains::Contains),
    Regex(regex::Matches),
    StartsWith(starts_with::StartsWith),
    IsJson(is_json::IsJson),
    IsRefusal(is_refusal::IsRefusal),
    Latency(latency::Latency),
    Cost(cost::CostLimit),
    Levenshtein(levenshtein::Levenshtein),
    Cites(cites::Cites),
    Abstains(abstains::Abstains),
    Masked(masked::Masked),
    /// Of a kind, or with an option, that is not run here; the sentence says which.
    Unsupported(String),
}

/// A check of one case, ready to be run.
#[derive(Debug)]
pub struct Assertion {
    /// The type as written, with its `not-`.
    written: String,
    check: Check,
    inverse: bool,
    /// 0: recorded, decides nothing.
    weight: f64,
    metric: Option<String>,
    line: usize,
}

impl Assertion {
    /// Reads the check once; everything that can be wrong with it is said now, not in the middle of a run.
    pub(crate) fn parse(written: &Written, weight: f64, metric: Option<String>, line: usize) -> Result<Self, Rejected> {
        let check = match parse(written) {
            Err(Rejected::Unsupported(reason)) => Check::Unsupported(reason),
            parsed => parsed?,
        };
        let inverse = written.inverse;
        let name = if inverse { format!("not-{}", written.kind) } else { written.kind.clone() };
        Ok(Self { written: name, check, inverse, weight, metric, line })
    }

    /// A check that is not run here for the given reason.
    pub(crate) fn unsupported(written: &str, reason: String, weight: f64, line: usize) -> Self {
        let check = Check::Unsupported(reason);
        Self { written: written.to_owned(), check, inverse: false, weight, metric: None, line }
    }

    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The documents that an answer must rest on for the check to hold: what a search should find.
    pub(crate) fn wanted_documents(&self) -> &[String] {
        match &self.check {
            Check::Cites(cites) if !self.inverse => cites.documents(),
            _ => &[],
        }
    }

    #[cfg(test)]
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self.check, Check::Unsupported(_))
    }

    /// Holds the check against an answer.
    pub fn judge(&self, observed: &Observed) -> CheckResult {
        let expected = if self.inverse { format!("not {}", self.check.expected()) } else { self.check.expected() };
        let (outcome, got, reason) = match self.check.look(observed) {
            Looked::Unsupported(reason) => (Outcome::Unsupported, String::new(), reason),
            Looked::Unknown(reason) => (Outcome::Error, String::new(), reason),
            Looked::Seen(seen) if seen.holds != self.inverse => (Outcome::Passed, seen.got, String::new()),
            Looked::Seen(seen) => {
                let plain = format!("expected the answer {expected}");
                let reason = if self.inverse { plain } else { seen.why.unwrap_or(plain) };
                (Outcome::Failed, seen.got, reason)
            }
        };
        CheckResult {
            kind: self.written.clone(),
            expected,
            got,
            outcome,
            reason,
            weight: self.weight,
            metric: self.metric.clone(),
            line: self.line,
        }
    }
}

enum Looked {
    Seen(Seen),
    Unknown(String),
    Unsupported(String),
}

fn parse(written: &Written) -> Result<Check, Rejected> {
    Ok(match written.kind.as_str() {
        "equals" => Check::Equals(equals::Equals::parse(written)?),
        "contains" | "icontains" | "contains-any" | "contains-all" | "icontains-any" | "icontains-all" => {
            Check::Contains(contains::Contains::parse(written)?)
        }
        "regex" => Check::Regex(regex::Matches::parse(written)?),
        "starts-with" => Check::StartsWith(starts_with::StartsWith::parse(written)?),
        "is-json" | "contains-json" => Check::IsJson(is_json::IsJson::parse(written)?),
        "is-refusal" => Check::IsRefusal(is_refusal::IsRefusal::parse(written)?),
        "latency" => Check::Latency(latency::Latency::parse(written)?),
        "cost" => Check::Cost(cost::CostLimit::parse(written)?),
        "levenshtein" => Check::Levenshtein(levenshtein::Levenshtein::parse(written)?),
        "cites" => Check::Cites(cites::Cites::parse(written)?),
        "abstains" => Check::Abstains(abstains::Abstains::parse(written)?),
        "masked" => Check::Masked(masked::Masked::parse(written)?),
        other => return Err(kinds::reject(other)),
    })
}

impl Check {
    fn look(&self, observed: &Observed) -> Looked {
        let told = match self {
            Self::Equals(check) => Ok(check.look(observed)),
            Self::Contains(check) => Ok(check.look(observed)),
            Self::Regex(check) => Ok(check.look(observed)),
            Self::StartsWith(check) => Ok(check.look(observed)),
            Self::IsJson(check) => Ok(check.look(observed)),
            Self::IsRefusal(check) => Ok(check.look(observed)),
            Self::Latency(check) => Ok(check.look(observed)),
            Self::Cost(check) => check.look(observed),
            Self::Levenshtein(check) => Ok(check.look(observed)),
            Self::Cites(check) => Ok(check.look(observed)),
            Self::Abstains(check) => Ok(check.look(observed)),
            Self::Masked(check) => Ok(check.look(observed)),
            Self::Unsupported(reason) => return Looked::Unsupported(reason.clone()),
        };
        match told {
            Ok(seen) => Looked::Seen(seen),
            Err(Unknown(reason)) => Looked::Unknown(reason),
        }
    }

    /// What was wanted, as the end of "expected the answer …".
    fn expected(&self) -> String {
        match self {
            Self::Equals(check) => check.expected(),
            Self::Contains(check) => check.expected(),
            Self::Regex(check) => check.expected(),
            Self::StartsWith(check) => check.expected(),
            Self::IsJson(check) => check.expected(),
            Self::IsRefusal(check) => check.expected(),
            Self::Latency(check) => check.expected(),
            Self::Cost(check) => check.expected(),
            Self::Levenshtein(check) => check.expected(),
            Self::Cites(check) => check.expected(),
            Self::Abstains(check) => check.expected(),
            Self::Masked(check) => check.expected(),
            Self::Unsupported(_) => "to pass a check that is not run here".to_owned(),
        }
    }
}

/// The value as text: promptfoo turns numbers into text where it looks for one.
fn text_value(written: &Written, expected: &str) -> Result<String, Rejected> {
    match &written.value {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(Rejected::value(format!("`{}` cannot use this value", written.kind), expected)),
        None => Err(Rejected::value(format!("`{}` needs a value", written.kind), expected)),
    }
}

/// One text or a list of texts; `None` when there is no value.
fn text_list(written: &Written, expected: &str) -> Result<Option<Vec<String>>, Rejected> {
    let wrong = || Rejected::value(format!("`{}` cannot use this value", written.kind), expected);
    let one = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(wrong()),
    };
    match &written.value {
        None => Ok(None),
        Some(Value::Array(items)) if items.is_empty() => Err(wrong()),
        Some(Value::Array(items)) => items.iter().map(one).collect::<Result<_, _>>().map(Some),
        Some(value) => Ok(Some(vec![one(value)?])),
    }
}

fn no_value(written: &Written) -> Result<(), Rejected> {
    match written.value {
        None => Ok(()),
        Some(_) => Err(Rejected::value(format!("`{}` takes no value", written.kind), "no `value`")),
    }
}

/// The threshold of a limit; `None` is only allowed where the figure is recorded and decides nothing.
fn limit(written: &Written, unit: &str) -> Result<Option<f64>, Rejected> {
    match written.threshold {
        None if written.recorded_only => Ok(None),
        Some(limit) if limit >= 0.0 => Ok(Some(limit)),
        _ => Err(Rejected::Threshold {
            message: format!("`{}` needs a limit", written.kind),
            expected: format!("`threshold:` in {unit}, 0 or more (or `weight: 0` to record the figure only)"),
        }),
    }
}

/// At most this many code points of an answer are shown or kept.
const SHOWN: usize = 240;

/// The text for a report: one line, cut short.
fn short(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", short(text))
}

fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ")
}
