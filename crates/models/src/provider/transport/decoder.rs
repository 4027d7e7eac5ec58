//! A streamed answer in server-sent events, whatever the events say: framing, limits, the last event, and the cut in the
//! middle are the same for all. What an event means is the provider's, behind [`ReadEvents`].

use super::events::Decode;
use super::sse::{LARGEST_EVENT, SseError, SseReader};
use crate::error::Error;
use std::collections::VecDeque;
use usecase::Chunk;
use usecase::declared::ModelRef;

/// What a provider's events mean.
pub(crate) trait ReadEvents: Send + 'static {
    /// Takes the data of one event and adds the chunks that it makes. Says whether the answer was declared over.
    fn take(&mut self, data: &str, chunks: &mut Vec<Chunk>) -> Result<bool, Error>;

    /// Whether anything of an answer was there.
    fn has_begun(&self) -> bool;

    /// Whether every choice that was begun has ended.
    fn is_complete(&self) -> bool;
}

pub(crate) struct Decoder<R> {
    model: ModelRef,
    reader: SseReader,
    taken: Taken<R>,
}

/// What the events so far amount to.
struct Taken<R> {
    events: R,
    ready: VecDeque<Result<Chunk, Error>>,
    done: bool,
}

impl<R: ReadEvents> Decoder<R> {
    pub(crate) fn new(model: &ModelRef, events: R) -> Self {
        let taken = Taken { events, ready: VecDeque::new(), done: false };
        Self { model: model.clone(), reader: SseReader::default(), taken }
    }

    fn note(&mut self, outcome: &Result<(), SseError>) {
        let model = self.model.clone();
        match outcome {
            Ok(()) => {}
            Err(SseError::TooLarge) => {
                self.taken.fail(Error::TooLarge { model, limit_bytes: LARGEST_EVENT, place: "in one event" });
            }
            Err(SseError::NotUtf8) => {
                self.taken.fail(Error::Garbage { model, what: "an event of its stream is not UTF-8".to_owned() });
            }
        }
    }
}

impl<R: ReadEvents> Decode for Decoder<R> {
    fn push(&mut self, bytes: &[u8]) {
        let (reader, taken) = (&mut self.reader, &mut self.taken);
        let outcome = reader.push(bytes, &mut |data| {
            taken.take_event(data);
            Ok(())
        });
        self.note(&outcome);
    }

    fn finish(&mut self) {
        let (reader, taken) = (&mut self.reader, &mut self.taken);
        let outcome = reader.finish(&mut |data| {
            // Half an event is the mark of a cut; it is not also reported as nonsense.
            if data.trim() == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok() {
                taken.take_event(data);
            }
            Ok(())
        });
        self.note(&outcome);
        if !self.taken.done && !self.taken.events.is_complete() {
            let what = match self.taken.events.has_begun() {
                true => "its stream ended in the middle of the answer",
                false => "its stream ended without an answer",
            };
            self.taken.fail(Error::CutOff { model: self.model.clone(), what: what.to_owned() });
        }
        self.taken.done = true;
    }

    fn is_done(&self) -> bool {
        self.taken.done
    }

    fn is_complete(&self) -> bool {
        self.taken.events.is_complete()
    }

    fn next(&mut self) -> Option<Result<Chunk, Error>> {
        self.taken.ready.pop_front()
    }

    fn fail(&mut self, error: Error) {
        self.taken.fail(error);
    }
}

impl<R: ReadEvents> Taken<R> {
    fn fail(&mut self, error: Error) {
        if !std::mem::replace(&mut self.done, true) {
            self.ready.push_back(Err(error));
        }
    }

    fn take_event(&mut self, data: &str) {
        let data = data.trim();
        if self.done || data.is_empty() {
            return;
        }
        let mut chunks = Vec::new();
        let outcome = self.events.take(data, &mut chunks);
        self.ready.extend(chunks.into_iter().map(Ok));
        match outcome {
            Ok(over) => self.done = over,
            Err(error) => self.fail(error),
        }
    }
}
