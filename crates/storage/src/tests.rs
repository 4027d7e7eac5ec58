//! The promises of the room: few commits for many writers, jobs that fail alone, errors that say what happened.

use crate::{Error, Job, Options, Result, Storage};
use rusqlite::{Connection, Transaction};
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::Duration;
use tempfile::TempDir;

const TABLE: &[&str] = &["CREATE TABLE note (text TEXT NOT NULL)"];

fn open(options: &Options) -> (TempDir, Storage) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let storage = Storage::open_with(folder.path(), options).expect("it opens");
    storage.migrate("notes", TABLE).expect("it migrates");
    (folder, storage)
}

fn note(transaction: &Transaction<'_>, text: &str) -> Result<()> {
    transaction.prepare_cached("INSERT INTO note VALUES (?1)")?.execute([text])?;
    Ok(())
}

fn notes(storage: &Storage) -> Vec<String> {
    let read = storage.read(|connection| {
        let mut statement = connection.prepare("SELECT text FROM note ORDER BY rowid")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?)
    });
    read.expect("notes can be read")
}

/// A job that keeps the writer busy until the returned sender is used or dropped, so that others gather behind it.
fn hold_writer(storage: &Storage) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (begun, running) = mpsc::channel();
    drop(queued(storage.write(move |_| {
        begun.send(()).expect("the test waits");
        let _ = held.recv();
        Ok(())
    })));
    running.recv().expect("the writer runs");
    release
}

type Pending<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// Polls once, which puts the job in the queue if there is room.
fn queued<T: 'static>(write: impl Future<Output = Result<T>> + Send + 'static) -> Pending<T> {
    let mut write: Pending<T> = Box::pin(write);
    let first = write.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending(), "the writer is held, so nothing can be done yet");
    write
}

/// A note that nobody waits for.
struct Unheard(String);

impl Job for Unheard {
    fn run(&mut self, transaction: &Transaction<'_>) -> Result<()> {
        note(transaction, &self.0)
    }

    fn resolve(self: Box<Self>, outcome: Result<()>) {
        outcome.expect("it is written");
    }
}

#[tokio::test]
async fn many_writers_share_few_commits() {
    let (_folder, storage) = open(&Options::default());
    let before = storage.stats();
    let release = hold_writer(&storage);
    let writes: Vec<_> =
        (0..200).map(|number| queued(storage.write(move |tx| note(tx, &number.to_string())))).collect();
    drop(release);
    for write in writes {
        write.await.expect("it is written");
    }
    let after = storage.stats();
    assert_eq!(after.jobs - before.jobs, 201);
    assert!(after.commits - before.commits <= 2, "one for the held job, one for the 200: {after:?}");
    assert!(after.biggest_batch >= 200, "{after:?}");
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    assert_eq!(notes(&storage), expected, "in the order of asking");
}

#[tokio::test]
async fn a_batch_is_never_larger_than_asked() {
    let (_folder, storage) = open(&Options { batch: 10, ..Options::default() });
    let release = hold_writer(&storage);
    let writes: Vec<_> = (0..35).map(|_| queued(storage.write(|tx| note(tx, "x")))).collect();
    drop(release);
    for write in writes {
        write.await.expect("it is written");
    }
    assert_eq!(storage.stats().biggest_batch, 10);
}

#[derive(Debug, thiserror::Error, PartialEq)]
#[error("no, because {0}")]
struct No(&'static str);

#[tokio::test]
async fn a_failing_job_fails_alone() {
    let (_folder, storage) = open(&Options::default());
    let release = hold_writer(&storage);
    let good = queued(storage.write(|tx| note(tx, "good")));
    let wrong_sql = queued(storage.write(|tx| {
        note(tx, "undone by wrong SQL")?;
        Ok(tx.execute("INSERT INTO nowhere VALUES (1)", [])?)
    }));
    let panics = queued(storage.write(|tx| -> Result<()> {
        note(tx, "undone by a panic")?;
        panic!("on purpose")
    }));
    let refuses = queued(storage.write(|tx| {
        note(tx, "undone by a refusal")?;
        Err::<(), _>(Error::refuse(No("of a rule")))
    }));
    let also_good = queued(storage.write(|tx| note(tx, "also good").map(|()| 7)));
    drop(release);

    good.await.expect("it is written");
    assert!(matches!(wrong_sql.await, Err(Error::Query(_))));
    assert!(matches!(panics.await, Err(Error::Panicked(text)) if text == "on purpose"));
    let refused = refuses.await.expect_err("it refuses");
    assert_eq!(refused.refusal::<No>(), Some(&No("of a rule")));
    assert_eq!(also_good.await.expect("it is written"), 7);
    assert_eq!(notes(&storage), ["good", "also good"]);
    assert_eq!(storage.stats().failed, 3);
}

#[test]
fn a_job_that_fails_with_the_transaction_to_itself_leaves_nothing() {
    let (_folder, storage) = open(&Options::default());
    let refused = storage.write_blocking(|tx| {
        note(tx, "undone by a refusal")?;
        Err::<(), _>(Error::refuse(No("of a rule")))
    });
    assert!(refused.is_err());
    let panicked = storage.write_blocking(|tx| -> Result<()> {
        note(tx, "undone by a panic")?;
        panic!("on purpose")
    });
    assert!(matches!(panicked, Err(Error::Panicked(_))));
    storage.write_blocking(|tx| note(tx, "after")).expect("the writer lives");
    assert_eq!(notes(&storage), ["after"]);
}

#[test]
fn a_job_that_ends_the_transaction_is_an_error_and_the_writer_lives_on() {
    let (_folder, storage) = open(&Options::default());
    let ended = storage.write_blocking(|tx| Ok(tx.execute_batch("COMMIT")?));
    assert!(matches!(ended, Err(Error::Panicked(_))), "{ended:?}");
    storage.write_blocking(|tx| note(tx, "after")).expect("the writer lives");
    assert_eq!(notes(&storage), ["after"]);
}

#[test]
fn migrations_are_applied_once_and_never_rewritten() {
    const FIRST: &str = "CREATE TABLE a (x)";
    const SECOND: &str = "CREATE TABLE b (x); INSERT INTO b VALUES (1)";
    // The folder was made with the first list; then a program with the second list opens it.
    let check = |first: &[&str], second: &[&str], says: Option<&str>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::open(folder.path()).expect("it opens");
        storage.migrate("room", first).expect("the first list applies");
        let result = storage.migrate("room", second);
        match says {
            None => result.expect("the second list applies"),
            Some(says) => {
                let error = result.expect_err("the second list does not fit").to_string();
                assert!(error.contains(says), "{error}");
            }
        }
    };
    check(&[], &[FIRST], None);
    check(&[FIRST], &[FIRST], None);
    check(&[FIRST], &[FIRST, SECOND], None);
    check(&[FIRST, SECOND], &[FIRST], Some("written by a newer Shipway"));
    check(&[FIRST, SECOND], &[FIRST, "CREATE TABLE c (x)"], Some("another version of step 2"));
    check(&[FIRST], &[FIRST, SECOND, "CREATE TABLE oops ("], Some("statement failed"));
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    let (_folder, storage) = open(&Options::default());
    storage.migrate("room", &["CREATE TABLE kept (x)", "CREATE TABLE oops ("]).expect_err("the SQL is wrong");
    storage.migrate("room", &["CREATE TABLE kept (x)"]).expect("the first step was undone, so it applies now");
}

#[test]
fn a_lock_held_by_another_process_is_reported_and_passes() {
    let (folder, storage) = open(&Options { busy_timeout: Duration::from_millis(20), ..Options::default() });
    let other = Connection::open(folder.path().join("shipway.db")).expect("it opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("the lock is free");
    let locked = storage.write_blocking(|tx| note(tx, "too early"));
    assert!(matches!(locked, Err(Error::Locked)), "{locked:?}");
    assert!(notes(&storage).is_empty(), "readers do not wait for a writer");
    other.execute_batch("ROLLBACK").expect("the lock goes");
    storage.write_blocking(|tx| note(tx, "later")).expect("it is written");
    assert_eq!(notes(&storage), ["later"]);
}

#[tokio::test]
async fn a_full_disk_is_reported_truthfully_and_passes() {
    let (folder, storage) = open(&Options { max_bytes: Some(200_000), ..Options::default() });
    let large = "x".repeat(150_000);
    let release = hold_writer(&storage);
    let mut writes = Vec::new();
    for number in 0..6 {
        let text = if number % 2 == 0 { format!("{number}") } else { format!("{number}{large}") };
        writes.push(queued(storage.write(move |tx| note(tx, &text))));
    }
    drop(release);
    let mut told = Vec::new();
    for (number, write) in writes.into_iter().enumerate() {
        match write.await {
            Ok(()) => told.push(number.to_string()),
            Err(error) => assert!(matches!(error, Error::Full), "{error:?}"),
        }
    }
    assert!(told.len() < 6, "150 KB thrice do not fit in 200 KB");
    let kept: Vec<String> = notes(&storage).into_iter().map(|text| text[..1].to_owned()).collect();
    assert_eq!(kept, told, "what was called written is there, what was called lost is not");

    let fill = || storage.write_blocking(|tx| note(tx, &"y".repeat(150_000)));
    while fill().is_ok() {}
    assert!(matches!(fill(), Err(Error::Full)), "and stays full");
    storage.limit_bytes(None).expect("raising the limit needs no room");
    fill().expect("there is room again");

    drop(storage);
    let reopened = Storage::open_with(folder.path(), &Options { max_bytes: Some(8192), ..Options::default() });
    let reopened = reopened.expect("a file beyond its limit still opens");
    let still = reopened.write_blocking(|tx| note(tx, &"z".repeat(150_000)));
    assert!(matches!(still, Err(Error::Full)), "{still:?}");
}

#[test]
fn what_is_no_database_is_called_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("shipway.db"), "a letter to my aunt, long enough to be read. ".repeat(100))
        .expect("it is written");
    let error = Storage::open(folder.path()).expect_err("it is a letter");
    assert!(matches!(error, Error::Corrupt(_)), "{error:?}");
    let below_a_file = folder.path().join("shipway.db").join("data");
    let error = Storage::open(&below_a_file).expect_err("a file has no folders in it");
    assert!(matches!(&error, Error::Io(text) if text.contains("shipway.db")), "{error:?}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, storage) = open(&Options::default());
    storage.write_blocking(|tx| note(tx, "secret")).expect("it is written");
    for file in ["shipway.db", "shipway.db-wal", "shipway.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(file)).expect("the file is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file}");
    }
}

#[test]
fn dropping_the_last_handle_drains_the_queue() {
    let (folder, storage) = open(&Options { queue: 10, ..Options::default() });
    let release = hold_writer(&storage);
    for number in 0..100 {
        storage.submit(Box::new(Unheard(number.to_string())));
    }
    drop(release);
    drop(storage);
    assert!(!folder.path().join("shipway.db-wal").exists(), "the log was folded into the file");
    let storage = Storage::open(folder.path()).expect("it opens");
    assert_eq!(notes(&storage).len(), 100);
}

#[tokio::test]
async fn a_write_whose_waiter_went_away_still_happens() {
    let (_folder, storage) = open(&Options::default());
    let release = hold_writer(&storage);
    drop(queued(storage.write(|tx| note(tx, "nobody waits"))));
    drop(release);
    storage.flush().await.expect("the queue drains");
    assert_eq!(notes(&storage), ["nobody waits"]);
}

#[tokio::test]
async fn writers_wait_for_room_in_a_full_queue() {
    let (_folder, storage) = open(&Options { queue: 1, ..Options::default() });
    let release = hold_writer(&storage);
    let first = queued(storage.write(|tx| note(tx, "first")));
    let second = queued(storage.write(|tx| note(tx, "second")));
    storage.submit(Box::new(Unheard("submitted, so it does not wait for room".to_owned())));
    drop(release);
    first.await.expect("it is written");
    second.await.expect("it is written once there is room");
    assert_eq!(notes(&storage), ["first", "submitted, so it does not wait for room", "second"]);
}

#[tokio::test]
async fn blocking_writes_do_not_panic_inside_a_runtime() {
    let (_folder, storage) = open(&Options::default());
    storage.write_blocking(|tx| note(tx, "from async code")).expect("it is written");
    assert_eq!(notes(&storage), ["from async code"]);
}

#[test]
fn one_read_sees_one_moment() {
    let (_folder, storage) = open(&Options::default());
    let count = |connection: &Connection| connection.query_row("SELECT COUNT(*) FROM note", [], |row| row.get(0));
    let (before, after): (i64, i64) = storage
        .read(|connection| {
            let before = count(connection)?;
            storage.write_blocking(|tx| note(tx, "meanwhile"))?;
            Ok((before, count(connection)?))
        })
        .expect("it reads");
    assert_eq!((before, after), (0, 0));
    assert_eq!(notes(&storage).len(), 1);
    let wrote = storage.read(|connection| Ok(connection.execute("DELETE FROM note", [])?));
    assert!(wrote.is_err(), "readers cannot write");
}

#[test]
fn two_handles_on_one_folder_see_each_others_writes() {
    let (folder, first) = open(&Options::default());
    let second = Storage::open(folder.path()).expect("it opens");
    second.migrate("notes", TABLE).expect("it is migrated already");
    for storage in [&first, &second, &first, &second] {
        storage.write_blocking(|tx| note(tx, "one")).expect("it is written");
    }
    assert_eq!(notes(&first).len(), 4);
    assert_eq!(notes(&second).len(), 4);
}

/// Writers and readers must notice what `harm` does to the files of a running process, and nothing may be kept.
#[cfg(unix)]
#[test]
fn a_database_that_vanishes_while_it_is_open_is_noticed() {
    use std::fs;
    use std::path::Path;
    let check = |harm: fn(&Path), mend: Option<fn(&Path)>| {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let folder = outer.path().join("data");
        let storage = Storage::open(&folder).expect("it opens");
        storage.migrate("notes", TABLE).expect("it migrates");
        storage.write_blocking(|tx| note(tx, "before")).expect("it is written");
        assert_eq!(notes(&storage), ["before"], "which leaves an idle reader behind");
        harm(&folder);
        let error = storage.write_blocking(|tx| note(tx, "lost")).expect_err("the file is gone");
        assert!(matches!(error, Error::Moved(_)), "{error:?}");
        assert_eq!((error.blame(), error.may_pass()), (crate::Blame::Operator, false));
        assert!(error.to_string().contains("shipway.db"), "{error}");
        let read = storage.read(|_| Ok(()));
        assert!(matches!(read, Err(Error::Moved(_))), "{read:?}");
        if let Some(mend) = mend {
            mend(&folder);
            storage.write_blocking(|tx| note(tx, "after")).expect("the very same file is back");
            assert_eq!(notes(&storage), ["before", "after"]);
        }
    };
    check(|folder| fs::remove_file(folder.join("shipway.db")).expect("it was there"), None);
    check(|folder| fs::remove_file(folder.join("shipway.db-wal")).expect("it was there"), None);
    check(|folder| fs::remove_dir_all(folder).expect("it was there"), None);
    check(
        |folder| {
            fs::copy(folder.join("shipway.db"), folder.join("copy")).expect("it is copied");
            fs::rename(folder.join("copy"), folder.join("shipway.db")).expect("it is replaced");
        },
        None,
    );
    check(
        |folder| fs::rename(folder, folder.with_extension("away")).expect("it moves"),
        Some(|folder| fs::rename(folder.with_extension("away"), folder).expect("it moves back")),
    );
}
