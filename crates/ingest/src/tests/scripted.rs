//! A source that gives what a test tells it to, and counts what is read of it.

use crate::source::{Content, Item, Since, Source, Taker, Walked};
use crate::{Error, Result};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use usecase::declared::Feed;

/// What it says of an item.
#[derive(Clone, Debug)]
pub(super) enum Said {
    Bytes(String),
    Deleted,
    Vanished,
    Refused,
}

#[derive(Clone, Default)]
pub(super) struct Scripted {
    /// Name, version, content.
    pub(super) items: Vec<(String, Option<String>, Said)>,
    /// A stream, which gives changes only: with the cursor that it ends with.
    pub(super) stream: Option<Value>,
    /// It breaks after so many items, as when the process is killed or the connection lost.
    pub(super) breaks_after: Option<usize>,
    pub(super) reads: Arc<AtomicUsize>,
    /// The cursors that walks began with.
    pub(super) began: Arc<std::sync::Mutex<Vec<Option<Value>>>>,
}

impl Scripted {
    /// Items of a version each.
    pub(super) fn of(items: &[(&str, &str, &str)]) -> Self {
        let items = items.iter().map(|(name, version, text)| {
            ((*name).to_owned(), Some((*version).to_owned()), Said::Bytes((*text).to_owned()))
        });
        Self { items: items.collect(), ..Self::default() }
    }

    /// So many documents, each of other words.
    pub(super) fn numbered(count: usize) -> Self {
        let item = |number| (format!("n{number:04}.md"), None, Said::Bytes(format!("word{number} stands alone")));
        Self { items: (0..count).map(item).collect(), ..Self::default() }
    }

    /// Messages: an id and a text, or nothing for a tombstone.
    pub(super) fn messages(cursor: u64, messages: &[(&str, Option<&str>)]) -> Self {
        let items = messages.iter().map(|(id, text)| {
            let said = match text {
                Some(text) => Said::Bytes(json!({"id": id, "text": text}).to_string()),
                None => Said::Deleted,
            };
            ((*id).to_owned(), None, said)
        });
        Self { items: items.collect(), stream: Some(json!({ "at": cursor })), ..Self::default() }
    }

    pub(super) fn breaking(self, after: usize) -> Self {
        Self { breaks_after: Some(after), ..self }
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

impl Source for Scripted {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        self.began.lock().expect("not poisoned").push(since.cursor.cloned());
        taker.expect(self.items.len());
        for (place, (name, version, said)) in self.items.iter().enumerate() {
            if self.breaks_after == Some(place) {
                return Err(Error::Source { place: "the script".to_owned(), reason: "it broke off".to_owned() });
            }
            let known = version.is_some() && (since.version_of)(name) == *version;
            let content = match said {
                Said::Bytes(_) if known => Content::Unchanged,
                Said::Bytes(text) => {
                    self.reads.fetch_add(1, Ordering::Relaxed);
                    let media = self.stream.as_ref().map(|_| "application/json".to_owned());
                    Content::Bytes { bytes: text.clone().into_bytes(), media, url: None }
                }
                Said::Deleted => Content::Deleted,
                Said::Vanished => Content::Vanished,
                Said::Refused => Content::Refused("it cannot be opened".to_owned()),
            };
            taker.take(Item { name: name.clone(), version: version.clone(), content })?;
        }
        Ok(Walked { whole: self.stream.is_none(), cursor: self.stream.clone(), ..Walked::default() })
    }
}

/// A feed whose messages may repeat a document.
pub(super) fn stream_feed() -> Feed {
    let kafka = serde_json::from_value(json!({"brokers": ["127.0.0.1:1"], "topic": "t"})).expect("a topic");
    Feed { files: None, kafka: Some(kafka), ..Feed::of_files("") }
}
