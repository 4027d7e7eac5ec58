//! `regex`: the field's value (each one, for a list) matches the pattern somewhere; anchor it with `^` and `$` to mean
//! the whole value. The engine runs in linear time, so no pattern can hang a run.

use super::{Candidate, Check, quoted};
use crate::error::{Error, Result};

pub(in crate::contract) struct Regex {
    field: String,
    pattern: regex::Regex,
}

impl Regex {
    pub(in crate::contract) fn of(field: &str, pattern: &str) -> Result<Self> {
        let pattern = regex::Regex::new(pattern)
            .map_err(|error| Error::BadRegex { field: field.to_owned(), reason: error.to_string() })?;
        Ok(Self { field: field.to_owned(), pattern })
    }
}

impl Check for Regex {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let values = candidate.values(&self.field);
        let odd = values.iter().find(|value| !self.pattern.is_match(value))?;
        Some(format!("`{}` is {}, which does not match {}", self.field, quoted(odd), self.pattern))
    }
}
