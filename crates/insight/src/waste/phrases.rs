//! What of an answer's text says nothing: sentences that announce, repeat the question, repeat the answer, or take
//! leave. The phrases are English; in other languages only what is repeated is found.

use super::Kind;
use guardrails::{Gist, Sentence, sentences};
use std::collections::BTreeMap;

/// Beginnings of a sentence that only says that an answer comes.
const OPENINGS: &[&str] = &[
    "certainly",
    "of course",
    "sure",
    "absolutely",
    "great question",
    "good question",
    "that's a great question",
    "that is a great question",
    "thank you for",
    "thanks for",
    "i'd be happy to",
    "i would be happy to",
    "i'm happy to",
    "i am happy to",
    "happy to help",
    "i can help",
    "i'd be glad to",
    "as an ai",
    "i understand that you",
    "here is the",
    "here's the",
    "here is a",
    "here's a",
    "based on the provided",
    "based on the information provided",
    "according to the provided",
];

/// Beginnings of a sentence that takes leave.
const CLOSINGS: &[&str] = &[
    "let me know if",
    "please let me know",
    "feel free to",
    "please feel free",
    "i hope this helps",
    "i hope that helps",
    "hope this helps",
    "if you have any other",
    "if you have any further",
    "if you have any more",
    "if you have any questions",
    "if you need any",
    "if you need further",
    "is there anything else",
    "don't hesitate",
    "do not hesitate",
    "please don't hesitate",
    "please do not hesitate",
    "have a great day",
    "have a nice day",
    "happy to help",
];

/// Words that an opening may hold besides its phrase: with more it says something.
const MOST_BESIDES: usize = 4;
/// What a sentence holds that says the question again; ending with a question mark will do, too. Without such words it
/// may as well be the answer (`Lamps can be returned within 45 days.`).
const ASKING: &[&str] = &[
    "you ask",
    "you're asking",
    "you are asking",
    "you want to know",
    "you would like to know",
    "you'd like to know",
    "you are wondering",
    "you're wondering",
    "your question",
    "the question is",
];
/// This share of the question's words stands in such a sentence.
const RESTATES: f64 = 0.6;
/// Words of a sentence that can say a question or a sentence again at all.
const LEAST_WORDS: usize = 3;
/// Two sentences that agree so far say the same.
const REPEATS: f64 = 0.9;
/// Sentences that are compared with one another; a longer answer is looked at up to here.
const MOST_SENTENCES: usize = 400;

/// Which share of the answer's characters is of each kind, 0 to 1. A sentence is of one kind at the most.
pub(super) fn shares(question: &str, answer: &str) -> BTreeMap<Kind, f64> {
    let mut found = BTreeMap::new();
    let all = answer.chars().count();
    let sentences = sentences(answer);
    let read: Vec<(&Sentence<'_>, Gist)> =
        sentences.iter().take(MOST_SENTENCES).map(|sentence| (sentence, Gist::of(sentence.text))).collect();
    // What takes leave stands at the end, so only a text that was read to its end has any.
    let whole = read.len() == sentences.len();
    let leaving = read.iter().rev().take_while(|(sentence, _)| whole && begins(sentence.text, CLOSINGS)).count();
    let (body, farewell) = read.split_at(read.len() - leaving);
    let announcing = body.iter().take_while(|(sentence, _)| announces(sentence.text)).count();
    let mut note = |kind: Kind, text: &str| {
        *found.entry(kind).or_default() += text.chars().count() as f64 / all.max(1) as f64;
    };
    body[..announcing].iter().for_each(|(sentence, _)| note(Kind::Opening, sentence.text));
    farewell.iter().for_each(|(sentence, _)| note(Kind::Closing, sentence.text));
    let question = Gist::of(question);
    let said = &body[announcing..];
    for (place, (sentence, gist)) in said.iter().enumerate() {
        if gist.size() < LEAST_WORDS {
            continue;
        }
        if place == 0 && said.len() > 1 && asks(sentence.text) && question.share_within(gist) >= RESTATES {
            note(Kind::Restated, sentence.text);
        } else if said[..place].iter().any(|(_, earlier)| earlier.agreement(gist) >= REPEATS) {
            note(Kind::Repeated, sentence.text);
        }
    }
    found
}

fn announces(sentence: &str) -> bool {
    let Some(phrase) = begun(sentence, OPENINGS) else { return false };
    let besides: String = sentence.chars().skip(phrase.chars().count()).collect();
    Gist::of(&besides).size() < MOST_BESIDES
}

fn asks(sentence: &str) -> bool {
    let plain = sentence.to_lowercase().replace('’', "'");
    plain.ends_with('?') || ASKING.iter().any(|phrase| plain.contains(phrase))
}

fn begins(sentence: &str, phrases: &[&'static str]) -> bool {
    begun(sentence, phrases).is_some()
}

/// The phrase that a sentence begins with, as whole words.
fn begun(sentence: &str, phrases: &[&'static str]) -> Option<&'static str> {
    let plain: String = sentence.chars().take(80).collect::<String>().to_lowercase().replace('’', "'");
    phrases.iter().copied().find(|phrase| {
        plain.strip_prefix(phrase).is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
    })
}
