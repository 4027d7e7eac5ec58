//! Changes, moves between spaces, versions: through the face, over a data folder.

use crate::embedder::{Embedder, Lexical};
use crate::filter::Filter;
use crate::{At, Changes, Collections, Commit, DocumentPut, Embedders, Error, Home, Place, Query, Space, search};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use storage::Storage;
use tempfile::TempDir;

/// The lexical embedder under another name, which counts what it embeds.
struct Counting {
    lexical: Lexical,
    identity: String,
    embedded: Arc<AtomicUsize>,
}

impl Embedder for Counting {
    fn identity(&self) -> &str {
        &self.identity
    }

    fn dimensions(&self) -> usize {
        self.lexical.dimensions()
    }

    fn fusion_weight(&self) -> f32 {
        0.5
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.embedded.fetch_add(texts.len(), Ordering::Relaxed);
        self.lexical.embed(texts)
    }
}

struct House {
    data: TempDir,
    embedded: Arc<AtomicUsize>,
}

impl House {
    fn new() -> Self {
        Self { data: tempfile::tempdir().expect("a folder"), embedded: Arc::default() }
    }

    fn collections(&self, identity: &str) -> Collections {
        let storage = Storage::open(self.data.path()).expect("storage opens");
        let embedder = Counting {
            lexical: Lexical::with_dimensions(64),
            identity: identity.to_owned(),
            embedded: self.embedded.clone(),
        };
        Collections::open(Home::Embedded(&storage), 3, Embedders::new(Arc::new(embedder))).expect("collections open")
    }

    /// How many texts were embedded since the last look.
    fn embedded(&self) -> usize {
        self.embedded.swap(0, Ordering::Relaxed)
    }
}

fn put(id: &str, text: &str) -> DocumentPut {
    let passages = vec![Place::new(0, 0, text.chars().count())];
    DocumentPut {
        id: id.to_owned(),
        text: text.to_owned(),
        content_hash: text.to_owned(),
        passages,
        ..DocumentPut::default()
    }
}

fn changes(documents: &[(&str, &str)]) -> Changes {
    Changes { upsert: documents.iter().map(|(id, text)| put(id, text)).collect(), delete: Vec::new() }
}

fn found(collections: &Collections, vectors: &[(Space, Vec<f32>)], question: &str) -> Result<Vec<String>, Error> {
    let version = collections.version("c", At::Serving)?;
    let query = Query {
        text: question,
        vectors,
        top: 3,
        groups: &[],
        filter: &Filter::default(),
        words_weight: 0.5,
        section_within: None,
        rerank: None,
        explain: false,
    };
    Ok(search(&[version], &query)?.passages.into_iter().map(|passage| passage.text).collect())
}

fn asked(embedder: &dyn Embedder, question: &str) -> Vec<(Space, Vec<f32>)> {
    vec![(embedder.space(), embedder.embed(&[question]).expect("it embeds").remove(0))]
}

#[test]
fn nothing_is_embedded_twice_and_nothing_to_change_is_no_version() {
    let house = House::new();
    let collections = house.collections("one");
    assert_eq!(collections.apply("c", changes(&[("a", "alpha words"), ("b", "beta words")])).expect("applied"), 1);
    assert_eq!(house.embedded(), 2);
    assert_eq!(collections.apply("c", Changes::default()).expect("nothing to do"), 1);
    // The text of `a` comes back under another id.
    assert_eq!(collections.apply("c", changes(&[("z", "alpha words")])).expect("applied"), 2);
    assert_eq!(house.embedded(), 0);
    assert_eq!(found(&collections, &[], "beta").expect("found"), ["beta words"]);
}

#[test]
fn a_passage_outside_its_document_changes_nothing() {
    let house = House::new();
    let collections = house.collections("one");
    let mut odd = put("a", "short");
    odd.passages[0].end = 6;
    let error = collections.apply("c", Changes { upsert: vec![odd], delete: Vec::new() }).expect_err("it is refused");
    assert!(matches!(error, Error::BadPassage { end: 6, length: 5, .. }), "{error}");
    assert_eq!(collections.head("c").expect("read").map_or(0, |head| head.newest), 0);
    assert_eq!(collections.apply("c", changes(&[("a", "short")])).expect("applied"), 1);
}

#[test]
fn a_collection_moves_to_another_space_beside_what_serves() {
    let house = House::new();
    let before = house.collections("one");
    before.apply("c", changes(&[("a", "alpha words"), ("b", "beta words")])).expect("applied");
    house.embedded();
    drop(before);

    // Another embedder is configured: nobody here can embed for the collection any more, and no vectors are compared.
    let collections = house.collections("two");
    let question = asked(collections.embedder().as_ref(), "alpha");
    let refused = found(&collections, &question, "alpha").expect_err("another space");
    assert!(matches!(refused, Error::OtherSpace { .. }), "{refused}");
    assert!(matches!(collections.apply("c", changes(&[("d", "delta")])), Err(Error::OtherSpace { .. })));
    assert_eq!(found(&collections, &[], "alpha").expect("by words"), ["alpha words"]);
    house.embedded();

    let moved = collections.reembed("c", &|_, _| ()).expect("moved");
    assert_eq!((moved.embedded, house.embedded()), (2, 2));
    assert_eq!(found(&collections, &question, "alpha").expect("found")[0], "alpha words");
    assert_eq!(collections.apply("c", changes(&[("d", "delta")])).expect("applied"), 2);
    assert_eq!(collections.reembed("c", &|_, _| ()).expect("it is there").embedded, 0);
}

#[test]
fn a_change_that_was_left_open_is_gone_on_with() {
    let house = House::new();
    let collections = house.collections("one");
    let mut change = collections.change("c").expect("opened");
    change.stage(changes(&[("a", "alpha words")]), &|_, _| ()).expect("staged");
    drop(change);
    assert!(found(&collections, &[], "alpha").expect("read").is_empty());

    let change = collections.change("c").expect("opened again");
    assert_eq!(change.staged().get("a").map(String::as_str), Some("alpha words"));
    let cursor = Some(serde_json::json!({ "at": 7 }));
    let commit = Commit { cursor: cursor.clone(), ..Commit::default() };
    change.stage_and_commit(changes(&[("b", "beta words")]), commit, &|_, _| ()).expect("committed");
    assert_eq!(found(&collections, &[], "alpha").expect("read"), ["alpha words"]);
    assert_eq!(collections.head("c").expect("read").and_then(|head| head.cursor), cursor);
}

#[test]
fn a_rollback_is_a_pointer() {
    let house = House::new();
    let collections = house.collections("one");
    collections.apply("c", changes(&[("a", "good words")])).expect("applied");
    collections.apply("c", changes(&[("a", "bad words")])).expect("applied");
    collections.serve("c", 1).expect("rolled back");
    assert_eq!(found(&collections, &[], "words").expect("found"), ["good words"]);
    assert_eq!(collections.apply("c", changes(&[("b", "more words")])).expect("applied"), 3);
    let mut all = found(&collections, &[], "words").expect("found");
    all.sort();
    assert_eq!(all, ["good words", "more words"]);
    assert!(matches!(collections.serve("c", 9), Err(Error::NoSuchVersion { number: 9, .. })));
}
