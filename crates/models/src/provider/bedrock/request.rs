//! A request in the words of Bedrock's Converse
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>).

use crate::provider::blocks::cache::{self, Rules};
use crate::provider::blocks::claude::{self, Claude};
use crate::provider::blocks::fields::Fields;
use crate::provider::blocks::{Block, Conversation, Piece, Source, Tool, ToolChoice, Turn, read};
use crate::reply::Call;
use serde_json::{Map, Value, json};

/// Fields of Converse's own that an app may set by their names there.
const OWN: &[&str] = &["guardrailConfig", "performanceConfig", "requestMetadata"];

/// The tokens of an answer beside those of reasoning, where the request sets no limit.
const DEFAULT_LIMIT: u64 = 4096;

/// Which of the models behind Converse it is, as far as its id tells. The id of an application's own profile tells
/// nothing.
#[derive(Clone, Copy)]
struct Kind {
    claude: Option<Claude>,
    is_nova: bool,
    is_gpt: bool,
}

impl Kind {
    fn of(model: &str) -> Self {
        let (is_nova, is_gpt) = (model.contains("amazon.nova"), model.contains("openai.gpt"));
        Self { claude: Claude::of(model), is_nova, is_gpt }
    }

    /// Only these two keep prompts at cache points; Nova not behind its tools.
    fn cache(self) -> Option<Rules> {
        let claude = self.claude.map(|claude| Rules { least: claude.least_cached(), tools: true });
        claude.or(self.is_nova.then_some(Rules { least: 1000, tools: false }))
    }
}

/// A request ready to be sent.
pub(super) struct Written {
    pub(super) body: Map<String, Value>,
    pub(super) warnings: Vec<String>,
}

/// Writes the request, or names the feature that cannot be had.
pub(super) fn write(model: &str, call: &Call) -> Result<Written, String> {
    let kind = Kind::of(model);
    let mut fields = Fields::of(&call.request, false);
    fields.refuse_what_changes_the_answer()?;
    let mut conversation = read::conversation(&call.request.messages, false, &mut fields.warnings)?;
    let mut tools = read::tools(fields.take("tools"), false, &mut fields.warnings)?;
    let choice = read::tool_choice(fields.take("tool_choice"))?;
    // Anthropic's mark for the whole request says what is done anyway.
    fields.take("cache_control");
    match kind.cache() {
        Some(rules) => cache::mark(&mut conversation, &mut tools, call, rules),
        None => unmark(&mut conversation, &mut tools, &mut fields),
    }
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    let mut names = Names::default();
    set("messages", turns(&conversation, &mut names)?);
    let system = blocks(&conversation.system, &mut names)?;
    if !system.is_empty() {
        set("system", system.into());
    }
    for name in OWN {
        if let Some(value) = fields.take(name) {
            set(name, value.clone());
        }
    }
    write_settings(&mut body, model, kind, &conversation, choice.as_ref(), &mut fields)?;
    write_tools(&mut body, kind, &conversation, &tools, choice, &mut fields)?;
    let warnings = fields.finish(&mut Map::new());
    Ok(Written { body, warnings })
}

/// How the answer is made: its length, its chance, its form, and what only one family of models knows.
fn write_settings(
    body: &mut Map<String, Value>,
    model: &str,
    kind: Kind,
    conversation: &Conversation,
    choice: Option<&ToolChoice>,
    fields: &mut Fields<'_>,
) -> Result<(), String> {
    let mut settings = Map::new();
    let mut extra = fields.take("additionalModelRequestFields").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut form = Map::new();
    let limit = fields.take_limit();
    let is_forced = choice.is_some_and(ToolChoice::is_forced);
    claude::expect_choice(kind.claude, is_forced)?;
    let reasoning = match kind.claude {
        Some(_) => claude::reasoning(model, fields, limit, conversation, is_forced),
        None => other_reasoning(kind, &mut extra, fields),
    };
    let with_reasoning = (reasoning.more_tokens > 0).then_some(DEFAULT_LIMIT + reasoning.more_tokens);
    if let Some(limit) = limit.or(with_reasoning) {
        settings.insert("maxTokens".to_owned(), limit.into());
    }
    for (name, value) in claude::sampling(model, fields, &reasoning) {
        write_sampler(name, value.into_owned(), kind, &mut settings, &mut extra, fields);
    }
    if let Some(stops) = fields.take_stop() {
        settings.insert("stopSequences".to_owned(), stops);
        if kind.claude.is_some() {
            body.insert("additionalModelResponseFieldPaths".to_owned(), json!(["/stop_sequence"]));
        }
    }
    if let Some(thinking) = reasoning.thinking {
        extra.insert("thinking".to_owned(), thinking);
    }
    let betas = fields.take_betas();
    if kind.claude.is_some() && !betas.is_empty() {
        extra.insert("anthropic_beta".to_owned(), betas.into());
    }
    if let Some(effort) = reasoning.effort {
        form.insert("effort".to_owned(), effort.into());
    }
    if let Some(schema) = fields.take_schema()? {
        if kind.claude.is_some_and(|claude| !claude.fits_schemas()) {
            return Err("a schema of the answer (`response_format`)".to_owned());
        }
        form.insert("textFormat".to_owned(), text_format(schema));
    }
    for (name, values) in
        [("inferenceConfig", settings), ("additionalModelRequestFields", extra), ("outputConfig", form)]
    {
        if !values.is_empty() {
            body.insert(name.to_owned(), values.into());
        }
    }
    write_tier(body, fields);
    Ok(())
}

fn write_sampler(
    name: &'static str,
    value: Value,
    kind: Kind,
    settings: &mut Map<String, Value>,
    extra: &mut Map<String, Value>,
    fields: &mut Fields<'_>,
) {
    match name {
        "temperature" => settings.insert("temperature".to_owned(), value),
        "top_p" => settings.insert("topP".to_owned(), value),
        _ if kind.claude.is_some() => extra.insert("top_k".to_owned(), value),
        _ if kind.is_nova => extra.insert("inferenceConfig".to_owned(), json!({"topK": value})),
        _ => {
            fields.left_out(name, "this model does not take it");
            None
        }
    };
}

fn other_reasoning(kind: Kind, extra: &mut Map<String, Value>, fields: &mut Fields<'_>) -> claude::Reasoning {
    if fields.take("thinking").is_some() {
        fields.left_out("thinking", "this model does not take it");
    }
    match fields.take("reasoning_effort") {
        Some(effort) if kind.is_gpt => {
            extra.insert("reasoning_effort".to_owned(), effort.clone());
        }
        Some(_) => fields.left_out("reasoning_effort", "this model does not take it"),
        None => {}
    }
    claude::Reasoning::default()
}

/// The schema goes as text here.
fn text_format(schema: &Map<String, Value>) -> Value {
    let mut written = json!({"schema": schema["schema"].to_string()});
    for name in ["name", "description"] {
        if let Some(value) = schema.get(name).filter(|value| value.is_string()) {
            written[name] = value.clone();
        }
    }
    json!({"type": "json_schema", "structure": {"jsonSchema": written}})
}

fn write_tier(body: &mut Map<String, Value>, fields: &mut Fields<'_>) {
    match fields.take_text("service_tier") {
        None | Some("auto") => {}
        Some(tier @ ("default" | "priority" | "flex" | "reserved")) => {
            body.insert("serviceTier".to_owned(), json!({"type": tier}));
        }
        Some(_) => fields.left_out("service_tier", "there is no such tier here"),
    }
}

fn write_tools(
    body: &mut Map<String, Value>,
    kind: Kind,
    conversation: &Conversation,
    tools: &[Tool],
    choice: Option<ToolChoice>,
    fields: &mut Fields<'_>,
) -> Result<(), String> {
    let one_at_a_time = fields.take("parallel_tool_calls") == Some(&Value::Bool(false));
    if tools.is_empty() {
        return Ok(());
    }
    if choice == Some(ToolChoice::None) {
        // There is no word for it, but a model that knows no tools calls none.
        let uses_tools = |block: &Block| matches!(block.piece, Piece::Call { .. } | Piece::Result { .. });
        return match conversation.blocks().any(uses_tools) {
            true => Err("`tool_choice` none in a conversation that calls tools".to_owned()),
            false => Ok(()),
        };
    }
    let mut config = json!({"tools": tools.iter().flat_map(tool).collect::<Vec<_>>()});
    let is_forced = choice.as_ref().is_some_and(ToolChoice::is_forced);
    match choice {
        Some(ToolChoice::Auto) => config["toolChoice"] = json!({"auto": {}}),
        Some(ToolChoice::Any) => config["toolChoice"] = json!({"any": {}}),
        Some(ToolChoice::Named(name)) => config["toolChoice"] = json!({"tool": {"name": name}}),
        Some(ToolChoice::None) | None => {}
    }
    body.insert("toolConfig".to_owned(), config);
    if one_at_a_time && kind.claude.is_some() && !is_forced {
        let extra = body.entry("additionalModelRequestFields").or_insert_with(|| json!({}));
        extra["tool_choice"] = json!({"type": "auto", "disable_parallel_tool_use": true});
    } else if one_at_a_time {
        fields.left_out("parallel_tool_calls", "this model decides itself");
    }
    Ok(())
}

fn tool(tool: &Tool) -> Vec<Value> {
    // Tools of another kind were refused when they were read.
    let Tool::Function { name, description, schema, strict, cache, .. } = tool else { return Vec::new() };
    let mut spec = json!({"name": name, "inputSchema": {"json": schema}});
    if let Some(description) = description {
        spec["description"] = description.as_str().into();
    }
    if *strict == Some(true) {
        spec["strict"] = true.into();
    }
    [json!({"toolSpec": spec})].into_iter().chain(cache.as_ref().map(cache_point)).collect()
}

fn cache_point(cache: &Value) -> Value {
    let mut point = json!({"type": "default"});
    if let Some(ttl) = cache.get("ttl") {
        point["ttl"] = ttl.clone();
    }
    json!({"cachePoint": point})
}

/// Takes the app's own marks away, for a model that knows none.
fn unmark(conversation: &mut Conversation, tools: &mut [Tool], fields: &mut Fields<'_>) {
    let turns = conversation.turns.iter_mut().flat_map(|turn| &mut turn.blocks);
    let mut removed = false;
    for block in conversation.system.iter_mut().chain(turns) {
        removed |= block.cache.take().is_some();
    }
    for tool in tools {
        if let Tool::Function { cache, .. } = tool {
            removed |= cache.take().is_some();
        }
    }
    if removed {
        fields.left_out("cache_control", "this model keeps no prompts");
    }
}

/// The names of a request's documents, which have to differ.
#[derive(Default)]
struct Names {
    used: Vec<String>,
}

impl Names {
    /// Letters, digits, spaces, `-`, `(`, `)`, `[`, `]`: what the API takes in a name.
    fn of(&mut self, name: Option<&str>) -> String {
        let stem =
            name.and_then(|name| name.rsplit_once('.').map(|(stem, _)| stem).or(Some(name))).unwrap_or("document");
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-()[]".contains(c);
        let words = stem.split(|c: char| !allowed(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let plain: String = words.chars().take(100).collect();
        let plain = if plain.is_empty() { "document".to_owned() } else { plain };
        let same = self.used.iter().filter(|used| **used == plain).count();
        self.used.push(plain.clone());
        if same == 0 { plain } else { format!("{plain} ({})", same + 1) }
    }
}

fn turns(conversation: &Conversation, names: &mut Names) -> Result<Value, String> {
    let turn = |turn: &Turn| {
        let role = if turn.by_assistant { "assistant" } else { "user" };
        Ok(json!({"role": role, "content": blocks(&turn.blocks, names)?}))
    };
    conversation.turns.iter().map(turn).collect()
}

fn blocks(blocks: &[Block], names: &mut Names) -> Result<Vec<Value>, String> {
    let mut written = Vec::with_capacity(blocks.len());
    for block in blocks {
        written.push(piece(&block.piece, names)?);
        written.extend(block.cache.as_ref().map(cache_point));
    }
    Ok(written)
}

fn piece(piece: &Piece, names: &mut Names) -> Result<Value, String> {
    Ok(match piece {
        Piece::Text(text) => json!({"text": text}),
        Piece::Image(source) => json!({"image": image(source)?}),
        Piece::Document { source, name } => {
            let (format, source) = document(source)?;
            json!({"document": {"format": format, "name": names.of(name.as_deref()), "source": source}})
        }
        Piece::Call { id, name, input } => json!({"toolUse": {"toolUseId": id, "name": name, "input": input}}),
        Piece::Result { id, blocks, failed } => {
            let content = blocks.iter().map(|block| self::piece(&block.piece, names)).collect::<Result<Vec<_>, _>>()?;
            let mut result = json!({"toolUseId": id, "content": content});
            if *failed {
                result["status"] = "error".into();
            }
            json!({"toolResult": result})
        }
        Piece::Thinking { text, signature } => {
            json!({"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}})
        }
        Piece::Redacted(data) => json!({"reasoningContent": {"redactedContent": data}}),
        Piece::Other(_) => return Err("a block of another API's own".to_owned()),
    })
}

fn image(source: &Source) -> Result<Value, String> {
    let format = match source {
        Source::Inline { media_type, .. } => media_type.strip_prefix("image/"),
        Source::Address(url) => url.rsplit_once('.').map(|(_, format)| format),
        Source::File(_) => None,
    };
    let format = match format {
        Some(format @ ("png" | "jpeg" | "gif" | "webp")) => format,
        Some("jpg") => "jpeg",
        _ => return Err("a picture that is no PNG, JPEG, GIF or WebP".to_owned()),
    };
    Ok(json!({"format": format, "source": bytes(source, "a picture")?}))
}

/// What the message holds itself, or what lies in S3; nothing is fetched from elsewhere.
fn bytes(source: &Source, what: &str) -> Result<Value, String> {
    match source {
        Source::Inline { base64, .. } => Ok(json!({"bytes": base64})),
        Source::Address(url) if url.starts_with("s3://") => Ok(json!({"s3Location": {"uri": url}})),
        Source::Address(_) | Source::File(_) => Err(format!("{what} that is not in the message itself or in S3")),
    }
}

fn document(source: &Source) -> Result<(&'static str, Value), String> {
    let name = match source {
        Source::Inline { media_type, .. } => media_type.as_str(),
        Source::Address(url) | Source::File(url) => url.rsplit_once('.').map_or("", |(_, suffix)| suffix),
    };
    let format = match name {
        "application/pdf" | "pdf" => "pdf",
        "text/csv" | "csv" => "csv",
        "text/html" | "html" => "html",
        "text/markdown" | "md" => "md",
        "text/plain" | "txt" => "txt",
        "application/msword" | "doc" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" | "docx" => "docx",
        "application/vnd.ms-excel" | "xls" => "xls",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" | "xlsx" => "xlsx",
        other => return Err(format!("a document of type `{}`", read::shown(other))),
    };
    Ok((format, bytes(source, "a document")?))
}
