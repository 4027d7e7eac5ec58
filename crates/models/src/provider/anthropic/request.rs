//! A request in the words of Anthropic's messages API (<https://platform.claude.com/docs/en/api/messages>).

use crate::provider::blocks::cache::{self, Rules};
use crate::provider::blocks::claude::{self, Claude};
use crate::provider::blocks::fields::Fields;
use crate::provider::blocks::{Block, Conversation, Piece, Source, Tool, ToolChoice, Turn, read};
use crate::provider::splice;
use crate::reply::Call;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use usecase::Dialect;

/// The most tokens of an answer whose request sets no limit: the API wants one.
pub(super) const DEFAULT_LIMIT: u64 = 4096;

/// The shortest prompt that a model keeps whose name tells nothing.
const LEAST_CACHED: u64 = 4096;

/// What a count of tokens may be asked for with.
const COUNTED: &[&str] = &["model", "system", "messages", "tools", "tool_choice", "thinking", "output_config"];

/// A request ready to be sent.
pub(super) struct Written {
    pub(super) body: Bytes,
    /// The features in beta that the app asks for, for the header `anthropic-beta`.
    pub(super) betas: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// Writes the request, or names the feature that cannot be had. What an app sent in this dialect and nothing changed goes
/// out to the letter, but for the name of the model.
pub(super) fn write(model: &str, call: &Call) -> Result<Written, String> {
    let raw = call.request.raw.as_ref().filter(|raw| raw.dialect == Dialect::Messages);
    if let Some(body) = raw.and_then(|raw| splice::with_model(&raw.bytes, model)) {
        let betas = betas(&mut Fields::of(&call.request, true));
        return Ok(Written { body, betas, warnings: Vec::new() });
    }
    let (body, betas, warnings) = translate(model, call)?;
    Ok(Written { body: bytes(&body), betas, warnings })
}

/// Writes the same request to have its tokens counted.
pub(super) fn write_count(model: &str, call: &Call) -> Result<Written, String> {
    let (mut body, betas, warnings) = translate(model, call)?;
    body.retain(|name, _| COUNTED.contains(&name.as_str()));
    Ok(Written { body: bytes(&body), betas, warnings })
}

fn betas(fields: &mut Fields<'_>) -> Option<String> {
    Some(fields.take_betas().join(",")).filter(|betas| !betas.is_empty())
}

fn bytes(body: &Map<String, Value>) -> Bytes {
    // A map of JSON values is always JSON.
    serde_json::to_vec(body).unwrap_or_default().into()
}

type Translated = (Map<String, Value>, Option<String>, Vec<String>);

fn translate(model: &str, call: &Call) -> Result<Translated, String> {
    let mut fields = Fields::of(&call.request, true);
    let same_dialect = fields.same_dialect;
    fields.refuse_what_changes_the_answer()?;
    let betas = betas(&mut fields);
    let mut conversation = read::conversation(&call.request.messages, same_dialect, &mut fields.warnings)?;
    let mut tools = read::tools(fields.take("tools"), same_dialect, &mut fields.warnings)?;
    let choice = read::tool_choice(fields.take("tool_choice"))?;
    let claude = Claude::of(model);
    if call.request.rest.get("cache_control").is_none() {
        let least = claude.map_or(LEAST_CACHED, Claude::least_cached);
        cache::mark(&mut conversation, &mut tools, call, Rules { least, tools: true });
    }
    let limit = fields.take_limit();
    let is_forced = choice.as_ref().is_some_and(ToolChoice::is_forced);
    claude::expect_choice(claude, is_forced)?;
    let reasoning = claude::reasoning(model, &mut fields, limit, &conversation, is_forced);

    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", model.into());
    set("max_tokens", limit.unwrap_or(DEFAULT_LIMIT + reasoning.more_tokens).into());
    let system = blocks(&conversation.system)?;
    if !system.is_empty() {
        set("system", system.into());
    }
    set("messages", turns(&conversation)?);
    for (name, value) in claude::sampling(model, &mut fields, &reasoning) {
        set(name, value.into_owned());
    }
    if let Some(stops) = fields.take_stop() {
        set("stop_sequences", stops);
    }
    if call.request.stream {
        set("stream", true.into());
    }
    if let Some(config) = output_config(claude, &mut fields, reasoning.effort)? {
        set("output_config", config);
    }
    if let Some(thinking) = reasoning.thinking {
        set("thinking", thinking);
    }
    write_tools(&mut body, &tools, choice, &mut fields);
    write_account(&mut body, &mut fields);
    let warnings = fields.finish(&mut body);
    Ok((body, betas, warnings))
}

fn output_config(
    claude: Option<Claude>,
    fields: &mut Fields<'_>,
    effort: Option<&'static str>,
) -> Result<Option<Value>, String> {
    let own = fields.take("output_config").filter(|_| fields.same_dialect).and_then(Value::as_object);
    let mut config = own.cloned().unwrap_or_default();
    if let Some(schema) = fields.take_schema()? {
        if claude.is_some_and(|claude| !claude.fits_schemas()) {
            return Err("a schema of the answer (`response_format`)".to_owned());
        }
        config.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema["schema"]}));
    }
    if let Some(effort) = effort {
        config.insert("effort".to_owned(), effort.into());
    }
    Ok((!config.is_empty()).then_some(Value::Object(config)))
}

fn write_tools(body: &mut Map<String, Value>, tools: &[Tool], choice: Option<ToolChoice>, fields: &mut Fields<'_>) {
    let one_at_a_time = fields.take("parallel_tool_calls") == Some(&Value::Bool(false));
    if tools.is_empty() {
        return;
    }
    body.insert("tools".to_owned(), tools.iter().map(tool).collect());
    let choice = choice.or(one_at_a_time.then_some(ToolChoice::Auto));
    let Some(choice) = choice else { return };
    let mut written = match &choice {
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::None => json!({"type": "none"}),
        ToolChoice::Any => json!({"type": "any"}),
        ToolChoice::Named(name) => json!({"type": "tool", "name": name}),
    };
    if one_at_a_time && choice != ToolChoice::None {
        written["disable_parallel_tool_use"] = true.into();
    }
    body.insert("tool_choice".to_owned(), written);
}

fn tool(tool: &Tool) -> Value {
    match tool {
        Tool::Other(tool) => tool.clone(),
        Tool::Function { name, description, schema, strict, cache, rest } => {
            let mut written = json!({"name": name});
            if let Some(description) = description {
                written["description"] = description.as_str().into();
            }
            written["input_schema"] = schema.clone();
            if *strict == Some(true) {
                written["strict"] = true.into();
            }
            for (name, value) in rest {
                written[name] = value.clone();
            }
            with_cache(written, cache.as_ref())
        }
    }
}

/// Who asks, and how urgently.
fn write_account(body: &mut Map<String, Value>, fields: &mut Fields<'_>) {
    if let Some(user) = fields.take_text("user") {
        body.insert("metadata".to_owned(), json!({"user_id": user}));
    }
    let tier = match fields.take_text("service_tier") {
        Some(tier @ ("auto" | "standard_only")) => Some(tier),
        Some("default") => Some("standard_only"),
        Some(_) => {
            fields.left_out("service_tier", "there is no such tier here");
            None
        }
        None => None,
    };
    if let Some(tier) = tier {
        body.insert("service_tier".to_owned(), tier.into());
    }
}

fn turns(conversation: &Conversation) -> Result<Value, String> {
    let turn = |turn: &Turn| {
        let role = if turn.by_assistant { "assistant" } else { "user" };
        Ok(json!({"role": role, "content": blocks(&turn.blocks)?}))
    };
    conversation.turns.iter().map(turn).collect()
}

fn blocks(blocks: &[Block]) -> Result<Vec<Value>, String> {
    blocks.iter().map(|block| Ok(with_cache(piece(&block.piece)?, block.cache.as_ref()))).collect()
}

fn with_cache(mut written: Value, cache: Option<&Value>) -> Value {
    if let (Some(cache), Some(fields)) = (cache, written.as_object_mut()) {
        fields.insert("cache_control".to_owned(), cache.clone());
    }
    written
}

fn piece(piece: &Piece) -> Result<Value, String> {
    Ok(match piece {
        Piece::Text(text) => json!({"type": "text", "text": text}),
        Piece::Image(source) => json!({"type": "image", "source": image(source)?}),
        Piece::Document { source, name } => {
            let mut written = json!({"type": "document", "source": document(source)?});
            if let Some(name) = name {
                written["title"] = name.as_str().into();
            }
            written
        }
        Piece::Call { id, name, input } => json!({"type": "tool_use", "id": id, "name": name, "input": input}),
        Piece::Result { id, blocks: given, failed } => {
            let mut written = json!({"type": "tool_result", "tool_use_id": id});
            if !given.is_empty() {
                written["content"] = blocks(given)?.into();
            }
            if *failed {
                written["is_error"] = true.into();
            }
            written
        }
        Piece::Thinking { text, signature } => json!({"type": "thinking", "thinking": text, "signature": signature}),
        Piece::Redacted(data) => json!({"type": "redacted_thinking", "data": data}),
        Piece::Other(block) => block.clone(),
    })
}

fn image(source: &Source) -> Result<Value, String> {
    match source {
        Source::Inline { media_type, base64 } => match media_type.as_str() {
            "image/jpeg" | "image/png" | "image/gif" | "image/webp" => {
                Ok(json!({"type": "base64", "media_type": media_type, "data": base64}))
            }
            other => Err(format!("a picture of type `{}`", read::shown(other))),
        },
        source => Ok(elsewhere(source)),
    }
}

fn document(source: &Source) -> Result<Value, String> {
    let Source::Inline { media_type, base64 } = source else { return Ok(elsewhere(source)) };
    match media_type.as_str() {
        "application/pdf" => Ok(json!({"type": "base64", "media_type": media_type, "data": base64})),
        text if text.starts_with("text/") || text == "application/json" => {
            let bytes = STANDARD.decode(base64).ok();
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let text = text.ok_or("a document that is not UTF-8 in base64")?;
            Ok(json!({"type": "text", "media_type": "text/plain", "data": text}))
        }
        other => Err(format!("a document of type `{}`", read::shown(other))),
    }
}

fn elsewhere(source: &Source) -> Value {
    match source {
        Source::File(id) => json!({"type": "file", "file_id": id}),
        Source::Address(url) | Source::Inline { base64: url, .. } => json!({"type": "url", "url": url}),
    }
}
