//! Gives values back: finds a vault's stand-ins in a model's words and puts the values in their place, in a whole
//! text or in a stream.
//!
//! Models do not copy a placeholder to the letter. What is accepted of `[EMAIL_1_k3f9]`: any case, a blank, a hyphen or
//! a markdown-escaped underscore for `_`, escaped, full-width, JSON-escaped or lost brackets, a blank or emphasis inside the
//! brackets, and within brackets any word for the kind, since a model that answers in Spanish writes `[CORREO_1_k3f9]`. What is
//! not: another nonce, another number, or a kind that this vault knows and that is not the value's.
//!
//! The stream and the whole text go through the same scanner. At each place it answers *match*, *no match*, or *the
//! text ends before this can be told*; a stream emits up to the first place of the third sort and keeps the rest. As an
//! answer of the first two sorts never depends on what follows, cutting a text anywhere changes nothing. What is kept
//! is no longer than the longest stand-in, and text that begins none is never kept.

use crate::vault::Entries;
use std::sync::Arc;

/// What the scanner says about one place.
enum Found {
    /// The placeholder is this many bytes long and stands for the entry with this index. With `keep`, that many bytes
    /// at its beginning are not part of it (an opening bracket that was never closed).
    Match {
        keep: usize,
        length: usize,
        entry: usize,
    },
    Nothing,
    /// The text ended while a placeholder was still possible.
    Open,
}

/// How a value is written where its placeholder stood.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As it is.
    Plain,
    /// As a part of a JSON string literal.
    Json,
    /// Not at all.
    Nothing,
}

/// Restores a stream. Text that cannot begin a placeholder passes through at once.
pub struct Restorer {
    entries: Arc<Entries>,
    form: Form,
    held: String,
    /// The last code point before `held`; a placeholder without brackets must begin a word.
    before: Option<char>,
}

impl Restorer {
    pub(crate) fn new(entries: Arc<Entries>, form: Form) -> Self {
        Self { entries, form, held: String::new(), before: None }
    }

    /// Takes the next piece and returns what can be said by now.
    pub fn push(&mut self, piece: &str) -> String {
        if self.entries.list.is_empty() {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        self.drain(false)
    }

    /// The stream has ended: returns the rest.
    pub fn finish(&mut self) -> String {
        self.drain(true)
    }

    fn drain(&mut self, ended: bool) -> String {
        let mut output = String::with_capacity(self.held.len());
        let consumed = scan(&self.entries, &self.held, &mut self.before, ended, self.form, &mut output);
        self.held.drain(..consumed);
        output
    }
}

impl std::fmt::Debug for Restorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restorer").field("held_bytes", &self.held.len()).finish_non_exhaustive()
    }
}

/// Restores a whole text.
pub(crate) fn whole(entries: &Entries, text: &str, form: Form) -> String {
    if entries.list.is_empty() {
        return text.to_owned();
    }
    let mut output = String::with_capacity(text.len());
    scan(entries, text, &mut None, true, form, &mut output);
    output
}

/// Whether the nonce occurs in the text in any case.
pub(crate) fn contains_nonce(text: &str, nonce: &str) -> bool {
    text.as_bytes().windows(nonce.len()).any(|window| window.eq_ignore_ascii_case(nonce.as_bytes()))
}

/// The byte ranges where the nonce stands in `text` as in a placeholder, in any case, after a number and a separator.
/// Such text is put into the vault itself, so that it means itself and can be no part of a placeholder.
pub(crate) fn nonce_places(text: &str, nonce: &str) -> Vec<std::ops::Range<usize>> {
    let mut found: Vec<std::ops::Range<usize>> = Vec::new();
    for (start, window) in text.as_bytes().windows(nonce.len()).enumerate() {
        let free = found.last().is_none_or(|last| last.end <= start);
        if free && window.eq_ignore_ascii_case(nonce.as_bytes()) && follows_number(&text.as_bytes()[..start]) {
            found.push(start..start + nonce.len());
        }
    }
    found
}

fn follows_number(before: &[u8]) -> bool {
    let Some((b'_' | b' ' | b'-', rest)) = before.split_last() else { return false };
    let rest = rest.strip_suffix(b"\\").unwrap_or(rest);
    rest.last().is_some_and(u8::is_ascii_digit)
}

/// Writes the restored text to `output` and returns how many bytes of `text` are settled.
fn scan(
    entries: &Entries,
    text: &str,
    before: &mut Option<char>,
    ended: bool,
    form: Form,
    output: &mut String,
) -> usize {
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        match placeholder_at(entries, &text[at..], *before, ended, form) {
            Found::Match { keep, length, entry } => {
                output.push_str(&text[at..at + keep]);
                push_value(output, &entries.list[entry].value, form);
                at += length;
                *before = text[..at].chars().next_back();
            }
            Found::Open => return at,
            Found::Nothing => {
                output.push(character);
                // The letter of a JSON escape is no letter of the text: what follows `\\n` begins a word.
                let escapes = form == Form::Json && *before == Some('\\');
                *before = Some(if escapes { ' ' } else { character });
                at += character.len_utf8();
            }
        }
    }
    at
}

fn push_value(output: &mut String, value: &str, form: Form) {
    match form {
        Form::Plain => output.push_str(value),
        Form::Json => {
            // A string always serialises; the quotes around it are already in the text.
            let quoted = serde_json::Value::from(value).to_string();
            output.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
        }
        Form::Nothing => {}
    }
}

/// Walks over bytes; `None` from `peek` means that the text ended.
#[derive(Clone)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The text stands in a JSON string literal.
    json: bool,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// Outcome of one part of the grammar.
#[derive(PartialEq, Eq)]
enum Step {
    Passed,
    Failed,
    Ended,
}

fn placeholder_at(entries: &Entries, text: &str, before: Option<char>, ended: bool, form: Form) -> Found {
    let mut cursor = Cursor { bytes: text.as_bytes(), at: 0, json: form == Form::Json };
    let opened = match open_bracket(&mut cursor) {
        Step::Passed => true,
        Step::Failed => false,
        Step::Ended => return if ended { Found::Nothing } else { Found::Open },
    };
    if !opened && before.is_some_and(char::is_alphanumeric) {
        return Found::Nothing;
    }
    let inside = cursor.at;
    let told = if opened { bracketed(entries, &mut cursor) } else { bare(entries, &mut cursor) };
    match told {
        Ok(entry) => close_bracket(&cursor, opened, inside, entry, ended),
        Err(Step::Ended) if !ended => Found::Open,
        Err(_) if opened => Found::Nothing,
        Err(_) => fake_at(entries, text, ended),
    }
}

/// A made-up value that stands here as a whole word, in any case.
fn fake_at(entries: &Entries, text: &str, ended: bool) -> Found {
    let first = text.chars().next().and_then(|first| first.to_lowercase().next());
    let Some(known) = first.and_then(|first| entries.fakes.get(&first)) else { return Found::Nothing };
    for (fake, entry) in known {
        let mut said = text.char_indices();
        let mut fits = true;
        for wanted in fake.chars() {
            match said.next() {
                Some((_, letter)) if letter == wanted || letter.to_lowercase().eq(std::iter::once(wanted)) => {}
                Some(_) => {
                    fits = false;
                    break;
                }
                None if ended => {
                    fits = false;
                    break;
                }
                None => return Found::Open,
            }
        }
        if !fits {
            continue;
        }
        match said.next() {
            Some((_, letter)) if letter.is_alphanumeric() => {}
            Some((length, _)) => return Found::Match { keep: 0, length, entry: *entry },
            None if ended => return Found::Match { keep: 0, length: text.len(), entry: *entry },
            None => return Found::Open,
        }
    }
    Found::Nothing
}

/// Brackets as they come back: plain, full width, and as JSON escapes them.
const OPENING: &[&str] = &["[", "\\[", "【", "［", "〔"];
const CLOSING: &[&str] = &["]", "\\]", "】", "］", "〕"];

fn open_bracket(cursor: &mut Cursor<'_>) -> Step {
    // Nearly every place of a text is none: one look settles it.
    if !matches!(cursor.peek(), Some(b'[' | b'\\' | 0xE3 | 0xEF) | None) {
        return Step::Failed;
    }
    let step = one_of(cursor, OPENING, "\\u005b");
    if step == Step::Passed {
        trimmings(cursor);
    }
    step
}

/// A blank and emphasis around the words: three at the most.
fn trimmings(cursor: &mut Cursor<'_>) {
    for _ in 0..3 {
        if matches!(cursor.peek(), Some(b' ' | b'*' | b'`')) {
            cursor.at += 1;
        }
    }
}

/// Any of these texts, or in JSON the escape.
fn one_of(cursor: &mut Cursor<'_>, texts: &[&str], escape: &str) -> Step {
    let escape = cursor.json.then_some(escape);
    let mut open = false;
    for text in texts.iter().copied().chain(escape) {
        let rest = &cursor.bytes[cursor.at..];
        let shared = rest.len().min(text.len());
        if !rest[..shared].eq_ignore_ascii_case(&text.as_bytes()[..shared]) {
            continue;
        }
        if shared == text.len() {
            cursor.at += shared;
            return Step::Passed;
        }
        open = true;
    }
    if open { Step::Ended } else { Step::Failed }
}

/// Without brackets only the kinds of this vault begin a placeholder: any other word would have to wait for its next.
fn bare(entries: &Entries, cursor: &mut Cursor<'_>) -> Result<usize, Step> {
    let mut ended = false;
    // Kinds may begin alike (`IP`, `IPV6`); the separator after the kind tells them apart.
    for kind in &entries.kinds {
        let mut attempt = cursor.clone();
        let told = letters(&mut attempt, kind).and_then(|()| number_nonce(entries, &mut attempt));
        match told {
            Ok(entry) if entries.list[entry].kind == *kind => {
                cursor.at = attempt.at;
                return Ok(entry);
            }
            Err(Step::Ended) => ended = true,
            Ok(_) | Err(_) => {}
        }
    }
    Err(if ended { Step::Ended } else { Step::Failed })
}

/// Bytes of the longest word for a kind.
const LONGEST_KIND: usize = 40;

/// Within brackets any word may stand for the kind, but for those of another kind of this vault.
fn bracketed(entries: &Entries, cursor: &mut Cursor<'_>) -> Result<usize, Step> {
    let start = cursor.at;
    let mut ended = match bare(entries, cursor) {
        Err(Step::Ended) => true,
        Err(_) => false,
        known => return known,
    };
    while cursor.at - start <= LONGEST_KIND {
        if cursor.at > start {
            let mut attempt = cursor.clone();
            match number_nonce(entries, &mut attempt) {
                Ok(entry) => {
                    let written = &cursor.bytes[start..cursor.at];
                    let is_other = |kind: &&str| **kind != *entries.list[entry].kind && is_kind(kind, written);
                    if entries.kinds.iter().any(is_other) {
                        return Err(Step::Failed);
                    }
                    cursor.at = attempt.at;
                    return Ok(entry);
                }
                Err(Step::Ended) => ended = true,
                Err(_) => {}
            }
        }
        match cursor.peek() {
            Some(byte) if byte.is_ascii_alphanumeric() || byte >= 0x80 || b"_-.'\\".contains(&byte) => cursor.at += 1,
            Some(_) => break,
            None => return Err(Step::Ended),
        }
    }
    Err(if ended { Step::Ended } else { Step::Failed })
}

/// Whether these words name a kind, whatever its case and separators.
fn is_kind(kind: &str, written: &[u8]) -> bool {
    let letters = |byte: &u8| byte.is_ascii_alphanumeric();
    let written = written.iter().copied().filter(letters).map(|byte| byte.to_ascii_uppercase());
    written.eq(kind.bytes().filter(letters))
}

/// `_1_k3f9`, and the place of that value.
fn number_nonce(entries: &Entries, cursor: &mut Cursor<'_>) -> Result<usize, Step> {
    separator(cursor)?;
    let number = digits(cursor)?;
    separator(cursor)?;
    letters(cursor, &entries.nonce)?;
    number.checked_sub(1).filter(|place| *place < entries.list.len()).ok_or(Step::Failed)
}

/// The given ASCII text in any case; an underscore within it may be written as any separator.
fn letters(cursor: &mut Cursor<'_>, expected: &str) -> Result<(), Step> {
    for byte in expected.bytes() {
        if byte == b'_' {
            separator(cursor)?;
            continue;
        }
        match cursor.peek() {
            Some(found) if found.eq_ignore_ascii_case(&byte) => cursor.at += 1,
            Some(_) => return Err(Step::Failed),
            None => return Err(Step::Ended),
        }
    }
    Ok(())
}

fn separator(cursor: &mut Cursor<'_>) -> Result<(), Step> {
    match one_of(cursor, SEPARATORS, "\\u005f") {
        Step::Passed => Ok(()),
        other => Err(other),
    }
}

const SEPARATORS: &[&str] = &["_", " ", "-", "\\_", "\\-"];

/// Digits of a placeholder's number.
const MOST_DIGITS: usize = 7;

/// At most seven digits: no request has more values, and the held tail stays short.
fn digits(cursor: &mut Cursor<'_>) -> Result<usize, Step> {
    let mut number = 0;
    for read in 0..=MOST_DIGITS {
        match cursor.peek() {
            Some(digit @ b'0'..=b'9') if read < MOST_DIGITS => number = number * 10 + usize::from(digit - b'0'),
            Some(_) if read > 0 => return Ok(number),
            Some(_) => return Err(Step::Failed),
            None => return Err(Step::Ended),
        }
        cursor.at += 1;
    }
    Err(Step::Failed)
}

/// Both brackets belong to the placeholder or neither does: `[see EMAIL_1_k3f9]` keeps its own.
fn close_bracket(cursor: &Cursor<'_>, opened: bool, inside: usize, entry: usize, ended: bool) -> Found {
    let bare = Found::Match { keep: inside, length: cursor.at, entry };
    if !opened {
        return bare;
    }
    let mut ahead = cursor.clone();
    trimmings(&mut ahead);
    match one_of(&mut ahead, CLOSING, "\\u005d") {
        Step::Passed => Found::Match { keep: 0, length: ahead.at, entry },
        Step::Ended if !ended => Found::Open,
        _ => bare,
    }
}

#[cfg(test)]
mod tests;
