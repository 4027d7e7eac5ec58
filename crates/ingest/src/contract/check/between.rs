//! `between`: the field's value (each one, for a list) is a number, or a date, between the two ends.

use super::super::typed::date;
use super::{Candidate, Check, quoted};
use usecase::declared::RangeEnd;

pub(in crate::contract) struct Between {
    field: String,
    min: Option<RangeEnd>,
    max: Option<RangeEnd>,
}

impl Between {
    pub(in crate::contract) fn of(field: &str, min: Option<&RangeEnd>, max: Option<&RangeEnd>) -> Self {
        Self { field: field.to_owned(), min: min.cloned(), max: max.cloned() }
    }
}

impl Check for Between {
    fn reason(&mut self, candidate: &Candidate) -> Option<String> {
        let values = candidate.values(&self.field);
        let inside = |value: &str| {
            self.min.as_ref().is_none_or(|min| reaches(value, min, |value, end| value >= end))
                && self.max.as_ref().is_none_or(|max| reaches(value, max, |value, end| value <= end))
        };
        let odd = values.iter().find(|value| !inside(value))?;
        let end = |end: &Option<RangeEnd>| match end {
            None => "any".to_owned(),
            Some(RangeEnd::Number(number)) => number.to_string(),
            Some(RangeEnd::Date(date)) => date.clone(),
        };
        Some(format!("`{}` is {}, not between {} and {}", self.field, quoted(odd), end(&self.min), end(&self.max)))
    }
}

/// Whether the value can be compared with the end, and is on its right side.
fn reaches(value: &str, end: &RangeEnd, holds: impl Fn(Order<'_>, Order<'_>) -> bool) -> bool {
    match end {
        RangeEnd::Number(end) => value.parse().is_ok_and(|value| holds(Order::Number(value), Order::Number(*end))),
        RangeEnd::Date(end) => match (date(value), date(end)) {
            (Some(value), Some(end)) => holds(Order::Date(&value), Order::Date(&end)),
            _ => false,
        },
    }
}

/// Two values of one kind.
#[derive(PartialEq, PartialOrd)]
enum Order<'a> {
    Number(f64),
    Date(&'a str),
}
