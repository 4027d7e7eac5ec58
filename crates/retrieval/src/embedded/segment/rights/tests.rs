//! Rights against the plain meaning of groups and filters.

use super::*;
use crate::embedded::segment::{Permitted, Segment, facets};
use crate::filter::Condition;
use proptest::prelude::*;
use roaring::RoaringBitmap;
use serde_json::json;
use std::ops::Bound;

const FIELDS: [&str; 4] = ["a", "b", "list", "absent"];

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        (0u8..4).prop_map(|text| Scalar::Text(["", "x", "y", "é"][text as usize].to_owned())),
        prop_oneof![Just(-0.0), Just(0.0), Just(1.5), Just(-3.0), Just(1e300), Just(f64::NAN)].prop_map(Scalar::Number),
        any::<bool>().prop_map(Scalar::Bool),
    ]
}

fn bound() -> impl Strategy<Value = Bound<Scalar>> {
    prop_oneof![scalar().prop_map(Bound::Included), scalar().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        proptest::collection::vec(scalar(), 0..3).prop_map(Condition::AnyOf),
        proptest::collection::vec(scalar(), 0..3).prop_map(Condition::AllOf),
        (bound(), bound()).prop_map(|(from, to)| Condition::Range { from, to }),
        Just(Condition::Exists),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let field = (0..FIELDS.len(), condition())
        .prop_map(|(field, condition)| Filter::Field(FIELDS[field].to_owned(), condition));
    field.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

/// Groups and metadata.
type Document = (Option<Vec<String>>, Map<String, Value>);

/// Every kind of value that metadata may hold, those that cannot be filtered by too.
fn value() -> impl Strategy<Value = Value> {
    let plain = prop_oneof![
        (0u8..4).prop_map(|text| json!(["", "x", "y", "é"][text as usize])),
        Just(json!(-0.0)),
        Just(json!(0)),
        Just(json!(1.5)),
        Just(json!(-3)),
        Just(json!(true)),
        Just(json!(false)),
        Just(Value::Null),
        Just(json!({ "x": 1 })),
    ];
    prop_oneof![3 => plain.clone(), 1 => proptest::collection::vec(plain, 0..4).prop_map(Value::Array)]
}

fn documents() -> impl Strategy<Value = Vec<Document>> {
    let groups = proptest::option::of(proptest::collection::vec((0u8..4).prop_map(|group| format!("g{group}")), 0..3));
    let fields = proptest::collection::vec(proptest::option::of(value()), 3).prop_map(|values| {
        let named = FIELDS.iter().zip(values).filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        named.collect::<Map<_, _>>()
    });
    proptest::collection::vec((groups, fields), 0..90)
}

fn segment(documents: &[Document]) -> Segment {
    let mut builder = Segment::builder(0);
    for (index, (groups, metadata)) in documents.iter().enumerate() {
        builder.document(index as i64, &format!("{index:03}"), groups.as_deref(), metadata);
        builder.passage(0, "text", None);
    }
    builder.finish()
}

fn seen(document: &Document, groups: &[String], filter: &Filter) -> bool {
    document.0.as_ref().is_none_or(|list| list.iter().any(|group| groups.contains(group))) && filter.admits(&document.1)
}

/// How many of these documents have each value, found one by one.
fn counted(documents: &[&Map<String, Value>], field: &str) -> Vec<(Value, u64)> {
    let mut counts: Vec<(Scalar, u64)> = Vec::new();
    for metadata in documents {
        let mut values = metadata.get(field).map(Scalar::all_of).unwrap_or_default();
        let mut distinct: Vec<Scalar> = Vec::new();
        values.retain(|value| {
            !distinct.contains(value) && {
                distinct.push(value.clone());
                true
            }
        });
        for value in values {
            match counts.iter_mut().find(|one| one.0 == value) {
                Some(one) => one.1 += 1,
                None => counts.push((value, 1)),
            }
        }
    }
    let json = |scalar: Scalar| match scalar {
        Scalar::Text(text) => json!(text),
        Scalar::Number(number) if number.fract() == 0.0 => json!(number as i64),
        Scalar::Number(number) => json!(number),
        Scalar::Bool(flag) => json!(flag),
    };
    counts.into_iter().map(|(value, count)| (json(value), count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn permitted_documents_and_facets_are_those_of_the_plain_meaning(
        documents in documents(),
        groups in proptest::collection::vec((0u8..5).prop_map(|group| format!("g{group}")), 0..3),
        filter in filter(),
        live in proptest::option::of(proptest::collection::vec(0u32..100, 0..60)),
    ) {
        let segment = segment(&documents);
        let live: Option<RoaringBitmap> = live.map(|live| live.into_iter().collect());
        let permitted = segment.permitted(&groups, &filter, live.as_ref());
        let expected: Vec<bool> = documents
            .iter()
            .enumerate()
            .map(|(index, one)| seen(one, &groups, &filter) && live.as_ref().is_none_or(|live| live.contains(index as u32)))
            .collect();
        let found: Vec<bool> = (0..documents.len()).map(|document| permitted.document_bits().contains(document as u32)).collect();
        prop_assert_eq!(&found, &expected);
        prop_assert_eq!(permitted.documents(), expected.iter().filter(|seen| **seen).count() as u64);

        let visible: Vec<_> = documents.iter().zip(&expected).filter(|one| *one.1).map(|one| &one.0.1).collect();
        for field in FIELDS {
            let found = facets(&[(&segment, &permitted)], field, usize::MAX);
            prop_assert!(found.is_sorted_by(|one, next| one.documents >= next.documents));
            let mut found: Vec<_> = found.into_iter().map(|one| (one.value, one.documents)).collect();
            let mut expected = counted(&visible, field);
            let by_text = |one: &(Value, u64)| one.0.to_string();
            found.sort_by_key(by_text);
            expected.sort_by_key(by_text);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn facets_of_two_segments_are_those_of_one(one in documents(), other in documents(), most in 0usize..6) {
        let both: Vec<_> = one.iter().chain(&other).cloned().collect();
        let segments = [segment(&one), segment(&other), segment(&both)];
        let permitted: Vec<Permitted> =
            segments.iter().map(|segment| segment.permitted(&["g1".to_owned()], &Filter::default(), None)).collect();
        for field in FIELDS {
            let apart = facets(&[(&segments[0], &permitted[0]), (&segments[1], &permitted[1])], field, most);
            prop_assert_eq!(apart, facets(&[(&segments[2], &permitted[2])], field, most));
        }
    }
}
