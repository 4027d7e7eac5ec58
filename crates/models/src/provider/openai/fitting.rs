//! What a request needs before a kind of OpenAI-compatible server takes it. An app that speaks chat completions itself is
//! passed on untouched, but for the fields that the kind is known to refuse or to name otherwise; from another dialect
//! come words that OpenAI does not have, and those are left out by name.
//!
//! Sources, read in November 2026: docs.mistral.ai/api (strict: any unknown field is answered with 422),
//! console.groq.com/docs/openai, Ollama's docs/openai.md, Together's and OpenRouter's API references.

use crate::provider::blocks::read::shown;
use crate::provider::blocks::warnings::Warnings;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use usecase::declared::ProviderKind;
use usecase::{ChatRequest, Content, Dialect, Message, Role};

/// What a kind of server has for one of OpenAI's fields.
enum Word {
    /// The same under another name.
    Named(&'static str),
    /// Nothing, and the answer is much the same without it.
    Missing,
    /// Nothing, and with such a value the answer would be another one.
    Refused(fn(&Value) -> bool),
}

use Word::{Missing, Named, Refused};

/// Notes a name once.
fn note(warnings: &mut Warnings, name: &str) {
    warnings.add(format!("{name} has no meaning here and was left out"));
}

/// The fields that OpenAI's chat completions have: what comes from another dialect under another name is unknown there.
#[rustfmt::skip]
const FIELDS: &[&str] = &[
    "audio", "frequency_penalty", "logit_bias", "logprobs", "max_completion_tokens", "max_tokens", "metadata",
    "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key",
    "prompt_cache_retention", "reasoning", "reasoning_effort", "response_format", "safety_identifier", "seed",
    "service_tier", "stop", "store", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_logprobs",
    "top_p", "user", "verbosity", "web_search_options",
];

/// Fields of Anthropic's that bring tools with them.
const ANTHROPICS_TOOLS: [&str; 2] = ["mcp_servers", "container"];

/// The types of a message's parts.
const PARTS: [&str; 5] = ["text", "image_url", "input_audio", "file", "refusal"];

fn is_on(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

fn is_many(value: &Value) -> bool {
    value.as_u64().is_some_and(|count| count > 1)
}

fn is_no_choice(value: &Value) -> bool {
    !value.is_null() && value != "auto"
}

fn is_there(value: &Value) -> bool {
    !value.is_null()
}

const MISTRAL: &[(&str, Word)] = &[
    ("seed", Named("random_seed")),
    ("max_completion_tokens", Named("max_tokens")),
    ("logit_bias", Missing),
    ("prompt_cache_key", Missing),
    ("safety_identifier", Missing),
    ("service_tier", Missing),
    ("store", Missing),
    ("stream_options", Missing),
    ("user", Missing),
    ("verbosity", Missing),
    ("logprobs", Refused(is_on)),
    ("top_logprobs", Refused(is_there)),
    ("modalities", Refused(is_there)),
    ("web_search_options", Refused(is_there)),
];
const GROQ: &[(&str, Word)] = &[
    ("logit_bias", Missing),
    ("logprobs", Refused(is_on)),
    ("top_logprobs", Refused(is_there)),
    ("n", Refused(is_many)),
];
const OLLAMA: &[(&str, Word)] = &[
    ("max_completion_tokens", Named("max_tokens")),
    ("logit_bias", Missing),
    ("parallel_tool_calls", Missing),
    ("user", Missing),
    ("n", Refused(is_many)),
    ("tool_choice", Refused(is_no_choice)),
];
/// Together takes a number as `logprobs`, which passes, and answers in another form than OpenAI's.
const TOGETHER: &[(&str, Word)] =
    &[("max_completion_tokens", Named("max_tokens")), ("logprobs", Refused(is_on)), ("top_logprobs", Missing)];
const LLAMA_CPP: &[(&str, Word)] = &[("max_completion_tokens", Named("max_tokens"))];

/// Whether the value is another one than what is so anyway.
fn says_something(name: &str, value: &Value) -> bool {
    let usual = name == "parallel_tool_calls";
    !value.is_null() && *value != usual && value.as_array().is_none_or(|items| !items.is_empty())
}

/// Types of a message's parts that a kind of server has no word for.
fn missing_parts(kind: ProviderKind) -> &'static [&'static str] {
    match kind {
        ProviderKind::Ollama | ProviderKind::Groq => &["file", "input_audio"],
        ProviderKind::Mistral | ProviderKind::Vllm | ProviderKind::LlamaCpp => &["file"],
        _ => &[],
    }
}

fn words(kind: ProviderKind) -> &'static [(&'static str, Word)] {
    match kind {
        ProviderKind::Mistral => MISTRAL,
        ProviderKind::Groq => GROQ,
        ProviderKind::Ollama => OLLAMA,
        ProviderKind::Together => TOGETHER,
        ProviderKind::LlamaCpp => LLAMA_CPP,
        _ => &[],
    }
}

/// The request as this kind of server takes it, and what was left out, a clause each. An error names what the server
/// cannot be asked for. What needs no change is not copied.
pub(super) fn fit(
    kind: ProviderKind,
    is_home: bool,
    request: &ChatRequest,
) -> Result<(Cow<'_, ChatRequest>, Vec<String>), String> {
    let mut fitting = Fitting { kind, request: Cow::Borrowed(request), left_out: Warnings::default() };
    if request.dialect != Dialect::Chat {
        fitting.leave_out_foreign_words()?;
    }
    let knows_no_marks = is_home || matches!(kind, ProviderKind::Azure | ProviderKind::Groq | ProviderKind::Mistral);
    if knows_no_marks && has_marks(request) {
        fitting.unmark_all();
    }
    fitting.fields()?;
    fitting.messages()?;
    Ok((fitting.request, fitting.left_out.into_vec()))
}

struct Fitting<'a> {
    kind: ProviderKind,
    request: Cow<'a, ChatRequest>,
    left_out: Warnings,
}

impl Fitting<'_> {
    /// The request, to be changed: it is no longer what the app sent.
    fn change(&mut self) -> &mut ChatRequest {
        let request = self.request.to_mut();
        request.changed();
        request
    }

    fn leave_out(&mut self, name: &str) {
        note(&mut self.left_out, name);
    }

    fn fields(&mut self) -> Result<(), String> {
        for (name, word) in words(self.kind) {
            let Some(value) = self.request.rest.get(*name) else { continue };
            let says_something = says_something(name, value);
            match word {
                Refused(is_refused) if is_refused(value) => return Err(format!("`{name}`")),
                Refused(_) => {}
                Missing => {
                    self.change().rest.remove(*name);
                    if says_something && *name != "stream_options" {
                        self.leave_out(&format!("`{name}`"));
                    }
                }
                Named(other) => {
                    let rest = &mut self.change().rest;
                    let value = rest.remove(*name).unwrap_or_default();
                    rest.entry(*other).or_insert(value);
                }
            }
        }
        Ok(())
    }

    fn messages(&mut self) -> Result<(), String> {
        // Chat templates of open models know no developer.
        let knows_developer = matches!(
            self.kind,
            ProviderKind::Openai | ProviderKind::Azure | ProviderKind::Openrouter | ProviderKind::Sagemaker
        );
        for at in 0..self.request.messages.len() {
            if !knows_developer && self.request.messages[at].role == Role::Developer {
                self.change().messages[at].role = Role::System;
            }
            if self.kind == ProviderKind::Groq && self.request.messages[at].rest.contains_key("name") {
                self.change().messages[at].rest.remove("name");
                self.leave_out("`name` of a message");
            }
            if self.kind == ProviderKind::Mistral {
                self.mistral_message(at);
            }
            let Content::Parts(parts) = &self.request.messages[at].content else { continue };
            parts.iter().try_for_each(|part| expect_part(self.kind, part))?;
        }
        Ok(())
    }

    /// Mistral takes known fields only, and tool call ids of its own form only.
    fn mistral_message(&mut self, at: usize) {
        let known: &[&str] = match self.request.messages[at].role {
            Role::Assistant => &["tool_calls", "prefix"],
            Role::Tool => &["tool_call_id", "name"],
            _ => &[],
        };
        let is_known = |name: &String| known.contains(&name.as_str());
        if !self.request.messages[at].rest.keys().all(is_known) {
            let mut rest = std::mem::take(&mut self.change().messages[at].rest);
            for (name, _) in rest.iter().filter(|(name, value)| !is_known(name) && is_there(value)) {
                self.leave_out(&format!("`{}` of a message", shown(name)));
            }
            rest.retain(|name, _| is_known(name));
            self.change().messages[at].rest = rest;
        }
        let calls = self.request.messages[at].rest.get("tool_calls").and_then(Value::as_array).map_or(0, Vec::len);
        let ids = (0..calls).map(|call| format!("/tool_calls/{call}/id")).chain(["/tool_call_id".to_owned()]);
        for pointer in ids {
            let id = field(&self.request.messages[at].rest, &pointer).and_then(Value::as_str);
            if let Some(id) = id.filter(|id| !is_mistral_id(id)).map(mistral_id)
                && let Some(place) = field_mut(&mut self.change().messages[at].rest, &pointer)
            {
                *place = id.into();
            }
        }
    }

    /// Words of other dialects that OpenAI's has not: `top_k`, `thinking`, cache marks, the model's own earlier thoughts,
    /// the mark of a failed tool.
    fn leave_out_foreign_words(&mut self) -> Result<(), String> {
        use ProviderKind::{LlamaCpp, Openrouter, Together, Vllm};
        let mut rest = std::mem::take(&mut self.change().rest);
        if !matches!(self.kind, LlamaCpp | Openrouter | Together | Vllm) && rest.remove("top_k").is_some() {
            self.leave_out("`top_k`");
        }
        if let Some(thinking) = rest.remove("thinking") {
            match (self.kind, thinking.get("budget_tokens")) {
                (Openrouter, Some(budget)) => {
                    rest.insert("reasoning".to_owned(), json!({"max_tokens": budget}));
                    rest.remove("reasoning_effort");
                }
                _ if thinking["type"] == "disabled" => {}
                _ => self.leave_out("`thinking`"),
            }
        }
        for tool in rest.get("tools").and_then(Value::as_array).into_iter().flatten() {
            if tool.get("function").is_none() {
                return Err(format!("a tool of type `{}`", shown(tool["type"].as_str().unwrap_or("unknown"))));
            }
        }
        let is_known = |name: &String| FIELDS.contains(&name.as_str());
        for (name, _) in rest.iter().filter(|(name, value)| !is_known(name) && says_something(name, value)) {
            if ANTHROPICS_TOOLS.contains(&name.as_str()) {
                return Err(format!("`{name}`"));
            }
            self.leave_out(&format!("`{}`", shown(name)));
        }
        rest.retain(|name, _| is_known(name));
        self.change().rest = rest;
        for message in &mut self.request.to_mut().messages {
            for name in ["thinking_blocks", "reasoning_content", "is_error"] {
                if message.rest.remove(name).is_some() {
                    note(&mut self.left_out, &format!("`{name}` of a message"));
                }
            }
            let Content::Parts(parts) = &message.content else { continue };
            for part in parts {
                let kind = part["type"].as_str().unwrap_or_default();
                if !PARTS.contains(&kind) {
                    return Err(format!("a message's part of type `{}`", shown(kind)));
                }
                if self.kind != Openrouter && part.pointer("/file/file_url").is_some() {
                    return Err("a file by its address".to_owned());
                }
            }
        }
        if self.kind != Openrouter && has_marks(&self.request) {
            self.unmark_all();
        }
        Ok(())
    }

    /// Takes all cache marks away: OpenAI's cache and those of the others work without. OpenRouter hands marks on.
    fn unmark_all(&mut self) {
        self.leave_out(&format!("`{MARK}`"));
        let request = self.change();
        if let Some(Value::Array(tools)) = request.rest.get_mut("tools") {
            unmark(tools);
        }
        for message in &mut request.messages {
            message.rest.remove(MARK);
            if let Content::Parts(parts) = &mut message.content {
                unmark(parts);
            }
            if let Some(Value::Array(calls)) = message.rest.get_mut("tool_calls") {
                unmark(calls);
            }
        }
    }
}

/// A mark for the prompt cache.
const MARK: &str = "cache_control";

fn unmark(items: &mut [Value]) {
    for fields in items.iter_mut().filter_map(Value::as_object_mut) {
        fields.remove(MARK);
    }
}

fn has_marks(request: &ChatRequest) -> bool {
    let marked = |items: Option<&Vec<Value>>| items.into_iter().flatten().any(|item| item.get(MARK).is_some());
    let of_message = |message: &Message| {
        let parts = match &message.content {
            Content::Parts(parts) => Some(parts),
            _ => None,
        };
        let calls = message.rest.get("tool_calls").and_then(Value::as_array);
        message.rest.contains_key(MARK) || marked(parts) || marked(calls)
    };
    marked(request.rest.get("tools").and_then(Value::as_array)) || request.messages.iter().any(of_message)
}

/// Refuses a part that this kind of server has no word for.
fn expect_part(kind: ProviderKind, part: &Value) -> Result<(), String> {
    let of_type = part["type"].as_str().unwrap_or_default();
    if missing_parts(kind).contains(&of_type) {
        return Err(format!("a message's part of type `{of_type}`"));
    }
    let address = part.pointer("/image_url/url").and_then(Value::as_str);
    match kind == ProviderKind::Ollama && address.is_some_and(|address| !address.starts_with("data:")) {
        true => Err("a picture by its address".to_owned()),
        false => Ok(()),
    }
}

fn field<'a>(fields: &'a Map<String, Value>, pointer: &str) -> Option<&'a Value> {
    let (first, deeper) = split(pointer);
    fields.get(first)?.pointer(deeper)
}

fn field_mut<'a>(fields: &'a mut Map<String, Value>, pointer: &str) -> Option<&'a mut Value> {
    let (first, deeper) = split(pointer);
    fields.get_mut(first)?.pointer_mut(deeper)
}

/// The first step of a JSON pointer, and the pointer below it.
fn split(pointer: &str) -> (&str, &str) {
    let steps = pointer.strip_prefix('/').unwrap_or(pointer);
    steps.split_at(steps.find('/').unwrap_or(steps.len()))
}

fn is_mistral_id(id: &str) -> bool {
    id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Nine letters and digits, the same for the same id, so that a result still finds its call.
fn mistral_id(id: &str) -> String {
    usecase::ids::hex(&Sha256::digest(id.as_bytes())[..5])[..9].to_owned()
}
