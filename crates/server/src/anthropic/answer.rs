//! The way out: a whole answer as Anthropic's `message`.

use crate::reply::{self, Identity};
use serde_json::{Value, json};
use usecase::{Choice, Citation, Completion, Usage};

pub(super) fn body(identity: &Identity, completion: Completion, citations: &[Citation]) -> Value {
    let usage = usage_body(completion.usage.unwrap_or_default());
    let Some(choice) = completion.choices.into_iter().next() else {
        return message(identity, &[], &Stop { reason: Some("stop"), ..Stop::default() }, &usage);
    };
    let refusal = choice.message.rest.get("refusal").and_then(Value::as_str);
    let stop = Stop {
        reason: choice.finish_reason.as_deref(),
        sequence: choice.rest.get("stop_sequence").and_then(Value::as_str),
        refused: refusal.is_some(),
    };
    message(identity, &content(&choice, refusal, citations), &stop, &usage)
}

fn message(identity: &Identity, content: &[Value], stop: &Stop<'_>, usage: &Value) -> Value {
    let (reason, sequence) = stop.told();
    json!({
        "id": id(identity),
        "type": "message",
        "role": "assistant",
        "model": identity.asked_model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage,
    })
}

/// The answer's id, as apps report it back: the trace in Anthropic's dress.
pub(super) fn id(identity: &Identity) -> String {
    format!("msg_{}", identity.trace)
}

/// The blocks in the order in which a model says them: what it thought, what it says, what it calls.
fn content(choice: &Choice, refusal: Option<&str>, citations: &[Citation]) -> Vec<Value> {
    let fields = &choice.message.rest;
    let list = |name: &str| fields.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut blocks = list("thinking_blocks");
    if let (true, Some(thoughts)) = (blocks.is_empty(), fields.get("reasoning_content").and_then(Value::as_str)) {
        blocks.extend((!thoughts.is_empty()).then(|| thinking(thoughts)));
    }
    let text = choice.message.content.text();
    let text = if text.is_empty() { refusal.unwrap_or_default() } else { &text };
    if !text.is_empty() {
        let cited = match citations.is_empty() {
            true => foreign_citations(&list("annotations"), text),
            false => our_citations(citations, text),
        };
        blocks.push(text_block(text, cited));
    }
    blocks.extend(list("tool_calls").iter().map(tool_use));
    blocks
}

/// Thoughts without a signature: those of a model that does not sign them.
pub(super) fn thinking(thoughts: &str) -> Value {
    json!({ "type": "thinking", "thinking": thoughts, "signature": "" })
}

pub(super) fn text_block(text: &str, citations: Vec<Value>) -> Value {
    let mut block = json!({ "type": "text", "text": text });
    // Absent where there are none, as Anthropic has it: not every SDK takes a null.
    if !citations.is_empty() {
        block["citations"] = Value::Array(citations);
    }
    block
}

fn tool_use(call: &Value) -> Value {
    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
    let input = match serde_json::from_str(arguments) {
        Ok(input @ Value::Object(_)) => input,
        _ if arguments.trim().is_empty() => json!({}),
        // What a model wrote wrong is shown, in the form that Anthropic's guide gives to such arguments.
        _ => json!({ "INVALID_JSON": arguments }),
    };
    json!({ "type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": input })
}

/// Why the answer ended.
#[derive(Default)]
pub(super) struct Stop<'a> {
    /// The inner form's reason.
    pub(super) reason: Option<&'a str>,
    /// Which stop sequence was met, where the provider tells.
    pub(super) sequence: Option<&'a str>,
    pub(super) refused: bool,
}

impl Stop<'_> {
    /// `stop_reason` and `stop_sequence`.
    pub(super) fn told(&self) -> (&'static str, Option<&str>) {
        match (self.reason, self.sequence) {
            (Some("length"), _) => ("max_tokens", None),
            (Some("content_filter"), _) => ("refusal", None),
            (Some("tool_calls" | "function_call"), _) => ("tool_use", None),
            _ if self.refused => ("refusal", None),
            (_, Some(sequence)) => ("stop_sequence", Some(sequence)),
            _ => ("end_turn", None),
        }
    }
}

/// Anthropic counts what came from its cache, or went into it, beside the input.
pub(super) fn usage_body(usage: Usage) -> Value {
    let beside = usage.cached_input_tokens.saturating_add(usage.cache_write_tokens);
    json!({
        "input_tokens": usage.input_tokens.saturating_sub(beside),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_input_tokens,
        "output_tokens": usage.output_tokens,
    })
}

/// What Shipway found the answer to rest on. `cited_text` is what the document says, else the stretch of the answer that
/// rests on it. `shipway` holds where in the document the supporting words stand.
pub(super) fn our_citations(citations: &[Citation], text: &str) -> Vec<Value> {
    let cited = citations.iter().map(|citation| {
        let source = &citation.source;
        let words = citation.quote.clone().unwrap_or_else(|| stretch(text, citation.start, citation.end));
        let mut cited = found(&words, &json!(source.title), &json!(reply::link(source)));
        cited["shipway"] = json!({
            "collection": source.collection,
            "document": source.document,
            "passage": citation.ordinal,
            "answer_start": citation.start,
            "answer_end": citation.end,
            "start": citation.source_start,
            "end": citation.source_end,
        });
        cited
    });
    cited.collect()
}

/// What a model found on the web itself.
pub(super) fn foreign_citations(annotations: &[Value], text: &str) -> Vec<Value> {
    let place = |cited: &Value, name: &str| cited[name].as_u64().and_then(|place| usize::try_from(place).ok());
    let cited = annotations.iter().filter_map(|annotation| {
        let cited = annotation.get("url_citation")?;
        let (start, end) = (place(cited, "start_index").unwrap_or(0), place(cited, "end_index").unwrap_or(0));
        Some(found(&stretch(text, start, end), &cited["title"], &cited["url"]))
    });
    cited.collect()
}

/// A citation with an address. Of the forms that Anthropic has, this one alone is read by every SDK, and shown with its
/// title and address: Vercel's refuses a whole answer over `search_result_location`.
fn found(words: &str, title: &Value, url: &Value) -> Value {
    json!({
        "type": "web_search_result_location",
        "cited_text": words,
        "encrypted_index": "",
        "title": title,
        "url": url,
    })
}

/// A stretch of a text, in code points.
fn stretch(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

/// The empty message that a stream begins with.
pub(super) fn opening(identity: &Identity) -> Value {
    let mut message = message(identity, &[], &Stop::default(), &usage_body(Usage::default()));
    message["stop_reason"] = Value::Null;
    json!({ "type": "message_start", "message": message })
}
