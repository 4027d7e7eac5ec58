//! Labelled sets: what is read, what is refused, what rankings are worth, and a whole set measured.

use super::figures::Worth;
use super::{Figure, LabelledSet, measure};
use crate::collections::{Collections, Home};
use crate::document::Changes;
use crate::embedder::{Embedders, Lexical};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::Storage;
use tempfile::TempDir;

const CORPUS: &str = r#"{"id": "1", "title": "Lamps", "text": "A lamp has a shade.", "year": 2020}
{"id": "2", "title": "", "text": "A kettle boils.", "year": 2010, "acl": ["staff", "board"]}
{"id": "3", "title": "Nothing", "text": ""}
"#;
const QUERIES: &str = r#"{"id": "a", "text": "shade of a lamp", "filter": {"year": {"gte": 2015}}}
{"id": "b", "text": "what boils", "acl": "staff"}

{"id": "c", "text": "nobody judged this"}
"#;

fn folder(corpus: &str, queries: &str, judgements: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in [("corpus.jsonl", corpus), ("queries.jsonl", queries), ("qrels.tsv", judgements)] {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    folder
}

#[test]
fn a_set_is_read_with_its_fields_and_groups() {
    let folder = folder(CORPUS, QUERIES, "a\t1\t2\nb\t2\t1\nb\t1\t0\n");
    let set = LabelledSet::read(folder.path()).expect("it is fine");
    assert_eq!((set.documents.len(), set.questions.len(), set.unjudged), (3, 2, 1));
    assert_eq!(set.documents[0].metadata.keys().collect::<Vec<_>>(), ["year"]);
    assert_eq!(set.documents[1].groups.as_deref().map(<[String]>::len), Some(2));
    assert!(set.documents[0].groups.is_none() && set.documents[2].passages.is_empty());
    assert_eq!((set.questions[1].groups.as_slice(), set.questions[1].relevant.len()), (&["staff".to_owned()][..], 1));
    assert_eq!(set.questions[0].filter.fields(), ["year"]);
}

#[test]
fn what_is_wrong_is_named_by_file_and_line() {
    let check = |corpus: &str, queries: &str, judgements: &str, expected: &str| {
        let folder = folder(corpus, queries, judgements);
        let error = LabelledSet::read(folder.path()).expect_err("it is not fine").to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    };
    check(&format!("{CORPUS}{{"), QUERIES, "a\t1\t1", "corpus.jsonl:4: ");
    check("{\"id\": \"1\"}", QUERIES, "", "missing field `text`");
    check(&CORPUS.repeat(2), QUERIES, "", "corpus.jsonl:4: a second document has the id `1`");
    check(CORPUS, &QUERIES.repeat(2), "", "a second question has the id `a`");
    check(
        CORPUS,
        r#"{"id": "a", "text": "t", "filter": {"year": {"around": 1}}}"#,
        "",
        "queries.jsonl:1: the filter on `year`",
    );
    check(CORPUS, QUERIES, "a 1 1", "qrels.tsv:1: expected a query, a document and a relevance");
    check(CORPUS, QUERIES, "a\t1\tyes", "`yes` is no number");
    check(CORPUS, QUERIES, "a\t1\t1\na\t9\t1", "qrels.tsv:2: corpus.jsonl has no document `9`");
    check(CORPUS, QUERIES, "z\t1\t1", "queries.jsonl has no query `z`");
    check(CORPUS, QUERIES, "a\t1\t0", "qrels.tsv judges none of the questions");
    let missing = LabelledSet::read(std::path::Path::new("/nowhere")).expect_err("there is none").to_string();
    assert!(missing.contains("corpus.jsonl cannot be read"), "{missing}");
}

#[test]
fn rankings_are_worth_what_the_definitions_say() {
    let check = |ranked: &[&str], relevant: &[(&str, f64)], expected: [f64; 5]| {
        let relevant: BTreeMap<String, f64> = relevant.iter().map(|(id, gain)| ((*id).to_owned(), *gain)).collect();
        let mut worth = Worth::default();
        worth.add(ranked, &relevant);
        let figures = worth.figures();
        let all = [figures.ndcg_10, figures.recall_10, figures.recall_100, figures.mrr_10, figures.hit_10];
        for (figure, expected) in all.iter().zip(expected) {
            assert!((figure.mean - expected).abs() < 1e-9, "{ranked:?}: {all:?}");
        }
    };
    let filler: Vec<String> = (0..10).map(|at| format!("x{at}")).collect();
    let after_ten: Vec<&str> = filler.iter().map(String::as_str).chain(["a"]).collect();
    check(&["a"], &[("a", 1.0)], [1.0; 5]);
    check(&["x", "a"], &[("a", 1.0)], [1.0 / 3f64.log2(), 1.0, 1.0, 0.5, 1.0]);
    check(
        &["b", "a"],
        &[("a", 2.0), ("b", 1.0)],
        [(1.0 + 2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2()), 1.0, 1.0, 1.0, 1.0],
    );
    check(&["a", "a"], &[("a", 1.0), ("b", 1.0)], [1.0 / (1.0 + 1.0 / 3f64.log2()), 0.5, 0.5, 1.0, 1.0]);
    check(&after_ten, &[("a", 1.0)], [0.0, 0.0, 1.0, 0.0, 0.0]);
    check(&[], &[("a", 1.0)], [0.0; 5]);
}

proptest! {
    #[test]
    fn an_interval_holds_the_mean_and_is_always_the_same(values in prop::collection::vec(0.0f64..=1.0, 1..60)) {
        let figure = Figure::of(&values);
        prop_assert!(figure.low <= figure.mean + 1e-9 && figure.mean <= figure.high + 1e-9, "{:?}", figure);
        prop_assert_eq!(figure, Figure::of(&values));
    }
}

#[test]
fn a_whole_set_is_measured_and_nothing_forbidden_is_found() {
    let files = folder(CORPUS, QUERIES, "a\t1\t1\nb\t2\t1\n");
    let set = LabelledSet::read(files.path()).expect("it is fine");
    let home = tempfile::tempdir().expect("a temporary folder");
    let storage = Storage::open(home.path()).expect("it can be used");
    let embedders = Embedders::new(Arc::new(Lexical::with_dimensions(64)));
    let collections = Collections::open(Home::Embedded(&storage), 1, embedders).expect("it can be opened");
    let changes = Changes { upsert: set.documents.clone(), delete: Vec::new() };
    collections.apply("set", changes).expect("it can be applied");
    let measured = measure(&collections, "set", &set, None, &|_| ()).expect("it can be measured");
    assert_eq!((measured.questions, measured.violations), (2, 0));
    assert!([measured.bm25, measured.words_only, measured.fused].iter().all(|figures| figures.ndcg_10.mean == 1.0));
    assert_eq!(measured.either.mean, 1.0);
}
