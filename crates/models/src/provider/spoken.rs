//! An answer made in this process: the same words whether they are given whole or in pieces.

use serde_json::{Map, Value, json};
use usecase::{Choice, ChoiceDelta, Chunk, Completion, Message, Role, Timestamp, Usage};

pub(super) struct Spoken {
    /// `provider/model`, as the answer names it.
    pub(super) model: String,
    /// The text, cut where a stream may be cut. Never empty.
    pub(super) pieces: Vec<String>,
    /// Facts beside the text: citations, the mark of an abstention.
    pub(super) facts: Map<String, Value>,
    pub(super) usage: Option<Usage>,
}

impl Spoken {
    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }

    pub(super) fn completion(self) -> Completion {
        let message = Message::new(Role::Assistant, self.text());
        let finish_reason = Some("stop".to_owned());
        let rest = header(&self.model, "chat.completion");
        let choice = Choice { index: 0, message, finish_reason, rest: self.facts };
        Completion { choices: vec![choice], usage: self.usage, rest, raw: None }
    }

    /// One chunk for each piece, and a last one with the reason, the facts and the usage.
    pub(super) fn chunks(self) -> Vec<Chunk> {
        let rest = header(&self.model, "chat.completion.chunk");
        let chunk = |choice, usage| Chunk { choices: vec![choice], usage, rest: rest.clone(), raw: None };
        let blank = || ChoiceDelta { index: 0, text: None, delta: Map::new(), finish_reason: None, rest: Map::new() };
        let mut chunks: Vec<Chunk> = Vec::with_capacity(self.pieces.len() + 1);
        for text in self.pieces {
            let mut choice = ChoiceDelta { text: Some(text), ..blank() };
            if chunks.is_empty() {
                choice.delta.insert("role".to_owned(), "assistant".into());
            }
            chunks.push(chunk(choice, None));
        }
        let last = ChoiceDelta { finish_reason: Some("stop".to_owned()), rest: self.facts, ..blank() };
        chunks.push(chunk(last, self.usage));
        chunks
    }
}

fn header(model: &str, object: &str) -> Map<String, Value> {
    let now = Timestamp::now();
    let header = json!({
        "id": format!("chatcmpl-{:x}", now.0),
        "object": object,
        "created": now.unix_seconds(),
        "model": model,
    });
    match header {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
