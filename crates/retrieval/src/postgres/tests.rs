//! The shared suite on a real Postgres, and what only a database can do or suffer.

use super::*;
use crate::backend::suite::{Fresh, KEPT};
use crate::backend::{DocumentRow, PassageRow};
use crate::document::Place;
use crate::embedder::Lexical;
use crate::{Changes, Collections, DocumentPut, Embedder, Embedders, Filter, Home};
use sha2::{Digest, Sha256};
use storage::postgres::Options;
use testkit::TestPostgres;
use testkit::postgres::OwnServer;

crate::backend::suite::backend_suite!(fresh, testkit::postgres::is_here);

fn options(test: &TestPostgres) -> Options {
    Options { schema: test.schema.clone(), connections: 6, ..Options::default() }
}

fn connect(test: &TestPostgres) -> Postgres {
    Postgres::connect(&test.url, options(test)).expect("the server of the tests answers")
}

fn fresh() -> Fresh {
    let test = TestPostgres::schema();
    let backend = PostgresBackend::open(&connect(&test), KEPT).expect("the tables can be made");
    Fresh { backend: Box::new(backend), _keep: Box::new(test) }
}

/// Where even few passages are found by the graph.
fn fresh_with_graph() -> Fresh {
    let test = TestPostgres::schema();
    let rules = Rules { exact_up_to: 0, ..Rules::default() };
    let backend = PostgresBackend::with_rules(&connect(&test), KEPT, rules).expect("the tables can be made");
    Fresh { backend: Box::new(backend), _keep: Box::new(test) }
}

#[test]
fn the_graph_finds_what_a_scan_finds() {
    if testkit::postgres::is_here() {
        crate::backend::suite::the_nearest_are_found_as_by_an_exact_search(&fresh_with_graph);
        crate::backend::suite::groups_decide_who_sees_a_document(&fresh_with_graph);
        crate::backend::suite::another_space_is_refused_until_it_is_swapped(&fresh_with_graph);
    }
}

fn space() -> Space {
    Space { embedder: "tests-2".to_owned(), dimensions: 2 }
}

/// A document of one passage, for these groups.
fn document(id: &str, text: &str, groups: Option<&[&str]>) -> DocumentRow {
    let place = Place::new(0, 0, text.chars().count());
    let passage = PassageRow { place, text_hash: Sha256::digest(text).into(), indexed: text.to_owned() };
    DocumentRow {
        id: id.to_owned(),
        content_hash: "hash".to_owned(),
        title: String::new(),
        url: None,
        text: text.to_owned(),
        metadata: serde_json::Map::new(),
        groups: groups.map(|groups| groups.iter().map(|group| (*group).to_owned()).collect()),
        passages: vec![passage],
    }
}

fn batch(upsert: Vec<DocumentRow>) -> Batch {
    let passages = upsert.iter().flat_map(|document| &document.passages);
    let vectors = passages.map(|passage| (passage.text_hash, vec![0.6, 0.8])).collect();
    Batch { upsert, delete: Vec::new(), vectors }
}

fn apply(backend: &PostgresBackend, upsert: Vec<DocumentRow>) {
    let number = backend.open_change("c", &space()).expect("a change can be begun");
    backend.stage("c", number, batch(upsert), Some(Commit::default())).expect("it can be committed");
}

/// Ids of what a caller of these groups finds.
fn found(backend: &PostgresBackend, groups: &[&str]) -> Result<Vec<String>, Error> {
    let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    let scope = backend.version("c", At::Serving)?.scope(&groups, &Filter::default())?;
    let keys: Vec<_> = scope.by_vector(&[0.6, 0.8], 100)?.iter().map(|hit| hit.passage).collect();
    Ok(scope.open(&keys, None)?.into_iter().map(|opened| opened.document).collect())
}

#[test]
fn the_database_itself_shows_a_role_only_what_it_may_see() {
    if !testkit::postgres::is_here() {
        return;
    }
    let mut test = TestPostgres::database();
    // Neither is a superuser, as in a managed Postgres.
    let (owner, analyst) = (test.role(), test.role());
    let database: String = test.client().query_one("SELECT current_database()", &[]).expect("it answers").get(0);
    test.client()
        .batch_execute(&format!("GRANT CREATE ON DATABASE {database} TO {owner}"))
        .expect("an administrator may");
    let postgres = Postgres::connect(&test.url_of(&owner, ""), options(&test)).expect("it may log in");
    let backend = PostgresBackend::open(&postgres, 3).expect("it may make its schema");
    let documents = vec![
        document("all", "kettle", None),
        document("nobody", "kettle one", Some(&[])),
        document("sales", "kettle two", Some(&["sales"])),
        document("legal", "kettle three", Some(&["legal", "it's"])),
    ];
    apply(&backend, documents);
    assert_eq!(found(&backend, &["sales"]).expect("it can be searched"), ["all", "sales"]);
    assert_eq!(found(&backend, &[]).expect("it can be searched"), ["all"]);
    assert_eq!(found(&backend, &["it's", "sales"]).expect("it can be searched"), ["all", "legal", "sales"]);

    // The fence alone, without any condition of ours, lets the owner's own reads see the same.
    let unconditional = |groups: &str| -> Vec<i64> {
        let told = postgres.with_settings(vec![("shipway.groups".to_owned(), groups.to_owned())]);
        let tables =
            ["retrieval_passage", "retrieval_content", "retrieval_posting WHERE term = 'kettl'", "retrieval_audience"];
        let count = |table: &str| {
            told.read(|connection| Ok(connection.query_one(&format!("SELECT count(*) FROM {table}"), &[])?.get(0)))
        };
        tables.iter().map(|table| count(table).expect("it may read")).collect()
    };
    assert_eq!(unconditional("{sales}"), [2; 4]);
    assert_eq!(unconditional("{}"), [1; 4]);

    let grants = format!(
        "GRANT USAGE ON SCHEMA shipway TO {analyst}; GRANT SELECT ON ALL TABLES IN SCHEMA shipway TO {analyst};
         REVOKE ALL ON shipway.retrieval_reader FROM {analyst};
         INSERT INTO shipway.retrieval_reader VALUES ('{analyst}', '{{sales,press}}')"
    );
    postgres.write(|connection| connection.batch(&grants)).expect("it is its schema");
    let mut client = ::postgres::Client::connect(&test.url_of(&analyst, ""), ::postgres::NoTls).expect("it may log in");
    let mut check = |setting: &str, expected: &[&str]| {
        client.batch_execute(setting).expect("anybody may set it");
        for (table, column) in
            [("document", "key"), ("passage", "document"), ("content", "document"), ("posting", "document")]
        {
            let select = format!(
                "SELECT DISTINCT d.id FROM shipway.retrieval_{table} t JOIN shipway.retrieval_document d ON d.key = t.{column} ORDER BY 1"
            );
            let ids: Vec<String> =
                client.query(&select, &[]).expect("it may read").iter().map(|row| row.get(0)).collect();
            assert_eq!(ids, expected, "{table} after {setting}");
        }
    };
    check("", &["all", "sales"]);
    check("SET shipway.groups = '{legal,press}'", &["all"]);
    check("SET shipway.groups = '{legal,sales}'", &["all", "sales"]);
    for change in ["DELETE FROM shipway.retrieval_passage", "UPDATE shipway.retrieval_document SET audience = 1"] {
        assert!(client.batch_execute(change).is_err(), "{change}");
    }
}

#[test]
fn nodes_see_each_others_commits_and_change_a_collection_one_at_a_time() {
    if !testkit::postgres::is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let node = || PostgresBackend::open(&connect(&test), 3).expect("the tables can be made");
    let (one, other) = (node(), node());
    apply(&one, vec![document("a", "kettle", None)]);
    assert_eq!(other.head("c").expect("it can be read").expect("it is there").newest, 1);
    assert_eq!(found(&other, &[]).expect("it can be searched"), ["a"]);

    let held = one.hold("c").expect("it can be asked").expect("it is free");
    let number = one.open_change("c", &space()).expect("a change can be begun");
    one.stage("c", number, batch(vec![document("b", "lamp", None)]), None).expect("it can be staged");
    assert!(other.hold("c").expect("it can be asked").is_none());
    let elsewhere = [
        other.open_change("c", &space()).map(drop),
        other.stage("c", number, batch(Vec::new()), Some(Commit::default())),
        other.abandon("c"),
    ];
    for refused in elsewhere {
        assert!(matches!(&refused, Err(Error::ChangeElsewhere { .. })), "{refused:?}");
        assert_eq!(refused.map_err(|error| error.remedy()), Err(usecase::Remedy::RetrySame));
    }
    other.open_change("another", &space()).expect("a right is one collection's");
    // The change fails half-way, and another node goes on where it stood.
    drop(held);
    let uninvited = other.stage("c", number, batch(Vec::new()), Some(Commit::default()));
    assert!(matches!(uninvited, Err(Error::NotOpen { .. })), "{uninvited:?}");
    assert_eq!(other.open_change("c", &space()).expect("it is free at once"), number);
    let late = one.stage("c", number, batch(Vec::new()), Some(Commit::default()));
    assert!(matches!(late, Err(Error::NotOpen { .. })), "{late:?}");
    assert_eq!(other.staged("c").expect("it can be read").len(), 1);
    other
        .stage("c", number, batch(vec![document("d", "shade", None)]), Some(Commit::default()))
        .expect("it can be committed");
    assert_eq!(found(&node(), &[]).expect("it can be searched"), ["a", "b", "d"]);
}

#[test]
fn a_change_that_failed_half_way_keeps_nobody_out() {
    if !testkit::postgres::is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let embedder: Arc<dyn Embedder> = Arc::new(Lexical::with_dimensions(8));
    let node = || {
        let postgres = connect(&test);
        Collections::open(Home::Postgres(&postgres), 3, Embedders::new(Arc::clone(&embedder))).expect("tables are made")
    };
    let (one, other) = (node(), node());
    let put = |id: &str, to: usize| {
        let passages = vec![Place::new(0, 0, to)];
        let put = DocumentPut { id: id.to_owned(), text: "a lamp".to_owned(), passages, ..DocumentPut::default() };
        Changes { upsert: vec![put], delete: Vec::new() }
    };
    let mut change = one.change("c").expect("it can be begun");
    change.stage(put("a", 6), &|_, _| ()).expect("it can be staged");
    for refused in [other.change("c").map(drop), other.apply("c", put("b", 6)).map(drop)] {
        assert!(matches!(refused, Err(Error::ChangeElsewhere { .. })), "{refused:?}");
    }
    let outside = change.stage_and_commit(put("b", 7), Commit::default(), &|_, _| ());
    assert!(matches!(outside, Err(Error::BadPassage { .. })), "{outside:?}");
    assert_eq!(other.apply("c", put("b", 6)).expect("it goes on at once"), 1);
    assert_eq!(one.document_hashes("c").expect("they can be read").into_keys().collect::<Vec<_>>(), ["a", "b"]);

    // A whole run's right covers its changes, and one plain change after the other needs none.
    let held = one.hold("c").expect("it can be asked").expect("it is free");
    assert!(other.hold("c").expect("it can be asked").is_none());
    assert_eq!(one.apply("c", put("c", 6)).expect("it is its own"), 2);
    assert!(other.apply("c", put("d", 6)).is_err(), "it is still held");
    drop(held);
    for number in 3..6 {
        let node = if number % 2 == 0 { &one } else { &other };
        assert_eq!(node.apply("c", put("d", 6)).expect("it is free"), number);
    }
}

#[test]
fn texts_that_postgres_cannot_hold_are_held_nearly() {
    if !testkit::postgres::is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let backend = PostgresBackend::open(&connect(&test), 3).expect("the tables can be made");
    let mut odd = document("a\0b", "nul \0 lamp", Some(&["x\0"]));
    odd.title = "t\0".to_owned();
    odd.metadata.insert("f\0".to_owned(), "v\0".into());
    let mut seen = odd.clone();
    (seen.id, seen.groups) = ("long".repeat(2_000), None);
    apply(&backend, vec![odd, seen.clone()]);
    assert_eq!(found(&backend, &["x\0", "x", "x\u{fffd}"]).expect("it can be searched"), [seen.id.as_str()]);
    let version = backend.version("c", At::Serving).expect("it is there");
    let read = version.document(&seen.id, &["\0".to_owned()]).expect("it can be read").expect("it is there");
    assert_eq!((read.text.as_str(), read.title.as_str()), ("nul \u{fffd} lamp", "t\u{fffd}"));
    assert_eq!(read.metadata, seen.metadata, "as it came");
    let filter = Filter::default().and("f\0", crate::Condition::AnyOf(vec![crate::Scalar::Text("v\0".to_owned())]));
    let scope = version.scope(&[], &filter).expect("it can be read");
    assert_eq!(scope.statistics(&["a\0".to_owned()]).expect("it can be counted").documents, 1);
    assert_eq!(scope.facets(&["f\0".to_owned()], 5).expect("they can be counted")[0].1.len(), 1);
    assert_eq!(backend.erase("c", &["a\0b".to_owned()]).expect("it can be erased"), 1);
}

#[test]
fn searches_go_on_after_the_server_was_killed() {
    if !testkit::postgres::is_here() {
        return;
    }
    let server = OwnServer::start();
    let postgres = Postgres::connect(&server.url, Options::default()).expect("it answers");
    let backend = PostgresBackend::open(&postgres, 3).expect("the tables can be made");
    apply(&backend, vec![document("a", "kettle", None)]);
    let _held = backend.hold("c").expect("it can be asked").expect("it is free");
    let number = backend.open_change("c", &space()).expect("a change can be begun");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    match found(&backend, &[]) {
                        Ok(ids) => assert_eq!(ids, ["a"]),
                        Err(error) => assert_eq!(error.remedy(), usecase::Remedy::RetrySame, "{error}"),
                    }
                }
            });
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
        server.restart();
        assert_eq!(found(&backend, &[]).expect("the next search is answered"), ["a"]);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(backend.open_change("c", &space()).expect("it goes on"), number);
    let other = PostgresBackend::open(&postgres, 3).expect("the tables are there");
    assert!(other.hold("c").expect("it can be asked").is_none(), "the right was taken again");
    backend
        .stage("c", number, batch(vec![document("b", "lamp", None)]), Some(Commit::default()))
        .expect("it can be committed");
    assert_eq!(found(&backend, &[]).expect("it can be searched"), ["a", "b"]);
}
