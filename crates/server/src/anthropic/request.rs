//! The way in: the fields of a request. Each that has a counterpart in the inner form is put under its name there; what
//! is left stays as it came, for an Anthropic provider to read.

use super::blocks::{self, Conversation};
use super::tools;
use crate::fields::{self, take, take_list, take_messages, take_model, take_object, wrong};
use crate::problem::Problem;
use crate::wire::Asked;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::{ChatRequest, Content, Dialect, Lost, Message, Raw, Role};

/// Reads a request for an answer, which must say how long that may be.
pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
    let asked = read_any(headers, body)?;
    match asked.request.rest.get("max_tokens").is_some_and(Value::is_number) {
        true => Ok(asked),
        false => Err(wrong("max_tokens", "is missing: say how many tokens the answer may have at most")),
    }
}

pub(super) fn read_any(headers: &HeaderMap, body: &Bytes) -> Result<Asked, Problem> {
    let value = fields::parse(body)?;
    let raw = Raw::keep(Dialect::Messages, body.clone(), &value);
    let mut fields = fields::object("body", value)?;
    fields::check_counts(&fields, &["max_tokens"])?;
    let model = take_model(&mut fields)?;
    if take(&mut fields, "thread").is_some() {
        return Err(threads_are_not_kept());
    }
    let mut conversation = Conversation::default();
    conversation.messages.extend(system(&mut fields, &mut conversation.lost)?);
    for (at, message) in take_messages(&mut fields, "messages")?.into_iter().enumerate() {
        conversation.read(&format!("messages[{at}]"), message)?;
    }
    let Conversation { messages, lost } = conversation;
    let mut request = ChatRequest { dialect: Dialect::Messages, lost, ..ChatRequest::new(model, messages) };
    request.stream = fields::take_flag(&mut fields, "stream")?.unwrap_or(false);
    request.include_usage = true;
    let metadata = take_object(&mut fields, "metadata")?.unwrap_or_default();
    // Anthropic's API takes nothing but `user_id` there; what else stands in it is for us.
    request.raw = raw.filter(|_| metadata.keys().all(|key| key == "user_id"));
    let user = metadata.get("user_id").and_then(Value::as_str).map(str::to_owned);
    fields::describe(&mut request, metadata, user.as_deref());
    request.rest = translated(fields, user, headers)?;
    Ok(Asked::from(request))
}

/// A thread is a conversation that Anthropic's service keeps: what was said before is not in the request, so neither a
/// guard nor another provider could read it. Its SDKs know this code, and send the whole conversation from then on.
fn threads_are_not_kept() -> Problem {
    let message = "`thread` is not supported: conversations are not stored here, send the whole one in `messages`";
    let problem = Problem::new(StatusCode::BAD_REQUEST, "invalid_request_error", "thread_unsupported_request", message);
    Problem { param: Some("thread".to_owned()), ..problem }
}

fn system(fields: &mut Map<String, Value>, lost: &mut Lost) -> Result<Option<Message>, Problem> {
    let content = match take(fields, "system") {
        None => return Ok(None),
        Some(Value::String(text)) => Content::Text(text),
        Some(Value::Array(blocks)) => {
            let parts = blocks.into_iter().enumerate().map(|(at, block)| {
                let place = format!("system[{at}]");
                blocks::text_part(&place, fields::object(&place, block)?, lost)
            });
            Content::Parts(parts.collect::<Result<_, _>>()?)
        }
        Some(_) => return Err(wrong("system", "must be a string or an array of text blocks")),
    };
    Ok(Some(Message { role: Role::System, content, rest: Map::new() }))
}

/// The fields under the inner form's names.
fn translated(
    mut fields: Map<String, Value>,
    user: Option<String>,
    headers: &HeaderMap,
) -> Result<Map<String, Value>, Problem> {
    let mut put = Map::new();
    if let Some(user) = user {
        put.insert("user".to_owned(), json!(user));
    }
    if let Some(sequences) = take_list(&mut fields, "stop_sequences")? {
        put.insert("stop".to_owned(), Value::Array(sequences));
    }
    if let Some(list) = take_list(&mut fields, "tools")? {
        let list = list.into_iter().enumerate().map(|(at, tool)| tools::tool(&format!("tools[{at}]"), tool));
        put.insert("tools".to_owned(), Value::Array(list.collect::<Result<_, _>>()?));
    }
    if let Some(choice) = take_object(&mut fields, "tool_choice")? {
        put.extend(tools::choice(choice)?);
    }
    if let Some(Value::String(tier)) = take(&mut fields, "service_tier") {
        put.insert("service_tier".to_owned(), json!(if tier == "standard_only" { "default" } else { &tier }));
    }
    put.extend(output_config(&mut fields)?);
    let betas: Vec<&str> = headers
        .get_all("anthropic-beta")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|beta| !beta.is_empty())
        .collect();
    if !betas.is_empty() {
        put.insert("anthropic_beta".to_owned(), json!(betas));
    }
    fields.extend(put);
    Ok(fields)
}

/// The form and the effort of the answer. `output_format` is the older name of `output_config.format`.
fn output_config(fields: &mut Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    let mut put = Map::new();
    let mut config = take_object(fields, "output_config")?.unwrap_or_default();
    if let Some(format) = take_object(&mut config, "format")?.or(take_object(fields, "output_format")?) {
        let schema = format.get("schema").filter(|schema| schema.is_object());
        let (Some("json_schema"), Some(schema)) = (format.get("type").and_then(Value::as_str), schema) else {
            return Err(wrong("output_config.format", "must be {\"type\": \"json_schema\", \"schema\": {…}}"));
        };
        let schema = json!({ "name": "answer", "schema": schema, "strict": true });
        put.insert("response_format".to_owned(), json!({ "type": "json_schema", "json_schema": schema }));
    }
    if let Some(Value::String(effort)) = take(&mut config, "effort") {
        // The inner form's highest level has another name.
        put.insert("reasoning_effort".to_owned(), json!(if effort == "max" { "xhigh" } else { &effort }));
    }
    if !config.is_empty() {
        put.insert("output_config".to_owned(), Value::Object(config));
    }
    Ok(put)
}
