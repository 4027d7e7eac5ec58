//! A real Postgres, where there is one.

use super::{all, failure, rows};
use crate::source::sql::SqlRows;
use crate::source::walked::walk;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use testkit::TestPostgres;

/// A database with a handbook, and the file that holds its URL as a secret.
struct Handbook {
    database: TestPostgres,
    folder: TempDir,
}

impl Handbook {
    /// `None` where there is no server.
    fn new() -> Option<Self> {
        if !testkit::postgres::is_here() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let handbook = Self { database: TestPostgres::database(), folder };
        std::fs::write(handbook.secret(), &handbook.database.url).expect("the secret is written");
        handbook.change(
            "CREATE TABLE page (number bigint PRIMARY KEY, subject text, body text, price numeric(30, 2), groups text[],
                                more jsonb, key uuid, picture bytea, on_day date, updated timestamptz, gone boolean);
             INSERT INTO page VALUES
                (2, 'Tents', 'Peg \"it\".', 12.50, '{staff,\"a b\"}', '{\"a\": [1, null]}',
                 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', NULL, '2026-02-03', '2026-01-02 10:00:00.123456+01', false),
                (10, NULL, 'Wax them.', NULL, NULL, NULL, NULL, NULL, NULL, '2026-01-03Z', NULL),
                (9007199254740993, 'Boots', 'Größe 日本', 7, '{}', '[]', NULL, NULL, NULL, '2026-01-01Z', true)",
        );
        Some(handbook)
    }

    fn secret(&self) -> std::path::PathBuf {
        self.folder.path().join("url")
    }

    fn change(&self, statements: &str) {
        self.database.client().batch_execute(statements).expect("it can be changed");
    }

    fn source(&self, query: &str, more: &Value) -> SqlRows {
        rows(Path::new("."), &format!("file:{}", self.secret().display()), query, more)
    }
}

fn keys() -> Value {
    json!({ "id": "number", "text": "body", "title": "subject" })
}

#[test]
fn every_row_is_a_document() {
    let Some(handbook) = Handbook::new() else { return };
    let columns = "number, subject, body, price, groups, more, key, on_day, updated";
    let seen = walk(&handbook.source(&format!("SELECT {columns} FROM page ORDER BY body -- all"), &keys()));
    let expected = [
        concat!(
            r#"10: {"id":"10","text":"Wax them.","price":null,"groups":null,"more":null,"key":null,"on_day":null,"#,
            r#""updated":"2026-01-03T00:00:00+00:00"}"#
        ),
        concat!(
            r#"2: {"id":"2","title":"Tents","text":"Peg \"it\".","price":12.5,"groups":["staff","a b"],"#,
            r#""more":{"a":[1,null]},"key":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","on_day":"2026-02-03","#,
            r#""updated":"2026-01-02T09:00:00.123456+00:00"}"#
        ),
        concat!(
            r#"9007199254740993: {"id":"9007199254740993","title":"Boots","text":"Größe 日本","price":7.0,"groups":[],"#,
            r#""more":[],"key":null,"on_day":null,"updated":"2026-01-01T00:00:00+00:00"}"#
        ),
    ];
    assert_eq!(all(&seen), expected);
    assert!(seen.walked.whole && seen.walked.cursor.is_none());
}

#[test]
fn rows_that_are_no_documents_are_refused() {
    let Some(handbook) = Handbook::new() else { return };
    let query = "SELECT nullif(number, 10) AS number, nullif(body, 'Größe 日本') AS body, gone FROM page
                 UNION ALL SELECT 2, 'again', false UNION ALL SELECT 3, NULL, false";
    let keys = json!({ "id": "number", "text": "body", "deleted": "gone" });
    let mut found = all(&walk(&handbook.source(query, &keys)));
    // NULL comes last here.
    let expected = [
        "3: refused, it has no text: `body` is missing or empty",
        "9007199254740993: Deleted",
        "row 5: refused, it has no id: `number` is NULL",
    ];
    assert_eq!(found.split_off(2), expected);
    assert!(found[0].starts_with("2: {"), "{found:?}");
    assert_eq!(found[1], "2 (row 2): refused, a second row with the id 2; every document needs an id of its own");
}

#[test]
fn a_cursor_goes_on_where_the_last_run_left_off() {
    let Some(handbook) = Handbook::new() else { return };
    // The parameter is taken for what it is compared with, or for what it is cast to.
    let cases = [
        ("updated", "updated > $1", "1970-01-01", json!("2026-01-03 00:00:00+00")),
        ("updated", "updated > $1::timestamptz - interval '1 minute'", "1970-01-01", json!("2026-01-03 00:00:00+00")),
        ("number", "number > $1", "-5", json!("9007199254740993")),
        ("number", "number > $1::text::numeric", "0", json!("9007199254740993")),
        ("price", "coalesce(price, 0) >= $1", "0", json!("12.50")),
    ];
    let columns = "number, subject, body, price, updated";
    for (cursor, condition, start, largest) in cases {
        let mut keys = keys();
        keys["cursor"] = json!(cursor);
        keys["cursor_start"] = json!(start);
        let source = handbook.source(&format!("SELECT {columns} FROM page WHERE {condition}"), &keys);
        let seen = walk(&source);
        assert_eq!(seen.items.len(), 3, "{condition}");
        assert_eq!(
            (seen.walked.whole, &seen.walked.cursor),
            (false, &Some(json!({ "after": largest }))),
            "{condition}"
        );
        let later = seen.again(&source);
        assert!(later.items.len() <= 1, "{condition}: {:?}", later.names());
        assert_eq!(later.walked.cursor, seen.walked.cursor);
    }
    let mut keys = keys();
    keys["cursor"] = json!("updated");
    keys["cursor_start"] = json!("no time");
    let told = failure(&handbook.source(&format!("SELECT {columns} FROM page WHERE updated > $1"), &keys));
    assert!(told.contains("invalid input syntax for type timestamp"), "{told}");
}

#[test]
fn many_rows_come_in_batches() {
    let Some(handbook) = Handbook::new() else { return };
    let query = "SELECT lpad(n::text, 6, '0') AS id, 'text ' || n AS text FROM generate_series(1, 30000) AS n";
    let seen = walk(&handbook.source(query, &json!({})));
    assert_eq!((seen.items.len(), seen.names()[29_999]), (30_000, "030000"));
    let query = "SELECT n AS id, repeat('x', 100000) AS text FROM generate_series(1, 250) AS n";
    assert_eq!(walk(&handbook.source(query, &json!({}))).items.len(), 250);
}

#[test]
fn queries_that_are_refused() {
    let Some(handbook) = Handbook::new() else { return };
    let place = format!("the database of `file:{}` cannot be read: ", handbook.secret().display());
    let check = |query: &str, more: Value, expected: &str| {
        let told = failure(&handbook.source(query, &more));
        assert!(told.starts_with(&place) && told.contains(expected), "{query}: {told}");
    };
    let good = "SELECT number AS id, body AS text FROM page";
    check("SELECT 1 AS id", json!({}), "the query gives no column `text`, but id");
    check("SELECT 1 AS id, 'x' AS text, 2 AS a, 3 AS a", json!({}), "two columns `a`");
    check("SELECT number AS id, body AS text, picture FROM page", json!({}), "the column `picture` is of type bytea");
    check("SELECT 1 AS id, 'x' AS text, ARRAY[''::bytea] AS a", json!({}), "the column `a` is of type bytea");
    check(&format!("{good} WHERE number > $1"), json!({}), "the query has a parameter, and no `cursor`");
    check(good, json!({ "cursor": "id" }), "the query does not use `$1`");
    check("DELETE FROM page", json!({}), "syntax error");
    check("WITH d AS (DELETE FROM page RETURNING *) SELECT number AS id, body AS text FROM d", json!({}), "(0A000)");
    check(&format!("{good}) AS d; DELETE FROM page; SELECT (1"), json!({}), "(42601)");
    check("SELECT 1 AS id, body AS text FROM absent", json!({}), "relation \"absent\" does not exist");
    handbook.change("CREATE FUNCTION wipe() RETURNS text LANGUAGE sql AS 'DELETE FROM page; SELECT ''x''::text'");
    check("SELECT 1 AS id, wipe() AS text", json!({}), "read-only transaction");
    check(
        "SELECT 1 AS id, pg_sleep(5)::text AS text",
        json!({ "timeout": "200ms" }),
        "the query took longer than 0.2 s",
    );
    assert_eq!(walk(&handbook.source(good, &json!({}))).items.len(), 3);
}

#[test]
fn a_secret_is_never_told() {
    let Some(handbook) = Handbook::new() else { return };
    let told = |url: &str| {
        std::fs::write(handbook.secret(), url).expect("the secret is written");
        let told = failure(&handbook.source("SELECT 1 AS id, 'x' AS text", &json!({})));
        assert!(!told.contains("hunter2"), "{told}");
        told
    };
    assert!(told("mysql://root:hunter2@127.0.0.1/x").contains("does not begin with postgres://"));
    assert!(told("postgres://app:hunter2@127.0.0.1:1/x").contains("cannot be reached"));
    told("postgres://app:hunter2@127.0.0.1:1/x?nonsense=hunter2");
    told(&handbook.database.url_of("nobody", "hunter2"));
    std::fs::remove_file(handbook.secret()).expect("it is removed");
    let declared = json!({ "url": format!("file:{}", handbook.secret().display()), "query": "SELECT 1" });
    let declared = serde_json::from_value(declared).expect("a good declaration");
    let missing = SqlRows::new(&declared, Path::new(".")).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.contains("gives nothing"), "{missing}");
}
