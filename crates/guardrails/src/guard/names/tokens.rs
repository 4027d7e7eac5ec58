//! Cuts a text into words, numbers, marks and line ends, looks each word up, and says which of them could be part of a name.

use super::gazetteer::{Gazetteer, class};
use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// Digits, or digits mixed with letters.
    Number,
    /// One character that is neither.
    Mark,
    /// One line end or several, with the spaces around them.
    LineEnd,
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Lower,
    /// `Anna`
    Title,
    /// `A`
    Initial,
    /// `ANNA`
    Upper,
    /// `McKay`, `iPhone`
    Mixed,
    /// Scripts without letter case.
    Caseless,
    /// Not a word.
    None,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Bytes of the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: Kind,
    pub(crate) shape: Shape,
    /// Of the folded word: lower case, without accents.
    pub(crate) hash: u64,
    /// Its first and last four folded bytes.
    pub(crate) head: u32,
    pub(crate) tail: u32,
    pub(crate) classes: u16,
    /// A sentence, a line or a quotation begins here.
    pub(crate) opens: bool,
    /// Could be part of a name: only such tokens are scored.
    pub(crate) active: bool,
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folded bytes as they come: their hash, the first four and the last four.
#[derive(Clone, Copy)]
struct Folded {
    hash: u64,
    head: u32,
    tail: u32,
    length: u32,
}

impl Folded {
    const EMPTY: Self = Self { hash: SEED, head: 0, tail: 0, length: 0 };

    #[inline]
    fn push(&mut self, byte: u8) {
        self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(FACTOR).rotate_left(23);
        self.tail = self.tail << 8 | u32::from(byte);
        if self.length < 4 {
            self.head = self.tail;
        }
        self.length += 1;
    }

    fn of(word: &str) -> Self {
        let mut folded = Self::EMPTY;
        if word.is_ascii() {
            word.bytes().for_each(|byte| folded.push(byte.to_ascii_lowercase()));
            return folded;
        }
        let mut buffer = [0; 4];
        for letter in word.nfd().flat_map(char::to_lowercase) {
            match letter {
                'ø' => folded.push(b'o'),
                'ł' => folded.push(b'l'),
                'đ' | 'ð' => folded.push(b'd'),
                'ı' => folded.push(b'i'),
                '’' => folded.push(b'\''),
                'æ' => b"ae".iter().for_each(|byte| folded.push(*byte)),
                'ß' => b"ss".iter().for_each(|byte| folded.push(*byte)),
                '\u{300}'..='\u{36f}' => {}
                other => other.encode_utf8(&mut buffer).bytes().for_each(|byte| folded.push(byte)),
            }
        }
        folded
    }
}

/// The hash by which a word is looked up: of its lower-case letters without accents.
pub(crate) fn word_hash(word: &str) -> u64 {
    Folded::of(word).hash
}

/// The tokens of a text, looked up and marked.
pub(crate) fn tokens(text: &str, gazetteer: &Gazetteer) -> Vec<Token> {
    let mut tokens = cut(text);
    for token in &mut tokens {
        if token.kind == Kind::Word {
            token.classes = gazetteer.classes(token.hash);
        }
    }
    mark_active(&mut tokens);
    tokens
}

/// Tokens without their lists.
pub(crate) fn cut(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(text.len() / 4);
    let (mut at, mut opens) = (0, true);
    while at < bytes.len() {
        if matches!(bytes[at], b' ' | b'\t') {
            at += 1;
            continue;
        }
        let token = next(text, at, opens);
        at = token.end;
        opens = match token.kind {
            Kind::LineEnd => true,
            Kind::Mark => {
                matches!(bytes[token.start], b'.' | b'!' | b'?' | b':' | b'"' | b'*' | b'#' | b'|' | b'>' | b'-')
                    || opens && !matches!(bytes[token.start], b',')
            }
            Kind::Word | Kind::Number => false,
        };
        tokens.push(token);
    }
    tokens
}

fn next(text: &str, start: usize, opens: bool) -> Token {
    let bytes = text.as_bytes();
    let empty = Folded::EMPTY;
    let plain = |end, kind, folded: Folded, shape| Token {
        start,
        end,
        kind,
        shape,
        hash: folded.hash,
        head: folded.head,
        tail: folded.tail,
        classes: 0,
        opens,
        active: false,
    };
    if matches!(bytes[start], b'\n' | b'\r') {
        let length = text[start..].find(|letter: char| !letter.is_ascii_whitespace()).unwrap_or(text.len() - start);
        let mut folded = empty;
        let lines = bytes[start..start + length].iter().filter(|byte| **byte == b'\n').count();
        folded.push(if lines > 1 { b'\r' } else { b'\n' });
        return plain(start + length, Kind::LineEnd, folded, Shape::None);
    }
    let (end, digits) = word_end(text, start);
    if end == start {
        let length = text[start..].chars().next().map_or(1, char::len_utf8);
        return plain(start + length, Kind::Mark, Folded::of(&text[start..start + length]), Shape::None);
    }
    let word = &text[start..end];
    if digits {
        let mut folded = empty;
        folded.push(b'0' + word.len().min(9) as u8);
        return plain(end, Kind::Number, folded, Shape::None);
    }
    plain(end, Kind::Word, Folded::of(word), shape(word))
}

/// Where a word ends that begins here, and whether it has digits. `s` with its apostrophe is a word of its own.
fn word_end(text: &str, start: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    let (mut at, mut digits) = (start, false);
    let letter_at =
        |at: usize| text[at..].chars().next().filter(|letter| letter.is_alphanumeric() || is_joined(*letter));
    while at < bytes.len() {
        if bytes[at].is_ascii_alphabetic() {
            at += 1;
        } else if bytes[at].is_ascii_digit() {
            digits = true;
            at += 1;
        } else if bytes[at] == b'\'' && at > start {
            let ending = bytes.get(at + 1).is_some_and(|byte| byte.eq_ignore_ascii_case(&b's'))
                && !bytes.get(at + 2).is_some_and(u8::is_ascii_alphanumeric);
            if ending || !bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) {
                break;
            }
            at += 1;
        } else if bytes[at].is_ascii() {
            break;
        } else {
            let Some(letter) = letter_at(at) else { break };
            at += letter.len_utf8();
        }
    }
    (at, digits)
}

/// Combining accents belong to the letter before them.
fn is_joined(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

fn shape(word: &str) -> Shape {
    let mut letters = word.chars().filter(|letter| letter.is_alphabetic());
    let Some(first) = letters.next() else { return Shape::None };
    if !first.is_uppercase() {
        return if !first.is_lowercase() {
            Shape::Caseless
        } else if letters.any(char::is_uppercase) {
            Shape::Mixed
        } else {
            Shape::Lower
        };
    }
    let (mut upper, mut lower) = (0, 0);
    letters.for_each(|letter| if letter.is_uppercase() { upper += 1 } else { lower += 1 });
    match (upper, lower) {
        (0, 0) => Shape::Initial,
        (0, _) => Shape::Title,
        (_, 0) => Shape::Upper,
        _ => Shape::Mixed,
    }
}

/// Inactive tokens between two active ones, at most, that are scored with them: `of the`, `,`.
const BRIDGE: usize = 2;

/// Marks what could be part of a name, and what stands between such tokens.
pub(crate) fn mark_active(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let before = if at == 0 { None } else { tokens.get(at - 1).copied() };
        tokens[at].active = could_be_name(&tokens[at], before.as_ref());
    }
    let mut last: Option<usize> = None;
    for at in 0..tokens.len() {
        if !tokens[at].active {
            continue;
        }
        if let Some(last) = last
            && at - last <= BRIDGE + 1
        {
            tokens[last..at].iter_mut().for_each(|token| token.active = true);
        }
        last = Some(at);
    }
    // A number belongs to an address beside it: `12 Oak Road`, `Hauptstraße 5, 10115 Berlin`.
    for at in 0..tokens.len() {
        let beside = |place: Option<&Token>| place.is_some_and(|token| token.active && token.kind == Kind::Word);
        if tokens[at].kind == Kind::Number && !tokens[at].active {
            tokens[at].active = beside(tokens.get(at + 1)) || at > 0 && beside(tokens.get(at - 1));
        }
    }
}

fn could_be_name(token: &Token, before: Option<&Token>) -> bool {
    let has = |classes: u16| token.classes & classes != 0;
    if token.kind != Kind::Word {
        return false;
    }
    match token.shape {
        Shape::Caseless | Shape::None => false,
        Shape::Lower => {
            let cued = before.is_some_and(|before| before.classes & (class::CUE | class::TITLE) != 0);
            // Lower-case words of other scripts are in no list: nothing would tell a name from a word.
            if has(class::COMMON_TOP) || !(token.head as u8).is_ascii() || token.head > 0x7fff_ffff {
                return false;
            }
            if has(class::COMMON) { cued && has(class::FIRST_TOP | class::FIRST) } else { token.end - token.start > 1 }
        }
        Shape::Initial if token.tail == u32::from(b'i') => false,
        _ if token.opens && has(class::COMMON_TOP) => has(class::FIRST_TOP | class::COUNTRY),
        _ if token.opens && has(class::COMMON) => has(class::PERSON | class::PLACE | class::TITLE),
        _ => true,
    }
}
