//! Figures over rows made by hand; money in micro-dollars throughout.

use super::{OutcomeFigures, Worked, figures};
use ledger::{Arm, OutcomeId, OutcomeRow, OutcomeSubject, RequestRow, Source, Status};
use proptest::prelude::*;
use usecase::declared::{Baseline, Outcome};
use usecase::{BundleId, Cost, MicroUsd, Period, Timestamp, TraceId, Usage};

const DAY: i64 = 86_400_000_000;
const NOW: Timestamp = Timestamp(100 * DAY);
/// Long enough ago to be matured after seven days.
const LONG_AGO: i64 = 50 * DAY;

pub(crate) fn trace(number: u64) -> TraceId {
    // All zeroes is no trace.
    TraceId::parse(&format!("{:032x}", number + 1)).expect("32 hex digits")
}

pub(crate) fn request(number: u64, conversation: Option<&str>, cost: i64) -> RequestRow {
    RequestRow {
        trace: trace(number),
        at: Timestamp(LONG_AGO - DAY),
        use_case: "support".to_owned(),
        bundle: Some(BundleId::from_stored("b-1")),
        arm: Arm::Stable,
        source: Source::Live,
        key: "k-1".to_owned(),
        run: "r-1".to_owned(),
        conversation: conversation.map(str::to_owned),
        stream: false,
        status: Some(Status::Answered),
        error: None,
        model: None,
        usage: Usage::default(),
        cost: Cost::known(MicroUsd(cost)),
        saved: MicroUsd(0),
        cache: None,
        own_us: Some(1),
        duration_us: Some(2),
        first_token_us: None,
        review: false,
    }
}

fn report(subject: OutcomeSubject, outcome: &str, minutes: f64, at: i64) -> OutcomeRow {
    OutcomeRow {
        id: OutcomeId(format!("o-{outcome}-{at}")),
        use_case: "support".to_owned(),
        subject,
        outcome: outcome.to_owned(),
        success: None,
        value: None,
        human_minutes: minutes,
        occurred_at: Timestamp(at),
        recorded_at: Timestamp(at),
        key: "k-1".to_owned(),
        superseded: false,
        traces: Vec::new(),
        cost: Cost::ZERO,
    }
}

fn of_trace(number: u64, outcome: &str) -> OutcomeRow {
    report(OutcomeSubject::Trace(trace(number)), outcome, 0.0, LONG_AGO)
}

fn of_conversation(name: &str, outcome: &str, minutes: f64, at: i64) -> OutcomeRow {
    report(OutcomeSubject::Conversation(name.to_owned()), outcome, minutes, at)
}

/// 12 minutes at 30 USD an hour: 6 USD a case.
fn declared() -> Outcome {
    Outcome { baseline: Some(Baseline { human_minutes: 12.0, per_hour: MicroUsd(30_000_000) }), ..Outcome::default() }
}

fn count(outcomes: &[OutcomeRow], requests: &[RequestRow]) -> OutcomeFigures {
    figures(outcomes, requests, &[], &declared(), NOW)
}

#[track_caller]
fn check_sentence(outcomes: &[OutcomeRow], requests: &[RequestRow], sentence: &str) -> OutcomeFigures {
    let found = count(outcomes, requests);
    assert_eq!(found.sentence, sentence);
    found
}

#[test]
fn unknown_is_never_zero() {
    let waiting = |number| report(OutcomeSubject::Trace(trace(number)), "resolved", 0.0, NOW.0 - DAY);
    let requests: Vec<_> = (0..4).map(|number| request(number, None, 1_000)).collect();
    let none = check_sentence(&[], &[], "unknown: no app has asked yet");
    assert_eq!((none.per_good, none.success_rate, none.coverage), (None, None, None));
    check_sentence(&[], &requests, "unknown: no outcome was reported yet for 4 subjects (POST /v1/outcomes)");
    check_sentence(
        &[waiting(0), waiting(1), waiting(2)],
        &requests,
        "unknown: no matured good outcome yet (3 wait, the first until 1970-04-17T00:00:00.000Z)",
    );
    let bad = check_sentence(
        &[of_trace(0, "escalated"), waiting(1)],
        &requests,
        "unknown: no matured good outcome yet: 0 of 1 came out well, and cost $0.001 \
         (1 waits until 1970-04-17T00:00:00.000Z)",
    );
    assert_eq!((bad.per_good, bad.good, bad.matured, bad.waiting), (None, 0, 1, 1));
    let mut unpriced = requests;
    unpriced[0].cost = Cost::UNKNOWN;
    let found = check_sentence(
        &[of_trace(0, "resolved")],
        &unpriced[..1],
        "unknown: a part of the cost is unknown for 1 of 1, 1 good of 1 matured",
    );
    assert_eq!((found.per_good, found.per_good_at_least, found.saving_per_good), (None, None, None));
}

#[test]
fn a_good_outcome_has_a_cost_a_rate_and_a_saving() {
    let requests: Vec<_> = (0..12).map(|number| request(number, None, 60_000)).collect();
    let outcomes: Vec<_> =
        (0..10).map(|number| of_trace(number, if number < 6 { "resolved" } else { "lost" })).collect();
    let found = check_sentence(
        &outcomes,
        &requests,
        "$0.10 per good outcome (95 % interval $0.066667 to $0.20), 6 good of 10 matured; \
         10 of 12 subjects have an outcome",
    );
    assert_eq!((found.subjects, found.with_outcome, found.matured, found.good), (12, 10, 10, 6));
    assert_eq!(found.cost, Cost::known(MicroUsd(600_000)));
    assert_eq!(found.baseline_per_case, Some(MicroUsd(6_000_000)));
    assert_eq!(found.saving_per_good, Some(MicroUsd(5_900_000)));
    assert_eq!(found.success_rate.map(|rate| rate.share), Some(0.6));
}

#[test]
fn a_conversation_is_one_subject_and_pays_for_all_its_requests() {
    let mut requests: Vec<_> = (0..3).map(|number| request(number, Some("c"), 100)).collect();
    requests[1].status = Some(Status::Failed);
    // One request of it is reported by its trace, later the whole conversation.
    let outcomes = [of_trace(2, "escalated"), of_conversation("c", "resolved", 2.0, LONG_AGO + DAY)];
    let found = count(&outcomes, &requests);
    assert_eq!((found.subjects, found.with_outcome, found.good), (1, 1, 1));
    assert_eq!((found.human_minutes, found.human_cost), (2.0, Some(MicroUsd(1_000_000))));
    assert_eq!(found.per_good, Some(MicroUsd(1_000_300)));
}

#[test]
fn the_latest_report_counts_and_the_minutes_of_all() {
    let requests = [request(0, Some("c"), 0)];
    let first = OutcomeRow { superseded: true, ..of_conversation("c", "resolved", 5.0, LONG_AGO) };
    let reopened = of_conversation("c", "reopened", 1.0, LONG_AGO + DAY);
    let found = count(&[reopened.clone(), first.clone()], &requests);
    assert_eq!((found.good, found.matured, found.human_minutes), (0, 1, 6.0));
    // Reopened yesterday: what was good before waits again.
    let yesterday = OutcomeRow { occurred_at: Timestamp(NOW.0 - DAY), ..reopened };
    assert_eq!(count(&[first, yesterday], &requests).waiting, 1);
}

#[test]
fn a_review_is_work_too() {
    let requests = [request(0, Some("c"), 100), request(1, None, 100)];
    let outcomes = [of_conversation("c", "resolved", 1.0, LONG_AGO)];
    let review = |number, minutes| Worked { trace: trace(number), minutes };
    // Two reviews of the conversation's request; one of a subject that has no outcome, one of no live request.
    let reviews = [review(0, 0.5), review(0, 0.5), review(1, 90.0), review(7, 90.0)];
    let found = figures(&outcomes, &requests, &reviews, &declared(), NOW);
    assert_eq!((found.human_minutes, found.per_good), (2.0, Some(MicroUsd(1_000_100))));
}

#[test]
fn the_apps_own_judgement_goes_before_the_list() {
    let requests = [request(0, None, 1), request(1, None, 1)];
    let good = OutcomeRow { success: Some(true), ..of_trace(0, "whatever") };
    let bad = OutcomeRow { success: Some(false), ..of_trace(1, "resolved") };
    assert_eq!(count(&[good, bad], &requests).good, 1);
}

#[test]
fn it_matures_to_the_microsecond() {
    let week = Period::from_secs(7 * 86_400).micros();
    for (at, matured) in [(NOW.0 - week, 1), (NOW.0 - week + 1, 0)] {
        let outcome = report(OutcomeSubject::Trace(trace(0)), "resolved", 0.0, at);
        assert_eq!(count(&[outcome], &[request(0, None, 1)]).matured, matured);
    }
}

#[test]
fn minutes_without_a_rate_are_unknown_not_free() {
    let requests = [request(0, Some("c"), 500)];
    let worked = of_conversation("c", "resolved", 3.0, LONG_AGO);
    let found = figures(&[worked], &requests, &[], &Outcome::default(), NOW);
    assert_eq!((found.human_cost, found.per_good, found.unknown_cost_subjects), (None, None, 1));
    assert_eq!(found.per_good_at_least, Some(MicroUsd(500)));
    assert_eq!(
        found.sentence,
        "at least $0.0005 per good outcome, 1 good of 1 matured; a part of the cost is unknown for 1 of 1; \
         `outcome.baseline.per_hour` would price the human minutes"
    );
    let idle = of_conversation("c", "resolved", 0.0, LONG_AGO);
    let found = figures(&[idle], &requests, &[], &Outcome::default(), NOW);
    assert_eq!((found.human_cost, found.per_good), (Some(MicroUsd::ZERO), Some(MicroUsd(500))));
    assert_eq!((found.baseline_per_case, found.saving_per_good), (None, None));
}

#[test]
fn only_live_traffic_counts_and_each_row_once() {
    let mut asked = request(0, None, 1);
    asked.source = Source::Ask;
    assert_eq!(count(&[of_trace(0, "resolved")], &[asked]).subjects, 0);
    let twice = [request(1, None, 7), request(1, None, 7)];
    assert_eq!(count(&[of_trace(1, "resolved")], &twice).cost, Cost::known(MicroUsd(7)));
    let mut running = request(2, None, 0);
    running.status = None;
    assert!(count(&[of_trace(2, "resolved")], &[running]).cost.part_unknown);
}

#[test]
fn bundles_are_credited_with_their_own_subjects_only() {
    let mut requests =
        vec![request(0, None, 10), request(1, None, 20), request(2, Some("c"), 40), request(3, Some("c"), 80)];
    requests[1].bundle = Some(BundleId::from_stored("b-2"));
    requests[3].bundle = Some(BundleId::from_stored("b-2"));
    let outcomes = [of_trace(0, "resolved"), of_trace(1, "resolved"), of_conversation("c", "resolved", 0.0, LONG_AGO)];
    let found = count(&outcomes, &requests);
    let shares: Vec<_> = found
        .by_bundle
        .iter()
        .map(|part| (part.bundle.as_ref().map(BundleId::as_str), part.figures.cost.known.0, part.figures.good))
        .collect();
    assert_eq!(shares, [(None, 120, 1), (Some("b-1"), 10, 1), (Some("b-2"), 20, 1)]);
    let written = serde_json::to_value(&found).expect("figures can be written");
    assert_eq!(written["by_bundle"][1]["bundle"], "b-1");
    assert_eq!(written["by_bundle"][1]["per_good"], 10);
    assert!(written["by_bundle"][1].get("by_bundle").is_none());
}

/// A request, its conversation, its bundle, its cost, and what was reported about it.
type Drawn = (Option<u8>, u8, i64, Option<(bool, u8)>);

fn rows(drawn: &[Drawn], first: u64) -> (Vec<OutcomeRow>, Vec<RequestRow>) {
    let (mut outcomes, mut requests) = (Vec::new(), Vec::new());
    for (number, (conversation, bundle, cost, reported)) in (first..).zip(drawn) {
        let name = conversation.map(|conversation| format!("{first}-{conversation}"));
        let mut row = request(number, name.as_deref(), *cost);
        row.bundle = Some(BundleId::from_stored(format!("b-{bundle}")));
        requests.push(row);
        if let Some((good, minutes)) = reported {
            let mut row = of_trace(number, if *good { "resolved" } else { "lost" });
            row.id = OutcomeId(format!("o-{number}"));
            row.human_minutes = f64::from(*minutes) / 7.0;
            outcomes.push(row);
        }
    }
    (outcomes, requests)
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let report = prop::option::weighted(0.8, (any::<bool>(), 0_u8..40));
    let one = (prop::option::of(0_u8..6), 0_u8..3, 0_i64..5_000_000, report);
    prop::collection::vec(one, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_rows_does_not_matter(drawn in drawn()) {
        let (mut outcomes, mut requests) = rows(&drawn, 0);
        let before = count(&outcomes, &requests);
        outcomes.reverse();
        requests.reverse();
        let half = requests.len() / 2;
        requests.rotate_left(half);
        prop_assert_eq!(before, count(&outcomes, &requests));
    }

    #[test]
    fn costs_and_counts_add_up(left in drawn(), right in drawn()) {
        let (first, second) = (rows(&left, 0), rows(&right, 1_000));
        let (a, b) = (count(&first.0, &first.1), count(&second.0, &second.1));
        let whole = count(&[first.0, second.0].concat(), &[first.1, second.1].concat());
        prop_assert_eq!(whole.cost, a.cost + b.cost);
        prop_assert_eq!(whole.human_cost, a.human_cost.zip(b.human_cost).map(|(a, b)| a + b));
        prop_assert_eq!((whole.subjects, whole.good), (a.subjects + b.subjects, a.good + b.good));
        let parts: Cost = whole.by_bundle.iter().map(|part| part.figures.cost).sum();
        prop_assert_eq!(parts, whole.cost);
        prop_assert_eq!(whole.by_bundle.iter().map(|part| part.figures.subjects).sum::<u64>(), whole.subjects);
        prop_assert_eq!(whole.matured + whole.waiting, whole.with_outcome);
    }

    /// Whatever else an app's failing requests do, they never make the good outcomes cheaper.
    #[test]
    fn spending_more_never_costs_less(drawn in drawn(), more in 1_i64..1_000_000) {
        let (outcomes, mut requests) = rows(&drawn, 0);
        let before = count(&outcomes, &requests).per_good;
        requests.iter_mut().for_each(|row| row.cost += Cost::known(MicroUsd(more)));
        prop_assert!(before <= count(&outcomes, &requests).per_good);
    }
}
