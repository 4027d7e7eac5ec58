//! `length`: the document's text has at least and at most so many characters. A page of ten characters is a login form, and
//! one of a million a dump.

use super::{Candidate, Check};
use usecase::declared::RowCount;

pub(in crate::contract) struct Length(RowCount);

impl Length {
    pub(in crate::contract) fn of(limits: &RowCount) -> Self {
        Self(limits.clone())
    }
}

impl Check for Length {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let length = candidate.document.text.chars().count() as u64;
        match (self.0.min, self.0.max) {
            (Some(min), _) if length < min => {
                Some(format!("its text has {length} characters, at least {min} expected"))
            }
            (_, Some(max)) if length > max => Some(format!("its text has {length} characters, at most {max} expected")),
            _ => None,
        }
    }
}
