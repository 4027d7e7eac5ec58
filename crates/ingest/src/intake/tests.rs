//! What a document's metadata is made of.

use super::{can_be_filtered, metadata};
use crate::parse::ParsedDocument;
use serde_json::{Map, json};

#[test]
fn metadata_has_the_fields_and_the_starts_of_pages() {
    let mut fields = Map::new();
    fields.insert("state".to_owned(), json!("final"));
    let document = ParsedDocument {
        id: "a.pdf".to_owned(),
        title: "a".to_owned(),
        titled: false,
        url: None,
        text: "First\n\nSecond".to_owned(),
        fields,
        pages: vec![0, 7],
    };
    assert_eq!(serde_json::Value::from(metadata(&document)), json!({"state": "final", "page_starts": [0, 7]}));
    assert!(can_be_filtered(&json!("x".repeat(500))) && !can_be_filtered(&json!("x".repeat(501))));
    let without = ParsedDocument { pages: vec![], ..document };
    assert!(!metadata(&without).contains_key("page_starts"));
}
