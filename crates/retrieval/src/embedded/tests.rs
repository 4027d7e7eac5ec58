//! The embedded home: what every home must do, and what only this one has: a process that dies, a full disk, segments that
//! are merged, and files that are lost or damaged.

use super::{Embedded, store, tidy};
use crate::Error;
use crate::backend::suite::{
    Fresh, KEPT, apply, backend_suite, batch, check_all, document, groups, ids, serving, space,
};
use crate::backend::{At, Backend, Commit, DocumentRow};
use std::path::PathBuf;
use storage::Storage;
use tempfile::TempDir;

fn fresh() -> Fresh {
    let place = Place::new();
    Fresh { backend: Box::new(place.open()), _keep: Box::new(place) }
}

backend_suite!(fresh);

const NAME: &str = "support/handbook";

/// A data folder.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Another process on the same folder.
    fn open(&self) -> Embedded {
        let storage = Storage::open(self.folder.path()).expect("the folder can be used");
        Embedded::open(&storage, KEPT).expect("the tables can be made")
    }

    /// The segment files.
    fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.path().join("collections")).into_iter().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.sort();
        files
    }
}

fn many(count: usize) -> Vec<DocumentRow> {
    (0..count).map(|index| document(&format!("{index:04}"), &[&format!("kettle number {index}"), "lamp"])).collect()
}

/// How many segments the served version has, and how many of them came from files.
fn parts(home: &Embedded) -> (usize, usize) {
    serving(home, NAME);
    let current = home.inner.living(NAME).current().expect("it is loaded");
    (current.parts.len(), current.parts.iter().filter(|part| part.indexed.file().is_some()).count())
}

#[test]
fn a_process_that_dies_leaves_the_last_version_and_what_it_staged() {
    let place = Place::new();
    let first = place.open();
    apply(&first, NAME, vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);
    let number = first.open_change(NAME, &space()).expect("a change can be begun");
    for part in 0..3 {
        let upsert = vec![document(&format!("new {part}"), &["shade"]), document("a", &[&format!("changed {part}")])];
        first.stage(NAME, number, batch(&space(), upsert, &["b"]), None).expect("it can be staged");
    }
    drop(first);

    let second = place.open();
    assert_eq!(ids(&serving(&second, NAME)), ["a", "b"]);
    let read = serving(&second, NAME).document("a", &[]).expect("it can be read").expect("it is there");
    assert_eq!(read.text, "kettle");
    assert_eq!(second.staged(NAME).expect("it can be read").len(), 4);
    assert_eq!(second.open_change(NAME, &space()).expect("it goes on"), number);
    let last = batch(&space(), vec![document("new 3", &["shade"])], &[]);
    second.stage(NAME, number, last, Some(Commit::default())).expect("it can be committed");
    assert_eq!(ids(&serving(&second, NAME)), ["a", "new 0", "new 1", "new 2", "new 3"]);
}

#[test]
fn a_full_disk_leaves_the_last_version() {
    let place = Place::new();
    let home = place.open();
    apply(&home, NAME, vec![document("a", &["kettle"])], &[]);
    let number = home.open_change(NAME, &space()).expect("a change can be begun");
    home.inner.storage.limit_bytes(Some(1)).expect("the limit can be set");
    let much = "kettle ".repeat(200_000);
    let commit = || Some(Commit::default());
    let full = home.stage(NAME, number, batch(&space(), vec![document("b", &[&much])], &["a"]), commit());
    assert!(matches!(full, Err(Error::Storage(storage::Error::Full))), "{full:?}");
    assert_eq!((ids(&serving(&home, NAME)), serving(&home, NAME).number()), (groups(&["a"]), 1));
    home.inner.storage.limit_bytes(None).expect("the limit can be lifted");
    home.stage(NAME, number, batch(&space(), vec![document("b", &[&much])], &["a"]), commit()).expect("there is room");
    assert_eq!(ids(&serving(&home, NAME)), ["b"]);
}

#[test]
fn what_another_process_changes_is_seen_by_the_next_question() {
    let place = Place::new();
    let (server, ingest) = (place.open(), place.open());
    assert_eq!(serving(&server, NAME).number(), 0);
    apply(&ingest, NAME, vec![document("a", &["kettle"]), document("b", &["kettle"])], &[]);
    assert_eq!(ids(&serving(&server, NAME)), ["a", "b"]);
    // More versions than are kept go by without a look.
    for turn in 0..2 * KEPT {
        apply(&ingest, NAME, vec![document("c", &[&format!("turn {turn}")])], &[["a", "b"][turn % 2]]);
    }
    assert_eq!(ids(&serving(&server, NAME)), ["c"]);
    ingest.erase(NAME, &groups(&["c"])).expect("it can be erased");
    assert_eq!(ids(&serving(&server, NAME)), [""; 0]);
    ingest.drop_collection(NAME).expect("it can be dropped");
    assert_eq!(serving(&server, NAME).number(), 0);
    apply(&ingest, NAME, vec![document("d", &["kettle"])], &[]);
    assert_eq!(ids(&serving(&server, NAME)), ["d"]);
}

#[test]
fn merged_segments_answer_as_before() {
    let place = Place::new();
    let home = place.open();
    let mut all = many(60);
    apply(&home, NAME, all.clone(), &[]);
    serving(&home, NAME);
    for turn in 0..30 {
        let changed = document(&format!("{:04}", turn * 7 % 70), &[&format!("shade {turn}"), "kettle"]);
        apply(&home, NAME, vec![changed.clone()], &[]);
        all.retain(|document| document.id != changed.id);
        all.push(changed);
        check_all(&home, NAME, &all);
    }
    let before = serving(&home, NAME);
    tidy::tidy(&home.inner, NAME).expect("it can be tidied");
    let (count, _) = parts(&home);
    assert!(count <= 8, "{count} segments");
    check_all(&home, NAME, &all);
    assert_eq!(ids(&before), ids(&serving(&home, NAME)), "who reads goes on");
    let old = home.version(NAME, At::Number(before.number() - 1)).expect("it is kept");
    assert_eq!(ids(&old).len(), ids(&before).len());
}

#[test]
fn segments_are_read_back_from_files_or_made_again() {
    let place = Place::new();
    let mut all = many(600);
    let tidied = |home: &Embedded| tidy::tidy(&home.inner, NAME).expect("it can be tidied");
    {
        let home = place.open();
        apply(&home, NAME, all.clone(), &[]);
        assert_eq!(parts(&home).0, 1);
        tidied(&home);
        assert_eq!((parts(&home), place.files().len()), ((1, 1), 1));
        // What came after the file was written is indexed at the start.
        apply(&home, NAME, vec![document("later", &["shade"])], &["0001"]);
        all.retain(|document| document.id != "0001");
        all.push(document("later", &["shade"]));
    }
    let home = place.open();
    assert_eq!(parts(&home), (2, 1));
    check_all(&home, NAME, &all);
    drop(home);

    let file = place.files().remove(0);
    let whole = std::fs::read(&file).expect("it can be read");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let longer = [whole.as_slice(), b"more"].concat();
    for damaged in [Vec::new(), whole[..whole.len() / 2].to_vec(), flipped, longer, b"SHIPSEG1".to_vec()] {
        std::fs::write(&file, &damaged).expect("it can be written");
        let home = place.open();
        assert_eq!(parts(&home).0, 1, "{} bytes", damaged.len());
        check_all(&home, NAME, &all);
    }
    let home = place.open();
    parts(&home);
    tidied(&home);
    assert_eq!(place.files().len(), 1, "it is written again");
    home.erase(NAME, &groups(&["0002"])).expect("it can be erased");
    all.retain(|document| document.id != "0002");
    check_all(&home, NAME, &all);
    tidied(&home);
    assert_eq!((parts(&home), place.files().len()), ((1, 1), 1));
    assert_eq!(home.inner.living(NAME).current().expect("it is loaded").parts[0].dead(), 0, "nothing erased is kept");
    home.drop_collection(NAME).expect("it can be dropped");
    assert!(place.files().is_empty());
}

#[test]
fn a_folder_of_before_there_were_versions_opens_empty() {
    let place = Place::new();
    let storage = Storage::open(place.folder.path()).expect("the folder can be used");
    storage.migrate("retrieval", &store::MIGRATIONS[..1]).expect("the old tables can be made");
    let home = Embedded::open(&storage, KEPT).expect("the tables can be made");
    assert!(home.heads().expect("they can be read").is_empty());
    apply(&home, NAME, vec![document("a", &["kettle"])], &[]);
    assert_eq!(ids(&serving(&home, NAME)), ["a"]);
}
