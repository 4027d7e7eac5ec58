//! The way in: the fields of a request, put under the inner form's names. What needs answers to be stored, or tools that
//! OpenAI runs itself, is refused by name; nothing is dropped unsaid.

use super::input::Conversation;
use crate::fields::{self, need_text, take, take_flag, take_list, take_model, take_object, take_text, wrong};
use crate::problem::Problem;
use crate::wire::Asked;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::{ChatRequest, Dialect, Message, Raw, Role};

/// Fields that the answer repeats, and what it says where the request said nothing.
fn echo(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut echo = Map::new();
    let mut said = |name: &str, otherwise: Value| {
        let value = fields.get(name).filter(|value| !value.is_null()).cloned();
        echo.insert(name.to_owned(), value.unwrap_or(otherwise));
    };
    said("instructions", Value::Null);
    said("max_output_tokens", Value::Null);
    said("metadata", json!({}));
    said("parallel_tool_calls", json!(true));
    said("reasoning", json!({ "effort": null, "summary": null }));
    said("temperature", Value::Null);
    said("text", json!({ "format": { "type": "text" } }));
    said("service_tier", Value::Null);
    said("tool_choice", json!("auto"));
    said("tools", json!([]));
    said("top_p", Value::Null);
    said("truncation", json!("disabled"));
    said("user", Value::Null);
    echo
}

pub(super) fn read(body: &Bytes) -> Result<Asked, Problem> {
    let value = fields::parse(body)?;
    let raw = Raw::keep(Dialect::Responses, body.clone(), &value);
    let mut fields = fields::object("body", value)?;
    fields::check_counts(&fields, &["max_output_tokens"])?;
    refuse(&fields)?;
    let echo = echo(&fields);
    let model = take_model(&mut fields)?;
    let messages = messages(&mut fields)?;
    let mut request = ChatRequest { dialect: Dialect::Responses, raw, ..ChatRequest::new(model, messages) };
    request.stream = take_flag(&mut fields, "stream")?.unwrap_or(false);
    request.include_usage = true;
    let metadata = take_object(&mut fields, "metadata")?.unwrap_or_default();
    let user = fields.get("user").or_else(|| fields.get("safety_identifier")).and_then(Value::as_str);
    let user = user.map(str::to_owned);
    fields::describe(&mut request, metadata, user.as_deref());
    let mut warnings = Vec::new();
    request.rest = translated(fields, &mut warnings)?;
    Ok(Asked { request, echo, warnings })
}

/// What cannot be done here, and what to do instead.
fn refuse(fields: &Map<String, Value>) -> Result<(), Problem> {
    let instead = [
        (
            "previous_response_id",
            "is not supported, because answers are not stored here: send the conversation in `input`",
        ),
        ("conversation", "is not supported, because conversations are not stored here: send it in `input`"),
        ("prompt", "is not supported: a prompt is declared in a use case, whose name is the `model`"),
        ("background", "is not supported: answers are given at once, whole or streamed"),
    ];
    let asked = |name: &str| fields.get(name).is_some_and(|value| !value.is_null() && value != &Value::Bool(false));
    match instead.into_iter().find(|(name, _)| asked(name)) {
        Some((name, what)) => Err(wrong(name, what)),
        None => Ok(()),
    }
}

fn messages(fields: &mut Map<String, Value>) -> Result<Vec<Message>, Problem> {
    let mut conversation = Conversation::default();
    if let Some(instructions) = take_text(fields, "instructions")? {
        conversation.messages.push(Message::new(Role::System, instructions));
    }
    match take(fields, "input") {
        Some(Value::String(text)) => conversation.messages.push(Message::new(Role::User, text)),
        Some(Value::Array(items)) => {
            fields::check_messages("input", &items)?;
            for (at, item) in items.into_iter().enumerate() {
                conversation.read(&format!("input[{at}]"), item)?;
            }
        }
        Some(_) => return Err(wrong("input", "must be a string or an array of input items")),
        None => return Err(wrong("input", "is missing")),
    }
    Ok(conversation.messages)
}

fn translated(mut fields: Map<String, Value>, warnings: &mut Vec<String>) -> Result<Map<String, Value>, Problem> {
    let mut put = Map::new();
    if let Some(limit) = take(&mut fields, "max_output_tokens") {
        put.insert("max_completion_tokens".to_owned(), limit);
    }
    if let Some(tools) = take_list(&mut fields, "tools")? {
        let tools = tools.into_iter().enumerate().map(|(at, value)| tool(&format!("tools[{at}]"), value));
        let tools = tools.collect::<Result<Vec<_>, _>>()?;
        // An empty list is an error to chat completions.
        put.extend((!tools.is_empty()).then(|| ("tools".to_owned(), Value::Array(tools))));
    }
    if let Some(choice) = take(&mut fields, "tool_choice") {
        put.insert("tool_choice".to_owned(), tool_choice(choice)?);
    }
    put.extend(text(&mut fields)?);
    let mut reasoning = take_object(&mut fields, "reasoning")?.unwrap_or_default();
    put.extend(take(&mut reasoning, "effort").map(|effort| ("reasoning_effort".to_owned(), effort)));
    for included in take_list(&mut fields, "include")?.unwrap_or_default() {
        match included.as_str() {
            Some("message.output_text.logprobs") => put.extend([("logprobs".to_owned(), json!(true))]),
            // Given whenever there is any.
            Some("reasoning.encrypted_content") => {}
            other => warnings.push(format!("include has no {}", other.unwrap_or("such value"))),
        }
    }
    if take(&mut fields, "truncation").is_some_and(|truncation| truncation == "auto") {
        warnings.push("truncation is not done; a conversation that is too long is refused by the model".to_owned());
    }
    if take(&mut fields, "max_tool_calls").is_some() {
        warnings.push("max_tool_calls was left out".to_owned());
    }
    // Nothing is stored for anybody, background is false here, and obfuscation is for streams of OpenAI's own.
    for name in ["store", "background", "stream_options", "previous_response_id", "conversation", "prompt"] {
        fields.shift_remove(name);
    }
    fields.extend(put);
    Ok(fields)
}

fn tool(place: &str, value: Value) -> Result<Value, Problem> {
    let mut tool = fields::object(place, value)?;
    let kind = need_text(place, &mut tool, "type")?;
    if kind != "function" {
        let what = format!("is `{kind}`, which OpenAI's own service runs; only tools of the type `function` work here");
        return Err(wrong(&format!("{place}.type"), &what));
    }
    tool.retain(|_, value| !value.is_null());
    Ok(json!({ "type": "function", "function": tool }))
}

fn tool_choice(choice: Value) -> Result<Value, Problem> {
    match choice {
        Value::String(mode) if ["auto", "none", "required"].contains(&mode.as_str()) => Ok(json!(mode)),
        Value::Object(mut choice) if choice.get("type").is_some_and(|kind| kind == "function") => {
            let name = need_text("tool_choice", &mut choice, "name")?;
            Ok(json!({ "type": "function", "function": { "name": name } }))
        }
        _ => Err(wrong("tool_choice", "must be auto, none, required, or {\"type\": \"function\", \"name\": …}")),
    }
}

/// The form of the answer's text.
fn text(fields: &mut Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut text = take_object(fields, "text")?.unwrap_or_default();
    let mut put = Map::new();
    put.extend(take(&mut text, "verbosity").map(|verbosity| ("verbosity".to_owned(), verbosity)));
    let Some(mut format) = take_object(&mut text, "format")? else { return Ok(put) };
    let format = match need_text("text.format", &mut format, "type")?.as_str() {
        "text" => return Ok(put),
        "json_object" => json!({ "type": "json_object" }),
        "json_schema" => {
            format.retain(|_, value| !value.is_null());
            json!({ "type": "json_schema", "json_schema": format })
        }
        _ => return Err(wrong("text.format.type", "must be one of text, json_object, json_schema")),
    };
    put.insert("response_format".to_owned(), format);
    Ok(put)
}
