//! Answers held against passages.

use super::report;
use usecase::{DocumentRef, Passage};

fn passages(texts: &[&str]) -> Vec<Passage> {
    let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
    let made = texts.iter().enumerate().map(|(index, text)| Passage {
        source: source.clone(),
        ordinal: index as u32,
        start: 1000 * index,
        end: 1000 * index + text.chars().count(),
        text: (*text).to_owned(),
        header: String::new(),
        score: 1.0,
    });
    made.collect()
}

const HANDBOOK: &[&str] = &[
    "Orders can be returned within 30 days. The refund is paid to the original card. Sale items cannot be returned.",
    "The warehouse in Rotterdam ships on weekdays. Parcels over 20 kg are sent by freight. Café orders go first.",
];

fn share(answer: &str) -> f64 {
    report(answer, &passages(HANDBOOK)).share
}

#[test]
fn what_the_passages_say_is_supported() {
    for answer in [
        "Orders can be returned within 30 days.",
        "You can return an order within 30 days. [1]",
        "The refund is paid to the original card, and parcels over 20 kg are sent by freight.",
        "Sale items cannot be returned.",
        "**Shipping:** the warehouse in Rotterdam ships on weekdays.",
    ] {
        assert_eq!(share(answer), 1.0, "{answer}: {:?}", report(answer, &passages(HANDBOOK)).sentences);
    }
}

#[test]
fn what_they_do_not_say_is_not() {
    for answer in [
        "Orders can be returned within 60 days.",
        "The warehouse in Hamburg ships on weekdays.",
        "Sale items can be returned.",
        "Orders cannot be returned within 30 days.",
        "Gift cards never expire and may be used abroad.",
        "Parcels over 25 kg are sent by freight.",
    ] {
        assert_eq!(share(answer), 0.0, "{answer}: {:?}", report(answer, &passages(HANDBOOK)).sentences);
    }
}

#[test]
fn what_states_nothing_is_not_judged() {
    let answer = "# Returns\n\nHello! Here is what I found:\n\nWould you like to know more?\n\nI don't know the answer to that.\n\n---\n\nThanks!";
    let judged = report(answer, &passages(HANDBOOK));
    assert_eq!((judged.sentences.len(), judged.share), (0, 1.0), "{:?}", judged.sentences);
    assert_eq!(report("", &[]).share, 1.0);
}

#[test]
fn without_passages_nothing_is_supported() {
    assert_eq!(report("Orders can be returned within 30 days.", &[]).share, 0.0);
}

#[test]
fn shares_are_counted_by_sentence() {
    let judged =
        report("Orders can be returned within 30 days. The moon is made of green cheese.", &passages(HANDBOOK));
    assert_eq!((judged.share, judged.sentences.len()), (0.5, 2));
    assert_eq!(judged.sentences[1].passage, None);
}

#[test]
fn places_are_code_points_of_answer_and_document() {
    let answer = "Café! Ça va? Parcels over 20 kg are sent by freight.";
    let judged = report(answer, &passages(HANDBOOK));
    let last = judged.sentences.last().expect("the statement is judged");
    let stated: String = answer.chars().skip(last.start).take(last.end - last.start).collect();
    assert_eq!(stated, "Parcels over 20 kg are sent by freight.");
    assert_eq!(last.passage, Some(1));
    let source: String =
        HANDBOOK[1].chars().skip(last.source_start - 1000).take(last.source_end - last.source_start).collect();
    assert_eq!(source, "Parcels over 20 kg are sent by freight.");
}

#[test]
fn a_citation_marker_settles_a_tie() {
    let same = ["The office opens at nine.", "The office opens at nine."];
    assert_eq!(report("The office opens at nine [2].", &passages(&same)).sentences[0].passage, Some(1));
    assert_eq!(report("The office opens at nine [1].", &passages(&same)).sentences[0].passage, Some(0));
}
