//! Violations of the schema in plain English, each at its place.

use super::source::{Source, escape};
use super::suggest::did_you_mean;
use crate::diagnostic::{Diagnostic, Diagnostics};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

/// Adds what one violation means to `found`: one diagnostic, or several where it holds several unknown keys.
pub(super) fn explain(schema: &Value, source: &Source, error: &ValidationError<'_>, found: &mut Diagnostics) {
    let violation = Violation {
        schema,
        source,
        pointer: error.instance_path().as_str(),
        rule: node_around(schema, error.schema_path().as_str()),
        instance: error.instance(),
    };
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let known = violation.keys();
            found.extend(Diagnostics(unexpected.iter().map(|key| violation.unknown_key(key, &known)).collect()));
        }
        Kind::Required { property } => found.push(violation.missing(property.as_str().unwrap_or_default())),
        // A list of words has a type as well; it is enough to say once that the value is none of the words.
        Kind::Type { .. } if !choices(violation.rule).is_empty() => {}
        Kind::Type { .. } => found.push(violation.wrong_type()),
        Kind::Enum { .. } | Kind::Constant { .. } => found.push(violation.unknown_value(&choices(violation.rule))),
        Kind::Pattern { .. } => found.push(violation.unreadable()),
        Kind::Minimum { .. } | Kind::Maximum { .. } => found.push(violation.out_of_range()),
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => violation.no_variant(context, found),
        _ => found.push(source.at_value(violation.pointer, error.masked_with("this value").to_string())),
    }
}

/// The schema that holds the violated keyword. The path is canonical: it never runs through a `$ref`.
fn node_around<'a>(schema: &'a Value, keyword_path: &str) -> &'a Value {
    let parent = keyword_path.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema.pointer(parent).unwrap_or(schema)
}

/// One violated rule and what violated it.
struct Violation<'a> {
    schema: &'a Value,
    source: &'a Source,
    pointer: &'a str,
    rule: &'a Value,
    instance: &'a Value,
}

impl Violation<'_> {
    /// The keys that the violated schema knows.
    fn keys(&self) -> Vec<String> {
        let keys = self.rule.get("properties").and_then(Value::as_object);
        keys.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    }

    fn unknown_key(&self, key: &str, known: &[String]) -> Diagnostic {
        let pointer = format!("{}/{}", self.pointer, escape(key));
        let message = match dotted(self.pointer).as_str() {
            "" => format!("unknown section or key `{key}`"),
            table => format!("unknown key `{key}` in `{table}`"),
        };
        let help = did_you_mean(key, known.iter().map(String::as_str)).or_else(|| self.section_with(key));
        self.source.at_key(&pointer, message).expected(one_of(known, '`')).maybe_help(help)
    }

    /// A key that is unknown here may be right in another section.
    fn section_with(&self, key: &str) -> Option<String> {
        let sections = self.schema.get("properties")?.as_object()?;
        let here = dotted(self.pointer);
        let section = sections.iter().find(|(name, section)| **name != here && self.section_knows(section, key))?.0;
        Some(format!("`{key}` belongs into `[{section}]`"))
    }

    fn section_knows(&self, section: &Value, key: &str) -> bool {
        let reference = section.get("$ref").or_else(|| section.pointer("/allOf/0/$ref")).and_then(Value::as_str);
        let section = reference.and_then(|text| self.schema.pointer(text.trim_start_matches('#'))).unwrap_or(section);
        section.get("properties").is_some_and(|keys| keys.get(key).is_some())
    }

    fn missing(&self, key: &str) -> Diagnostic {
        let message = match dotted(self.pointer).as_str() {
            "" => format!("the section `[{key}]` is missing"),
            table => format!("`{table}` lacks the key `{key}`"),
        };
        let meaning = self.rule.pointer(&format!("/properties/{}/description", escape(key))).and_then(Value::as_str);
        let diagnostic = self.source.at_key(self.pointer, message);
        match meaning {
            Some(meaning) => diagnostic.expected(format!("`{key}`: {}", first_sentence(meaning))),
            None => diagnostic,
        }
    }

    fn wrong_type(&self) -> Diagnostic {
        let expected =
            written(self.rule).or_else(|| type_words(self.rule)).unwrap_or_else(|| "another type".to_owned());
        self.source
            .at_value(self.pointer, format!("`{}` is {}", dotted(self.pointer), kind_of(self.instance)))
            .expected(expected)
    }

    fn unknown_value(&self, choices: &[String]) -> Diagnostic {
        let given = match self.instance {
            Value::String(text) => format!("\"{text}\""),
            Value::Bool(flag) => flag.to_string(),
            other => kind_of(other).to_owned(),
        };
        let message = format!("`{}` cannot be {given}", dotted(self.pointer));
        let help = self.instance.as_str().and_then(|text| did_you_mean(text, choices.iter().map(String::as_str)));
        self.source.at_value(self.pointer, message).expected(one_of(choices, '"')).maybe_help(help)
    }

    /// The message leaves the value out, because it may be a secret that was written where a reference belongs.
    fn unreadable(&self) -> Diagnostic {
        let message = format!("the value of `{}` cannot be read", dotted(self.pointer));
        let diagnostic = self.source.at_value(self.pointer, message);
        match written(self.rule) {
            Some(expected) => diagnostic.expected(expected),
            None => diagnostic,
        }
    }

    fn out_of_range(&self) -> Diagnostic {
        let limit = |keyword: &str| self.rule.get(keyword).map(whole_when_whole);
        let expected = match (limit("minimum"), limit("maximum")) {
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, Some(most)) => format!("at most {most}"),
            (None, None) => "another number".to_owned(),
        };
        self.source.at_value(self.pointer, format!("`{}` is out of range", dotted(self.pointer))).expected(expected)
    }

    /// None of the variants of an enum fits: plain words, or tables with exactly one key each.
    fn no_variant(&self, context: &[Vec<ValidationError<'static>>], found: &mut Diagnostics) {
        let tags: Vec<String> = variants(self.rule).iter().map(|variant| tag(variant).unwrap_or_default()).collect();
        if tags.iter().all(String::is_empty) {
            return found.push(self.unknown_value(&choices(self.rule)));
        }
        let Some(table) = self.instance.as_object() else { return found.push(self.not_tagged(&tags)) };
        let (right, wrong): (Vec<&String>, Vec<&String>) = table.keys().partition(|key| tags.contains(key));
        for key in &wrong {
            let pointer = format!("{}/{}", self.pointer, escape(key));
            let message = format!("unknown key `{key}` in `{}`", dotted(self.pointer));
            let help = did_you_mean(key, tags.iter().map(String::as_str));
            found.push(self.source.at_key(&pointer, message).expected(exactly_one(&tags)).maybe_help(help));
        }
        match (right.as_slice(), wrong.is_empty()) {
            ([single], true) => {
                let branch = tags.iter().position(|tag| tag == *single).and_then(|index| context.get(index));
                for error in branch.into_iter().flatten() {
                    explain(self.schema, self.source, error, found);
                }
            }
            ([], true) => found.push(self.not_tagged(&tags)),
            ([_, _, ..], _) => {
                let message = format!("`{}` has several keys where one is allowed", dotted(self.pointer));
                found.push(self.source.at_value(self.pointer, message).expected(exactly_one(&tags)));
            }
            _ => {}
        }
    }

    fn not_tagged(&self, tags: &[String]) -> Diagnostic {
        let given = match self.instance {
            Value::Object(_) => "an empty table",
            other => kind_of(other),
        };
        let named = self.instance.as_str().filter(|text| tags.iter().any(|tag| tag == text));
        let message = format!("`{}` is {given}", dotted(self.pointer));
        let diagnostic = self.source.at_value(self.pointer, message).expected(exactly_one(tags));
        diagnostic.maybe_help(named.map(|tag| format!("write `{{ {tag} = … }}`")))
    }
}

fn variants(rule: &Value) -> &[Value] {
    let list = rule.get("oneOf").or_else(|| rule.get("anyOf")).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

/// The one key of a variant that is written as a table with exactly that key.
fn tag(variant: &Value) -> Option<String> {
    variant.pointer("/required/0").and_then(Value::as_str).map(str::to_owned)
}

/// All words that a rule allows: its own, and those of its variants.
fn choices(rule: &Value) -> Vec<String> {
    let own = rule.get("enum").and_then(Value::as_array).into_iter().flatten().chain(rule.get("const"));
    let own: Vec<String> = own.filter_map(Value::as_str).map(str::to_owned).collect();
    own.into_iter().chain(variants(rule).iter().flat_map(choices)).collect()
}

/// The words that a small value's schema has for its written form.
fn written(rule: &Value) -> Option<String> {
    rule.get("x-expected").and_then(Value::as_str).map(str::to_owned)
}

fn type_words(rule: &Value) -> Option<String> {
    let words = match rule.get("type")?.as_str()? {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "`true` or `false`",
        "array" => "a list in brackets, `[…]`",
        "object" => "a table",
        _ => return None,
    };
    Some(words.to_owned())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(number) if number.is_f64() => "a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

fn whole_when_whole(limit: &Value) -> String {
    match limit.as_f64() {
        Some(number) if number.fract() == 0.0 => format!("{number:.0}"),
        _ => limit.to_string(),
    }
}

fn one_of(names: &[String], quote: char) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{quote}{name}{quote}")).collect();
    match quoted.as_slice() {
        [single] => single.clone(),
        _ => format!("one of {}", quoted.join(", ")),
    }
}

fn exactly_one(tags: &[String]) -> String {
    let quoted: Vec<String> = tags.iter().map(|tag| format!("`{tag}`")).collect();
    format!("a table with exactly one of the keys {}", quoted.join(", "))
}

fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").unwrap_or(text.len());
    text[..end].trim_end_matches('.').to_owned()
}

/// A JSON pointer as people write keys: `/feeds/handbook/checks/0` is `feeds.handbook.checks[0]`.
pub(super) fn dotted(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, step| {
        let step = step.replace("~1", "/").replace("~0", "~");
        match (path.is_empty(), step.parse::<usize>()) {
            (true, _) => step,
            (false, Ok(index)) => format!("{path}[{index}]"),
            (false, Err(_)) => format!("{path}.{step}"),
        }
    })
}
