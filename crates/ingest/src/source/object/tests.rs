//! What becomes of an object under declared keys.

use super::Keys;
use crate::source::Content;
use serde_json::{Value, json};

fn check(object: Value, expected: &str) {
    let keys = Keys {
        id: "number".to_owned(),
        text: "body".to_owned(),
        title: "subject".to_owned(),
        deleted: Some("gone".to_owned()),
    };
    let shown = object.to_string();
    let Value::Object(object) = object else { panic!("an object was expected") };
    let found = match keys.content("7", object) {
        Content::Bytes { bytes, media, url } => {
            assert_eq!((media.as_deref(), url), (Some("application/json"), None), "{shown}");
            String::from_utf8(bytes).expect("JSON is text")
        }
        Content::Deleted => "deleted".to_owned(),
        Content::Refused(reason) => reason,
        other => panic!("{shown} gave {other:?}"),
    };
    assert_eq!(found, expected, "{shown}");
}

#[test]
fn declared_keys_bear_the_names_that_the_parser_knows() {
    check(
        json!({ "number": 7, "subject": "Tents", "body": "Peg it.", "price": 4.5, "groups": ["a"] }),
        r#"{"id":"7","title":"Tents","text":"Peg it.","price":4.5,"groups":["a"]}"#,
    );
    // Keys that only happen to bear the names make way.
    check(
        json!({ "id": 1, "text": "x", "title": null, "number": 7, "body": "Peg it." }),
        r#"{"id":"7","text":"Peg it."}"#,
    );
    let no_text = "it has no text: `body` is missing or empty";
    check(json!({ "number": 7 }), no_text);
    check(json!({ "number": 7, "body": null, "text": "not this one" }), no_text);
}

#[test]
fn a_mark_says_that_a_document_is_gone() {
    for yes in [json!(true), json!(1), json!(-0.5), json!("t"), json!("2026-01-01T00:00:00Z"), json!([])] {
        check(json!({ "body": "x", "gone": yes }), "deleted");
        check(json!({ "gone": yes }), "deleted");
    }
    for no in [json!(null), json!(false), json!(0), json!(0.0), json!(""), json!("F"), json!("No "), json!("0")] {
        check(json!({ "body": "x", "gone": no }), r#"{"id":"7","text":"x"}"#);
    }
}
