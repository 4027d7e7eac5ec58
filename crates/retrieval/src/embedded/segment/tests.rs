//! The whole segment: its numbering, and what becomes of it as bytes.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn segment() -> Segment {
    let mut builder = Segment::builder(4);
    for document in 0..40u32 {
        let groups = (document % 3 > 0).then(|| vec![format!("g{}", document % 3)]);
        let metadata =
            json!({ "year": 2000 + document % 7, "tags": ["a", document.to_string()], "open": document % 2 == 0 });
        let metadata = metadata.as_object().cloned().unwrap_or_default();
        builder.document(i64::from(document) - 5, &format!("d{document:02}"), groups.as_deref(), &metadata);
        for ordinal in 0..document % 9 {
            let angle = (document * 9 + ordinal) as f32;
            let vector = [angle.sin(), angle.cos(), 0.0, 0.0];
            builder.passage(
                ordinal,
                &format!("word number {ordinal} of {document}"),
                (ordinal != 3).then_some(&vector),
            );
        }
    }
    builder.finish()
}

/// Everything that a segment answers to a few questions.
fn answers(segment: &Segment) -> String {
    let groups = ["g1".to_owned()];
    let permitted = segment.permitted(&groups, &Filter::default().and("open", crate::filter::Condition::Exists), None);
    let terms = ["word".to_owned(), "7".to_owned()];
    let weighed = terms.iter().map(|term| (term.clone(), 1.5)).collect();
    let query = WordQuery { terms: weighed, average_length: 4.0, k1: 1.2, b: 0.75 };
    format!(
        "{:?} {:?} {:?} {:?} {:?}",
        segment.statistics(&terms, &permitted),
        segment.by_words(&query, &permitted, 20),
        segment.by_vector(&[0.6, 0.8, 0.0, 0.0], &permitted, 20),
        facets(&[(segment, &permitted)], "tags", 50),
        (0..segment.rows())
            .map(|row| (segment.id(segment.document_of(row)), segment.documents.ordinals[row as usize]))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn rows_belong_to_documents_in_the_order_in_which_they_came() {
    let segment = segment();
    assert_eq!(segment.documents(), 40);
    let mut next = 0;
    for document in 0..40 {
        assert_eq!(
            (segment.row_id(document), segment.id(document)),
            (i64::from(document) - 5, format!("d{document:02}").as_str())
        );
        let rows = segment.rows_of(document);
        assert_eq!((rows.start, rows.len() as u32), (next, document % 9));
        for row in rows.clone() {
            assert_eq!(
                (segment.document_of(row), segment.documents.ordinals[row as usize]),
                (document, row - rows.start)
            );
        }
        next = rows.end;
    }
    assert_eq!(segment.rows(), next);
}

#[test]
fn an_empty_segment_answers_with_nothing() {
    let segment = Segment::builder(4).finish();
    let permitted = segment.permitted(&["g".to_owned()], &Filter::default(), None);
    assert_eq!((permitted.documents(), permitted.rows(), permitted.words()), (0, 0, 0));
    assert!(segment.by_vector(&[1.0, 0.0, 0.0, 0.0], &permitted, 5).is_empty());
    segment.build_graph(&|| true);
    let mut bytes = Vec::new();
    segment.write_to(&mut bytes);
    assert!(Segment::read_from(&bytes).is_ok_and(|again| again.rows() == 0));
}

fn written(with_graph: bool) -> (Segment, Vec<u8>) {
    let segment = segment();
    if with_graph {
        segment.build_graph(&|| true);
    }
    let mut bytes = b"before".to_vec();
    segment.write_to(&mut bytes);
    (segment, bytes.split_off(6))
}

#[test]
fn a_segment_comes_back_from_its_bytes() {
    for with_graph in [false, true] {
        let (segment, bytes) = written(with_graph);
        let again = Segment::read_from(&bytes).expect("what was written can be read");
        assert_eq!(answers(&again), answers(&segment));
        assert_eq!(again.memory().graph > 0, with_graph);
        let mut bytes_again = Vec::new();
        again.write_to(&mut bytes_again);
        assert!(bytes == bytes_again, "writing it again gives other bytes");
    }
}

#[test]
fn bytes_that_end_early_are_damaged() {
    let (_, bytes) = written(true);
    for length in 0..bytes.len() {
        assert!(Segment::read_from(&bytes[..length]).is_err(), "{length} bytes");
        let mut signed = bytes[..length].to_vec();
        file::damage::sign(&mut signed);
        assert!(Segment::read_from(&signed).is_err(), "{length} signed bytes");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A checksum finds damage by chance; whoever also writes a checksum must still not bring a search down.
    #[test]
    fn damaged_bytes_never_bring_a_search_down(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let (_, mut bytes) = written(true);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] ^= byte.max(1);
        }
        prop_assert!(Segment::read_from(&bytes).is_err());
        file::damage::sign(&mut bytes);
        if let Ok(segment) = Segment::read_from(&bytes) {
            answers(&segment);
        }
    }
}
