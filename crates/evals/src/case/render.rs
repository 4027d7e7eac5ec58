//! `{{name}}` in a case: replaced by the case's own variables. promptfoo writes these as Nunjucks templates; plain
//! replacement covers what test cases use, and anything more is said to be unsupported, never silently left out.

use serde_json::{Map, Value};

/// Why a text could not be rendered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unrendered {
    /// No variable has this name.
    Unknown(String),
    /// A filter, an expression or a block: more than a name.
    Unsupported(String),
}

/// What happens to a name that no variable has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// A question may hold braces of its own.
    Keep,
    /// An expectation that names a variable nobody set would check nothing.
    Reject,
}

/// Renders every text inside `value`. A text that is nothing but one `{{name}}` becomes the variable itself, so that
/// a list or a table stays one.
///
/// # Errors
/// With `Missing::Reject`, when a name is unknown or the braces hold more than a name.
pub(crate) fn value(value: &Value, vars: &Map<String, Value>, missing: Missing) -> Result<Value, Unrendered> {
    Ok(match value {
        Value::String(text) => match whole_name(text).and_then(|name| find(vars, name)) {
            Some(found) => found.clone(),
            None => Value::String(self::text(text, vars, missing)?),
        },
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| self::value(item, vars, missing)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let rendered = fields.iter().map(|(name, field)| Ok((name.clone(), self::value(field, vars, missing)?)));
            Value::Object(rendered.collect::<Result<_, Unrendered>>()?)
        }
        other => other.clone(),
    })
}

fn text(text: &str, vars: &Map<String, Value>, missing: Missing) -> Result<String, Unrendered> {
    let mut rendered = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        let braces = &rest[open..open + length + 2];
        rendered.push_str(&rest[..open]);
        let name = braces[2..braces.len() - 2].trim();
        match find(vars, name) {
            Some(found) => rendered.push_str(&shown(found)),
            None if missing == Missing::Keep => rendered.push_str(braces),
            None if is_name(name) => return Err(Unrendered::Unknown(name.to_owned())),
            None => return Err(Unrendered::Unsupported(braces.to_owned())),
        }
        rest = &rest[open + length + 2..];
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// The name in a text that is `{{name}}` and nothing else.
fn whole_name(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    is_name(name).then_some(name)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// `cart.total` goes into a table, unless a variable has that very name.
fn find<'a>(vars: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(found) = vars.get(name) {
        return Some(found);
    }
    let (first, rest) = name.split_once('.')?;
    rest.split('.').try_fold(vars.get(first)?, |value, field| value.get(field))
}

/// A text as it is, anything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
