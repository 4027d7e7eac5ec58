//! The two legs against the formula and an exact search, and passages as they are read.

use super::super::{Commit, PassageKey, WordQuery};
use super::model::{Model, names, scope};
use super::{Make, apply, batch, document, groups, serving, vector_of, with_places};
use crate::Filter;
use crate::backend::Space;
use crate::document::Place;
use std::collections::BTreeSet;

pub(crate) fn words_are_scored_by_the_formula(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let mut hidden = document("d", &["kettle lamp"]);
    hidden.groups = Some(groups(&["sales"]));
    let documents = vec![
        document("a", &["kettle kettle broken"]),
        document("b", &["kettle"]),
        document("c", &["lamp shade"]),
        hidden,
    ];
    apply(backend, "words", documents, &[]);
    let version = serving(backend, "words");
    let seen = scope(&version, &[], &Filter::default());
    let statistics = seen.statistics(&groups(&["kettl", "absent"])).expect("it can be counted");
    assert_eq!((statistics.passages, statistics.words, statistics.holding), (3, 6, vec![2, 0]));
    // Three passages of 2 words on average; two hold the term: ln(1 + 1.5 / 2.5) = 0.470004, times 2 / 3.65 and 1 / 1.75.
    let query = |terms: &[(&str, f32)]| WordQuery {
        terms: terms.iter().map(|(term, weight)| ((*term).to_owned(), *weight)).collect(),
        average_length: 2.0,
        k1: 1.2,
        b: 0.75,
    };
    let check = |terms: &[(&str, f32)], expected: &[(&str, f32)]| {
        let hits = seen.by_words(&query(terms), 10).expect("it can be searched");
        let found = names(seen.as_ref(), &hits);
        assert_eq!(hits.len(), expected.len(), "{terms:?}");
        for ((hit, (name, _)), (document, score)) in hits.iter().zip(&found).zip(expected) {
            assert!(
                name == document && (hit.score - score).abs() < 1e-5,
                "{terms:?}: {name} {hit:?}, not {expected:?}"
            );
        }
    };
    check(&[("kettl", 0.470_004)], &[("b", 0.268_574), ("a", 0.257_536)]);
    check(&[("kettl", 0.470_004), ("absent", 9.0)], &[("b", 0.268_574), ("a", 0.257_536)]);
    check(&[("kettl", 1.0), ("broken", 1.0)], &[("a", 0.925_304), ("b", 0.571_429)]);
    check(&[("absent", 1.0)], &[]);
    check(&[], &[]);
}

pub(crate) fn ties_fall_by_document_and_ordinal(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    // Written in several changes and not in order, so that no order of storage helps.
    let twice: &[&str] = &["lamp", "lamp"];
    apply(backend, "ties", vec![document("b", twice), document("é", &["lamp"]), document("Z", &["lamp"])], &[]);
    apply(backend, "ties", vec![document("a", twice), document("10", &["lamp"])], &[]);
    apply(backend, "ties", vec![document("9", &["lamp"]), document("ab", &["lamp"])], &[]);
    let expected = [("10", 0), ("9", 0), ("Z", 0), ("a", 0), ("a", 1), ("ab", 0), ("b", 0), ("b", 1), ("é", 0)];
    let version = serving(backend, "ties");
    let seen = scope(&version, &[], &Filter::default());
    let query = WordQuery { terms: vec![("lamp".to_owned(), 1.0)], average_length: 1.0, k1: 1.2, b: 0.75 };
    for most in [1, 4, 8, 20] {
        let words = seen.by_words(&query, most).expect("it can be searched");
        let near = seen.by_vector(&vector_of("something", 8), most).expect("it can be searched");
        for hits in [words, near] {
            let found = names(seen.as_ref(), &hits);
            let found: Vec<(&str, u32)> = found.iter().map(|(id, ordinal)| (id.as_str(), *ordinal)).collect();
            assert_eq!(found, expected[..most.min(expected.len())], "in order of code points");
        }
    }
}

/// Recall over collections, filters and sizes that are served in different ways.
pub(crate) fn the_nearest_are_found_as_by_an_exact_search(make: Make<'_>) {
    const DOCUMENTS: usize = 1_500;
    const QUESTIONS: usize = 20;
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let space = Space { embedder: "suite-24".to_owned(), dimensions: 24 };
    let number = backend.open_change("near", &space).expect("a change can be begun");
    let documents: Vec<_> = (0..DOCUMENTS)
        .map(|index| {
            let mut document = document(&format!("{index:04}"), &[&format!("number {index}")]);
            document.metadata.insert("share".to_owned(), (index % 100).into());
            document.groups = (index % 33 == 0).then(|| groups(&["few"]));
            document
        })
        .collect();
    for part in documents.chunks(500) {
        backend.stage("near", number, batch(&space, part.to_vec(), &[]), None).expect("it can be staged");
    }
    let last = batch(&space, vec![], &[]);
    backend.stage("near", number, last, Some(Commit::default())).expect("it can be committed");
    let version = serving(backend, "near");
    for below in [100.0, 50.0, 10.0, 1.0] {
        let to = std::ops::Bound::Excluded(crate::Scalar::Number(below));
        let range = crate::Condition::Range { from: std::ops::Bound::Unbounded, to };
        let filter = Filter::default().and("share", range);
        for own in [&[][..], &groups(&["few"])] {
            let seen = scope(&version, own, &filter);
            let model = Model::new(&documents, space.dimensions, own, &filter);
            let (mut found, mut wanted) = (0, 0);
            for question in 0..QUESTIONS {
                let asked = vector_of(&format!("question {question}"), space.dimensions);
                let exact: BTreeSet<_> = model.nearest(&asked, 10).into_iter().collect();
                let hits = seen.by_vector(&asked, 10).expect("it can be searched");
                assert_eq!(hits.len(), exact.len());
                wanted += exact.len();
                found += names(seen.as_ref(), &hits).iter().filter(|name| exact.contains(*name)).count();
            }
            assert!(found * 100 >= wanted * 99, "{found} of {wanted} below {below} for {own:?}");
        }
    }
}

pub(crate) fn passages_open_with_what_stands_around_them(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let text = "Ünïts 😀\nname | price\nkettle | 5\nlamp | 7\nend";
    let around = Place { section: Some((0, 40)), header: Some((8, 20)), ..Place::new(3, 21, 31) };
    let mut whole =
        with_places("a", "Prices", text, vec![Place::new(1, 0, 7), Place { heading: "All".into(), ..around }]);
    whole.url = Some("https://example.com".to_owned());
    whole.metadata.insert("year".to_owned(), 2024.into());
    apply(backend, "open", vec![whole, document("b", &["other words"])], &[]);
    let version = serving(backend, "open");
    let seen = scope(&version, &[], &Filter::default());
    let query = WordQuery { terms: vec![("kettl".to_owned(), 1.0)], average_length: 3.0, k1: 1.2, b: 0.75 };
    let hits = seen.by_words(&query, 10).expect("it can be searched");
    let keys: Vec<PassageKey> = hits.iter().map(|hit| hit.passage).collect();
    for (within, section) in
        [(None, None), (Some(39), None), (Some(40), Some("Ünïts 😀\nname | price\nkettle | 5\nlamp | 7"))]
    {
        let opened = seen.open(&keys, within).expect("it can be read");
        assert_eq!(opened.len(), 1);
        let found = &opened[0];
        assert_eq!((found.document.as_str(), found.title.as_str(), found.place.ordinal), ("a", "Prices", 3));
        assert_eq!((found.text.as_str(), found.header.as_str()), ("kettle | 5", "name | price"));
        assert_eq!((found.section.as_deref(), found.place.heading.as_str()), (section, "All"));
        assert_eq!((found.url.as_deref(), &found.metadata["year"]), (Some("https://example.com"), &2024.into()));
        assert_eq!((found.place.start, found.place.end, found.place.section), (21, 31, Some((0, 40))));
    }
    let all = seen.by_vector(&vector_of("x", 8), 10).expect("it can be searched");
    let mut keys: Vec<PassageKey> = all.iter().map(|hit| hit.passage).collect();
    let forward = seen.open(&keys, None).expect("they can be read");
    keys.reverse();
    let mut backward = seen.open(&keys, None).expect("they can be read");
    backward.reverse();
    assert_eq!(forward, backward, "in the order that was asked for");
    assert!(seen.open(&[], None).expect("nothing to read").is_empty());
}

pub(crate) fn a_question_that_fits_nothing_is_no_error(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    apply(backend, "odd", vec![document("a", &["kettle", "the", "", "kettle lamp"])], &[]);
    let version = serving(backend, "odd");
    let seen = scope(&version, &[], &Filter::default());
    assert!(seen.by_vector(&[0.0; 8], 10).expect("it can be searched").is_empty(), "near to nothing");
    assert!(seen.by_vector(&vector_of("x", 8), 0).expect("it can be searched").is_empty());
    assert_eq!(seen.by_vector(&vector_of("x", 8), usize::MAX).expect("it can be searched").len(), 4);
    let query = WordQuery { terms: vec![("kettl".to_owned(), 1.0)], average_length: 1.0, k1: 1.2, b: 0.75 };
    assert!(seen.by_words(&query, 0).expect("it can be searched").is_empty());
    assert_eq!(seen.by_words(&query, usize::MAX).expect("it can be searched").len(), 2);
    let odd = groups(&["", "it's", "kettl'; --", "x".repeat(10_000).as_str()]);
    assert_eq!(seen.statistics(&odd).expect("it can be counted").holding, [0; 4]);
    assert_eq!(seen.facets(&[], 5).expect("nothing to count"), []);
    let nobody = scope(&version, &[], &Filter::Any(Vec::new()));
    assert_eq!(nobody.statistics(&groups(&["kettl"])).expect("it can be counted").holding, [0]);
    assert!(nobody.by_words(&query, 10).expect("it can be searched").is_empty());
    assert!(nobody.by_vector(&vector_of("x", 8), 10).expect("it can be searched").is_empty());
}
