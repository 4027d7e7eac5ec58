//! The facts that the six lines are judged by. Whoever gathers them reads the rooms; nothing is read here.

use crate::traffic::Traffic;
use serde::Serialize;
use usecase::declared::Percent;
use usecase::{BundleId, Cost, Period, Timestamp, UseCase};

/// Everything that is known of one use case at one moment.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The files as they are now: what would be released next.
    pub use_case: &'a UseCase,
    pub feeds: Vec<FeedEvidence>,
    /// The last eval run of this very bundle; `None` when there was none.
    pub gate: Option<GateEvidence>,
    pub traces: TraceEvidence,
    pub release: ReleaseEvidence,
    pub now: Timestamp,
}

/// One declared feed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeedEvidence {
    pub name: String,
    /// The schedule in words, `every 1h` or `cron 0 3 * * *`; `None` when it runs by hand only.
    pub scheduled: Option<String>,
    /// When the last good run began.
    pub last_good: Option<Timestamp>,
    /// Whether the last good run is inside `within`.
    pub fresh: bool,
    /// The declared `fresh_within`.
    pub within: Option<Period>,
    /// Documents that can be found now.
    pub documents: u64,
    /// Documents that failed the feed's contract.
    pub quarantined: u64,
    /// Whether each document says who may see it.
    pub access: bool,
}

/// The last eval run of a bundle, and what the gate made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GateEvidence {
    pub passed: bool,
    /// The gate's own sentence, or its reasons.
    pub verdict: String,
    pub at: Timestamp,
    pub cases: u64,
    /// The bundle that was run.
    pub bundle: BundleId,
    /// Feeds whose documents changed after the run.
    pub changed_since: Vec<String>,
}

/// What is recorded of one bundle's requests, whoever sent them: apps, the terminal, eval runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TraceEvidence {
    /// Requests that ended.
    pub requests: u64,
    /// Those of them that came from an app.
    pub live: u64,
    /// The newest requests, whose traces were opened.
    pub looked_at: u64,
    /// Those of `looked_at` that have timed spans.
    pub with_spans: u64,
    /// µs from start to end, median and 95th percentile; `None` when no request was answered.
    pub p50_us: Option<u64>,
    pub p95_us: Option<u64>,
    pub cost: Cost,
    /// Requests a part of whose cost is unknown.
    pub unknown_cost_requests: u64,
}

impl TraceEvidence {
    /// From the figures of a bundle's requests, and from how many of the newest traces were opened and had spans.
    pub fn of(traffic: &Traffic, looked_at: u64, with_spans: u64) -> Self {
        Self {
            requests: traffic.ended(),
            live: traffic.live,
            looked_at,
            with_spans,
            p50_us: traffic.duration.map(|duration| duration.p50_us),
            p95_us: traffic.duration.map(|duration| duration.p95_us),
            cost: traffic.cost,
            unknown_cost_requests: traffic.unknown_cost,
        }
    }
}

/// How the use case ships, and what serves now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ReleaseEvidence {
    /// The declared steps as written: `shadow`, `5%`, `100%`.
    pub steps: Vec<String>,
    /// The bundle that serves; `None` when the use case was never released.
    pub stable: Option<BundleId>,
    /// The bundle that is being tried, and its share of the traffic.
    pub canary: Option<(BundleId, Percent)>,
    /// Whether the last decision took traffic back.
    pub rolled_back_last: bool,
}
