//! From the text of a config file to its typed form, with every mistake at once: TOML to a tree that remembers places,
//! the tree against the JSON Schema, each violation in plain English at its place, and only then serde.

mod explain;
mod source;
mod suggest;

pub use source::Source;
pub(crate) use source::escape;
pub(crate) use suggest::did_you_mean;

use crate::declared::{ProjectFile, UseCaseFile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::schema;
use jsonschema::{PatternOptions, Validator};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::LazyLock;

/// A file that can be read: it knows its schema.
pub trait Declared: DeserializeOwned {
    /// The schema and its compiled form, made once.
    fn grammar() -> &'static Grammar;
}

/// A schema, ready to check with.
pub struct Grammar {
    pub(crate) schema: Value,
    validator: Validator,
}

impl Grammar {
    /// # Panics
    /// When the schema is not a valid JSON Schema, which the tests rule out for the two that exist.
    fn compile(schema: Value) -> Self {
        let options = jsonschema::draft7::options().with_pattern_options(PatternOptions::regex());
        let validator = options.build(&schema).expect("the schemas generated from our own types are valid");
        Self { schema, validator }
    }
}

impl Declared for ProjectFile {
    fn grammar() -> &'static Grammar {
        static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::compile(schema::of_project()));
        &GRAMMAR
    }
}

impl Declared for UseCaseFile {
    fn grammar() -> &'static Grammar {
        static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::compile(schema::of_use_case()));
        &GRAMMAR
    }
}

/// Reads `text`, the content of `file_name` (relative to the project's root, for the messages only). The `Source` that
/// comes with the typed form tells the places of its values to whoever checks their meaning.
///
/// # Errors
/// Every mistake that TOML and the schema can tell, each with its place.
pub fn read<T: Declared>(file_name: &str, text: &str) -> Result<(T, Source), Diagnostics> {
    let (source, tree) = Source::parse(file_name, text)?;
    let grammar = T::grammar();
    let mut found = Diagnostics::default();
    for error in grammar.validator.iter_errors(&tree) {
        explain::explain(&grammar.schema, &source, &error, &mut found);
    }
    let tree = found.or_value(tree)?;
    match T::deserialize(&tree) {
        Ok(typed) => Ok((typed, source)),
        Err(error) => Err(residual::<T>(&source, &tree, &error).into()),
    }
}

/// A value that the schema allows and its type does not. serde_json does not say where it was, so the culprit is
/// sought: the section without which the rest can be read.
fn residual<T: Declared>(source: &Source, tree: &Value, error: &serde_json::Error) -> Diagnostic {
    let sections = tree.as_object().into_iter().flatten().map(|(name, _)| name);
    let culprit = sections.into_iter().find(|name| {
        let mut without = tree.clone();
        without.as_object_mut().map(|sections| sections.remove(*name));
        T::deserialize(&without).is_ok()
    });
    let pointer = culprit.map(|name| format!("/{}", source::escape(name))).unwrap_or_default();
    source.at_key(&pointer, error.to_string())
}

#[cfg(test)]
mod tests;
