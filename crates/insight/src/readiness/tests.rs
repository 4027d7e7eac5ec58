//! Each case changes one thing in evidence that is whole, and says which line must fail and what must be said.

use super::{LineState, Purpose, Readiness, judge};
use crate::evidence::{Evidence, FeedEvidence, GateEvidence, ReleaseEvidence, TraceEvidence};
use serde_json::{Value, json};
use usecase::declared::Percent;
use usecase::{BundleId, Cost, MicroUsd, Period, Timestamp, UseCase};

const HOUR: i64 = 3_600_000_000;
const NOW: Timestamp = Timestamp(1_800_000_000_000_000);

fn bundle() -> BundleId {
    BundleId::from_stored("b-now")
}

/// A use case with everything; `change` is merged into its declaration, `null` takes a key out.
fn use_case(change: &Value) -> UseCase {
    let mut declared = json!({
        "usecase": { "summary": "Answers", "owner": {
            "team": "Care", "contact": "care@example.com", "oncall": "https://hooks.example.com/secret" } },
        "retrieval": { "collections": ["handbook"] },
        "guard": { "grounding": { "at_least": 0.7 }, "topics": { "allow": "topics.yaml" } },
    });
    merge(&mut declared, change);
    UseCase {
        name: "support".to_owned(),
        bundle: bundle(),
        declared: serde_json::from_value(declared).expect("a declaration"),
        template: None,
        answer_schema: None,
        topics: Default::default(),
        cases: vec![("evals/first.yaml".to_owned(), "- vars: {}".to_owned())],
    }
}

fn merge(into: &mut Value, change: &Value) {
    match (into, change) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, value) in changes {
                merge(fields.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (place, value) => *place = value.clone(),
    }
}

fn whole(use_case: &UseCase) -> Evidence<'_> {
    Evidence {
        use_case,
        feeds: vec![FeedEvidence {
            name: "handbook".to_owned(),
            scheduled: Some("every 1h".to_owned()),
            last_good: Some(Timestamp(NOW.0 - HOUR)),
            fresh: true,
            within: Period::parse("36h"),
            documents: 41,
            quarantined: 0,
            access: true,
        }],
        gate: Some(GateEvidence {
            passed: true,
            verdict: "19/20 passed; no baseline to compare with".to_owned(),
            at: Timestamp(NOW.0 - 3 * HOUR),
            cases: 20,
            changed_since: Vec::new(),
            bundle: bundle(),
        }),
        traces: TraceEvidence {
            requests: 20,
            live: 3,
            looked_at: 20,
            with_spans: 20,
            p50_us: Some(1_250),
            p95_us: Some(80_000),
            cost: Cost::known(MicroUsd(500_000)),
            unknown_cost_requests: 0,
        },
        release: ReleaseEvidence {
            steps: vec!["5%".to_owned(), "100%".to_owned()],
            stable: Some(bundle()),
            canary: None,
            rolled_back_last: false,
        },
        now: NOW,
    }
}

fn failing(readiness: &Readiness) -> Vec<u8> {
    let failing = readiness.lines.iter().filter(|line| line.state == LineState::Fails);
    failing.map(|line| line.number).collect()
}

/// After `change` exactly these lines fail, and the text says `said`.
fn check(declared: &Value, change: impl FnOnce(&mut Evidence<'_>), fails: &[u8], said: &str) {
    let use_case = use_case(declared);
    let mut evidence = whole(&use_case);
    change(&mut evidence);
    let readiness = judge(&evidence, Purpose::Check);
    assert_eq!(failing(&readiness), fails, "{readiness}");
    assert!(readiness.render().contains(said), "{said:?} is not said in:\n{readiness}");
    assert_eq!(readiness.proof().is_ok(), fails.is_empty());
}

#[test]
fn whole_evidence_holds_and_is_shown() {
    let use_case = use_case(&json!({}));
    let readiness = judge(&whole(&use_case), Purpose::Check);
    let expected = "\
support, bundle b-now
1 holds  it runs on governed data that refreshes on a schedule
         + handbook: 41 documents, every 1h, last good run 1 hour ago (within 36h)
2 holds  its quality is measured on every change, against a real test set
         + b-now passed its gate 3 hours ago, 20 cases
         + 19/20 passed; no baseline to compare with
3 holds  it has guardrails for the unsafe and the uncertain cases
         + pii: mask
         + secrets: mask
         + injection: refuse
         + grounding: at least 0.7 of the sentences, otherwise abstain
         + topics: as in topics.yaml, otherwise refuse
         ~ topics: 0 example questions make a guess of a boundary: ten or more place it
         ~ personal data and injections are found by rules, checksums and small models: new wordings may pass
4 holds  it is observable: traces, drift, latency and cost on a dashboard
         + 20 requests of b-now recorded, 3 from apps
         + 20 of the newest 20 have timed spans
         + latency: half within 1.2 ms, 95 % within 80.0 ms
         + cost: $0.50 for all; known in full for 20 of 20
         ~ drift: no detector in this version
         ~ dashboard: the figures are at /metrics and /v1/use_cases/support; no page in this version
5 holds  it ships through a pipeline (gate, canary, rollback), not by a person copying files
         + steps: 5%, then 100%; a step back is one command
         + b-now serves all of the traffic
         ~ a canary is promoted or rolled back by command: nothing decides by itself in this version
6 holds  a named team owns it, and alerts reach them
         + Care, care@example.com
         + on call: https://hooks.example.com/…
         ~ alerts: this version sends none, and the on-call address was not tried
6 of 6 lines hold
";
    assert_eq!(readiness.render(), expected);
    let ready = readiness.proof().expect("all lines hold");
    assert_eq!((ready.use_case(), ready.bundle(), ready.at()), ("support", &bundle(), NOW));
    let written = serde_json::to_value(&ready).expect("a proof can be written");
    assert_eq!(written["lines"][4]["state"], "holds");
}

#[test]
fn governed_data() {
    let same = json!({});
    check(&same, |e| e.feeds[0].scheduled = None, &[1], "! handbook has no schedule: add `every = \"1h\"`");
    check(&same, |e| e.feeds[0].within = None, &[1], "add `fresh_within = \"24h\"` to [feeds.handbook]");
    check(&same, |e| e.feeds[0].last_good = None, &[1], "never had a good run: run `shipway ingest support`");
    check(&same, |e| e.feeds[0].documents = 0, &[1], "holds no document");
    check(&same, |e| e.feeds[0].quarantined = 1, &[], "1 document failed the feed's checks");
    check(&same, |e| e.feeds[0].access = false, &[], "open to everyone");
    check(&same, |e| e.feeds.clear(), &[1], "write [feeds.handbook]");
    let stale = |e: &mut Evidence<'_>| {
        e.feeds[0].last_good = Some(Timestamp(NOW.0 - 49 * HOUR));
        e.feeds[0].fresh = false;
    };
    check(&same, stale, &[1], "its last good run was 2 days ago, 36h are allowed");
    check(&same, |e| e.feeds[0].name = "other".to_owned(), &[1], "other: this feed is not searched");
    let unsearched = json!({ "retrieval": null });
    check(&unsearched, |e| e.feeds.clear(), &[], "no data is declared that could grow old");
}

#[test]
fn measured_quality() {
    let same = json!({});
    check(&same, |e| e.gate = None, &[2], "bundle b-now was never evaluated: run `shipway eval support`");
    let other = |gate: &mut GateEvidence| gate.bundle = BundleId::from_stored("b-old");
    check(&same, |e| e.gate.iter_mut().for_each(other), &[2], "the last run was of b-old, not of b-now");
    let failed = |gate: &mut GateEvidence| (gate.passed, gate.verdict) = (false, "3 cases broke".to_owned());
    check(&same, |e| e.gate.iter_mut().for_each(failed), &[2], "the gate failed 3 hours ago: 3 cases broke");
    check(&same, |e| e.gate.iter_mut().for_each(|gate| gate.cases = 0), &[2], "had no case");
    let mut without = use_case(&same);
    without.cases.clear();
    let readiness = judge(&whole(&without), Purpose::Check);
    assert!(readiness.render().contains("! write eval cases (evals/*.yaml), then run `shipway eval support`"));
}

#[test]
fn guardrails() {
    let nothing = |_: &mut Evidence<'_>| {};
    check(&json!({ "guard": { "pii": "off" } }), nothing, &[3], "set `pii = \"mask\"` in [guard]");
    check(&json!({ "guard": { "secrets": "off" } }), nothing, &[3], "set `secrets = \"mask\"` in [guard]");
    check(&json!({ "guard": { "injection": "off" } }), nothing, &[3], "set `injection = \"refuse\"` in [guard]");
    check(&json!({ "guard": { "injection": "review" } }), nothing, &[], "+ injection: review");
    check(&json!({ "guard": { "grounding": null } }), nothing, &[3], "uncertain answers are not handled");
    check(&json!({ "guard": { "grounding": { "at_least": 0.0 } } }), nothing, &[3], "lets everything pass");
    check(&json!({ "guard": { "topics": null } }), nothing, &[], "questions about anything are let through");
    let no_search = json!({ "retrieval": null, "guard": { "grounding": null, "topics": null } });
    check(&no_search, nothing, &[3], "uncertain questions are not handled");
    check(
        &json!({ "retrieval": null, "guard": { "grounding": null } }),
        nothing,
        &[],
        "~ grounding: it searches nothing",
    );
}

#[test]
fn observable() {
    let same = json!({});
    check(&same, |e| e.traces = TraceEvidence::default(), &[4], "no request of b-now is recorded");
    check(&same, |e| e.traces.with_spans = 0, &[4], "none of the newest 20 requests has timed spans");
    check(&same, |e| e.traces.live = 0, &[], "no app has asked this bundle yet");
    let unpriced = |e: &mut Evidence<'_>| {
        e.traces.cost.part_unknown = true;
        e.traces.unknown_cost_requests = 4;
    };
    check(&same, unpriced, &[], "cost: $0.50 and an unknown part for all; known in full for 16 of 20");
}

#[test]
fn pipeline() {
    let same = json!({});
    let old = || Some(BundleId::from_stored("b-old"));
    check(&same, |e| e.release.steps.clear(), &[5], "set `steps = [\"5%\", \"100%\"]` in [release]");
    check(&same, |e| e.release.steps.insert(0, "shadow".to_owned()), &[5], "take `shadow` out");
    check(&same, |e| e.release.stable = None, &[5], "! run `shipway release support`: it was never released");
    check(&same, |e| e.release.stable = old(), &[5], "~ what serves now is b-old; the files as they are now are b-now");
    check(&same, |e| e.release.rolled_back_last = true, &[], "the last decision took traffic back");
    let as_canary = |e: &mut Evidence<'_>| {
        e.release.stable = old();
        e.release.canary = Some((bundle(), Percent::of(5.0)));
    };
    check(&same, as_canary, &[], "+ b-now serves 5% of the traffic as canary");
    let beside = |e: &mut Evidence<'_>| e.release.canary = old().map(|old| (old, Percent::of(5.0)));
    check(&same, beside, &[], "+ b-now serves; the canary b-old has 5%");
}

#[test]
fn before_a_release_the_way_is_enough() {
    let use_case = use_case(&json!({}));
    let mut evidence = whole(&use_case);
    evidence.release.stable = None;
    assert!(judge(&evidence, Purpose::Release).holds);
    evidence.release.stable = Some(BundleId::from_stored("b-old"));
    let readiness = judge(&evidence, Purpose::Release);
    assert!(readiness.holds && readiness.render().contains("what serves now is b-old"));
    evidence.release.steps.clear();
    let wrong = judge(&evidence, Purpose::Release).proof().expect_err("a step is missing");
    assert_eq!(wrong, ["it ships through a pipeline (gate, canary, rollback), not by a person copying files"]);
}

#[test]
fn a_proof_cannot_be_talked_into_being() {
    let use_case = use_case(&json!({}));
    let mut evidence = whole(&use_case);
    evidence.gate = None;
    let mut readiness = judge(&evidence, Purpose::Release);
    readiness.lines.clear();
    readiness.holds = true;
    assert_eq!(readiness.proof().expect_err("line 2 failed").len(), 1);
}

#[test]
fn owned() {
    let nothing = |_: &mut Evidence<'_>| {};
    let owner = |owner: Value| json!({ "usecase": { "owner": owner } });
    check(&owner(json!({ "oncall": null })), nothing, &[6], "add `oncall = \"https://…\"`");
    check(&owner(json!({ "oncall": " " })), nothing, &[6], "say whom an alert wakes");
    check(&owner(json!({ "team": "" })), nothing, &[6], "name a team and a contact");
    check(&owner(json!({ "contact": " " })), nothing, &[6], "name a team and a contact");
    check(&owner(json!({ "oncall": "pager@example.com" })), nothing, &[], "+ on call: pager@example.com");
    check(&owner(json!({ "oncall": "https://me:pw@example.com/x" })), nothing, &[], "+ on call: https://example.com/…");
}
