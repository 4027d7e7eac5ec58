//! Digits and signs read as the letters they stand for: `1gn0r3 4ll pr3v10us`. The sign is two words that hold both and
//! are listed words once they are read so: identifiers, ordinals and product names are not.

use super::dictionary::{rank, settle};
use super::{Builder, View};
use std::ops::Range;

/// The letter that a character stands for; itself otherwise. `1` is read as `i` here and tried as `l` where words are known.
pub(super) fn letter(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '2' => 'z',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' | '§' => 's',
        '6' => 'g',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        '£' => 'l',
        '¥' => 'y',
        '¢' => 'c',
        _ => character,
    }
}

/// The longest word that is looked up, in bytes.
const LONGEST: usize = 24;
/// Numbers are read as words (`47` is `at`) only where one word in so many is leet.
const DENSE: usize = 5;

struct Token {
    start: usize,
    end: usize,
    /// The letters, when it is a listed word in leet.
    read: Option<String>,
    mixed: bool,
    /// It has letters at all.
    letters: bool,
}

/// The view with leet read; `None` when the words that `signs` found do not read.
pub(super) fn leet(plain: &View, candidates: &[Range<usize>]) -> Option<View> {
    let found = candidates.iter().filter_map(|place| token(&plain.text, place.start, place.end)?.read);
    let (count, letters, longest) =
        found.fold((0, 0, 0), |(count, all, longest), word| (count + 1, all + word.len(), word.len().max(longest)));
    if !(count >= 3 || (count == 2 && letters >= 9) || (count == 1 && longest >= 8)) {
        return None;
    }
    let tokens = tokens(&plain.text);
    let total = plain.text.split_ascii_whitespace().count();
    let dense = count * DENSE >= total;
    let very_dense = count * 3 >= total;
    let mut view = Builder::with_capacity(plain.text.len());
    let mut at = 0;
    for token in &tokens {
        view.copy(plain, at..token.start);
        at = token.end;
        let text = &plain.text[token.start..token.end];
        match &token.read {
            // A word in leet has as many characters as it has letters.
            Some(word) => {
                let places = text.char_indices().map(|(offset, _)| token.start + offset);
                places.zip(word.chars()).for_each(|(from, letter)| view.push(letter, plain.place(from)));
                view.copy(plain, token.start + same_length(text, word)..token.end);
            }
            None if dense && (token.mixed || (very_dense && token.letters) || reads_as_small_word(text)) => {
                let letters = text.char_indices();
                letters.for_each(|(offset, sign)| view.push(letter(sign), plain.place(token.start + offset)));
            }
            None => view.copy(plain, token.start..token.end),
        }
    }
    view.copy(plain, at..plain.text.len());
    Some(view.view("leet"))
}

/// Bytes of `text` that the characters of `word` stand for; what follows is punctuation.
fn same_length(text: &str, word: &str) -> usize {
    text.char_indices().nth(word.chars().count()).map_or(text.len(), |(offset, _)| offset)
}

fn reads_as_small_word(text: &str) -> bool {
    let word: String = text.chars().map(letter).collect();
    text.len() <= 4 && rank(word.as_bytes()).is_some_and(|rank| rank < 150)
}

/// Stretches without blanks that hold a digit or a sign.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let inside = character.is_ascii_alphanumeric() || letter(character) != character || character == '\'';
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                tokens.extend(token(text, from, at));
                start = None;
            }
            _ => {}
        }
    }
    tokens
}

fn token(text: &str, start: usize, end: usize) -> Option<Token> {
    let whole = &text[start..end];
    let letters = whole.bytes().any(|byte| byte.is_ascii_alphabetic());
    let signs = whole.chars().any(|character| letter(character) != character);
    if !signs {
        return None;
    }
    let trimmed = whole.trim_end_matches(['!', '+', '|', '\'']);
    let read = if letters && whole.len() <= LONGEST {
        read(whole).or_else(|| (trimmed.len() < whole.len()).then(|| read(trimmed)).flatten())
    } else {
        None
    };
    // Digits at the end number things.
    let core = trimmed.trim_end_matches(|character: char| character.is_ascii_digit());
    let mixed = letters && core.chars().any(|character| letter(character) != character);
    Some(Token { start, end, read, mixed, letters })
}

/// The listed word of at least three letters that a token spells.
fn read(token: &str) -> Option<String> {
    let core = token.trim_end_matches(|character: char| character.is_ascii_digit());
    let times = ["st", "nd", "rd", "th", "am", "pm", "s", "x", "k", "m"];
    if token.len() < 3 || times.iter().any(|end| is_number(token.strip_suffix(end))) || is_number(Some(token)) {
        return None;
    }
    let mut word: Vec<u8> = token.chars().map(|sign| u8::try_from(letter(sign)).ok()).collect::<Option<_>>()?;
    let doubtful: Vec<usize> =
        token.chars().enumerate().filter(|(_, sign)| matches!(sign, '1' | '!' | '|')).map(|(at, _)| at).collect();
    if !settle(&mut word, &doubtful) {
        return None;
    }
    // `version2` is a word with a number behind it, unless the digit makes it one (`clos3`).
    let plain = rank(core.as_bytes()).is_some() && core.len() >= 3;
    if plain { None } else { String::from_utf8(word).ok() }
}

fn is_number(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
}
