//! A streamed answer made of blocks: the provider's events in, our chunks out, in the one form that clients rely on.

use super::Piece;
use super::answer::{self, Stop, Tokens};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use usecase::{ChoiceDelta, Chunk};

/// What an event says, whichever provider it came from.
#[derive(Debug)]
pub(in crate::provider) enum Event {
    Start {
        id: Option<String>,
        model: Option<String>,
    },
    /// A block begins; a call may already have all its input.
    Open {
        index: u64,
        piece: Piece,
    },
    Delta {
        index: u64,
        delta: Delta,
    },
    Close {
        index: u64,
    },
    Stop(Stop),
    Tokens(Tokens),
}

#[derive(Debug)]
pub(in crate::provider) enum Delta {
    Text(String),
    Thinking(String),
    Signature(String),
    Redacted(String),
    /// A piece of the JSON of a call's input.
    Input(String),
}

/// What the events so far amount to.
pub(in crate::provider) struct Answering {
    /// What is ready to be passed on.
    ready: Vec<Chunk>,
    header: Map<String, Value>,
    blocks: BTreeMap<u64, Opened>,
    calls: usize,
    tokens: Tokens,
    has_begun: bool,
    has_stopped: bool,
}

/// A block under way.
enum Opened {
    Call { number: usize, said: bool, input: Value },
    Thinking { signature: String },
    Redacted { data: String },
    Other,
}

impl Answering {
    /// `id` names the answer where the events do not.
    pub(in crate::provider) fn new(model: &str, id: Option<&str>) -> Self {
        Self {
            ready: Vec::new(),
            header: answer::header(id, model, "chat.completion.chunk"),
            blocks: BTreeMap::new(),
            calls: 0,
            tokens: Tokens::default(),
            has_begun: false,
            has_stopped: false,
        }
    }

    pub(in crate::provider) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(in crate::provider) fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    /// Takes an event and adds the chunks that it makes, or says in one clause what is wrong with it.
    pub(in crate::provider) fn take(&mut self, event: Event, chunks: &mut Vec<Chunk>) -> Result<(), String> {
        let outcome = self.read(event);
        chunks.append(&mut self.ready);
        outcome
    }

    fn read(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Start { id, model } => self.start(id, model),
            Event::Open { index, piece } => self.open(index, piece),
            Event::Delta { index, delta } => return self.delta(index, delta),
            Event::Close { index } => self.close(index),
            Event::Stop(stop) => return self.stop(&stop),
            Event::Tokens(tokens) => {
                self.tokens = self.tokens.merge(tokens);
                // Only the last report is passed on: a stream that is left half way is better estimated.
                if self.has_stopped {
                    let usage = self.tokens.usage();
                    self.ready.push(Chunk { choices: Vec::new(), usage, rest: self.header.clone(), raw: None });
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, id: Option<String>, model: Option<String>) {
        for (name, value) in [("id", id), ("model", model)] {
            if let Some(value) = value {
                self.header.insert(name.to_owned(), value.into());
            }
        }
        self.has_begun = true;
        self.say("role", "assistant".into());
    }

    fn chunk(&mut self, choice: ChoiceDelta) {
        let chunk = Chunk { choices: vec![choice], usage: None, rest: self.header.clone(), raw: None };
        self.ready.push(chunk);
    }

    /// A chunk with one field in its delta.
    fn say(&mut self, name: &str, value: Value) {
        let delta = Map::from_iter([(name.to_owned(), value)]);
        self.chunk(ChoiceDelta { index: 0, text: None, delta, finish_reason: None, rest: Map::new() });
    }

    fn say_text(&mut self, text: String) {
        let (text, delta, rest) = (Some(text), Map::new(), Map::new());
        self.chunk(ChoiceDelta { index: 0, text, delta, finish_reason: None, rest });
    }

    fn open(&mut self, index: u64, piece: Piece) {
        let opened = match piece {
            Piece::Call { id, name, input } => {
                let number = self.calls;
                self.calls += 1;
                self.say("tool_calls", vec![answer::call(Some(number), &id, &name, "")].into());
                Opened::Call { number, said: false, input }
            }
            Piece::Thinking { text, signature } => {
                if !text.is_empty() {
                    self.say("reasoning_content", text.into());
                }
                Opened::Thinking { signature }
            }
            Piece::Redacted(data) => Opened::Redacted { data },
            Piece::Text(text) => {
                if !text.is_empty() {
                    self.say_text(text);
                }
                Opened::Other
            }
            _ => Opened::Other,
        };
        self.blocks.insert(index, opened);
    }

    fn delta(&mut self, index: u64, delta: Delta) -> Result<(), String> {
        // Not every provider announces a block of text or of reasoning.
        let opened = self.blocks.entry(index).or_insert_with(|| match &delta {
            Delta::Thinking(_) | Delta::Signature(_) => Opened::Thinking { signature: String::new() },
            Delta::Redacted(_) => Opened::Redacted { data: String::new() },
            Delta::Text(_) | Delta::Input(_) => Opened::Other,
        });
        match (delta, opened) {
            (Delta::Text(text), _) if !text.is_empty() => self.say_text(text),
            (Delta::Thinking(text), _) if !text.is_empty() => self.say("reasoning_content", text.into()),
            (Delta::Signature(piece), Opened::Thinking { signature }) => signature.push_str(&piece),
            (Delta::Redacted(piece), Opened::Redacted { data }) => data.push_str(&piece),
            (Delta::Input(piece), Opened::Call { number, said, .. }) if !piece.is_empty() => {
                *said = true;
                let more = json!([{"index": *number, "function": {"arguments": piece}}]);
                self.say("tool_calls", more);
            }
            (Delta::Signature(_) | Delta::Redacted(_), _) => {
                return Err("a block of reasoning changes its kind".to_owned());
            }
            // A block that is none of ours, such as a search that the provider made itself.
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, index: u64) {
        match self.blocks.remove(&index) {
            // The whole input came at the start, or the tool takes none.
            Some(Opened::Call { number, said: false, input }) => {
                let input = if input.is_object() { input.to_string() } else { "{}".to_owned() };
                self.say("tool_calls", json!([{"index": number, "function": {"arguments": input}}]));
            }
            Some(Opened::Thinking { signature }) if !signature.is_empty() => {
                let block = json!({"type": "thinking", "thinking": "", "signature": signature});
                self.say("thinking_blocks", vec![block].into());
            }
            Some(Opened::Redacted { data }) => {
                self.say("thinking_blocks", json!([{"type": "redacted_thinking", "data": data}]));
            }
            _ => {}
        }
    }

    fn stop(&mut self, stop: &Stop) -> Result<(), String> {
        let finish_reason = Some(stop.finish_reason()?.to_owned());
        if std::mem::replace(&mut self.has_stopped, true) {
            return Ok(());
        }
        let refusal = stop.explanation.iter().map(|text| ("refusal".to_owned(), text.as_str().into()));
        let delta = refusal.collect();
        self.chunk(ChoiceDelta { index: 0, text: None, delta, finish_reason, rest: stop.rest() });
        Ok(())
    }
}
