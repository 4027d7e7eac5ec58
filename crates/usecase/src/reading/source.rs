//! A TOML text as a JSON tree, and where in the text each of its keys and values stands.

use crate::diagnostic::{Diagnostic, Diagnostics};
use serde_json::{Map, Number, Value};
use std::collections::HashMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Byte offsets into the text.
#[derive(Clone, Debug)]
struct Place {
    /// Of the key; absent for the root and for items of an array.
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// The text of one file, with the place of every key and value by JSON pointer (RFC 6901).
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    text: String,
    places: HashMap<String, Place>,
}

impl Source {
    /// Parses TOML.
    ///
    /// # Errors
    /// The syntax errors, one a line: what follows on the same line is mostly a consequence of the first.
    pub(super) fn parse(file: &str, text: &str) -> Result<(Self, Value), Diagnostics> {
        let mut source = Self { file: file.to_owned(), text: text.to_owned(), places: HashMap::new() };
        let mut found = Diagnostics::default();
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let diagnostic = source.in_text(span, error.message().trim().to_owned());
            if found.0.iter().all(|earlier| earlier.line != diagnostic.line) {
                found.push(diagnostic);
            }
        }
        let found = found.or_value(Diagnostics::default());
        let mut found = found?;
        source.places.insert(String::new(), Place { key: None, value: 0..0 });
        let tree = source.table("", table.get_ref(), &mut found);
        found.or_value((source, tree))
    }

    fn table(&mut self, pointer: &str, table: &DeTable<'_>, found: &mut Diagnostics) -> Value {
        let mut fields = Map::new();
        for (key, value) in table {
            let below = format!("{pointer}/{}", escape(key.get_ref()));
            self.places.insert(below.clone(), Place { key: Some(key.span()), value: value.span() });
            fields.insert(key.get_ref().to_string(), self.value(&below, value, found));
        }
        Value::Object(fields)
    }

    fn value(&mut self, pointer: &str, value: &Spanned<DeValue<'_>>, found: &mut Diagnostics) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            // A date may be written bare; every date we read has the same form within quotes.
            DeValue::Datetime(moment) => Value::from(moment.to_string()),
            DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(number) => Value::from(number),
                Err(_) => self.no_number(value.span(), "this whole number is too large", found),
            },
            DeValue::Float(float) => match float.as_str().parse().ok().and_then(Number::from_f64) {
                Some(number) => Value::Number(number),
                None => self.no_number(value.span(), "this is not a finite number", found),
            },
            DeValue::Table(table) => self.table(pointer, table, found),
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for (index, item) in items.iter().enumerate() {
                    let below = format!("{pointer}/{index}");
                    self.places.insert(below.clone(), Place { key: None, value: item.span() });
                    values.push(self.value(&below, item, found));
                }
                Value::Array(values)
            }
        }
    }

    fn no_number(&self, span: Range<usize>, message: &str, found: &mut Diagnostics) -> Value {
        found.push(self.in_text(span, message));
        Value::Null
    }

    /// A mistake in the value at a pointer; without such a value, in the nearest thing around it that there is.
    pub fn at_value(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let (place, exact) = self.nearest(pointer);
        let span = if exact { place.value.clone() } else { place.key.clone().unwrap_or(place.value.clone()) };
        self.in_text(span, message)
    }

    /// A mistake in the key at a pointer: its name, or that something beside or below it is missing.
    pub fn at_key(&self, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let (place, _) = self.nearest(pointer);
        self.in_text(place.key.clone().unwrap_or(place.value.clone()), message)
    }

    /// Whether the file says anything at that pointer, rather than leaving it to the default.
    pub fn has(&self, pointer: &str) -> bool {
        self.places.contains_key(pointer)
    }

    fn nearest(&self, pointer: &str) -> (&Place, bool) {
        let mut around = pointer;
        loop {
            if let Some(place) = self.places.get(around) {
                return (place, around == pointer);
            }
            match around.rfind('/') {
                Some(slash) => around = &around[..slash],
                None => return (&Place { key: None, value: 0..0 }, false),
            }
        }
    }

    fn in_text(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::in_text(&self.file, &self.text, span.start, span.end, message)
    }
}

/// A name as one step of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
