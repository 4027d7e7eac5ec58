//! Which sentences of an answer state something that needs a source.

use crate::sentences::Sentence;
use crate::words::{Kind, Placed};

/// Beginnings of sentences that only lead, greet or close.
const POLITE: &[&str] = &[
    "hello",
    "hi ",
    "hi,",
    "hi!",
    "dear ",
    "sure",
    "certainly",
    "of course",
    "great question",
    "good question",
    "thank you",
    "thanks",
    "you're welcome",
    "i hope this helps",
    "i hope that helps",
    "let me know",
    "feel free",
    "please let me know",
    "if you have any",
    "if you need",
    "is there anything",
    "happy to help",
    "glad to help",
    "here is",
    "here are",
    "here's",
    "based on the",
    "according to the passages:",
    "gern",
    "bitte",
    "vielen dank",
    "bonjour",
    "hola",
    "sources:",
    "source:",
    "references:",
    "note:",
    "in summary:",
    "i'm happy to",
    "i am happy to",
    "i'd be happy",
];

/// What an answer says when it has none.
const ABSTENTION: &[&str] = &[
    "i don't know",
    "i do not know",
    "i'm not sure",
    "i am not sure",
    "i cannot answer",
    "i can't answer",
    "i could not find",
    "i couldn't find",
    "cannot be answered",
    "not enough information",
    "no information",
    "do not say",
    "does not say",
    "don't say",
    "doesn't say",
    "do not mention",
    "does not mention",
    "do not contain",
    "does not contain",
    "don't contain",
    "doesn't contain",
    "is not mentioned",
    "are not mentioned",
    "not specified in",
    "unable to answer",
    "unable to find",
    "i have no information",
    "not found in",
    "nothing in the",
    "none of the passages",
    "i don't have",
    "i do not have",
    "i'm sorry",
    "i am sorry",
    "unfortunately, the",
    "keine information",
    "ich weiß nicht",
    "je ne sais pas",
    "no lo sé",
];

/// False for headings, questions, courtesies, lead-ins, abstentions, rules of tables, and what has no words. `words`
/// are the sentence's.
pub(super) fn states_something(sentence: &Sentence<'_>, words: &[Placed]) -> bool {
    let text = sentence.text.trim();
    let bare = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | '"' | ')' | ']'));
    if text.starts_with('#')
        || text.starts_with("```")
        || bare.ends_with('?')
        || bare.ends_with('？')
        || bare.ends_with(':')
    {
        return false;
    }
    let lower = text.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'");
    let content = words.iter().filter(|placed| !matches!(placed.word.kind, Kind::Function | Kind::Negation)).count();
    if content == 0 || (text.starts_with('|') && text.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '))) {
        return false;
    }
    // A long sentence that begins politely goes on to state something.
    let polite = POLITE.iter().any(|beginning| lower.starts_with(beginning)) && content <= 6;
    let abstains = ABSTENTION.iter().any(|phrase| lower.contains(phrase)) && content <= 18;
    !polite && !abstains
}

/// Bytes in which the bracket that closes a marker is looked for.
const LONGEST_MARKER: usize = 256;

/// Indices of the passages that a sentence cites by `[1]`, `[2, 3]` or `[^1]`, counted from 0, ascending and each once.
pub(super) fn cited(sentence: &str, passages: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, _) in sentence.match_indices('[') {
        let body = sentence[at + 1..].trim_start_matches('^');
        let Some(length) = body.bytes().take(LONGEST_MARKER).position(|byte| byte == b']') else { continue };
        let inside = &body[..length];
        let numbers = inside.split(',').map(|number| number.trim().parse::<usize>().ok());
        found.extend(numbers.flatten().filter(|number| (1..=passages).contains(number)).map(|number| number - 1));
    }
    found.sort_unstable();
    found.dedup();
    found
}
