//! What Prometheus reads at `/metrics`. Names follow OpenTelemetry's GenAI conventions where they have one.

use crate::app::App;
use admission::{GateStanding, Pass};
use ledger::Status;
use pipeline::Facts;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use usecase::Decision;

#[cfg(test)]
mod tests;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabel {
    guard: String,
    decision: String,
}

/// The process's counters. One per server; made once, read by `/metrics`.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<StatusLabel, Counter>,
    tokens: Family<KindLabel, Counter>,
    /// What every request counts in, looked up once: finding a label's counter takes a hash and a lock.
    answered: Counter,
    input_tokens: Counter,
    output_tokens: Counter,
    cost_micro_dollars: Counter,
    cost_unknown: Counter,
    verdicts: Family<VerdictLabel, Counter>,
    duration: Histogram,
    own_time: Histogram,
    in_flight: Gauge,
    batch_lines: Family<StatusLabel, Counter>,
    batch_lines_in_flight: Gauge,
    standing: Standing,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ModelLabel {
    model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// What other rooms count, copied when it is asked for.
#[derive(Default)]
struct Standing {
    /// Held by the one that copies and reads: two at once would see each other's half.
    copying: Mutex<()>,
    target_available: Family<ModelLabel, Gauge>,
    target_calls: Family<ModelLabel, Counter>,
    target_failures: Family<ModelLabel, Counter>,
    target_passed_over: Family<ModelLabel, Counter>,
    target_latency: Family<ModelLabel, Gauge<f64, AtomicU64>>,
    denied: Family<ReasonLabel, Counter>,
    waiting: Gauge,
    budget_overshot_micro_dollars: Counter,
}

impl Standing {
    fn register(&self, registry: &mut Registry) {
        let help = "1 while a model is asked, 0 while its breaker is open and it is passed over";
        registry.register("target_available", help, self.target_available.clone());
        registry.register("target_calls", "Calls of a model since the start", self.target_calls.clone());
        registry.register("target_failures", "Of these, failed by its provider", self.target_failures.clone());
        registry.register("target_passed_over", "How often it was not asked", self.target_passed_over.clone());
        registry.register("target_latency_seconds", "Peak-EWMA of its latency", self.target_latency.clone());
        registry.register("denied", "Requests turned away since the start", self.denied.clone());
        registry.register("requests_waiting", "Requests that wait for a place", self.waiting.clone());
        let help = "What requests cost beyond their reservation, in millionths of a US dollar";
        registry.register("budget_overshot_micro_dollars", help, self.budget_overshot_micro_dollars.clone());
    }

    fn copy(&self, app: &App) {
        self.forget_targets();
        for target in app.parts.pipeline.engines().models.health() {
            let label = ModelLabel { model: target.model.to_string() };
            self.target_available.get_or_create(&label).set(i64::from(target.closed.is_none()));
            reads(&self.target_calls.get_or_create(&label), target.calls);
            reads(&self.target_failures.get_or_create(&label), target.failures);
            reads(&self.target_passed_over.get_or_create(&label), target.passed_over);
            if let Some(latency) = target.latency {
                self.target_latency.get_or_create(&label).set(latency.as_secs_f64());
            }
        }
        for (reason, denials) in app.parts.admission.denials() {
            reads(&self.denied.get_or_create(&ReasonLabel { reason }), denials);
        }
        let gate = app.gate.standing();
        reads(&self.denied.get_or_create(&ReasonLabel { reason: "overloaded" }), gate.turned_away);
        self.waiting.set(i64::try_from(gate.waiting).unwrap_or(i64::MAX));
        reads(&self.budget_overshot_micro_dollars, app.parts.admission.overshot().1.0.max(0).unsigned_abs());
    }

    /// Callers name bare models: one that the registry has forgotten is not shown for ever.
    fn forget_targets(&self) {
        self.target_available.clear();
        self.target_calls.clear();
        self.target_failures.clear();
        self.target_passed_over.clear();
        self.target_latency.clear();
    }
}

/// Lets a counter show what is counted elsewhere.
fn reads(counter: &Counter, counted: u64) {
    counter.inner().store(counted, Ordering::Relaxed);
}

impl Default for Metrics {
    fn default() -> Self {
        // 100 µs to about 100 s.
        let duration = Histogram::new(exponential_buckets(0.0001, 2.0, 21));
        let own_time = Histogram::new(exponential_buckets(0.0001, 2.0, 16));
        let requests = Family::<StatusLabel, Counter>::default();
        let tokens = Family::<KindLabel, Counter>::default();
        let of_status = |status: Status| requests.get_or_create(&StatusLabel { status: status.as_str() }).clone();
        let of_kind = |kind| tokens.get_or_create(&KindLabel { kind }).clone();
        let mut metrics = Self {
            registry: Registry::with_prefix("shipway"),
            answered: of_status(Status::Answered),
            input_tokens: of_kind("input"),
            output_tokens: of_kind("output"),
            requests,
            tokens,
            cost_micro_dollars: Counter::default(),
            cost_unknown: Counter::default(),
            verdicts: Family::default(),
            duration,
            own_time,
            in_flight: Gauge::default(),
            batch_lines: Family::default(),
            batch_lines_in_flight: Gauge::default(),
            standing: Standing::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests by how they ended", self.requests.clone());
        registry.register("gen_ai_client_token_usage", "Tokens used", self.tokens.clone());
        registry.register(
            "cost_micro_dollars",
            "Known cost, in millionths of a US dollar",
            self.cost_micro_dollars.clone(),
        );
        registry.register("cost_unknown", "Requests a part of whose cost is unknown", self.cost_unknown.clone());
        registry.register("verdicts", "Verdicts of guards", self.verdicts.clone());
        registry.register("request_duration_seconds", "From arrival to record on disk", self.duration.clone());
        registry.register("own_time_seconds", "The part of the duration that Shipway added", self.own_time.clone());
        registry.register("requests_in_flight", "Requests being answered now", self.in_flight.clone());
        registry.register("batch_lines", "Lines of batches by what came of them", self.batch_lines.clone());
        let in_flight = self.batch_lines_in_flight.clone();
        registry.register("batch_lines_in_flight", "Lines of batches being answered now", in_flight);
        self.standing.register(registry);
    }

    /// Requests being answered or waiting now that are no lines of batches: of these each stands at the gate too, inside
    /// or in its queue.
    pub(crate) fn live(&self, gate: GateStanding) -> u64 {
        let lines = self.batch_lines_in_flight.get().max(0).unsigned_abs();
        ((gate.in_flight + gate.waiting) as u64).saturating_sub(lines)
    }

    fn answered(&self, facts: &Facts) {
        self.ended(facts.status);
        self.input_tokens.inc_by(facts.usage.input_tokens);
        self.output_tokens.inc_by(facts.usage.output_tokens);
        self.cost_micro_dollars.inc_by(facts.cost.known.0.max(0).unsigned_abs());
        if facts.cost.part_unknown {
            self.cost_unknown.inc();
        }
        for verdict in facts.verdicts.iter().filter(|verdict| verdict.decision != Decision::Allow) {
            let watched = if verdict.shadow { "would_" } else { "" };
            let label =
                VerdictLabel { guard: verdict.guard.clone(), decision: format!("{watched}{}", verdict.decision) };
            self.verdicts.get_or_create(&label).inc();
        }
        self.duration.observe(seconds(facts.total_us));
        self.own_time.observe(seconds(facts.own_us));
    }

    fn ended(&self, status: Status) {
        if status == Status::Answered {
            self.answered.inc();
        } else {
            self.requests.get_or_create(&StatusLabel { status: status.as_str() }).inc();
        }
    }

    /// The text format that Prometheus scrapes.
    pub(crate) fn encode(&self, app: &App) -> String {
        let _alone = self.standing.copying.lock().unwrap_or_else(PoisonError::into_inner);
        self.standing.copy(app);
        let mut encoded = String::new();
        // Writing to a string cannot fail.
        let _ = text::encode(&mut encoded, &self.registry);
        encoded
    }
}

/// One request that is being answered: counted from its beginning to its end, whole or streamed, however it ends.
pub(crate) struct Counted {
    metrics: Arc<Metrics>,
    /// Its place among the requests under way.
    _pass: Pass,
    ended: bool,
}

impl Counted {
    pub(crate) fn begin(metrics: &Arc<Metrics>, pass: Pass) -> Self {
        metrics.in_flight.inc();
        Self { metrics: Arc::clone(metrics), _pass: pass, ended: false }
    }

    pub(crate) fn answered(&mut self, facts: &Facts) {
        self.ended = true;
        self.metrics.answered(facts);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    pub(crate) fn failed(&mut self) {
        self.ended = true;
        self.metrics.ended(Status::Failed);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        if !self.ended {
            self.metrics.ended(Status::Cancelled);
        }
    }
}

/// One line of a batch on its way.
pub(crate) struct CountedLine(Arc<Metrics>);

impl CountedLine {
    pub(crate) fn begin(metrics: &Arc<Metrics>) -> Self {
        metrics.batch_lines_in_flight.inc();
        Self(Arc::clone(metrics))
    }

    /// `answered`, `failed`, or `again` for one that was turned away and will be asked again.
    pub(crate) fn ended(&self, status: &'static str) {
        self.0.batch_lines.get_or_create(&StatusLabel { status }).inc();
    }
}

impl Drop for CountedLine {
    fn drop(&mut self) {
        self.0.batch_lines_in_flight.dec();
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of one request are far below 2^52")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}
