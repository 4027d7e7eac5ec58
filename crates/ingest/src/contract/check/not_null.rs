//! `not_null`: the field is present and not empty.

use super::{Candidate, Check};

pub(in crate::contract) struct NotNull {
    field: String,
}

impl NotNull {
    pub(in crate::contract) fn of(field: &str) -> Self {
        Self { field: field.to_owned() }
    }
}

impl Check for NotNull {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        candidate.values(&self.field).is_empty().then(|| format!("`{}` is missing or empty", self.field))
    }
}
