//! Whole runs on a real data folder: what is taken over, what stays, what is refused, and what is recorded. Sources with a
//! memory of their own are in `scripted`; policies, streams, runs that die, twins and random histories have their files.

mod history;
mod policies;
mod resumed;
mod scripted;
mod streams;
mod twins;
mod unchanged;

use crate::run;
use crate::source::files::FilesSource;
use crate::source::{Content, Item, Since, Source, Taker, Walked};
use crate::store::{self, FeedKey};
use crate::{Change, Error, FeedJob, How, Ingest, Phase, Progress, Result, RunReport, RunState};
use ledger::{EventFilter, EventRow, Ledger};
use retrieval::embedder::Lexical;
use retrieval::{At, Changes, Collections, DocumentPut, Embedder, Embedders, Filter, Home, Query};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use storage::Storage;
use tempfile::TempDir;
use usecase::declared::{AccessRule, ContractCheck, Feed, RowCount};
use usecase::{Fault, Period, Remedy, Timestamp};

/// A use case's folder, a data folder, and the rooms on top of it.
struct House {
    folder: TempDir,
    ledger: Ledger,
    collections: Collections,
    ingest: Ingest,
    feed: Feed,
    /// How many texts were embedded.
    embedded: Arc<AtomicUsize>,
    _data: TempDir,
}

/// Counts what it embeds.
struct Counting(Lexical, Arc<AtomicUsize>);

impl Embedder for Counting {
    fn identity(&self) -> &str {
        self.0.identity()
    }

    fn dimensions(&self) -> usize {
        self.0.dimensions()
    }

    fn fusion_weight(&self) -> f32 {
        self.0.fusion_weight()
    }

    fn embed(&self, texts: &[&str]) -> std::result::Result<Vec<Vec<f32>>, retrieval::Error> {
        self.1.fetch_add(texts.len(), Ordering::Relaxed);
        self.0.embed(texts)
    }
}

fn house(files: &[(&str, &str)]) -> House {
    house_of(files, &storage::Options::default())
}

fn house_of(files: &[(&str, &str)], options: &storage::Options) -> House {
    let (folder, data) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a data folder"));
    let storage = Storage::open_with(data.path(), options).expect("storage opens");
    let ledger = Ledger::open(&storage).expect("the ledger opens");
    let home = Home::Embedded(&storage);
    let embedded = Arc::new(AtomicUsize::new(0));
    let embedder = Counting(Lexical::with_dimensions(8), Arc::clone(&embedded));
    let collections = Collections::open(home, 10, Embedders::new(Arc::new(embedder))).expect("collections open");
    let ingest = Ingest::open(&storage, &ledger, &collections).expect("ingest opens");
    let feed = Feed { access: AccessRule::parse("front-matter:groups"), ..Feed::of_files("docs/**/*") };
    let house = House { folder, ledger, collections, ingest, feed, embedded, _data: data };
    files.iter().for_each(|(path, text)| house.write(path, text));
    house
}

impl House {
    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
        fs::write(path, text).expect("the file is written");
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).expect("the file is removed");
    }

    fn job(&self) -> FeedJob<'_> {
        let (feed, folder) = (&self.feed, self.folder.path());
        FeedJob { use_case: "support", feed_name: "handbook", feed, folder, how: How::default() }
    }

    fn try_run(&self) -> Result<RunReport> {
        self.ingest.run(&self.job(), &|_| ())
    }

    fn run(&self) -> RunReport {
        self.try_run().expect("the run is good")
    }

    /// Runs over another source than the folder.
    fn run_over(&self, source: impl Source + 'static) -> Result<RunReport> {
        run::run(&self.ingest.rooms, &self.job(), Ok(Box::new(source)), &|_| ())
    }

    fn embedded(&self) -> usize {
        self.embedded.load(Ordering::Relaxed)
    }

    fn staged(&self) -> usize {
        self.collections.staged("support/handbook").expect("what is staged").len()
    }

    fn served(&self) -> Vec<String> {
        self.collections.document_hashes("support/handbook").expect("hashes").into_keys().collect()
    }

    /// The texts that somebody of these groups finds.
    fn found(&self, question: &str, groups: &[&str]) -> Vec<String> {
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        let version = self.collections.version("support/handbook", At::Serving).expect("a version");
        let query = Query {
            text: question,
            vectors: &[],
            top: 9,
            groups: &groups,
            filter: &Filter::default(),
            words_weight: 1.0,
            section_within: None,
            rerank: None,
            explain: false,
        };
        let found = retrieval::search(&[version], &query).expect("a search");
        found.passages.into_iter().map(|passage| passage.text).collect()
    }

    fn events(&self) -> Vec<EventRow> {
        let filter = EventFilter { kind: Some("feed_run".to_owned()), ..EventFilter::default() };
        self.ledger.events(&filter).expect("events are read")
    }
}

/// seen, added, changed, unchanged, deleted, quarantined.
fn counts(report: &RunReport) -> [usize; 6] {
    let RunReport { seen, added, changed, unchanged, deleted, quarantined, .. } = report;
    [*seen, *added, *changed, *unchanged, *deleted, quarantined.len()]
}

#[test]
fn every_format_goes_in() {
    let house = house(&[
        ("docs/a.md", "---\ntitle: Returns\ngroups: [staff]\n---\nReturns within thirty days."),
        ("docs/b.txt", "Opening hours are nine to five."),
        ("docs/c.html", "<title>Shipping</title><p>Shipping takes two days.</p>"),
        ("docs/d.csv", "id,question,answer\nq1,Do you gift wrap?,Yes we wrap.\nq2,Do you deliver abroad?,Not yet.\n"),
        ("docs/e.jsonl", "{\"id\": \"j1\", \"text\": \"Vouchers never expire.\"}\n"),
    ]);
    let told = Mutex::new(Vec::new());
    let note = |progress| told.lock().expect("not poisoned").push(progress);
    let report = house.ingest.run(&house.job(), &note).expect("the run is good");
    assert_eq!(counts(&report), [6, 6, 0, 0, 0, 0], "{report:?}");
    assert_eq!(house.served(), ["docs/a.md", "docs/b.txt", "docs/c.html", "j1", "q1", "q2"]);
    assert_eq!((report.passages, report.warnings.len()), (6, 0));
    assert_eq!(house.found("vouchers expire", &[]), ["Vouchers never expire."]);
    // Groups are enforced by the search.
    assert!(house.found("thirty", &[]).is_empty());
    assert_eq!(house.found("thirty", &["staff"]), ["Returns within thirty days."]);

    let told = told.into_inner().expect("not poisoned");
    assert_eq!(told.first(), Some(&Progress::default()));
    let read = |progress: &Progress| progress.items == 5 && progress.expected == Some(5) && progress.documents == 6;
    assert!(told.iter().any(|progress| progress.phase == Phase::Reading && read(progress)), "{told:?}");
    assert!(told.iter().any(|progress| progress.phase == Phase::Embedding { done: 6, total: 6 }), "{told:?}");
    assert_eq!(told.last().map(|progress| progress.phase), Some(Phase::Done));
}

#[test]
fn unchanged_is_skipped_changes_and_deletes_are_followed() {
    let mut house = house(&[("docs/a.md", "alpha"), ("docs/b.md", "beta"), ("docs/c.md", "gamma")]);
    let first = house.run();
    assert_eq!(counts(&first), [3, 3, 0, 0, 0, 0]);
    let second = house.run();
    assert_eq!((counts(&second), second.snapshot, second.passages), ([3, 0, 0, 3, 0, 0], first.snapshot, 0));

    house.write("docs/b.md", "---\nlevel: 2\n---\nbeta");
    house.remove("docs/c.md");
    house.write("docs/d.md", "delta");
    let third = house.run();
    assert_eq!(counts(&third), [3, 1, 1, 1, 1, 0]);
    assert!(third.snapshot > second.snapshot);
    assert_eq!(house.served(), ["docs/a.md", "docs/b.md", "docs/d.md"]);
    assert!(house.found("gamma", &[]).is_empty());

    let touched: Vec<(&str, Change)> =
        third.lineage.touched.iter().map(|touched| (touched.document.as_str(), touched.change)).collect();
    let expected = [("docs/b.md", Change::Changed), ("docs/d.md", Change::Added), ("docs/c.md", Change::Deleted)];
    assert_eq!(touched, expected);
    // Another size of passages is another way to be found.
    house.feed.passage_chars = 500;
    assert_eq!(counts(&house.run()), [3, 0, 3, 0, 0, 0]);
}

#[test]
fn a_renamed_file_is_the_same_document_only_when_it_has_an_id() {
    let house = house(&[("docs/a.md", "---\nid: one\ntitle: T\n---\nalpha"), ("docs/b.md", "beta")]);
    house.run();
    for (old, new) in [("a", "x"), ("b", "y")] {
        let file = |name| house.folder.path().join(format!("docs/{name}.md"));
        fs::rename(file(old), file(new)).expect("renamed");
    }
    let report = house.run();
    assert_eq!(counts(&report), [2, 1, 0, 1, 1, 0]);
    assert_eq!(house.served(), ["docs/y.md", "one"]);
    // The new path is remembered: when it breaks there, the document stays.
    house.write("docs/x.md", "---\nid: [broken\n---\n");
    assert!(house.run().quarantined[0].old_version_serves);
    assert_eq!(house.served(), ["docs/y.md", "one"]);
}

#[test]
fn a_broken_document_is_quarantined_and_its_old_version_serves() {
    let mut house = house(&[("docs/a.md", "---\nid: one\nstate: final\n---\nalpha words"), ("docs/b.md", "beta")]);
    let values = vec!["final".to_owned()];
    house.feed.checks = vec![ContractCheck::AcceptedValues { field: "state".to_owned(), values }];
    house.run();
    for broken in [
        b"---\nid: one\nstate: odd\n---\nomega words".as_slice(),
        b"---\nid: one\nstate: [final\n---\nomega words",
        b"\x00\x00\x00\x00 not text",
        b"---\nid: one\nstate: final\n---\n",
    ] {
        house.write("docs/a.md", broken);
        let report = house.run();
        assert_eq!(counts(&report), [2, 0, 0, 1, 0, 1], "{report:?}");
        assert!(report.quarantined[0].old_version_serves, "{:?}", report.quarantined);
        assert_eq!(house.found("alpha omega", &[]), ["alpha words"]);
        assert_eq!(house.ingest.quarantined("support").expect("read"), report.quarantined);
    }
    let since = house.ingest.quarantined("support").expect("read")[0].since;
    house.run();
    // The last reason was about the id `one`, and so is this: quarantined without a break.
    assert_eq!(house.ingest.quarantined("support").expect("read")[0].since, since);

    house.write("docs/a.md", "---\nid: one\nstate: final\n---\nomega words");
    assert_eq!(counts(&house.run()), [2, 0, 1, 1, 0, 0]);
    assert!(house.ingest.quarantined("support").expect("read").is_empty());
    assert_eq!(house.found("alpha omega", &[]), ["omega words"]);
}

#[test]
fn a_new_broken_document_has_no_old_version() {
    let house = house(&[("docs/a.md", "alpha"), ("docs/b.pdf", "no PDF at all"), ("docs/c.bin", "?")]);
    let report = house.run();
    assert_eq!(counts(&report), [3, 1, 0, 0, 0, 2]);
    assert!(report.quarantined.iter().all(|quarantined| !quarantined.old_version_serves));
    assert!(report.quarantined[0].reason.contains("not a PDF"), "{:?}", report.quarantined);
}

#[test]
fn an_old_version_serves_only_under_rights_that_still_hold() {
    // What the old version said, what the refused new one says, and whether the old one is still found.
    let table = [
        ("", "groups: 5", false),
        ("groups: [hr, staff]", "groups: {hr: true}", false),
        ("groups: [hr, staff]", "groups: [hr]", false),
        ("", "groups: [hr]", false),
        ("groups: [hr]", "groups: []", false),
        ("groups: [hr]", "groups: [hr, staff]", true),
        ("groups: [hr]", "", true),
        ("groups: [hr]", "groups: hr", true),
        ("", "", true),
    ];
    for (old, new, serves) in table {
        let mut house = house(&[("docs/b.md", "---\nowner: x\n---\nbeta")]);
        house.write("docs/a.md", format!("---\nowner: x\n{old}\n---\nalpha"));
        house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
        house.run();
        house.write("docs/a.md", format!("---\nstate: y\n{new}\n---\nomega"));
        let report = house.run();
        assert_eq!(report.quarantined[0].old_version_serves, serves, "{old:?} then {new:?}");
        assert_eq!(report.quarantined[0].reason.contains("withdrawn"), !serves, "{:?}", report.quarantined);
        assert_eq!(house.found("alpha", &["hr"]).len(), usize::from(serves), "{old:?} then {new:?}");
        assert_eq!(report.deleted, usize::from(!serves));
    }
}

#[test]
fn unique_values_and_ids() {
    let mut house = house(&[
        ("docs/a.md", "---\nid: same\nsku: 1\n---\nalpha"),
        ("docs/b.md", "---\nid: same\nsku: 2\n---\nbeta"),
        ("docs/c.md", "---\nsku: 1\n---\ngamma"),
    ]);
    house.feed.checks = vec![ContractCheck::Unique("sku".to_owned())];
    let report = house.run();
    assert_eq!(counts(&report), [3, 1, 0, 0, 0, 2]);
    assert_eq!(house.served(), ["same"]);
    assert!(report.quarantined.iter().all(|quarantined| quarantined.reason.contains("docs/a.md")), "{report:?}");
    assert!(!report.quarantined[0].old_version_serves, "the served `same` is another document");
}

#[test]
fn a_run_outside_the_row_count_changes_nothing() {
    let mut house = house(&[("docs/a.md", "alpha"), ("docs/b.md", "beta")]);
    house.feed.checks = vec![ContractCheck::RowCount(RowCount { min: Some(2), max: Some(3) })];
    house.run();
    house.remove("docs/b.md");
    house.write("docs/a.md", "omega");
    let error = house.try_run().expect_err("too few");
    assert!(matches!(error, Error::RowCount(_)), "{error}");
    assert_eq!((error.fault(), error.remedy()), (Fault::Operator, Remedy::Fail));
    assert_eq!(house.served(), ["docs/a.md", "docs/b.md"]);
    assert_eq!(house.found("alpha omega", &[]), ["alpha"]);

    let runs = house.ingest.last_runs("support").expect("read");
    let states: Vec<RunState> = runs.iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Failed, RunState::Good]);
    assert!(runs[0].reason.as_ref().is_some_and(|reason| reason.contains("at least 2")), "{runs:?}");
}

#[test]
fn an_empty_source_deletes_nothing_unless_it_is_meant() {
    let mut house = house(&[]);
    let report = house.run();
    assert_eq!(counts(&report), [0; 6]);
    assert!(report.warnings[0].contains("found nothing"), "{:?}", report.warnings);

    house.write("docs/a.md", "alpha");
    house.run();
    house.remove("docs/a.md");
    let error = house.try_run().expect_err("suspicious");
    assert!(error.to_string().contains("the source is empty; nothing was deleted"), "{error}");
    assert_eq!(house.served(), ["docs/a.md"]);

    house.feed.checks = vec![ContractCheck::RowCount(RowCount { min: Some(0), max: None })];
    assert_eq!(counts(&house.run()), [0, 0, 0, 0, 1, 0]);
    assert!(house.served().is_empty());
}

/// The folder, with an item that vanishes while it is read; or with a part that could not be listed.
struct Altered {
    files: FilesSource,
    vanishes: Option<&'static str>,
    whole: bool,
}

impl Source for Altered {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let walked = self.files.walk(since, taker)?;
        if let Some(name) = self.vanishes {
            taker.take(Item { name: name.to_owned(), version: None, content: Content::Vanished })?;
        }
        Ok(Walked { whole: self.whole, ..walked })
    }
}

#[test]
fn a_file_that_vanishes_is_a_warning_and_deleted_by_the_next_run() {
    let house = house(&[("docs/a.md", "alpha"), ("docs/b.csv", "id,text\nr1,one\nr2,two\n")]);
    house.run();
    house.remove("docs/b.csv");
    let files = || FilesSource::new(house.folder.path(), "docs/**/*").expect("a good glob");
    let report = house.run_over(Altered { files: files(), vanishes: Some("docs/b.csv"), whole: true }).expect("good");
    assert_eq!(counts(&report), [1, 0, 0, 1, 0, 0]);
    assert!(report.warnings[0].contains("docs/b.csv vanished"), "{:?}", report.warnings);
    assert_eq!(house.served(), ["docs/a.md", "r1", "r2"]);

    // A part of the source that could not be listed protects what may lie there.
    let report = house.run_over(Altered { files: files(), vanishes: None, whole: false }).expect("good");
    assert_eq!(report.deleted, 0);
    assert_eq!(counts(&house.run()), [1, 0, 0, 1, 2, 0]);
    assert_eq!(house.served(), ["docs/a.md"]);
}

#[test]
fn a_row_that_cannot_be_read_protects_its_file_only() {
    let house = house(&[("docs/a.csv", "id,text\nr1,one\nr2,two\n"), ("docs/b.md", "beta"), ("docs/c.md", "gamma")]);
    house.run();
    house.write("docs/a.csv", "id,text\nr1,one changed\nbroken\n");
    house.remove("docs/c.md");
    let report = house.run();
    assert_eq!(counts(&report), [3, 0, 1, 1, 1, 1]);
    assert_eq!(house.served(), ["docs/b.md", "r1", "r2"]);
    assert!(report.quarantined[0].old_version_serves);
    house.write("docs/a.csv", "id,text\nr1,one changed\n");
    assert_eq!(counts(&house.run()), [2, 0, 0, 2, 1, 0]);
    assert_eq!(house.served(), ["docs/b.md", "r1"]);
}

#[test]
fn every_run_is_recorded_with_its_lineage() {
    let house = house(&[("docs/a.md", "alpha"), ("docs/b.md", "---\nsecret: [\n---\nbeta")]);
    let report = house.run();
    house.remove("docs/a.md");
    house.remove("docs/b.md");
    house.try_run().expect_err("an empty source");

    let runs = house.ingest.last_runs("support").expect("read");
    assert_eq!(runs[1].report.as_ref(), Some(&report));
    let events = house.events();
    assert_eq!(events.len(), 2);
    let good = events.iter().find(|event| event.body["state"] == "good").expect("the good run");
    let failed = events.iter().find(|event| event.body["state"] == "failed").expect("the failed run");
    assert_eq!(good.use_case.as_deref(), Some("support"));
    assert_eq!(good.body["lineage"]["touched"][0]["document"], "docs/a.md");
    assert_eq!(good.body["lineage"]["inputs"], report.lineage.inputs);
    assert_eq!((&good.body["added"], &good.body["quarantined"]), (&1.into(), &1.into()));
    assert!(failed.body["reason"].as_str().is_some_and(|reason| reason.contains("the source is empty")));

    let hash = &house.collections.document_hashes("support/handbook").expect("hashes")["docs/a.md"];
    assert_eq!(good.body["lineage"]["touched"][0]["content_hash"], hash.as_str());
}

#[test]
fn freshness_follows_the_last_good_run() {
    let mut house = house(&[("docs/a.md", "alpha")]);
    house.feed.fresh_within = Period::parse("1h");
    let ask = |house: &House, now| house.ingest.freshness("support", "handbook", &house.feed, now).expect("read");
    assert!(!ask(&house, Timestamp::now()).fresh);
    assert_eq!(house.ingest.last_attempt("support", "handbook").expect("read"), None);
    let good = house.run();
    house.remove("docs/a.md");
    house.try_run().expect_err("an empty source");
    let judged = ask(&house, good.started);
    assert_eq!((judged.last_good, judged.fresh), (Some(good.started), true));
    let later = good.started.plus(Period::from_secs(3601));
    assert!(!ask(&house, later).fresh);
    let attempt = house.ingest.last_attempt("support", "handbook").expect("read").expect("two runs");
    assert!(attempt > good.started);
    house.feed.every = Period::parse("10m");
    let due = house.ingest.next_due(&house.feed, Some(attempt)).expect("a good schedule");
    assert_eq!(due, Some(attempt.plus(Period::from_secs(600))));
}

#[test]
fn what_a_dead_process_left_is_taken_up() {
    let house = house(&[("docs/a.md", "alpha"), ("docs/b.md", "beta")]);
    // It had indexed two documents and died before it could write down their files.
    let put = |id: &str| DocumentPut { id: id.to_owned(), text: "old".to_owned(), ..DocumentPut::default() };
    let changes = Changes { upsert: vec![put("docs/a.md"), put("docs/gone.md")], delete: Vec::new() };
    house.collections.apply("support/handbook", changes).expect("applied");
    let key = FeedKey { use_case: "support".to_owned(), feed: "handbook".to_owned() };
    store::begin(&house.ingest.rooms.storage, key, Timestamp::now()).expect("a run is opened");

    // While a file cannot be read, a document of an unknown file may be in it.
    house.write("docs/b.md", b"\xFF");
    assert_eq!(counts(&house.run()), [2, 0, 1, 0, 0, 1]);
    house.write("docs/b.md", "beta");
    assert_eq!(counts(&house.run()), [2, 1, 0, 1, 1, 0]);
    assert_eq!(house.served(), ["docs/a.md", "docs/b.md"]);
    let states: Vec<RunState> = house.ingest.last_runs("support").expect("read").iter().map(|run| run.state).collect();
    assert_eq!(states, [RunState::Good, RunState::Good, RunState::Interrupted]);
}

#[test]
fn one_run_per_feed_at_a_time() {
    let house = house(&[("docs/a.md", "alpha")]);
    let inside = Mutex::new(Vec::new());
    let meddle = |progress: Progress| {
        if progress == Progress::default() {
            let mut other = house.job();
            let same = house.ingest.run(&other, &|_| ());
            other.feed_name = "faq";
            inside
                .lock()
                .expect("not poisoned")
                .extend([same.map(|_| ()), house.ingest.run(&other, &|_| ()).map(|_| ())]);
        }
    };
    house.ingest.run(&house.job(), &meddle).expect("the outer run is good");
    let inside = inside.into_inner().expect("not poisoned");
    let refused = inside[0].as_ref().expect_err("the same feed is running");
    assert!(refused.to_string().contains("support.handbook is already running"), "{refused}");
    assert_eq!((refused.fault(), refused.remedy()), (Fault::Caller, Remedy::RetrySame));
    assert!(inside[1].is_ok(), "another feed may run: {inside:?}");
    house.run();
}

#[test]
fn declarations_that_cannot_be_used_are_recorded_failures() {
    let mut house = house(&[("docs/a.md", "alpha")]);
    let regex = ContractCheck::Regex { field: "x".to_owned(), pattern: "(".to_owned() };
    for (files, checks) in [("../*.md", vec![]), ("docs/[*.md", vec![]), ("docs/*.md", vec![regex])] {
        house.feed.files = Some(files.to_owned());
        house.feed.checks = checks;
        let error = house.try_run().expect_err("it cannot be used");
        assert_eq!(error.fault(), Fault::Operator, "{error}");
    }
    let runs = house.ingest.last_runs("support").expect("read");
    assert!(runs.len() == 3 && runs.iter().all(|run| run.state == RunState::Failed), "{runs:?}");
    let job = FeedJob { folder: Path::new("/nowhere/at/all"), ..house.job() };
    assert!(matches!(house.ingest.run(&job, &|_| ()), Err(Error::Folder { .. })));
}
