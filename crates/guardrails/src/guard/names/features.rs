//! What the tagger sees of a token: its spelling, its lists, and the same of its neighbours, as numbers of table rows.
//!
//! A word's identity is a feature only where the word is a common one, a title or a cue. Names are seen by their lists,
//! their endings and their surroundings, never by heart: there are more names in the world than in any training text.

use super::gazetteer::class;
use super::tokens::{Kind, Shape, Token};

/// Rows of the weight table: a power of two.
pub(crate) const ROWS: usize = 1 << 16;

/// The most features that a token has.
pub(crate) const MOST: usize = 64;

/// What is known of a text as a whole, per token: where its line begins and what stands before the line's colon.
pub(crate) struct Lines {
    /// Per token: hash of the word before the colon in this line, or 0.
    label: Vec<u32>,
    /// Per token: how many words the line has, at most 15, and whether it has capitals.
    length: Vec<u8>,
}

impl Lines {
    pub(crate) fn of(tokens: &[Token], text: &str) -> Self {
        let (mut label, mut length) = (vec![0; tokens.len()], vec![0; tokens.len()]);
        let mut start = 0;
        while start < tokens.len() {
            let end = tokens[start..]
                .iter()
                .position(|token| token.kind == Kind::LineEnd)
                .map_or(tokens.len(), |offset| start + offset + 1);
            let words = tokens[start..end].iter().filter(|token| token.kind == Kind::Word).count().min(15) as u8;
            let (mut known, mut last_word, mut since) = (0, 0, 0);
            for at in start..end {
                length[at] = words;
                let token = &tokens[at];
                match token.kind {
                    Kind::Word => last_word = token.hash as u32 | 1,
                    Kind::Mark if matches!(text.as_bytes()[token.start], b':' | b'=') => {
                        (known, since) = (last_word, 0);
                    }
                    _ => {}
                }
                since += 1;
                label[at] = if since <= 9 { known } else { 0 };
            }
            start = end;
        }
        Self { label, length }
    }
}

struct Sink<'a> {
    rows: &'a mut [u32; MOST],
    count: usize,
}

impl Sink<'_> {
    /// Adds the feature with this number of kind and this content.
    #[inline]
    fn push(&mut self, kind: u64, content: u64) {
        let mixed = (content ^ kind.wrapping_mul(0xd6e8_feb8_6659_fd93)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        self.rows[self.count] = (mixed >> 48) as u32 & (ROWS as u32 - 1);
        self.count += 1;
    }
}

/// A word that is known by itself, as against one known by its lists.
const KNOWN: u16 = class::COMMON
    | class::COMMON_TOP
    | class::TITLE
    | class::CUE
    | class::STREET
    | class::ORGANISATION
    | class::CALENDAR
    | class::JOB;

/// The gist of a token: the word where it is a known one, else how it is written and what lists it is in.
#[inline]
fn gist(token: Option<&Token>) -> u64 {
    let Some(token) = token else { return 1 };
    match token.kind {
        Kind::Word
            if token.classes & KNOWN != 0 && (token.shape == Shape::Lower || token.classes & class::PERSON == 0) =>
        {
            token.hash
        }
        Kind::Word => 2 + (token.shape as u64) * 4096 + u64::from(coarse(token.classes)),
        Kind::Number => 3 + token.hash,
        Kind::Mark | Kind::LineEnd => token.hash,
    }
}

/// The lists in fewer bits: person, first, last, place, country, common.
#[inline]
fn coarse(classes: u16) -> u16 {
    let bit = |lists: u16, at: u16| u16::from(classes & lists != 0) << at;
    bit(class::FIRST_TOP | class::FIRST, 0)
        | bit(class::LAST_TOP | class::LAST, 1)
        | bit(class::CITY, 2)
        | bit(class::COUNTRY, 3)
        | bit(class::COMMON, 4)
        | bit(class::COMMON_TOP, 5)
        | bit(class::STREET, 6)
        | bit(class::ORGANISATION, 7)
        | bit(class::TITLE, 8)
}

/// The features of one token; how many of the rows are filled is returned.
pub(crate) fn features(tokens: &[Token], lines: &Lines, at: usize, rows: &mut [u32; MOST]) -> usize {
    let mut sink = Sink { rows, count: 0 };
    let token = &tokens[at];
    let back = |steps: usize| at.checked_sub(steps).and_then(|place| tokens.get(place));
    let (before, after) = (gist(back(1)), gist(tokens.get(at + 1)));
    let own = gist(Some(token));
    spelling(token, back(1), own, &mut sink);
    surroundings(tokens, at, before, after, &mut sink);
    let shape = token.shape as u64;
    let lists = u64::from(coarse(token.classes));
    let own_lists = shape << 16 | lists << 1;
    sink.push(30, before ^ own_lists.wrapping_mul(0x1_0001));
    sink.push(31, after ^ own_lists.wrapping_mul(0x1_0003));
    sink.push(32, before.rotate_left(7) ^ after);
    sink.push(33, before.rotate_left(7) ^ own);
    sink.push(34, after.rotate_left(9) ^ own);
    let label = u64::from(lines.label[at]);
    let length = u64::from(lines.length[at]);
    if label != 0 {
        sink.push(35, label);
        sink.push(36, label << 8 | shape);
    }
    sink.push(37, length << 8 | shape << 1 | u64::from(token.opens));
    sink.push(38, length << 32 | lists << 4 | u64::from(token.opens));
    sink.count
}

/// What the token itself looks like.
fn spelling(token: &Token, before: Option<&Token>, own: u64, sink: &mut Sink<'_>) {
    let shape = token.shape as u64;
    sink.push(1, 0);
    sink.push(2, own);
    sink.push(3, shape << 1 | u64::from(token.opens));
    if token.kind != Kind::Word {
        sink.push(4, token.kind as u64);
        // A full stop after an initial or a short form goes on; after a word it ends.
        let length = before.map_or(0, |before| (before.end - before.start).min(6) as u64);
        sink.push(28, own ^ (length << 4 | before.map_or(0, |before| before.shape as u64)) << 40);
        return;
    }
    let cased = u64::from(token.shape != Shape::Lower);
    sink.push(5, u64::from(token.tail & 0xffff) << 1 | cased);
    sink.push(6, u64::from(token.tail & 0xff_ffff) << 1 | cased);
    sink.push(7, u64::from(token.tail) << 1 | cased);
    sink.push(8, u64::from(token.head) << 1 | cased);
    sink.push(9, u64::from(token.classes) << 4 | shape << 1 | u64::from(token.opens));
    let mut left = token.classes;
    while left != 0 {
        let list = left & left.wrapping_neg();
        sink.push(10, u64::from(list) << 1 | cased);
        left &= left - 1;
    }
    sink.push(11, ((token.end - token.start).min(12) as u64) << 4 | shape);
}

/// What stands around it.
fn surroundings(tokens: &[Token], at: usize, before: u64, after: u64, sink: &mut Sink<'_>) {
    let back = |steps: usize| at.checked_sub(steps).and_then(|place| tokens.get(place));
    let lists =
        |token: Option<&Token>| token.map_or(0xfff, |token| u64::from(coarse(token.classes)) << 3 | token.shape as u64);
    let (before2, after2) = (gist(back(2)), gist(tokens.get(at + 2)));
    sink.push(12, before);
    sink.push(13, after);
    sink.push(14, before2);
    sink.push(15, after2);
    sink.push(16, before.rotate_left(5) ^ before2);
    sink.push(17, after.rotate_left(5) ^ after2);
    sink.push(18, before2.rotate_left(9) ^ before.rotate_left(5) ^ gist(back(3)));
    sink.push(19, gist(back(3)));
    sink.push(20, gist(tokens.get(at + 3)));
    let own = lists(Some(&tokens[at]));
    sink.push(21, lists(back(1)) << 32 | own);
    sink.push(22, lists(tokens.get(at + 1)) << 32 | own);
    sink.push(23, lists(back(1)) << 48 | own << 24 | lists(tokens.get(at + 1)));
    // `Anna reviewed`, `to Dallas`: the ending of a common word beside tells its part of speech.
    let ending = |token: Option<&Token>| token.map_or(0, |token| u64::from(token.tail & 0xffff));
    if let Some(next) = tokens.get(at + 1).filter(|next| next.shape == Shape::Lower) {
        sink.push(24, ending(Some(next)) << 16 | own);
        sink.push(25, u64::from(next.tail & 0xff_ffff));
    }
    let near_street = (1..=4).any(|step| tokens.get(at + step).is_some_and(|token| token.classes & class::STREET != 0));
    let near_number = (1..=4).any(|step| back(step).is_some_and(|token| token.kind == Kind::Number));
    sink.push(26, u64::from(near_street) << 1 | u64::from(near_number));
    sink.push(27, (u64::from(near_street) << 1 | u64::from(near_number)) << 32 | own);
}
