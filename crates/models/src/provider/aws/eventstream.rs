//! The binary framing of AWS's streams, `application/vnd.amazon.eventstream`
//! (<https://smithy.io/2.0/aws/amazon-eventstream.html>).
//!
//! A message is its length (4 bytes, big-endian), the length of its headers, the CRC-32 of these two, the headers, the
//! payload, and the CRC-32 of all before. Streams of two services are read with it, and both hold a stream of another
//! kind inside: each message is unwrapped and handed to the decoder of that.

use crate::error::{Error, Upstream};
use crate::provider::refusal;
use crate::provider::transport::Decode;
use serde_json::Value;
use usecase::Chunk;
use usecase::declared::ModelRef;

/// The largest message that is read, in bytes: what the specification allows.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// Both lengths and their checksum.
const PRELUDE: usize = 12;

/// The checksum at the end.
const CHECKSUM: usize = 4;

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// `event`, `exception` or `error`.
    pub(crate) kind: String,
    /// Which event or exception.
    pub(crate) name: String,
    pub(crate) payload: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    TooLarge,
    Checksum,
    Headers,
}

/// Cuts bytes that arrive in any pieces into messages.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    held: Vec<u8>,
}

impl Reader {
    /// Takes the next bytes and gives the messages that they complete. After an error nothing more can be read.
    pub(crate) fn push(&mut self, bytes: &[u8], messages: &mut Vec<Message>) -> Result<(), Broken> {
        self.held.extend_from_slice(bytes);
        let mut at = 0;
        let outcome = loop {
            match next(&self.held[at..]) {
                Ok(Some((message, length))) => {
                    messages.push(message);
                    at += length;
                }
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
            }
        };
        self.held.drain(..at);
        outcome
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

/// The first message of the bytes and its length, once it is whole.
fn next(bytes: &[u8]) -> Result<Option<(Message, usize)>, Broken> {
    if bytes.len() < PRELUDE {
        return Ok(None);
    }
    if number(&bytes[8..]) != Some(crc32fast::hash(&bytes[..8])) {
        return Err(Broken::Checksum);
    }
    let length = |at: usize| number(&bytes[at..]).map_or(usize::MAX, |length| length as usize);
    let (total, headers) = (length(0), length(4));
    if total > LARGEST_MESSAGE {
        return Err(Broken::TooLarge);
    }
    let payload_at = PRELUDE.saturating_add(headers);
    if payload_at.saturating_add(CHECKSUM) > total {
        return Err(Broken::Headers);
    }
    let Some(message) = bytes.get(..total) else { return Ok(None) };
    let (checked, checksum) = message.split_at(total - CHECKSUM);
    if number(checksum) != Some(crc32fast::hash(checked)) {
        return Err(Broken::Checksum);
    }
    let mut read = read_headers(&checked[PRELUDE..payload_at]).ok_or(Broken::Headers)?;
    read.payload = checked[payload_at..].to_vec();
    Ok(Some((read, total)))
}

/// Reads the headers that say what a message is; `None` when they are not well-formed.
fn read_headers(mut bytes: &[u8]) -> Option<Message> {
    let mut message = Message { kind: "event".to_owned(), ..Message::default() };
    while let Some((&length, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(length))?;
        let (&kind, rest) = rest.split_first()?;
        let (length, rest) = match kind {
            0 | 1 => (0, rest),
            2 => (1, rest),
            3 => (2, rest),
            4 => (4, rest),
            5 | 8 => (8, rest),
            6 | 7 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            9 => (16, rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        bytes = rest;
        let held = match name {
            b":message-type" => &mut message.kind,
            b":event-type" | b":exception-type" | b":error-code" => &mut message.name,
            _ => continue,
        };
        *held = std::str::from_utf8(value).ok().filter(|_| kind == 7)?.to_owned();
    }
    Some(message)
}

/// What the messages of a service hold: bytes for the decoder inside.
pub(crate) type Unwrap = fn(Message) -> Vec<u8>;

/// A stream in this framing with another one inside.
pub(crate) struct Framed<D> {
    model: ModelRef,
    reader: Reader,
    unwrap: Unwrap,
    inside: D,
}

impl<D: Decode> Framed<D> {
    pub(crate) fn new(model: &ModelRef, unwrap: Unwrap, inside: D) -> Self {
        Self { model: model.clone(), reader: Reader::default(), unwrap, inside }
    }

    /// An exception of the service, as the error that it would have been before the stream began.
    fn exception(&self, message: &Message) -> Error {
        let body: Value = serde_json::from_slice(&message.payload).unwrap_or(Value::Null);
        let status = refusal::status_named(&message.name).unwrap_or(500);
        match refusal::report_of(&self.model, Some(status), &body) {
            Some(upstream) => Error::ErrorInBody(Box::new(Upstream { kind: Some(message.name.clone()), ..upstream })),
            None => {
                Error::Garbage { model: self.model.clone(), what: "its stream broke off without a reason".to_owned() }
            }
        }
    }

    fn broken(&self, broken: Broken) -> Error {
        let model = self.model.clone();
        let what = match broken {
            Broken::TooLarge => {
                return Error::TooLarge { model, limit_bytes: LARGEST_MESSAGE, place: "in one event" };
            }
            Broken::Checksum => "a message of its stream has a wrong checksum",
            Broken::Headers => "a message of its stream has headers that cannot be read",
        };
        Error::Garbage { model, what: what.to_owned() }
    }
}

impl<D: Decode> Decode for Framed<D> {
    fn push(&mut self, bytes: &[u8]) {
        let mut messages = Vec::new();
        let outcome = self.reader.push(bytes, &mut messages);
        for message in messages {
            match message.kind.as_str() {
                "event" => self.inside.push(&(self.unwrap)(message)),
                _ => self.inside.fail(self.exception(&message)),
            }
        }
        if let Err(broken) = outcome {
            self.inside.fail(self.broken(broken));
        }
    }

    fn finish(&mut self) {
        self.inside.finish();
    }

    fn next(&mut self) -> Option<Result<Chunk, Error>> {
        self.inside.next()
    }

    fn is_done(&self) -> bool {
        self.inside.is_done()
    }

    fn is_complete(&self) -> bool {
        self.inside.is_complete()
    }

    fn fail(&mut self, error: Error) {
        self.inside.fail(error);
    }
}
