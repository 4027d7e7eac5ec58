//! Requests as they are recorded and as they come back.

use super::*;
use crate::{Error, EventFilter, RequestFilter, RequestRow};
use proptest::prelude::*;
use usecase::{Fault, Period, Remedy};

#[tokio::test]
async fn a_request_comes_back_as_it_was_told() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let begun = Started { stream: true, ..in_conversation("c-1") };
    let trace = serve(&ledger, begun.clone()).await;
    let end = finished(trace);
    let detail = ledger.request(&trace).expect("it reads").expect("it is there");
    assert_eq!(detail.attempts, end.attempts);
    assert_eq!(detail.verdicts, end.verdicts);
    assert_eq!(detail.spans, end.spans);
    assert_eq!(detail.citations, end.citations);
    assert_eq!(detail.snapshots, end.snapshots);
    let kept = detail.payload.expect("a payload that nobody erased");
    assert_eq!(PayloadText::new(&kept.request, &kept.answer), end.payload);
    let row = RequestRow {
        trace,
        at: START,
        use_case: begun.use_case,
        bundle: begun.bundle,
        arm: Arm::Stable,
        source: Source::Live,
        key: begun.key,
        run: ledger.run().to_owned(),
        conversation: detail.row.conversation.clone(),
        stream: true,
        status: Some(Status::Answered),
        error: None,
        model: Some("local/extractive".to_owned()),
        usage: end.usage,
        cost: end.cost,
        saved: MicroUsd(29),
        cache: Some("exact".to_owned()),
        own_us: Some(4_321),
        duration_us: Some(1_000_000),
        first_token_us: Some(201_000),
        review: true,
    };
    assert_eq!(detail.row, row);
    assert_eq!(ledger.requests(&RequestFilter::default()).expect("it reads"), [row]);
    assert_eq!(ledger.request(&TraceId::random()).expect("it reads"), None);
}

#[tokio::test]
async fn a_running_request_is_seen_and_its_cost_is_unknown() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let begun = started();
    let trace = begun.trace;
    ledger.begin_durable(begun).await.expect("it begins");
    let detail = ledger.request(&trace).expect("it reads").expect("it is there");
    assert_eq!(detail.row.status, None);
    assert_eq!(detail.row.cost, Cost::UNKNOWN);
    assert_eq!(detail.payload, None);
    assert!(ledger.spent_since(START).expect("it reads").is_empty());
    assert_intact(&ledger);
}

#[tokio::test]
async fn a_request_may_end_before_its_beginning_was_awaited() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let begun = started();
    let trace = begun.trace;
    let beginning = ledger.begin_durable(begun);
    ledger.finish(finished(trace)).await.expect("it is open since the call");
    beginning.await.expect("its note is on disk all the same");
    let detail = ledger.request(&trace).expect("it reads").expect("it is there");
    assert_eq!(detail.row.status, Some(Status::Answered));
    assert_intact(&ledger);
}

#[tokio::test]
async fn requests_begin_once_and_end_once() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let begun = started();
    let trace = begun.trace;
    assert!(matches!(ledger.finish(finished(trace)).await, Err(Error::NotOpen(_))));
    ledger.begin(begun.clone()).expect("it begins");
    assert!(matches!(ledger.begin(begun.clone()), Err(Error::AlreadyBegun(_))));
    ledger.finish(finished(trace)).await.expect("it ends");
    let again = ledger.finish(finished(trace)).await.expect_err("it has ended");
    assert!(matches!(again, Error::NotOpen(_)), "{again:?}");
    // The same trace once more: the row of the first one stands.
    ledger.begin(begun).expect("this process has forgotten the first");
    assert!(matches!(ledger.finish(finished(trace)).await, Err(Error::NotOpen(_))));
    assert_eq!(assert_intact(&ledger).events, 1);
}

#[tokio::test]
async fn a_failed_end_leaves_nothing_and_may_be_told_again() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    let rename = |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        storage.write_blocking(move |tx| Ok(tx.execute_batch(&sql)?)).expect("renamed");
    };
    let begun = started();
    let trace = begun.trace;
    ledger.begin(begun).expect("it begins");
    rename("ledger_requests", "away");
    let error = ledger.finish(finished(trace)).await.expect_err("there is no table");
    assert_eq!((error.fault(), error.remedy()), (Fault::Us, Remedy::Fail));
    rename("away", "ledger_requests");
    ledger.finish(finished(trace)).await.expect("it is still open");
    assert!(ledger.request(&trace).expect("it reads").expect("it is there").payload.is_some());
    assert_eq!(assert_intact(&ledger).events, 1);
}

#[tokio::test]
async fn a_request_that_is_given_up_takes_no_room() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    storage
        .write_blocking(|tx| Ok(tx.execute_batch("ALTER TABLE ledger_requests RENAME TO away")?))
        .expect("nothing can be recorded");
    let notes = || {
        let path = folder.path().join("runs").join(format!("{}.begun", ledger.run()));
        std::fs::metadata(path).expect("it is there").len()
    };
    for stream in [false, true] {
        let before = notes();
        for _ in 0..3 {
            let begun = Started { stream, ..started() };
            let trace = begun.trace;
            ledger.begin(begun).expect("it begins");
            ledger.finish(finished(trace)).await.expect_err("there is no table");
            assert_eq!(ledger.unsettled(), 1);
            ledger.forget(trace);
            assert_eq!(ledger.unsettled(), 0);
            assert!(matches!(ledger.finish(finished(trace)).await, Err(Error::NotOpen(_))));
        }
        // The whole ones stood in one place, one after the other, and the first stream took that; the others' notes stay.
        assert_eq!(notes() - before, if stream { 2 * 512 } else { 512 });
    }
}

#[tokio::test]
async fn filters_let_through_what_they_say() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let later = Timestamp(START.0 + 5_000_000);
    let variants = [
        started(),
        Started { use_case: "refunds".to_owned(), ..started() },
        Started { at: later, ..started() },
        Started { arm: Arm::Canary, bundle: Some(BundleId::from_stored("b-new")), ..started() },
        Started { source: Source::Eval, ..started() },
        Started { key: "other".to_owned(), ..started() },
        in_conversation("c-1"),
    ];
    let mut traces = Vec::new();
    for begun in variants {
        traces.push(serve(&ledger, begun).await);
    }
    let failed = started();
    traces.push(failed.trace);
    ledger.begin(failed).expect("it begins");
    let end = Finished { status: Status::Failed, verdicts: Vec::new(), ..finished(traces[7]) };
    ledger.finish(end).await.expect("it ends");

    let check = |filter: RequestFilter, expected: &[usize]| {
        let rows = ledger.requests(&filter).expect("it reads");
        let mut got: Vec<usize> =
            rows.iter().filter_map(|row| traces.iter().position(|trace| *trace == row.trace)).collect();
        got.sort_unstable();
        assert_eq!(got, expected, "{filter:?}");
    };
    let all = RequestFilter::default;
    check(all(), &[0, 1, 2, 3, 4, 5, 6, 7]);
    check(RequestFilter { use_case: Some("refunds".to_owned()), ..all() }, &[1]);
    check(RequestFilter { since: Some(later), ..all() }, &[2]);
    check(RequestFilter { until: Some(later), use_case: Some("support".to_owned()), ..all() }, &[0, 3, 4, 5, 6, 7]);
    check(RequestFilter { arm: Some(Arm::Canary), ..all() }, &[3]);
    check(RequestFilter { bundle: Some(BundleId::from_stored("b-new")), ..all() }, &[3]);
    check(RequestFilter { source: Some(Source::Eval), ..all() }, &[4]);
    check(RequestFilter { key: Some("other".to_owned()), ..all() }, &[5]);
    check(RequestFilter { conversation: Some("c-1".to_owned()), ..all() }, &[6]);
    check(RequestFilter { status: Some(Status::Failed), ..all() }, &[7]);
    check(RequestFilter { review: Some(false), ..all() }, &[7]);
    check(RequestFilter { limit: Some(1), ..all() }, &[2]);
    check(RequestFilter { limit: Some(0), ..all() }, &[]);
}

#[tokio::test]
async fn spending_is_summed_by_key_use_case_and_source() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    for _ in 0..3 {
        serve(&ledger, started()).await;
    }
    serve(&ledger, Started { source: Source::Eval, ..started() }).await;
    serve(&ledger, Started { at: START.minus(Period::from_secs(1)), ..started() }).await;
    let unknown = started();
    let end = Finished { cost: Cost::UNKNOWN, ..finished(unknown.trace) };
    ledger.begin(unknown).expect("it begins");
    ledger.finish(end).await.expect("it ends");
    let spent = ledger.spent_since(START).expect("it reads");
    let sums: Vec<_> = spent.iter().map(|spent| (spent.source, spent.cost)).collect();
    let live = Cost { known: MicroUsd(3 * 413), part_unknown: true };
    assert_eq!(sums, [(Source::Eval, Cost::known(MicroUsd(413))), (Source::Live, live)]);
}

#[tokio::test]
async fn decisions_are_listed_newest_first_with_their_facts() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    serve(&ledger, started()).await;
    ledger.append(decision("release", json!({"to": "b-2", "share": 5}))).await.expect("it is recorded");
    let last = ledger.append_blocking(&decision("rollback", json!({"to": "b-1"}))).expect("it is recorded");
    let list = |filter: EventFilter| {
        let rows = ledger.events(&filter).expect("it reads");
        rows.into_iter().map(|row| (row.kind, row.seq)).collect::<Vec<_>>()
    };
    let kinds = |filter| list(filter).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    assert_eq!(last, 3);
    assert_eq!(kinds(EventFilter::default()), ["rollback", "release", "request"]);
    assert_eq!(kinds(EventFilter { limit: Some(2), ..EventFilter::default() }), ["rollback", "release"]);
    assert_eq!(list(EventFilter { kind: Some("request".to_owned()), ..EventFilter::default() })[0].1, 1);
    let releases = EventFilter { kind: Some("release".to_owned()), ..EventFilter::default() };
    let release = ledger.events(&releases).expect("it reads").remove(0);
    assert_eq!(release.body, json!({"to": "b-2", "share": 5}));
    assert_eq!(release.use_case.as_deref(), Some("support"));
    assert!(ledger.event_payload(&release).expect("it reads").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Money, tokens and what is unknown about them survive to the letter.
    #[test]
    fn money_survives_the_round_trip(
        requests in prop::collection::vec((any::<i32>(), any::<bool>(), any::<u32>(), any::<bool>()), 1..8)
    ) {
        let folder = folder();
        let (_storage, ledger) = open(folder.path());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut sum = Cost::ZERO;
        for (micros, part_unknown, tokens, estimated) in requests {
            let cost = Cost { known: MicroUsd(i64::from(micros) * 1_000), part_unknown };
            let usage = Usage { input_tokens: u64::from(tokens), estimated, ..Usage::default() };
            let begun = started();
            let mut end = Finished { cost, usage, ..finished(begun.trace) };
            end.attempts[0].cost = cost;
            end.attempts[0].usage = usage;
            ledger.begin(begun.clone()).expect("it begins");
            runtime.block_on(ledger.finish(end)).expect("it ends");
            let detail = ledger.request(&begun.trace).expect("it reads").expect("it is there");
            prop_assert_eq!(detail.row.cost, cost);
            prop_assert_eq!(detail.row.usage, usage);
            prop_assert_eq!(detail.attempts[0].cost, cost);
            sum += cost;
        }
        prop_assert_eq!(ledger.spent_since(START).expect("it reads")[0].cost, sum);
        assert_intact(&ledger);
    }
}
