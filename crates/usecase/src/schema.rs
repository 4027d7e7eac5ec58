//! The JSON Schemas of the user's two files. Editors complete and explain from them, and `reading` checks with them, so
//! that an editor and Shipway never disagree about what a key is.

use crate::declared::{ProjectFile, UseCaseFile};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The schemas that `shipway schema` prints.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// Of `shipway.toml`.
    pub project: Value,
    /// Of `usecases/<name>/usecase.toml`.
    pub use_case: Value,
}

/// Both schemas, in draft 07: the newest draft that the common TOML editors (Taplo, Even Better TOML) understand.
pub fn schemas() -> Schemas {
    Schemas { project: of_project(), use_case: of_use_case() }
}

pub(crate) fn of_project() -> Value {
    generate::<ProjectFile>(
        "urn:shipway:schema:project",
        "Shipway project",
        "shipway.toml: what all use cases of a project share.",
    )
}

pub(crate) fn of_use_case() -> Value {
    generate::<UseCaseFile>(
        "urn:shipway:schema:usecase",
        "Shipway use case",
        "usecases/<name>/usecase.toml: one use case, declared. Every section but `usecase` may be left out.",
    )
}

fn generate<T: JsonSchema>(id: &str, title: &str, description: &str) -> Value {
    let settings = SchemaSettings::draft07().for_deserialize();
    let mut schema = Value::from(settings.into_generator().into_root_schema_for::<T>());
    without_null(&mut schema);
    let mut head = Map::new();
    if let Value::Object(body) = &mut schema {
        head.extend(body.remove_entry("$schema"));
        for (key, value) in [("$id", id), ("title", title), ("description", description)] {
            head.insert(key.to_owned(), Value::from(value));
            body.remove(key);
        }
        head.append(body);
    }
    Value::Object(head)
}

/// Takes `null` out of a schema. An optional field is a key that may be left out; TOML cannot write a null, and an
/// editor that offers one, or an error that names one, only confuses.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(node) => {
            node.retain(|_, value| !value.is_null());
            if let Some(Value::Array(types)) = node.get_mut("type") {
                types.retain(|name| name != "null");
                if let [single] = types.as_slice() {
                    let single = single.clone();
                    node.insert("type".to_owned(), single);
                }
            }
            unwrap_optional(node);
            explain_only_key(node);
            node.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// `anyOf: [X, null]` becomes `X`; beside other keywords, which draft 07 ignores next to a `$ref`, `allOf: [X]`.
fn unwrap_optional(node: &mut Map<String, Value>) {
    let Some(Value::Array(branches)) = node.get_mut("anyOf") else { return };
    branches.retain(|branch| branch.get("type").is_none_or(|name| name != "null"));
    if branches.len() != 1 {
        return;
    }
    let Some(Value::Array(mut branches)) = node.remove("anyOf") else { return };
    match branches.pop() {
        Some(Value::Object(only)) if node.is_empty() || !only.contains_key("$ref") => {
            for (key, value) in only {
                node.entry(key).or_insert(value);
            }
        }
        Some(only) => {
            node.insert("allOf".to_owned(), Value::Array(vec![only]));
        }
        None => {}
    }
}

/// A variant that is written as a table with one key is explained at the table; editors show what stands at the key.
fn explain_only_key(node: &mut Map<String, Value>) {
    let Some(description) = node.get("description").cloned() else { return };
    let is_variant = node.get("required").and_then(Value::as_array).is_some_and(|keys| keys.len() == 1);
    if let Some(Value::Object(keys)) = node.get_mut("properties").filter(|_| is_variant)
        && keys.len() == 1
    {
        for key in keys.values_mut().filter_map(Value::as_object_mut).filter(|key| !key.contains_key("$ref")) {
            key.entry("description").or_insert_with(|| description.clone());
        }
    }
}

#[cfg(test)]
mod tests;
