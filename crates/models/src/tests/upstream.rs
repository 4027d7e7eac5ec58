//! A server on the loopback address that plays one script per connection, byte by byte as told, and keeps what it was
//! asked.

use crate::{Call, Exhausted, Models, Reply, ReplyBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use usecase::declared::{ModelRef, Price, ProjectFile, Provider, ProviderKind, Residency, Timeouts};
use usecase::time::Period;
use usecase::{Chunk, Content, Message, MicroUsd, Passage, Role};

/// What a connection does once it has read the request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Keep the connection open and say nothing more.
    Hang,
    /// End the connection with a reset instead of an end.
    Reset,
}

/// The whole of a response.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> Vec<Step> {
    let length = body.len();
    let kind = "content-type: application/json\r\n";
    let text =
        format!("HTTP/1.1 {status}\r\n{kind}{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    vec![Step::Send(text.into_bytes())]
}

/// The head of a stream; what follows is its body, and the end of the connection its end.
pub(crate) fn stream(pieces: &[&str]) -> Vec<Step> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let pieces = [head].into_iter().chain(pieces.iter().copied());
    pieces.map(|piece| Step::Send(piece.as_bytes().to_vec())).collect()
}

pub(crate) fn delta(text: &str) -> String {
    format!("data: {}\n\n", json!({"id": "c1", "choices": [{"index": 0, "delta": {"content": text}}]}))
}

pub(crate) const STOP: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub(crate) fn whole(text: &str) -> String {
    json!({
        "id": "c1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 400}},
    })
    .to_string()
}

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: Value,
}

pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    closed_early: Arc<Mutex<bool>>,
}

impl Upstream {
    /// Plays the first script to the first connection, and so on; the last one to all that follow.
    pub(crate) async fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let upstream = Self { address, asked: Arc::default(), closed_early: Arc::default() };
        let (asked, closed_early) = (upstream.asked.clone(), upstream.closed_early.clone());
        tokio::spawn(async move {
            for at in 0.. {
                let Ok((connection, _)) = listener.accept().await else { return };
                let script = scripts[usize::min(at, scripts.len() - 1)].clone();
                tokio::spawn(serve(connection, script, asked.clone(), closed_early.clone()));
            }
        });
        upstream
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a client closed its connection while a script hung.
    pub(crate) fn was_left(&self) -> bool {
        *self.closed_early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(
    mut connection: TcpStream,
    script: Vec<Step>,
    asked: Arc<Mutex<Vec<Asked>>>,
    closed_early: Arc<Mutex<bool>>,
) {
    let Some(request) = read(&mut connection).await else { return };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    for step in script {
        match step {
            Step::Send(bytes) => {
                if connection.write_all(&bytes).await.is_err() {
                    return;
                }
                // Lets the pieces arrive as pieces.
                tokio::task::yield_now().await;
            }
            Step::Pause(time) => tokio::time::sleep(time).await,
            Step::Reset => connection.set_zero_linger().expect("a socket that can be reset"),
            Step::Hang => {
                let left = connection.read(&mut [0; 16]).await;
                *closed_early.lock().unwrap_or_else(PoisonError::into_inner) = matches!(left, Ok(0) | Err(_));
            }
        }
    }
}

pub(crate) async fn read(connection: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            })?;
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..]).unwrap_or(Value::Null);
                return Some(Asked { head, body });
            }
        }
        let mut piece = [0; 4096];
        match connection.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

pub(crate) const TIGHT: u64 = 120;

pub(crate) fn provider(address: SocketAddr) -> Provider {
    let tight = Period::from_millis(TIGHT);
    Provider {
        base_url: Some(format!("http://{address}/v1")),
        timeouts: Timeouts { connect: tight, first_token: tight, idle: tight, total: Period::from_millis(900) },
        ..Provider::of_kind(ProviderKind::Openai)
    }
}

/// A project with the providers `a`, `b`, … at these addresses, all priced at 1 and 2 USD (cached 0.10).
pub(crate) fn project(addresses: &[SocketAddr]) -> ProjectFile {
    let mut file = ProjectFile::default();
    let (input, cached, output) = (MicroUsd(1_000_000), MicroUsd(100_000), MicroUsd(2_000_000));
    let price = Price::new(input, Some(cached), output, "2026-11-20".to_owned());
    for (name, address) in ["a", "b", "c"].iter().zip(addresses) {
        file.providers.insert((*name).to_owned(), provider(*address));
        file.prices.insert(format!("{name}/m"), price.clone());
    }
    file
}

pub(crate) fn request(stream: bool) -> usecase::ChatRequest {
    let messages = vec![Message::new(Role::User, "When does my order leave?")];
    usecase::ChatRequest { stream, ..usecase::ChatRequest::new("support", messages) }
}

pub(crate) fn call(stream: bool) -> Call {
    let passages: Arc<[Passage]> = Arc::new([]);
    Call { request: request(stream).into(), passages, question: "When does my order leave?".to_owned(), batch: false }
}

pub(crate) async fn ask(file: &ProjectFile, chain: &[&str], call: Call) -> Result<Reply, Exhausted> {
    let models = Models::new(file).expect("a sound project");
    let clear = |name: &&str| {
        let model = ModelRef::parse(name).expect("a model");
        models.clear(&Residency::default(), &model).expect("no rule stands against it")
    };
    models.call(chain.iter().map(clear).collect(), call).await
}

/// What an app has of an answer: its text, and the error at its end.
pub(crate) async fn heard(body: ReplyBody) -> (String, Option<crate::Error>) {
    match body {
        ReplyBody::Whole(completion) => {
            let text = match &completion.choices[0].message.content {
                Content::Text(text) => text.clone(),
                _ => String::new(),
            };
            (text, None)
        }
        ReplyBody::Stream(stream) => {
            let pieces: Vec<Result<Chunk, crate::Error>> = futures_util::StreamExt::collect(stream).await;
            let chunks = pieces.iter().filter_map(|piece| piece.as_ref().ok()).flat_map(|chunk| &chunk.choices);
            let text = chunks.filter_map(|choice| choice.text.clone()).collect();
            (text, pieces.into_iter().find_map(Result::err))
        }
    }
}

/// The kinds of the errors of failed attempts are told apart by their texts.
pub(crate) fn reasons(attempts: &[usecase::Attempt]) -> BTreeMap<usize, String> {
    let reason = |attempt: &usecase::Attempt| match &attempt.end {
        usecase::AttemptEnd::Failed(reason) => reason.clone(),
        other => format!("{other:?}"),
    };
    attempts.iter().map(reason).enumerate().collect()
}
