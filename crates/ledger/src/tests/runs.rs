//! Runs that died: their requests are marked, once, and only theirs.

use super::*;
use crate::{Error, RequestFilter};

fn statuses(ledger: &Ledger) -> Vec<Option<Status>> {
    let mut rows = ledger.requests(&RequestFilter::default()).expect("it reads");
    rows.sort_by_key(|row| row.at);
    rows.iter().map(|row| row.status).collect()
}

/// A lock and notes for each run.
fn files_of_runs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("runs")).expect("it is there").count()
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
    assert_eq!(files_of_runs(folder.path()), 2);

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
    assert_eq!(files_of_runs(folder.path()), 2, "those of the dead are removed");
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
    let run = {
        let (_storage, ledger) = open(folder.path());
        ledger.begin(started()).expect("it begins");
        ledger.run().to_owned()
    };
    std::fs::remove_file(folder.path().join("runs").join(format!("{run}.lock"))).expect("it was there");
    let (_storage, ledger) = open(folder.path());
    assert_eq!(statuses(&ledger), [Some(Status::Interrupted)]);
    assert_eq!(files_of_runs(folder.path()), 2);
}

/// Notes of several sizes, in places that were used before, among them names longer than a slot.
#[tokio::test]
async fn whatever_was_open_is_found_and_nothing_else() {
    let folder = folder();
    let mut open_ones = std::collections::BTreeSet::new();
    {
        let (_storage, ledger) = open(folder.path());
        for round in 0..3 {
            let mut begun = Vec::new();
            for number in 0..12 {
                let use_case = "simulated/".to_owned() + &"é".repeat(number * 100);
                let one = Started { use_case, ..started() };
                begun.push(one.trace);
                ledger.begin(one).expect("it begins");
            }
            for (number, trace) in begun.into_iter().enumerate() {
                match number % 3 == round {
                    true => drop(open_ones.insert(trace)),
                    false => ledger.finish(finished(trace)).await.expect("it ends"),
                }
            }
        }
        assert_eq!(ledger.unsettled(), 12);
        let running = ledger.requests(&RequestFilter::default()).expect("it reads");
        assert_eq!(running.iter().filter(|row| row.status.is_none()).count(), 12);
    }
    let (_storage, ledger) = open(folder.path());
    let interrupted = RequestFilter { status: Some(Status::Interrupted), ..RequestFilter::default() };
    let found = ledger.requests(&interrupted).expect("it reads");
    assert_eq!(found.iter().map(|row| row.trace).collect::<std::collections::BTreeSet<_>>(), open_ones);
    assert!(found.iter().any(|row| row.use_case.len() > 2_000), "the longest name is whole");
    assert_eq!(assert_intact(&ledger).events, 36);
}

#[tokio::test]
async fn damaged_notes_are_passed_over() {
    let folder = folder();
    let notes = {
        let (_storage, ledger) = open(folder.path());
        ledger.begin(started()).expect("it begins");
        folder.path().join("runs").join(format!("{}.begun", ledger.run()))
    };
    let whole = std::fs::read(&notes).expect("it was written");
    let check = |bytes: Vec<u8>, found: usize| {
        std::fs::write(&notes, bytes).expect("it is written");
        assert_eq!(crate::begun::noted(&notes).expect("it reads").len(), found);
    };
    check(whole.clone(), 1);
    check([vec![0; 512], whole.clone()].concat(), 1);
    check([vec![255; 512], whole.clone()].concat(), 0);
    let length = usize::from(whole[4]) + usize::from(whole[5]) * 256;
    for end in 0..8 + length {
        check(whole[..end].to_vec(), 0);
    }
    check(Vec::new(), 0);
}

/// Many threads, each with a runtime of its own, on one ledger; and requests that are killed in between leave no gap.
#[test]
fn several_single_threaded_runtimes_share_a_ledger() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    std::thread::scope(|scope| {
        for core in 0..3 {
            let ledger = &ledger;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
                runtime.block_on(async {
                    let one = |number: usize| async move {
                        let name = format!("c-{}", (core + number) % 5);
                        let begun = if number.is_multiple_of(2) { started() } else { in_conversation(&name) };
                        let trace = serve(ledger, begun).await;
                        let detail = ledger.request(&trace).expect("it reads").expect("it is on disk");
                        assert!(detail.payload.is_some());
                    };
                    for number in 0..40 {
                        one(number).await;
                    }
                });
            });
        }
    });
    let report = assert_intact(&ledger);
    assert_eq!((report.events, report.payloads_checked), (120, 120));
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
    ledger.forget(trace);
    let error = ledger.begin_durable(started()).await.expect_err("its note cannot be forced to the disk");
    assert!(moved(&error), "{error:?}");
    assert_eq!(ledger.unsettled(), 0, "what did not begin is not open");
    let error = ledger.events(&crate::EventFilter::default()).expect_err("there is nothing to read");
    assert!(moved(&error), "{error:?}");
}
