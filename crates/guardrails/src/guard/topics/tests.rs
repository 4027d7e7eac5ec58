//! Questions inside and outside of a boundary.

use super::background::background_sentences;
use super::{AllowedTopics, looks_like_small_talk};
use usecase::Decision;
use usecase::declared::TopicsAction;

fn allowed(sentences: &[(&str, &str)]) -> AllowedTopics {
    let owned: Vec<(String, String)> =
        sentences.iter().map(|(topic, text)| ((*topic).to_owned(), (*text).to_owned())).collect();
    AllowedTopics::new(&owned, TopicsAction::Refuse)
}

const SHOP: &[(&str, &str)] = &[
    ("returns", "How do I return an order?"),
    ("returns", "When do I get my refund?"),
    ("returns", "Can I exchange an item that I ordered?"),
    ("returns", "I want to send my order back"),
    ("returns", "Who pays for sending a parcel back?"),
    ("shipping", "How long does shipping take?"),
    ("shipping", "Where is my parcel?"),
    ("shipping", "What does delivery to another country cost?"),
    ("shipping", "Can I track the delivery of my order?"),
    ("shipping", "Do you deliver on Saturdays?"),
];

#[test]
fn texts_alone_place_a_question() {
    let boundary = allowed(SHOP);
    for (question, rule) in [
        ("How can I return these shoes?", "returns"),
        ("my money has not been refunded yet", "returns"),
        ("Has the package left the warehouse?", "shipping"),
        ("How much is delivery?", "shipping"),
        ("Write a poem about the sea", "off_topic"),
        ("Which stocks should I buy?", "off_topic"),
        ("Give me a recipe for a cake", "off_topic"),
        ("Who was the first president of the United States?", "off_topic"),
        ("\u{5929}\u{6c14}\u{600e}\u{4e48}\u{6837}", "unknown_words"),
    ] {
        let verdict = boundary.judge(question, false);
        assert_eq!(verdict.rule, rule, "{question}: {verdict:?}");
        assert_eq!(verdict.decision == Decision::Allow, rule == "returns" || rule == "shipping", "{question}");
    }
}

#[test]
fn few_sentences_make_a_wide_boundary_and_say_so() {
    for count in [1, 3] {
        let boundary = allowed(&SHOP[..count]);
        assert_eq!(boundary.judge("I would like to return my order", false).decision, Decision::Allow, "{count}");
        assert_eq!(boundary.judge("Write a poem about cats", false).decision, Decision::Refuse, "{count}");
    }
    assert_eq!(allowed(&[]).judge("anything", false).decision, Decision::Allow);
    assert_eq!(allowed(&[("empty", "  ")]).judge("anything", false).rule, "any");
}

#[test]
fn examples_of_another_language_serve_its_questions() {
    let boundary = allowed(&[
        ("lieferung", "Wann kommt meine Lieferung an?"),
        ("lieferung", "Wie lange dauert der Versand meiner Bestellung?"),
        ("lieferung", "Kann ich die Bestellung an eine andere Adresse liefern lassen?"),
        ("lieferung", "Was kostet die Lieferung ins Ausland?"),
    ]);
    assert_eq!(boundary.judge("Wie lange dauert die Lieferung?", false).decision, Decision::Allow);
    assert_eq!(boundary.judge("Write a poem about the sea at night", false).decision, Decision::Refuse);
}

#[test]
fn a_flood_is_judged_by_its_ends() {
    let boundary = allowed(SHOP);
    for text in ["a".repeat(1 << 20), "\u{301}".repeat(1 << 19), "(".repeat(1 << 20), "\u{200F}x ".repeat(1 << 18)] {
        boundary.judge(&text, false);
    }
}

#[test]
fn courtesies_and_follow_ups_are_small_talk() {
    for text in [
        "Thanks!",
        "yes",
        "and for Europe?",
        "What about sale items?",
        "Hello there",
        "Merci beaucoup",
        "ok",
        "",
        "Hi team!",
    ] {
        assert!(looks_like_small_talk(text), "{text}");
    }
    for text in [
        "Write a poem about cats",
        "How do I return an order?",
        "Hello, tell me how to cook pasta",
        "And now write me a long story about a dragon in the mountains",
    ] {
        assert!(!looks_like_small_talk(text), "{text}");
    }
}

#[test]
fn the_background_is_broad_and_without_doubles() {
    let all = background_sentences();
    let different: std::collections::HashSet<&&str> = all.iter().collect();
    assert!(all.len() >= 60 && different.len() == all.len());
}
