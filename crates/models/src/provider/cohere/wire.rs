//! Whole answers of Cohere's chat as ours, and what they have in common with streamed ones.

use crate::provider::blocks::{answer, read};
use crate::provider::exchange::believed;
use crate::provider::tool_calls;
use serde_json::{Map, Value};
use usecase::{Choice, Completion, Content, Message, Role, Usage};

/// Why an answer ended, in OpenAI's words.
pub(super) fn finish_reason(given: &Value) -> Result<&'static str, String> {
    Ok(match given.as_str().unwrap_or_default() {
        "COMPLETE" | "STOP_SEQUENCE" => "stop",
        "MAX_TOKENS" => "length",
        "TOOL_CALL" => "tool_calls",
        "ERROR" => return Err("the model failed".to_owned()),
        "TIMEOUT" => return Err("the model took too long".to_owned()),
        other => {
            return Err(format!("it stopped for an unknown reason (`{}`)", read::shown(&other.to_ascii_lowercase())));
        }
    })
}

/// Tokens as they are charged, else as they were counted.
pub(super) fn usage(usage: &Value) -> Option<Usage> {
    // Written as floating-point numbers by some versions.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |value: &Value| value.as_u64().or_else(|| value.as_f64().map(|tokens| tokens.max(0.0) as u64));
    let number = |name: &str| {
        let of = |report: &str| usage.get(report)?.get(name).and_then(whole);
        of("billed_units").or_else(|| of("tokens")).unwrap_or(0)
    };
    let input_tokens = number("input_tokens");
    let cached = usage.get("cached_tokens").and_then(whole).unwrap_or(0);
    let usage = Usage {
        input_tokens,
        output_tokens: number("output_tokens"),
        cached_input_tokens: cached.min(input_tokens),
        ..Usage::default()
    };
    believed(usage)
}

/// Reads a whole answer, or says in one clause what is wrong with it, without quoting it.
pub(super) fn completion(model: &str, body: &Value, salt: &str) -> Result<Completion, String> {
    let message = body.get("message").filter(|message| message.is_object()).ok_or("`message` is missing")?;
    let (mut text, mut reasoning) = (None::<String>, String::new());
    let parts = message["content"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    for part in parts {
        if let Some(piece) = part["text"].as_str() {
            text.get_or_insert_default().push_str(piece);
        }
        reasoning.push_str(part["thinking"].as_str().unwrap_or_default());
    }
    reasoning.push_str(message["tool_plan"].as_str().unwrap_or_default());
    let mut rest = Map::new();
    if !reasoning.is_empty() {
        rest.insert("reasoning_content".to_owned(), reasoning.into());
    }
    for name in ["tool_calls", "citations"] {
        let items = message.get(name).filter(|items| items.as_array().is_some_and(|items| !items.is_empty()));
        rest.extend(items.map(|items| (name.to_owned(), items.clone())));
    }
    tool_calls::complete(&mut rest, salt)?;
    let content = text.map_or(Content::Absent, Content::Text);
    let finish_reason = Some(finish_reason(&body["finish_reason"])?.to_owned());
    let message = Message { role: Role::Assistant, content, rest };
    let choice = Choice { index: 0, message, finish_reason, rest: Map::new() };
    let header = answer::header(body["id"].as_str(), model, "chat.completion");
    Ok(Completion { choices: vec![choice], usage: usage(&body["usage"]), rest: header, raw: None })
}
