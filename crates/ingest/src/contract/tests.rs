//! The checks as data: fields in, verdict out.

use super::{Candidate, Contract, Rights};
use crate::parse::ParsedDocument;
use serde_json::{Value, json};
use usecase::declared::{AccessRule, ContractCheck, Feed, RowCount};

fn feed(checks: Vec<ContractCheck>, access: Option<&str>) -> Feed {
    Feed {
        files: "*.md".to_owned(),
        every: None,
        cron: None,
        fresh_within: None,
        access: access.and_then(AccessRule::parse),
        checks,
        passage_chars: 900,
    }
}

fn candidate(path: &str, fields: Value) -> Candidate {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    let text_of = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let document = ParsedDocument {
        id: text_of("id").unwrap_or_else(|| path.to_owned()),
        title: text_of("title").unwrap_or_else(|| "name".to_owned()),
        titled: fields.contains_key("title"),
        url: None,
        text: "words".to_owned(),
        fields,
    };
    Candidate { path: path.to_owned(), document }
}

/// The reason for which a lone document is refused; `None` when it passes.
fn verdict(check: &ContractCheck, fields: Value) -> Option<String> {
    let contract = Contract::of(&feed(vec![check.clone()], None)).expect("the check is good");
    let (_, mut refused) = contract.judge(vec![candidate("a.md", fields)]);
    refused.pop().map(|refused| refused.reason)
}

#[test]
fn checks_of_one_document() {
    let not_null = |field: &str| ContractCheck::NotNull(field.to_owned());
    let values = vec!["draft".to_owned(), "final".to_owned(), "2".to_owned()];
    let accepted = ContractCheck::AcceptedValues { field: "state".to_owned(), values };
    let regex = ContractCheck::Regex { field: "code".to_owned(), pattern: "^[A-Z]{2}-[0-9]+$".to_owned() };
    let table = [
        (not_null("owner"), json!({"owner": "Care"}), None),
        (not_null("owner"), json!({"owner": 0}), None),
        (not_null("owner"), json!({"owner": false}), None),
        (not_null("owner"), json!({}), Some("`owner` is missing or empty")),
        (not_null("owner"), json!({"owner": "  "}), Some("`owner` is missing")),
        (not_null("owner"), json!({"owner": null}), Some("`owner` is missing")),
        (not_null("owner"), json!({"owner": []}), Some("`owner` is missing")),
        (not_null("id"), json!({}), None),
        (not_null("text"), json!({}), None),
        (not_null("title"), json!({"title": "T"}), None),
        (not_null("title"), json!({}), Some("`title` is missing")),
        (accepted.clone(), json!({"state": "draft"}), None),
        (accepted.clone(), json!({"state": 2}), None),
        (accepted.clone(), json!({"state": ["draft", "final"]}), None),
        (accepted.clone(), json!({}), None),
        (accepted.clone(), json!({"state": "Draft"}), Some("`state` is \"Draft\"; accepted are: draft, final, 2")),
        (accepted, json!({"state": ["draft", "odd"]}), Some("\"odd\"")),
        (regex.clone(), json!({"code": "AB-12"}), None),
        (regex.clone(), json!({}), None),
        (regex.clone(), json!({"code": "ab-12"}), Some("`code` is \"ab-12\", which does not match ^[A-Z]")),
        (regex, json!({"code": "x".repeat(100)}), Some("xxx…\"")),
    ];
    for (check, fields, expected) in table {
        let reason = verdict(&check, fields.clone());
        match expected {
            None => assert_eq!(reason, None, "{check:?} on {fields}"),
            Some(part) => {
                let reason = reason.unwrap_or_else(|| panic!("{check:?} on {fields} passed"));
                assert!(reason.contains(part), "{reason:?} should name {part:?}");
            }
        }
    }
}

#[test]
fn all_reasons_come_at_once() {
    let checks = vec![ContractCheck::NotNull("owner".to_owned()), ContractCheck::NotNull("state".to_owned())];
    let contract = Contract::of(&feed(checks, Some("front-matter:groups"))).expect("good checks");
    let (_, refused) = contract.judge(vec![candidate("a.md", json!({"groups": 5}))]);
    let reason = &refused[0].reason;
    assert!(reason.contains("`owner`") && reason.contains("`state`") && reason.contains("`groups`"), "{reason}");
}

#[test]
fn the_first_in_order_keeps_a_unique_value() {
    let contract = Contract::of(&feed(vec![ContractCheck::Unique("sku".to_owned())], None)).expect("a good check");
    let (passed, refused) = contract.judge(vec![
        candidate("a.md", json!({"sku": "1"})),
        candidate("b.md", json!({"sku": 1})),
        candidate("c.md", json!({})),
        candidate("d.md", json!({})),
        candidate("e.md", json!({"sku": "2", "id": "same"})),
        candidate("f.md", json!({"sku": "3", "id": "same"})),
    ]);
    let passed: Vec<&str> = passed.iter().map(super::Checked::path).collect();
    assert_eq!(passed, ["a.md", "c.md", "d.md", "e.md"]);
    assert_eq!((refused[0].path.as_str(), &refused[0].rights), ("b.md", &Rights::Now(None)));
    assert_eq!(refused[0].reason, "`sku` is \"1\", as in a.md; it must be unique");
    // An id is a key: it must be unique whether a check says so or not.
    assert_eq!((refused[1].path.as_str(), &refused[1].rights), ("f.md", &Rights::NotItsOwn));
    assert_eq!(refused[1].reason, "`id` is \"same\", as in e.md; it must be unique");
}

#[test]
fn groups_as_they_are_written() {
    let everyone = Some(None);
    let only = |groups: &[&str]| Some(Some(groups.iter().map(|group| (*group).to_owned()).collect::<Vec<_>>()));
    let table = [
        (json!({}), everyone),
        (json!({"groups": ["hr", "staff"]}), only(&["hr", "staff"])),
        (json!({"groups": "staff, hr ,staff,"}), only(&["hr", "staff"])),
        (json!({"groups": "staff"}), only(&["staff"])),
        (json!({"groups": []}), only(&[])),
        (json!({"groups": null}), None),
        (json!({"groups": ""}), None),
        (json!({"groups": " , "}), None),
        (json!({"groups": 5}), None),
        (json!({"groups": true}), None),
        (json!({"groups": {"hr": true}}), None),
        (json!({"groups": ["hr", 5]}), None),
        (json!({"groups": ["hr", ""]}), None),
        (json!({"groups": [["hr"]]}), None),
    ];
    for (fields, expected) in table {
        let contract = Contract::of(&feed(Vec::new(), Some("front-matter:groups"))).expect("a good feed");
        let (passed, refused) = contract.judge(vec![candidate("a.md", fields.clone())]);
        assert_eq!(passed.first().map(|checked| checked.groups().clone()), expected, "{fields}");
        assert!(refused.iter().all(|refused| refused.rights == Rights::Unreadable), "{fields}");
    }
    // Without a rule the field is a field like any other.
    let contract = Contract::of(&feed(Vec::new(), None)).expect("a good feed");
    let (passed, _) = contract.judge(vec![candidate("a.md", json!({"groups": 5}))]);
    assert_eq!(passed[0].groups(), &None);
}

#[test]
fn row_counts_and_patterns_stop_the_run() {
    let count = |min, max| {
        let feed = feed(vec![ContractCheck::RowCount(RowCount { min, max })], None);
        Contract::of(&feed).expect("a good check").admit_count(5)
    };
    assert!(count(None, None).is_ok() && count(Some(5), Some(5)).is_ok());
    let few = count(Some(6), None).expect_err("too few").to_string();
    assert!(few.contains("5 documents, at least 6 expected") && few.contains("nothing was changed"), "{few}");
    let many = count(None, Some(4)).expect_err("too many").to_string();
    assert!(many.contains("5 documents, at most 4 expected"), "{many}");

    let regex = ContractCheck::Regex { field: "code".to_owned(), pattern: "(".to_owned() };
    let error = Contract::of(&feed(vec![regex], None)).err().expect("a bad pattern").to_string();
    assert!(error.contains("`code`") && error.contains("cannot be compiled"), "{error}");
}
