//! Values on their way into Postgres and back: statements with numbered values, vectors, and texts as Postgres can hold them.

use ::postgres::types::private::BytesMut;
use ::postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use std::borrow::Cow;
use std::error::Error as StdError;

/// A statement that is put together, with its values. No value ever becomes a part of the text.
#[derive(Default)]
pub(crate) struct Statement {
    pub(crate) text: String,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Statement {
    /// Takes a value and gives its place, `$1`, to stand in the text.
    pub(crate) fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }

    pub(crate) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| value.as_ref() as &(dyn ToSql + Sync)).collect()
    }
}

/// pgvector's `vector`: how many numbers (two bytes), two bytes unused, then each as a float of four bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vector(pub(crate) Vec<f32>);

impl ToSql for Vector {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        out.extend_from_slice(&u16::try_from(self.0.len())?.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        self.0.iter().for_each(|value| out.extend_from_slice(&value.to_be_bytes()));
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "vector"
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Vector {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn StdError + Sync + Send>> {
        let numbers = raw.get(4..).ok_or("a vector without a head")?;
        Ok(Self(numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_be_bytes(*bytes)).collect()))
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "vector"
    }
}

/// A text as Postgres can hold it: it knows no NUL. One code point stays one code point, so places stay right.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Groups as Postgres can hold them. One with a NUL is nobody's: replaced, it could meet another.
pub(crate) fn storable_groups(groups: &[String]) -> Vec<String> {
    groups.iter().filter(|group| !group.contains('\0')).cloned().collect()
}

/// A list of texts as Postgres writes one: `{"a","b"}`.
pub(crate) fn array_literal(texts: &[String]) -> String {
    let quoted = texts.iter().map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")));
    format!("{{{}}}", quoted.collect::<Vec<_>>().join(","))
}

/// Counts and positions are far below the end of what fits.
pub(crate) fn small(value: impl TryInto<i32>) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

/// As a limit or a count.
pub(crate) fn large(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}
