//! The chain: intact when nothing was touched, broken at the right place when anything was.

use super::*;
use crate::{OutcomeReport, OutcomeSubject, Owner};

/// A thousand events of every kind, in one ledger.
#[tokio::test]
async fn a_thousand_mixed_events_verify() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let mut tasks = Vec::new();
    for number in 0..250 {
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            let trace = serve(&ledger, in_conversation(&format!("c-{}", number % 40))).await;
            ledger.append(decision("eval_run", json!({"number": number}))).await.expect("it is recorded");
            let person = (Owner::Subject("Zebulon".to_owned()), json!({"note": "looks right"}));
            let review = Event { payload: Some(person), ..decision("review", json!({"trace": trace.to_string()})) };
            ledger.append(review).await.expect("it is recorded");
            ledger.outcome(resolved(OutcomeSubject::Trace(trace))).await.expect("it is recorded");
        }));
    }
    for task in tasks {
        task.await.expect("it runs");
    }
    let report = assert_intact(&ledger);
    assert_eq!((report.events, report.nodes), (1_000, 1));
    assert_eq!((report.payloads_checked, report.payloads_erased), (500, 0));
}

fn resolved(subject: OutcomeSubject) -> OutcomeReport {
    OutcomeReport {
        use_case: "support".to_owned(),
        subject,
        outcome: "resolved".to_owned(),
        success: Some(true),
        value: Some(MicroUsd(2_000_000)),
        human_minutes: 0.1,
        occurred_at: Some(START),
        idempotency_key: None,
        key: "0a1b2c3d".to_owned(),
    }
}

/// Three requests, a decision with a payload and an outcome: events 1 to 5.
async fn small_ledger(folder: &Path) {
    let (_storage, ledger) = open(folder);
    for _ in 0..2 {
        serve(&ledger, in_conversation("c-1")).await;
    }
    let trace = serve(&ledger, started()).await;
    let review = Event {
        payload: Some((Owner::Subject("Zebulon".to_owned()), json!("fine"))),
        ..decision("review", json!({"ok": 1}))
    };
    ledger.append(review).await.expect("it is recorded");
    ledger.outcome(resolved(OutcomeSubject::Trace(trace))).await.expect("it is recorded");
    assert_intact(&ledger);
}

/// What somebody with the file and a SQL prompt can do: the guards against accidents are dropped first.
fn tamper(folder: &Path, sql: &str) -> usize {
    let file = rusqlite::Connection::open(folder.join("shipway.db")).expect("it opens");
    file.execute_batch(
        "DROP TRIGGER IF EXISTS ledger_events_keep; DROP TRIGGER IF EXISTS ledger_events_stand;
         PRAGMA ignore_check_constraints = ON;",
    )
    .expect("the guards go");
    file.execute(sql, []).expect("the SQL is right")
}

fn first_break(folder: &Path) -> Option<crate::Break> {
    let (_storage, ledger) = open(folder);
    let report = ledger.verify().expect("it can be read");
    assert_eq!(report.intact, report.first_break.is_none());
    report.first_break
}

#[tokio::test]
async fn every_change_by_sql_is_found_where_it_is() {
    let original = folder();
    small_ledger(original.path()).await;
    let check = |sql: &str, seq: u64, reason: &str| {
        let copy = folder();
        copy_folder(original.path(), copy.path());
        assert_ne!(tamper(copy.path(), sql), 0, "{sql} changes nothing");
        let found = first_break(copy.path()).unwrap_or_else(|| panic!("{sql} was not found"));
        assert_eq!(found.seq, seq, "{sql}: {found:?}");
        assert!(found.reason.contains(reason), "{sql}: {found:?}");
    };
    check("DELETE FROM ledger_events WHERE seq = 2", 2, "what was between is gone");
    check("DELETE FROM ledger_events WHERE seq = 1", 1, "goes from event 0 to 2");
    check("UPDATE ledger_events SET seq = seq + 1 WHERE seq = 5", 5, "goes from event 4 to 6");
    check("UPDATE ledger_events SET at = at + 1 WHERE seq = 3", 3, "hash");
    check("UPDATE ledger_events SET kind = 'revieW' WHERE seq = 4", 4, "hash");
    check("UPDATE ledger_events SET use_case = NULL WHERE seq = 4", 4, "hash");
    check("UPDATE ledger_events SET trace = NULL WHERE seq = 1", 1, "hash");
    check("UPDATE ledger_events SET subject_key = 1 WHERE seq = 4", 4, "hash");
    check("UPDATE ledger_events SET hash = 7 WHERE seq = 4", 4, "another type");
    check("UPDATE ledger_events SET body = replace(body, '413', '412') WHERE seq = 2", 2, "hash");
    check("UPDATE ledger_events SET subject_key = NULL WHERE seq = 1", 1, "hash");
    check("UPDATE ledger_events SET id = id + 10 WHERE seq = 1", 1, "goes from event 0 to 2");
    check("UPDATE ledger_requests SET status = 'failed' WHERE event = 2", 2, "failed, its event says answered");
    check("UPDATE ledger_requests SET status = 'nonsense' WHERE event = 2", 2, "cannot be read");
    check(
        "UPDATE ledger_requests SET cost_micros = 412 WHERE event = 2",
        2,
        "it cost $0.000412, its event says $0.000413",
    );
    check("UPDATE ledger_requests SET cost_part_unknown = 1 WHERE event = 2", 2, "unknown part");
    check("UPDATE ledger_requests SET saved_micros = 0 WHERE event = 2", 2, "something else");
    check("UPDATE ledger_requests SET cache = NULL WHERE event = 2", 2, "something else");
    check("UPDATE ledger_requests SET conversation = 'x' WHERE event = 1", 1, "something else");
    check("UPDATE ledger_requests SET own_us = -1 WHERE event = 1", 1, "cannot be read");
    check("UPDATE ledger_requests SET use_case = x'ff' WHERE event = 1", 1, "cannot be read");
    check("UPDATE ledger_requests SET event = 2 WHERE event = 1", 1, "stands for another event");
    check("DELETE FROM ledger_requests WHERE event = 3", 3, "taken out");
    check(
        "INSERT INTO ledger_requests SELECT at, upper(hex(randomblob(16))), event, use_case, bundle, arm, source, key, run,
               conversation, stream, status, error, model, 0, 0, 0, 0, 0, 0, 0, 0, 0, cache, 1, 1, 1, 0
           FROM ledger_requests WHERE event = 1",
        0,
        "4 request rows",
    );
    check("UPDATE ledger_outcomes SET success = 0", 5, "outcome");
    check("UPDATE ledger_outcomes SET value = 1", 5, "outcome");
    check("UPDATE ledger_outcomes SET human_minutes = 0.2", 5, "outcome");
    check("DELETE FROM ledger_outcomes", 5, "outcome");
    check("UPDATE ledger_events SET sealed = NULL WHERE seq = 4", 4, "taken out");
    check("UPDATE ledger_events SET sealed = x'00' WHERE seq = 5", 5, "payload that its body does not know");
    check("UPDATE ledger_events SET salt = x'00' WHERE seq = 5", 5, "payload that its body does not know");
    let twin = "(SELECT e.sealed FROM ledger_events e WHERE e.seq = 1)";
    check(&format!("UPDATE ledger_events SET sealed = {twin} WHERE seq = 2"), 2, "payload was changed");
    // Event 1 and 2 have the conversation's key, 3 a salt, 4 the person's key; the records' key comes between.
    check("UPDATE ledger_subject_keys SET wrapped = NULL, handle = NULL WHERE id = 3", 4, "no erasure is on record");
    check("UPDATE ledger_subject_keys SET wrapped = NULL WHERE id = 3", 4, "half destroyed");
    check("DELETE FROM ledger_subject_keys WHERE id = 3", 4, "key was taken out");
    check("UPDATE ledger_events SET salt = NULL WHERE seq = 3", 3, "no erasure is on record");
    check("UPDATE ledger_events SET salt = x'00' WHERE seq = 3", 3, "payload was changed");
    check("DELETE FROM ledger_subject_keys WHERE id = 2", 3, "made from was taken out");
}

/// Each byte of these values in turn, changed by one bit, wherever it stands.
#[tokio::test]
async fn every_changed_byte_is_found() {
    let original = folder();
    small_ledger(original.path()).await;
    let copy = folder();
    copy_folder(original.path(), copy.path());
    tamper(copy.path(), "UPDATE ledger_requests SET at = at");
    let (_storage, ledger) = open(copy.path());
    assert_intact(&ledger);
    let file = rusqlite::Connection::open(copy.path().join("shipway.db")).expect("it opens");
    let check = |table: &str, column: &str, row: &str, seq: u64, step: usize| {
        let read = format!("SELECT CAST({column} AS BLOB) FROM {table} WHERE {row}");
        let value: Vec<u8> = file.query_row(&read, [], |row| row.get(0)).expect("the value is there");
        let kind: String = file
            .query_row(&format!("SELECT typeof({column}) FROM {table} WHERE {row}"), [], |row| row.get(0))
            .expect("the value is there");
        let write = format!("UPDATE {table} SET {column} = CAST(?1 AS {kind}) WHERE {row}");
        for position in (0..value.len()).step_by(step) {
            let mut changed = value.clone();
            changed[position] ^= 1 << (position % 8);
            file.execute(&write, [&changed]).expect("it is written");
            let found = ledger.verify().expect("it can be read").first_break;
            let found = found.unwrap_or_else(|| panic!("byte {position} of {table}.{column} was not found"));
            assert_eq!(found.seq, seq, "byte {position} of {table}.{column}: {found:?}");
        }
        file.execute(&write, [&value]).expect("it is written");
        assert_intact(&ledger);
    };
    check("ledger_events", "hash", "seq = 2", 2, 1);
    check("ledger_events", "hash", "seq = 5", 5, 1);
    check("ledger_events", "body", "seq = 4", 4, 1);
    check("ledger_events", "body", "seq = 2", 2, 3);
    check("ledger_events", "sealed", "seq = 1", 1, 3);
    check("ledger_events", "sealed", "seq = 4", 4, 1);
    check("ledger_events", "salt", "seq = 3", 3, 1);
    check("ledger_subject_keys", "wrapped", "id = 3", 4, 1);
    check("ledger_subject_keys", "handle", "id = 1", 1, 1);
    check("ledger_requests", "status", "event = 2", 2, 1);
}

#[tokio::test]
async fn an_erased_person_leaves_the_chain_intact() {
    let folder = folder();
    let (_storage, ledger) = open(folder.path());
    let about = |name: &str| Started { subject: Some(name.to_owned()), ..in_conversation("shared") };
    let zebulon = serve(&ledger, about("Zebulon")).await;
    let other = serve(&ledger, about("Ada")).await;
    let review =
        Event { payload: Some((Owner::Subject("Zebulon".to_owned()), json!("fine"))), ..decision("review", json!({})) };
    ledger.append(review).await.expect("it is recorded");
    let owner = Owner::Subject("Zebulon".to_owned());
    assert!(ledger.erase(&owner).await.expect("it is erased"));
    assert!(!ledger.erase(&owner).await.expect("nothing is left"), "once is enough");
    assert!(!ledger.erase(&Owner::Conversation("shared".to_owned())).await.expect("it had no key of its own"));

    let payload = |trace| ledger.request(&trace).expect("it reads").expect("the row stays").payload;
    assert_eq!(payload(zebulon), None);
    assert!(payload(other).is_some());
    let report = assert_intact(&ledger);
    assert_eq!((report.events, report.payloads_checked, report.payloads_erased), (4, 1, 2));

    let again = serve(&ledger, about("Zebulon")).await;
    assert!(payload(again).is_some(), "who comes back gets a new key");
    assert_eq!(payload(zebulon), None, "which does not open what was erased");
    let report = assert_intact(&ledger);
    assert_eq!((report.payloads_checked, report.payloads_erased), (2, 2));
}

#[tokio::test]
async fn a_single_request_can_be_erased() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    let (gone, stays) = (serve(&ledger, started()).await, serve(&ledger, started()).await);
    let named = serve(&ledger, in_conversation("c-1")).await;
    let salt: Vec<u8> = storage
        .read(|connection| {
            let sql = "SELECT salt FROM ledger_events WHERE trace = ?1";
            Ok(connection.query_row(sql, [gone.to_string()], |row| row.get(0))?)
        })
        .expect("it reads");
    let erased = async |trace| ledger.erase(&Owner::Trace(trace)).await.expect("it is written");
    assert!(erased(gone).await);
    assert!(!erased(gone).await, "once is enough");
    assert!(!erased(named).await, "its key is the conversation's");
    assert!(!erased(TraceId::random()).await, "nothing is known of it");
    let payload = |trace| ledger.request(&trace).expect("it reads").expect("the row stays").payload;
    assert_eq!(payload(gone), None);
    assert!(payload(stays).is_some() && payload(named).is_some());
    let report = assert_intact(&ledger);
    assert_eq!((report.events, report.payloads_checked, report.payloads_erased), (4, 2, 1));
    drop((ledger, storage));
    let file = std::fs::read(folder.path().join("shipway.db")).expect("it is read");
    assert!(!file.windows(salt.len()).any(|window| window == salt), "the salt is overwritten in the file");
}

#[tokio::test]
async fn an_erasure_by_another_process_is_obeyed_at_once() {
    let folder = folder();
    let (_one, serving) = open(folder.path());
    let (_two, erasing) = open(folder.path());
    let first = serve(&serving, in_conversation("c-1")).await;
    assert!(erasing.erase(&Owner::Conversation("c-1".to_owned())).await.expect("it is erased"));
    // The serving process still remembers the destroyed key and must not use it.
    let second = serve(&serving, in_conversation("c-1")).await;
    let payload = |trace| erasing.request(&trace).expect("it reads").expect("it is there").payload;
    assert_eq!(payload(first), None);
    assert!(payload(second).is_some());
    let report = assert_intact(&serving);
    assert_eq!((report.payloads_checked, report.payloads_erased), (1, 1));
}

#[tokio::test]
async fn two_processes_on_one_folder_extend_one_chain() {
    let folder = folder();
    let (_one, first) = open(folder.path());
    let (_two, second) = open(folder.path());
    for number in 0..20 {
        let ledger = if number % 3 == 0 { &first } else { &second };
        serve(ledger, in_conversation("c-1")).await;
        ledger.append(decision("feed_run", json!({"number": number}))).await.expect("it is recorded");
    }
    assert_eq!(first.node(), second.node());
    assert_ne!(first.run(), second.run());
    let report = assert_intact(&second);
    assert_eq!((report.events, report.nodes), (40, 1));
}

/// The data folder as a backup would copy it, after its processes ended.
fn copy_folder(from: &Path, to: &Path) {
    for file in ["shipway.db", "master.key", "node"] {
        std::fs::copy(from.join(file), to.join(file)).expect("it is copied");
    }
}
