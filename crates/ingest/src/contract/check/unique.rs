//! `unique`: no two documents share the field's value. The first in path order keeps it, every later one is refused and
//! told which document was first: so one copy too many never takes a good document down.

use super::{Candidate, Check, quoted};
use std::collections::HashMap;

pub(in crate::contract) struct Unique {
    field: String,
    /// Value to the path of the document that has it.
    owners: HashMap<String, String>,
}

impl Unique {
    pub(in crate::contract) fn of(field: &str) -> Self {
        Self { field: field.to_owned(), owners: HashMap::new() }
    }

    /// Takes the value for the document of this path; gives why not, when another one has it.
    pub(in crate::contract) fn claim(&mut self, value: &str, path: &str) -> Option<String> {
        if let Some(owner) = self.owners.get(value) {
            return Some(format!("`{}` is {}, as in {owner}; it must be unique", self.field, quoted(value)));
        }
        self.owners.insert(value.to_owned(), path.to_owned());
        None
    }
}

impl Check for Unique {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let values = candidate.values(&self.field);
        if values.is_empty() {
            return None;
        }
        // A list is one value: two documents may share a tag, not the whole set.
        self.claim(&values.join(", "), &candidate.path)
    }
}
