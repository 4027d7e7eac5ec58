//! What was found: latencies in histograms of three digits, and counts.

use crate::connection::{Failure, Told};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use usecase::{Cost, MicroUsd};

/// The longest time that is told apart, in µs: ten minutes. Longer ones count as that.
const LONGEST_US: u64 = 600_000_000;

/// Times in µs, in buckets that keep three digits.
#[derive(Clone, Debug)]
pub struct Times(Histogram<u64>);

impl Default for Times {
    fn default() -> Self {
        // The only errors are of bounds that are not in order, or of too many digits.
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).unwrap_or_else(|_| unreachable!("the bounds are in order")))
    }
}

impl Times {
    pub(crate) fn note(&mut self, time: Duration) {
        self.0.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST_US).max(1));
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// µs that this share of all times does not exceed; 0 without any.
    pub fn quantile(&self, share: f64) -> u64 {
        self.0.value_at_quantile(share)
    }

    pub fn summary(&self) -> Option<Quantiles> {
        (!self.0.is_empty()).then(|| Quantiles {
            p50_us: self.quantile(0.5),
            p90_us: self.quantile(0.9),
            p99_us: self.quantile(0.99),
            max_us: self.0.max(),
        })
    }

    /// How many times lie from the first bound (µs, included) to the second.
    pub(crate) fn between(&self, from: u64, to: u64) -> u64 {
        let within = self.0.iter_recorded().filter(|value| (from..to).contains(&value.value_iterated_to()));
        within.map(|value| value.count_since_last_iteration()).sum()
    }

    pub(crate) fn extremes(&self) -> Option<(u64, u64)> {
        (!self.0.is_empty()).then(|| (self.0.min(), self.0.max()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    pub p50_us: u64,
    pub p90_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
}

/// One measurement, as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Of good answers, from the moment they were due.
    pub latency: Times,
    /// The same, of those due in the first half of the time and in the second: a queue that grows shows here.
    pub halves: [Times; 2],
    /// Of streams, to their first piece of text.
    pub first_token: Times,
    /// Of streams, between pieces of text.
    pub gaps: Times,
    /// What the server says that it added itself (`server-timing: own`).
    pub own: Times,
    /// What it says that it waited for models: its total less its own.
    pub model: Times,
    /// How late the generator itself sent a request that it was free to send.
    pub lag: Times,
    pub errors: BTreeMap<String, u64>,
    /// Pieces of text in streams.
    pub pieces: u64,
    /// The sum of what the answers say that they cost.
    pub cost: Cost,
    /// Answers that say what they cost, `unknown` included.
    pub priced: u64,
    /// The most requests that were under way at the same time.
    pub most_at_once: usize,
    /// From the first request to the last answer.
    pub lasted: Duration,
}

impl Measured {
    pub fn answered(&self) -> u64 {
        self.latency.count()
    }

    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    pub(crate) fn note(&mut self, took: Duration, half: usize, told: &Result<Told, Failure>) {
        let told = match told {
            Ok(told) => told,
            Err(failure) => {
                *self.errors.entry(failure.to_string()).or_default() += 1;
                return;
            }
        };
        self.latency.note(took);
        self.halves[half].note(took);
        told.first_token.iter().for_each(|time| self.first_token.note(*time));
        told.gaps.iter().for_each(|gap| self.gaps.note(*gap));
        self.pieces += told.pieces;
        let header = |name: &str| told.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some((own, total)) = header("server-timing").and_then(timing) {
            self.own.note(own);
            self.model.note(total.saturating_sub(own));
        }
        if let Some(cost) = header("x-shipway-cost").and_then(cost) {
            self.cost += cost;
            self.priced += 1;
        }
    }

    /// The figures, for people and for programs.
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
    pub fn summary(&self) -> Summary {
        let seconds = self.lasted.as_secs_f64();
        Summary {
            answered: self.answered(),
            failed: self.failed(),
            errors: self.errors.clone(),
            seconds,
            per_second: if seconds > 0.0 { self.answered() as f64 / seconds } else { 0.0 },
            most_at_once: self.most_at_once,
            pieces: self.pieces,
            latency: self.latency.summary(),
            first_token: self.first_token.summary(),
            gaps: self.gaps.summary(),
            own: self.own.summary(),
            model: self.model.summary(),
            lag: self.lag.summary(),
            cost: (self.priced > 0).then_some(self.cost),
            priced: self.priced,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    pub answered: u64,
    pub failed: u64,
    pub errors: BTreeMap<String, u64>,
    pub seconds: f64,
    pub per_second: f64,
    pub most_at_once: usize,
    pub pieces: u64,
    pub latency: Option<Quantiles>,
    pub first_token: Option<Quantiles>,
    pub gaps: Option<Quantiles>,
    pub own: Option<Quantiles>,
    pub model: Option<Quantiles>,
    pub lag: Option<Quantiles>,
    /// Of the `priced` answers together, in micro-dollars; `null` when none said.
    pub cost: Option<Cost>,
    pub priced: u64,
}

/// `own` and `total` of a `server-timing` header, which counts in ms.
pub(crate) fn timing(header: &str) -> Option<(Duration, Duration)> {
    let named = |name: &str| {
        let entry = header.split(',').find(|entry| entry.trim().split(';').next() == Some(name))?;
        let millis = entry.split(';').find_map(|part| part.trim().strip_prefix("dur="))?.trim().parse::<f64>().ok()?;
        Duration::try_from_secs_f64(millis / 1_000.0).ok()
    };
    Some((named("own")?, named("total")?))
}

/// Dollars with up to six places, `unknown`, or both joined by `+`.
pub(crate) fn cost(header: &str) -> Option<Cost> {
    if header == "unknown" {
        return Some(Cost::UNKNOWN);
    }
    let (dollars, part_unknown) = match header.strip_suffix("+unknown") {
        Some(dollars) => (dollars, true),
        None => (header, false),
    };
    let known = MicroUsd::parse(&format!("{dollars} USD"))?;
    Some(Cost { known, part_unknown })
}
