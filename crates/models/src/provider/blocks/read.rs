//! Our messages and tools, taken apart into blocks.

use super::warnings::Warnings;
use super::{Block, Conversation, Piece, Source, Tool, ToolChoice, Turn};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use usecase::{Content, Message, Role};

/// Fields of a message that are read here, or that mean nothing to a model.
const KNOWN: &[&str] = &[
    "tool_calls",
    "tool_call_id",
    "is_error",
    "thinking_blocks",
    "reasoning_content",
    "refusal",
    "cache_control",
    "annotations",
];

/// Reads the messages. With `same_dialect`, parts of types unknown here are the provider's own and pass as they are.
pub(in crate::provider) fn conversation(
    messages: &[Message],
    same_dialect: bool,
    warnings: &mut Warnings,
) -> Result<Conversation, String> {
    let mut read = Conversation::default();
    for message in messages {
        let mut blocks = match message.role {
            Role::System | Role::Developer | Role::User => content(&message.content, same_dialect, warnings)?,
            Role::Assistant => assistant(message, same_dialect, warnings)?,
            Role::Tool => vec![result(message, same_dialect, warnings)?],
            Role::Function => return Err("messages of the deprecated role `function`".to_owned()),
        };
        if let (Some(cache), Some(last)) = (cache_of(&message.rest), blocks.last_mut()) {
            last.cache = Some(cache);
        }
        for name in message.rest.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
            warnings.add(format!("`{}` of a message was left out", shown(name)));
        }
        match message.role {
            Role::System | Role::Developer => read.system.extend(blocks),
            _ => add(&mut read.turns, message.role == Role::Assistant, blocks),
        }
    }
    if read.turns.is_empty() {
        return Err("a conversation without a message of the user".to_owned());
    }
    Ok(read)
}

/// Both sides speak in turn: what one says twice in a row is one turn.
fn add(turns: &mut Vec<Turn>, by_assistant: bool, blocks: Vec<Block>) {
    match turns.last_mut().filter(|turn| turn.by_assistant == by_assistant) {
        _ if blocks.is_empty() => {}
        Some(turn) => turn.blocks.extend(blocks),
        None => turns.push(Turn { by_assistant, blocks }),
    }
}

fn cache_of(fields: &Map<String, Value>) -> Option<Value> {
    fields.get("cache_control").filter(|cache| cache.is_object()).cloned()
}

fn assistant(message: &Message, same_dialect: bool, warnings: &mut Warnings) -> Result<Vec<Block>, String> {
    let mut blocks = thinking(&message.rest, warnings);
    blocks.extend(content(&message.content, same_dialect, warnings)?);
    blocks.extend(text(message.rest.get("refusal").and_then(Value::as_str).unwrap_or_default()));
    for call in message.rest.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        let field = |pointer: &str| call.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let (Some(id), Some(name)) = (field("/id"), field("/function/name")) else {
            return Err("a tool call that is no function with an id".to_owned());
        };
        let arguments = field("/function/arguments").filter(|text| !text.trim().is_empty());
        let input = arguments.map_or(Ok(json!({})), |text| serde_json::from_str(&text));
        let Ok(input @ Value::Object(_)) = input else {
            return Err("a tool call whose arguments are not a JSON object".to_owned());
        };
        let cache = call.as_object().and_then(cache_of);
        blocks.push(Block { piece: Piece::Call { id: call_id(&id), name, input }, cache });
    }
    Ok(blocks)
}

/// Signed reasoning goes back as it came. In a stream its text came as `reasoning_content` and the block empty.
fn thinking(fields: &Map<String, Value>, warnings: &mut Warnings) -> Vec<Block> {
    let unsigned = fields.get("reasoning_content").and_then(Value::as_str).unwrap_or_default();
    let given: &[Value] = fields.get("thinking_blocks").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let text = |block: &Value, name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let signed = given.iter().filter(|block| block.get("signature").is_some()).count();
    let read = given.iter().filter_map(|block| match text(block, "type").as_str() {
        "thinking" => {
            let whole = Some(text(block, "thinking")).filter(|text| !text.is_empty() || signed > 1);
            let text_of_block = whole.unwrap_or_else(|| unsigned.to_owned());
            Some(Piece::Thinking { text: text_of_block, signature: text(block, "signature") })
        }
        "redacted_thinking" => Some(Piece::Redacted(text(block, "data"))),
        _ => None,
    });
    let read: Vec<Block> = read.map(Block::from).collect();
    if read.is_empty() && !unsigned.is_empty() {
        warnings.add("`reasoning_content` of a message was left out: it is not signed".to_owned());
    }
    read
}

/// The id of a call in the form that every provider takes (Bedrock: at most 64 letters, digits, `_` and `-`), the same for
/// the same id, so that a result still finds its call.
pub(in crate::provider) fn call_id(id: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match (1..=64).contains(&id.len()) && id.bytes().all(is_plain) {
        true => id.to_owned(),
        false => format!("call_{}", usecase::ids::hex(&Sha256::digest(id.as_bytes())[..16])),
    }
}

fn result(message: &Message, same_dialect: bool, warnings: &mut Warnings) -> Result<Block, String> {
    let Some(id) = message.rest.get("tool_call_id").and_then(Value::as_str) else {
        return Err("the result of a tool without the id of its call".to_owned());
    };
    let failed = message.rest.get("is_error") == Some(&Value::Bool(true));
    let blocks = content(&message.content, same_dialect, warnings)?;
    Ok(Piece::Result { id: call_id(id), blocks, failed }.into())
}

/// Neither provider takes an empty text.
fn text(text: &str) -> Option<Block> {
    (!text.trim().is_empty()).then(|| Piece::Text(text.to_owned()).into())
}

fn content(content: &Content, same_dialect: bool, warnings: &mut Warnings) -> Result<Vec<Block>, String> {
    match content {
        Content::Absent => Ok(Vec::new()),
        Content::Text(whole) => Ok(text(whole).into_iter().collect()),
        Content::Parts(parts) => {
            let blocks = parts.iter().map(|part| block(part, same_dialect, warnings));
            Ok(blocks.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
    }
}

fn block(part: &Value, same_dialect: bool, warnings: &mut Warnings) -> Result<Option<Block>, String> {
    let field = |pointer: &str| part.pointer(pointer).and_then(Value::as_str);
    let piece = match field("/type").unwrap_or_default() {
        kind @ ("text" | "refusal") => match text(field(&format!("/{kind}")).unwrap_or_default()) {
            Some(block) => block.piece,
            None => return Ok(None),
        },
        "image_url" => {
            if field("/image_url/detail").is_some_and(|detail| detail != "auto") {
                warnings.add("`detail` of a picture was left out".to_owned());
            }
            let url = field("/image_url/url").or_else(|| field("/image_url"));
            Piece::Image(source(url.ok_or("a picture without an address")?)?)
        }
        "file" => {
            let url = field("/file/file_data").or_else(|| field("/file/file_url"));
            let file = || field("/file/file_id").map(|id| Source::File(id.to_owned()));
            let source = url.map(source).transpose()?.or_else(file).ok_or("a file without data")?;
            Piece::Document { source, name: field("/file/filename").map(str::to_owned) }
        }
        "input_audio" => return Err("sound in a message".to_owned()),
        _ if same_dialect => return Ok(Some(Piece::Other(part.clone()).into())),
        kind => return Err(format!("a message's part of type `{}`", shown(kind))),
    };
    Ok(Some(Block { piece, cache: part.as_object().and_then(cache_of) }))
}

/// A name of the app's as it may stand in an error, which goes into logs: what is not a plain short word may be anything,
/// also a piece of the conversation, and is not quoted.
pub(in crate::provider) fn shown(name: &str) -> &str {
    // The slash is a media type's.
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-/".contains(&byte);
    if (1..=40).contains(&name.len()) && name.bytes().all(is_plain) { name } else { "unknown" }
}

/// What a URL points to; `data:` URLs (RFC 2397) hold it themselves.
fn source(url: &str) -> Result<Source, String> {
    let Some(data) = url.strip_prefix("data:") else { return Ok(Source::Address(url.to_owned())) };
    let Some((head, base64)) =
        data.split_once(',').and_then(|(head, data)| Some((head.strip_suffix(";base64")?, data)))
    else {
        return Err("a `data:` URL that is not in base64".to_owned());
    };
    let media_type = head.split(';').next().unwrap_or_default().to_ascii_lowercase();
    Ok(Source::Inline { media_type, base64: base64.to_owned() })
}

/// Reads `tools`. With `same_dialect`, tools and fields unknown here are the provider's own and pass as they are.
pub(in crate::provider) fn tools(
    tools: Option<&Value>,
    same_dialect: bool,
    warnings: &mut Warnings,
) -> Result<Vec<Tool>, String> {
    let tools = tools.and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let read = tools.iter().map(|tool| match (tool.get("type").and_then(Value::as_str), tool.get("function")) {
        (Some("function") | None, Some(Value::Object(function))) => {
            let mut rest = tool.as_object().cloned().unwrap_or_default();
            rest.retain(|name, _| !matches!(name.as_str(), "type" | "function" | "cache_control"));
            if !same_dialect {
                rest.keys().for_each(|name| warnings.add(format!("`{}` of a tool was left out", shown(name))));
                rest.clear();
            }
            self::function(function, tool.as_object().and_then(cache_of), rest)
        }
        _ if same_dialect => Ok(Tool::Other(tool.clone())),
        (kind, _) => Err(format!("a tool of type `{}`", shown(kind.unwrap_or("unknown")))),
    });
    read.collect()
}

fn function(function: &Map<String, Value>, cache: Option<Value>, rest: Map<String, Value>) -> Result<Tool, String> {
    let text = |name: &str| function.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = text("name").ok_or("a tool without a name")?;
    let schema = function.get("parameters").filter(|schema| schema.is_object()).cloned();
    let schema = schema.unwrap_or_else(|| json!({"type": "object", "properties": {}}));
    let strict = function.get("strict").and_then(Value::as_bool);
    let description = text("description").filter(|text| !text.is_empty());
    Ok(Tool::Function { name, description, schema, strict, cache, rest })
}

/// Reads `tool_choice`.
pub(in crate::provider) fn tool_choice(choice: Option<&Value>) -> Result<Option<ToolChoice>, String> {
    let Some(choice) = choice else { return Ok(None) };
    let name = choice.pointer("/function/name").and_then(Value::as_str);
    Ok(Some(match (choice.as_str(), name) {
        (Some("auto"), _) => ToolChoice::Auto,
        (Some("none"), _) => ToolChoice::None,
        (Some("required"), _) => ToolChoice::Any,
        (None, Some(name)) => ToolChoice::Named(name.to_owned()),
        _ => return Err("this kind of `tool_choice`".to_owned()),
    }))
}
