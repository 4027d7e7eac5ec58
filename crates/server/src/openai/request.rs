//! The way in: bytes to a `ChatRequest`. Only what Shipway itself acts on is checked; everything else passes through for
//! the provider to judge.

use crate::fields::{self, take_messages, take_model};
use crate::problem::Problem;
use bytes::Bytes;
use serde_json::{Map, Value};
use usecase::{ChatRequest, Content, Dialect, Message, Raw, Role};

/// Reads a request body.
///
/// # Errors
/// The caller's, in OpenAI's words: what is wrong, and with which parameter.
pub(super) fn read(body: &Bytes) -> Result<ChatRequest, Problem> {
    let value = fields::parse(body)?;
    let raw = Raw::keep(Dialect::Chat, body.clone(), &value);
    let mut fields = fields::object("body", value)?;
    check_limits(&fields)?;
    let model = take_model(&mut fields)?;
    let messages = take_messages(&mut fields, "messages")?;
    let messages = messages.into_iter().enumerate().map(|(at, message)| read_message(at, message));
    let mut request = ChatRequest::new(model, messages.collect::<Result<_, _>>()?);
    request.stream = fields::take_flag(&mut fields, "stream")?.unwrap_or(false);
    request.include_usage = read_stream_options(&fields, request.stream)?;
    let user = fields.get("user").or_else(|| fields.get("safety_identifier")).and_then(Value::as_str);
    fields::describe(&mut request, read_metadata(&fields)?, user);
    Ok(ChatRequest { rest: fields, raw, ..request })
}

fn read_message(at: usize, value: Value) -> Result<Message, Problem> {
    let wrong = |what: &str| Problem::bad_parameter(&format!("messages[{at}]"), &format!("messages[{at}]{what}"));
    let Value::Object(mut fields) = value else { return Err(wrong(" must be an object")) };
    let role = match fields.shift_remove("role") {
        Some(role @ Value::String(_)) => serde_json::from_value::<Role>(role)
            .map_err(|_| wrong(".role must be one of system, developer, user, assistant, tool, function"))?,
        _ => return Err(wrong(".role is missing or not a string")),
    };
    let content = match fields.shift_remove("content") {
        Some(Value::String(text)) => Content::Text(text),
        Some(Value::Array(parts)) if parts.iter().all(Value::is_object) => Content::Parts(parts),
        Some(Value::Null) | None if role == Role::Assistant => Content::Absent,
        Some(Value::Null) | None => return Err(wrong(".content is missing")),
        Some(_) => return Err(wrong(".content must be a string or an array of content parts")),
    };
    Ok(Message { role, content, rest: fields })
}

/// `stream_options` stays among the fields: what we do not know of it passes through.
fn read_stream_options(fields: &Map<String, Value>, stream: bool) -> Result<bool, Problem> {
    match fields.get("stream_options") {
        None | Some(Value::Null) => Ok(false),
        Some(_) if !stream => {
            Err(Problem::bad_parameter("stream_options", "`stream_options` is only allowed when `stream` is true"))
        }
        Some(Value::Object(options)) => Ok(options.get("include_usage") == Some(&Value::Bool(true))),
        Some(_) => Err(fields::wrong("stream_options", "must be an object")),
    }
}

/// `metadata` stays among the fields too: for a bare model it is the provider's.
fn read_metadata(fields: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    match fields.get("metadata") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(metadata)) => Ok(metadata.clone()),
        Some(_) => Err(fields::wrong("metadata", "must be an object")),
    }
}

fn check_limits(fields: &Map<String, Value>) -> Result<(), Problem> {
    fields::check_counts(fields, &["max_tokens", "max_completion_tokens", "n"])?;
    if fields.get("n").and_then(Value::as_u64).is_some_and(|count| count > 128) {
        return Err(fields::wrong("n", "must be at most 128"));
    }
    Ok(())
}
