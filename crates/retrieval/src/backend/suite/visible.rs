//! What a caller sees: groups, filters, and that what is not seen changes nothing.

use super::super::{Backend, DocumentRow};
use super::model::{Model, names, scope, seen};
use super::{Make, apply, document, groups, ids, serving, space, with_places};
use crate::document::Place;
use crate::filter::{Condition, Filter, Scalar};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Field names that would hurt where a name becomes part of a query or a path.
const FIELDS: [&str; 6] = ["product", "year", "tags", "it's a \"field\".name[0]$", "", "ünïcode ?1"];
const WORDS: [&str; 8] = ["kettle", "lamp", "shade", "refund", "broken", "cold chain", "über", "2024"];
const GROUPS: [&str; 3] = ["sales", "legal", "it's"];

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() })
}

pub(crate) fn everything_of_a_document_comes_back(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let text = "Ärger 😀 kettle\nhead | er\nrow one\nrow two";
    let place = |ordinal, start, end, heading: &str, section, header| Place {
        ordinal,
        start,
        end,
        section,
        heading: heading.to_owned(),
        header,
    };
    let places = vec![
        place(0, 6, 14, "", None, None),
        place(4, 15, 24, "Returns > Cold chain", Some((0, 24)), None),
        place(9, 25, 32, "Tables", Some((0, 40)), Some((15, 24))),
    ];
    let mut whole = with_places("id/ü \"it's\" %_\\ 😀", "Complaints", text, places);
    whole.url = Some("https://example.com/a?b=c#d".to_owned());
    whole.groups = Some(groups(&["it's", "b\"c", "ü"]));
    let awkward = json!({
        "nested": {"a": [1, {"b": null}], "": "x"}, "null": null, "flag": false, "empty": [], "emptier": {},
        "list": (0..300).map(|n| format!("value {n}")).collect::<Vec<_>>(), "mixed": [1, "1", true, null, [2], {"c": 3}],
        "zero": -0.0, "big": u64::MAX, "low": i64::MIN, "float": 1.5e300, "small": 5e-324, "third": 1.0 / 3.0,
        "whole": 2.0, "it's a \"field\".name[0]$": "quotes ' \" \\ $1 ?1 {}", "": "no name", "long": "x".repeat(5_000),
    });
    whole.metadata = awkward.as_object().expect("an object").clone();
    let mut plain = document("b", &["lamp"]);
    plain.groups = Some(Vec::new());
    apply(backend, "everything", vec![whole.clone(), plain], &[]);
    let version = serving(backend, "everything");
    for group in ["it's", "b\"c", "ü"] {
        let read = version.document(&whole.id, &groups(&[group, "other"])).expect("it can be read");
        assert_eq!(read.as_ref(), Some(&whole), "{group}");
    }
    for hidden in [&whole.id, "b", "never there"] {
        assert_eq!(version.document(hidden, &groups(&["legal"])).expect("it can be read"), None, "{hidden}");
    }
    let facets = scope(&version, &groups(&["ü"]), &Filter::default());
    let fields = groups(&["mixed", "zero", "whole", "flag", "null", "nested", "nothing", ""]);
    let found = facets.facets(&fields, 10).expect("they can be counted");
    let values: Vec<(&str, Vec<&Value>)> = found
        .iter()
        .map(|(field, counts)| (field.as_str(), counts.iter().map(|count| &count.value).collect()))
        .collect();
    let (mixed, none) = ([json!("1"), json!(1), json!(true)], json!("no name"));
    assert_eq!(values[0].1, mixed.iter().collect::<Vec<_>>(), "in order of value");
    assert_eq!((values[1].1.len(), values[2].1[0], values[3].1[0]), (1, &json!(2), &json!(false)));
    assert!(values[4..7].iter().all(|(_, counts)| counts.is_empty()), "{values:?}");
    assert_eq!(values[7].1, [&none]);
}

pub(crate) fn groups_decide_who_sees_a_document(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let of = |id: &str, allowed: Option<&[&str]>| {
        let mut document = document(id, &["kettle"]);
        document.groups = allowed.map(groups);
        document
    };
    let documents = vec![
        of("all", None),
        of("none", Some(&[])),
        of("sales", Some(&["sales"])),
        of("two", Some(&["sales", "legal"])),
    ];
    apply(backend, "rights", documents, &[]);
    let check = |own: &[&str], expected: &[&str]| {
        let found = seen(&serving(backend, "rights"), &groups(own), &Filter::default());
        assert_eq!(found.keys().collect::<Vec<_>>(), expected, "{own:?}");
    };
    check(&[], &["all"]);
    check(&["sales"], &["all", "sales", "two"]);
    check(&["legal", "legal", "other"], &["all", "two"]);
    check(&["SALES", "", "sale"], &["all"]);
    // A change of rights alone is seen by the next question.
    apply(backend, "rights", vec![of("all", Some(&["legal"])), of("sales", None)], &[]);
    check(&[], &["sales"]);
    check(&["legal"], &["all", "sales", "two"]);
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        4 => prop::sample::select(vec![json!("pro"), json!("basic"), json!("it's"), json!("é"), json!(""), json!("2024-01-05"), json!("2024-02-01")]),
        3 => prop::sample::select(vec![json!(0), json!(-0.0), json!(1), json!(1.0), json!(2.5), json!(-3), json!(u64::MAX), json!(9_007_199_254_740_993_u64)]),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    prop_oneof![
        4 => scalar.clone(),
        2 => prop::collection::vec(scalar.clone(), 0..4).prop_map(Value::from),
        1 => scalar.prop_map(|inner| json!({"inner": inner, "list": [[1]]})),
    ]
}

fn any_scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        prop::sample::select(vec!["pro", "basic", "it's", "é", "", "2024-01-05", "2024-01-31", "absent"])
            .prop_map(|text| Scalar::Text(text.to_owned())),
        prop::sample::select(vec![0.0, -0.0, 1.0, 2.5, -3.0, 9_007_199_254_740_992.0, 1e300]).prop_map(Scalar::Number),
        any::<bool>().prop_map(Scalar::Bool),
    ]
}

/// Ranges as a filter may have them: one kind, no flags, at least one end; the ends may cross.
fn range() -> impl Strategy<Value = Condition> {
    let ends = prop_oneof![
        (
            prop::sample::select(vec!["", "basic", "é", "2024-01-31"]),
            prop::sample::select(vec!["é", "pro", "2024-01-05"])
        )
            .prop_map(|(from, to)| (Scalar::Text(from.to_owned()), Scalar::Text(to.to_owned()))),
        (-3.0..3.0f64, prop::sample::select(vec![-3.0, 0.0, 1.0, 2.5, 1e300]))
            .prop_map(|(from, to)| (Scalar::Number(from.round()), Scalar::Number(to))),
    ];
    (ends, 0..8u8).prop_map(|((from, to), shape)| {
        let (from, to) = if shape % 2 == 0 {
            (Bound::Included(from), Bound::Excluded(to))
        } else {
            (Bound::Excluded(from), Bound::Included(to))
        };
        match shape / 2 {
            0 => Condition::Range { from, to: Bound::Unbounded },
            1 => Condition::Range { from: Bound::Unbounded, to },
            _ => Condition::Range { from, to },
        }
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let condition = prop_oneof![
        prop::collection::vec(any_scalar(), 0..3).prop_map(Condition::AnyOf),
        prop::collection::vec(any_scalar(), 0..3).prop_map(Condition::AllOf),
        range(),
        Just(Condition::Exists),
    ];
    let field = prop::sample::select(vec!["product", "year", "tags", FIELDS[3], "", FIELDS[5], "absent"]);
    let leaf = (field, condition).prop_map(|(field, condition)| Filter::Field(field.to_owned(), condition));
    let leaf = prop_oneof![4 => leaf, 1 => Just(Filter::default())];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Filter::Any),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn any_groups() -> impl Strategy<Value = Option<Vec<String>>> {
    prop::option::of(prop::sample::subsequence(groups(&GROUPS), 0..=2))
}

fn any_document() -> impl Strategy<Value = DocumentRow> {
    let passage = prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..5).prop_map(|words| words.join(" "));
    let metadata = prop::collection::btree_map(prop::sample::select(FIELDS.to_vec()), value(), 0..4);
    (0..20u8, prop::collection::vec(passage, 0..4), metadata, any_groups()).prop_map(|(id, passages, metadata, own)| {
        let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
        let mut document = document(&format!("{id}{}", if id % 3 == 0 { "é" } else { "" }), &passages);
        document.metadata = metadata.into_iter().map(|(field, value)| (field.to_owned(), value)).collect::<Map<_, _>>();
        document.groups = own;
        document
    })
}

fn any_documents(most: usize) -> impl Strategy<Value = BTreeMap<String, DocumentRow>> {
    prop::collection::vec(any_document(), 0..most)
        .prop_map(|documents| documents.into_iter().map(|document| (document.id.clone(), document)).collect())
}

fn rows(documents: &BTreeMap<String, DocumentRow>) -> Vec<DocumentRow> {
    documents.values().cloned().collect()
}

pub(crate) fn any_filter_finds_what_it_admits(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let asked = prop::collection::vec((any_filter(), prop::sample::subsequence(groups(&GROUPS), 0..=3), 1..12usize), 8);
    let turn = Cell::new(0);
    runner(24)
        .run(&(any_documents(20), asked), |(documents, asked)| {
            let (documents, name) = (rows(&documents), format!("filters {}", turn.get()));
            turn.set(turn.get() + 1);
            apply(backend, &name, documents.clone(), &[]);
            let version = serving(backend, &name);
            for (filter, own, most) in asked {
                let model = Model::new(&documents, space().dimensions, &own, &filter);
                let scope = scope(&version, &own, &filter);
                model.check(scope.as_ref(), "broken kettle cold lamp 2024", &FIELDS, most);
            }
            backend.drop_collection(&name).expect("it can be dropped");
            Ok(())
        })
        .expect("every scope agrees with the plain reading");
}

/// Bits of every answer that a scope gives, with passages by their names.
fn everything(backend: &dyn Backend, name: &str, own: &[String], filter: &Filter) -> String {
    let version = serving(backend, name);
    let scope = scope(&version, own, filter);
    let terms = groups(&["kettl", "lamp", "cold"]);
    let statistics = scope.statistics(&terms).expect("it can be counted");
    let terms = terms.into_iter().zip(&statistics.holding).map(|(term, holding)| (term, 1.0 / (1 + holding) as f32));
    let average_length = (statistics.words as f32 / statistics.passages.max(1) as f32).max(1.0);
    let query = super::super::WordQuery { terms: terms.collect(), average_length, k1: 1.2, b: 0.75 };
    let words = scope.by_words(&query, 5).expect("it can be searched");
    let near = scope.by_vector(&super::vector_of("kettle", 8), 5).expect("it can be searched");
    let facets = scope.facets(&groups(&FIELDS), 3).expect("they can be counted");
    let keys: Vec<_> = words.iter().chain(&near).map(|hit| hit.passage).collect();
    let scores: Vec<u32> = words.iter().chain(&near).map(|hit| hit.score.to_bits()).collect();
    let (found, opened) = (names(scope.as_ref(), &words), scope.open(&keys, Some(1_000)).expect("they can be read"));
    format!("{statistics:?} {scores:?} {facets:?} {found:?} {opened:?}")
}

pub(crate) fn nothing_forbidden_changes_an_answer(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let own = prop::sample::subsequence(groups(&GROUPS), 0..=2);
    let turn = Cell::new(0);
    runner(24)
        .run(&(any_documents(16), own, any_filter()), |(documents, own, filter)| {
            let name = format!("hidden {}", turn.get());
            turn.set(turn.get() + 1);
            apply(backend, &name, rows(&documents), &[]);
            let before = everything(backend, &name, &own, &filter);
            let model = Model::new(documents.values(), 8, &own, &filter);
            let permitted = model.ids();
            let forbidden: Vec<&str> =
                documents.keys().map(String::as_str).filter(|id| !permitted.contains(id)).collect();
            apply(backend, &name, vec![], &forbidden);
            prop_assert_eq!(everything(backend, &name, &own, &filter), before);
            backend.drop_collection(&name).expect("it can be dropped");
            Ok(())
        })
        .expect("what may not be seen cannot be noticed");
}

/// Changes, rollbacks and erasures in any order, against a map.
pub(crate) fn what_is_changed_in_any_order_is_what_is_found(make: Make<'_>) {
    let fresh = make();
    let backend = fresh.backend.as_ref();
    let change = (any_documents(6), prop::collection::vec(0..20u8, 0..6), 0..6u8);
    let turn = Cell::new(0);
    runner(16)
        .run(&prop::collection::vec(change, 1..8), |changes| {
            let name = format!("order {}", turn.get());
            turn.set(turn.get() + 1);
            let mut versions: BTreeMap<u64, BTreeMap<String, DocumentRow>> = BTreeMap::new();
            let mut current = BTreeMap::new();
            for (upsert, delete, also) in changes {
                let delete: Vec<String> = delete.into_iter().map(|id| id.to_string()).collect();
                let gone: Vec<&str> = delete.iter().map(String::as_str).collect();
                current.retain(|id: &String, _| !delete.contains(id));
                current.extend(upsert.clone());
                let number = apply(backend, &name, rows(&upsert), &gone);
                versions.insert(number, current.clone());
                if also == 0 && number > 1 {
                    backend.serve(&name, number - 1).expect("it is kept");
                    current = versions[&(number - 1)].clone();
                } else if also == 1 {
                    backend.erase(&name, &delete).expect("they can be erased");
                    versions.values_mut().for_each(|version| version.retain(|id, _| !delete.contains(id)));
                    current.retain(|id, _| !delete.contains(id));
                }
                let version = serving(backend, &name);
                // After a rollback the last word on a document's rights binds the older version.
                let last = |id: &str| versions.values().rev().find_map(|version| version.get(id));
                let bound = |own: &[String]| -> Vec<&DocumentRow> {
                    let last = Model::new(current.keys().filter_map(|id| last(id)), 8, own, &Filter::default());
                    current.values().filter(|document| last.ids().contains(&document.id.as_str())).collect()
                };
                let model = Model::new(bound(&groups(&GROUPS)), 8, &groups(&GROUPS), &Filter::default());
                let scope = scope(&version, &groups(&GROUPS), &Filter::default());
                model.check(scope.as_ref(), "broken kettle cold", &FIELDS, 7);
                let head = backend.head(&name).expect("it can be read").expect("it is there");
                let passages: usize = current.values().map(|document| document.passages.len()).sum();
                prop_assert_eq!((head.documents, head.passages), (current.len() as u64, passages as u64));
                let open = |document: &&DocumentRow| document.groups.is_none() && !document.passages.is_empty();
                let shown: Vec<String> =
                    bound(&[]).into_iter().filter(open).map(|document| document.id.clone()).collect();
                prop_assert_eq!(ids(&version), shown);
            }
            backend.drop_collection(&name).expect("it can be dropped");
            Ok(())
        })
        .expect("what was changed is what is found");
}
