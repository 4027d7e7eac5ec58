//! Gives values back: finds a vault's placeholders in a model's words and puts the values in their place, in a whole
//! text or in a stream.
//!
//! Models do not copy a placeholder to the letter. What is accepted of `[EMAIL_1_k3f9]`: any case, a blank, a hyphen or
//! a markdown-escaped underscore for `_`, escaped or lost brackets, one blank inside the brackets. What is not: another
//! nonce, another number, another kind.
//!
//! The stream and the whole text go through the same scanner. At each place it answers *match*, *no match*, or *the
//! text ends before this can be told*; a stream emits up to the first place of the third sort and keeps the rest. As an
//! answer of the first two sorts never depends on what follows, cutting a text anywhere changes nothing. What is kept
//! is no longer than the longest placeholder, and text that begins no placeholder is never kept.

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
        match placeholder_at(entries, &text.as_bytes()[at..], *before, ended) {
            Found::Match { keep, length, entry } => {
                output.push_str(&text[at..at + keep]);
                push_value(output, &entries.list[entry].value, form);
                at += length;
                *before = text[..at].chars().next_back();
            }
            Found::Open => return at,
            Found::Nothing => {
                output.push(character);
                *before = Some(character);
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
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn peek_after(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }
}

/// Outcome of one part of the grammar.
#[derive(PartialEq, Eq)]
enum Step {
    Passed,
    Failed,
    Ended,
}

fn placeholder_at(entries: &Entries, bytes: &[u8], before: Option<char>, ended: bool) -> Found {
    let mut cursor = Cursor { bytes, at: 0 };
    let opened = match open_bracket(&mut cursor) {
        Step::Passed => true,
        Step::Failed => {
            if before.is_some_and(char::is_alphanumeric) {
                return Found::Nothing;
            }
            false
        }
        Step::Ended => return if ended { Found::Nothing } else { Found::Open },
    };
    let inside = cursor.at;
    match kind_number_nonce(entries, &mut cursor) {
        Ok(entry) => close_bracket(&mut cursor, opened, inside, entry, ended),
        Err(Step::Ended) if !ended => Found::Open,
        Err(_) => Found::Nothing,
    }
}

fn open_bracket(cursor: &mut Cursor<'_>) -> Step {
    match cursor.peek() {
        Some(b'[') => cursor.at += 1,
        Some(b'\\') => match cursor.peek_after() {
            Some(b'[') => cursor.at += 2,
            Some(_) => return Step::Failed,
            None => return Step::Ended,
        },
        Some(_) => return Step::Failed,
        None => return Step::Ended,
    }
    if cursor.peek() == Some(b' ') {
        cursor.at += 1;
    }
    Step::Passed
}

fn kind_number_nonce(entries: &Entries, cursor: &mut Cursor<'_>) -> Result<usize, Step> {
    let mut ended = false;
    // Kinds may begin alike (`IP`, `IPV6`); the separator after the kind tells them apart.
    for kind in &entries.kinds {
        let mut attempt = Cursor { bytes: cursor.bytes, at: cursor.at };
        let tail = |attempt: &mut Cursor<'_>| -> Result<usize, Step> {
            letters(attempt, kind.name)?;
            separator(attempt)?;
            let number = digits(attempt)?;
            separator(attempt)?;
            letters(attempt, &entries.nonce)?;
            kind.entry(number).ok_or(Step::Failed)
        };
        match tail(&mut attempt) {
            Ok(entry) => {
                cursor.at = attempt.at;
                return Ok(entry);
            }
            Err(Step::Ended) => ended = true,
            Err(_) => {}
        }
    }
    Err(if ended { Step::Ended } else { Step::Failed })
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
    match cursor.peek() {
        Some(b'_' | b' ' | b'-') => cursor.at += 1,
        Some(b'\\') => match cursor.peek_after() {
            Some(b'_' | b'-') => cursor.at += 2,
            Some(_) => return Err(Step::Failed),
            None => return Err(Step::Ended),
        },
        Some(_) => return Err(Step::Failed),
        None => return Err(Step::Ended),
    }
    Ok(())
}

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
fn close_bracket(cursor: &mut Cursor<'_>, opened: bool, inside: usize, entry: usize, ended: bool) -> Found {
    let bare = Found::Match { keep: inside, length: cursor.at, entry };
    if !opened {
        return bare;
    }
    let mut ahead = cursor.at;
    for allowed in *b" \\]" {
        match cursor.bytes.get(ahead) {
            Some(b']') => return Found::Match { keep: 0, length: ahead + 1, entry },
            Some(found) if *found == allowed => ahead += 1,
            Some(_) => {}
            None => return if ended { bare } else { Found::Open },
        }
    }
    bare
}

#[cfg(test)]
mod tests;
