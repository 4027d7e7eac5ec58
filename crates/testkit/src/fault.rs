//! The catalogue of what a provider can do wrong, each as a script and with what an app may see of it.

use crate::provider::{Move, Script, completion, frame};
use serde_json::{Value, json};
use std::time::Duration;

/// One way to answer a request, most of them wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A proper answer.
    None,
    /// A proper answer, a few bytes at a time.
    SlowDrip,
    /// A proper answer behind headers that come byte by byte.
    SlowHeaders,
    /// A proper answer, one of its characters cut in two by a pause.
    CharacterInTwo,
    /// A proper answer under a content type that is not its own.
    WrongContentType,
    HangBeforeHeaders,
    /// Hangs after the first piece.
    HangBetweenPieces,
    /// Something that is not HTTP.
    NotHttp,
    /// HTTP, but what should be JSON or frames is random bytes.
    Garbage,
    /// The answer ends in the middle of a character.
    HalfCharacterAtEnd,
    /// An error with status 200.
    ErrorIn200,
    /// `content-length` promises more than comes.
    LengthTooLong,
    /// `content-length` promises less than comes.
    LengthTooShort,
    ResetBeforeHeaders,
    /// A reset in the middle of the body.
    ResetInBody,
    ClosesWithoutAnswer,
    /// 429 without a word of when to come again.
    TooManyRequests,
    /// 429 that asks for a wait short enough to be sat out.
    TooManyRequestsWait,
    /// 429 that asks for half an hour.
    TooManyRequestsLong,
    Status(u16),
    /// The body ends without its end.
    Cut,
    /// An error in the middle of a stream; for a whole answer as [`Fault::ErrorIn200`].
    ErrorInStream,
    /// A header of a megabyte.
    HugeHeader,
    /// A body without end.
    EndlessBody,
    /// Chunked encoding with lengths that are not numbers.
    ChunkedNonsense,
    EmptyBody,
}

/// What a fault leaves of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing is wrong enough: the answer comes through.
    Answers,
    /// A server may take it or not; whichever it does, it must do wholly.
    Either,
    /// It fails before the first piece of text: another model may take over unseen.
    Fails,
    /// A stream fails after its first piece: too late for another model.
    Breaks,
}

impl Fault {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::SlowDrip,
        Self::SlowHeaders,
        Self::CharacterInTwo,
        Self::WrongContentType,
        Self::HangBeforeHeaders,
        Self::HangBetweenPieces,
        Self::NotHttp,
        Self::Garbage,
        Self::HalfCharacterAtEnd,
        Self::ErrorIn200,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::ResetBeforeHeaders,
        Self::ResetInBody,
        Self::ClosesWithoutAnswer,
        Self::TooManyRequests,
        Self::TooManyRequestsWait,
        Self::TooManyRequestsLong,
        Self::Status(500),
        Self::Status(502),
        Self::Status(503),
        Self::Status(529),
        Self::Cut,
        Self::ErrorInStream,
        Self::HugeHeader,
        Self::EndlessBody,
        Self::ChunkedNonsense,
        Self::EmptyBody,
    ];

    /// What an app may see of it.
    pub fn effect(self, streamed: bool) -> Effect {
        match self {
            Self::None | Self::SlowDrip | Self::CharacterInTwo => Effect::Answers,
            Self::SlowHeaders | Self::WrongContentType | Self::HugeHeader => Effect::Either,
            Self::HangBetweenPieces
            | Self::HalfCharacterAtEnd
            | Self::LengthTooLong
            | Self::LengthTooShort
            | Self::ResetInBody
            | Self::Cut
            | Self::ErrorInStream
            | Self::EndlessBody
            | Self::ChunkedNonsense
                if streamed =>
            {
                Effect::Breaks
            }
            _ => Effect::Fails,
        }
    }

    /// The statuses that an app may get when every model of its chain failed and this was the last.
    pub fn statuses(self) -> &'static [u16] {
        match self {
            Self::TooManyRequests | Self::TooManyRequestsWait | Self::TooManyRequestsLong => &[429, 503],
            _ => &[502, 503, 504],
        }
    }

    /// The script for an answer that would say `text`.
    pub fn script(self, text: &str, streamed: bool) -> Script {
        let answer = Parts::of(text, streamed);
        match self {
            Self::None => answer.proper(),
            Self::SlowDrip => answer.head().then(Move::Drip { bytes: answer.body(), piece: 16, gap: MOMENT }),
            Self::SlowHeaders => {
                let head = answer.head_bytes("connection: close\r\n");
                let drip = Move::Drip { bytes: head, piece: 1, gap: MOMENT };
                Script::default().then(drip).then(Move::Send(answer.body()))
            }
            Self::CharacterInTwo => answer.cut_in_a_character(),
            Self::WrongContentType => Parts { content_type: "application/octet-stream", ..answer }.proper(),
            Self::HangBeforeHeaders => Script::default().then(Move::Hang),
            Self::HangBetweenPieces => answer.begun().then(Move::Hang),
            Self::NotHttp => Script::raw("220 mail.example.com ESMTP\r\n\r\n"),
            Self::Garbage => answer.head().then(Move::Send(b"\x00\xff\xfe{]data: \x9f\n\n\x01".to_vec())),
            Self::HalfCharacterAtEnd => answer.begun().then(Move::Send(b"data: {\"choices\": \"\xe2\x82".to_vec())),
            Self::ErrorIn200 => answer.head().then(Move::Send(answer.error())),
            Self::LengthTooLong => answer.begun_with("content-length: 100000\r\n"),
            Self::LengthTooShort => answer.too_short(),
            Self::ResetBeforeHeaders => Script::default().then(Move::Reset),
            // The pause lets what was sent arrive: a reset may overtake it.
            Self::ResetInBody => answer.begun().then(Move::Pause(MOMENT * 20)).then(Move::Reset),
            Self::ClosesWithoutAnswer => Script::default(),
            Self::TooManyRequests => refusal(429, &[]),
            Self::TooManyRequestsWait => refusal(429, &[("retry-after-ms", "30")]),
            Self::TooManyRequestsLong => refusal(429, &[("retry-after", "1800")]),
            Self::Status(status) => refusal(status, &[]),
            Self::Cut => answer.begun(),
            Self::ErrorInStream if streamed => answer.begun().then(Move::Send(answer.error())),
            Self::ErrorInStream => Self::ErrorIn200.script(text, streamed),
            Self::HugeHeader => {
                let extra = format!("connection: close\r\nx-huge: {}\r\n", "h".repeat(1024 * 1024));
                Script::raw(answer.head_bytes(&extra)).then(Move::Send(answer.body()))
            }
            Self::EndlessBody => answer.begun().then(Move::Endless { bytes: answer.more(), gap: MOMENT * 5 }),
            Self::ChunkedNonsense => answer.nonsense(),
            Self::EmptyBody => Script::raw(answer.head_bytes("content-length: 0\r\nconnection: close\r\n")),
        }
    }
}

const MOMENT: Duration = Duration::from_millis(1);

fn refusal(status: u16, headers: &[(&str, &str)]) -> Script {
    Script::json(status, headers, &json!({ "error": { "message": "scripted", "type": "scripted", "code": null } }))
}

/// A proper answer in its parts, whole or streamed.
struct Parts {
    streamed: bool,
    content_type: &'static str,
    /// The streamed answer's frames, or the whole answer as one.
    frames: Vec<Vec<u8>>,
}

impl Parts {
    fn of(text: &str, streamed: bool) -> Self {
        if !streamed {
            let body = completion(text).to_string().into_bytes();
            return Self { streamed, content_type: "application/json", frames: vec![body] };
        }
        let half = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
        let say = |piece: &str| frame(&json!({ "content": piece }), None);
        let usage = json!({ "id": "up-1", "object": "chat.completion.chunk", "choices": [],
            "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 } });
        let frames = vec![
            say(&text[..half]),
            say(&text[half..]),
            frame(&json!({}), Some("stop")),
            format!("data: {usage}\n\n").into_bytes(),
            b"data: [DONE]\n\n".to_vec(),
        ];
        Self { streamed, content_type: "text/event-stream", frames }
    }

    fn head_bytes(&self, headers: &str) -> Vec<u8> {
        format!("HTTP/1.1 200 OK\r\ncontent-type: {}\r\n{headers}\r\n", self.content_type).into_bytes()
    }

    /// A head without a length: the body ends when the connection does.
    fn head(&self) -> Script {
        Script::raw(self.head_bytes("connection: close\r\n"))
    }

    fn body(&self) -> Vec<u8> {
        self.frames.concat()
    }

    fn proper(&self) -> Script {
        self.frames.iter().fold(self.head(), |script, frame| script.then(Move::Send(frame.clone())))
    }

    /// The head and the first piece of text, or half of a whole answer.
    fn begun(&self) -> Script {
        self.begun_with("connection: close\r\n")
    }

    fn begun_with(&self, headers: &str) -> Script {
        Script::raw(self.head_bytes(headers)).then(Move::Send(self.first()))
    }

    fn first(&self) -> Vec<u8> {
        let first = &self.frames[0];
        if self.streamed { first.clone() } else { first[..first.len() / 2].to_vec() }
    }

    fn cut_in_a_character(&self) -> Script {
        let body = self.body();
        // The first byte of a character that has more than one.
        let at = body.iter().position(|byte| *byte >= 0xc0).map_or(body.len() / 2, |at| at + 1);
        let (before, after) = body.split_at(at);
        let (before, after) = (Move::Send(before.to_vec()), Move::Send(after.to_vec()));
        self.head().then(before).then(Move::Pause(MOMENT * 20)).then(after)
    }

    fn too_short(&self) -> Script {
        // Enough for the first piece, and not for the end.
        let length = self.first().len() + 10;
        Script::raw(self.head_bytes(&format!("content-length: {length}\r\n"))).then(Move::Send(self.body()))
    }

    fn nonsense(&self) -> Script {
        let first = self.first();
        let chunk = [format!("{:x}\r\n", first.len()).into_bytes(), first, b"\r\nzebra\r\nnot a chunk\r\n".to_vec()];
        Script::raw(self.head_bytes("transfer-encoding: chunked\r\n")).then(Move::Send(chunk.concat()))
    }

    fn error(&self) -> Vec<u8> {
        let error: Value = json!({ "error": { "message": "no capacity", "type": "server_error", "code": null } });
        if self.streamed { format!("data: {error}\n\n").into_bytes() } else { error.to_string().into_bytes() }
    }

    /// What an endless body goes on with.
    fn more(&self) -> Vec<u8> {
        if self.streamed { frame(&json!({ "content": "and so on " }), None) } else { b" and so on".repeat(100) }
    }
}
