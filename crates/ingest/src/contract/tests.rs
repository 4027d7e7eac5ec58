//! The checks as data: fields in, verdict out.

use super::{Candidate, Checked, Contract, Refused, Rights, typed};
use crate::parse::ParsedDocument;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use usecase::declared::{AccessRule, ContractCheck, Feed, FieldType, Percent, RowCount};

fn feed(checks: Vec<ContractCheck>, access: Option<&str>) -> Feed {
    Feed { access: access.and_then(AccessRule::parse), checks, ..Feed::of_files("*.md") }
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
        pages: Vec::new(),
        fields,
    };
    Candidate { path: path.to_owned(), document }
}

/// The feed's contract; no other feed has any document.
fn try_contract(feed: &Feed) -> crate::Result<Contract> {
    Contract::of(feed, &|_| Ok(BTreeMap::new()))
}

fn contract(feed: &Feed) -> Contract {
    try_contract(feed).expect("a good contract")
}

/// Who passed, and who did not, in the order given.
fn judged(mut contract: Contract, candidates: Vec<Candidate>) -> (Vec<Checked>, Vec<Refused>) {
    let (mut passed, mut refused) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match contract.judge(candidate) {
            Ok(checked) => passed.push(checked),
            Err(reason) => refused.push(reason),
        }
    }
    (passed, refused)
}

/// The reason for which a lone document is refused; `None` when it passes.
fn verdict(check: &ContractCheck, fields: Value) -> Option<String> {
    let mut contract = contract(&feed(vec![check.clone()], None));
    contract.judge(candidate("a.md", fields)).err().map(|refused| refused.reason)
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
    let contract = contract(&feed(checks, Some("front-matter:groups")));
    let (_, refused) = judged(contract, vec![candidate("a.md", json!({"groups": 5}))]);
    let reason = &refused[0].reason;
    assert!(reason.contains("`owner`") && reason.contains("`state`") && reason.contains("`groups`"), "{reason}");
}

#[test]
fn the_first_in_order_keeps_a_unique_value() {
    let contract = contract(&feed(vec![ContractCheck::Unique("sku".to_owned())], None));
    let (passed, refused) = judged(
        contract,
        vec![
            candidate("a.md", json!({"sku": "1"})),
            candidate("b.md", json!({"sku": 1})),
            candidate("c.md", json!({})),
            candidate("d.md", json!({})),
            candidate("e.md", json!({"sku": "2", "id": "same"})),
            candidate("f.md", json!({"sku": "3", "id": "same"})),
        ],
    );
    let passed: Vec<&str> = passed.iter().map(Checked::path).collect();
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
        let contract = contract(&feed(Vec::new(), Some("front-matter:groups")));
        let (passed, refused) = judged(contract, vec![candidate("a.md", fields.clone())]);
        assert_eq!(passed.first().map(|checked| checked.groups().clone()), expected, "{fields}");
        assert!(refused.iter().all(|refused| refused.rights == Rights::Unreadable), "{fields}");
    }
    // Without a rule the field is a field like any other.
    let contract = contract(&feed(Vec::new(), None));
    let (passed, _) = judged(contract, vec![candidate("a.md", json!({"groups": 5}))]);
    assert_eq!(passed[0].groups(), &None);
}

#[test]
fn row_counts_and_patterns_stop_the_run() {
    let count = |min, max| {
        let feed = feed(vec![ContractCheck::RowCount(RowCount { min, max })], None);
        contract(&feed).admit_count(5)
    };
    assert!(count(None, None).is_ok() && count(Some(5), Some(5)).is_ok());
    let few = count(Some(6), None).expect_err("too few").to_string();
    assert!(few.contains("5 documents, at least 6 expected") && few.contains("nothing was changed"), "{few}");
    let many = count(None, Some(4)).expect_err("too many").to_string();
    assert!(many.contains("5 documents, at most 4 expected"), "{many}");

    let regex = ContractCheck::Regex { field: "code".to_owned(), pattern: "(".to_owned() };
    let error = try_contract(&feed(vec![regex], None)).err().expect("a bad pattern").to_string();
    assert!(error.contains("`code`") && error.contains("cannot be compiled"), "{error}");
}

/// A check as a feed declares it.
fn declared(toml: &str) -> ContractCheck {
    let table: toml::Table =
        toml::from_str(&format!("check = {toml}")).unwrap_or_else(|error| panic!("{toml}: {error}"));
    table["check"].clone().try_into().unwrap_or_else(|error| panic!("{toml}: {error}"))
}

#[test]
fn checks_as_they_are_declared() {
    let table = [
        // The names that dbt, Great Expectations and Soda have for the same check.
        ("{ not_null = 'owner' }", json!({}), Some("`owner` is missing")),
        ("{ expect_column_values_to_not_be_null = 'owner' }", json!({}), Some("`owner` is missing")),
        ("{ missing_count = 'owner' }", json!({}), Some("`owner` is missing")),
        (
            "{ expect_column_values_to_be_in_set = { field = 's', values = ['a'] } }",
            json!({"s": "b"}),
            Some("accepted are: a"),
        ),
        (
            "{ expect_column_values_to_match_regex = { field = 's', pattern = '^a' } }",
            json!({"s": "b"}),
            Some("does not match"),
        ),
        (
            "{ expect_column_values_to_be_between = { field = 'n', max = 5 } }",
            json!({"n": 6}),
            Some("not between any and 5"),
        ),
        // Numbers.
        ("{ between = { field = 'n', min = 1, max = 5 } }", json!({"n": 1}), None),
        ("{ between = { field = 'n', min = 1, max = 5 } }", json!({"n": "5.0"}), None),
        (
            "{ between = { field = 'n', min = 1, max = 5 } }",
            json!({"n": 5.01}),
            Some("`n` is \"5.01\", not between 1 and 5"),
        ),
        ("{ between = { field = 'n', min = 1 } }", json!({"n": [2, 0]}), Some("\"0\"")),
        ("{ between = { field = 'n', min = 1 } }", json!({"n": "many"}), Some("\"many\"")),
        ("{ between = { field = 'n', min = 1 } }", json!({"n": "NaN"}), Some("\"NaN\"")),
        ("{ between = { field = 'n', min = 1 } }", json!({}), None),
        // Dates, in any form that is one.
        ("{ between = { field = 'd', min = '2026-01-01' } }", json!({"d": "2026-01-01"}), None),
        ("{ between = { field = 'd', min = '2026-01-01' } }", json!({"d": "2026-03-04T10:00:00+01:00"}), None),
        ("{ between = { field = 'd', min = '2026-01-01' } }", json!({"d": "2025/12/31"}), Some("2025/12/31")),
        ("{ between = { field = 'd', max = '2026-01-01' } }", json!({"d": "soon"}), Some("\"soon\"")),
        ("{ between = { field = 'd', max = '2026-01-01' } }", json!({"d": 7}), Some("\"7\"")),
        // The text is "words".
        ("{ length = { min = 5, max = 5 } }", json!({}), None),
        ("{ length = { min = 6 } }", json!({}), Some("its text has 5 characters, at least 6 expected")),
        ("{ length = { max = 4 } }", json!({}), Some("its text has 5 characters, at most 4 expected")),
        ("{ freshness = { field = 'd', within = '7d' } }", json!({"d": "2999-01-01"}), None),
        ("{ freshness = { field = 'd', within = '7d' } }", json!({"d": "2020-01-01T00:00:00Z"}), Some("older than")),
        ("{ freshness = { field = 'd', within = '7d' } }", json!({"d": "yesterday"}), Some("which is no date")),
        ("{ freshness = { field = 'd', within = '7d' } }", json!({}), None),
        // No other feed has any document here.
        (
            "{ relationships = { field = 'p', to = 'products' } }",
            json!({"p": "x"}),
            Some("the feed `products` has no such"),
        ),
        ("{ relationships = { field = 'p', to = 'products' } }", json!({}), None),
    ];
    for (toml, fields, expected) in table {
        let reason = verdict(&declared(toml), fields.clone());
        match expected {
            None => assert_eq!(reason, None, "{toml} on {fields}"),
            Some(part) => {
                assert!(reason.as_ref().is_some_and(|reason| reason.contains(part)), "{toml} on {fields}: {reason:?}");
            }
        }
    }
    for (name, other) in [
        ("{ unique = 'sku' }", "{ expect_column_values_to_be_unique = 'sku' }"),
        ("{ unique = 'sku' }", "{ duplicate_count = 'sku' }"),
        ("{ row_count = { min = 1 } }", "{ expect_table_row_count_to_be_between = { min = 1 } }"),
        ("{ max_failed = '5%' }", "{ max_failed = '5.0%' }"),
    ] {
        assert_eq!(declared(name), declared(other));
    }
}

#[test]
fn a_relationship_to_a_document_that_is_there() {
    let feed = feed(vec![declared("{ relationships = { field = 'p', to = 'products' } }")], None);
    let there = |feed: &str| Ok(BTreeMap::from([(format!("{feed}-1"), String::new())]));
    let mut contract = Contract::of(&feed, &there).expect("a good contract");
    contract.judge(candidate("a.md", json!({"p": "products-1"}))).expect("it is there");
    let refused =
        contract.judge(candidate("b.md", json!({"p": ["products-1", "products-2"]}))).expect_err("one is not");
    assert!(refused.reason.contains("\"products-2\""), "{refused:?}");
}

#[test]
fn how_many_may_fail() {
    // Failed, seen, and whether five in a hundred is still the case.
    for (failed, seen, admitted) in
        [(0, 0, true), (0, 9, true), (5, 100, true), (6, 100, false), (1, 20, true), (1, 19, false)]
    {
        let feed = feed(vec![ContractCheck::MaxFailed(Percent::of(5.0))], None);
        assert_eq!(contract(&feed).admit_failed(failed, seen).is_ok(), admitted, "{failed} of {seen}");
    }
}

#[test]
fn fields_become_what_they_are_declared_as() {
    use FieldType::{Bool, Date, Keyword, List, Number};
    let refused = None;
    let good = |value: Value| Some(Some(value));
    let table = [
        (Keyword, json!("  a b "), good(json!("a b"))),
        (Keyword, json!(7), good(json!("7"))),
        (Keyword, json!(true), good(json!("true"))),
        (Keyword, json!(["a"]), refused.clone()),
        (Keyword, json!({"a": 1}), refused.clone()),
        (Number, json!("42"), good(json!(42))),
        (Number, json!(" -1.5e3 "), good(json!(-1500.0))),
        (Number, json!(1.5), good(json!(1.5))),
        (Number, json!("1,5"), refused.clone()),
        (Number, json!("inf"), refused.clone()),
        (Number, json!(true), refused.clone()),
        (Date, json!("2026-11-20"), good(json!("2026-11-20"))),
        (Date, json!("2026/11/20"), good(json!("2026-11-20"))),
        (Date, json!("2026-11-20 09:30"), good(json!("2026-11-20T09:30:00Z"))),
        (Date, json!("2026-11-20T09:30:00.25+02:00"), good(json!("2026-11-20T07:30:00Z"))),
        (Date, json!("Fri, 20 Nov 2026 09:30:00 +0000"), good(json!("2026-11-20T09:30:00Z"))),
        (Date, json!("20.11.2026"), refused.clone()),
        (Date, json!("2026-02-30"), refused.clone()),
        (Date, json!(20_261_120), refused.clone()),
        (Bool, json!("Yes"), good(json!(true))),
        (Bool, json!("0"), good(json!(false))),
        (Bool, json!(1), refused.clone()),
        (Bool, json!("maybe"), refused.clone()),
        (List, json!("a, b,,c "), good(json!(["a", "b", "c"]))),
        (List, json!(["a", 2]), good(json!(["a", "2"]))),
        (List, json!([["a"]]), refused.clone()),
        (List, json!(5), refused),
    ];
    let empty =
        [Keyword, Number, Date, Bool, List].into_iter().flat_map(|kind| [(kind, json!("  ")), (kind, json!(null))]);
    let empty = empty.map(|(kind, value)| (kind, value, Some(None)));
    for (kind, value, expected) in table.into_iter().chain(empty) {
        let mut fields = Map::from_iter([("f".to_owned(), value.clone()), ("other".to_owned(), value.clone())]);
        let reasons =
            typed::convert(&mut fields, &BTreeMap::from([("f".to_owned(), kind), ("absent".to_owned(), kind)]));
        match expected {
            Some(expected) => {
                assert_eq!((fields.get("f"), reasons.len()), (expected.as_ref(), 0), "{kind:?} of {value}");
            }
            None => {
                assert!(reasons.len() == 1 && reasons[0].contains("declared as"), "{kind:?} of {value}: {reasons:?}");
            }
        }
        assert_eq!(fields["other"], value, "a field that is not declared stays as it is");
    }
}

#[test]
fn a_declared_kind_is_a_part_of_the_contract() {
    let mut feed = feed(vec![declared("{ between = { field = 'n', max = 5 } }")], None);
    feed.fields = BTreeMap::from([("n".to_owned(), FieldType::Number), ("d".to_owned(), FieldType::Date)]);
    let mut contract = contract(&feed);
    let good = contract.judge(candidate("a.md", json!({"n": " 4 ", "d": "2026/01/02"}))).expect("good");
    assert_eq!(Value::from(good.document().fields.clone()), json!({"n": 4, "d": "2026-01-02"}));
    let reason = contract.judge(candidate("b.md", json!({"n": "six", "d": "?"}))).expect_err("both are wrong").reason;
    assert!(
        reason.contains("`n` is \"six\"; it is declared as a number") && reason.contains("a date, like"),
        "{reason}"
    );
}

#[test]
fn everything_that_is_shown_can_be_replaced() {
    let mut plain = candidate(
        "a.md",
        json!({
            "id": "secret-id", "url": "https://secret", "title": "secret title",
            "tags": ["secret", 1, {"deep": "secret"}], "short": 1_234_567, "long": 12_345_678, "flag": true,
        }),
    );
    plain.document.url = Some("https://secret".to_owned());
    plain.document.pages = vec![0, 3];
    let mut checked = contract(&feed(vec![], None)).judge(plain).expect("good");
    let mut seen = Vec::new();
    checked.each_text(&mut |text| {
        seen.push(text.to_owned());
        None
    });
    // What stands in two places is shown once; names come after what they name.
    let texts = ["secret title", "words", "https://secret", "secret", "secret", "deep", "12345678"];
    let names = ["id", "url", "title", "tags", "short", "long", "flag"];
    assert_eq!(seen, [&texts[..], &names[..]].concat());
    assert_eq!(checked.document().pages, [0, 3], "an unchanged text keeps its pages");
    checked.each_text(&mut |text| Some(text.replace("secret", "no").replace("12345678", "n").replace("words", "w")));
    let document = checked.document();
    assert_eq!((document.title.as_str(), document.text.as_str()), ("no title", "w"));
    assert_eq!(document.pages, Vec::<usize>::new(), "the pages begin elsewhere now");
    let expected = json!({
        "id": "secret-id", "url": "https://no", "title": "no title",
        "tags": ["no", 1, {"deep": "no"}], "short": 1_234_567, "long": "n", "flag": true,
    });
    assert_eq!(Value::from(document.fields.clone()), expected);
    assert_eq!(document.url.as_deref(), Some("https://no"));
}

#[test]
fn names_of_fields_and_escaped_addresses_are_shown() {
    let fields = json!({ "a@b": 1, "c@d": { "e@f": [{ "g@h": 2 }] }, "[X]": 3 });
    let mut plain = candidate("in/a%40b.md", fields);
    plain.document.url = Some("https://example.com/a%40b%zz%4".to_owned());
    let mut checked = contract(&feed(vec![], None)).judge(plain).expect("good");
    checked.each_text(&mut |text| match text {
        "https://example.com/a@b%zz%4" => Some("https://example.com/[X]".to_owned()),
        text => text.contains('@').then(|| "[X]".to_owned()),
    });
    assert_eq!(checked.document().url.as_deref(), Some("https://example.com/[X]"));
    let expected = json!({ "[X]": 1, "[X] 2": { "[X]": [{ "[X]": 2 }] }, "[X] 3": 3 });
    assert_eq!(Value::from(checked.document().fields.clone()), expected);
    let mut names = Vec::new();
    checked.each_name(&mut |name| {
        names.push(name.to_owned());
        None
    });
    assert_eq!(names, ["in/a@b.md", "in/a@b.md"]);
}
