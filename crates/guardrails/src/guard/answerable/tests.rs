//! Questions held against passages.

use super::assess;
use usecase::{DocumentRef, Passage};

fn passages(texts: &[&str]) -> Vec<Passage> {
    let source = DocumentRef { collection: "c".into(), document: "d".into(), title: "t".into(), url: None };
    let made = texts.iter().map(|text| Passage {
        source: source.clone(),
        ordinal: 0,
        start: 0,
        end: text.chars().count(),
        text: (*text).to_owned(),
        header: String::new(),
        score: 1.0,
    });
    made.collect()
}

const HANDBOOK: &[&str] = &[
    "Orders can be returned within 30 days. The refund is paid to the original card. Sale items cannot be returned.",
    "The warehouse in Rotterdam ships on weekdays. Parcels over 20 kg are sent by freight.",
];

#[test]
fn what_the_passages_are_about_can_be_answered() {
    for question in [
        "Within how many days can orders be returned?",
        "Where is the warehouse that ships on weekdays?",
        "How are parcels over 20 kg sent?",
        "Can I return sale items?",
    ] {
        let assessed = assess(question, &passages(HANDBOOK));
        assert!(assessed.answerable, "{question}: {assessed:?}");
    }
}

#[test]
fn what_they_are_not_about_cannot() {
    for question in [
        "Who wrote the opera Parsifal?",
        "Does vitamin D supplementation reduce mortality in elderly patients?",
        "What is the capital of Mongolia and how many people live there?",
    ] {
        let assessed = assess(question, &passages(HANDBOOK));
        assert!(!assessed.answerable, "{question}: {assessed:?}");
    }
}

#[test]
fn missing_words_are_places_in_the_question() {
    let question = "Où is the warehouse of Hamburg?";
    let assessed = assess(question, &passages(HANDBOOK));
    let words: Vec<String> =
        assessed.missing.iter().map(|(start, end)| question.chars().skip(*start).take(end - start).collect()).collect();
    assert!(words.contains(&"Hamburg".to_owned()) && !words.contains(&"warehouse".to_owned()), "{words:?}");
}

#[test]
fn edges_do_not_panic() {
    assert!(assess("", &[]).answerable);
    assert!(!assess("Who wrote Parsifal?", &[]).answerable);
    for text in ["?".repeat(10_000), "a".repeat(100_000), "ö ".repeat(50_000), "\u{202e}١٢".repeat(5_000)] {
        assess(&text, &passages(HANDBOOK));
        assess("Where is it?", &passages(&[&text]));
    }
}
