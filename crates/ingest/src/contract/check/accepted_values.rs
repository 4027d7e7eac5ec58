//! `accepted_values`: the field's value (each one, for a list) is among those declared, to the letter.

use super::{Candidate, Check, quoted};

pub(in crate::contract) struct AcceptedValues {
    field: String,
    values: Vec<String>,
}

impl AcceptedValues {
    pub(in crate::contract) fn of(field: &str, values: &[String]) -> Self {
        Self { field: field.to_owned(), values: values.to_vec() }
    }
}

impl Check for AcceptedValues {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let values = candidate.values(&self.field);
        let odd = values.iter().find(|value| !self.values.contains(value))?;
        let accepted = self.values.join(", ");
        Some(format!("`{}` is {}; accepted are: {accepted}", self.field, quoted(odd)))
    }
}
