//! The wire format of OpenAI's chat completions: the request body out of our nouns, and our nouns out of the answer.
//! What is not modelled stays in the `rest` of its level and passes through untouched.

use crate::provider::exchange::{believed, expect_choices};
use crate::provider::splice;
use bytes::Bytes;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use usecase::declared::ProviderKind;
use usecase::{ChatRequest, Choice, ChoiceDelta, Chunk, Completion, Content, Dialect, Message, Role, Usage};

/// The body of a request, written without copying the conversation.
pub(super) struct Written<'a> {
    pub(super) model: &'a str,
    pub(super) request: &'a ChatRequest,
    pub(super) kind: ProviderKind,
    pub(super) surface: Surface,
}

/// How much of OpenAI's newer words a server is sure to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Surface {
    /// OpenAI itself.
    Home,
    /// Azure's that is not dated.
    Undated,
    /// A compatible server, or one of a certain date.
    Other,
}

/// Fields that we set ourselves, whatever the app put there.
const OURS: &[&str] = &["model", "messages", "stream", "stream_options"];

/// The limit of an answer, in tokens, with those of its reasoning.
const LIMIT: &str = "max_completion_tokens";

impl Written<'_> {
    /// What an app sent in this dialect and nothing changed goes out to the letter, but for the name of the model and, in
    /// a stream, the request for usage.
    pub(super) fn body(&self) -> serde_json::Result<Bytes> {
        let raw = self.request.raw.as_ref().filter(|raw| raw.dialect == Dialect::Chat);
        let asks_for_usage = self.request.stream && self.knows_stream_options();
        match raw.and_then(|raw| splice::chat_request(&raw.bytes, self.model, asks_for_usage)) {
            Some(spliced) => Ok(spliced),
            None => serde_json::to_vec(self).map(Bytes::from),
        }
    }

    /// Mistral refuses the field and reports usage without being asked.
    fn knows_stream_options(&self) -> bool {
        self.kind != ProviderKind::Mistral
    }

    /// OpenAI's models that reason refuse the older name of the limit, and all of its models take the newer one.
    fn name<'b>(&self, name: &'b str) -> &'b str {
        let has_new = || self.request.rest.contains_key(LIMIT);
        if name == "max_tokens" && self.surface != Surface::Other && !has_new() { LIMIT } else { name }
    }

    /// The same for all requests with the same beginning, so that they meet in one prompt cache.
    fn cache_key(&self) -> Option<String> {
        let mut hasher = Sha256::new();
        let mut says_something = false;
        let is_instruction = |message: &&Message| matches!(message.role, Role::System | Role::Developer);
        for message in self.request.messages.iter().take_while(is_instruction) {
            hasher.update(message.content.text());
            hasher.update([0]);
            says_something = true;
        }
        if let Some(tools) = self.request.rest.get("tools") {
            hasher.update(tools.to_string());
            says_something = true;
        }
        says_something.then(|| usecase::ids::hex(&hasher.finalize()[..16]))
    }
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("model", self.model)?;
        map.serialize_entry("messages", &self.request.messages)?;
        let rest = &self.request.rest;
        for (name, value) in rest.iter().filter(|(name, _)| !OURS.contains(&name.as_str())) {
            map.serialize_entry(self.name(name), value)?;
        }
        if self.request.stream {
            map.serialize_entry("stream", &true)?;
        }
        // Usage is asked for whether or not the app wants it, because the ledger does. Not streaming, the field would be
        // an error.
        if self.request.stream && self.knows_stream_options() {
            let mut options = rest.get("stream_options").cloned().unwrap_or(Value::Null);
            if !options.is_object() {
                options = json!({});
            }
            options["include_usage"] = json!(true);
            map.serialize_entry("stream_options", &options)?;
        }
        if self.kind == ProviderKind::Openrouter && !rest.contains_key("usage") {
            map.serialize_entry("usage", &json!({"include": true}))?;
        }
        if self.surface == Surface::Home
            && !rest.contains_key("prompt_cache_key")
            && let Some(key) = self.cache_key()
        {
            map.serialize_entry("prompt_cache_key", &key)?;
        }
        map.end()
    }
}

/// Reads a whole answer, or says in one clause what is wrong with it, without quoting it. `changed` is set where it is
/// read as something else than what it says to the letter.
pub(super) fn completion(body: Value, changed: &mut bool) -> Result<Completion, String> {
    let mut rest = object(body, "the answer")?;
    let choices = array(rest.remove("choices"), "`choices`")?;
    if choices.is_empty() {
        return Err("`choices` is empty".to_owned());
    }
    expect_choices(choices.len())?;
    let usage = rest.remove("usage").as_ref().and_then(usage);
    let choices = choices.into_iter().enumerate().map(|(at, value)| choice(at, value, changed));
    Ok(Completion { choices: choices.collect::<Result<_, _>>()?, usage, rest, raw: None })
}

fn choice(at: usize, value: Value, changed: &mut bool) -> Result<Choice, String> {
    let mut rest = object(value, "a choice")?;
    let index = index(rest.remove("index").as_ref(), at);
    let mut message = object(rest.remove("message").unwrap_or(Value::Null), "a choice's `message`")?;
    let role = message.remove("role").and_then(|role| serde_json::from_value(role).ok()).unwrap_or(Role::Assistant);
    let content = match message.remove("content") {
        None | Some(Value::Null) => Content::Absent,
        Some(Value::String(text)) => Content::Text(text),
        Some(Value::Array(parts)) if holds_thoughts(&parts) => {
            *changed = true;
            parted(&parts, &mut message).map_or(Content::Absent, Content::Text)
        }
        Some(Value::Array(parts)) => Content::Parts(parts),
        Some(_) => return Err("a message's `content` is neither text nor parts".to_owned()),
    };
    name_reasoning(&mut message, changed);
    let finish_reason = reason(rest.remove("finish_reason"), changed)?;
    Ok(Choice { index, message: Message { role, content, rest: message }, finish_reason, rest })
}

/// Reads one piece of a stream. A piece without `choices` but with usage is a piece; one with neither is passed on too,
/// because upstreams send pieces of their own (content filter reports, processing notes).
pub(super) fn chunk(data: Value, changed: &mut bool) -> Result<Chunk, String> {
    let mut rest = object(data, "a piece of the stream")?;
    let choices = match rest.remove("choices") {
        None | Some(Value::Null) => Vec::new(),
        choices => array(choices, "`choices`")?,
    };
    expect_choices(choices.len())?;
    // Groq reports in a field of its own where it is not asked.
    let usage = rest.remove("usage").as_ref().or_else(|| rest.get("x_groq")?.get("usage")).and_then(usage);
    let choices = choices.into_iter().enumerate().map(|(at, value)| choice_delta(at, value, changed));
    Ok(Chunk { choices: choices.collect::<Result<_, _>>()?, usage, rest, raw: None })
}

fn choice_delta(at: usize, value: Value, changed: &mut bool) -> Result<ChoiceDelta, String> {
    let mut rest = object(value, "a choice")?;
    let index = index(rest.remove("index").as_ref(), at);
    let mut delta = match rest.remove("delta") {
        None | Some(Value::Null) => Map::new(),
        Some(delta) => object(delta, "a choice's `delta`")?,
    };
    let text_of_delta = match delta.remove("content") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(Value::Array(parts)) => {
            *changed = true;
            parted(&parts, &mut delta)
        }
        Some(_) => return Err("a delta's `content` is not text".to_owned()),
    };
    name_reasoning(&mut delta, changed);
    let finish_reason = reason(rest.remove("finish_reason"), changed)?;
    Ok(ChoiceDelta { index, text: text_of_delta, delta, finish_reason, rest })
}

/// Reasoning has two names in the field: `reasoning_content`, and `reasoning` (vLLM, Groq, Together, OpenRouter, Ollama).
fn name_reasoning(message: &mut Map<String, Value>, changed: &mut bool) {
    let is_text = message.get("reasoning").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    if is_text
        && message.get("reasoning_content").is_none_or(Value::is_null)
        && let Some(reasoning) = message.remove("reasoning")
    {
        message.insert("reasoning_content".to_owned(), reasoning);
        *changed = true;
    }
}

/// Why a choice ended, in OpenAI's words where the upstream's are known to mean the same.
fn reason(given: Option<Value>, changed: &mut bool) -> Result<Option<String>, String> {
    let known = match given.as_ref().and_then(Value::as_str) {
        Some("error") => return Err("it ended with an error that it does not name".to_owned()),
        Some("eos") => "stop",
        Some("model_length") => "length",
        _ => return Ok(text(given)),
    };
    *changed = true;
    Ok(Some(known.to_owned()))
}

fn holds_thoughts(parts: &[Value]) -> bool {
    parts.iter().any(|part| part.get("thinking").is_some())
}

/// Some upstreams stream content as typed parts. Text is text; thinking goes where other upstreams have it.
fn parted(parts: &[Value], delta: &mut Map<String, Value>) -> Option<String> {
    let thoughts = |part: &Value| Some(Content::Parts(part.get("thinking")?.as_array()?.clone()).text());
    let thinking: String = parts.iter().filter_map(thoughts).collect();
    if !thinking.is_empty() {
        delta.insert("reasoning_content".to_owned(), thinking.into());
    }
    let texts: String = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
    (!texts.is_empty()).then_some(texts)
}

/// Reads a usage report in any of the spellings found in the field; `None` when it reports nothing.
pub(super) fn usage(report: &Value) -> Option<Usage> {
    let number = |names: &[&str]| {
        let field = |path: &str| path.split('/').skip(1).try_fold(report, |value, step| value.get(step));
        names.iter().find_map(|name| field(name)?.as_u64())
    };
    let input_tokens = number(&["/prompt_tokens", "/input_tokens"])?;
    let mut output_tokens = number(&["/completion_tokens", "/output_tokens"]).unwrap_or(0);
    let cached = number(&[
        "/prompt_tokens_details/cached_tokens",
        "/input_tokens_details/cached_tokens",
        "/prompt_cache_hit_tokens",
    ]);
    let reasoning_tokens =
        number(&["/completion_tokens_details/reasoning_tokens", "/output_tokens_details/reasoning_tokens"])
            .unwrap_or(0);
    // Reasoning is a part of the output. A few upstreams count it beside the output, which their total betrays.
    let beside =
        number(&["/total_tokens"]) == Some(input_tokens.saturating_add(output_tokens).saturating_add(reasoning_tokens));
    if reasoning_tokens > output_tokens || (reasoning_tokens > 0 && beside) {
        output_tokens = output_tokens.saturating_add(reasoning_tokens);
    }
    let cached_input_tokens = cached.unwrap_or(0).min(input_tokens);
    believed(Usage { input_tokens, output_tokens, cached_input_tokens, reasoning_tokens, ..Usage::default() })
}

fn object(value: Value, what: &str) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(format!("{what} is not an object")),
    }
}

fn array(value: Option<Value>, what: &str) -> Result<Vec<Value>, String> {
    match value {
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{what} is not a list")),
        None => Err(format!("{what} is missing")),
    }
}

fn index(value: Option<&Value>, position: usize) -> u32 {
    let given = value.and_then(Value::as_u64).and_then(|index| u32::try_from(index).ok());
    given.unwrap_or(u32::try_from(position).unwrap_or(u32::MAX))
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
