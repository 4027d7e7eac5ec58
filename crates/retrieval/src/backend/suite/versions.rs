//! Changes, and which version is seen when.

use super::super::{At, Commit, VersionInfo};
use super::{KEPT, Make, apply, batch, document, groups, ids, serving, space, stage};
use crate::Error;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use usecase::Timestamp;

const NAME: &str = "support/handbook";

pub(crate) fn a_change_is_seen_when_it_is_committed_and_not_before(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    backend.health().expect("it is well");
    assert_eq!(backend.head(NAME).expect("it can be read"), None);
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    assert_eq!(number, 1);
    stage(backend, NAME, number, vec![document("a", &["kettle", "lamp"])], &[]);
    stage(backend, NAME, number, vec![document("b", &["shade"])], &[]);
    assert_eq!(ids(&serving(backend, NAME)), [""; 0], "nothing is committed");
    assert_eq!(backend.document_hashes(NAME).expect("it can be read"), BTreeMap::new());
    let last = batch(&space(), vec![document("c", &["kettle"])], &[]);
    backend.stage(NAME, number, last, Some(Commit::default())).expect("it can be committed");

    let first = serving(backend, NAME);
    assert_eq!((first.collection(), first.number(), first.space()), (NAME, 1, Some(&space())));
    assert_eq!(ids(&first), ["a", "b", "c"]);
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.newest, head.serving, head.documents, head.passages), (1, 1, 3, 4));
    assert_eq!(head.space, space());
    assert_eq!(backend.heads().expect("they can be read"), BTreeMap::from([(NAME.to_owned(), head)]));

    let number = apply(backend, NAME, vec![document("a", &["refund"])], &["b", "never there"]);
    assert_eq!(number, 2);
    assert_eq!(ids(&first), ["a", "b", "c"], "a version never changes");
    assert_eq!(ids(&serving(backend, NAME)), ["a", "c"]);
    let hashes: Vec<_> = backend.document_hashes(NAME).expect("it can be read").into_iter().collect();
    let expected =
        [("a", "hash of refund"), ("c", "hash of kettle")].map(|(id, hash)| (id.to_owned(), hash.to_owned()));
    assert_eq!(hashes, expected);
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.newest, head.serving, head.documents, head.passages), (2, 2, 2, 2));
    let old = backend.version(NAME, At::Number(1)).expect("it is kept");
    assert_eq!((old.number(), ids(&old)), (1, groups(&["a", "b", "c"])));
    for number in [0, 3, u64::MAX] {
        let refused = backend.version(NAME, At::Number(number)).err();
        assert!(matches!(refused, Some(Error::NoSuchVersion { .. })), "{number}: {refused:?}");
    }
}

pub(crate) fn a_change_that_was_left_open_is_continued_or_abandoned(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    backend.abandon(NAME).expect("nothing to abandon");
    assert_eq!(backend.staged(NAME).expect("it can be read"), BTreeMap::new());
    apply(backend, NAME, vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);

    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    stage(backend, NAME, number, vec![document("a", &["refund"]), document("c", &["shade"])], &["b"]);
    assert_eq!(backend.open_change(NAME, &space()).expect("it goes on"), number);
    let staged: Vec<_> = backend.staged(NAME).expect("it can be read").into_iter().collect();
    let expected = [("a", "hash of refund"), ("c", "hash of shade")].map(|(id, hash)| (id.to_owned(), hash.to_owned()));
    assert_eq!(staged, expected);
    backend.abandon(NAME).expect("it can be abandoned");
    assert_eq!(backend.staged(NAME).expect("it can be read"), BTreeMap::new());
    assert_eq!(ids(&serving(backend, NAME)), ["a", "b"]);

    assert_eq!(apply(backend, NAME, vec![document("d", &["kettle"])], &["a"]), 2);
    assert_eq!(ids(&serving(backend, NAME)), ["b", "d"], "nothing is left of what was abandoned");
    assert_eq!(ids(&backend.version(NAME, At::Number(1)).expect("it is kept")), ["a", "b"]);
    let late = backend.stage(NAME, 2, batch(&space(), vec![document("e", &["late"])], &[]), None);
    assert!(matches!(late, Err(Error::NotOpen { .. })), "{late:?}");
}

pub(crate) fn the_last_word_on_a_document_counts(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    stage(backend, NAME, number, vec![document("a", &["one"]), document("c", &["one", "two"])], &["b"]);
    stage(backend, NAME, number, vec![document("a", &["two", "three"]), document("b", &["back"])], &["c", "a"]);
    stage(backend, NAME, number, vec![document("d", &["here"])], &["d"]);
    stage(backend, NAME, number, vec![document("e", &["first"]), document("e", &["second"])], &[]);
    stage(backend, NAME, number, vec![], &["never there"]);
    backend.stage(NAME, number, batch(&space(), vec![], &[]), Some(Commit::default())).expect("it can be committed");
    let hashes = backend.document_hashes(NAME).expect("it can be read");
    let texts: Vec<(&str, &str)> = hashes.iter().map(|(id, hash)| (id.as_str(), hash.as_str())).collect();
    let expected = [("a", "hash of two\nthree"), ("b", "hash of back"), ("d", "hash of here"), ("e", "hash of second")];
    assert_eq!(texts, expected, "a document both deleted and put in one batch is put");
    let version = serving(backend, NAME);
    assert_eq!(ids(&version), ["a", "b", "d", "e"]);
    let read = version.document("a", &[]).expect("it can be read").expect("it is there");
    assert_eq!(read, document("a", &["two", "three"]));
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.documents, head.passages), (4, 5));
}

pub(crate) fn an_empty_collection_answers_with_nothing(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let nothing = |number: u64| {
        let version = serving(backend, NAME);
        assert_eq!((version.number(), version.space().is_some()), (number, number > 0));
        super::model::Model::new(&[], 8, &[], &crate::Filter::default()).check(
            super::model::scope(&version, &[], &crate::Filter::default()).as_ref(),
            "kettle lamp",
            &["product"],
            10,
        );
        assert_eq!(version.document("a", &[]).expect("it can be read"), None);
    };
    nothing(0);
    assert!(backend.versions(NAME).expect("they can be read").is_empty());
    assert!(backend.heads().expect("they can be read").is_empty());
    backend.drop_collection(NAME).expect("there is nothing to drop");
    assert_eq!(backend.erase(NAME, &groups(&["a"])).expect("nothing to erase"), 0);
    apply(backend, NAME, vec![], &["a"]);
    nothing(1);
    // A document without passages is there, and never found.
    apply(backend, NAME, vec![document("a", &[])], &[]);
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.documents, head.passages), (1, 0));
    assert!(serving(backend, NAME).document("a", &[]).expect("it can be read").is_some());
    apply(backend, NAME, vec![], &["a"]);
    nothing(3);
}

pub(crate) fn a_rollback_is_a_pointer_and_the_next_change_takes_back_what_came_after(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["good"]), document("b", &["good"]), document("c", &["good"])], &[]);
    apply(backend, NAME, vec![document("a", &["bad"]), document("x", &["bad"])], &["b"]);
    apply(backend, NAME, vec![document("x", &["worse"])], &["c"]);
    backend.serve(NAME, 1).expect("it is kept");
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.newest, head.serving, head.documents), (3, 1, 3));
    assert_eq!(ids(&serving(backend, NAME)), ["a", "b", "c"]);
    assert_eq!(backend.document_hashes(NAME).expect("it can be read")["a"], "hash of good");
    assert!(matches!(backend.serve(NAME, 4), Err(Error::NoSuchVersion { .. })));
    assert!(matches!(backend.serve(NAME, 0), Err(Error::NoSuchVersion { .. })));

    assert_eq!(apply(backend, NAME, vec![document("d", &["new"])], &["c"]), 4);
    let version = serving(backend, NAME);
    assert_eq!((version.number(), ids(&version)), (4, groups(&["a", "b", "d"])));
    let read = version.document("a", &[]).expect("it can be read").expect("it is there");
    assert_eq!(read, document("a", &["good"]));
    assert_eq!(version.document("x", &[]).expect("it can be read"), None);
    let bad = backend.version(NAME, At::Number(3)).expect("it is kept");
    assert_eq!(ids(&bad), ["a", "x"], "what was taken back can still be looked at");
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.newest, head.serving, head.documents, head.passages), (4, 4, 3, 3));

    // Begun after a rollback, and abandoned: nothing of it is left.
    backend.serve(NAME, 3).expect("it is kept");
    backend.open_change(NAME, &space()).expect("a change can be begun");
    backend.abandon(NAME).expect("it can be abandoned");
    backend.serve(NAME, 4).expect("it is kept");
    assert_eq!(apply(backend, NAME, vec![], &["d"]), 5);
    assert_eq!(ids(&serving(backend, NAME)), ["a", "b"]);
}

pub(crate) fn a_change_is_given_up_when_another_version_is_served_meanwhile(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["one"])], &[]);
    apply(backend, NAME, vec![document("b", &["two"])], &[]);
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    stage(backend, NAME, number, vec![document("c", &["three"])], &[]);
    backend.serve(NAME, 1).expect("it is kept");
    let late = backend.stage(NAME, number, batch(&space(), vec![], &[]), Some(Commit::default()));
    assert!(matches!(late, Err(Error::NotOpen { .. })), "{late:?}");
    assert_eq!(ids(&serving(backend, NAME)), ["a"]);
}

pub(crate) fn versions_are_kept_as_declared_and_pinned(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let kept = || -> Vec<u64> {
        backend.versions(NAME).expect("they can be read").iter().map(|version| version.number).collect()
    };
    apply(backend, NAME, vec![document("a", &["text 1"]), document("same", &["same"])], &[]);
    backend.pin(NAME, "bundle-1", Some(1)).expect("it is there");
    backend.pin(NAME, "bundle-2", Some(1)).expect("it is there");
    assert!(matches!(backend.pin(NAME, "bundle-3", Some(9)), Err(Error::NoSuchVersion { .. })));
    for number in 2..=6 {
        apply(backend, NAME, vec![document("a", &[&format!("text {number}")])], &[]);
    }
    assert_eq!(kept(), [6, 5, 4, 1]);
    assert_eq!(kept().len(), KEPT + 1);
    let pinned: Vec<VersionInfo> = backend.versions(NAME).expect("they can be read");
    assert_eq!(pinned[3].pinned_by, ["bundle-1", "bundle-2"]);
    assert_eq!((pinned[3].documents, pinned[0].pinned_by.len()), (2, 0));
    assert!(pinned.is_sorted_by(|one, next| one.committed >= next.committed));
    assert!(matches!(backend.version(NAME, At::Number(3)).err(), Some(Error::NoSuchVersion { .. })));
    for number in [1, 4, 5, 6] {
        let version = backend.version(NAME, At::Number(number)).expect("it is kept");
        let read = version.document("a", &[]).expect("it can be read").expect("it is there");
        assert_eq!(read.text, format!("text {number}"));
        assert_eq!(ids(&version), ["a", "same"]);
    }
    backend.pin(NAME, "bundle-1", Some(4)).expect("a holder holds one");
    backend.pin(NAME, "bundle-2", None).expect("it can let go");
    apply(backend, NAME, vec![document("a", &["text 7"])], &[]);
    assert_eq!(kept(), [7, 6, 5, 4]);
    let gone = [super::hash("text 1"), super::hash("text 4"), super::hash("same")];
    let there: Vec<bool> =
        backend.vectors_of(&space(), &gone).expect("they can be read").iter().map(Option::is_some).collect();
    assert_eq!(there, [false, true, true], "vectors go with the last version that has their text");

    // What is served is kept however old it is.
    backend.serve(NAME, 5).expect("it is kept");
    backend.pin(NAME, "bundle-1", None).expect("it can let go");
    assert_eq!(ids(&serving(backend, NAME)), ["a", "same"]);
}

pub(crate) fn a_cursor_and_the_clock_of_rights_are_kept_with_the_version(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let head = || {
        let head = backend.head(NAME).expect("it can be read").expect("it is there");
        (head.newest, head.cursor, head.rights_as_of)
    };
    let commit = |cursor: Option<i64>, rights: Option<i64>| Commit {
        cursor: cursor.map(|offset| json!({"offsets": {"0": offset}, "last": null})),
        rights_as_of: rights.map(Timestamp),
    };
    let run = |commit: Commit| {
        let number = backend.open_change(NAME, &space()).expect("a change can be begun");
        backend.stage(NAME, number, batch(&space(), vec![], &[]), Some(commit)).expect("it can be committed");
    };
    run(commit(None, None));
    assert_eq!(head(), (1, None, None));
    run(commit(Some(7), Some(1_000)));
    assert_eq!(head(), (2, commit(Some(7), None).cursor, Some(Timestamp(1_000))));
    run(commit(None, None));
    assert_eq!(head(), (3, commit(Some(7), None).cursor, Some(Timestamp(1_000))), "nothing said, nothing changed");
    backend.confirm(NAME, commit(None, Some(2_000))).expect("it can be confirmed");
    assert_eq!(head(), (3, commit(Some(7), None).cursor, Some(Timestamp(2_000))));
    backend.confirm(NAME, commit(Some(9), None)).expect("it can be confirmed");
    assert_eq!(head(), (3, commit(Some(9), None).cursor, Some(Timestamp(2_000))));
}

pub(crate) fn erased_documents_are_gone_from_every_version(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let secret = "Ms Miller's address";
    apply(backend, NAME, vec![document("a", &[secret]), document("b", &["kettle"])], &[]);
    apply(backend, NAME, vec![document("a", &["moved"])], &[]);
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    stage(backend, NAME, number, vec![document("a", &["moved again"])], &[]);
    apply(backend, "other", vec![document("a", &["another one"])], &[]);
    assert_eq!(ids(&serving(backend, NAME)), ["a", "b"]);
    assert_eq!(backend.erase(NAME, &groups(&["a", "never there"])).expect("it can be erased"), 3);
    for number in [1, 2] {
        let version = backend.version(NAME, At::Number(number)).expect("it is kept");
        assert_eq!(ids(&version), ["b"], "{number}");
        assert_eq!(version.document("a", &[]).expect("it can be read"), None);
    }
    assert_eq!(backend.vectors_of(&space(), &[super::hash(secret)]).expect("they can be read"), [None]);
    let head = backend.head(NAME).expect("it can be read").expect("it is there");
    assert_eq!((head.documents, head.passages), (1, 1));
    assert_eq!(backend.staged(NAME).expect("it can be read"), BTreeMap::new());
    stage(backend, NAME, number, vec![document("c", &["lamp"])], &[]);
    backend.stage(NAME, number, batch(&space(), vec![], &[]), Some(Commit::default())).expect("it can be committed");
    assert_eq!(ids(&serving(backend, NAME)), ["b", "c"]);
    assert_eq!(ids(&serving(backend, "other")), ["a"]);
}

pub(crate) fn a_dropped_collection_begins_anew(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle"])], &[]);
    apply(backend, "other", vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);
    backend.pin(NAME, "bundle", Some(1)).expect("it is there");
    assert_eq!(ids(&serving(backend, NAME)), ["a"]);
    backend.drop_collection(NAME).expect("it can be dropped");
    assert_eq!(backend.head(NAME).expect("it can be read"), None);
    assert_eq!(serving(backend, NAME).number(), 0);
    assert!(backend.versions(NAME).expect("they can be read").is_empty());
    assert!(backend.vectors_of(&space(), &[super::hash("kettle")]).expect("they can be read")[0].is_some());
    assert_eq!(apply(backend, NAME, vec![document("z", &["shade"])], &[]), 1);
    assert_eq!(ids(&serving(backend, NAME)), ["z"]);
    assert!(backend.versions(NAME).expect("they can be read")[0].pinned_by.is_empty());
    assert_eq!(ids(&serving(backend, "other")), ["a", "b"]);
}

/// In each version every document says which version it is of: a reader who finds two numbers saw half of a change.
pub(crate) fn readers_see_whole_versions_during_changes(make: Make<'_>) {
    const DOCUMENTS: usize = 12;
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let all = |number: usize| -> Vec<_> {
        (0..DOCUMENTS).map(|index| document(&format!("{index:02}"), &[&format!("edition{number}")])).collect()
    };
    apply(backend, NAME, all(1), &[]);
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let version = serving(backend, NAME);
                    assert!(version.number() >= last, "a reader never goes back");
                    last = version.number();
                    let term = format!("edition{last}");
                    let scope = super::model::scope(&version, &[], &crate::Filter::default());
                    let found = scope.statistics(&[term]).expect("it can be counted");
                    assert_eq!((found.documents, found.holding), (DOCUMENTS as u64, vec![DOCUMENTS as u64]));
                    drop(Arc::clone(&version));
                }
            });
        }
        for number in 2..=12 {
            let (first, second) = (all(number), all(number));
            let open = backend.open_change(NAME, &space()).expect("a change can be begun");
            stage(backend, NAME, open, first[..5].to_vec(), &[]);
            let rest = batch(&space(), second[5..].to_vec(), &[]);
            backend.stage(NAME, open, rest, Some(Commit::default())).expect("it can be committed");
            assert_eq!(serving(backend, NAME).number(), number as u64, "who commits sees it at once");
        }
        done.store(true, Ordering::Relaxed);
    });
}
