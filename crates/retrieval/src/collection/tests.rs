//! Changes and what readers see of them, on a real database.

use super::{Changes, Collections, DocumentPut};
use crate::embedder::{Embedder, Lexical};
use crate::{Error, Filter, Query};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use storage::Storage;
use tempfile::TempDir;

/// The lexical embedder under any name, counting the texts it is given.
struct Counting {
    identity: &'static str,
    inner: Lexical,
    texts: AtomicUsize,
}

impl Counting {
    fn named(identity: &'static str) -> Arc<Self> {
        Arc::new(Self { identity, inner: Lexical::with_dimensions(16), texts: AtomicUsize::new(0) })
    }

    fn taken(&self) -> usize {
        self.texts.swap(0, Ordering::SeqCst)
    }
}

impl Embedder for Counting {
    fn identity(&self) -> &str {
        self.identity
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions()
    }

    fn fusion_weight(&self) -> f32 {
        self.inner.fusion_weight()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.texts.fetch_add(texts.len(), Ordering::SeqCst);
        self.inner.embed(texts)
    }
}

struct Place {
    _folder: TempDir,
    storage: Storage,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let storage = Storage::open(folder.path()).expect("the folder can be used");
        Self { _folder: folder, storage }
    }

    fn open(&self, embedder: &Arc<Counting>) -> Collections {
        Collections::open(&self.storage, Arc::clone(embedder) as Arc<dyn Embedder>).expect("the tables can be made")
    }
}

/// A document of one passage per word.
fn put(id: &str, text: &str) -> DocumentPut {
    let mut passages = Vec::new();
    let mut start = 0;
    for word in text.split(' ') {
        let end = start + word.chars().count();
        passages.push((passages.len() as u32, start, end));
        start = end + 1;
    }
    let content_hash = format!("hash of {text}");
    DocumentPut { id: id.to_owned(), text: text.to_owned(), content_hash, passages, ..DocumentPut::default() }
}

fn upsert(documents: impl IntoIterator<Item = DocumentPut>) -> Changes {
    Changes { upsert: documents.into_iter().collect(), delete: Vec::new() }
}

fn delete(ids: &[&str]) -> Changes {
    Changes { upsert: Vec::new(), delete: ids.iter().map(|id| (*id).to_owned()).collect() }
}

fn texts(collections: &Collections, question: &str) -> Vec<String> {
    let snapshot = collections.snapshot("support/handbook").expect("it can be read");
    let vectors = collections.embedder().embed(&[question]).expect("it can be embedded");
    let query = Query { text: question, vector: &vectors[0], top: 50, groups: &[], filter: &Filter::default() };
    snapshot.search(&query).into_iter().map(|hit| format!("{}:{}", hit.source.document, hit.text)).collect()
}

#[test]
fn changes_are_seen_and_survive_reopening() {
    let (place, embedder) = (Place::new(), Counting::named("one"));
    let collections = place.open(&embedder);
    let name = "support/handbook";
    assert_eq!(collections.snapshot(name).expect("an empty snapshot").number(), 0);
    assert_eq!(collections.apply(name, Changes::default()).expect("nothing to do"), 0);

    assert_eq!(collections.apply(name, upsert([put("a", "kettle lamp"), put("b", "shade")])).expect("applied"), 1);
    assert_eq!(texts(&collections, "kettle")[0], "a:kettle");
    assert_eq!(collections.apply(name, upsert([put("a", "refund")])).expect("applied"), 2);
    assert_eq!(collections.apply(name, delete(&["b", "never there"])).expect("applied"), 3);
    assert_eq!(collections.apply(name, Changes::default()).expect("nothing to do"), 3);
    assert_eq!(texts(&collections, "refund"), ["a:refund"]);

    let hashes = collections.document_hashes(name).expect("it can be read");
    assert_eq!(hashes.into_iter().collect::<Vec<_>>(), [("a".to_owned(), "hash of refund".to_owned())]);
    let listed = collections.list().expect("it can be read");
    let described = |info: &crate::CollectionInfo| (info.name.clone(), info.snapshot, info.documents, info.passages);
    assert_eq!(listed.iter().map(described).collect::<Vec<_>>(), [(name.to_owned(), 3, 1, 1)]);

    let again = place.open(&embedder);
    assert_eq!(texts(&again, "refund"), ["a:refund"]);
    assert_eq!(again.snapshot(name).expect("it can be read").number(), 3);
}

#[test]
fn everything_of_a_document_comes_back() {
    let (place, embedder) = (Place::new(), Counting::named("one"));
    let mut document = put("a", "kettle");
    document.title = "Kettles".to_owned();
    document.url = Some("https://example.com/kettles".to_owned());
    document.groups = Some(vec!["staff".to_owned()]);
    document.metadata.insert("lang".to_owned(), "en".into());
    place.open(&embedder).apply("c", upsert([document])).expect("applied");
    let snapshot = place.open(&embedder).snapshot("c").expect("it can be read");
    let staff = ["staff".to_owned()];
    let search = |groups: &[String], language: &str| {
        let filter =
            Filter::default().and("lang", crate::Condition::AnyOf(vec![crate::Scalar::Text(language.to_owned())]));
        snapshot.search(&Query { text: "kettle", vector: &[], top: 1, groups, filter: &filter })
    };
    let hit = search(&staff, "en").swap_remove(0);
    assert_eq!(
        (hit.source.title.as_str(), hit.source.url.as_deref()),
        ("Kettles", Some("https://example.com/kettles"))
    );
    assert!(search(&[], "en").is_empty() && search(&staff, "de").is_empty());
}

#[test]
fn a_text_is_embedded_once_and_forgotten_with_its_last_passage() {
    let (place, embedder) = (Place::new(), Counting::named("one"));
    let collections = place.open(&embedder);
    let apply = |changes| collections.apply("c", changes).expect("applied");
    apply(upsert([put("a", "kettle lamp"), put("b", "kettle")]));
    assert_eq!(embedder.taken(), 2, "equal texts are embedded once");
    apply(upsert([put("a", "kettle lamp shade")]));
    assert_eq!(embedder.taken(), 1, "only the new word");
    apply(delete(&["a"]));
    apply(upsert([put("a", "kettle shade")]));
    assert_eq!(embedder.taken(), 1, "b still has the kettle; the shade was forgotten");
    apply(delete(&["a", "b"]));
    let left: i64 = place
        .storage
        .read(|connection| Ok(connection.query_row("SELECT count(*) FROM retrieval_vector", [], |row| row.get(0))?))
        .expect("it can be read");
    assert_eq!(left, 0, "an erased text leaves no vector");
}

#[test]
fn another_embedder_is_words_only_until_the_next_change() {
    let place = Place::new();
    let (one, other) = (Counting::named("one"), Counting::named("other"));
    place.open(&one).apply("support/handbook", upsert([put("a", "kettle"), put("b", "lamp")])).expect("applied");
    let collections = place.open(&other);
    let snapshot = || collections.snapshot("support/handbook").expect("it can be read");
    assert!(!snapshot().embedder_matches());
    assert_eq!(texts(&collections, "kettle"), ["a:kettle"], "by words alone");
    other.taken();
    assert_eq!(collections.apply("support/handbook", upsert([put("c", "shade")])).expect("applied"), 2);
    assert_eq!(other.taken(), 3, "all three are embedded by the new one");
    assert!(snapshot().embedder_matches());
    assert_eq!(texts(&collections, "kettle").len(), 3, "the vector leg ranks all");
    other.taken();
    collections.apply("support/handbook", Changes::default()).expect("nothing to do");
    assert_eq!(other.taken(), 0);
}

#[test]
fn a_change_by_another_process_is_seen_by_the_next_search() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let embedder = Counting::named("one");
    let open = || {
        let storage = Storage::open(folder.path()).expect("the folder can be used");
        Collections::open(&storage, Arc::clone(&embedder) as Arc<dyn Embedder>).expect("the tables can be made")
    };
    let (server, ingest) = (open(), open());
    ingest.apply("support/handbook", upsert([put("a", "kettle"), put("b", "lamp")])).expect("applied");
    assert_eq!(texts(&server, "kettle")[0], "a:kettle");
    ingest
        .apply("support/handbook", Changes { delete: vec!["b".to_owned()], ..upsert([put("a", "shade")]) })
        .expect("applied");
    assert_eq!(texts(&server, "shade"), ["a:shade"]);
}

#[test]
fn readers_never_see_half_a_change() {
    let (place, embedder) = (Place::new(), Counting::named("one"));
    let collections = place.open(&embedder);
    let version = |number: usize| upsert((0..6).map(move |id| put(&id.to_string(), &format!("version{number}x"))));
    collections.apply("c", version(1)).expect("applied");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::SeqCst) {
                    let snapshot = collections.snapshot("c").expect("it can be read");
                    assert!(snapshot.number() >= last, "a snapshot never goes back");
                    last = snapshot.number();
                    let text = format!("version{last}x");
                    let filter = Filter::default();
                    let query = Query { text: &text, vector: &[], top: 50, groups: &[], filter: &filter };
                    let hits = snapshot.search(&query);
                    assert!(hits.len() == 6 && hits.iter().all(|hit| hit.text == text), "{last}: {hits:?}");
                }
            });
        }
        for number in 2..25 {
            assert_eq!(collections.apply("c", version(number)).expect("applied"), number as u64);
        }
        done.store(true, Ordering::SeqCst);
    });
}

#[test]
fn a_passage_outside_its_document_changes_nothing() {
    let (place, embedder) = (Place::new(), Counting::named("one"));
    let collections = place.open(&embedder);
    for passage in [(0, 0, 7), (0, 3, 3), (0, 4, 2)] {
        let bad = DocumentPut { passages: vec![passage], ..put("a", "kettle") };
        let error = collections.apply("c", upsert([put("b", "lamp"), bad])).expect_err("it is refused");
        assert!(matches!(error, Error::BadPassage { length: 6, .. }), "{error}");
    }
    assert_eq!(collections.snapshot("c").expect("it can be read").number(), 0);
}
