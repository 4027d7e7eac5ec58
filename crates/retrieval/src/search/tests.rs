//! The search over a home in a folder, with the embedder that needs nothing: what is found is told by documents and scores.

use super::{Found, Query, search};
use crate::backend::{At, Space};
use crate::collections::{Collections, Home};
use crate::document::{Changes, DocumentPut, Place};
use crate::embedder::{Embedder, Embedders, Lexical};
use crate::filter::Filter;
use crate::{Error, Version};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use storage::Storage;
use tempfile::TempDir;

const DIMENSIONS: usize = 64;

struct Desk {
    collections: Collections,
    _folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::open(folder.path()).expect("it can be used");
        let embedders = Embedders::new(Arc::new(Lexical::with_dimensions(DIMENSIONS)));
        let collections = Collections::open(Home::Embedded(&storage), 2, embedders).expect("it can be opened");
        Self { collections, _folder: folder }
    }

    fn with(collection: &str, documents: Vec<DocumentPut>) -> Self {
        let desk = Self::new();
        desk.put(collection, documents);
        desk
    }

    fn put(&self, collection: &str, upsert: Vec<DocumentPut>) {
        self.collections.apply(collection, Changes { upsert, delete: Vec::new() }).expect("it can be applied");
    }

    fn versions(&self, collections: &[&str]) -> Vec<Arc<dyn Version>> {
        let version = |name: &&str| self.collections.version(name, At::Serving).expect("it can be read");
        collections.iter().map(version).collect()
    }

    fn vectors(&self, text: &str) -> Vec<(Space, Vec<f32>)> {
        let embedder = self.collections.embedder();
        let vector = embedder.embed(&[text]).expect("it needs nothing").remove(0);
        vec![(embedder.space(), vector)]
    }

    /// What one without groups finds with the vector of the question.
    fn find(&self, text: &str) -> Found {
        search(&self.versions(&["a"]), &query(text, &self.vectors(text))).expect("it can be searched")
    }
}

fn query<'a>(text: &'a str, vectors: &'a [(Space, Vec<f32>)]) -> Query<'a> {
    static EVERYTHING: Filter = Filter::All(Vec::new());
    Query {
        text,
        vectors,
        top: 5,
        groups: &[],
        filter: &EVERYTHING,
        words_weight: 0.25,
        section_within: None,
        rerank: None,
        explain: true,
    }
}

fn document(id: &str, text: &str) -> DocumentPut {
    let passages = vec![Place::new(0, 0, text.chars().count())];
    DocumentPut { id: id.to_owned(), text: text.to_owned(), passages, ..DocumentPut::default() }
}

fn forbidden(id: &str, text: &str) -> DocumentPut {
    DocumentPut { groups: Some(vec!["board".to_owned()]), ..document(id, text) }
}

const SUBJECTS: [&str; 6] = ["kettle", "lamp", "shade", "cord", "handle", "filter"];
const MATTERS: [&str; 5] =
    ["cleaning with vinegar", "returns and refunds", "a broken switch", "spare parts", "warranty terms"];

/// More passages than feedback needs, no two alike but those of one subject and matter.
fn many() -> Vec<DocumentPut> {
    let text = |at: usize| {
        let (subject, matter) = (SUBJECTS[at % 6], MATTERS[at / 6 % 5]);
        format!("The {subject}: {matter}. Number {} of the series, page {}.", at / 30, at % 7)
    };
    (0..240).map(|at| document(&format!("{at:03}"), &text(at))).collect()
}

/// Collection, document and score of what was found.
fn names(found: &Found) -> Vec<(&str, &str, f32)> {
    let passages = found.passages.iter();
    passages.map(|one| (one.source.collection.as_str(), one.source.document.as_str(), one.score)).collect()
}

#[test]
fn the_best_of_a_first_pass_speak_where_there_is_much_to_find() {
    let found = Desk::with("a", many()).find("How do I get a refund for my lamp?");
    let explanation = found.explanation.expect("it was asked for");
    let terms: Vec<&str> = explanation.terms.iter().map(|term| term.term.as_str()).collect();
    assert_eq!(terms.len(), 3, "function words are not asked for: {terms:?}");
    let spoken = explanation.feedback.expect("there are 240 passages");
    assert!(!spoken.passages.is_empty() && spoken.passages.len() <= 10);
    assert!((spoken.passages.iter().map(|one| one.weight).sum::<f32>() - 1.0).abs() < 0.02);
    assert!(
        spoken.passages.iter().take(5).all(|one| one.document.parse::<usize>().is_ok_and(|at| at % 30 == 7)),
        "{spoken:?}"
    );
    assert!(spoken.terms.iter().any(|term| term.term == "return"), "a word that nobody asked for: {:?}", spoken.terms);
    assert!(spoken.terms.len() <= 20 && !spoken.terms.iter().any(|term| term.term == "of"));
    let at: usize = found.passages[0].source.document.parse().expect("a number");
    assert_eq!((at % 6, at / 6 % 5), (1, 1), "{}", found.passages[0].text);
}

#[test]
fn among_few_passages_the_first_pass_is_the_last() {
    let found = Desk::with("a", many().into_iter().take(60).collect()).find("refund for the lamp");
    let explanation = found.explanation.expect("it was asked for");
    assert_eq!(explanation.feedback, None);
    assert!(explanation.candidates.iter().all(|one| one.leg.first_pass.clamp(0.0, 1.0) == one.score));
}

#[test]
fn questions_that_ask_for_nothing_are_no_errors() {
    let desk = Desk::with("a", many());
    assert_eq!(search(&desk.versions(&["a"]), &query("", &[])).expect("an answer").passages, []);
    // The embedder gives the zero vector for it: no vector is near to that.
    assert_eq!(desk.find("").passages, []);
    assert_eq!(desk.find("the of and").passages, []);
    assert_eq!(search(&desk.versions(&["never-written"]), &query("lamp", &[])).expect("an answer").passages, []);
    assert_eq!(search(&[], &query("lamp", &[])).expect("an answer").passages, []);
    assert!(desk.find("zzz qqq").passages.iter().all(|passage| (0.0..=1.0).contains(&passage.score)));
}

#[test]
fn a_question_of_function_words_alone_is_asked_by_them() {
    let desk = Desk::with("a", vec![document("hamlet", "To be, or who would have done so?"), document("b", "A lamp.")]);
    assert_eq!(names(&desk.find("who would have"))[0].1, "hamlet");
    let words = search(&desk.versions(&["a"]), &query("who would have", &[])).expect("an answer");
    assert_eq!(words.passages.len(), 1);
}

#[test]
fn words_alone_find_what_holds_them() {
    let desk = Desk::with("a", many());
    let found = search(&desk.versions(&["a"]), &query("vinegar for the kettle", &[])).expect("an answer");
    let at: usize = found.passages[0].source.document.parse().expect("a number");
    assert_eq!((at % 6, at / 6 % 5), (0, 0));
    let explanation = found.explanation.expect("it was asked for");
    assert_eq!(explanation.collections[0].embedder, None);
    assert!(explanation.candidates.iter().all(|one| one.leg.words > 0.0 && one.leg.cosine.is_none()));
}

#[test]
fn equal_passages_stand_by_collection_document_and_ordinal() {
    let desk = Desk::new();
    let twins = |ids: &[&str]| ids.iter().map(|id| document(id, "The lamp has a switch.")).collect::<Vec<_>>();
    // Each change makes a segment of its own: a home's numbers follow the order of writing.
    ["d", "b", "c", "a"].iter().for_each(|id| desk.put("a", twins(&[*id])));
    desk.put("b", twins(&["0"]));
    let vectors = desk.vectors("lamp switch");
    let query = Query { top: 4, explain: false, ..query("lamp switch", &vectors) };
    let found = search(&desk.versions(&["a", "b"]), &query).expect("an answer");
    let order: Vec<_> = names(&found).into_iter().map(|(collection, document, _)| (collection, document)).collect();
    assert_eq!(order, [("a", "a"), ("a", "b"), ("a", "c"), ("a", "d")]);
}

#[test]
fn several_collections_are_searched_as_one() {
    let (apart, together) = (Desk::new(), Desk::with("a", many()));
    let (even, odd): (Vec<_>, Vec<_>) =
        many().into_iter().partition(|document| document.id.parse::<usize>().is_ok_and(|at| at % 2 == 0));
    apart.put("a", even);
    apart.put("b", odd);
    let text = "a refund for the broken lamp";
    let vectors = apart.vectors(text);
    let found = search(&apart.versions(&["a", "b"]), &query(text, &vectors)).expect("an answer");
    let whole = together.find(text);
    let scores = |found: &Found| found.passages.iter().map(|passage| passage.score).collect::<Vec<_>>();
    for (one, other) in scores(&found).iter().zip(scores(&whole)) {
        assert!((one - other).abs() < 1e-5, "{one} and {other}");
    }
    assert!(found.explanation.expect("asked for").feedback.is_some(), "120 and 120 are enough");
}

#[test]
fn a_filter_narrows_what_is_found_and_not_how_rare_words_are() {
    let tagged = many().into_iter().map(|mut document| {
        let at: usize = document.id.parse().expect("a number");
        document.metadata.insert("subject".to_owned(), json!(SUBJECTS[at % 6]));
        document
    });
    let desk = Desk::with("a", tagged.collect());
    let filter = Filter::parse(json!({"subject": "lamp"}).as_object().expect("an object")).expect("a filter");
    let vectors = desk.vectors("lamp refund");
    let found = search(&desk.versions(&["a"]), &Query { filter: &filter, ..query("lamp refund", &vectors) });
    let found = found.expect("an answer");
    assert!(found.passages.iter().all(|passage| passage.text.contains("lamp")));
    let explanation = found.explanation.expect("it was asked for");
    assert_eq!((explanation.collections[0].documents, explanation.feedback), (40, None));
    let held: Vec<u64> = explanation.terms.iter().map(|term| term.passages).collect();
    assert_eq!(held, [40, 48], "both are counted over all 240");
}

#[test]
fn a_collection_of_another_space_is_refused() {
    let desk = Desk::with("a", many());
    let other = Lexical::with_dimensions(32);
    let vectors = vec![(other.space(), vec![1.0; 32])];
    let refused = search(&desk.versions(&["a"]), &query("lamp", &vectors));
    assert!(matches!(refused, Err(Error::OtherSpace { collection, .. }) if collection == "a"));
}

#[test]
fn the_share_of_words_runs_from_vectors_alone_to_words_alone() {
    let desk = Desk::with(
        "a",
        vec![document("1", "lamps lamps lamps"), document("2", "lamp, and a long tale of other things")],
    );
    let vectors = desk.vectors("lamp");
    let at = |words_weight| {
        let found =
            search(&desk.versions(&["a"]), &Query { words_weight, ..query("lamp", &vectors) }).expect("an answer");
        let explanation = found.explanation.expect("it was asked for");
        explanation.candidates.into_iter().map(|one| (one.score, one.leg)).collect::<Vec<_>>()
    };
    assert!(at(0.0).iter().all(|(score, leg)| Some(*score) == leg.cosine.map(|cosine| cosine.clamp(0.0, 1.0))));
    let best = at(1.0).iter().map(|(_, leg)| leg.words).fold(0.0, f32::max);
    assert!(at(1.0).iter().all(|(score, leg)| (score - leg.words / best).abs() < 1e-6));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_writing_changes_nothing(parts in prop::collection::vec(1usize..90, 0..4), turn in 0usize..240) {
        let documents = many();
        let plain = Desk::with("a", documents.clone());
        let turned = Desk::new();
        let mut left: Vec<DocumentPut> = documents[turn..].iter().chain(&documents[..turn]).rev().cloned().collect();
        for part in parts {
            let rest = left.split_off(part.min(left.len()));
            turned.put("a", std::mem::replace(&mut left, rest));
        }
        turned.put("a", left);
        for text in ["spare parts for the kettle", "switch", "warranty on page 3", "the cord"] {
            let (one, other) = (plain.find(text), turned.find(text));
            prop_assert_eq!(names(&one), names(&other), "{}", text);
        }
    }

    #[test]
    fn a_forbidden_document_changes_nothing(texts in prop::collection::vec("(lamp|kettle|refund|vinegar| |switch|secret){1,12}", 1..8)) {
        let plain = Desk::with("a", many());
        let hidden = Desk::with("a", many());
        let texts = texts.iter().filter(|text| !text.trim().is_empty());
        hidden.put("a", texts.enumerate().map(|(at, text)| forbidden(&format!("{at:03}x"), text)).collect());
        for text in ["a refund for the lamp", "secret switch", "vinegar"] {
            let (mut one, mut other) = (plain.find(text), hidden.find(text));
            for found in [&mut one, &mut other] {
                found.explanation.as_mut().expect("asked for").collections[0].version = 0;
            }
            prop_assert_eq!(one, other, "{}", text);
        }
    }
}

/// Likes what is short, or fails.
struct Judge {
    fails: bool,
}

impl crate::Rerank for Judge {
    fn identity(&self) -> &'static str {
        "judge"
    }

    fn scores(&self, _question: &str, passages: &[&str]) -> Result<Vec<f32>, Error> {
        match self.fails {
            true => Err(Error::Embedder { embedder: "judge".to_owned(), reason: "it is asleep".to_owned() }),
            false => Ok(passages.iter().map(|passage| 1.0 / passage.len() as f32).collect()),
        }
    }
}

#[test]
fn a_reranker_orders_the_best_and_may_fail() {
    let documents = vec![
        document("long", "grill returns: a grill may be returned, and returns of a grill are free"),
        document("short", "grill"),
        document("middle", "returns of a grill"),
        document("other", "lamps"),
    ];
    let desk = Desk::with("a", documents);
    let (versions, vectors) = (desk.versions(&["a"]), desk.vectors("grill returns"));
    let find = |rerank: Option<(&dyn crate::Rerank, usize)>| {
        let found = search(&versions, &Query { rerank, ..query("grill returns", &vectors) });
        let Found { passages, not_reranked, .. } = found.expect("it can be searched");
        let names: Vec<String> = passages.into_iter().map(|passage| passage.source.document).collect();
        (names, not_reranked)
    };
    let plain = find(None);
    assert_eq!(plain.1, None);
    let (names, failed) = find(Some((&Judge { fails: false }, 3)));
    assert_eq!((&names[..2], failed), (&["short".to_owned(), "middle".to_owned()][..], None));
    assert_ne!(names, plain.0);
    let (names, failed) = find(Some((&Judge { fails: true }, 3)));
    assert_eq!((names, failed.as_deref()), (plain.0, Some("the embedder judge failed: it is asleep")));
}

#[test]
fn an_address_names_the_page_where_the_document_has_pages() {
    let starts = serde_json::json!([0, 100, 250]);
    let at = |url: &str, point| super::at_page(url.to_owned(), Some(&starts), point);
    assert_eq!(at("https://x/a.pdf", 0), "https://x/a.pdf#page=1");
    assert_eq!(at("https://x/a.pdf", 99), "https://x/a.pdf#page=1");
    assert_eq!(at("https://x/a.pdf", 250), "https://x/a.pdf#page=3");
    assert_eq!(at("https://x/a.pdf#chapter", 250), "https://x/a.pdf#chapter");
    assert_eq!(super::at_page("https://x/a.md".to_owned(), None, 250), "https://x/a.md");
}
