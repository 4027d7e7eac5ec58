//! What an app asks, in the one form that the house speaks inside. The form follows OpenAI's chat completions, which
//! every provider can be translated to; fields that we do not model stay in `rest` and pass through untouched.
//!
//! What other dialects have in addition has one fixed name here. A part, a tool or a message may carry `cache_control`
//! (Anthropic's shape: `{"type": "ephemeral", "ttl"?}`). An assistant's message may carry `reasoning_content` (text) and
//! `thinking_blocks` (`[{"type": "thinking", "thinking", "signature"} | {"type": "redacted_thinking", "data"}]`, for
//! providers that want their own signed reasoning back), a tool's message `is_error`. In `rest` of a request, `top_k` and
//! `thinking` stand beside OpenAI's own fields.

use crate::inlined::{self, Payload};
use crate::raw::{Dialect, Lost, Raw};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    Developer,
    User,
    Assistant,
    Tool,
    /// Deprecated by OpenAI, still sent by old clients.
    Function,
}

/// A message's content: text, typed parts (text, images, …), or nothing (an assistant that only calls tools).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Text(String),
    Parts(Vec<Value>),
    Absent,
}

impl Content {
    /// All text of the content, parts joined by a line break.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Absent => String::new(),
            Self::Parts(parts) => {
                let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
                texts.join("\n")
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: Content,
    /// Everything else of the message: `name`, `tool_calls`, `tool_call_id`, `refusal`, what is not invented yet.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

impl Message {
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self { role, content: Content::Text(text.into()), rest: Map::new() }
    }

    /// Calls `change` on every piece of text in the message, also those inside parts, tool-call arguments, inlined text
    /// files and the keys of objects: the one way for a masker to reach all of them. A piece is replaced when `change` returns a new text.
    pub fn each_text(&mut self, change: &mut dyn FnMut(&str) -> Option<String>) {
        match &mut self.content {
            // What a tool gave back is mostly JSON.
            Content::Text(text) if self.role == Role::Tool => replace_in_json(text, change),
            Content::Text(text) => replace(text, change),
            Content::Parts(parts) => parts.iter_mut().for_each(|part| each_string(part, change)),
            Content::Absent => {}
        }
        each_field(&mut self.rest, change);
    }
}

/// A text that is a `data:` URL of readable text is changed inside of it.
fn replace(text: &mut String, change: &mut dyn FnMut(&str) -> Option<String>) {
    let changed = match inlined::in_url(text) {
        Some((kind, Payload::Text(readable))) => change(&readable).map(|changed| inlined::as_url(kind, &changed)),
        _ => change(text),
    };
    if let Some(changed) = changed {
        *text = changed;
    }
}

/// The same where media are inlined, often megabytes of them: those hold no text, and are not read.
fn replace_beside_media(text: &mut String, change: &mut dyn FnMut(&str) -> Option<String>) {
    if !matches!(inlined::in_url(text), Some((_, Payload::Media))) {
        replace(text, change);
    }
}

/// The same where a text may be base64 to the letter, without a URL around it.
fn replace_encoded(text: &mut String, change: &mut dyn FnMut(&str) -> Option<String>) {
    match inlined::in_base64(text.as_bytes(), false) {
        Payload::Text(readable) => {
            if let Some(changed) = change(&readable) {
                *text = inlined::as_base64(&changed);
            }
        }
        Payload::Media => {}
        Payload::Neither => replace_beside_media(text, change),
    }
}

/// Calls `change` on the keys of an object that may be data of people. An object is built anew only when a key changes,
/// in the order that it had.
fn replace_keys(fields: &mut Map<String, Value>, change: &mut dyn FnMut(&str) -> Option<String>) {
    let changed: Vec<Option<String>> =
        fields.keys().map(|key| if is_plain_key(key) { None } else { change(key) }).collect();
    if changed.iter().all(Option::is_none) {
        return;
    }
    for ((key, value), changed) in std::mem::take(fields).into_iter().zip(changed) {
        let mut key = changed.unwrap_or(key);
        // Two spellings of one address must not become one entry.
        while fields.contains_key(&key) {
            key.push('_');
        }
        fields.insert(key, value);
    }
}

/// A field's name as programmers give them: short, letters and hardly a digit. No personal data looks like that, and most
/// keys do.
fn is_plain_key(key: &str) -> bool {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.$".contains(byte);
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    key.len() <= 32 && digits <= 3 && key.as_bytes().iter().all(of_name)
}

/// A text that is JSON itself (a tool's arguments, a tool's result) is changed value by value, so that it stays JSON and
/// an escaped letter hides nothing. Any other text is changed as it is.
fn replace_in_json(text: &mut String, change: &mut dyn FnMut(&str) -> Option<String>) {
    let parsed = text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text).ok());
    let Some(mut value) = parsed.flatten() else { return replace(text, change) };
    let mut changed = false;
    each_leaf(&mut value, true, &mut |leaf| {
        let new = change(leaf);
        changed |= new.is_some();
        new
    });
    if changed {
        *text = value.to_string();
    }
}

/// The shortest number that may be personal data, in digits: an account, a card.
const LONG_NUMBER: usize = 9;

/// Calls `change` on every text inside a JSON value, whatever its key, on the keys too, and with `numbers` on every long
/// number, which becomes a text when it is changed. For values that are all an app's own: metadata, a tool's arguments.
pub fn each_leaf(value: &mut Value, numbers: bool, change: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => replace(text, change),
        Value::Number(number) if numbers => {
            let written = number.to_string();
            if written.len() >= LONG_NUMBER
                && let Some(changed) = change(&written)
            {
                *value = Value::String(changed);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each_leaf(item, numbers, change)),
        Value::Object(fields) => each_leaf_of(fields, numbers, change),
        _ => {}
    }
}

/// [`each_leaf`] of an object's fields.
pub fn each_leaf_of(fields: &mut Map<String, Value>, numbers: bool, change: &mut dyn FnMut(&str) -> Option<String>) {
    fields.values_mut().for_each(|field| each_leaf(field, numbers, change));
    replace_keys(fields, change);
}

/// Keys under which media may be inlined as a `data:` URL.
const URLS: &[&str] = &["url", "image_url", "file_url"];

/// Keys under which media may be inlined as base64.
const MEDIA: &[&str] = &["data", "file_data"];

/// Keys whose strings are names for machines, as long as they look so. Ids tie a tool's answer to its call and must
/// survive to the letter.
const NAMES: &[&str] = &["type", "id", "tool_call_id", "role", "detail", "format"];

/// Keys of what only its writer can read, and wants back to the letter.
const SEALED: &[&str] = &["signature", "encrypted_content", "encrypted_index"];

/// Base64 that is longer than this, in bytes, is taken for media wherever media may be; what is shorter, only when a
/// field beside it says so.
const LONG_BASE64: usize = 64;

fn each_string(value: &mut Value, change: &mut dyn FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => replace(text, change),
        Value::Array(items) => items.iter_mut().for_each(|item| each_string(item, change)),
        Value::Object(fields) => each_field(fields, change),
        _ => {}
    }
}

fn each_field(fields: &mut Map<String, Value>, change: &mut dyn FnMut(&str) -> Option<String>) {
    let is_media = match fields.get("type").and_then(Value::as_str) {
        Some("base64" | "redacted_thinking") => true,
        Some("text") => false,
        _ => fields.contains_key("media_type") || fields.contains_key("format"),
    };
    for (name, field) in fields.iter_mut() {
        let name = name.as_str();
        match field {
            Value::String(json) if name == "arguments" => replace_in_json(json, change),
            Value::String(text) if NAMES.contains(&name) && is_machine_name(text) => {}
            Value::String(text) if SEALED.contains(&name) && inlined::is_base64(text) => {}
            Value::String(text) if MEDIA.contains(&name) && (is_media || text.len() > LONG_BASE64) => {
                replace_encoded(text, change);
            }
            Value::String(text) if URLS.contains(&name) || MEDIA.contains(&name) => replace_beside_media(text, change),
            field => each_string(field, change),
        }
    }
    replace_keys(fields, change);
}

fn is_machine_name(text: &str) -> bool {
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    text.len() <= 128 && text.bytes().all(of_name)
}

/// One call by an app, converted from its wire format once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// A use case (`support`) or a bare model (`openai/gpt-5-mini`).
    pub model: String,
    pub messages: Vec<Message>,
    pub stream: bool,
    /// The app asked for a usage chunk at the end of the stream.
    pub include_usage: bool,
    /// The app's own facts about the request; context blocks read them.
    pub metadata: Map<String, Value>,
    /// Whom the data is about, when the app says so (`user`, or `metadata.subject`).
    pub subject: Option<String>,
    /// Requests of one conversation share a release and an outcome (`metadata.conversation`).
    pub conversation: Option<String>,
    /// Sampling parameters, tools, response format and everything unknown, forwarded as they came.
    pub rest: Map<String, Value>,
    /// The wire format that it came in.
    #[serde(default)]
    pub dialect: Dialect,
    /// The body as it came. Whoever changes anything of the request takes it away with [`ChatRequest::changed`].
    #[serde(skip)]
    pub raw: Option<Raw>,
    /// What of the body only `raw` can say.
    #[serde(skip)]
    pub lost: Lost,
}

impl ChatRequest {
    /// A request with nothing but messages.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            messages,
            stream: false,
            include_usage: false,
            metadata: Map::new(),
            subject: None,
            conversation: None,
            rest: Map::new(),
            dialect: Dialect::default(),
            raw: None,
            lost: Lost::default(),
        }
    }

    /// The request is no longer what the app sent: it has to be written anew for the provider.
    pub fn changed(&mut self) {
        self.raw = None;
    }

    /// About how much text the request holds, in bytes: what guards will have to read.
    pub fn text_bytes(&self) -> usize {
        let message = |message: &Message| {
            let content = match &message.content {
                Content::Text(text) => text.len(),
                Content::Parts(parts) => parts.iter().map(text_bytes).sum(),
                Content::Absent => 0,
            };
            content + message.rest.values().map(text_bytes).sum::<usize>()
        };
        let fields = self.rest.values().chain(self.metadata.values()).map(text_bytes).sum::<usize>();
        self.messages.iter().map(message).sum::<usize>() + fields
    }

    /// The text of the last user message: what is retrieved for, and what guards judge first.
    pub fn question(&self) -> String {
        let last = self.messages.iter().rev().find(|message| message.role == Role::User);
        last.map(|message| message.content.text()).unwrap_or_default()
    }
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(text_bytes).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + text_bytes(value)).sum(),
        _ => 0,
    }
}
