//! `relationships`: the field's value (each one, for a list) is the id of a document of another feed.

use super::{Candidate, Check, quoted};
use std::collections::BTreeMap;

pub(in crate::contract) struct Relationships {
    field: String,
    to: String,
    /// By id, as the other collection is served when the run begins.
    there: BTreeMap<String, String>,
}

impl Relationships {
    pub(in crate::contract) fn of(field: &str, to: &str, there: BTreeMap<String, String>) -> Self {
        Self { field: field.to_owned(), to: to.to_owned(), there }
    }
}

impl Check for Relationships {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let values = candidate.values(&self.field);
        let odd = values.iter().find(|value| !self.there.contains_key(*value))?;
        Some(format!("`{}` is {}, and the feed `{}` has no such document", self.field, quoted(odd), self.to))
    }
}
