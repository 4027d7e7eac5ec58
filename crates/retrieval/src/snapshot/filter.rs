//! What a request may see: access groups and metadata filters as sets of passages, made before anything is scored.
//!
//! A filter on a field or a value that no document has admits nothing. A filter that cannot be understood is an
//! error, never an empty filter: a rule that cannot be evaluated refuses.

use crate::Error;
use roaring::RoaringBitmap;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

/// Conditions on metadata fields, all of which must hold. The default has none and admits everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    conditions: Vec<(String, Condition)>,
}

/// What a field must satisfy. A field that holds a list satisfies it when one of its values does.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// One of these values.
    AnyOf(Vec<Scalar>),
    /// Each of these values (for fields that hold lists).
    AllOf(Vec<Scalar>),
    /// Between the two ends. Numbers are ordered as numbers, texts by code point, which orders ISO 8601 dates in time.
    Range { from: Bound<Scalar>, to: Bound<Scalar> },
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
    pub fn and(mut self, field: impl Into<String>, condition: Condition) -> Self {
        self.conditions.push((field.into(), condition));
        self
    }

    /// The fields that it asks about, for a caller who allows only some.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.conditions.iter().map(|(field, _)| field.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Reads a filter as an app writes it, one entry per field:
    /// `{"product": "pro", "language": ["en", "de"], "tags": {"all": ["a", "b"]}, "year": {"gte": 2008, "lt": 2010}}`.
    /// A value means equality, a list any of its values.
    ///
    /// # Errors
    /// [`Error::BadFilter`] when an entry is none of these.
    pub fn parse(entries: &Map<String, Value>) -> Result<Self, Error> {
        entries.iter().try_fold(Self::default(), |filter, (field, value)| {
            let condition = Condition::parse(value)
                .map_err(|expected| Error::BadFilter { field: field.clone(), expected: expected.to_owned() })?;
            Ok(filter.and(field, condition))
        })
    }
}

impl Condition {
    fn parse(value: &Value) -> Result<Self, &'static str> {
        match value {
            Value::Array(values) => Ok(Self::AnyOf(scalars(values)?)),
            Value::Object(parts) => Self::parse_object(parts),
            value => Ok(Self::AnyOf(vec![Scalar::parse(value)?])),
        }
    }

    fn parse_object(parts: &Map<String, Value>) -> Result<Self, &'static str> {
        const EXPECTED: &str = "expected a value, a list, {\"any\": [..]}, {\"all\": [..]}, or a range of \"gt\", \"gte\", \"lt\", \"lte\"";
        if let (1, Some(Value::Array(values))) = (parts.len(), parts.get("any")) {
            return Ok(Self::AnyOf(scalars(values)?));
        }
        if let (1, Some(Value::Array(values))) = (parts.len(), parts.get("all")) {
            return Ok(Self::AllOf(scalars(values)?));
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
}

/// A finite number that orders. Metadata is JSON, which has no NaN.
#[derive(Clone, Copy, PartialEq)]
struct Ordered(f64);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Adding zero makes -0.0 and 0.0 one value.
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

/// The passages that hold each value of one field.
#[derive(Default)]
struct FieldIndex {
    texts: BTreeMap<String, RoaringBitmap>,
    numbers: BTreeMap<Ordered, RoaringBitmap>,
    flags: BTreeMap<bool, RoaringBitmap>,
}

impl FieldIndex {
    fn insert(&mut self, value: &Value, passage: u32) {
        match value {
            Value::String(text) => {
                // Most documents of one value follow each other: no copy of the text unless it is new.
                if let Some(bitmap) = self.texts.get_mut(text) {
                    bitmap.insert(passage);
                } else {
                    self.texts.insert(text.clone(), RoaringBitmap::from([passage]));
                }
            }
            Value::Number(number) => {
                if let Some(number) = number.as_f64() {
                    self.numbers.entry(Ordered(number)).or_default().insert(passage);
                }
            }
            Value::Bool(flag) => {
                self.flags.entry(*flag).or_default().insert(passage);
            }
            Value::Array(values) => values.iter().for_each(|value| self.insert_scalar(value, passage)),
            Value::Object(_) | Value::Null => {}
        }
    }

    fn insert_scalar(&mut self, value: &Value, passage: u32) {
        if !value.is_array() {
            self.insert(value, passage);
        }
    }

    fn equal(&self, value: &Scalar) -> RoaringBitmap {
        let found = match value {
            Scalar::Text(text) => self.texts.get(text),
            Scalar::Number(number) => self.numbers.get(&Ordered(*number)),
            Scalar::Bool(flag) => self.flags.get(flag),
        };
        found.cloned().unwrap_or_default()
    }

    fn satisfying(&self, condition: &Condition) -> RoaringBitmap {
        match condition {
            Condition::AnyOf(values) => values.iter().fold(RoaringBitmap::new(), |all, value| all | self.equal(value)),
            Condition::AllOf(values) => {
                values.iter().map(|value| self.equal(value)).reduce(|all, one| all & one).unwrap_or_default()
            }
            Condition::Range { from, to } => self.range(from, to),
        }
    }

    fn range(&self, from: &Bound<Scalar>, to: &Bound<Scalar>) -> RoaringBitmap {
        let number = |scalar: &Scalar| if let Scalar::Number(number) = scalar { Some(Ordered(*number)) } else { None };
        let text = |scalar: &Scalar| if let Scalar::Text(text) = scalar { Some(text.clone()) } else { None };
        let mut all = RoaringBitmap::new();
        if let (Some(from), Some(to)) = (lowered(from, number), lowered(to, number)) {
            between(&self.numbers, from, to, &mut all);
        } else if let (Some(from), Some(to)) = (lowered(from, text), lowered(to, text)) {
            between(&self.texts, from, to, &mut all);
        }
        all
    }
}

/// The bound over the key type, or nothing when it is over another type.
fn lowered<K>(bound: &Bound<Scalar>, key: impl Fn(&Scalar) -> Option<K>) -> Option<Bound<K>> {
    match bound {
        Bound::Included(value) => key(value).map(Bound::Included),
        Bound::Excluded(value) => key(value).map(Bound::Excluded),
        Bound::Unbounded => Some(Bound::Unbounded),
    }
}

fn between<K: Ord>(values: &BTreeMap<K, RoaringBitmap>, from: Bound<K>, to: Bound<K>, all: &mut RoaringBitmap) {
    // A range whose ends cross would panic in `BTreeMap::range`; it is merely empty.
    let crossed = match (&from, &to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) => from >= to,
    };
    if !crossed {
        values.range((from, to)).for_each(|(_, bitmap)| *all |= bitmap);
    }
}

/// Who may see which passage, and which passage has which metadata.
#[derive(Default)]
pub(super) struct Rights {
    everyone: RoaringBitmap,
    groups: HashMap<String, RoaringBitmap>,
    fields: HashMap<String, FieldIndex>,
}

impl Rights {
    /// Adds one passage. `groups` of `None` means everyone, an empty list nobody.
    pub(super) fn insert(&mut self, passage: u32, groups: Option<&[String]>, metadata: &Map<String, Value>) {
        match groups {
            None => {
                self.everyone.insert(passage);
            }
            Some(groups) => {
                for group in groups {
                    self.groups.entry(group.clone()).or_default().insert(passage);
                }
            }
        }
        for (field, value) in metadata {
            self.fields.entry(field.clone()).or_default().insert(value, passage);
        }
    }

    /// The passages that a caller of these groups may see and that pass the filter.
    pub(super) fn permitted(&self, groups: &[String], filter: &Filter) -> RoaringBitmap {
        let mut rows = self.everyone.clone();
        for group in groups {
            if let Some(bitmap) = self.groups.get(group) {
                rows |= bitmap;
            }
        }
        for (field, condition) in &filter.conditions {
            match self.fields.get(field) {
                Some(index) => rows &= index.satisfying(condition),
                None => rows.clear(),
            }
        }
        rows
    }
}
