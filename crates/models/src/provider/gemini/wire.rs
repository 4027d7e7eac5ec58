//! Answers of `generateContent`, whole or one event of a stream, as ours.

use crate::provider::blocks::{answer, read};
use crate::provider::exchange::{believed, expect_choices};
use serde_json::{Map, Value, json};
use usecase::{Choice, Completion, Content, Message, Role, Usage};

/// What the parts of a candidate say.
#[derive(Default)]
pub(super) struct Said {
    pub(super) text: Option<String>,
    reasoning: String,
    calls: Vec<Value>,
    images: Vec<Value>,
}

impl Said {
    /// Reads the parts of a candidate. In a stream a call says its place, behind those that are `known` already.
    pub(super) fn read(candidate: &Value, salt: &str, known: usize, streamed: bool) -> Self {
        let mut said = Self::default();
        for part in candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten() {
            if let Some(text) = part.get("text").and_then(Value::as_str) {
                match part["thought"] == true {
                    true => said.reasoning.push_str(text),
                    false => said.text.get_or_insert_default().push_str(text),
                }
            } else if let Some(call) = part.get("functionCall") {
                let at = known + said.calls.len();
                said.calls.push(called(call, part.get("thoughtSignature"), at, salt, streamed));
            } else if let Some(data) = part.get("inlineData") {
                let text = |name: &str| data[name].as_str().unwrap_or_default();
                let url = format!("data:{};base64,{}", text("mimeType"), text("data"));
                said.images.push(json!({"type": "image_url", "image_url": {"url": url}}));
            }
        }
        said
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.len()
    }

    /// What is said beside the text, as fields of a message or a delta.
    pub(super) fn rest(self) -> (Option<String>, Map<String, Value>) {
        let mut rest = Map::new();
        if !self.reasoning.is_empty() {
            rest.insert("reasoning_content".to_owned(), self.reasoning.into());
        }
        for (name, values) in [("tool_calls", self.calls), ("images", self.images)] {
            if !values.is_empty() {
                rest.insert(name.to_owned(), values.into());
            }
        }
        (self.text, rest)
    }
}

/// A call in our form, with its signature where Google's own imitation of OpenAI's API has it.
fn called(call: &Value, signature: Option<&Value>, at: usize, salt: &str, streamed: bool) -> Value {
    let made = || format!("call_{salt}_{at}");
    let id = call["id"].as_str().filter(|id| !id.is_empty()).map_or_else(made, str::to_owned);
    let arguments = call.get("args").filter(|args| args.is_object()).map_or_else(|| "{}".to_owned(), Value::to_string);
    let name = call["name"].as_str().unwrap_or_default();
    let mut written = answer::call(streamed.then_some(at), &id, name, &arguments);
    if let Some(signature) = signature {
        written["extra_content"] = json!({"google": {"thought_signature": signature}});
    }
    written
}

/// Why a candidate ended, in OpenAI's words; `None` while it has not.
pub(super) fn finish_reason(candidate: &Value, has_calls: bool) -> Result<Option<&'static str>, String> {
    Ok(Some(match candidate["finishReason"].as_str() {
        None | Some("FINISH_REASON_UNSPECIFIED" | "") => return Ok(None),
        Some("STOP") if has_calls => "tool_calls",
        Some("STOP") => "stop",
        Some("MAX_TOKENS") => "length",
        Some(
            "SAFETY"
            | "RECITATION"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "LANGUAGE"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION",
        ) => "content_filter",
        Some("MALFORMED_FUNCTION_CALL" | "MALFORMED_RESPONSE") => {
            return Err("the model's output is malformed".to_owned());
        }
        Some("UNEXPECTED_TOOL_CALL" | "TOO_MANY_TOOL_CALLS") => {
            return Err("it called tools that it may not".to_owned());
        }
        Some(other) => {
            return Err(format!("it stopped for an unknown reason (`{}`)", read::shown(&other.to_ascii_lowercase())));
        }
    }))
}

/// Whether the prompt itself was refused, so that there is no candidate.
pub(super) fn is_blocked(body: &Value) -> bool {
    body.pointer("/promptFeedback/blockReason").is_some_and(|reason| reason != "BLOCK_REASON_UNSPECIFIED")
}

/// What a choice holds beside its message: the reports of a candidate as they came, its probabilities in OpenAI's form.
pub(super) fn rest_of_choice(candidate: &Value) -> Map<String, Value> {
    let read = ["content", "finishReason", "index", "tokenCount", "logprobsResult"];
    let reports = candidate.as_object().into_iter().flatten().filter(|(name, _)| !read.contains(&name.as_str()));
    let mut rest: Map<String, Value> = reports.map(|(name, value)| (name.clone(), value.clone())).collect();
    if let Some(probabilities) = candidate.get("logprobsResult") {
        rest.insert("logprobs".to_owned(), logprobs(probabilities));
    }
    rest
}

fn logprobs(result: &Value) -> Value {
    let list = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let token = |token: &Value| {
        let text = token["token"].as_str().unwrap_or_default();
        json!({"token": text, "logprob": token["logProbability"], "bytes": text.as_bytes()})
    };
    let top = list(result, "topCandidates");
    let chosen = list(result, "chosenCandidates").into_iter().enumerate().map(|(at, chosen)| {
        let mut written = token(&chosen);
        let others = top.get(at).map(|top| list(top, "candidates")).unwrap_or_default();
        written["top_logprobs"] = others.iter().map(token).collect();
        written
    });
    json!({"content": chosen.collect::<Vec<_>>(), "refusal": null})
}

/// The fields around an answer.
pub(super) fn header(model: &str, body: &Value, object: &str) -> Map<String, Value> {
    let model = body["modelVersion"].as_str().unwrap_or(model);
    let mut header = answer::header(body["responseId"].as_str(), model, object);
    if let Some(feedback) = body.get("promptFeedback") {
        header.insert("promptFeedback".to_owned(), feedback.clone());
    }
    header
}

/// The tokens of an answer. Thoughts are counted beside the candidates, and are output like them.
pub(super) fn usage(body: &Value) -> Option<Usage> {
    let report = body.get("usageMetadata")?;
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    let thoughts = number("thoughtsTokenCount");
    let usage = Usage {
        input_tokens: number("promptTokenCount").saturating_add(number("toolUsePromptTokenCount")),
        output_tokens: number("candidatesTokenCount").saturating_add(thoughts),
        cached_input_tokens: number("cachedContentTokenCount").min(number("promptTokenCount")),
        reasoning_tokens: thoughts,
        ..Usage::default()
    };
    believed(usage)
}

pub(super) fn index(candidate: &Value, position: usize) -> u32 {
    let given = candidate["index"].as_u64().and_then(|index| u32::try_from(index).ok());
    given.unwrap_or(u32::try_from(position).unwrap_or(u32::MAX))
}

/// Reads a whole answer, or says in one clause what is wrong with it, without quoting it.
pub(super) fn completion(model: &str, body: &Value, salt: &str) -> Result<Completion, String> {
    let candidates = body["candidates"].as_array().map_or(&[] as &[Value], Vec::as_slice);
    expect_choices(candidates.len())?;
    let read = |(at, candidate): (usize, &Value)| {
        let said = Said::read(candidate, &format!("{salt}{at}"), 0, false);
        let reason = finish_reason(candidate, said.calls() > 0)?.unwrap_or("stop");
        let (text, rest) = said.rest();
        let message = Message { role: Role::Assistant, content: text.map_or(Content::Absent, Content::Text), rest };
        let (index, finish_reason) = (index(candidate, at), Some(reason.to_owned()));
        Ok(Choice { index, message, finish_reason, rest: rest_of_choice(candidate) })
    };
    let mut choices = candidates.iter().enumerate().map(read).collect::<Result<Vec<_>, String>>()?;
    if choices.is_empty() {
        if !is_blocked(body) {
            return Err("it holds no candidate".to_owned());
        }
        let message = Message { role: Role::Assistant, content: Content::Absent, rest: Map::new() };
        let finish_reason = Some("content_filter".to_owned());
        choices.push(Choice { index: 0, message, finish_reason, rest: Map::new() });
    }
    Ok(Completion { choices, usage: usage(body), rest: header(model, body, "chat.completion"), raw: None })
}
