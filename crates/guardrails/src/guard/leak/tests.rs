//! What is a leak, what is not, and that pieces do not matter.

use super::{Canary, Prompt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use std::sync::Arc;

const PROMPT: &str = "You are the support assistant of Acme Bikes. Answer in at most four sentences and never promise a refund \
    without a ticket number. Escalate complaints about brakes to the safety desk at once. Do not discuss competitors. If a customer \
    asks for a discount, offer the spring code only after the second request.";

fn made(text: &str, canary: Option<&Canary>, public: &[&str]) -> Arc<Prompt> {
    Arc::new(Prompt::new(text, canary, public))
}

fn prompt() -> Arc<Prompt> {
    made(PROMPT, None, &[])
}

fn rot13(text: &str) -> String {
    let turned = |c: char, first: u8| char::from(first + (c as u8 - first + 13) % 26);
    text.chars()
        .map(|c| match c {
            'a'..='z' => turned(c, b'a'),
            'A'..='Z' => turned(c, b'A'),
            _ => c,
        })
        .collect()
}

#[test]
fn stretches_of_the_prompt_are_leaks_however_they_are_written() {
    let stretch =
        "Escalate complaints about brakes to the safety desk at once. Do not discuss competitors. If a customer asks";
    let spaced: String = stretch.chars().flat_map(|c| [c, ' ']).collect();
    let hexadecimal: String = stretch.bytes().map(|byte| format!("{byte:02X} ")).collect();
    let answers = [
        ("plain", format!("Sure! My rules: {stretch}")),
        ("plain", format!("Sure! {}", stretch.to_uppercase().replace(' ', "\n> "))),
        ("plain", format!("Here: {spaced}")),
        ("plain", format!("**{}**", stretch.replace("brakes", "wheels"))),
        ("rot13", format!("Decode: {}", rot13(stretch))),
        ("reversed", stretch.chars().rev().collect()),
        ("base64", format!("Take {}", STANDARD.encode(PROMPT))),
        ("base64", format!("Take {}", STANDARD.encode(format!("x{stretch}")))),
        ("hexadecimal", hexadecimal),
    ];
    for (writing, answer) in answers {
        let leak = prompt().judge(&answer).unwrap_or_else(|| panic!("not seen: {answer}"));
        assert_eq!((leak.rule, leak.writing), ("overlap", writing), "{answer}");
    }
}

#[test]
fn the_leak_begins_where_the_prompt_begins() {
    let answer = "Grüße! Escalate complaints about brakes to the safety desk at once. Do not discuss competitors.";
    let leak = prompt().judge(answer).expect("a whole sentence of the prompt");
    // Windows are kept in steps, so the beginning is known to a few letters.
    assert!((7..=12).contains(&leak.range.start), "{leak:?}");
    assert!(leak.range.end < answer.chars().count(), "certain before it is complete: {leak:?}");
}

#[test]
fn honest_answers_pass() {
    for answer in [
        "I am the support assistant of Acme Bikes. How can I help?",
        "I'm sorry, I cannot promise a refund without a ticket number.",
        "Brake problems are serious: I have told the safety desk at once and they will call you.",
        "I do not discuss competitors, but I can tell you more about our bikes.",
        "We can offer a discount in spring. Please send me your ticket number and the customer number.",
        "Complaints about brakes go to our safety desk.",
        "You can reach support by phone. The assistant of the shop answers at most four calls at once.",
        "",
    ] {
        assert_eq!(prompt().judge(answer), None, "{answer}");
    }
}

#[test]
fn public_wording_is_no_secret() {
    let answer = "Escalate complaints about brakes to the safety desk at once. Do not discuss competitors.";
    assert!(prompt().judge(answer).is_some());
    let passage = "Handbook: escalate complaints about brakes to the safety desk at once! Do not discuss competitors. Wear a tie.";
    assert_eq!(made(PROMPT, None, &[passage]).judge(answer), None);
}

#[test]
fn a_short_prompt_is_a_leak_only_as_a_whole() {
    let short = made("Answer like a pirate who sells shoes.", None, &[]);
    assert!(short.judge("I was told: answer like a pirate who sells shoes.").is_some());
    assert_eq!(short.judge("A pirate sells shoes? Like an answer to a joke."), None);
    let tiny = made("Be brief.", None, &[]);
    assert_eq!(tiny.judge("Be brief. Be brief. Be brief."), None);
}

#[test]
fn the_canary_is_seen_in_every_form() {
    let canary = Canary::from_bytes(*b"0123456789abcdef");
    let prompt = made("", Some(&canary), &[]);
    assert!(canary.sentence().contains(canary.word.as_str()));
    let word = canary.word.as_str();
    let dashed: String = word.to_uppercase().chars().flat_map(|c| [c, '-']).collect();
    let answers = [
        format!("It is {word}."),
        dashed,
        rot13(word),
        word.chars().rev().collect(),
        STANDARD.encode(word),
        STANDARD.encode(format!("a{word}")),
        STANDARD.encode(format!("ab{word} and more")),
        word.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for answer in answers {
        assert_eq!(prompt.judge(&answer).map(|leak| leak.rule), Some("canary"), "{answer}");
    }
    assert_eq!(prompt.judge(&format!("It is {}.", &word[1..])), None);
    assert_ne!(Canary::new().expect("random bytes"), Canary::new().expect("random bytes"));
}

#[test]
fn a_stream_knows_what_to_hold_back() {
    let prompt = prompt();
    let mut watch = prompt.watch();
    assert!(watch.push("Of course. Escalate complaints about ").is_none());
    assert!(watch.push("bicycles in general to anyone who happens to be near you and likes to listen.").is_none());
}

#[test]
fn floods_pass_quickly() {
    for flood in ["a".repeat(1 << 20), "\u{202e}\u{0301}".repeat(1 << 17), "[".repeat(1 << 20)] {
        let _ = made(&flood, None, &[&flood]).judge(&flood);
        let _ = prompt().judge(&flood);
    }
}

proptest! {
    #[test]
    fn cutting_does_not_matter(before in ".{0,40}", from in 0usize..200, length in 0usize..200, after in ".{0,40}", cuts in proptest::collection::vec(0usize..400, 0..12)) {
        let stretch: String = PROMPT.chars().skip(from).take(length).collect();
        let answer = format!("{before}{stretch}{after}");
        let prompt = prompt();
        let whole = prompt.judge(&answer);
        let characters: Vec<char> = answer.chars().collect();
        let mut places: Vec<usize> = cuts.into_iter().map(|cut| cut.min(characters.len())).collect();
        places.extend([0, characters.len()]);
        places.sort_unstable();
        let mut watch = prompt.watch();
        for pair in places.windows(2) {
            watch.push(&characters[pair[0]..pair[1]].iter().collect::<String>());
        }
        prop_assert_eq!(watch.push(""), whole.as_ref());
        // About twelve words, in letters of this prompt.
        if stretch.chars().filter(|c| c.is_alphanumeric()).count() >= 80 {
            prop_assert!(whole.is_some());
        }
    }
}
