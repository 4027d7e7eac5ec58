//! The views of one text that the injection rules look at. Whoever hides an instruction writes it so that a model still
//! reads it and a plain search does not: with invisible characters, with letters of another alphabet, letter by letter,
//! with digits for letters, encoded. Each view undoes one of these, and keeps for every byte the place in the caller's
//! text that it came from, so that a finding is told in the caller's own coordinates.
//!
//! The plain view is in lower case, in compatibility form (NFKC without marks: `é` becomes `e`), without invisible
//! characters (zero-width, bidirectional controls, variation selectors, Unicode tags). The others are derived from it,
//! and only when the text gives a reason: most texts have one view, and for ASCII that is a lower-cased copy.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use std::ops::Range;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

mod disguise;
mod lookalikes;

/// One way of reading a text.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `plain`, `tags`, `lookalikes`, `joined`, `leet`, `encoded`, `rot13`, `reversed`.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// For each byte of `text` the byte range's beginning and end in the caller's text; `None` is the identity.
    origin: Option<Vec<(u32, u32)>>,
}

impl View {
    /// The stretch of the caller's text that a stretch of this view came from, in bytes.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            None => range,
            Some(origin) => {
                let start = origin.get(range.start).map_or(0, |place| place.0);
                let end = range.end.checked_sub(1).and_then(|last| origin.get(last)).map_or(start, |place| place.1);
                start as usize..(end as usize).max(start as usize)
            }
        }
    }

    fn place(&self, byte: usize) -> (u32, u32) {
        match &self.origin {
            None => (byte as u32, byte as u32 + 1),
            Some(origin) => origin.get(byte).copied().unwrap_or_default(),
        }
    }
}

/// Collects a view character by character.
struct Builder {
    text: String,
    origin: Vec<(u32, u32)>,
}

impl Builder {
    fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), origin: Vec::with_capacity(bytes) }
    }

    fn push(&mut self, character: char, place: (u32, u32)) {
        self.text.push(character);
        self.origin.resize(self.text.len(), place);
    }

    fn view(self, name: &'static str) -> View {
        View { name, text: self.text, origin: Some(self.origin) }
    }
}

/// All views of a text, the plain one first.
pub(crate) fn views(text: &str) -> Vec<View> {
    let (plain, tags) = plain(text);
    let mut views = Vec::with_capacity(2);
    views.extend(disguise::lookalikes(&plain));
    // What was written with lookalikes may be spaced or leet as well: go on from the folded form.
    let base = views.first().unwrap_or(&plain);
    let mut derived = Vec::new();
    derived.extend(disguise::joined(base));
    derived.extend(disguise::leet(base));
    derived.extend(disguise::reversed(base));
    derived.extend(disguise::rot13(base));
    views.extend(derived);
    views.extend(tags);
    views.extend(decoded(text));
    views.insert(0, plain);
    views
}

/// The plain view alone, and the text hidden in Unicode tag characters if there is any.
pub(crate) fn plain(text: &str) -> (View, Option<View>) {
    if text.is_ascii() {
        return (View { name: "plain", text: text.to_ascii_lowercase(), origin: None }, None);
    }
    let mut plain = Builder::with_capacity(text.len());
    let mut tags = Builder::with_capacity(0);
    for (at, character) in text.char_indices() {
        let place = (at as u32, (at + character.len_utf8()) as u32);
        if character.is_ascii() {
            plain.push(character.to_ascii_lowercase(), place);
        } else if let Some(hidden) = tag(character) {
            tags.push(hidden.to_ascii_lowercase(), place);
        } else if !is_invisible(character) {
            push_folded(character, place, &mut plain);
        }
    }
    let tags = (tags.text.len() > 3).then(|| tags.view("tags"));
    (plain.view("plain"), tags)
}

fn push_folded(character: char, place: (u32, u32), plain: &mut Builder) {
    // Kana and Hangul fall apart under decomposition; only their full and half width forms need folding.
    if matches!(character, '\u{3040}'..='\u{D7FF}') {
        plain.push(character, place);
        return;
    }
    decompose_compatible(character, |part| {
        let mark = matches!(part, '\u{0300}'..='\u{036F}') || (is_combining_mark(part) && is_invisible(part));
        if mark {
            return;
        }
        let part = match part {
            'ł' | 'Ł' => 'l',
            'ø' | 'Ø' => 'o',
            'ı' => 'i',
            '‘' | '’' | 'ʼ' | '´' => '\'',
            '“' | '”' | '«' | '»' => '"',
            '‐'..='―' => '-',
            _ => part,
        };
        for lower in part.to_lowercase() {
            if !matches!(lower, '\u{0300}'..='\u{036F}') {
                plain.push(lower, place);
            }
        }
    });
}

/// Unicode tag characters spell ASCII invisibly (Unicode 16, block E0000).
fn tag(character: char) -> Option<char> {
    match character {
        '\u{E0020}'..='\u{E007E}' => char::from_u32(u32::from(character) - 0xE0000),
        _ => None,
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

const LENIENT: GeneralPurposeConfig = general_purpose::NO_PAD
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// The shortest run that is worth decoding: an override phrase is longer.
const SHORTEST_ENCODED: usize = 20;
/// Payloads read per text; a long file full of base64 must not cost more than its length.
const MOST_ENCODED: usize = 16;

/// Base64, hexadecimal and percent-encoded runs that decode to readable text, together one view.
fn decoded(text: &str) -> Option<View> {
    let mut decoded = Builder::with_capacity(0);
    let mut runs = 0;
    for range in encoded_runs(text) {
        if runs == MOST_ENCODED {
            break;
        }
        if let Some(readable) = decode(&text[range.clone()]) {
            runs += 1;
            let place = (range.start as u32, range.end as u32);
            readable.chars().flat_map(char::to_lowercase).for_each(|character| decoded.push(character, place));
            decoded.push('\n', place);
        }
    }
    (runs > 0).then(|| decoded.view("encoded"))
}

fn is_encoded_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'%')
}

/// Long runs of the encodings' characters. Runs of hexadecimal or binary pairs may hold single blanks.
fn encoded_runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at <= bytes.len() {
        let inside = bytes.get(at).is_some_and(|byte| is_encoded_byte(*byte) || joins_groups(bytes, at));
        if !inside {
            if at - start >= SHORTEST_ENCODED {
                runs.push(start..at);
            }
            start = at + 1;
        }
        at += 1;
    }
    runs
}

/// A blank between two groups of two hexadecimal or eight binary digits.
fn joins_groups(bytes: &[u8], at: usize) -> bool {
    if bytes[at] != b' ' {
        return false;
    }
    let group = |slice: Option<&[u8]>| slice.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let pair = |from: usize| group(bytes.get(from..from + 2));
    let edge = |place: Option<usize>| place.and_then(|p| bytes.get(p)).is_none_or(|b| !b.is_ascii_alphanumeric());
    let octet =
        |from: usize| bytes.get(from..from + 8).is_some_and(|eight| eight.iter().all(|bit| matches!(bit, b'0' | b'1')));
    let after_pair = pair(at + 1) && edge(Some(at + 3));
    let before_pair = at >= 2 && pair(at - 2) && edge(at.checked_sub(3));
    (after_pair && before_pair) || (at >= 8 && octet(at - 8) && octet(at + 1))
}

fn decode(run: &str) -> Option<String> {
    let compact: String = run.chars().filter(|character| *character != ' ').collect();
    let bytes = if compact.len() >= 40
        && compact.len().is_multiple_of(8)
        && compact.bytes().all(|b| matches!(b, b'0' | b'1'))
    {
        from_digits(&compact, 8, 2)
    } else if compact.len().is_multiple_of(2) && compact.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        from_digits(&compact, 2, 16)
    } else if compact.bytes().filter(|byte| *byte == b'%').count() >= 3 {
        percent(&compact)
    } else if run.contains(' ') || run.contains('%') {
        None
    } else {
        let whole = run.trim_matches('=');
        STANDARD.decode(whole).or_else(|_| URL_SAFE.decode(whole)).ok()
    };
    readable(bytes?)
}

fn from_digits(digits: &str, width: usize, radix: u32) -> Option<Vec<u8>> {
    (0..digits.len() / width)
        .map(|group| u8::from_str_radix(digits.get(group * width..(group + 1) * width)?, radix).ok())
        .collect()
}

fn percent(run: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(run.len());
    let mut rest = run.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    Some(bytes)
}

/// Text that a person could read: valid UTF-8, hardly a control character, with a blank in it.
fn readable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let strange = text.chars().filter(|character| character.is_control() && !character.is_whitespace()).count();
    (strange == 0 && text.contains([' ', '_', '\u{3000}']) && text.len() >= 12).then_some(text)
}

#[cfg(test)]
mod tests;
