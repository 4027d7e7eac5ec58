//! One connection that is kept alive, and one request over it at a time.

use crate::frames::{End, Frames};
use crate::plan::{Plan, Request, Target};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What an answer was like.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) headers: HeaderMap,
    /// From sending to the first piece of text of a stream.
    pub(crate) first_token: Option<Duration>,
    /// Between the arrivals of pieces of text; those that came together count as one.
    pub(crate) gaps: Vec<Duration>,
    /// Pieces of text.
    pub(crate) pieces: u64,
}

/// Why there is no good answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Connect,
    Broken,
    Timeout,
    Status(u16),
    /// A stream that ended with an error frame.
    ErrorFrame,
    /// A stream without its end.
    Unfinished,
    /// A stream that said less than it had to, or something else.
    Lost,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect => f.write_str("not connected"),
            Self::Broken => f.write_str("connection broken"),
            Self::Timeout => f.write_str("timeout"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::ErrorFrame => f.write_str("stream ended with an error"),
            Self::Unfinished => f.write_str("stream without its end"),
            Self::Lost => f.write_str("stream with lost frames"),
        }
    }
}

/// Open, once it was used.
#[derive(Default)]
pub(crate) struct Connection(Option<SendRequest<Full<Bytes>>>);

impl Connection {
    pub(crate) async fn ask(&mut self, plan: &Plan, request: &Request) -> Result<Told, Failure> {
        let asked = tokio::time::timeout(plan.timeout, self.try_ask(plan, request)).await;
        let told = asked.unwrap_or(Err(Failure::Timeout));
        if !matches!(told, Ok(_) | Err(Failure::Status(_))) {
            // What is left of the answer may still come: the next one needs a connection of its own.
            self.0 = None;
        }
        told
    }

    async fn try_ask(&mut self, plan: &Plan, request: &Request) -> Result<Told, Failure> {
        let mut sender = match self.0.take() {
            Some(sender) => sender,
            None => open(&plan.target).await?,
        };
        if sender.ready().await.is_err() {
            // A server may close what was idle; that is no error of a request that was not sent yet.
            sender = open(&plan.target).await?;
        }
        let request = request.to(&plan.target).map_err(|_| Failure::Broken)?;
        let sent = Instant::now();
        let response = sender.send_request(request).await.map_err(|_| Failure::Broken)?;
        let (head, body) = response.into_parts();
        let told = Told { headers: head.headers, ..Told::default() };
        let told = if plan.stream && head.status == StatusCode::OK {
            stream(body, told, sent, plan.expected_text.as_deref()).await
        } else {
            whole(body).await.map(|()| told)
        };
        self.0 = Some(sender);
        match head.status {
            StatusCode::OK => told,
            status => Err(Failure::Status(status.as_u16())),
        }
    }
}

async fn open(target: &Target) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(target.address).await.map_err(|_| Failure::Connect)?;
    stream.set_nodelay(true).map_err(|_| Failure::Connect)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|_| Failure::Connect)?;
    // It ends when the sender is dropped; what broke it is seen by the request that it broke.
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(sender)
}

async fn whole(mut body: Incoming) -> Result<(), Failure> {
    while let Some(frame) = body.frame().await {
        frame.map_err(|_| Failure::Broken)?;
    }
    Ok(())
}

async fn stream(mut body: Incoming, mut told: Told, sent: Instant, expected: Option<&str>) -> Result<Told, Failure> {
    let (mut frames, mut last) = (Frames::default(), None::<Instant>);
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(|_| Failure::Broken)?.into_data() else { continue };
        let pieces = frames.take(&bytes);
        if pieces == 0 {
            continue;
        }
        let now = Instant::now();
        told.pieces += pieces;
        match last.replace(now) {
            Some(last) => told.gaps.push(now - last),
            None => told.first_token = Some(now - sent),
        }
    }
    match frames.end {
        None => Err(Failure::Unfinished),
        Some(End::Error) => Err(Failure::ErrorFrame),
        Some(End::Done) if expected.is_some_and(|expected| expected != frames.text) => Err(Failure::Lost),
        Some(End::Done) => Ok(told),
    }
}
