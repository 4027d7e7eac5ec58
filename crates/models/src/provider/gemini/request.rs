//! The body of a `generateContent` request out of our nouns.

use crate::provider::blocks::fields::Fields;
use crate::provider::blocks::read;
use crate::provider::blocks::{Block, Conversation, Piece, Source, Tool, ToolChoice, Turn};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use usecase::{ChatRequest, Content, Message};

/// The body and what was left out of the request, or the feature that cannot be had.
pub(super) fn body(model: &str, request: &ChatRequest) -> Result<(Value, Vec<String>), String> {
    let mut fields = Fields::of(request, false);
    fields.refuse_what_is_not_text()?;
    let mut body = Map::new();
    let messages = sounds_as_files(&request.messages);
    let conversation = read::conversation(&messages, false, &mut fields.warnings)?;
    if conversation.blocks().any(|block| block.cache.is_some()) {
        fields.left_out("cache_control", "Gemini caches by itself");
    }
    let signatures = Signatures { of_calls: signatures(&request.messages), wanted: wants_signatures(model) };
    let contents = Contents::of(&conversation, &signatures, &mut fields)?;
    body.insert("contents".to_owned(), contents.into());
    let instructions: Vec<Value> = parts_of_text(&conversation.system);
    if !instructions.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({"parts": instructions}));
    }
    tools(&mut fields, &mut body)?;
    let config = generation_config(model, &mut fields)?;
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), config.into());
    }
    for name in ["safetySettings", "cachedContent", "labels"] {
        body.extend(fields.take(name).map(|value| (name.to_owned(), value.clone())));
    }
    let warnings = fields.finish(&mut Map::new());
    Ok((body.into(), warnings))
}

/// The body that asks how many tokens such a request is.
pub(super) fn count(resource: &str, model: &str, request: &ChatRequest) -> Result<Value, String> {
    let (mut body, _) = body(model, request)?;
    body["model"] = resource.into();
    Ok(json!({"generateContentRequest": body}))
}

/// Sound is data with a type like any other here, so it is read as a file.
fn sounds_as_files(messages: &[Message]) -> Cow<'_, [Message]> {
    let is_sound = |part: &Value| part["type"] == "input_audio";
    let has_sound = |message: &Message| matches!(&message.content, Content::Parts(parts) if parts.iter().any(is_sound));
    if !messages.iter().any(has_sound) {
        return Cow::Borrowed(messages);
    }
    let mut messages = messages.to_vec();
    for message in &mut messages {
        let Content::Parts(parts) = &mut message.content else { continue };
        for part in parts.iter_mut().filter(|part| is_sound(part)) {
            let text = |name: &str| part["input_audio"][name].as_str().unwrap_or_default();
            let url = format!("data:audio/{};base64,{}", text("format"), text("data"));
            *part = json!({"type": "file", "file": {"file_data": url}});
        }
    }
    Cow::Owned(messages)
}

/// The signatures that came with calls, and whether a call may do without.
struct Signatures {
    of_calls: HashMap<String, String>,
    wanted: bool,
}

/// Where Google's own imitation of OpenAI's API keeps a call's signature.
const SIGNATURE: &str = "/extra_content/google/thought_signature";

/// What Google has an app send with a call that no Gemini made.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";

fn signatures(messages: &[Message]) -> HashMap<String, String> {
    let calls = messages.iter().filter_map(|message| message.rest.get("tool_calls")?.as_array()).flatten();
    let signed = |call: &Value| {
        let signature = call.pointer(SIGNATURE)?.as_str()?.to_owned();
        Some((read::call_id(call.get("id")?.as_str()?), signature))
    };
    calls.filter_map(signed).collect()
}

/// From Gemini 3 on a turn whose first call is unsigned is refused.
fn wants_signatures(model: &str) -> bool {
    generation(model).is_some_and(|generation| generation >= 3)
}

/// The 3 of `gemini-3-pro-preview`.
fn generation(model: &str) -> Option<u32> {
    let rest = model.rsplit('/').next()?.strip_prefix("gemini-")?;
    rest.split(['-', '.']).next()?.parse().ok()
}

fn parts_of_text(blocks: &[Block]) -> Vec<Value> {
    let text = |block: &Block| match &block.piece {
        Piece::Text(text) => Some(json!({"text": text})),
        _ => None,
    };
    blocks.iter().filter_map(text).collect()
}

/// The conversation as contents: results of tools stand in one of their own, as many as there were calls.
struct Contents<'a> {
    signatures: &'a Signatures,
    /// The name of the function that a call was for, by the call's id.
    called: HashMap<&'a str, &'a str>,
    contents: Vec<Value>,
}

impl<'a> Contents<'a> {
    fn of(
        conversation: &'a Conversation,
        signatures: &'a Signatures,
        fields: &mut Fields<'_>,
    ) -> Result<Vec<Value>, String> {
        let mut contents = Self { signatures, called: HashMap::new(), contents: Vec::new() };
        for turn in &conversation.turns {
            contents.turn(turn, fields)?;
        }
        Ok(contents.contents)
    }

    fn turn(&mut self, turn: &'a Turn, fields: &mut Fields<'_>) -> Result<(), String> {
        let role = if turn.by_assistant { "model" } else { "user" };
        let is_result = |block: &Block| matches!(block.piece, Piece::Result { .. });
        for group in turn.blocks.chunk_by(|one, next| is_result(one) == is_result(next)) {
            let mut parts = Vec::with_capacity(group.len());
            let mut is_first_call = true;
            for block in group {
                match &block.piece {
                    Piece::Call { id, name, input } => {
                        self.called.insert(id, name);
                        parts.push(self.call(id, name, input, std::mem::take(&mut is_first_call)));
                    }
                    Piece::Result { id, blocks, failed } => self.result(id, blocks, *failed, &mut parts)?,
                    Piece::Thinking { .. } | Piece::Redacted(_) => {
                        fields.left_out("thinking_blocks", "another provider signed them");
                    }
                    piece => parts.push(part(piece)?),
                }
            }
            if !parts.is_empty() {
                self.contents.push(json!({"role": role, "parts": parts}));
            }
        }
        Ok(())
    }

    fn call(&self, id: &str, name: &str, input: &Value, is_first: bool) -> Value {
        let mut part = json!({"functionCall": {"id": id, "name": name, "args": input}});
        let signature = self.signatures.of_calls.get(id).map(String::as_str);
        let signature = signature.or((is_first && self.signatures.wanted).then_some(NO_SIGNATURE));
        if let Some(signature) = signature {
            part["thoughtSignature"] = signature.into();
        }
        part
    }

    /// What a tool gave back: an object as it is, a text as the output or the error. Its pictures follow it.
    fn result(&self, id: &str, blocks: &[Block], failed: bool, parts: &mut Vec<Value>) -> Result<(), String> {
        let text = |block: &Block| match &block.piece {
            Piece::Text(text) => Some(text.clone()),
            _ => None,
        };
        let text = blocks.iter().filter_map(text).collect::<Vec<_>>().join("\n");
        let object = serde_json::from_str::<Map<String, Value>>(&text).ok().map(Value::Object);
        let response = match object {
            _ if failed => json!({"error": text}),
            Some(object) => object,
            None => json!({"output": text}),
        };
        let name = self.called.get(id).copied().unwrap_or(id);
        parts.push(json!({"functionResponse": {"id": id, "name": name, "response": response}}));
        for block in blocks.iter().filter(|block| !matches!(block.piece, Piece::Text(_))) {
            parts.push(part(&block.piece)?);
        }
        Ok(())
    }
}

fn part(piece: &Piece) -> Result<Value, String> {
    match piece {
        Piece::Text(text) => Ok(json!({"text": text})),
        Piece::Image(source) | Piece::Document { source, .. } => Ok(media(source)),
        _ => Err("this kind of content".to_owned()),
    }
}

fn media(source: &Source) -> Value {
    let (address, media_type) = match source {
        Source::Inline { media_type, base64 } => {
            return json!({"inlineData": {"mimeType": media_type, "data": base64}});
        }
        Source::Address(address) => (address, media_type_of(address)),
        Source::File(file) => (file, None),
    };
    let mut file = json!({"fileUri": address});
    if let Some(media_type) = media_type {
        file["mimeType"] = media_type.into();
    }
    json!({"fileData": file})
}

/// The type that an address promises by its ending.
fn media_type_of(address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next()?;
    Some(match path.rsplit('.').next()?.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        _ => return None,
    })
}

fn tools(fields: &mut Fields<'_>, body: &mut Map<String, Value>) -> Result<(), String> {
    let mut is_strict = false;
    let mut declarations = Vec::new();
    let given = fields.take("tools");
    for tool in read::tools(given, false, &mut fields.warnings)? {
        let Tool::Function { name, description, schema, strict, cache, .. } = tool else { continue };
        let mut declaration = json!({"name": name, "parametersJsonSchema": schema});
        if let Some(description) = description {
            declaration["description"] = description.into();
        }
        if cache.is_some() {
            fields.left_out("cache_control", "Gemini caches by itself");
        }
        is_strict |= strict == Some(true);
        declarations.push(declaration);
    }
    let choice = read::tool_choice(fields.take("tool_choice"))?;
    if fields.take("parallel_tool_calls") == Some(&Value::Bool(false)) {
        fields.left_out("parallel_tool_calls", "Gemini decides how many tools it calls at once");
    }
    if declarations.is_empty() {
        return Ok(());
    }
    body.insert("tools".to_owned(), json!([{"functionDeclarations": declarations}]));
    let config = match choice {
        Some(ToolChoice::Any) => json!({"mode": "ANY"}),
        Some(ToolChoice::None) => json!({"mode": "NONE"}),
        Some(ToolChoice::Named(name)) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
        // The one mode that holds calls to their schemas and does not force them.
        Some(ToolChoice::Auto) | None if is_strict => json!({"mode": "VALIDATED"}),
        Some(ToolChoice::Auto) => json!({"mode": "AUTO"}),
        None => return Ok(()),
    };
    body.insert("toolConfig".to_owned(), json!({"functionCallingConfig": config}));
    Ok(())
}

/// Fields with the same meaning: ours, and Gemini's name.
const SAME: &[(&str, &str)] = &[
    ("temperature", "temperature"),
    ("top_p", "topP"),
    ("top_k", "topK"),
    ("seed", "seed"),
    ("n", "candidateCount"),
    ("presence_penalty", "presencePenalty"),
    ("frequency_penalty", "frequencyPenalty"),
    ("logprobs", "responseLogprobs"),
    ("top_logprobs", "logprobs"),
];

fn generation_config(model: &str, fields: &mut Fields<'_>) -> Result<Map<String, Value>, String> {
    let mut config = Map::new();
    for (name, theirs) in SAME {
        config.extend(fields.take(name).map(|value| ((*theirs).to_owned(), value.clone())));
    }
    config.extend(fields.take_limit().map(|limit| ("maxOutputTokens".to_owned(), limit.into())));
    config.extend(fields.take_stop().map(|stop| ("stopSequences".to_owned(), stop)));
    if let Some(format) = fields.take("response_format") {
        match format["type"].as_str() {
            Some("text") => {}
            Some("json_object") => {
                config.insert("responseMimeType".to_owned(), "application/json".into());
            }
            Some("json_schema") => {
                config.insert("responseMimeType".to_owned(), "application/json".into());
                let schema = format.pointer("/json_schema/schema");
                config.extend(schema.map(|schema| ("responseJsonSchema".to_owned(), schema.clone())));
            }
            _ => return Err("this kind of `response_format`".to_owned()),
        }
    }
    config.extend(thinking(model, fields).map(|thinking| ("thinkingConfig".to_owned(), thinking)));
    Ok(config)
}

/// How much the model is to think. Up to 2.5 that is a budget of tokens, from 3 on a level; the budgets of the levels are
/// those of Google's own imitation of OpenAI's API.
fn thinking(model: &str, fields: &mut Fields<'_>) -> Option<Value> {
    let effort = fields.take_text("reasoning_effort");
    let has_levels = generation(model).is_some_and(|generation| generation >= 3);
    if let Some(exact) = fields.take("thinking") {
        let budget = match (exact["type"].as_str(), exact.get("budget_tokens").and_then(Value::as_u64)) {
            (Some("disabled"), _) => Some(json!(0)),
            (_, Some(budget)) => Some(budget.into()),
            _ => None,
        };
        match budget {
            Some(budget) if !(has_levels && budget == 0) => {
                return Some(json!({"thinkingBudget": budget, "includeThoughts": budget != 0}));
            }
            Some(_) => fields.left_out("thinking", "this model always thinks"),
            None if effort.is_none() => return Some(json!({"includeThoughts": true})),
            None => {}
        }
    }
    let effort = effort?;
    if has_levels {
        let least = if model.contains("flash") { "minimal" } else { "low" };
        if effort == "none" {
            fields.left_out("reasoning_effort", "this model always thinks, here as little as it can");
        }
        let level = match effort {
            "none" | "minimal" => least,
            "xhigh" => "high",
            level => level,
        };
        return Some(json!({"thinkingLevel": level, "includeThoughts": true}));
    }
    let budget = match effort {
        "none" => 0,
        "minimal" | "low" => 1024,
        "medium" => 8192,
        _ => 24576,
    };
    Some(json!({"thinkingBudget": budget, "includeThoughts": budget > 0}))
}
