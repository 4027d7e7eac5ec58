//! The conversation, on the way in: messages of content blocks become messages of parts, tool calls and tool results. A
//! block of a type that is not known here stays as it came, among the parts.

use crate::fields::{self, need_text, take, wrong};
use crate::problem::Problem;
use serde_json::{Map, Value, json};
use usecase::{Content, Lost, Message, Role};

/// What has been read so far.
#[derive(Default)]
pub(super) struct Conversation {
    pub(super) messages: Vec<Message>,
    pub(super) lost: Lost,
}

impl Conversation {
    pub(super) fn read(&mut self, place: &str, value: Value) -> Result<(), Problem> {
        let mut fields = fields::object(place, value)?;
        let role = match need_text(place, &mut fields, "role")?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => return Err(wrong(&format!("{place}.role"), "must be one of user, assistant")),
        };
        let place = format!("{place}.content");
        match fields.shift_remove("content") {
            Some(Value::String(text)) => self.messages.push(Message::new(role, text)),
            Some(Value::Array(blocks)) if !blocks.is_empty() => {
                let blocks = blocks.into_iter().enumerate().map(|(at, block)| {
                    let place = format!("{place}[{at}]");
                    fields::object(&place, block).map(|block| (place, block))
                });
                let blocks = blocks.collect::<Result<Vec<_>, _>>()?;
                match role {
                    Role::Assistant => self.read_assistant(blocks)?,
                    role => self.read_user(&role, blocks)?,
                }
            }
            _ => return Err(wrong(&place, "must be a string or a non-empty array of content blocks")),
        }
        unseen(fields, &mut self.lost);
        Ok(())
    }

    /// A tool's result is a message of its own; what stands around it keeps its order.
    fn read_user(&mut self, role: &Role, blocks: Vec<(String, Map<String, Value>)>) -> Result<(), Problem> {
        let mut parts = Vec::new();
        for (place, block) in blocks {
            if is(&block, "tool_result") {
                self.push_parts(role, std::mem::take(&mut parts));
                let result = self.tool_result(&place, block)?;
                self.messages.push(result);
            } else {
                parts.push(self.part(&place, block)?);
            }
        }
        self.push_parts(role, parts);
        Ok(())
    }

    fn push_parts(&mut self, role: &Role, parts: Vec<Value>) {
        if !parts.is_empty() {
            let content = Content::Parts(parts);
            self.messages.push(Message { role: role.clone(), content, rest: Map::new() });
        }
    }

    fn read_assistant(&mut self, blocks: Vec<(String, Map<String, Value>)>) -> Result<(), Problem> {
        let (mut parts, mut calls, mut thinking, mut thoughts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (place, mut block) in blocks {
            if is(&block, "tool_use") {
                calls.push(tool_call(&place, block, &mut self.lost)?);
            } else if is(&block, "thinking") && !block.get("signature").is_some_and(is_signature) {
                // Thoughts that nobody signed came from a provider that does not sign them.
                thoughts.push(need_text(&place, &mut block, "thinking")?);
                unseen(block, &mut self.lost);
            } else if is(&block, "thinking") || is(&block, "redacted_thinking") {
                thinking.push(Value::Object(block));
            } else {
                parts.push(self.part(&place, block)?);
            }
        }
        let content = if parts.is_empty() { Content::Absent } else { Content::Parts(parts) };
        let mut rest = Map::new();
        for (name, list) in [("thinking_blocks", thinking), ("tool_calls", calls)] {
            if !list.is_empty() {
                rest.insert(name.to_owned(), Value::Array(list));
            }
        }
        if !thoughts.is_empty() {
            rest.insert("reasoning_content".to_owned(), json!(thoughts.join("\n")));
        }
        self.messages.push(Message { role: Role::Assistant, content, rest });
        Ok(())
    }

    fn tool_result(&mut self, place: &str, mut block: Map<String, Value>) -> Result<Message, Problem> {
        let id = need_text(place, &mut block, "tool_use_id")?;
        let place = format!("{place}.content");
        let content = match take(&mut block, "content") {
            None => Content::Text(String::new()),
            Some(Value::String(text)) => Content::Text(text),
            Some(Value::Array(blocks)) => {
                let parts = blocks.into_iter().enumerate().map(|(at, block)| {
                    let place = format!("{place}[{at}]");
                    self.part(&place, fields::object(&place, block)?)
                });
                Content::Parts(parts.collect::<Result<_, _>>()?)
            }
            Some(_) => return Err(wrong(&place, "must be a string or an array of content blocks")),
        };
        let mut rest = Map::from_iter([("tool_call_id".to_owned(), json!(id))]);
        rest.extend(block.shift_remove_entry("is_error").filter(|(_, flag)| flag == &Value::Bool(true)));
        rest.extend(block.shift_remove_entry("cache_control"));
        unseen(block, &mut self.lost);
        Ok(Message { role: Role::Tool, content, rest })
    }

    /// One block as a part.
    fn part(&mut self, place: &str, block: Map<String, Value>) -> Result<Value, Problem> {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => text_part(place, block, &mut self.lost),
            Some("image") => image(place, block, &mut self.lost),
            Some("document") => self.document(place, block),
            Some("search_result") => Ok(self.search_result(block)),
            Some(_) => Ok(Value::Object(block)),
            None => Err(wrong(&format!("{place}.type"), "is missing")),
        }
    }

    /// A document whose text is there becomes text, so that guards read it; a file becomes a file.
    fn document(&mut self, place: &str, mut block: Map<String, Value>) -> Result<Value, Problem> {
        let source = block.get("source").cloned().unwrap_or_default();
        let text = |name: &str| source[name].as_str();
        let file = match (text("type"), text("data"), text("url"), text("file_id")) {
            (Some("text"), Some(data), ..) => {
                let data = data.to_owned();
                block.shift_remove("source");
                return Ok(self.as_text(block, &data));
            }
            (Some("content"), ..) => match texts(&source["content"]) {
                Some(content) => return Ok(self.as_text(block, &content)),
                None => return Ok(Value::Object(block)),
            },
            (Some("base64"), Some(data), ..) => {
                let kind = text("media_type").unwrap_or("application/pdf");
                ("file_data", format!("data:{kind};base64,{data}"))
            }
            (Some("url"), _, Some(url), _) => ("file_url", url.to_owned()),
            (Some("file"), .., Some(id)) => ("file_id", id.to_owned()),
            _ => return Err(wrong(&format!("{place}.source"), "is no source of a document")),
        };
        self.lost(&mut block);
        if block.contains_key("context") {
            self.warn("the context of a document was left out");
        }
        let mut fields = Map::from_iter([(file.0.to_owned(), json!(file.1))]);
        if let Some(title) = take(&mut block, "title") {
            fields.insert("filename".to_owned(), title);
        }
        block.shift_remove("source");
        Ok(with_cache_control(json!({ "type": "file", "file": fields }), block, &mut self.lost))
    }

    fn search_result(&mut self, block: Map<String, Value>) -> Value {
        let content = texts(&block.get("content").cloned().unwrap_or_default()).unwrap_or_default();
        self.as_text(block, &content)
    }

    /// A document's text under its title, its source and its context.
    fn as_text(&mut self, mut block: Map<String, Value>, content: &str) -> Value {
        self.lost(&mut block);
        let head = ["title", "source", "context"].iter().filter_map(|name| block.get(*name)?.as_str());
        let text = head.chain([content]).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        block.retain(|name, value| !(value.is_string() && matches!(name.as_str(), "title" | "source" | "context")));
        with_cache_control(json!({ "type": "text", "text": text }), block, &mut self.lost)
    }

    /// Asked for citations of its own, the provider would have to be Anthropic's, and the request untouched.
    fn lost(&mut self, block: &mut Map<String, Value>) {
        if take(block, "citations").is_some_and(|citations| citations["enabled"] == true) {
            self.warn("the model's own citations of documents may be missing");
        }
    }

    fn warn(&mut self, clause: &str) {
        if !self.lost.named.iter().any(|known| known == clause) {
            self.lost.named.push(clause.to_owned());
        }
    }
}

fn is(block: &Map<String, Value>, kind: &str) -> bool {
    block.get("type").and_then(Value::as_str) == Some(kind)
}

fn is_signature(value: &Value) -> bool {
    value.as_str().is_some_and(|signature| !signature.is_empty())
}

/// A text block; citations on it are an earlier answer's and say nothing to a model.
pub(super) fn text_part(place: &str, mut block: Map<String, Value>, lost: &mut Lost) -> Result<Value, Problem> {
    let text = need_text(place, &mut block, "text")?;
    Ok(with_cache_control(json!({ "type": "text", "text": text }), block, lost))
}

/// The part that was made of a block, with its mark for the cache. What is left of the block is no part of it.
fn with_cache_control(mut part: Value, mut block: Map<String, Value>, lost: &mut Lost) -> Value {
    if let Some(control) = take(&mut block, "cache_control") {
        part["cache_control"] = control;
    }
    unseen(block, lost);
    part
}

/// Fields that were not read, for the guards: a provider that gets the body to the letter reads them.
fn unseen(mut left: Map<String, Value>, lost: &mut Lost) {
    left.shift_remove("type");
    if !left.is_empty() {
        lost.unseen.push(Value::Object(left));
    }
}

fn image(place: &str, mut block: Map<String, Value>, lost: &mut Lost) -> Result<Value, Problem> {
    let source = block.get("source").cloned().unwrap_or_default();
    let text = |name: &str| source[name].as_str();
    let url = match (text("type"), text("data"), text("url")) {
        (Some("base64"), Some(data), _) => {
            format!("data:{};base64,{data}", text("media_type").unwrap_or("image/png"))
        }
        (Some("url"), _, Some(url)) => url.to_owned(),
        // An id of Anthropic's files means nothing to anybody else.
        (Some("file"), ..) => return Ok(Value::Object(block)),
        _ => return Err(wrong(&format!("{place}.source"), "is no source of an image")),
    };
    block.shift_remove("source");
    Ok(with_cache_control(json!({ "type": "image_url", "image_url": { "url": url } }), block, lost))
}

/// The texts of a content that is text and nothing else.
fn texts(content: &Value) -> Option<String> {
    match content {
        Value::String(text) => Some(text.clone()),
        Value::Array(blocks) => {
            let texts = blocks.iter().map(|block| block.get("text")?.as_str());
            Some(texts.collect::<Option<Vec<_>>>()?.join("\n"))
        }
        _ => None,
    }
}

fn tool_call(place: &str, mut block: Map<String, Value>, lost: &mut Lost) -> Result<Value, Problem> {
    let (id, name) = (need_text(place, &mut block, "id")?, need_text(place, &mut block, "name")?);
    let arguments = fields::object(&format!("{place}.input"), block.shift_remove("input").unwrap_or_default())?;
    let arguments = Value::Object(arguments).to_string();
    let function = json!({ "name": name, "arguments": arguments });
    Ok(with_cache_control(json!({ "id": id, "type": "function", "function": function }), block, lost))
}
