//! The feed's contract: the declared checks, who may see a document, and that an id is used once. A document that meets
//! it becomes [`Checked`], a proof that only this file can make and that indexing demands; one that does not is refused
//! with all its reasons at once.

mod access;
mod check;
mod typed;

pub(crate) use access::Groups;

use crate::error::{Error, Result};
use crate::parse::{ParsedDocument, as_text};
use check::accepted_values::AcceptedValues;
use check::between::Between;
use check::freshness::Freshness;
use check::length::Length;
use check::not_null::NotNull;
use check::regex::Regex;
use check::relationships::Relationships;
use check::unique::Unique;
use check::{Check, row_count};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use usecase::Timestamp;
use usecase::declared::{ContractCheck, Feed, FeedSource, FieldType, Percent, RowCount};

/// Shorter numbers say nothing about a person.
const FEWEST_TELLING_DIGITS: usize = 8;

/// A parsed document that waits for its verdict.
#[derive(Debug)]
pub(crate) struct Candidate {
    /// The file it stands in.
    pub(crate) path: String,
    pub(crate) document: ParsedDocument,
}

impl Candidate {
    /// The values of a field as text: one, or one per element of a list; none when the field is absent or empty.
    /// `id`, `title`, `url` and `text` are known also where no such field was written.
    fn values(&self, field: &str) -> Vec<String> {
        match self.document.fields.get(field) {
            Some(Value::Array(items)) => items.iter().filter_map(|item| as_text(Some(item))).collect(),
            Some(value) if as_text(Some(value)).is_some() => as_text(Some(value)).into_iter().collect(),
            _ => self.known(field).filter(|value| !value.is_empty()).into_iter().collect(),
        }
    }

    fn known(&self, field: &str) -> Option<String> {
        let document = &self.document;
        match field {
            "id" => Some(document.id.clone()),
            // A file's name in the place of a title would make `not_null = "title"` always true.
            "title" if document.titled => Some(document.title.clone()),
            "url" => document.url.clone(),
            "text" => Some(document.text.clone()),
            _ => None,
        }
    }
}

/// A document that passed its feed's contract.
#[derive(Debug)]
pub(crate) struct Checked {
    candidate: Candidate,
    groups: Groups,
}

impl Checked {
    pub(crate) fn path(&self) -> &str {
        &self.candidate.path
    }

    pub(crate) fn document(&self) -> &ParsedDocument {
        &self.candidate.document
    }

    /// Forgets the fields that nobody will filter by.
    pub(crate) fn retain_fields(&mut self, keep: impl Fn(&Value) -> bool) {
        self.candidate.document.fields.retain(|_, value| keep(value));
    }

    /// Shows what the document is called by: its id and the name of its item. Nothing can stand in their place.
    pub(crate) fn each_name(&self, see: &mut dyn FnMut(&str) -> Option<String>) {
        see(&unescaped(&self.candidate.document.id));
        see(&unescaped(&self.candidate.path));
    }

    /// Shows everything of the document that can be found or read, except what it is called by: its text, its title, its
    /// address, its fields and their names. What `see` gives is put in the place of what it was shown.
    pub(crate) fn each_text(&mut self, see: &mut dyn FnMut(&str) -> Option<String>) {
        let document = &mut self.candidate.document;
        let (title, text) = (see(&document.title), see(&document.text));
        let url = document.url.as_deref().and_then(|url| see(&unescaped(url)));
        for (name, value) in &mut document.fields {
            if name == "id" {
                continue;
            }
            // What stands in two places is shown, and counted, once.
            let seen = match value.as_str().map(str::trim) {
                Some(field) if Some(field) == document.url.as_deref() => Some(&url),
                Some(field) if field == document.title => Some(&title),
                Some(field) if field == document.text => Some(&text),
                _ => None,
            };
            match seen {
                Some(Some(changed)) => *value = Value::String(changed.clone()),
                Some(None) => {}
                None => each_text_of(value, see),
            }
        }
        each_key_of(&mut document.fields, see);
        if let Some(title) = title {
            document.title = title;
        }
        if url.is_some() {
            document.url = url;
        }
        if let Some(text) = text {
            document.text = text;
            // The pages begin elsewhere now.
            document.pages.clear();
        }
    }

    /// The document after all may not go in. `revoke`: nor may the version before.
    pub(crate) fn refuse(self, reason: String, revoke: bool) -> Refused {
        let Candidate { path, document } = self.candidate;
        let rights = if revoke { Rights::Revoked } else { Rights::Now(self.groups) };
        Refused { path, document: document.id, reason, rights }
    }

    /// Who may see it: `None` is everyone, an empty list is nobody.
    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }
}

/// Shows the texts of a value: its own, or those of the list or the object that it is.
fn each_text_of(value: &mut Value, see: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = see(text) {
                *text = changed;
            }
        }
        // A number may be one of a card or of a telephone.
        Value::Number(number) if number.to_string().len() >= FEWEST_TELLING_DIGITS => {
            if let Some(changed) = see(&number.to_string()) {
                *value = Value::String(changed);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_text_of(item, see)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|value| each_text_of(value, see));
            each_key_of(fields, see);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Shows the names of fields. Those that become equal are numbered, so that no value is lost.
fn each_key_of(fields: &mut Map<String, Value>, see: &mut dyn FnMut(&str) -> Option<String>) {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (name, value) in std::mem::take(fields) {
        let plain = see(&name).unwrap_or(name);
        let mut name = plain.clone();
        while fields.contains_key(&name) {
            let times = times.entry(plain.clone()).or_insert(1);
            *times += 1;
            name = format!("{plain} {times}");
        }
        fields.insert(name, value);
    }
}

/// An address as a person reads it: with the characters that are percent-encoded (RFC 3986 §2.1).
fn unescaped(address: &str) -> Cow<'_, str> {
    if !address.contains('%') {
        return Cow::Borrowed(address);
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(address.len()), address.as_bytes());
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|_| *first == b'%');
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a refused document says about the rights to its older version, which may keep serving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// These groups may see it now.
    Now(Groups),
    /// They are stated in a form that cannot be understood.
    Unreadable,
    /// Nobody may see it any more: the older version may hold what the feed has come to forbid.
    Revoked,
    /// Nothing: the document that is served under this id is another one.
    NotItsOwn,
}

#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) path: String,
    pub(crate) document: String,
    pub(crate) reason: String,
    pub(crate) rights: Rights,
}

/// A feed's declared contract, ready to judge one run.
pub(crate) struct Contract {
    access_field: Option<String>,
    fields: BTreeMap<String, FieldType>,
    /// `None` where one id may come again: a later message replaces an earlier one.
    ids: Option<Unique>,
    checks: Vec<Box<dyn Check>>,
    row_counts: Vec<RowCount>,
    max_failed: Vec<Percent>,
    sees_all: bool,
}

impl Contract {
    /// `related` gives the documents of another feed of the use case, by id.
    ///
    /// # Errors
    /// A regular expression that cannot be compiled, or another feed that cannot be read.
    pub(crate) fn of(feed: &Feed, related: &dyn Fn(&str) -> Result<BTreeMap<String, String>>) -> Result<Self> {
        let mut contract = Self {
            access_field: feed.access.as_ref().map(|rule| rule.field.clone()),
            fields: feed.fields.clone(),
            ids: (!repeats(feed)).then(|| Unique::of("id")),
            checks: Vec::new(),
            row_counts: Vec::new(),
            max_failed: Vec::new(),
            sees_all: false,
        };
        for check in &feed.checks {
            contract.add(check, related)?;
        }
        Ok(contract)
    }

    fn add(&mut self, check: &ContractCheck, related: &dyn Fn(&str) -> Result<BTreeMap<String, String>>) -> Result<()> {
        // What compares a document with others, or with the clock, must see it at every run.
        self.sees_all |= matches!(
            check,
            ContractCheck::Unique(_) | ContractCheck::Relationships { .. } | ContractCheck::Freshness { .. }
        );
        let check: Box<dyn Check> = match check {
            ContractCheck::NotNull(field) => Box::new(NotNull::of(field)),
            ContractCheck::Unique(field) => Box::new(Unique::of(field)),
            ContractCheck::AcceptedValues { field, values } => Box::new(AcceptedValues::of(field, values)),
            ContractCheck::Regex { field, pattern } => Box::new(Regex::of(field, pattern)?),
            ContractCheck::Between { field, min, max } => Box::new(Between::of(field, min.as_ref(), max.as_ref())),
            ContractCheck::Length(limits) => Box::new(Length::of(limits)),
            ContractCheck::Relationships { field, to } => Box::new(Relationships::of(field, to, related(to)?)),
            ContractCheck::Freshness { field, within } => Box::new(Freshness::of(field, *within, Timestamp::now())),
            ContractCheck::MaxFailed(share) => {
                self.max_failed.push(*share);
                return Ok(());
            }
            ContractCheck::RowCount(count) => {
                self.row_counts.push(count.clone());
                return Ok(());
            }
        };
        self.checks.push(check);
        Ok(())
    }

    /// Takes the id of a document that is not judged anew, because nothing about it changed.
    ///
    /// # Errors
    /// Another document of this run has it, as one sentence.
    pub(crate) fn claim(&mut self, id: &str, path: &str) -> std::result::Result<(), String> {
        self.ids.as_mut().and_then(|ids| ids.claim(id, path)).map_or(Ok(()), Err)
    }

    /// Whether a document must be judged anew although nothing about it changed.
    pub(crate) fn sees_all(&self) -> bool {
        self.sees_all
    }

    /// # Errors
    /// More of the documents failed than a declared `max_failed` allows.
    pub(crate) fn admit_failed(&self, failed: usize, seen: usize) -> Result<()> {
        let share = failed as f64 / seen.max(1) as f64;
        match self.max_failed.iter().find(|most| share > most.fraction()) {
            None => Ok(()),
            Some(most) => Err(Error::MaxFailed(format!("{failed} of {seen} documents failed, at most {most} may"))),
        }
    }

    /// Whether somebody thought about how many documents there must be; then an empty source is what they said it is.
    pub(crate) fn counts_rows(&self) -> bool {
        !self.row_counts.is_empty()
    }

    /// # Errors
    /// The number of documents, good and bad, is outside a declared `row_count`.
    pub(crate) fn admit_count(&self, seen: usize) -> Result<()> {
        self.row_counts.iter().try_for_each(|count| row_count::judge(count, seen))
    }

    /// Judges one document. The order in which documents come decides who is first where a value may be used once.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub(crate) fn judge(&mut self, mut candidate: Candidate) -> std::result::Result<Checked, Refused> {
        match self.judge_one(&mut candidate) {
            Ok(groups) => Ok(Checked { candidate, groups }),
            Err((reason, rights)) => {
                let Candidate { path, document } = candidate;
                Err(Refused { path, document: document.id, reason, rights })
            }
        }
    }

    fn judge_one(&mut self, candidate: &mut Candidate) -> std::result::Result<Groups, (String, Rights)> {
        if let Some(reason) = self.ids.as_mut().and_then(|ids| ids.reason(candidate)) {
            return Err((reason, Rights::NotItsOwn));
        }
        let groups = self.access_field.as_deref().map_or(Ok(None), |field| access::groups(candidate, field));
        let mut reasons = typed::convert(&mut candidate.document.fields, &self.fields);
        let candidate = &*candidate;
        reasons.extend(self.checks.iter_mut().filter_map(|check| check.reason(candidate)));
        match groups {
            Ok(groups) if reasons.is_empty() => Ok(groups),
            Ok(groups) => Err((reasons.join("; "), Rights::Now(groups))),
            Err(reason) => {
                reasons.push(reason);
                Err((reasons.join("; "), Rights::Unreadable))
            }
        }
    }
}

/// Whether the feed's source may give one document several times in one run; the last one counts.
pub(crate) fn repeats(feed: &Feed) -> bool {
    matches!(feed.sources().first(), Some(FeedSource::Kafka(_) | FeedSource::Webhook(_)))
}

#[cfg(test)]
mod tests;
