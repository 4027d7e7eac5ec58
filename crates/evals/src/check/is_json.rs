//! `is-json`: the whole answer is JSON; `contains-json`: a JSON object or list stands somewhere in it. Both may carry
//! a JSON Schema that it must fit.

use super::{Observed, Rejected, Seen, Written, quoted};
use crate::yaml::Node;
use jsonschema::Validator;
use serde_json::Value;

#[derive(Debug)]
pub(super) struct IsJson {
    anywhere: bool,
    schema: Option<Validator>,
}

const EXPECTED: &str = "a JSON Schema, as a table or as text";

impl IsJson {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        let schema = match &written.value {
            None => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) if text.starts_with("file://") => {
                return Err(Rejected::Unsupported(
                    "a schema in another file is not read yet: write it here".to_owned(),
                ));
            }
            Some(Value::String(text)) => Some(schema_of_text(text)?),
            Some(schema) => Some(schema.clone()),
        };
        let schema = schema.map(|schema| compile(&schema)).transpose()?;
        Ok(Self { anywhere: written.kind == "contains-json", schema })
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let got = quoted(&observed.text);
        let found = if self.anywhere {
            json_inside(&observed.text)
        } else {
            serde_json::from_str(&observed.text).into_iter().collect()
        };
        if found.is_empty() {
            let why = if self.anywhere { "there is no JSON in the answer" } else { "the answer is not JSON" };
            return Seen::because(false, got, why);
        }
        let Some(schema) = &self.schema else { return Seen::new(true, got) };
        // The first misfit is told; with several objects one that fits is enough.
        match found.iter().map(|json| schema.validate(json)).reduce(Result::or) {
            Some(Err(misfit)) => Seen::because(false, got, format!("the JSON does not fit the schema: {misfit}")),
            _ => Seen::new(true, got),
        }
    }

    pub(super) fn expected(&self) -> String {
        let be = if self.anywhere { "to contain JSON" } else { "to be JSON" };
        let fitting = if self.schema.is_some() { " that fits the schema" } else { "" };
        format!("{be}{fitting}")
    }
}

fn schema_of_text(text: &str) -> Result<Value, Rejected> {
    let node = Node::parse(text).map_err(|(reason, _)| Rejected::value(format!("not a schema: {reason}"), EXPECTED))?;
    Ok(node.plain())
}

fn compile(schema: &Value) -> Result<Validator, Rejected> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err(Rejected::value("this is not a JSON Schema", EXPECTED));
    }
    jsonschema::validator_for(schema).map_err(|error| Rejected::value(format!("not a JSON Schema: {error}"), EXPECTED))
}

/// Every outermost JSON object or list in the text, in order.
fn json_inside(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(step) = text[from..].find(['{', '[']) {
        let start = from + step;
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(json)) => {
                found.push(json);
                from = start + stream.byte_offset();
            }
            // A bracket is one byte long.
            _ => from = start + 1,
        }
    }
    found
}
