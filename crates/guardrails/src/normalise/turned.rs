//! Texts turned letter by letter: ROT13, backwards, upside down, and Morse code.

use super::dictionary::{rank, rotated};
use super::{Builder, View};

pub(super) fn rot13(plain: &View) -> View {
    let mut view = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices() {
        let turned = u8::try_from(character).map_or(character, |byte| char::from(rotated(byte)));
        view.push(if character.is_ascii() { turned } else { character }, plain.place(at));
    }
    view.view("rot13")
}

/// The text backwards, and each of its words backwards: which of the two was meant only the reader can tell.
pub(super) fn reversed(plain: &View) -> [View; 2] {
    let mut whole = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices().rev() {
        whole.push(character, plain.place(at));
    }
    let mut words = Builder::with_capacity(plain.text.len());
    let mut start = 0;
    for (at, character) in plain.text.char_indices().chain([(plain.text.len(), ' ')]) {
        if character.is_whitespace() {
            let word = plain.text[start..at].char_indices().rev();
            word.for_each(|(offset, letter)| words.push(letter, plain.place(start + offset)));
            if at < plain.text.len() {
                words.push(character, plain.place(at));
            }
            start = at + character.len_utf8();
        }
    }
    [whole.view("reversed"), words.view("reversed")]
}

/// Letters turned by half a circle, as the plain view has them, and what they were.
const TURNED: &[(char, char)] = &[
    ('ɐ', 'a'),
    ('q', 'b'),
    ('ɔ', 'c'),
    ('p', 'd'),
    ('ǝ', 'e'),
    ('ɟ', 'f'),
    ('ƃ', 'g'),
    ('ᵷ', 'g'),
    ('ɥ', 'h'),
    ('ᴉ', 'i'),
    ('ı', 'i'),
    ('ɾ', 'j'),
    ('ſ', 'j'),
    ('ʞ', 'k'),
    ('ʅ', 'l'),
    ('ꞁ', 'l'),
    ('ɯ', 'm'),
    ('u', 'n'),
    ('d', 'p'),
    ('b', 'q'),
    ('ɹ', 'r'),
    ('ʇ', 't'),
    ('n', 'u'),
    ('ʌ', 'v'),
    ('ʍ', 'w'),
    ('ʎ', 'y'),
];

/// What was written upside down. The signs are letters that only such texts have, not phonetic writing.
pub(super) fn upside_down(plain: &View) -> Option<View> {
    if plain.text.is_ascii() || plain.text.chars().filter(|letter| "ǝʇƃʞʎ".contains(*letter)).take(3).count() < 3 {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    for (at, character) in plain.text.char_indices().rev() {
        let known = TURNED.iter().find(|(from, _)| *from == character);
        view.push(known.map_or(character, |(_, to)| *to), plain.place(at));
    }
    reads(&view.text).then(|| view.view("reversed"))
}

/// Whether half of the words are listed.
fn reads(text: &str) -> bool {
    let words = text.split(|letter: char| !letter.is_ascii_lowercase()).filter(|word| word.len() >= 3);
    let (all, listed) =
        words.fold((0, 0), |(all, listed), word| (all + 1, listed + usize::from(rank(word.as_bytes()).is_some())));
    all > 0 && listed * 2 >= all
}

/// Letters and digits in the order of `a` to `z`, `0` to `9` (ITU-R M.1677-1).
const MORSE: &str = ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. \
    ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----.";

/// Runs of Morse code, with `/` or wide gaps between words.
pub(super) fn morse(plain: &View) -> Option<View> {
    let codes: Vec<&str> = MORSE.split(' ').collect();
    let mut view = Builder::with_capacity(64);
    let mut start = 0;
    let mut gap = 0;
    for (at, character) in plain.text.char_indices().chain([(plain.text.len(), ' ')]) {
        if !character.is_whitespace() && character != '/' {
            continue;
        }
        let code = &plain.text[start..at];
        let known = (code.len() <= 5).then(|| codes.iter().position(|known| *known == code)).flatten();
        if !code.is_empty() {
            let letter = known.and_then(|place| b"abcdefghijklmnopqrstuvwxyz0123456789".get(place));
            if (gap > 1 || letter.is_none()) && !view.text.is_empty() && !view.text.ends_with(' ') {
                view.push(' ', plain.place(start));
            }
            if let Some(letter) = letter {
                let last = plain.place(at - 1).1;
                view.push(char::from(*letter), (plain.place(start).0, last));
            }
            gap = 0;
        }
        gap += if character == '/' { 2 } else { 1 };
        start = at + character.len_utf8();
    }
    (view.text.len() >= 10 && reads(&view.text)).then(|| view.view("encoded"))
}
