//! Reading JSON field by field, the same for every dialect: what is taken is checked, what is left passes through.
//! Every error names the field.

use crate::problem::Problem;
use serde_json::{Map, Value};
use usecase::ChatRequest;

/// Messages or input items of one request; more is a mistake or an attack.
const MOST_MESSAGES: usize = 2_048;

/// Fields of one request, beside those inside of others; no dialect has a tenth of it.
const MOST_FIELDS: usize = 1_024;

/// A body as a JSON object.
pub(crate) fn parse(body: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Problem::bad_request(format!("the body is not UTF-8 (at byte {})", error.valid_up_to())))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Problem::bad_request(format!("the body is not valid JSON: {error}")))?;
    match value.as_object().map(Map::len) {
        Some(count) if count > MOST_FIELDS => {
            Err(Problem::bad_request(format!("the body has {count} fields; at most {MOST_FIELDS} are taken")))
        }
        Some(_) => Ok(value),
        None => Err(Problem::bad_request("the body must be a JSON object".to_owned())),
    }
}

/// The error for a field: `what` goes on from its name.
pub(crate) fn wrong(place: &str, what: &str) -> Problem {
    Problem::bad_parameter(place, &format!("`{place}` {what}"))
}

/// A name of the app's as it may stand in an error, which goes into logs: what is not a plain short word may be anything,
/// also a piece of the conversation, and is not quoted.
pub(crate) fn shown(name: &str) -> &str {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    if (1..=40).contains(&name.len()) && name.bytes().all(is_plain) { name } else { "unknown" }
}

/// An object, wherever it stands.
pub(crate) fn object(place: &str, value: Value) -> Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(wrong(place, "must be an object")),
    }
}

/// A field that is there; `null` counts as absent.
pub(crate) fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    fields.shift_remove(name).filter(|value| !value.is_null())
}

pub(crate) fn take_text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Problem> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong(name, "must be a string")),
    }
}

pub(crate) fn take_flag(fields: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, Problem> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(flag)),
        Some(_) => Err(wrong(name, "must be true or false")),
    }
}

pub(crate) fn take_list(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Vec<Value>>, Problem> {
    match take(fields, name) {
        None => Ok(None),
        Some(Value::Array(items)) => Ok(Some(items)),
        Some(_) => Err(wrong(name, "must be an array")),
    }
}

/// A list of a model's answer, which may be anything: what is no list is none.
pub(crate) fn list_in(fields: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match fields.shift_remove(name) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

pub(crate) fn take_object(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Problem> {
    take(fields, name).map(|value| object(name, value)).transpose()
}

/// A text that must be there, inside of an object at `place`.
pub(crate) fn need_text(place: &str, fields: &mut Map<String, Value>, name: &str) -> Result<String, Problem> {
    match fields.shift_remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(wrong(&format!("{place}.{name}"), "is missing or not a string")),
    }
}

/// The messages of a conversation, or the input items of one.
pub(crate) fn take_messages(fields: &mut Map<String, Value>, name: &str) -> Result<Vec<Value>, Problem> {
    let Some(messages) = take_list(fields, name)? else { return Err(wrong(name, "is missing")) };
    check_messages(name, &messages)?;
    Ok(messages)
}

pub(crate) fn check_messages(name: &str, messages: &[Value]) -> Result<(), Problem> {
    match messages.len() {
        0 => Err(wrong(name, "must hold at least one message")),
        count if count > MOST_MESSAGES => Err(wrong(name, &format!("holds more than {MOST_MESSAGES} messages"))),
        _ => Ok(()),
    }
}

pub(crate) fn take_model(fields: &mut Map<String, Value>) -> Result<String, Problem> {
    match fields.shift_remove("model") {
        Some(Value::String(model)) if !model.trim().is_empty() => Ok(model),
        Some(_) => Err(wrong("model", "must be a non-empty string")),
        None => Err(wrong("model", "is missing: name a use case or a model")),
    }
}

/// Limits that money and memory hang on. Whether a provider takes the values is for the provider to say.
pub(crate) fn check_counts(fields: &Map<String, Value>, names: &[&str]) -> Result<(), Problem> {
    for name in names {
        match fields.get(*name) {
            None | Some(Value::Null) => {}
            Some(Value::Number(number)) if number.as_u64().is_some_and(|count| count >= 1) => {}
            Some(_) => return Err(wrong(name, "must be a whole number of at least 1")),
        }
    }
    Ok(())
}

/// What the app says of the request besides: facts for the use case, whom it is about, which conversation it is of.
/// `user` is the dialect's own field for the person.
pub(crate) fn describe(request: &mut ChatRequest, metadata: Map<String, Value>, user: Option<&str>) {
    let said = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    request.subject = said("subject").or_else(|| user.map(str::to_owned));
    request.conversation = said("conversation");
    request.metadata = metadata;
}
