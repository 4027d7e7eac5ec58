//! A filter as a condition on `retrieval_document.fields`, which must mean what [`Filter::admits`] means.
//!
//! Equality with texts and flags is containment, which the index on `fields` answers: `{"f": v}` for a field that holds the
//! value, `{"f": [v]}` for one whose list does. Numbers are compared as floats of eight bytes and texts by code point, one
//! value of the field after the other.

use super::values::{Statement, storable};
use crate::filter::{Condition, Filter, Scalar};
use serde_json::{Map, Value, json};
use std::ops::Bound;

/// The condition on the table or alias `of`; its values go into the statement.
pub(crate) fn condition(filter: &Filter, of: &str, statement: &mut Statement) -> String {
    match filter {
        Filter::All(parts) => joined(parts, " AND ", "true", of, statement),
        Filter::Any(parts) => joined(parts, " OR ", "false", of, statement),
        Filter::Not(part) => format!("NOT {}", condition(part, of, statement)),
        Filter::Field(field, condition) => field_condition(&storable(field), condition, of, statement),
    }
}

fn joined(parts: &[Filter], by: &str, none: &str, of: &str, statement: &mut Statement) -> String {
    let parts: Vec<String> = parts.iter().map(|part| condition(part, of, statement)).collect();
    if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(by)) }
}

fn field_condition(field: &str, condition: &Condition, of: &str, statement: &mut Statement) -> String {
    match condition {
        Condition::AnyOf(wanted) => any_of(field, wanted, of, statement),
        Condition::AllOf(wanted) if wanted.is_empty() => "false".to_owned(),
        Condition::AllOf(wanted) => {
            let each: Vec<String> =
                wanted.iter().map(|one| any_of(field, std::slice::from_ref(one), of, statement)).collect();
            format!("({})", each.join(" AND "))
        }
        Condition::Exists => some_value(field, &[("string", ""), ("number", ""), ("boolean", "")], "", of, statement),
        Condition::Range { from, to } => {
            let ends = [end(from, [">=", ">"], statement), end(to, ["<=", "<"], statement)].concat();
            let is_number = |bound: &Bound<Scalar>| {
                matches!(bound, Bound::Included(Scalar::Number(_)) | Bound::Excluded(Scalar::Number(_)))
            };
            let kind = if is_number(from) || is_number(to) { NUMBER } else { TEXT };
            some_value(field, &[kind], &ends, of, statement)
        }
    }
}

/// One end of a range: what a value `{x}` must satisfy beside everything before.
fn end(bound: &Bound<Scalar>, [included, excluded]: [&str; 2], statement: &mut Statement) -> String {
    let (value, sign) = match bound {
        Bound::Unbounded => return String::new(),
        Bound::Included(value) => (value, included),
        Bound::Excluded(value) => (value, excluded),
    };
    let place = match value {
        Scalar::Number(number) => format!("{}::float8", statement.bind(*number)),
        Scalar::Text(text) => format!("{}::text", statement.bind(storable(text).into_owned())),
        // No range is over flags: nothing is between them.
        Scalar::Bool(_) => return " AND false".to_owned(),
    };
    format!(" AND {{x}} {sign} {place}")
}

/// What a value must be, and how it is compared.
type Kind = (&'static str, &'static str);
const NUMBER: Kind = ("number", "::float8");
const TEXT: Kind = ("string", " COLLATE \"C\"");

/// The test of one value against the ends of a range or a list: `v` as JSON, `text` its text. The cast is behind CASE, since
/// Postgres may evaluate the parts of an AND in any order.
fn test(v: &str, text: &str, kinds: &[Kind], ends: &str, lists: &str) -> String {
    let kind =
        |(kind, cast): &Kind| format!("WHEN '{kind}' THEN true{}", ends.replace("{x}", &format!("({text}){cast}")));
    let kinds: Vec<String> = kinds.iter().map(kind).collect();
    format!("CASE jsonb_typeof({v}) {} {lists} ELSE false END", kinds.join(" "))
}

/// Whether one of the values that a field holds is of one of these kinds and passes the test. Most fields hold one, which is
/// then not unfolded; a field is taken out of its document as seldom as can be, which is what a filter costs.
fn some_value(field: &str, kinds: &[Kind], ends: &str, of: &str, statement: &mut Statement) -> String {
    let field = statement.bind(field.to_owned());
    let (held, text) = (format!("({of}.fields -> {field}::text)"), format!("{of}.fields ->> {field}::text"));
    let lists = format!(
        "WHEN 'array' THEN EXISTS (SELECT FROM jsonb_array_elements({held}) AS held (v) WHERE {})",
        test("v", "v #>> '{}'", kinds, ends, "")
    );
    test(&held, &text, kinds, ends, &lists)
}

fn any_of(field: &str, wanted: &[Scalar], of: &str, statement: &mut Statement) -> String {
    let (mut contained, mut numbers) = (Vec::new(), Vec::new());
    for value in wanted {
        let value = match value {
            Scalar::Number(number) => {
                numbers.push(*number);
                continue;
            }
            Scalar::Text(text) => json!(storable(text)),
            Scalar::Bool(flag) => json!(flag),
        };
        contained.push(json!({ field: value }));
        contained.push(json!({ field: [value] }));
    }
    let mut either = Vec::new();
    if !contained.is_empty() {
        either.push(format!("{of}.fields @> ANY ({}::jsonb[])", statement.bind(contained)));
    }
    if !numbers.is_empty() {
        let among = format!(" AND {{x}} = ANY ({}::float8[])", statement.bind(numbers));
        either.push(some_value(field, &[NUMBER], &among, of, statement));
    }
    if either.is_empty() { "false".to_owned() } else { format!("({})", either.join(" OR ")) }
}

/// The part of a document's metadata that can be filtered by, as Postgres can hold it.
pub(crate) fn filterable(metadata: &Map<String, Value>) -> Value {
    let mut fields = Map::new();
    for (field, value) in metadata {
        let value = match value {
            Value::Array(values) => Value::Array(values.iter().filter_map(scalar).collect()),
            value => match scalar(value) {
                Some(value) => value,
                None => continue,
            },
        };
        fields.insert(storable(field).into_owned(), value);
    }
    Value::Object(fields)
}

fn scalar(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(Value::String(storable(text).into_owned())),
        Value::Number(_) | Value::Bool(_) => Some(value.clone()),
        _ => None,
    }
}
