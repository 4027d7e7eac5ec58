//! Filters on metadata: which documents a question is asked of. A filter is a small expression: conditions on fields, all
//! of some, any of some, or not. A filter on a field or a value that no document has admits nothing. A filter that
//! cannot be understood is an error, never an empty filter: a rule that cannot be evaluated refuses.
//!
//! What a filter means is [`Filter::admits`]; every backend evaluates it faster and must agree.

use crate::Error;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::ops::Bound;

/// Deeper nesting is no filter that a person wrote.
const DEEPEST: usize = 8;
/// More conditions and values than this are refused.
const MOST_PARTS: usize = 1_000;

/// What a document must satisfy to be searched.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every one of these; none admits everything.
    All(Vec<Self>),
    /// At least one of these; none admits nothing.
    Any(Vec<Self>),
    Not(Box<Self>),
    Field(String, Condition),
}

impl Default for Filter {
    /// Admits everything.
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

/// What a field must satisfy. A field that holds a list satisfies it when one of its values does.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// One of these values.
    AnyOf(Vec<Scalar>),
    /// Each of these values (for fields that hold lists).
    AllOf(Vec<Scalar>),
    /// Between the two ends, both of one kind. Numbers are ordered as numbers, texts by code point, which orders ISO 8601
    /// dates in time.
    Range { from: Bound<Scalar>, to: Bound<Scalar> },
    /// The field is there with at least one value that can be filtered by.
    Exists,
}

/// One value of metadata that can be filtered by.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Text(String),
    /// Finite.
    Number(f64),
    Bool(bool),
}

impl Filter {
    /// The filter with one more condition.
    #[must_use]
    pub fn and(self, field: impl Into<String>, condition: Condition) -> Self {
        let one = Self::Field(field.into(), condition);
        match self {
            Self::All(mut all) => {
                all.push(one);
                Self::All(all)
            }
            other => Self::All(vec![other, one]),
        }
    }

    /// The fields that it asks about, for a caller who allows only some.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(part) => part.fields(),
            Self::Field(field, _) => vec![field],
        }
    }

    /// Whether it admits everything.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    /// Reads a filter as an app writes it. One entry per field, all of which must hold:
    /// `{"product": "pro", "language": ["en", "de"], "tags": {"all": ["a", "b"]}, "year": {"gte": 2008, "lt": 2010}}`, a value
    /// meaning equality, a list any of its values, `{"exists": true}` any value at all. Beside them `"and": [..]`, `"or": [..]`
    /// and `"not": {..}` hold further filters.
    ///
    /// # Errors
    /// [`Error::BadFilter`] when an entry is none of these, or there are too many.
    pub fn parse(entries: &Map<String, Value>) -> Result<Self, Error> {
        let mut parts = 0;
        Self::parse_level(entries, DEEPEST, &mut parts)
    }

    fn parse_level(entries: &Map<String, Value>, deeper: usize, parts: &mut usize) -> Result<Self, Error> {
        let bad =
            |field: &str, expected: &str| Error::BadFilter { field: field.to_owned(), expected: expected.to_owned() };
        let mut all = Vec::with_capacity(entries.len());
        for (field, value) in entries {
            *parts += 1 + value.as_array().map_or(0, Vec::len);
            if *parts > MOST_PARTS || deeper == 0 {
                return Err(bad(field, "fewer or less deeply nested conditions"));
            }
            let mut nested = |value: &Value| match value {
                Value::Object(entries) => Self::parse_level(entries, deeper - 1, parts),
                _ => Err(bad(field, "expected an object of conditions")),
            };
            all.push(match (field.as_str(), value) {
                ("and", Value::Array(filters)) => Self::All(filters.iter().map(nested).collect::<Result<_, _>>()?),
                ("or", Value::Array(filters)) => Self::Any(filters.iter().map(nested).collect::<Result<_, _>>()?),
                ("not", value) => Self::Not(Box::new(nested(value)?)),
                ("and" | "or", _) => return Err(bad(field, "expected a list of objects of conditions")),
                _ => Self::Field(field.clone(), Condition::parse(value).map_err(|expected| bad(field, expected))?),
            });
        }
        Ok(Self::All(all))
    }

    /// Whether a document with these fields is admitted.
    pub fn admits(&self, metadata: &Map<String, Value>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.admits(metadata)),
            Self::Any(parts) => parts.iter().any(|part| part.admits(metadata)),
            Self::Not(part) => !part.admits(metadata),
            Self::Field(field, condition) => {
                metadata.get(field).is_some_and(|value| condition.satisfied_by(&Scalar::all_of(value)))
            }
        }
    }
}

impl Condition {
    fn satisfied_by(&self, values: &[Scalar]) -> bool {
        match self {
            Self::AnyOf(wanted) => wanted.iter().any(|one| values.contains(one)),
            Self::AllOf(wanted) => !wanted.is_empty() && wanted.iter().all(|one| values.contains(one)),
            Self::Range { from, to } => values.iter().any(|value| value.is_between(from, to)),
            Self::Exists => !values.is_empty(),
        }
    }

    fn parse(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Array(values) => Ok(Self::AnyOf(scalars(values)?)),
            Value::Object(parts) => Self::parse_object(parts),
            value => Ok(Self::AnyOf(vec![Scalar::parse(value)?])),
        }
    }

    fn parse_object(parts: &Map<String, Value>) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected a value, a list, {\"any\": [..]}, {\"all\": [..]}, {\"exists\": true}, or a range of \"gt\", \"gte\", \"lt\", \"lte\"";
        if let (1, Some(Value::Array(values))) = (parts.len(), parts.get("any")) {
            return Ok(Self::AnyOf(scalars(values)?));
        }
        if let (1, Some(Value::Array(values))) = (parts.len(), parts.get("all")) {
            return Ok(Self::AllOf(scalars(values)?));
        }
        if let (1, Some(Value::Bool(true))) = (parts.len(), parts.get("exists")) {
            return Ok(Self::Exists);
        }
        let (mut from, mut to) = (Bound::Unbounded, Bound::Unbounded);
        for (word, value) in parts {
            let (end, bound) = match word.as_str() {
                "gt" => (&mut from, Bound::Excluded(Scalar::parse(value)?)),
                "gte" => (&mut from, Bound::Included(Scalar::parse(value)?)),
                "lt" => (&mut to, Bound::Excluded(Scalar::parse(value)?)),
                "lte" => (&mut to, Bound::Included(Scalar::parse(value)?)),
                _ => return Err(EXPECTED),
            };
            if *end != Bound::Unbounded {
                return Err("a range has at most one lower and one upper end");
            }
            *end = bound;
        }
        let kind = |bound: &Bound<Scalar>| match bound {
            Bound::Included(value) | Bound::Excluded(value) => Some(std::mem::discriminant(value)),
            Bound::Unbounded => None,
        };
        match (kind(&from), kind(&to)) {
            (None, None) => Err(EXPECTED),
            (Some(one), Some(other)) if one != other => Err("both ends of a range must be of one kind"),
            _ if matches!(&from, Bound::Included(Scalar::Bool(_)) | Bound::Excluded(Scalar::Bool(_)))
                || matches!(&to, Bound::Included(Scalar::Bool(_)) | Bound::Excluded(Scalar::Bool(_))) =>
            {
                Err("a range is over numbers or texts")
            }
            _ => Ok(Self::Range { from, to }),
        }
    }
}

fn scalars(values: &[Value]) -> Result<Vec<Scalar>, &'static str> {
    values.iter().map(Scalar::parse).collect()
}

impl Scalar {
    fn parse(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Bool(flag) => Ok(Self::Bool(*flag)),
            Value::Number(number) => number.as_f64().map(Self::Number).ok_or("expected a number that is not too large"),
            _ => Err("expected a text, a number, true or false"),
        }
    }

    /// The values of a field that can be filtered by: itself, or those of its list.
    pub(crate) fn all_of(value: &Value) -> Vec<Self> {
        match value {
            Value::Array(values) => values.iter().filter_map(|value| Self::parse(value).ok()).collect(),
            value => Self::parse(value).into_iter().collect(),
        }
    }

    /// Any two values: texts by code point, numbers, false, true.
    pub(crate) fn total_order(&self, other: &Self) -> Ordering {
        let kind = |scalar: &Self| match scalar {
            Self::Text(_) => 0,
            Self::Number(_) => 1,
            Self::Bool(flag) => 2 + u8::from(*flag),
        };
        self.order(other).unwrap_or_else(|| kind(self).cmp(&kind(other)))
    }

    /// As JSON has it; whole numbers without a fraction.
    pub(crate) fn into_value(self) -> Value {
        /// Whole numbers up to here have one f64 each.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Text(text) => Value::String(text),
            Self::Bool(flag) => Value::Bool(flag),
            Self::Number(number) if number.fract() == 0.0 && number.abs() < EXACT => Value::from(number as i64),
            Self::Number(number) => Value::from(number),
        }
    }

    fn is_between(&self, from: &Bound<Self>, to: &Bound<Self>) -> bool {
        let order = |end: &Self| self.order(end);
        let after = match from {
            Bound::Unbounded => true,
            Bound::Included(from) => order(from).is_some_and(Ordering::is_ge),
            Bound::Excluded(from) => order(from).is_some_and(Ordering::is_gt),
        };
        after
            && match to {
                Bound::Unbounded => true,
                Bound::Included(to) => order(to).is_some_and(Ordering::is_le),
                Bound::Excluded(to) => order(to).is_some_and(Ordering::is_lt),
            }
    }

    /// `None` for values of two kinds.
    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Number(one), Self::Number(other)) => one.partial_cmp(other),
            _ => None,
        }
    }
}
