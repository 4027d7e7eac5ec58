//! The way in: the fields of a request, put under the inner form's names. What only OpenAI's own service can do (answers
//! that are stored, tools that it runs itself) stays as it came and is noted as lost on everybody else; nothing is dropped
//! unsaid.

use super::input::Conversation;
use crate::fields::{self, need_text, take, take_flag, take_list, take_model, take_object, take_text, wrong};
use crate::problem::Problem;
use crate::wire::Asked;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::{ChatRequest, Dialect, Lost, Message, Raw, Role};

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
    let echo = echo(&fields);
    let model = take_model(&mut fields)?;
    let mut lost = Lost { refused: stored(&fields)?, ..Lost::default() };
    let messages = messages(&mut fields, &mut lost)?;
    let mut request = ChatRequest { dialect: Dialect::Responses, raw, ..ChatRequest::new(model, messages) };
    request.stream = take_flag(&mut fields, "stream")?.unwrap_or(false);
    request.include_usage = true;
    let metadata = take_object(&mut fields, "metadata")?.unwrap_or_default();
    let user = fields.get("user").or_else(|| fields.get("safety_identifier")).and_then(Value::as_str);
    let user = user.map(str::to_owned);
    fields::describe(&mut request, metadata, user.as_deref());
    request.rest = translated(fields, &mut lost)?;
    Ok(Asked { request: ChatRequest { lost, ..request }, echo })
}

/// What rests on things that OpenAI's service stores, and what to do instead where there is no such service.
fn stored(fields: &Map<String, Value>) -> Result<Vec<String>, Problem> {
    let instead = [
        ("previous_response_id", "answers are not stored here: send the conversation in `input`"),
        ("conversation", "conversations are not stored here: send it in `input`"),
        ("prompt", "a prompt is declared in a use case, whose name is the `model`"),
    ];
    if fields.get("background") == Some(&Value::Bool(true)) {
        return Err(wrong("background", "is not supported: answers are given at once, whole or streamed"));
    }
    let asked = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    let asked = instead.into_iter().filter(|(name, _)| asked(name));
    Ok(asked.map(|(name, what)| format!("`{name}`, because {what}")).collect())
}

fn messages(fields: &mut Map<String, Value>, lost: &mut Lost) -> Result<Vec<Message>, Problem> {
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
        // What is stored goes on by itself.
        None if !lost.refused.is_empty() => {}
        None => return Err(wrong("input", "is missing")),
    }
    lost.refused.extend(conversation.lost.refused);
    lost.named.extend(conversation.lost.named);
    Ok(conversation.messages)
}

fn translated(mut fields: Map<String, Value>, lost: &mut Lost) -> Result<Map<String, Value>, Problem> {
    let mut put = Map::new();
    if let Some(limit) = take(&mut fields, "max_output_tokens") {
        put.insert("max_completion_tokens".to_owned(), limit);
    }
    if let Some(tools) = take_list(&mut fields, "tools")? {
        let tools = tools.into_iter().enumerate().map(|(at, value)| tool(&format!("tools[{at}]"), value, lost));
        let tools = tools.collect::<Result<Vec<_>, _>>()?;
        // An empty list is an error to chat completions.
        put.extend((!tools.is_empty()).then(|| ("tools".to_owned(), Value::Array(tools))));
    }
    if let Some(choice) = take(&mut fields, "tool_choice") {
        put.insert("tool_choice".to_owned(), tool_choice(choice, lost)?);
    }
    put.extend(text(&mut fields)?);
    let mut reasoning = take_object(&mut fields, "reasoning")?.unwrap_or_default();
    put.extend(take(&mut reasoning, "effort").map(|effort| ("reasoning_effort".to_owned(), effort)));
    for included in take_list(&mut fields, "include")?.unwrap_or_default() {
        match included.as_str() {
            Some("message.output_text.logprobs") => put.extend([("logprobs".to_owned(), json!(true))]),
            // Given whenever there is any.
            Some("reasoning.encrypted_content") => {}
            other => lost.named.push(format!("include has no {}", other.map_or("such value", fields::shown))),
        }
    }
    if take(&mut fields, "truncation").is_some_and(|truncation| truncation == "auto") {
        lost.named.push("truncation is not done; a conversation that is too long is refused by the model".to_owned());
    }
    if take(&mut fields, "max_tool_calls").is_some() {
        lost.named.push("max_tool_calls was left out".to_owned());
    }
    // Nothing is stored by us, background is false here, and obfuscation is for streams of OpenAI's own.
    for name in ["store", "background", "stream_options"] {
        fields.shift_remove(name);
    }
    fields.retain(|_, value| !value.is_null());
    fields.extend(put);
    Ok(fields)
}

/// A tool of the app's own becomes a function. One that OpenAI's service runs stays as it came.
fn tool(place: &str, value: Value, lost: &mut Lost) -> Result<Value, Problem> {
    let mut tool = fields::object(place, value)?;
    let kind = tool.get("type").and_then(Value::as_str).ok_or_else(|| wrong(&format!("{place}.type"), "is missing"))?;
    if kind != "function" {
        lost.refused.push(format!("a tool of the type `{}`, which OpenAI's own service runs", fields::shown(kind)));
        return Ok(Value::Object(tool));
    }
    tool.shift_remove("type");
    tool.retain(|_, value| !value.is_null());
    Ok(json!({ "type": "function", "function": tool }))
}

fn tool_choice(choice: Value, lost: &mut Lost) -> Result<Value, Problem> {
    match choice {
        Value::String(mode) if ["auto", "none", "required"].contains(&mode.as_str()) => Ok(json!(mode)),
        Value::Object(mut choice) if choice.get("type").is_some_and(|kind| kind == "function") => {
            let name = need_text("tool_choice", &mut choice, "name")?;
            Ok(json!({ "type": "function", "function": { "name": name } }))
        }
        Value::Object(choice) if choice.get("type").is_some_and(Value::is_string) => {
            lost.refused.push("`tool_choice` of this type".to_owned());
            Ok(Value::Object(choice))
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
