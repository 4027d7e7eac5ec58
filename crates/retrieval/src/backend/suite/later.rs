//! What came later and an older version: rights that were taken away, documents that went, and the number that tells two
//! contents of one version's number apart.

use super::super::{At, Backend, Commit, DocumentRow, Space, Version};
use super::model::seen;
use super::{Make, apply, document, groups, hash, ids, serving, space, vector_of};
use crate::Filter;
use std::collections::BTreeSet;
use std::sync::Arc;

const NAME: &str = "support/handbook";

fn of(id: &str, allowed: &[&str]) -> DocumentRow {
    let mut document = document(id, &["kettle"]);
    document.groups = Some(groups(allowed));
    document
}

fn at(backend: &dyn Backend, at: At) -> Arc<dyn Version> {
    backend.version(NAME, at).expect("it is kept")
}

/// What a caller of these groups finds and can open, and that counts, facets and words agree with it.
fn found(version: &Arc<dyn Version>, own: &[&str]) -> Vec<String> {
    let own = groups(own);
    let found: Vec<String> = seen(version, &own, &Filter::default()).into_keys().collect();
    let scope = super::model::scope(version, &own, &Filter::default());
    let terms = crate::words::terms("kettle");
    let counted = scope.statistics(&terms).expect("it can be counted");
    let all = found.len() as u64;
    assert_eq!((counted.documents, counted.passages, counted.words, counted.holding[0]), (all, all, all, all));
    for id in ["a", "b", "c", "d", "x"] {
        let read = version.document(id, &own).expect("it can be read");
        assert_eq!(read.is_some(), found.iter().any(|found| found == id), "{id}");
    }
    found
}

pub(crate) fn rights_taken_away_later_bind_an_older_version(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![of("a", &["sales"]), of("b", &["sales"]), of("c", &["sales", "legal"])], &[]);
    backend.pin(NAME, "b-1", Some(1)).expect("it is there");
    let pinned = || at(backend, At::Pinned(1));
    assert_eq!(found(&pinned(), &["sales"]), ["a", "b", "c"]);
    assert_eq!(found(&pinned(), &["legal"]), ["c"]);

    // Regrouped: who is not of both is not let in. A document that only says something else stays what it was.
    let mut reworded = of("b", &["sales"]);
    reworded.content_hash = "another".to_owned();
    let held = pinned();
    apply(backend, NAME, vec![of("a", &["legal"]), reworded, of("d", &["sales"])], &[]);
    let after_two = pinned();
    assert_ne!(held.edition(), after_two.edition(), "what was answered before is not answered again");
    assert_eq!(after_two.number(), 1);
    assert_eq!(found(&after_two, &["sales"]), ["b", "c"]);
    assert_eq!(found(&after_two, &["legal"]), ["c"], "the groups of then count as well");
    assert_eq!(found(&after_two, &["legal", "sales"]), ["a", "b", "c"]);
    assert_eq!(found(&at(backend, At::Number(1)), &["sales"]), ["a", "b", "c"], "as it was, for whoever keeps house");

    // Deleted at the source; and what is given back is found again.
    apply(backend, NAME, vec![of("a", &["sales"])], &["b"]);
    assert_eq!(found(&pinned(), &["sales"]), ["a", "c"]);
    assert_eq!(found(&at(backend, At::Pinned(3)), &["sales"]), ["a", "c", "d"]);

    // One that was regrouped and then deleted, one from before, one that came, in the hands of who rolls back.
    apply(backend, NAME, vec![of("c", &["legal"]), of("x", &["sales"])], &["a"]);
    backend.serve(NAME, 3).expect("it is kept");
    assert_eq!(found(&serving(backend, NAME), &["sales"]), ["a", "d"], "a deletion is taken back, a revocation is not");
    assert_eq!(found(&serving(backend, NAME), &["sales", "legal"]), ["a", "c", "d"]);
    assert_eq!(found(&pinned(), &["sales"]), ["a"], "what is served again is not gone");
    backend.serve(NAME, 4).expect("it is kept");
    assert_eq!(found(&serving(backend, NAME), &["sales"]), ["d", "x"]);
    assert_eq!(found(&pinned(), &["sales"]), [""; 0]);
    assert_eq!(found(&pinned(), &["sales", "legal"]), ["c"]);
}

pub(crate) fn the_last_word_on_rights_counts_though_the_document_is_gone(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle"]), document("b", &["kettle"])], &[]);
    apply(backend, NAME, vec![of("a", &[]), of("b", &[])], &[]);
    apply(backend, NAME, vec![document("b", &["kettle"])], &["a"]);
    // What is staged is no word yet.
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    super::stage(backend, NAME, number, vec![of("b", &[])], &[]);
    backend.abandon(NAME).expect("it can be abandoned");
    backend.serve(NAME, 1).expect("it is kept");
    assert_eq!(found(&serving(backend, NAME), &[]), ["b"]);
    assert_eq!(ids(&at(backend, At::Pinned(2))), [""; 0]);
}

pub(crate) fn an_edition_tells_two_contents_of_one_number_apart(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let edition = || {
        let version = serving(backend, NAME);
        assert_eq!(version.number(), 1);
        version.edition()
    };
    let first = || apply(backend, NAME, vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);
    first();
    let mut before = BTreeSet::from([edition()]);
    backend.confirm(NAME, Commit::default()).expect("it can be confirmed");
    assert_eq!(backend.erase(NAME, &groups(&["never there"])).expect("nothing to erase"), 0);
    assert!(before.contains(&edition()), "nothing has changed");

    backend.erase(NAME, &groups(&["b"])).expect("it can be erased");
    assert!(before.insert(edition()), "erased");
    let other = Space { embedder: "later-5".to_owned(), dimensions: 5 };
    backend.keep_vectors(&other, vec![(hash("kettle"), vector_of("kettle", 5))]).expect("they can be kept");
    backend.swap_space(NAME, &other).expect("every text has a vector");
    assert!(before.insert(edition()), "moved to another space");
    for _ in 0..2 {
        backend.drop_collection(NAME).expect("it can be dropped");
        first();
        assert!(before.insert(edition()), "dropped and filled anew");
    }
}
