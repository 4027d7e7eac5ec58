//! One field of metadata: its distinct values in order, and which documents have each. A range of values is then one
//! stretch of the lists.

use super::super::bits::Bits;
use super::super::bytes::{Damaged, Reader, Writer};
use super::super::lists::Lists;
use super::super::strings::Strings;
use super::super::{Permitted, Segment};
use crate::backend::FacetCount;
use crate::filter::{Condition, Scalar};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::{Bound, Range};

/// A finite number of which -0.0 is 0.0, so that it orders.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Number(f64);

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // Adding zero makes -0.0 and 0.0 one value.
        (self.0 + 0.0).total_cmp(&(other.0 + 0.0))
    }
}

/// The values of one field. A value's number counts through the texts, then the numbers, then false and true.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Field {
    texts: Strings,
    numbers: Vec<f64>,
    /// By number of the value, its documents in order.
    documents: Lists,
}

impl Field {
    /// Adds the documents that satisfy a condition.
    pub(super) fn add_satisfying(&self, condition: &Condition, bits: &mut Bits) {
        match condition {
            Condition::AnyOf(values) => values.iter().for_each(|value| self.add(self.equal(value), bits)),
            Condition::AllOf(values) => {
                let each = values.iter().map(|value| {
                    let mut documents = bits.clone();
                    self.add(self.equal(value), &mut documents);
                    documents
                });
                let all = each.reduce(|mut all, one| {
                    all.and(&one);
                    all
                });
                if let Some(all) = all {
                    *bits = all;
                }
            }
            Condition::Range { from, to } => self.add(self.range(from, to), bits),
            Condition::Exists => self.add(0..self.documents.len(), bits),
        }
    }

    fn add(&self, values: Range<usize>, bits: &mut Bits) {
        if values.start < values.end {
            self.documents.of(values).iter().for_each(|document| bits.insert(*document));
        }
    }

    /// The number of a value, as a range of one or none.
    fn equal(&self, value: &Scalar) -> Range<usize> {
        let flags = self.texts.len() + self.numbers.len();
        match value {
            Scalar::Bool(flag) => flags + usize::from(*flag)..flags + usize::from(*flag) + 1,
            one => self.range(&Bound::Included(one.clone()), &Bound::Included(one.clone())),
        }
    }

    /// The numbers of the values between two ends; no value lies between ends that cannot be compared with any.
    fn range(&self, from: &Bound<Scalar>, to: &Bound<Scalar>) -> Range<usize> {
        let end = |bound: &Bound<Scalar>| match bound {
            Bound::Included(value) | Bound::Excluded(value) => Some(value.clone()),
            Bound::Unbounded => None,
        };
        match (end(from), end(to)) {
            (None, None) => 0..self.documents.len(),
            (Some(Scalar::Text(_)) | None, Some(Scalar::Text(_)) | None) => {
                let text = |scalar: &Scalar| if let Scalar::Text(text) = scalar { text.clone() } else { String::new() };
                let before = |end: &String, also: bool| {
                    self.texts.partition_point(|other| other < end.as_str() || (also && other == end))
                };
                stretch(&map(from, text), &map(to, text), self.texts.len(), before)
            }
            (Some(Scalar::Number(_)) | None, Some(Scalar::Number(_)) | None) => {
                let number = |scalar: &Scalar| if let Scalar::Number(number) = scalar { *number } else { f64::NAN };
                let before =
                    |end: &f64, also: bool| self.numbers.partition_point(|other| other < end || (also && other == end));
                let (from, to) = (map(from, number), map(to, number));
                if matches!(from, Bound::Included(from) | Bound::Excluded(from) if from.is_nan()) {
                    return 0..0;
                }
                let found = stretch(&from, &to, self.numbers.len(), before);
                self.texts.len() + found.start..self.texts.len() + found.end
            }
            _ => 0..0,
        }
    }

    /// How many of these documents have each value, by number of the value.
    fn counts<'a>(&'a self, permitted: &'a Bits) -> impl Iterator<Item = u64> + 'a {
        (0..self.documents.len())
            .map(|value| self.documents.of(value..value + 1).iter().map(|document| permitted.bit(*document)).sum())
    }

    fn value(&self, number: usize) -> Key<'_> {
        let flags = self.texts.len() + self.numbers.len();
        if number < self.texts.len() {
            Key::Text(self.texts.get(number))
        } else if number < flags {
            Key::Number(Number(self.numbers[number - self.texts.len()]))
        } else {
            Key::Flag(number > flags)
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.texts.memory() + self.numbers.capacity() * 8 + self.documents.memory()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        self.texts.write(writer);
        writer.u64s(self.numbers.iter().map(|number| number.to_bits()));
        self.documents.write(writer);
    }

    pub(super) fn read(reader: &mut Reader, documents: usize) -> Result<Self, Damaged> {
        let texts = Strings::read(reader)?;
        let numbers: Vec<f64> = reader.u64s()?.map(f64::from_bits).collect();
        let documents = Lists::read(reader, documents)?;
        if documents.len() == texts.len() + numbers.len() + 2 {
            Ok(Self { texts, numbers, documents })
        } else {
            Err(Damaged("fields"))
        }
    }
}

fn map<T>(bound: &Bound<Scalar>, key: impl Fn(&Scalar) -> T) -> Bound<T> {
    match bound {
        Bound::Included(value) => Bound::Included(key(value)),
        Bound::Excluded(value) => Bound::Excluded(key(value)),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// The stretch of ordered values between two ends, where `before` counts the values before an end (and the end's own).
fn stretch<T>(from: &Bound<T>, to: &Bound<T>, length: usize, before: impl Fn(&T, bool) -> usize) -> Range<usize> {
    let start = match from {
        Bound::Included(from) => before(from, false),
        Bound::Excluded(from) => before(from, true),
        Bound::Unbounded => 0,
    };
    let end = match to {
        Bound::Included(to) => before(to, true),
        Bound::Excluded(to) => before(to, false),
        Bound::Unbounded => length,
    };
    start..end.max(start)
}

/// A value without a copy of its text; the order of the kinds is that of facets at equal counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Text(&'a str),
    Number(Number),
    Flag(bool),
}

impl Key<'_> {
    fn to_json(self) -> Value {
        /// From here on not every whole number has a float of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self {
            Self::Text(text) => Value::from(text),
            Self::Number(Number(number)) if number.fract() == 0.0 && number.abs() < EXACT => Value::from(number as i64),
            Self::Number(Number(number)) => Value::from(number),
            Self::Flag(flag) => Value::from(flag),
        }
    }
}

/// The values of a field that permitted documents of several segments have, with how many have each: most frequent first,
/// then texts by code point, numbers, false, true; at most `most`.
pub(crate) fn facets(parts: &[(&Segment, &Permitted)], field: &str, most: usize) -> Vec<FacetCount> {
    let mut counts: Vec<(Key, u64)> = Vec::new();
    for (segment, permitted) in parts {
        let Some(field) = segment.rights.field(field) else { continue };
        let found = field.counts(permitted.document_bits()).enumerate().filter(|(_, count)| *count > 0);
        counts.extend(found.map(|(number, count)| (field.value(number), count)));
    }
    if parts.len() > 1 {
        counts.sort_unstable_by_key(|one| one.0);
        counts.dedup_by(|one, kept| {
            let same = one.0 == kept.0;
            kept.1 += if same { one.1 } else { 0 };
            same
        });
    }
    // Stable: what comes first by value stays first.
    counts.sort_by_key(|one| std::cmp::Reverse(one.1));
    counts.truncate(most);
    counts.into_iter().map(|(key, documents)| FacetCount { value: key.to_json(), documents }).collect()
}

/// Collects the values of one field.
#[derive(Default)]
pub(super) struct FieldBuilder {
    texts: BTreeMap<String, Vec<u32>>,
    numbers: BTreeMap<Number, Vec<u32>>,
    flags: [Vec<u32>; 2],
}

impl FieldBuilder {
    /// Adds a value of a document; documents come in order, and a value counts once in each.
    pub(super) fn push(&mut self, value: Scalar, document: u32) {
        let list = match value {
            Scalar::Text(text) => self.texts.entry(text).or_default(),
            Scalar::Number(number) => self.numbers.entry(Number(number)).or_default(),
            Scalar::Bool(flag) => &mut self.flags[usize::from(flag)],
        };
        if list.last() != Some(&document) {
            list.push(document);
        }
    }

    pub(super) fn finish(self) -> Field {
        let mut field = Field { numbers: Vec::with_capacity(self.numbers.len()), ..Field::default() };
        for (text, documents) in &self.texts {
            field.texts.push(text);
            field.documents.push(documents);
        }
        for (number, documents) in &self.numbers {
            field.numbers.push(number.0 + 0.0);
            field.documents.push(documents);
        }
        self.flags.iter().for_each(|documents| field.documents.push(documents));
        field.texts.shrink();
        field.documents.shrink();
        field
    }
}
