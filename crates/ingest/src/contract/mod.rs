//! The feed's contract: the declared checks, who may see a document, and that an id is used once. A document that meets
//! it becomes [`Checked`], a proof that only this file can make and that indexing demands; one that does not is refused
//! with all its reasons at once.

mod access;
mod check;

pub(crate) use access::Groups;

use crate::error::Result;
use crate::parse::{ParsedDocument, as_text};
use check::accepted_values::AcceptedValues;
use check::not_null::NotNull;
use check::regex::Regex;
use check::unique::Unique;
use check::{Check, row_count};
use serde_json::Value;
use usecase::declared::{ContractCheck, Feed, RowCount};

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

    /// Who may see it: `None` is everyone, an empty list is nobody.
    pub(crate) fn groups(&self) -> &Groups {
        &self.groups
    }
}

/// What a refused document says about the rights to its older version, which may keep serving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// These groups may see it now.
    Now(Groups),
    /// They are stated in a form that cannot be understood.
    Unreadable,
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
    ids: Unique,
    checks: Vec<Box<dyn Check>>,
    row_counts: Vec<RowCount>,
}

impl Contract {
    /// # Errors
    /// A regular expression that cannot be compiled.
    pub(crate) fn of(feed: &Feed) -> Result<Self> {
        let mut checks: Vec<Box<dyn Check>> = Vec::new();
        let mut row_counts = Vec::new();
        for check in &feed.checks {
            match check {
                ContractCheck::NotNull(field) => checks.push(Box::new(NotNull::of(field))),
                ContractCheck::Unique(field) => checks.push(Box::new(Unique::of(field))),
                ContractCheck::AcceptedValues { field, values } => {
                    checks.push(Box::new(AcceptedValues::of(field, values)));
                }
                ContractCheck::Regex { field, pattern } => checks.push(Box::new(Regex::of(field, pattern)?)),
                ContractCheck::RowCount(count) => row_counts.push(count.clone()),
            }
        }
        let access_field = feed.access.as_ref().map(|rule| rule.field.clone());
        Ok(Self { access_field, ids: Unique::of("id"), checks, row_counts })
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

    /// Judges the documents in the order given, which decides who is first where a value may be used once.
    pub(crate) fn judge(mut self, candidates: Vec<Candidate>) -> (Vec<Checked>, Vec<Refused>) {
        let (mut passed, mut refused) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.judge_one(&candidate) {
                Ok(groups) => passed.push(Checked { candidate, groups }),
                Err((reason, rights)) => {
                    let Candidate { path, document } = candidate;
                    refused.push(Refused { path, document: document.id, reason, rights });
                }
            }
        }
        (passed, refused)
    }

    fn judge_one(&mut self, candidate: &Candidate) -> std::result::Result<Groups, (String, Rights)> {
        if let Some(reason) = self.ids.reason(candidate) {
            return Err((reason, Rights::NotItsOwn));
        }
        let groups = self.access_field.as_deref().map_or(Ok(None), |field| access::groups(candidate, field));
        let mut reasons: Vec<String> = self.checks.iter_mut().filter_map(|check| check.reason(candidate)).collect();
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

#[cfg(test)]
mod tests;
