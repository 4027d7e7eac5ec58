//! Golden tests of wire formats as data: our request and the JSON that is sent for it, a provider's answer and what we read
//! in it, whole or in pieces however they are cut.

use super::transport::{Decode, Decoder, ReadEvents};
use crate::error::Error;
use serde_json::{Map, Value, json};
use usecase::declared::ModelRef;
use usecase::{ChatRequest, Choice, ChoiceDelta, Chunk, Completion, Content, Dialect, Message, Usage};

pub(crate) fn model(name: &str) -> ModelRef {
    ModelRef { provider: "a".to_owned(), model: name.to_owned() }
}

/// A request out of OpenAI's JSON; `dialect` may stand beside the other fields.
pub(crate) fn request(body: Value) -> ChatRequest {
    let Value::Object(mut rest) = body else { panic!("a request is an object") };
    let messages = rest.remove("messages").unwrap_or_else(|| json!([{"role": "user", "content": "Hi"}]));
    let Value::Array(messages) = messages else { panic!("messages are a list") };
    let mut request = ChatRequest::new("support", messages.into_iter().map(message).collect());
    request.stream = rest.remove("stream") == Some(json!(true));
    if let Some(dialect) = rest.remove("dialect") {
        request.dialect = serde_json::from_value(dialect).expect("a dialect");
    }
    request.rest = rest;
    request
}

fn message(value: Value) -> Message {
    let Value::Object(mut rest) = value else { panic!("a message is an object") };
    let role = serde_json::from_value(rest.remove("role").expect("a role")).expect("a known role");
    let content = match rest.remove("content") {
        Some(Value::String(text)) => Content::Text(text),
        Some(Value::Array(parts)) => Content::Parts(parts),
        _ => Content::Absent,
    };
    Message { role, content, rest }
}

/// A request in Anthropic's dialect, as it arrives inside.
pub(crate) fn foreign(body: Value) -> ChatRequest {
    ChatRequest { dialect: Dialect::Messages, ..request(body) }
}

/// What an app has of a whole answer, without the fields that are made up anew each time.
pub(crate) fn whole(completion: &Completion) -> Value {
    let choices: Vec<Value> = completion.choices.iter().map(choice).collect();
    with_usage(json!({"choices": choices}), completion.usage)
}

fn choice(choice: &Choice) -> Value {
    let mut fields = choice.message.rest.clone();
    match &choice.message.content {
        Content::Text(text) => drop(fields.insert("content".to_owned(), text.as_str().into())),
        Content::Parts(parts) => drop(fields.insert("content".to_owned(), parts.clone().into())),
        Content::Absent => {}
    }
    around(choice.index, fields, choice.finish_reason.as_deref(), &choice.rest)
}

fn around(index: u32, said: Map<String, Value>, reason: Option<&str>, rest: &Map<String, Value>) -> Value {
    let mut shown = said;
    if index > 0 {
        shown.insert("index".to_owned(), index.into());
    }
    shown.extend(reason.map(|reason| ("finish_reason".to_owned(), reason.into())));
    shown.extend(rest.iter().map(|(name, value)| (name.clone(), value.clone())));
    shown.into()
}

/// The figures of a usage in the order input, cached, output, reasoning.
fn with_usage(mut shown: Value, usage: Option<Usage>) -> Value {
    if let Some(usage) = usage {
        let figures = [usage.input_tokens, usage.cached_input_tokens, usage.output_tokens, usage.reasoning_tokens];
        shown["usage"] = json!(figures);
    }
    shown
}

fn piece(chunk: &Chunk) -> Value {
    let delta = |delta: &ChoiceDelta| {
        let mut fields = delta.delta.clone();
        fields.extend(delta.text.as_ref().map(|text| ("content".to_owned(), text.as_str().into())));
        around(delta.index, fields, delta.finish_reason.as_deref(), &delta.rest)
    };
    let mut choices: Vec<Value> = chunk.choices.iter().map(delta).collect();
    let shown = if choices.len() == 1 { choices.remove(0) } else { json!({"choices": choices}) };
    with_usage(shown, chunk.usage)
}

/// The data of events as server-sent events.
pub(crate) fn sse(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// Decodes bytes that arrive in these pieces: the chunks, and the error at the end.
pub(crate) fn decode<'a, R: ReadEvents>(
    events: R,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Chunk>, Option<Error>) {
    let mut decoder = Decoder::new(&model("m"), events);
    let mut all = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        all.extend(std::iter::from_fn(|| decoder.next()));
    }
    decoder.finish();
    all.extend(std::iter::from_fn(|| decoder.next()));
    let error = all.iter().find_map(|piece| piece.as_ref().err()).cloned();
    (all.into_iter().flatten().collect(), error)
}

/// What an app has of a streamed answer, and the error at its end as the last piece. The bytes are cut at every place in
/// turn, which may change nothing.
pub(crate) fn streamed<R: ReadEvents>(new: impl Fn() -> R, bytes: &str) -> Value {
    let bytes = bytes.as_bytes();
    let shown = |(chunks, error): (Vec<Chunk>, Option<Error>)| -> Value {
        let error = error.map(|error| json!({"error": error.to_string()}));
        chunks.iter().map(piece).chain(error).collect()
    };
    let whole = shown(decode(new(), [bytes]));
    assert_eq!(shown(decode(new(), bytes.chunks(1))), whole, "byte by byte");
    for at in 0..bytes.len() {
        assert_eq!(shown(decode(new(), [&bytes[..at], &bytes[at..]])), whole, "cut at {at}");
    }
    whole
}
