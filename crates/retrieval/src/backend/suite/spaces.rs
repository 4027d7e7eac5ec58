//! Vectors by text and space, and the way from one space to another.

use super::super::{Commit, Space};
use super::model::Model;
use super::{Make, apply, apply_in, batch, document, groups, hash, ids, serving, space, stage, vector_of};
use crate::{Error, Filter};

const NAME: &str = "spaces";

fn other() -> Space {
    Space { embedder: "other-5".to_owned(), dimensions: 5 }
}

fn there(fresh: &super::Fresh, space: &Space, texts: &[&str]) -> Vec<bool> {
    let hashes: Vec<_> = texts.iter().map(|text| hash(text)).collect();
    let found = fresh.backend.vectors_of(space, &hashes).expect("they can be read");
    found.iter().map(Option::is_some).collect()
}

pub(crate) fn vectors_are_kept_by_text_and_space(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle", "lamp"]), document("b", &["lamp"])], &[]);
    let hashes = [hash("lamp"), hash("absent"), hash("kettle"), hash("lamp")];
    let found = backend.vectors_of(&space(), &hashes).expect("they can be read");
    let expected = ["lamp", "", "kettle", "lamp"].map(|text| (!text.is_empty()).then(|| vector_of(text, 8)));
    assert_eq!(found, expected, "to the bit, in the order of the hashes");
    assert_eq!(there(&fresh, &other(), &["lamp"]), [false]);
    assert!(backend.vectors_of(&space(), &[]).expect("nothing to read").is_empty());
    // What is there already need not be brought again, in this collection or another.
    let number = backend.open_change("second", &space()).expect("a change can be begun");
    let mut known = batch(&space(), vec![document("z", &["lamp"])], &[]);
    known.vectors.clear();
    backend.stage("second", number, known, Some(Commit::default())).expect("it can be committed");
    let seen = super::model::scope(&serving(backend, "second"), &[], &Filter::default());
    let hits = seen.by_vector(&vector_of("lamp", 8), 1).expect("it can be searched");
    assert!((hits[0].score - 1.0).abs() < 0.01, "{hits:?}");
}

pub(crate) fn a_vector_goes_with_its_last_text(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle"]), document("b", &["lamp"])], &[]);
    apply(backend, "second", vec![document("a", &["lamp"])], &[]);
    let number = backend.open_change(NAME, &space()).expect("a change can be begun");
    stage(backend, NAME, number, vec![document("c", &["shade", "lamp"])], &[]);
    assert_eq!(there(&fresh, &space(), &["shade"]), [true], "a resumed change finds them");
    backend.abandon(NAME).expect("it can be abandoned");
    assert_eq!(there(&fresh, &space(), &["shade", "lamp", "kettle"]), [false, true, true]);
    backend.erase(NAME, &groups(&["a"])).expect("it can be erased");
    assert_eq!(there(&fresh, &space(), &["kettle", "lamp"]), [false, true]);
    backend.drop_collection(NAME).expect("it can be dropped");
    assert_eq!(there(&fresh, &space(), &["lamp"]), [true], "the second collection has it");
    backend.drop_collection("second").expect("it can be dropped");
    assert_eq!(there(&fresh, &space(), &["lamp"]), [false]);
}

pub(crate) fn another_space_is_refused_until_it_is_swapped(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, NAME, vec![document("a", &["kettle", "old"])], &[]);
    apply(backend, NAME, vec![document("a", &["kettle", "lamp"]), document("b", &["lamp"])], &[]);
    apply(backend, "second", vec![document("a", &["kettle"])], &[]);
    let refused = backend.open_change(NAME, &other());
    assert!(matches!(refused, Err(Error::OtherSpace { .. })), "{refused:?}");

    let mut missing = backend.without_vector(NAME, &other(), 10).expect("they can be read");
    missing.sort_by(|(_, one), (_, next)| one.cmp(next));
    let expected: Vec<_> = ["kettle", "lamp", "old"].iter().map(|text| (hash(text), (*text).to_owned())).collect();
    assert_eq!(missing, expected, "those of every kept version, each once");
    assert_eq!(backend.without_vector(NAME, &other(), 2).expect("they can be read").len(), 2);
    assert!(backend.without_vector(NAME, &space(), 10).expect("they can be read").is_empty());
    let vectors = |texts: &[&str]| texts.iter().map(|text| (hash(text), vector_of(text, 5))).collect();
    backend.keep_vectors(&other(), vectors(&["kettle", "lamp"])).expect("they can be kept");
    let early = backend.swap_space(NAME, &other());
    assert!(matches!(early, Err(Error::VectorsMissing { missing: 1, .. })), "{early:?}");
    assert_eq!(serving(backend, NAME).space(), Some(&space()), "nothing has changed");
    backend.keep_vectors(&other(), vectors(&["old"])).expect("they can be kept");
    assert!(backend.without_vector(NAME, &other(), 10).expect("they can be read").is_empty());
    let before = serving(backend, NAME);
    backend.swap_space(NAME, &other()).expect("every text has a vector");

    assert_eq!((before.space(), ids(&before).len()), (Some(&space()), 2), "who reads goes on");
    for number in [1, 2] {
        let version = backend.version(NAME, super::At::Number(number)).expect("it is kept");
        assert_eq!(version.space(), Some(&other()));
        let documents = match number {
            1 => vec![document("a", &["kettle", "old"])],
            _ => vec![document("a", &["kettle", "lamp"]), document("b", &["lamp"])],
        };
        let scope = super::model::scope(&version, &[], &Filter::default());
        Model::new(&documents, 5, &[], &Filter::default()).check(scope.as_ref(), "lamp", &[], 10);
    }
    assert_eq!(backend.head(NAME).expect("it can be read").expect("it is there").space, other());
    assert_eq!(there(&fresh, &space(), &["kettle", "lamp", "old"]), [true, false, false], "the second has the kettle");
    assert!(matches!(backend.open_change(NAME, &space()), Err(Error::OtherSpace { .. })));
    apply_in(backend, NAME, &other(), vec![document("c", &["shade"])], &[]);
    assert_eq!(ids(&serving(backend, NAME)), ["a", "b", "c"]);
}
