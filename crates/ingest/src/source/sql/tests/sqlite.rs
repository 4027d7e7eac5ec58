//! A file of SQLite.

use super::{all, failure, rows};
use crate::source::sql::SqlRows;
use crate::source::walked::walk;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use usecase::declared::SqlSource;

const HANDBOOK: &str = "
    CREATE TABLE page (number INTEGER PRIMARY KEY, subject TEXT, body TEXT, price REAL, groups TEXT, picture BLOB,
                       updated TEXT, gone INTEGER);
    INSERT INTO page VALUES (2, 'Tents', 'Peg it.', 99.5, '[\"staff\",\"guest\"]', NULL, '2026-01-02', 0),
                            (10, 'Boots', 'Wax them.', NULL, 'not [a list', NULL, '2026-01-03', NULL),
                            (1, '[1]', '[2]', 7, NULL, NULL, '2026-01-01', 1);";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    change(&folder, HANDBOOK);
    folder
}

fn change(folder: &TempDir, statements: &str) {
    let connection = Connection::open(folder.path().join("handbook.db")).expect("it opens");
    connection.execute_batch(statements).expect("it can be changed");
}

fn source(folder: &TempDir, query: &str, more: &Value) -> SqlRows {
    rows(folder.path(), "sqlite:./handbook.db", query, more)
}

fn keys() -> Value {
    json!({ "id": "number", "text": "body", "title": "subject" })
}

#[test]
fn every_row_is_a_document() {
    let folder = folder();
    let query = "select number, subject, body, price, groups from page order by body; -- all of them";
    let query = query.replace("; --", " --");
    let seen = walk(&source(&folder, &query, &keys()));
    let expected = [
        r#"1: {"id":"1","title":"[1]","text":"[2]","price":7.0,"groups":null}"#,
        r#"10: {"id":"10","title":"Boots","text":"Wax them.","price":null,"groups":"not [a list"}"#,
        r#"2: {"id":"2","title":"Tents","text":"Peg it.","price":99.5,"groups":["staff","guest"]}"#,
    ];
    assert_eq!(all(&seen), expected);
    assert!(seen.walked.whole && seen.walked.cursor.is_none() && !seen.walked.more);
}

#[test]
fn rows_that_are_no_documents_are_refused() {
    let folder = folder();
    change(
        &folder,
        "INSERT INTO page (number, body) VALUES (3, NULL); INSERT INTO page (body, picture) VALUES ('x', x'00');",
    );
    let query =
        "select nullif(number, 10) as number, body, picture, gone from page union all select 2, 'again', null, 0";
    let mut keys = keys();
    keys["title"] = json!("title");
    keys["deleted"] = json!("gone");
    let expected = [
        "row 1: refused, it has no id: `number` is NULL",
        "1: Deleted",
        "11: refused, the column `picture` holds bytes, which are no text",
        r#"2: {"id":"2","text":"Peg it.","picture":null}"#,
        "2 (row 5): refused, a second row with the id 2; every document needs an id of its own",
        "3: refused, it has no text: `body` is missing or empty",
    ];
    assert_eq!(all(&walk(&source(&folder, query, &keys))), expected);
}

#[test]
fn a_cursor_goes_on_where_the_last_run_left_off() {
    let folder = folder();
    let mut keys = keys();
    keys["cursor"] = json!("updated");
    keys["cursor_start"] = json!("2026-01-02");
    keys["deleted"] = json!("gone");
    let source = source(&folder, "select * from page where updated >= $1", &keys);
    let seen = walk(&source);
    assert_eq!(seen.names(), ["2", "10"]);
    assert_eq!((seen.walked.whole, &seen.walked.cursor), (false, &Some(json!({ "after": "2026-01-03" }))));
    change(
        &folder,
        "UPDATE page SET gone = 1, updated = '2026-01-04' WHERE number = 2;
                     INSERT INTO page (number, body, updated) VALUES (11, 'Coil it.', '2026-01-03');",
    );
    let later = seen.again(&source);
    // The one of the same moment comes with the one that is known already.
    assert_eq!(later.names(), ["10", "11", "2"]);
    assert_eq!(all(&later)[2], "2: Deleted");
    assert_eq!(later.walked.cursor, Some(json!({ "after": "2026-01-04" })));
    change(&folder, "DELETE FROM page");
    let empty = later.again(&source);
    assert_eq!((empty.names().len(), &empty.walked.cursor), (0, &later.walked.cursor));
}

#[test]
fn a_cursor_of_numbers_is_compared_as_numbers() {
    let folder = folder();
    for column in ["number", "number + 0"] {
        for (start, expected) in [("0", vec!["1", "2", "10"]), ("2", vec!["10"]), ("9.5", vec!["10"])] {
            let query =
                format!("with p as (select *, {column} as version from page) select * from p where version > ?1");
            let mut keys = keys();
            keys["cursor"] = json!("version");
            keys["cursor_start"] = json!(start);
            let seen = walk(&source(&folder, &query, &keys));
            assert_eq!(seen.names(), expected, "{column} > {start}");
            assert_eq!(seen.walked.cursor, Some(json!({ "after": 10 })));
            assert!(seen.again(&source(&folder, &query, &keys)).items.is_empty());
        }
    }
}

#[test]
fn many_rows_come_in_batches() {
    let folder = folder();
    let query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 30000)
                 select printf('%05d', i) as id, 'text ' || i as text from n";
    let seen = walk(&source(&folder, query, &json!({})));
    assert_eq!((seen.items.len(), seen.names()[29_999]), (30_000, "30000"));
    // Large ones come a few at a time.
    let query = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 250)
                 select i as id, printf('%.100000c', 'x') as text from n";
    assert_eq!(walk(&source(&folder, query, &json!({}))).items.len(), 250);
}

#[test]
fn queries_that_are_refused() {
    let folder = folder();
    let check = |query: &str, more: Value, expected: &str| {
        let told = failure(&source(&folder, query, &more));
        assert!(told.contains(expected), "{query}: {told}");
        assert!(told.starts_with("the SQLite file `./handbook.db` cannot be read: "), "{told}");
    };
    check("select 1 as id", json!({}), "the query gives no column `text`, but id");
    check("select number as id, body as text from page", json!({ "title": "t" }), "no column `t`, but id, text");
    check("select number as id, body as text from page", json!({ "deleted": "gone" }), "no column `gone`");
    check("select 1 as id, 'x' as text where $1", json!({}), "the query has a parameter, and no `cursor`");
    check("select 1 as id, 'x' as text", json!({ "cursor": "id" }), "the query does not use `$1`");
    check("select 1 as id, 'x' as text where $1 and ?2", json!({ "cursor": "id" }), "more parameters than `$1`");
    check("delete from page", json!({}), "syntax error");
    check("select 1 as id, 'x' as text) as d; delete from page; select (1", json!({}), "Multiple statements");
    check("pragma user_version", json!({}), "no such table: pragma");
    check("select 1 as id, load_extension('x') as text", json!({}), "not authorized");
    check("select number as id, body as text from absent", json!({}), "no such table: absent");
    let slow =
        "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) as id, 'x' as text from n";
    check(slow, json!({ "timeout": "200ms" }), "the query took longer than 0.2 s");
    // Nothing of it was done.
    let query = "select number as id, body as text from page";
    assert_eq!(walk(&source(&folder, query, &json!({}))).items.len(), 3);
}

#[test]
fn files_that_are_refused() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    let check = |file: &str, expected: &str| {
        let declared = json!({ "url": format!("sqlite:{file}"), "query": "select 1 as id, 'x' as text" });
        let declared: SqlSource = serde_json::from_value(declared).expect("a good declaration");
        let told = match SqlRows::new(&declared, &folder.path().join("sub")) {
            Ok(source) => failure(&source),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expected), "{file}: {told}");
    };
    check("../handbook.db", "it must be named by a path below the use case's folder");
    check("/etc/passwd", "it must be named by a path below the use case's folder");
    check("absent.db", "No such file");
    check(".", "it is not an ordinary file");
    #[cfg(unix)]
    {
        let link = folder.path().join("sub/link.db");
        std::os::unix::fs::symlink(folder.path().join("handbook.db"), link).expect("a link");
        check("link.db", "it is a link that leaves the use case's folder");
    }
    std::fs::write(folder.path().join("sub/no.db"), "# no database, and long enough to be one").expect("a file");
    check("no.db", "file is not a database");
}
