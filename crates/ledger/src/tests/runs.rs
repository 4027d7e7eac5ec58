//! Runs that died: their requests are marked, once, and only theirs.

use super::*;
use crate::{Error, RequestFilter};

fn statuses(ledger: &Ledger) -> Vec<Option<Status>> {
    let mut rows = ledger.requests(&RequestFilter::default()).expect("it reads");
    rows.sort_by_key(|row| row.at);
    rows.iter().map(|row| row.status).collect()
}

#[tokio::test]
async fn what_a_dead_run_left_is_marked_interrupted() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    let begun = Started { at: Timestamp(1), ..started() };
    let trace = begun.trace;
    ledger.begin_durable(begun).await.expect("it begins");
    serve(&ledger, Started { at: Timestamp(2), ..started() }).await;
    // The operating system lets the lock go with the process; here, with the handle.
    drop((ledger, storage));
    assert_eq!(std::fs::read_dir(folder.path().join("runs")).expect("it is there").count(), 1);

    let (_storage, ledger) = open(folder.path());
    assert_eq!(statuses(&ledger), [Some(Status::Interrupted), Some(Status::Answered)]);
    let detail = ledger.request(&trace).expect("it reads").expect("it is there");
    assert_eq!(detail.row.cost, Cost::UNKNOWN, "nobody knows what it had cost by then");
    assert_eq!(detail.row.duration_us, None);
    assert_eq!(detail.payload, None);
    assert_eq!(assert_intact(&ledger).events, 2, "with an event of its own");
    let spent = ledger.spent_since(Timestamp(0)).expect("it reads");
    assert!(spent[0].cost.part_unknown);

    drop(ledger);
    let (_storage, ledger) = open(folder.path());
    assert_eq!(assert_intact(&ledger).events, 2, "marked once");
    assert_eq!(
        std::fs::read_dir(folder.path().join("runs")).expect("it is there").count(),
        1,
        "dead locks are removed"
    );
}

#[tokio::test]
async fn a_living_run_is_left_alone() {
    let folder = folder();
    let (_one, living) = open(folder.path());
    let begun = started();
    let trace = begun.trace;
    living.begin_durable(begun).await.expect("it begins");
    let (_two, other) = open(folder.path());
    assert_eq!(statuses(&other), [None]);
    living.finish(finished(trace)).await.expect("it ends");
    assert_eq!(statuses(&other), [Some(Status::Answered)]);
    assert_intact(&other);
}

#[tokio::test]
async fn a_run_whose_lock_file_vanished_counts_as_dead() {
    let folder = folder();
    {
        let (_storage, ledger) = open(folder.path());
        ledger.begin_durable(started()).await.expect("it begins");
    }
    std::fs::remove_dir_all(folder.path().join("runs")).expect("it was there");
    let (_storage, ledger) = open(folder.path());
    assert_eq!(statuses(&ledger), [Some(Status::Interrupted)]);
}

#[test]
fn many_processes_may_open_a_fresh_folder_at_once() {
    let folder = folder();
    let ledgers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(folder.path()))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it opens")).collect()
    });
    let nodes: std::collections::BTreeSet<_> = ledgers.iter().map(|(_, ledger)| ledger.node().to_owned()).collect();
    let runs: std::collections::BTreeSet<_> = ledgers.iter().map(|(_, ledger)| ledger.run().to_owned()).collect();
    assert_eq!((nodes.len(), runs.len()), (1, 8));
    let event = decision("release", json!({}));
    for (_, ledger) in &ledgers {
        ledger.append_blocking(&event).expect("it is recorded");
    }
    assert_eq!(assert_intact(&ledgers[0].1).events, 8);
}

#[test]
fn a_node_file_that_makes_no_sense_is_the_operators() {
    let folder = folder();
    std::fs::write(folder.path().join("node"), "two words").expect("it is written");
    let storage = Storage::open(folder.path()).expect("it opens");
    let error = Ledger::open(&storage).expect_err("it is no name");
    assert_eq!(error.fault(), usecase::Fault::Operator);
    assert!(error.to_string().contains("one word"), "{error}");
}

#[test]
fn a_folder_that_lost_its_database_is_not_opened_as_a_new_one() {
    let check = |harm: fn(&Path)| {
        let folder = folder();
        drop(open(folder.path()));
        harm(&folder.path().join("shipway.db"));
        for _ in 0..2 {
            let storage = Storage::open(folder.path()).expect("an empty file is a database");
            storage.migrate("admission", &["CREATE TABLE IF NOT EXISTS keys (x)"]).expect("another room comes first");
            let error = Ledger::open(&storage).expect_err("its records are gone");
            assert!(matches!(error, Error::DatabaseLost(_)), "{error:?}");
            assert_eq!(error.fault(), usecase::Fault::Operator);
            assert!(error.to_string().contains("restore shipway.db from a backup"), "{error}");
        }
        for file in ["master.key", "node"] {
            std::fs::rename(folder.path().join(file), folder.path().join(format!("{file}.old"))).expect("it moves");
        }
        assert_intact(&open(folder.path()).1);
    };
    check(|database| std::fs::remove_file(database).expect("it was there"));
    check(|database| std::fs::write(database, "").expect("it is emptied"));
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_recorded_or_read_once_the_database_is_gone() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let begun = started();
    let trace = begun.trace;
    ledger.begin_durable(begun).await.expect("it begins");
    std::fs::remove_file(folder.path().join("shipway.db")).expect("it was there");
    let moved = |error: &Error| matches!(error, Error::Storage(storage::Error::Moved(_)));
    let error = ledger.finish(finished(trace)).await.expect_err("there is nowhere to record it");
    assert!(moved(&error), "{error:?}");
    assert_eq!(error.fault(), usecase::Fault::Operator);
    let error = ledger.events(&crate::EventFilter::default()).expect_err("there is nothing to read");
    assert!(moved(&error), "{error:?}");
}
