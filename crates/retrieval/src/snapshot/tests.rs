//! The search against the rules it must keep: BM25 by hand, filters as data, and for any documents, rights and
//! questions, what a plain reading of the rules gives.

use super::bm25::{Dictionary, QuestionTerms, Statistics, WordIndex};
use super::filter::Rights;
use super::{Condition, Filter, Permitted, Query, Scalar, Snapshot, Space, search_across};
use crate::store::{StoredDocument, StoredPassage};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::ops::Bound;

const SPACE: Space = Space { dimensions: 3, words_weight: 0.2 };

fn snapshot(documents: &[StoredDocument]) -> Snapshot {
    let mut present: Vec<String> = documents.iter().map(|document| document.id.clone()).collect();
    present.sort();
    Snapshot::build("handbook", 1, SPACE, None, documents.iter().map(copy).collect(), &present)
}

fn copy(document: &StoredDocument) -> StoredDocument {
    let passages = document.passages.iter().map(|passage| StoredPassage { vector: passage.vector.clone(), ..*passage });
    StoredDocument {
        id: document.id.clone(),
        title: document.title.clone(),
        url: document.url.clone(),
        text: document.text.clone(),
        metadata: document.metadata.clone(),
        groups: document.groups.clone(),
        passages: passages.collect(),
    }
}

/// A document of one passage.
fn document(id: &str, text: &str, vector: Option<[f32; 3]>) -> StoredDocument {
    let vector = vector.map(|vector| vector.to_vec());
    StoredDocument {
        id: id.to_owned(),
        title: String::new(),
        url: None,
        text: text.to_owned(),
        metadata: Map::new(),
        groups: None,
        passages: vec![StoredPassage { ordinal: 0, start: 0, end: text.chars().count(), vector }],
    }
}

fn found(snapshot: &Snapshot, text: &str, vector: &[f32]) -> Vec<String> {
    let query = Query { text, vector, top: 10, groups: &[], filter: &Filter::default() };
    snapshot.search(&query).into_iter().map(|passage| passage.source.document).collect()
}

#[test]
fn bm25_is_what_the_formula_gives_by_hand() {
    let mut dictionary = Dictionary::default();
    let texts = ["kettle kettle broken", "kettle", "lamp shade"];
    let counted: Vec<_> = texts.iter().map(|text| dictionary.count(text)).collect();
    let mut index = WordIndex::new(dictionary);
    counted.iter().for_each(|(terms, length)| index.push(terms, *length));
    let check = |question: &str, rows: &[u32], expected: [f32; 3]| {
        let permitted = Permitted::new(&rows.iter().copied().collect(), 3);
        let terms = QuestionTerms::of(question);
        let mut statistics = Statistics::none(&terms);
        index.add_to(&mut statistics, &terms, &permitted);
        for (score, expected) in index.scores(&terms, &statistics, &permitted).iter().zip(expected) {
            assert!((score - expected).abs() < 1e-5, "{question}: {score} instead of {expected}");
        }
    };
    // Three passages of 2 words on average; two hold the term: ln(1 + 1.5 / 2.5) = 0.470004, times 2 / 3.65 and 1 / 1.75.
    check("kettle", &[0, 1, 2], [0.257_536, 0.268_574, 0.0]);
    // Named twice, it counts twice.
    check("kettle, kettles", &[0, 1, 2], [0.515_073, 0.537_147, 0.0]);
    // Only two may be seen: an average of 1.5, and one of the two holds it: ln(2) times 1 / (1 + 1.2 · (0.25 + 0.5)).
    check("kettle", &[1, 2], [0.0, 0.364_814, 0.0]);
    check("the", &[0, 1, 2], [0.0; 3]);
    check("kettle", &[], [0.0; 3]);
}

#[test]
fn both_legs_find_and_ties_fall_by_document() {
    let near = Some([1.0, 0.0, 0.0]);
    let far = Some([0.0, 1.0, 0.0]);
    let snapshot = snapshot(&[document("b", "lamp", near), document("a", "lamp", near), document("c", "kettle", far)]);
    assert_eq!(found(&snapshot, "lamp", &[1.0, 0.0, 0.0]), ["a", "b", "c"]);
    assert_eq!(found(&snapshot, "kettle", &[]), ["c"], "words alone");
    assert_eq!(found(&snapshot, "the", &[0.0, 1.0, 0.0]), ["c", "a", "b"], "only stop words: vectors alone");
    assert_eq!(found(&snapshot, "the", &[]), [""; 0]);
    assert_eq!(found(&snapshot, "", &[]), [""; 0]);
    assert_eq!(found(&snapshot, "lamp", &[0.0; 3]), ["a", "b"], "the zero vector is near to nothing");
    assert_eq!(found(&snapshot, "lamp", &[1.0, 0.0]), ["a", "b"], "a vector of another length is not compared");
}

#[test]
fn a_passage_without_a_vector_turns_the_vector_leg_off() {
    let whole = snapshot(&[document("a", "lamp", Some([1.0, 0.0, 0.0]))]);
    assert!(whole.embedder_matches());
    let mixed = snapshot(&[document("a", "lamp", Some([1.0, 0.0, 0.0])), document("b", "kettle", None)]);
    assert!(!mixed.embedder_matches());
    assert_eq!(found(&mixed, "kettle", &[1.0, 0.0, 0.0]), ["b"]);
    assert!(Snapshot::empty("handbook", SPACE).embedder_matches());
}

#[test]
fn a_title_is_found_and_offsets_count_code_points() {
    let mut one = document("a", "Ärger 😀 kettle", Some([0.0, 0.0, 1.0]));
    one.title = "Complaints".to_owned();
    one.passages = vec![StoredPassage { ordinal: 4, start: 6, end: 14, vector: Some(vec![0.0, 0.0, 1.0]) }];
    let snapshot = snapshot(&[one]);
    let query = Query { text: "complaint", vector: &[], top: 1, groups: &[], filter: &Filter::default() };
    let passage = snapshot.search(&query).swap_remove(0);
    assert_eq!((passage.text.as_str(), passage.ordinal, passage.start, passage.end), ("😀 kettle", 4, 6, 14));
    assert_eq!((passage.source.title.as_str(), passage.source.collection.as_str()), ("Complaints", "handbook"));
}

#[test]
fn several_collections_are_searched_as_one() {
    let near = Some([1.0, 0.0, 0.0]);
    let all = [document("a", "lamp shade", near), document("b", "lamp kettle", near), document("c", "kettle", near)];
    let one = snapshot(&all);
    let parts = [snapshot(&all[..2]), snapshot(&all[2..])];
    let query = Query { text: "kettle", vector: &[0.6, 0.8, 0.0], top: 10, groups: &[], filter: &Filter::default() };
    assert_eq!(search_across(&parts, &query), one.search(&query));
    assert!(search_across::<Snapshot>(&[], &query).is_empty());
}

#[test]
fn a_long_list_is_cut_to_the_best_of_each_leg() {
    let many: Vec<StoredDocument> = (0..500u16)
        .map(|number| {
            let angle = f32::from(number) / 500.0;
            let text = if number >= 497 { "kettle" } else { "lamp" };
            document(&format!("{number:03}"), text, Some([angle.cos(), angle.sin(), 0.0]))
        })
        .collect();
    let snapshot = snapshot(&many);
    let query = Query { text: "kettle", vector: &[1.0, 0.0, 0.0], top: 1000, groups: &[], filter: &Filter::default() };
    let hits = snapshot.search(&query);
    let ids: Vec<&str> = hits.iter().map(|hit| hit.source.document.as_str()).collect();
    assert!(["000", "099", "497", "499"].iter().all(|id| ids.contains(id)), "{ids:?}");
    assert!(hits.len() <= 200 && hits.is_sorted_by(|one, next| one.score >= next.score));
}

#[test]
fn filters_are_read_or_refused() {
    let check = |value: Value, expected: Result<Condition, &str>| {
        let entries = Map::from_iter([("field".to_owned(), value.clone())]);
        match (Filter::parse(&entries), expected) {
            (Ok(filter), Ok(condition)) => assert_eq!(filter, Filter::default().and("field", condition), "{value}"),
            (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{value}: {error}"),
            (found, expected) => panic!("{value}: {found:?} instead of {expected:?}"),
        }
    };
    let text = |text: &str| Scalar::Text(text.to_owned());
    let range = |from, to| Ok(Condition::Range { from, to });
    check(json!("en"), Ok(Condition::AnyOf(vec![text("en")])));
    check(json!(3), Ok(Condition::AnyOf(vec![Scalar::Number(3.0)])));
    check(json!(["en", true]), Ok(Condition::AnyOf(vec![text("en"), Scalar::Bool(true)])));
    check(json!({ "any": ["en"] }), Ok(Condition::AnyOf(vec![text("en")])));
    check(json!({ "all": ["a", "b"] }), Ok(Condition::AllOf(vec![text("a"), text("b")])));
    check(
        json!({ "gte": 1, "lt": 2 }),
        range(Bound::Included(Scalar::Number(1.0)), Bound::Excluded(Scalar::Number(2.0))),
    );
    check(json!({ "gt": "2024-01-01" }), range(Bound::Excluded(text("2024-01-01")), Bound::Unbounded));
    check(json!(null), Err("`field`"));
    check(json!([[1]]), Err("expected a text, a number"));
    check(json!({}), Err("expected a value"));
    check(json!({ "near": 1 }), Err("expected a"));
    check(json!({ "gt": 1, "gte": 2 }), Err("at most one lower"));
    check(json!({ "gt": 1, "lt": "b" }), Err("one kind"));
    check(json!({ "gt": true }), Err("over numbers or texts"));
    check(json!({ "any": ["a"], "all": ["b"] }), Err("expected a"));
}

#[test]
fn filters_admit_what_they_say() {
    let rows = [
        json!({ "lang": "en", "year": 2008, "tags": ["a", "b"], "open": true, "day": "2024-01-05" }),
        json!({ "lang": "de", "year": 2010.5, "tags": ["b"], "open": false, "day": "2023-12-31" }),
        json!({ "lang": ["en", "de"], "year": "2008", "nested": { "lang": "en" }, "tags": [] }),
        json!({}),
    ];
    let mut rights = Rights::default();
    for (row, number) in rows.iter().zip(0..) {
        rights.insert(number, None, row.as_object().expect("an object"));
    }
    let check = |filter: Value, expected: &[u32]| {
        let parsed = Filter::parse(filter.as_object().expect("an object")).expect("a good filter");
        assert_eq!(rights.permitted(&[], &parsed).iter().collect::<Vec<_>>(), expected, "{filter}");
    };
    check(json!({}), &[0, 1, 2, 3]);
    check(json!({ "lang": "en" }), &[0, 2]);
    check(json!({ "lang": "EN" }), &[]);
    check(json!({ "lang": ["en", "de"] }), &[0, 1, 2]);
    check(json!({ "lang": [] }), &[]);
    check(json!({ "lang": { "all": ["en", "de"] } }), &[2]);
    check(json!({ "tags": "b", "lang": "en" }), &[0]);
    check(json!({ "year": 2008 }), &[0]);
    check(json!({ "year": "2008" }), &[2]);
    check(json!({ "year": { "gte": 2008, "lte": 2010.5 } }), &[0, 1]);
    check(json!({ "year": { "gt": 2008 } }), &[1]);
    check(json!({ "year": { "gt": 2010, "lt": 2009 } }), &[]);
    check(json!({ "year": { "gt": 2008, "lt": 2008 } }), &[]);
    check(json!({ "day": { "lt": "2024" } }), &[1]);
    check(json!({ "open": true }), &[0]);
    check(json!({ "nested": "en" }), &[]);
    check(json!({ "unknown": "x" }), &[]);
}

/// One random document: words, vector, groups, language, year.
type Drawn = (Vec<u8>, [i8; 3], Option<Vec<u8>>, Option<u8>, i32);

const WORDS: [&str; 6] = ["kettle", "lamp", "shade", "broken", "refund", "order"];

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let groups = proptest::option::of(proptest::collection::vec(0u8..3, 0..3));
    let one = (
        proptest::collection::vec(0u8..6, 1..12),
        proptest::array::uniform3(-5i8..=5),
        groups,
        proptest::option::of(0u8..3),
        2000i32..2006,
    );
    proptest::collection::vec(one, 0..14)
}

fn made(drawn: &[Drawn]) -> Vec<StoredDocument> {
    let one = |(index, (words, vector, groups, language, year)): (usize, &Drawn)| {
        let text = words.iter().map(|word| WORDS[*word as usize]).collect::<Vec<_>>().join(" ");
        let mut vector = [f32::from(vector[0]), f32::from(vector[1]), f32::from(vector[2]) + 0.5];
        crate::embedder::normalise(&mut vector);
        let mut document = document(&format!("{index:02}"), &text, Some(vector));
        document.groups = groups.as_ref().map(|groups| groups.iter().map(|group| format!("g{group}")).collect());
        document.metadata.insert("year".to_owned(), json!(year));
        if let Some(language) = language {
            document.metadata.insert("lang".to_owned(), json!(format!("l{language}")));
        }
        document
    };
    drawn.iter().enumerate().map(one).collect()
}

/// The rules, read plainly.
fn may_see(document: &StoredDocument, groups: &[String], language: Option<u8>, since: Option<i32>) -> bool {
    let listed = document.groups.as_ref().is_none_or(|list| list.iter().any(|group| groups.contains(group)));
    let spoken = language.is_none_or(|language| document.metadata.get("lang") == Some(&json!(format!("l{language}"))));
    let young = since.is_none_or(|since| document.metadata["year"].as_i64() >= Some(i64::from(since)));
    listed && spoken && young
}

fn filter(language: Option<u8>, since: Option<i32>) -> Filter {
    let mut entries = Map::new();
    if let Some(language) = language {
        entries.insert("lang".to_owned(), json!(format!("l{language}")));
    }
    if let Some(since) = since {
        entries.insert("year".to_owned(), json!({ "gte": since }));
    }
    Filter::parse(&entries).expect("a good filter")
}

/// BM25 and cosine in 64 bits over the visible documents alone, fused as the rules say.
fn expected_scores(visible: &[&StoredDocument], question: &[u8], vector: &[f32]) -> Vec<(String, f64)> {
    let terms = |text: &str| crate::words::terms(text);
    let lengths: f64 = visible.iter().map(|document| terms(&document.text).len() as f64).sum();
    let (count, average) = (visible.len() as f64, lengths / visible.len() as f64);
    let words = |document: &StoredDocument| -> f64 {
        let own = terms(&document.text);
        let score = |word: &u8| {
            let term = &terms(WORDS[*word as usize])[0];
            let holding = visible.iter().filter(|other| terms(&other.text).contains(term)).count() as f64;
            let frequency = own.iter().filter(|other| *other == term).count() as f64;
            let rarity = (1.0 + (count - holding + 0.5) / (holding + 0.5)).ln();
            rarity * frequency / (frequency + 1.2 * (0.25 + 0.75 * own.len() as f64 / average))
        };
        question.iter().map(score).sum()
    };
    let cosine = |document: &StoredDocument| -> f64 {
        let own = document.passages[0].vector.as_ref().expect("every document has a vector");
        own.iter().zip(vector).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>() + 1.0
    };
    let most = |score: &dyn Fn(&StoredDocument) -> f64| visible.iter().map(|one| score(one)).fold(0.0, f64::max);
    let (best_words, best_cosine) = (most(&words), most(&cosine));
    let share = |score: f64, best: f64| if best > 0.0 { score / best } else { 0.0 };
    let fused = |document: &&StoredDocument| {
        let score = 0.2 * share(words(document), best_words) + 0.8 * share(cosine(document), best_cosine);
        (document.id.clone(), score)
    };
    visible.iter().map(fused).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_forbidden_is_found_and_nothing_forbidden_moves_a_score(
        documents in drawn(),
        question in proptest::collection::vec(0u8..6, 0..4),
        angle in 0.0f32..6.3,
        groups in proptest::collection::vec(0u8..4, 0..3),
        language in proptest::option::of(0u8..3),
        since in proptest::option::of(2000i32..2007),
    ) {
        let documents = made(&documents);
        let text = question.iter().map(|word| WORDS[*word as usize]).collect::<Vec<_>>().join(" ");
        let groups: Vec<String> = groups.iter().map(|group| format!("g{group}")).collect();
        let (vector, filter) = ([angle.cos(), angle.sin(), 0.0], filter(language, since));
        let query = Query { text: &text, vector: &vector, top: 50, groups: &groups, filter: &filter };
        let visible: Vec<&StoredDocument> =
            documents.iter().filter(|document| may_see(document, &groups, language, since)).collect();

        let hits = snapshot(&documents).search(&query);
        let only_visible = snapshot(&visible.iter().map(|document| copy(document)).collect::<Vec<_>>()).search(&query);
        prop_assert_eq!(&hits, &only_visible, "taking the forbidden documents away changes something");

        let expected = expected_scores(&visible, &question, &vector);
        prop_assert_eq!(hits.len(), expected.len());
        for hit in &hits {
            let score = expected.iter().find(|(id, _)| *id == hit.source.document).map(|(_, score)| *score);
            prop_assert!(score.is_some_and(|score| (score - f64::from(hit.score)).abs() < 1e-4), "{:?}", hit);
        }
        prop_assert!(hits.is_sorted_by(|one, next| one.score >= next.score));
    }
}
