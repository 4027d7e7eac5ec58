//! Reading a stream of server-sent events as it comes: how many pieces of text, how it ended, what was said.

use serde::Deserialize;
use std::borrow::Cow;

/// A line longer than this is no frame of ours; in bytes.
const LONGEST_LINE: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(default)]
    error: Option<serde_json::Value>,
    #[serde(borrow, default)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Delta<'a>,
}

#[derive(Default, Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// `[DONE]`.
    Done,
    /// An error frame.
    Error,
}

#[derive(Debug, Default)]
pub(crate) struct Frames {
    held: Vec<u8>,
    pub(crate) end: Option<End>,
    /// Everything that was said.
    pub(crate) text: String,
}

impl Frames {
    /// Takes the next bytes; gives how many pieces of text came whole with them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> u64 {
        self.held.extend_from_slice(bytes);
        let mut pieces = 0;
        let mut from = 0;
        let held = std::mem::take(&mut self.held);
        while let Some(length) = held[from..].iter().position(|byte| *byte == b'\n') {
            pieces += u64::from(self.line(&held[from..from + length]));
            from += length + 1;
        }
        self.held = held;
        self.held.drain(..from);
        if self.held.len() > LONGEST_LINE {
            self.held.clear();
            self.end = Some(End::Error);
        }
        pieces
    }

    /// Whether the line holds a piece of text.
    fn line(&mut self, line: &[u8]) -> bool {
        let Some(data) = line.strip_prefix(b"data:") else { return false };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.end.get_or_insert(End::Done);
            return false;
        }
        let Ok(frame) = serde_json::from_slice::<Frame<'_>>(data) else {
            self.end = Some(End::Error);
            return false;
        };
        if frame.error.is_some() {
            self.end = Some(End::Error);
        }
        let said = frame.choices.first().and_then(|choice| choice.delta.content.as_deref()).unwrap_or_default();
        self.text.push_str(said);
        !said.is_empty()
    }
}
