//! Text behind an encoding: base64 in both alphabets, hexadecimal, binary, and what is escaped in place (`%69`, `&#105;`,
//! `\u0069`, `\x69`). What was decoded may be encoded again: up to four layers are taken off, each of which is shorter
//! than the one before, so deeper nesting costs nothing.

use super::dictionary::{is_listed, rotated};
use super::signs::{SHORTEST_RUN, Signs};
use super::{Builder, View, fold};
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use std::ops::Range;

const LENIENT: GeneralPurposeConfig = general_purpose::NO_PAD
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

/// Payloads read per text, so that a file full of base64 does not become a second text as long.
const MOST_PAYLOADS: usize = 16;
/// Runs looked at per text and layer.
const MOST_RUNS: usize = 4096;
const MOST_LAYERS: usize = 4;
/// Bytes of a line of base64 that may go on in the next.
const SHORTEST_LINE: usize = 60;
/// The least that is said to be text, in bytes.
const SHORTEST_TEXT: usize = 8;
/// Bytes of readable text that need no listed word in it.
const SURELY_TEXT: usize = 24;

/// What a text hides behind encodings.
#[derive(Default)]
pub(super) struct Hidden {
    pub(super) views: Vec<View>,
    /// Where the encoded text stands, in bytes of the text, in order.
    pub(super) places: Vec<Range<usize>>,
}

impl Hidden {
    /// Escapes undone in place, and the runs that decode.
    pub(super) fn in_text(text: &str, plain: &View, signs: &Signs) -> Self {
        let mut hidden = Self::default();
        if let Some(characters) = signs.escapes.then(|| escapes_undone(text)).flatten() {
            // Runs may lie behind escapes: `%61%57...` is base64 only once they are undone, in the case it has then.
            let mut undone = Builder::with_capacity(text.len());
            characters.iter().for_each(|(character, place)| undone.push(*character, *place));
            let escaped = characters.iter().filter(|(character, (start, end))| {
                (end - start) as usize > character.len_utf8() && !character.is_control()
            });
            hidden.places.extend(escaped.map(|(_, (start, end))| *start as usize..*end as usize));
            hidden.views.push(fold(characters.into_iter(), text.len()).0.view("encoded"));
            let undone = undone.view("encoded");
            hidden.add_runs(&undone.text, runs(&undone.text), |range| undone.source(range));
        }
        // Groups, and runs that may go on in the next line, need the closer look at what belongs together.
        let found = if signs.groups || signs.runs.iter().any(|run| run.len() >= SHORTEST_LINE) {
            runs(text)
        } else {
            signs.runs.iter().map(|run| plain.source(run.clone())).collect()
        };
        hidden.add_runs(text, found, |range| range);
        hidden.places.sort_by_key(|place| place.start);
        hidden
    }

    /// What stands behind the encoded runs of a text, folded like the plain view, payload by payload.
    fn add_runs(&mut self, text: &str, runs: Vec<Range<usize>>, source: impl Fn(Range<usize>) -> Range<usize>) {
        let mut payloads: Vec<(String, (u32, u32))> = Vec::new();
        for range in runs.into_iter().take(MOST_RUNS) {
            if payloads.len() == MOST_PAYLOADS {
                break;
            }
            if let Some(readable) = text.get(range.clone()).and_then(|run| payload(run, 1)) {
                let source = source(range);
                payloads.push((readable + "\n", (source.start as u32, source.end as u32)));
                self.places.push(source);
            }
        }
        if !payloads.is_empty() {
            let characters = payloads.iter().flat_map(|(payload, place)| payload.chars().map(|one| (one, *place)));
            self.views.push(fold(characters, 0).0.view("encoded"));
        }
    }
}

/// The readable text of a run, through as many layers as it has.
fn payload(run: &str, layer: usize) -> Option<String> {
    let bytes = decode(run)?;
    let text = String::from_utf8(bytes).ok()?;
    if is_readable(&text) {
        return Some(unescaped_text(&text).unwrap_or(text));
    }
    let inner = text.trim();
    let is_run = inner.len() >= SHORTEST_RUN && inner.bytes().all(|byte| is_code(byte) || byte == b' ' || byte == b'%');
    if layer == MOST_LAYERS || !is_run {
        return None;
    }
    if let Some(unescaped) = unescaped_text(inner).filter(|text| is_readable(text)) {
        return Some(unescaped);
    }
    payload(inner, layer + 1)
}

/// Text that a person could read: letters and blanks, hardly anything else.
fn is_readable(text: &str) -> bool {
    let (mut letters, mut blanks, mut controls, mut all) = (0, 0, 0, 0);
    for character in text.chars() {
        all += 1;
        letters += usize::from(character.is_alphanumeric());
        blanks += usize::from(character.is_whitespace() || character == '_' || !character.is_ascii());
        controls += usize::from(character.is_control() && !character.is_whitespace());
    }
    let reads = text.len() >= SURELY_TEXT || text.split(|one: char| !one.is_alphabetic()).any(is_word);
    text.len() >= SHORTEST_TEXT
        && reads
        && controls * 64 <= all
        && blanks > 0
        && (letters + blanks) * 10 >= all * 7
        && blanks * 25 >= all
}

/// Digits that happen to decode make letters and blanks, but no word.
fn is_word(text: &str) -> bool {
    !text.is_ascii() || is_listed(text.to_ascii_lowercase().as_bytes())
}

fn is_code(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Long runs of the encodings' characters. Hexadecimal pairs and octets may have single blanks between them, and lines
/// of at least 60 characters belong together (RFC 2045 wraps base64 at 76).
fn runs(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs = Vec::new();
    let (mut start, mut line) = (0, 0);
    for at in 0..=bytes.len() {
        let byte = bytes.get(at).copied().unwrap_or(b'.');
        if is_code(byte) || (byte == b' ' && joins_groups(bytes, at)) {
            continue;
        }
        let wraps = byte == b'\r' || (byte == b'\n' && bytes[at.saturating_sub(1)] == b'\r');
        if (byte == b'\n' || wraps)
            && at >= line + SHORTEST_LINE
            && bytes.get(at + 1).is_some_and(|next| is_code(*next) || *next == b'\n')
        {
            if byte == b'\n' {
                line = at + 1;
            }
            continue;
        }
        if at >= start + SHORTEST_RUN {
            runs.push(start..at);
        }
        (start, line) = (at + 1, at + 1);
    }
    runs
}

/// A blank between two groups of two hexadecimal or eight binary digits.
fn joins_groups(bytes: &[u8], at: usize) -> bool {
    let group = |slice: Option<&[u8]>| slice.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    let pair = |from: usize| group(bytes.get(from..from + 2));
    let edge = |place: Option<usize>| place.and_then(|p| bytes.get(p)).is_none_or(|b| !b.is_ascii_alphanumeric());
    let octet =
        |from: usize| bytes.get(from..from + 8).is_some_and(|eight| eight.iter().all(|bit| matches!(bit, b'0' | b'1')));
    let after_pair = pair(at + 1) && edge(Some(at + 3));
    let before_pair = at >= 2 && pair(at - 2) && edge(at.checked_sub(3));
    (after_pair && before_pair) || (at >= 8 && octet(at - 8) && octet(at + 1))
}

fn decode(run: &str) -> Option<Vec<u8>> {
    let has_blanks = run.contains([' ', '\n', '\r']);
    let compact: std::borrow::Cow<'_, str> =
        if has_blanks { run.split_ascii_whitespace().collect::<String>().into() } else { run.into() };
    let is_binary = compact.len() >= 40 && compact.len().is_multiple_of(8);
    if is_binary && compact.bytes().all(|bit| matches!(bit, b'0' | b'1')) {
        return from_digits(&compact, 8, 2);
    }
    let digits = compact.strip_prefix("0x").unwrap_or(&compact);
    if digits.len().is_multiple_of(2) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        // Base64 of hexadecimal digits alone is rarer than hexadecimal.
        return from_digits(digits, 2, 16);
    }
    if run.contains(' ') {
        return None;
    }
    let whole = compact.trim_matches('=');
    base64(whole).or_else(|| {
        let turned: String = whole.chars().map(turn).collect();
        base64(&turned)
    })
}

/// ROT13 in both cases: somebody may have rotated the base64.
fn turn(letter: char) -> char {
    match letter {
        'A'..='Z' => char::from(rotated(letter.to_ascii_lowercase() as u8)).to_ascii_uppercase(),
        'a'..='z' => char::from(rotated(letter as u8)),
        _ => letter,
    }
}

/// Decodes the beginning first: pictures and keys show there already that they are no text.
fn base64(run: &str) -> Option<Vec<u8>> {
    let decode = |part: &str| STANDARD.decode(part).or_else(|_| URL_SAFE.decode(part)).ok();
    let head = decode(run.get(..run.len().min(32))?)?;
    let is_text = match std::str::from_utf8(&head) {
        Ok(text) => text.chars().filter(|one| one.is_control() && !one.is_whitespace()).count() <= 1,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    };
    if is_text { decode(run) } else { None }
}

fn from_digits(digits: &str, width: usize, radix: u32) -> Option<Vec<u8>> {
    digits
        .as_bytes()
        .chunks_exact(width)
        .map(|group| u8::from_str_radix(std::str::from_utf8(group).ok()?, radix).ok())
        .collect()
}

fn unescaped_text(text: &str) -> Option<String> {
    text.contains(['%', '&', '\\'])
        .then(|| escapes_undone(text))
        .flatten()
        .map(|all| all.into_iter().map(|(c, _)| c).collect())
}

/// The text with its escapes undone; `None` when fewer than three stand for letters or blanks.
fn escapes_undone(text: &str) -> Option<Vec<(char, (u32, u32))>> {
    let bytes = text.as_bytes();
    let mut written: Vec<(char, (u32, u32))> = Vec::with_capacity(text.len());
    let (mut letters, mut at) = (0, 0);
    while let Some(character) = text[at..].chars().next() {
        let rest = &bytes[at..];
        let found = match character {
            '%' => percent(rest),
            '&' => entity(rest),
            '\\' => escape(rest),
            _ => None,
        };
        let (character, length) = found.unwrap_or((character, character.len_utf8()));
        letters += usize::from(found.is_some() && (character.is_alphabetic() || character == ' '));
        written.push((character, (at as u32, (at + length) as u32)));
        at += length;
    }
    (letters >= 3).then_some(written)
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// One character in percent encoding, which is as many escapes as it has bytes (RFC 3986).
fn percent(rest: &[u8]) -> Option<(char, usize)> {
    let byte = |place: usize| {
        (rest.get(3 * place) == Some(&b'%')).then(|| hex(rest.get(3 * place + 1..3 * place + 3))).flatten()
    };
    let first = byte(0)?;
    let count = match first {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return None,
    };
    let all: Vec<u8> = (0..count).map_while(|place| byte(place).and_then(|byte| u8::try_from(byte).ok())).collect();
    let character = std::str::from_utf8(&all).ok()?.chars().next()?;
    (all.len() == count).then_some((character, 3 * count))
}

/// `&#105;` and `&#x69;`, at most seven digits.
fn entity(rest: &[u8]) -> Option<(char, usize)> {
    let body = rest.strip_prefix(b"&#")?;
    let close = body.iter().take(9).position(|byte| *byte == b';')?;
    let code = match body.strip_prefix(b"x").or_else(|| body.strip_prefix(b"X")) {
        Some(_) => hex(body.get(1..close)),
        None => std::str::from_utf8(&body[..close]).ok()?.parse().ok(),
    };
    Some((char::from_u32(code?)?, close + 3))
}

/// `\u0069`, `\u{69}`, `\x69`.
fn escape(rest: &[u8]) -> Option<(char, usize)> {
    match rest.get(1)? {
        b'x' | b'X' => Some((char::from_u32(hex(rest.get(2..4))?)?, 4)),
        b'u' | b'U' if rest.get(2) == Some(&b'{') => {
            let close = rest.iter().take(10).position(|byte| *byte == b'}')?;
            Some((char::from_u32(hex(rest.get(3..close))?)?, close + 1))
        }
        b'u' | b'U' => {
            let high = hex(rest.get(2..6))?;
            let low = (rest.get(6..8) == Some(br"\u")).then(|| hex(rest.get(8..12))).flatten();
            match (high, low) {
                (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
                    let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    Some((char::from_u32(code)?, 12))
                }
                _ => Some((char::from_u32(high)?, 6)),
            }
        }
        _ => None,
    }
}
