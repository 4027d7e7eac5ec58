//! Questions inside and outside of a boundary.

use super::{AllowedTopics, TopicBoundary, background_sentences, looks_like_small_talk};
use proptest::prelude::*;
use usecase::Decision;
use usecase::declared::TopicsAction;

const SIZE: usize = 512;

/// A lexical embedder in a few lines: hashed words and their four-letter pieces.
fn embed(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; SIZE];
    let mut add = |piece: &str, weight: f32| {
        let hash = piece
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        vector[(hash % SIZE as u64) as usize] += weight;
    };
    let common = [
        "the", "a", "is", "of", "to", "in", "i", "my", "do", "what", "how", "for", "me", "can", "you", "on", "and",
        "it", "are",
    ];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let weight = if common.contains(&word) { 0.1 } else { 1.0 };
        add(word, weight);
        let letters: Vec<char> = format!("#{word}#").chars().collect();
        letters.windows(4).for_each(|window| add(&window.iter().collect::<String>(), 0.4 * weight));
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter().map(|value| value / length).collect()
}

fn boundary(otherwise: TopicsAction) -> TopicBoundary {
    let examples = [
        ("returns", "How do I return an order?"),
        ("returns", "When do I get my refund?"),
        ("returns", "Can I exchange an item that I ordered?"),
        ("returns", "I want to send my order back"),
        ("shipping", "How long does shipping take?"),
        ("shipping", "Where is my parcel?"),
        ("shipping", "What does delivery to another country cost?"),
        ("shipping", "Can I track the delivery of my order?"),
    ];
    let examples = examples.iter().map(|(topic, text)| ((*topic).to_owned(), embed(text))).collect();
    TopicBoundary::new(examples, background_sentences().iter().map(|text| embed(text)).collect(), otherwise)
}

#[test]
fn questions_fall_on_their_side_with_a_lexical_embedder() {
    let boundary = boundary(TopicsAction::Refuse);
    let cases = [
        ("How can I return an item?", "returns"),
        ("When is the refund paid for my order?", "returns"),
        ("Where is the parcel that I ordered?", "shipping"),
        ("How much is delivery?", "shipping"),
        ("Write a poem about the sea", "off_topic"),
        ("What is the weather tomorrow?", "off_topic"),
        ("Which stocks should I buy?", "off_topic"),
        ("Give me a recipe for a cake", "off_topic"),
        ("Write a Python function that sorts numbers", "off_topic"),
    ];
    for (question, rule) in cases {
        let verdict = boundary.judge(&embed(question), false);
        assert_eq!(verdict.rule, rule, "{question}: {verdict:?}");
        assert_eq!(verdict.decision == Decision::Refuse, rule == "off_topic", "{question}");
    }
}

#[test]
fn a_semantic_embedder_has_larger_cosines_and_the_same_sides() {
    let near = |axis: usize, lean: f32| {
        let mut vector = vec![0.5_f32; 4];
        vector[axis] += 0.5 + lean;
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.into_iter().map(|value| value / length).collect::<Vec<f32>>()
    };
    let examples = (0..6).map(|index| ("a".to_owned(), near(0, index as f32 * 0.05))).collect();
    let background = (0..6).map(|index| near(1 + index % 3, index as f32 * 0.05)).collect();
    let boundary = TopicBoundary::new(examples, background, TopicsAction::Review);
    assert_eq!(boundary.judge(&near(0, 0.4), false).decision, Decision::Allow);
    assert_eq!(boundary.judge(&near(2, 0.4), false).decision, Decision::Review);
}

#[test]
fn a_follow_up_needs_less() {
    let boundary = boundary(TopicsAction::Refuse);
    let question = embed("and for Europe, please");
    assert_eq!(boundary.judge(&question, true).decision, Decision::Allow);
    assert_eq!(boundary.judge(&embed("Write a poem about the sea at night"), true).decision, Decision::Refuse);
}

#[test]
fn without_examples_everything_is_allowed() {
    let boundary = TopicBoundary::new(Vec::new(), vec![embed("x")], TopicsAction::Refuse);
    assert_eq!(boundary.judge(&embed("anything"), false).decision, Decision::Allow);
}

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
    assert_eq!(boundary.few_examples(), None);
}

#[test]
fn few_sentences_make_a_wide_boundary_and_say_so() {
    for count in [1, 3] {
        let boundary = allowed(&SHOP[..count]);
        assert_eq!(boundary.few_examples(), Some(count));
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

proptest! {
    #[test]
    fn odd_vectors_do_no_harm(vectors in prop::collection::vec(prop::collection::vec(-1.0_f32..1.0, 0..4), 0..6), question in prop::collection::vec(-1.0_f32..1.0, 0..5)) {
        let examples = vectors.iter().map(|vector| ("t".to_owned(), vector.clone())).collect();
        TopicBoundary::new(examples, vectors, TopicsAction::Refuse).judge(&question, false);
    }
}
