//! E-mail (RFC 5322, MIME): the subject is the title, the text begins with who wrote to whom and when, and goes on with
//! the plain body, or the HTML body where there is no plain one.
//!
//! An attachment of a known format is a document of its own with the id `mail-id/attachment`, so that a citation names
//! the attachment and opens its words; others are named in the field `attachments` and in the text. An attached
//! document cannot choose its id: a stranger's mail must not replace a document of the house.

mod letter;

use super::field::{self, Found};
use super::format::Format;
use super::guarded::{TIME_LIMIT, guarded};
use super::html::to_markdown;
use super::{MAX_INFLATED_BYTES, Parsed, ParsedDocument, grid, stem};
use letter::{Attached, Body, Letter};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Each part of a mail says its type. More of them are no correspondence; and the reader of nested mails needs the
/// stack for their number.
const MAX_PARTS: usize = 1_000;

/// Attachments that are read; all are named.
const MAX_ATTACHMENTS: usize = 100;

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    let parts = bytes.windows(12).filter(|word| word.eq_ignore_ascii_case(b"content-type")).count();
    if parts > MAX_PARTS {
        return Parsed::whole(path, Err(format!("the e-mail has more than {MAX_PARTS} parts")));
    }
    let owned = bytes.to_vec();
    match guarded(TIME_LIMIT, move || Letter::read(&owned)) {
        Ok(letter) => {
            let mut reading = Reading { parsed: Parsed::default(), room: MAX_INFLATED_BYTES, attachments: 0 };
            reading.letter(path, letter);
            reading.parsed
        }
        Err(reason) => Parsed::whole(path, Err(reason)),
    }
}

/// The end of a longer name is its name.
const MAX_NAME_CHARS: usize = 100;

/// The fields that the text begins with.
const SHOWN: &[(&str, &str)] =
    &[("from", "From"), ("to", "To"), ("cc", "Cc"), ("date", "Date"), ("attachments", "Attachments")];

/// What came of a mail so far, with all that is attached to it.
struct Reading {
    parsed: Parsed,
    /// Bytes of text that may still come.
    room: u64,
    attachments: usize,
}

impl Reading {
    fn letter(&mut self, path: &str, letter: Letter) {
        let Letter { subject, fields, body, attached } = letter;
        let attached = named(attached);
        match document(path, subject, fields, &body, &attached) {
            Ok(document) => self.take(path, document),
            Err(reason) => self.parsed.reject(path.to_owned(), false, reason),
        }
        for (name, attached) in attached {
            self.attached(&format!("{path}/{name}"), attached);
        }
    }

    fn take(&mut self, place: &str, document: ParsedDocument) {
        self.room = self.room.saturating_sub(document.text.len() as u64);
        // The reader of mails replaces what it cannot decode, and does not say so.
        let replaced = document.text.matches('\u{FFFD}').count();
        if replaced > 0 {
            self.parsed
                .warnings
                .push(format!("{place}: {replaced} of its characters cannot be read and were replaced"));
        }
        self.parsed.take(document);
    }

    fn attached(&mut self, place: &str, attached: Attached) {
        self.attachments += 1;
        if self.attachments > MAX_ATTACHMENTS || self.room == 0 {
            return;
        }
        match attached {
            Attached::Letter(letter) => self.letter(place, *letter),
            Attached::File { media, bytes } => {
                // A mail within a file within a mail, and so on: only parts that are mails (`letter`) are followed.
                let format = Format::of(place, Some(&media), &bytes);
                if format.is_some_and(|format| format != Format::Mail) {
                    self.file(place, &media, &bytes);
                }
            }
            Attached::TooDeep => {}
        }
    }

    fn file(&mut self, place: &str, media: &str, bytes: &[u8]) {
        let parsed = super::parse(place, Some(media), bytes);
        self.parsed.warnings.extend(parsed.warnings.into_iter().map(|warning| format!("{place}: {warning}")));
        for mut document in parsed.documents {
            if !document.id.starts_with(place) {
                document.id = format!("{place}#{}", document.id);
            }
            self.take(place, document);
        }
        for rejected in parsed.rejected {
            self.parsed.reject(place.to_owned(), false, rejected.reason);
        }
    }
}

/// The attachments by names that can be part of an id, and are different from each other.
fn named(attached: Vec<(Option<String>, Attached)>) -> Vec<(String, Attached)> {
    let mut taken = BTreeSet::new();
    let mut named = Vec::new();
    for (index, (name, attached)) in attached.into_iter().enumerate() {
        let plain = name.as_deref().map(plain_name).filter(|name| !name.is_empty());
        let mut name = plain.unwrap_or_else(|| match attached {
            Attached::File { .. } => format!("attachment-{}", index + 1),
            Attached::Letter(_) | Attached::TooDeep => format!("message-{}.eml", index + 1),
        });
        while !taken.insert(name.clone()) {
            name = format!("{}-{name}", index + 1);
        }
        named.push((name, attached));
    }
    named
}

/// A name as its sender chose it, without folders, control characters and excessive length.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let letters: Vec<char> = last.trim().chars().filter(|character| !character.is_control()).collect();
    // The end has the ending.
    letters[letters.len().saturating_sub(MAX_NAME_CHARS)..].iter().collect()
}

fn document(
    path: &str,
    subject: Option<String>,
    mut fields: Map<String, Value>,
    body: &[Body],
    attached: &[(String, Attached)],
) -> Result<ParsedDocument, String> {
    let names: Vec<&str> = attached.iter().map(|(name, _)| name.as_str()).collect();
    if !names.is_empty() {
        fields.insert("attachments".to_owned(), Value::from(names));
    }
    let mut text = String::new();
    for (name, shown) in SHOWN {
        match fields.get(*name) {
            Some(Value::Array(all)) => {
                let all: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                text.push_str(&format!("{shown}: {}\n", all.join(", ")));
            }
            Some(Value::String(one)) => text.push_str(&format!("{shown}: {one}\n")),
            _ => {}
        }
    }
    for part in body {
        text.push('\n');
        match part {
            Body::Text(words) => text.push_str(words.trim()),
            Body::Html(html) => text.push_str(&to_markdown(html)?.text),
        }
        text.push('\n');
    }
    let title = subject.map(|subject| grid::one_line(&subject)).filter(|subject| !subject.is_empty());
    field::document(fields, Found { place: path, title, name: stem(path), text: &text })
}

#[cfg(test)]
mod tests;
