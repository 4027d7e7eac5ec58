//! `freshness`: the field holds a date that is no older than declared. It guards against an export of last year.

use super::super::typed::date;
use super::{Candidate, Check, quoted};
use usecase::{Period, Timestamp};

pub(in crate::contract) struct Freshness {
    field: String,
    within: Period,
    now: Timestamp,
}

impl Freshness {
    pub(in crate::contract) fn of(field: &str, within: Period, now: Timestamp) -> Self {
        Self { field: field.to_owned(), within, now }
    }
}

impl Check for Freshness {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let value = candidate.values(&self.field).into_iter().next()?;
        // A day counts from its end: what was written today is not old.
        let end_of = |written: String| if written.len() == 10 { format!("{written}T23:59:59Z") } else { written };
        let Some(moment) = date(&value).and_then(|written| Timestamp::parse_rfc3339(&end_of(written))) else {
            return Some(format!("`{}` is {}, which is no date", self.field, quoted(&value)));
        };
        let old = moment.plus(self.within) < self.now;
        old.then(|| format!("`{}` is {}, older than {}", self.field, quoted(&value), self.within))
    }
}
