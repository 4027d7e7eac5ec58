//! How many requests, how they ended, how long they took and what they cost.

use ledger::{RequestRow, Source, Status};
use serde::Serialize;
use std::collections::BTreeMap;
use usecase::Cost;

/// Figures of a set of requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Traffic {
    /// All requests, running ones included.
    pub requests: u64,
    /// Requests that have not ended.
    pub running: u64,
    /// Requests of apps that ended; the others are evals and the terminal.
    pub live: u64,
    pub by_status: BTreeMap<Status, u64>,
    /// From start to end, over requests that went all the way: answered or abstained. A refusal is quick because it
    /// does less, and would make the whole look quicker than it is.
    pub duration: Option<Percentiles>,
    /// The part of `duration` that we added ourselves.
    pub own: Option<Percentiles>,
    /// To the first byte of the model that answered.
    pub first_token: Option<Percentiles>,
    /// Of the requests that ended.
    pub cost: Cost,
    /// Requests that ended and a part of whose cost is unknown.
    pub unknown_cost: u64,
}

impl Traffic {
    /// Requests that are over.
    pub fn ended(&self) -> u64 {
        self.requests - self.running
    }
}

/// Lengths of time that a share of the requests stayed within, in µs; each is one that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    pub p50_us: u64,
    pub p95_us: u64,
    pub p99_us: u64,
}

impl Percentiles {
    /// By nearest rank (Hyndman and Fan, The American Statistician 50 (1996) 361, definition 1); `None` of nothing.
    pub fn of(mut micros: Vec<u64>) -> Option<Self> {
        micros.sort_unstable();
        let rank = |percent: usize| {
            let rank = (micros.len() * percent).div_ceil(100);
            micros.get(rank.checked_sub(1)?).copied()
        };
        Some(Self { p50_us: rank(50)?, p95_us: rank(95)?, p99_us: rank(99)? })
    }
}

/// Counts the rows.
pub fn traffic(rows: &[RequestRow]) -> Traffic {
    let mut traffic = Traffic::default();
    for row in rows {
        traffic.requests += 1;
        let Some(status) = row.status else {
            traffic.running += 1;
            continue;
        };
        *traffic.by_status.entry(status).or_default() += 1;
        traffic.live += u64::from(row.source == Source::Live);
        traffic.cost += row.cost;
        traffic.unknown_cost += u64::from(row.cost.part_unknown);
    }
    let whole: Vec<&RequestRow> =
        rows.iter().filter(|row| matches!(row.status, Some(Status::Answered | Status::Abstained))).collect();
    let over =
        |time: fn(&RequestRow) -> Option<u64>| Percentiles::of(whole.iter().filter_map(|row| time(row)).collect());
    traffic.duration = over(|row| row.duration_us);
    traffic.own = over(|row| row.own_us);
    traffic.first_token = over(|row| row.first_token_us);
    traffic
}

#[cfg(test)]
mod tests;
