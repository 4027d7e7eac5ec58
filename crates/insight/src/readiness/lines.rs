//! One function a line, in the order of the lines.

use super::Purpose;
use super::report::{Line, LineState};
use crate::evidence::{Evidence, FeedEvidence, GateEvidence};
use usecase::declared::{Allowed, Guard, word};
use usecase::{BundleId, Timestamp};

/// What was found about one line.
#[derive(Default)]
pub(super) struct Findings {
    evidence: Vec<String>,
    missing: Vec<String>,
    notes: Vec<String>,
}

impl Findings {
    fn evidence(&mut self, text: impl Into<String>) {
        self.evidence.push(text.into());
    }

    fn missing(&mut self, text: impl Into<String>) {
        self.missing.push(text.into());
    }

    fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    pub(super) fn into_line(self, number: u8, title: &'static str) -> Line {
        let state = if self.missing.is_empty() { LineState::Holds } else { LineState::Fails };
        Line { number, title, state, evidence: self.evidence, missing: self.missing, notes: self.notes }
    }
}

pub(super) fn governed_data(evidence: &Evidence<'_>) -> Findings {
    let mut found = Findings::default();
    let declared = &evidence.use_case.declared;
    let collections = declared.retrieval.as_ref().map(|retrieval| retrieval.collections.as_slice()).unwrap_or_default();
    if collections.is_empty() {
        found.note("it searches no collection: no data is declared that could grow old");
    }
    for name in collections {
        match evidence.feeds.iter().find(|feed| &feed.name == name) {
            Some(feed) => judge_feed(feed, evidence, &mut found),
            None => found.missing(format!("declare the feed that fills `{name}`: write [feeds.{name}]")),
        }
    }
    for feed in evidence.feeds.iter().filter(|feed| !collections.contains(&feed.name)) {
        found.note(format!("{}: this feed is not searched, and was not judged", feed.name));
    }
    found
}

fn judge_feed(feed: &FeedEvidence, evidence: &Evidence<'_>, found: &mut Findings) {
    let name = &feed.name;
    let ingest = format!("run `shipway ingest {}`", evidence.use_case.name);
    if feed.scheduled.is_none() {
        found.missing(format!("{name} has no schedule: add `every = \"1h\"` (or `cron`) to [feeds.{name}]"));
    }
    if feed.within.is_none() {
        found.missing(format!("{name} may grow old unseen: add `fresh_within = \"24h\"` to [feeds.{name}]"));
    }
    match (feed.last_good, feed.within) {
        (None, _) => found.missing(format!("{name} never had a good run: {ingest}")),
        (Some(last), Some(within)) if !feed.fresh => {
            let ago = ago(last, evidence.now);
            found.missing(format!("{name} is stale: its last good run was {ago}, {within} are allowed: {ingest}"));
        }
        (Some(_), _) if feed.documents == 0 => {
            found.missing(format!("{name} holds no document: mend `files` in [feeds.{name}], then {ingest}"));
        }
        (Some(_), _) => {}
    }
    if let (Some(scheduled), Some(last), Some(within), true) =
        (&feed.scheduled, feed.last_good, feed.within, feed.fresh)
    {
        let ago = ago(last, evidence.now);
        let documents = counted(feed.documents, "document");
        found.evidence(format!("{name}: {documents}, {scheduled}, last good run {ago} (within {within})"));
    }
    if feed.quarantined > 0 {
        let documents = counted(feed.quarantined, "document");
        found.note(format!("{name}: {documents} failed the feed's checks and are quarantined"));
    }
    if !feed.access {
        found.note(format!("{name}: every document is open to everyone who may call the use case"));
    }
}

pub(super) fn measured_quality(evidence: &Evidence<'_>) -> Findings {
    let mut found = Findings::default();
    let use_case = evidence.use_case;
    let run = format!("run `shipway eval {}`", use_case.name);
    if use_case.cases.is_empty() {
        found.missing(format!("write eval cases ({}), then {run}", use_case.declared.evals.cases));
        return found;
    }
    match &evidence.gate {
        None => found.missing(format!("bundle {} was never evaluated: {run}", use_case.bundle)),
        Some(gate) if gate.bundle != use_case.bundle => {
            found.missing(format!("the last run was of {}, not of {}: {run}", gate.bundle, use_case.bundle));
        }
        Some(gate) if gate.cases == 0 => found.missing(format!("the last run had no case: {run}")),
        Some(gate) if !gate.passed => {
            found.missing(format!("the gate failed {}: {}; mend it, then {run}", when(gate, evidence), gate.verdict));
        }
        Some(gate) => {
            let cases = counted(gate.cases, "case");
            found.evidence(format!("{} passed its gate {}, {cases}", gate.bundle, when(gate, evidence)));
            found.evidence(gate.verdict.clone());
            if !gate.changed_since.is_empty() {
                let feeds = gate.changed_since.join(", ");
                found.note(format!("documents changed since in {feeds}: {run} to measure them too"));
            }
        }
    }
    found
}

fn when(gate: &GateEvidence, evidence: &Evidence<'_>) -> String {
    ago(gate.at, evidence.now)
}

pub(super) fn guardrails(evidence: &Evidence<'_>) -> Findings {
    let mut found = Findings::default();
    let guard = &evidence.use_case.declared.guard;
    let acting = [("pii", word(&guard.pii), "mask"), ("secrets", word(&guard.secrets), "mask")];
    for (name, action, default) in acting.into_iter().chain([("injection", word(&guard.injection), "refuse")]) {
        let watches = guard.policy.get(name).is_some_and(|policy| policy.shadow == Some(true));
        match action.as_str() {
            "off" => found.missing(format!("the guard `{name}` is off: set `{name} = \"{default}\"` in [guard]")),
            _ if watches => {
                found.missing(format!("the guard `{name}` only watches: take `shadow` out of [guard.policy.{name}]"));
            }
            action => found.evidence(format!("{name}: {action}")),
        }
    }
    exceptions(guard, evidence.now, &mut found);
    let examples = evidence.use_case.topics.values().map(Vec::len).sum();
    uncertain_cases(guard, evidence.use_case.declared.retrieval.is_some(), examples, &mut found);
    found.note("personal data and injections are found by rules, checksums and small models: new wordings may pass");
    found
}

/// What the guards let pass by exception, and what no longer is one.
fn exceptions(guard: &Guard, now: Timestamp, found: &mut Findings) {
    for (rule, allowed) in
        guard.policy.iter().flat_map(|(rule, policy)| policy.allow.iter().map(move |one| (rule, one)))
    {
        let Allowed { owner, until, .. } = allowed;
        let state = if until.end() <= now { "ended on" } else { "holds until" };
        found.note(format!("an exception to `{rule}` of {owner} {state} {until}"));
    }
}

/// Fewer example questions than this place a boundary by guess.
const FEW_EXAMPLES: usize = 10;

/// An answer without ground must not go out as if it had one. Without a search there are no passages to rest on; then
/// the boundary of topics is what keeps the uncertain case away.
fn uncertain_cases(guard: &Guard, searches: bool, examples: usize, found: &mut Findings) {
    match (&guard.grounding, searches) {
        (Some(grounding), true) if grounding.at_least > 0.0 => {
            let otherwise = word(&grounding.otherwise);
            found.evidence(format!("grounding: at least {} of the sentences, otherwise {otherwise}", grounding.at_least));
        }
        (Some(_), true) => found.missing("`grounding.at_least` is 0 and lets everything pass: set 0.7 or so in [guard]"),
        (None, true) => found.missing(
            "uncertain answers are not handled: add `grounding = { at_least = 0.7, otherwise = \"abstain\" }` to [guard]",
        ),
        (_, false) if guard.topics.is_none() => found.missing(
            "uncertain questions are not handled: without a search, add `topics = { allow = \"topics.yaml\" }` to [guard]",
        ),
        (_, false) => found.note("grounding: it searches nothing, so there are no passages to hold an answer against"),
    }
    match &guard.topics {
        None => found.note("topics: questions about anything are let through"),
        Some(topics) => {
            let otherwise = word(&topics.otherwise);
            found.evidence(format!("topics: as in {}, otherwise {otherwise}", topics.allow));
            if examples < FEW_EXAMPLES {
                found.note(format!(
                    "topics: {examples} example questions make a guess of a boundary: ten or more place it"
                ));
            }
        }
    }
}

pub(super) fn observable(evidence: &Evidence<'_>) -> Findings {
    let mut found = Findings::default();
    let (traces, use_case) = (&evidence.traces, evidence.use_case);
    let ask = format!("run `shipway eval {0}` or `shipway ask {0} \"…\"`", use_case.name);
    if traces.requests == 0 {
        found.missing(format!("no request of {} is recorded: {ask}", use_case.bundle));
    } else if traces.with_spans == 0 {
        found.missing(format!("none of the newest {} requests has timed spans: {ask}", traces.looked_at));
    } else {
        let requests = counted(traces.requests, "request");
        found.evidence(format!("{requests} of {} recorded, {} from apps", use_case.bundle, traces.live));
        found.evidence(format!("{} of the newest {} have timed spans", traces.with_spans, traces.looked_at));
    }
    if let (Some(p50), Some(p95)) = (traces.p50_us, traces.p95_us) {
        found.evidence(format!("latency: half within {}, 95 % within {}", milliseconds(p50), milliseconds(p95)));
    }
    if traces.requests > 0 {
        let known = traces.requests.saturating_sub(traces.unknown_cost_requests);
        found.evidence(format!("cost: {} for all; known in full for {known} of {}", traces.cost, traces.requests));
    }
    if traces.requests > 0 && traces.live == 0 {
        found.note("latency and cost are those of evals and of the terminal: no app has asked this bundle yet");
    }
    found.note("drift: no detector in this version");
    found.note(format!(
        "dashboard: the figures are at /metrics and /v1/use_cases/{}; no page in this version",
        use_case.name
    ));
    found
}

pub(super) fn pipeline(evidence: &Evidence<'_>, purpose: Purpose) -> Findings {
    let mut found = Findings::default();
    let release = &evidence.release;
    if release.steps.is_empty() {
        found.missing("no step is declared: set `steps = [\"5%\", \"100%\"]` in [release]");
    } else {
        found.evidence(format!("steps: {}; a step back is one command", release.steps.join(", then ")));
    }
    if release.steps.iter().any(|step| step == "shadow") {
        found.missing("this version cannot send shadow traffic: take `shadow` out of `steps` in [release]");
    }
    match serving(evidence) {
        Ok(fact) => found.evidence(fact),
        Err(fact) => {
            if purpose == Purpose::Check {
                found.missing(format!("run `shipway release {}`: {fact}", evidence.use_case.name));
            }
            if let Some(stable) = &release.stable {
                found.note(format!("what serves now is {stable}; the files as they are now are {}", judged(evidence)));
            }
        }
    }
    if release.rolled_back_last {
        found.note("the last decision took traffic back from a bundle");
    }
    found.note("a canary is promoted or rolled back by command: nothing decides by itself in this version");
    found
}

fn judged<'a>(evidence: &'a Evidence<'_>) -> &'a BundleId {
    &evidence.use_case.bundle
}

/// How the judged bundle serves, or why it does not.
fn serving(evidence: &Evidence<'_>) -> Result<String, String> {
    let (release, bundle) = (&evidence.release, judged(evidence));
    match (&release.stable, &release.canary) {
        (None, _) => Err("it was never released".to_owned()),
        (_, Some((canary, share))) if canary == bundle => {
            Ok(format!("{bundle} serves {share} of the traffic as canary"))
        }
        (Some(stable), None) if stable == bundle => Ok(format!("{bundle} serves all of the traffic")),
        (Some(stable), Some((canary, share))) if stable == bundle => {
            Ok(format!("{bundle} serves; the canary {canary} has {share}"))
        }
        (Some(_), _) => Err(format!("{bundle} is not released")),
    }
}

pub(super) fn owned(evidence: &Evidence<'_>) -> Findings {
    let mut found = Findings::default();
    let owner = &evidence.use_case.declared.usecase.owner;
    let (team, contact) = (owner.team.trim(), owner.contact.trim());
    if team.is_empty() || contact.is_empty() {
        found.missing("name a team and a contact: `owner = { team = \"…\", contact = \"…\" }` in [usecase]");
    } else {
        found.evidence(format!("{team}, {contact}"));
    }
    match owner.oncall.as_deref().map(str::trim) {
        None | Some("") => {
            found.missing("say whom an alert wakes: add `oncall = \"https://…\"` to `owner` in [usecase]");
        }
        // Webhook addresses carry their secret in the path.
        Some(oncall) => found.evidence(format!("on call: {}", without_path(oncall))),
    }
    found.note("alerts: this version sends none, and the on-call address was not tried");
    found
}

/// `https://hooks.example.com/…` of a web address; anything else as it is.
fn without_path(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    if host.len() == rest.len() { address.to_owned() } else { format!("{scheme}://{host}/…") }
}

/// `1 document`, `2 documents`.
fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
}

/// A moment as people remember it: `just now`, `5 minutes ago`, `3 days ago`.
fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.0.saturating_sub(then.0) / 1_000_000;
    let units = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    match units.into_iter().find(|(_, length)| seconds >= *length) {
        None => "just now".to_owned(),
        Some((unit, length)) => format!("{} ago", counted((seconds / length).unsigned_abs(), unit)),
    }
}
