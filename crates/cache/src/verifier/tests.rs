//! Questions that must never share an answer, questions that may, and that nothing makes the verifier stumble.

use super::{FEATURES, Question, Verifier, training};
use proptest::prelude::*;

fn read(text: &str) -> Question {
    Question::read(text).unwrap_or_else(|| panic!("{text} can be read"))
}

/// Each pair has been, or could be, answered wrongly by a cache that goes by the cosine. A gate holds them at any cosine.
const TRAPS: &[(&str, &str)] = &[
    // Negation.
    ("Can I return shoes I have worn?", "Can I not return shoes I have worn?"),
    ("Which drugs can be taken with alcohol?", "Which drugs can't be taken with alcohol?"),
    ("What can Muslims do here but not abroad?", "What can Muslims not do here but abroad?"),
    ("Is it allowed to park here?", "Is it never allowed to park here?"),
    ("Can I travel with a passport?", "Can I travel without a passport?"),
    // Numbers, signs, units, dates, amounts.
    ("Does the warranty cover 2 years?", "Does the warranty cover 3 years?"),
    ("Does the warranty cover two years?", "Does the warranty cover three years?"),
    ("How do I pay $1,000?", "How do I pay $10,000?"),
    ("How much is 5 kg of flour?", "How much is 5 g of flour?"),
    ("What is a fee of 10%?", "What is a fee of 10?"),
    ("What does it cost in $?", "What does it cost in €?"),
    ("Is it open at 8am?", "Is it open at 8pm?"),
    ("Is the shop open on 5 May?", "Is the shop open on 6 May?"),
    ("Is the shop open on 5 May?", "Is the shop open on 5 June?"),
    ("Is the shop open on Monday?", "Is the shop open on Sunday?"),
    ("What did I spend last month?", "What did I spend this month?"),
    ("What is the 1st step?", "What is the 1 step?"),
    ("What is -5 degrees in Fahrenheit?", "What is 5 degrees in Fahrenheit?"),
    ("How do I learn C?", "How do I learn C++?"),
    ("Does it run on an iPhone 6?", "Does it run on an iPhone 7?"),
    // Entities.
    ("What is the weather in Paris?", "What is the weather in Rome?"),
    ("what is the weather in paris?", "what is the weather in rome?"),
    ("Who founded Apple?", "Who founded Amazon?"),
    ("Is Anna an accountant?", "Is Maria an accountant?"),
    ("Who won the election?", "Who won the election in India?"),
    ("Is he married?", "Is she married?"),
    ("What is my number?", "What is your number?"),
    // Order, direction, comparison.
    ("Are there flights from London to Paris?", "Are there flights from Paris to London?"),
    ("are there trains from rome to milan", "are there trains from milan to rome"),
    ("Is A taller than B?", "Is B taller than A?"),
    ("Are dogs heavier than cats?", "Are cats heavier than dogs?"),
    ("Does Anna trust Maria?", "Does Maria trust Anna?"),
    ("Does Anna trust Maria?", "Is Anna trusted by Maria?"),
    ("Can I eat before the test?", "Can I eat after the test?"),
    ("How do I convert euros to dollars?", "How do I convert dollars to euros?"),
    ("How do I become more patient?", "How do I become less patient?"),
    ("Is the price over the limit?", "Is the price under the limit?"),
    ("Is it only for members?", "Is it for members?"),
    ("Which plan has both a phone and a tablet?", "Which plan has either a phone or a tablet?"),
    // Opposites, and one thing for another.
    ("How do I increase the limit?", "How do I decrease the limit?"),
    ("Is it legal to copy this?", "Is it illegal to copy this?"),
    ("How do I activate my card?", "How do I deactivate my card?"),
    ("How do I buy a share?", "How do I sell a share?"),
    ("What is the best phone?", "What is the worst phone?"),
    ("Can my dog eat grapes?", "Can my dog eat apples?"),
    ("What is the minimum age?", "What is the maximum age?"),
    // What is asked.
    ("How was the bridge built?", "Why was the bridge built?"),
    ("When was the bridge built?", "Where was the bridge built?"),
    ("Does it make money?", "How does it make money?"),
    ("May I sign the contract?", "Must I sign the contract?"),
    ("Is she a doctor?", "Was she a doctor?"),
    ("Is she a doctor?", "Did she use to be a doctor?"),
    ("Is Anna a doctor?", "Is Anna becoming a doctor?"),
    ("What is the price?", "What was the price?"),
];

#[test]
fn traps_are_held_by_a_gate() {
    for (a, b) in TRAPS {
        for (a, b) in [(read(a), read(b)), (read(b), read(a))] {
            assert!(!training::gates(&a, &b).is_empty(), "{a:?}\n{b:?}");
            for verifier in [Verifier::for_embedder("minilm-l6-v2/x"), Verifier::for_embedder("lexical-v1/1024")] {
                assert!(verifier.score(&a, &b, 1.0).is_err());
            }
        }
    }
}

#[test]
fn the_same_in_other_words_passes() {
    let pairs = [
        ("How do I reset my password?", "How can I reset my password?", 0.98),
        ("What is the best way to learn French?", "How do I learn French?", 0.93),
        ("How much does shipping cost?", "How much does the shipping cost?", 0.98),
        ("What are good books about Rust?", "What are the best books about Rust?", 0.95),
        ("How do I get two tickets?", "How can I get 2 tickets?", 0.97),
        ("Is it OK to eat before 8 am?", "Is it okay to eat before 8am?", 0.98),
    ];
    let verifier = Verifier::for_embedder("minilm-l6-v2/x");
    for (a, b, cosine) in pairs {
        let score = verifier.score(&read(a), &read(b), cosine);
        assert!(score.is_ok_and(|score| score > 0.7), "{a} | {b}: {score:?}");
    }
}

#[test]
fn a_lower_cosine_or_a_longer_rest_is_less_sure() {
    let verifier = Verifier::for_embedder("minilm-l6-v2/x");
    let (a, b) = (read("How do I reset my password?"), read("How can I reset my password?"));
    let score = |b: &Question, cosine| verifier.score(&a, b, cosine).expect("no gate");
    assert!(score(&b, 0.99) > score(&b, 0.7));
    let longer = read("How can I reset my password when my account has been locked for weeks?");
    assert!(score(&b, 0.95) > score(&longer, 0.95));
}

#[test]
fn the_files_are_whole() {
    for (identity, knows_cosine) in [("minilm-l6-v2/x", true), ("lexical-v1/1024", false), ("openai/x", false)] {
        let verifier = Verifier::for_embedder(identity);
        assert_eq!(verifier.knows_cosine, knows_cosine);
        assert!(verifier.trees.len() >= 50 && verifier.lexicon.words.len() >= 200, "{identity}");
        assert!((0.5..1.0).contains(&verifier.threshold));
        for tree in &verifier.trees {
            assert_eq!(tree.leaves.len(), 1 << tree.splits.len());
            assert!(tree.splits.iter().all(|(feature, _)| *feature < FEATURES.len()));
        }
    }
}

#[test]
fn what_cannot_be_judged_is_not_read() {
    for text in ["", "  ", "???", "the", &"word ".repeat(65), &"x".repeat(1_025)] {
        assert_eq!(Question::read(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_alike_from_both_sides(a in ".{0,80}", b in ".{0,80}", cosine in -1.0_f32..1.0) {
        let verifier = Verifier::for_embedder("minilm");
        if let (Some(a), Some(b)) = (Question::read(&a), Question::read(&b)) {
            prop_assert_eq!(training::gates(&a, &b).is_empty(), training::gates(&b, &a).is_empty());
            let score = verifier.score(&a, &b, cosine);
            prop_assert!(score.is_err() || score.is_ok_and(|score| (0.0..=1.0).contains(&score)));
            prop_assert!(training::gates(&a, &a).is_empty());
        }
    }

    #[test]
    fn another_number_never_passes(a in 0_u32..100_000, b in 0_u32..100_000, cosine in 0.0_f32..=1.0) {
        prop_assume!(a != b);
        let ask = |number| read(&format!("What happens after {number} days of delay?"));
        prop_assert!(Verifier::for_embedder("minilm").score(&ask(a), &ask(b), cosine).is_err());
    }
}
