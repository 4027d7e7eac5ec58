//! `POST /v1/chat/completions`, the way in: bytes to a `ChatRequest`. Only what Shipway itself acts on is checked;
//! everything else passes through for the provider to judge.

use crate::problem::Problem;
use serde_json::{Map, Value};
use usecase::{ChatRequest, Content, Message, Role};

/// Messages of one request; more is a mistake or an attack.
const MOST_MESSAGES: usize = 2_048;

/// Reads a request body.
///
/// # Errors
/// The caller's, in OpenAI's words: what is wrong, and with which parameter.
pub(crate) fn read(body: &[u8]) -> Result<ChatRequest, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|error| Problem::bad_request(format!("the body is not UTF-8 (at byte {})", error.valid_up_to())))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| Problem::bad_request(format!("the body is not valid JSON: {error}")))?;
    let Value::Object(mut fields) = value else {
        return Err(Problem::bad_request("the body must be a JSON object".to_owned()));
    };
    check_limits(&fields)?;
    let model = match fields.shift_remove("model") {
        Some(Value::String(model)) if !model.trim().is_empty() => model,
        Some(_) => return Err(Problem::bad_parameter("model", "`model` must be a non-empty string")),
        None => return Err(Problem::bad_parameter("model", "`model` is missing: name a use case or a model")),
    };
    let messages = read_messages(fields.shift_remove("messages"))?;
    let stream = read_flag(&mut fields, "stream")?;
    let include_usage = read_stream_options(&fields, stream)?;
    let metadata = read_metadata(&fields)?;
    let said = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    let user = fields.get("user").or_else(|| fields.get("safety_identifier")).and_then(Value::as_str);
    let subject = said("subject").or_else(|| user.map(str::to_owned));
    let conversation = said("conversation");
    let request = ChatRequest::new(model, messages);
    Ok(ChatRequest { stream, include_usage, metadata, subject, conversation, rest: fields, ..request })
}

fn read_messages(value: Option<Value>) -> Result<Vec<Message>, Problem> {
    let messages = match value {
        Some(Value::Array(messages)) => messages,
        Some(_) => return Err(Problem::bad_parameter("messages", "`messages` must be an array")),
        None => return Err(Problem::bad_parameter("messages", "`messages` is missing")),
    };
    if messages.is_empty() {
        return Err(Problem::bad_parameter("messages", "`messages` must hold at least one message"));
    }
    if messages.len() > MOST_MESSAGES {
        return Err(Problem::bad_parameter(
            "messages",
            &format!("`messages` holds more than {MOST_MESSAGES} messages"),
        ));
    }
    messages.into_iter().enumerate().map(|(at, message)| read_message(at, message)).collect()
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

fn read_flag(fields: &mut Map<String, Value>, name: &str) -> Result<bool, Problem> {
    match fields.shift_remove(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(_) => Err(Problem::bad_parameter(name, &format!("`{name}` must be true or false"))),
    }
}

/// `stream_options` stays among the fields: what we do not know of it passes through.
fn read_stream_options(fields: &Map<String, Value>, stream: bool) -> Result<bool, Problem> {
    match fields.get("stream_options") {
        None | Some(Value::Null) => Ok(false),
        Some(_) if !stream => {
            Err(Problem::bad_parameter("stream_options", "`stream_options` is only allowed when `stream` is true"))
        }
        Some(Value::Object(options)) => Ok(options.get("include_usage") == Some(&Value::Bool(true))),
        Some(_) => Err(Problem::bad_parameter("stream_options", "`stream_options` must be an object")),
    }
}

/// `metadata` stays among the fields too: for a bare model it is the provider's.
fn read_metadata(fields: &Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    match fields.get("metadata") {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(metadata)) => Ok(metadata.clone()),
        Some(_) => Err(Problem::bad_parameter("metadata", "`metadata` must be an object")),
    }
}

/// Limits that money and memory hang on. Whether a provider takes the values is for the provider to say.
fn check_limits(fields: &Map<String, Value>) -> Result<(), Problem> {
    for name in ["max_tokens", "max_completion_tokens", "n"] {
        match fields.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Number(number)) if number.as_u64().is_some_and(|count| count >= 1) => {}
            Some(_) => {
                return Err(Problem::bad_parameter(name, &format!("`{name}` must be a whole number of at least 1")));
            }
        }
    }
    let most = |name: &str, limit: u64| fields.get(name).and_then(Value::as_u64).is_some_and(|count| count > limit);
    if most("n", 128) {
        return Err(Problem::bad_parameter("n", "`n` must be at most 128"));
    }
    Ok(())
}
