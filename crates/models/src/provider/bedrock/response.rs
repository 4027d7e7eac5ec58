//! An answer of Converse, or the events of ConverseStream.

use crate::error::Error;
use crate::provider::aws::eventstream::Message;
use crate::provider::blocks::Piece;
use crate::provider::blocks::answer::{self, Stop, Tokens};
use crate::provider::blocks::stream::{Answering, Delta, Event};
use crate::provider::transport::ReadEvents;
use serde_json::Value;
use usecase::declared::ModelRef;
use usecase::{Chunk, Completion};

/// Reads a whole answer, or says in one clause what is wrong with it.
pub(super) fn completion(id: Option<&str>, model: &str, body: &Value) -> Result<Completion, String> {
    let content = body.pointer("/output/message/content").and_then(Value::as_array).ok_or("`content` is missing")?;
    let pieces = content.iter().map(piece).collect::<Result<_, _>>()?;
    let stop = stop(body).ok_or("`stopReason` is missing")?;
    let mut completion = answer::completion(id, model, pieces, &stop, tokens(&body["usage"]))?;
    if let Some(tier) = body.pointer("/serviceTier/type") {
        completion.rest.insert("service_tier".to_owned(), tier.clone());
    }
    Ok(completion)
}

fn piece(block: &Value) -> Result<Piece, String> {
    let text = |pointer: &str| block.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let Some(text) = text("/text") {
        return Ok(Piece::Text(text));
    }
    if let Some(call) = block.get("toolUse") {
        let input = call.get("input").cloned().unwrap_or_default();
        let (id, name) = (text("/toolUse/toolUseId"), text("/toolUse/name"));
        let (id, name) = id.zip(name).ok_or("a tool call has no id or no name")?;
        return Ok(Piece::Call { id, name, input });
    }
    if let Some(data) = text("/reasoningContent/redactedContent") {
        return Ok(Piece::Redacted(data));
    }
    if let Some(thought) = text("/reasoningContent/reasoningText/text") {
        let signature = text("/reasoningContent/reasoningText/signature").unwrap_or_default();
        return Ok(Piece::Thinking { text: thought, signature });
    }
    let cited = block.pointer("/citationsContent/content").and_then(Value::as_array);
    Ok(match cited {
        Some(parts) => Piece::Text(parts.iter().filter_map(|part| part.get("text")?.as_str()).collect()),
        None => Piece::Other(Value::Null),
    })
}

fn stop(body: &Value) -> Option<Stop> {
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let sequence = text("/additionalModelResponseFields/stop_sequence");
    Some(Stop { reason: text("/stopReason")?, sequence, explanation: None })
}

fn tokens(report: &Value) -> Tokens {
    Tokens::read(report, ["inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens", "outputTokens"])
}

/// A message of the stream as a server-sent event, so that it is read like any other stream: the event's name over its
/// payload. Line breaks in JSON are only white space.
pub(super) fn unwrap(message: Message) -> Vec<u8> {
    let mut event = format!("data: {{\"{}\":", message.name).into_bytes();
    event.extend(message.payload.into_iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
    event.extend_from_slice(b"}\n\n");
    event
}

/// The events of a stream.
pub(super) struct Events {
    model: ModelRef,
    answer: Answering,
}

impl Events {
    pub(super) fn new(model: &ModelRef, id: Option<&str>) -> Self {
        Self { model: model.clone(), answer: Answering::new(&model.model, id) }
    }
}

impl ReadEvents for Events {
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error> {
        let garbage = |what: String| Error::Garbage { model: self.model.clone(), what };
        let Ok(event) = serde_json::from_str::<Value>(data) else {
            return Err(garbage("an event of its stream is not JSON".to_owned()));
        };
        let event = read(&event).map_err(&garbage)?;
        let Some((event, is_last)) = event else { return Ok(false) };
        if is_last && !self.answer.has_stopped() {
            return Err(garbage("its stream says that it is done and gives no reason".to_owned()));
        }
        let taken = self.answer.take(event, chunks);
        taken.map(|()| is_last).map_err(|what| Error::Garbage { model: self.model.clone(), what })
    }

    fn has_begun(&self) -> bool {
        self.answer.has_begun()
    }

    fn is_complete(&self) -> bool {
        self.answer.has_stopped()
    }
}

/// What an event says and whether it is the last; new kinds of events say nothing.
fn read(event: &Value) -> Result<Option<(Event, bool)>, String> {
    let Some((name, payload)) = event.as_object().and_then(|event| event.iter().next()) else {
        return Err("an event of its stream has no name".to_owned());
    };
    let index = payload.get("contentBlockIndex").and_then(Value::as_u64).unwrap_or(0);
    let event = match name.as_str() {
        "messageStart" => Event::Start { id: None, model: None },
        "contentBlockStart" => Event::Open { index, piece: piece(&payload["start"])? },
        "contentBlockDelta" => match delta(&payload["delta"]) {
            Some(delta) => Event::Delta { index, delta },
            None => return Ok(None),
        },
        "contentBlockStop" => Event::Close { index },
        "messageStop" => Event::Stop(stop(payload).ok_or("`stopReason` is missing")?),
        "metadata" => return Ok(Some((Event::Tokens(tokens(&payload["usage"])), true))),
        _ => return Ok(None),
    };
    Ok(Some((event, false)))
}

fn delta(delta: &Value) -> Option<Delta> {
    let text = |pointer: &str| delta.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    text("/text")
        .map(Delta::Text)
        .or_else(|| text("/toolUse/input").map(Delta::Input))
        .or_else(|| text("/reasoningContent/text").map(Delta::Thinking))
        .or_else(|| text("/reasoningContent/signature").map(Delta::Signature))
        .or_else(|| text("/reasoningContent/redactedContent").map(Delta::Redacted))
}
