//! A scripted provider: it reads one HTTP request a connection, remembers its body, and plays a script of bytes, pauses
//! and rude endings (`fault` is the catalogue of scripts that go wrong). Below HTTP on purpose: a lie about the length or half a character cannot be sent through a library
//! that knows better.

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One move of the provider.
#[derive(Clone, Debug)]
pub enum Move {
    Send(Vec<u8>),
    /// Sends the bytes a few at a time.
    Drip {
        bytes: Vec<u8>,
        /// How many at a time, at least 1.
        piece: usize,
        gap: Duration,
    },
    /// Sends the same bytes again and again until the client leaves.
    Endless {
        bytes: Vec<u8>,
        gap: Duration,
    },
    Pause(Duration),
    /// Says nothing more and keeps the connection open until the client leaves.
    Hang,
    /// Ends the connection with a reset instead of a proper end.
    Reset,
}

/// What the provider does with one request, move by move; then it closes the connection.
#[derive(Clone, Debug, Default)]
pub struct Script(pub Vec<Move>);

impl Script {
    /// Raw bytes, headers and all.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Move::Send(bytes.into())])
    }

    pub fn then(mut self, next: Move) -> Self {
        self.0.push(next);
        self
    }

    /// A proper JSON answer with a status.
    pub fn json(status: u16, headers: &[(&str, &str)], body: &Value) -> Self {
        let body = body.to_string();
        let extra: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{extra}connection: close\r\n\r\n",
            body.len()
        );
        Self::raw(head + &body)
    }

    /// A whole chat completion that says `text`.
    pub fn says(text: &str) -> Self {
        Self::json(200, &[("x-request-id", "upstream-1")], &completion(text))
    }

    /// The head of a stream: what follows is up to the script. The body ends when the connection does.
    pub fn stream_head() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    }

    /// A proper stream that says `pieces`, reports usage and ends.
    pub fn streams(pieces: &[&str]) -> Self {
        let mut script = Self::stream_head();
        for piece in pieces {
            script = script.then(Move::Send(frame(&json!({ "content": piece }), None)));
        }
        let usage = json!({ "id": "up-1", "object": "chat.completion.chunk", "choices": [],
            "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 } });
        script
            .then(Move::Send(frame(&json!({}), Some("stop"))))
            .then(Move::Send(format!("data: {usage}\n\ndata: [DONE]\n\n").into_bytes()))
    }
}

/// A chat completion body as OpenAI sends it.
pub fn completion(text: &str) -> Value {
    json!({
        "id": "up-1", "object": "chat.completion", "created": 1_700_000_000, "model": "scripted-1",
        "system_fingerprint": "fp_scripted",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25 },
    })
}

/// One server-sent frame of a streamed completion.
pub fn frame(delta: &Value, finish_reason: Option<&str>) -> Vec<u8> {
    let chunk = json!({
        "id": "up-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "scripted-1",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish_reason }],
    });
    format!("data: {chunk}\n\n").into_bytes()
}

/// Gives the script for a request by its body.
type Choose = Box<dyn FnMut(&Value) -> Script + Send>;

struct Shared {
    scripts: VecDeque<Script>,
    /// Asked when the queue is empty.
    choose: Choose,
    requests: Vec<Value>,
    heads: Vec<String>,
    /// Connections that the client left before the script was over.
    left: usize,
}

/// A scripted provider on a loopback port. It lives until it is dropped.
pub struct Provider {
    shared: Arc<Mutex<Shared>>,
    port: u16,
    _runtime: tokio::runtime::Runtime,
}

impl Provider {
    /// Starts one that plays `otherwise` for every request that has no script of its own.
    pub fn start(otherwise: Script) -> Self {
        Self::choosing(move |_| otherwise.clone())
    }

    /// Starts one that looks at each request's body to choose its script.
    pub fn choosing(choose: impl FnMut(&Value) -> Script + Send + 'static) -> Self {
        Self::listen(choose, true)
    }

    fn listen(choose: impl FnMut(&Value) -> Script + Send + 'static, reads: bool) -> Self {
        let shared = Shared {
            scripts: VecDeque::new(),
            choose: Box::new(choose),
            requests: Vec::new(),
            heads: Vec::new(),
            left: 0,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the scripted provider");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback port");
        let port = listener.local_addr().expect("the port just bound").port();
        let shared = Arc::new(Mutex::new(shared));
        let serving = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if reads {
                    tokio::spawn(serve(stream, Arc::clone(&serving)));
                }
            }
        });
        Self { shared, port, _runtime: runtime }
    }

    /// Starts one that closes every connection as soon as it has accepted it.
    pub fn closing_at_once() -> Self {
        Self::listen(|_| Script::default(), false)
    }

    /// What to write under `base_url`.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Queues a script for the next request without one.
    pub fn next(&self, script: Script) {
        self.lock().scripts.push_back(script);
    }

    /// The bodies of the requests so far.
    pub fn requests(&self) -> Vec<Value> {
        self.lock().requests.clone()
    }

    /// The heads (request line and headers) of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.lock().heads.clone()
    }

    /// How many clients left before their script was over.
    pub fn left(&self) -> usize {
        self.lock().left
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("no test panics while it holds the scripted provider")
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    // A script of small pieces must arrive as small pieces.
    let _ = stream.set_nodelay(true);
    let Some((head, body)) = read_request(&mut stream).await else { return };
    let script = {
        let mut shared = shared.lock().expect("the scripted provider's state");
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let script = shared.scripts.pop_front().unwrap_or_else(|| (shared.choose)(&body));
        shared.heads.push(head);
        shared.requests.push(body);
        script
    };
    for step in script.0 {
        let played = match step {
            Move::Send(bytes) => stream.write_all(&bytes).await.is_ok(),
            Move::Drip { bytes, piece, gap } => drip(&mut stream, &bytes, piece, gap).await,
            Move::Endless { bytes, gap } => {
                while stream.write_all(&bytes).await.is_ok() && stays(&mut stream, gap).await {}
                false
            }
            Move::Pause(length) => stays(&mut stream, length).await,
            Move::Hang => stays(&mut stream, Duration::from_secs(60)).await,
            Move::Reset => {
                #[expect(deprecated, reason = "a linger of zero is how a reset is sent; the stream is closed at once")]
                let _ = stream.set_linger(Some(Duration::ZERO));
                return;
            }
        };
        if !played {
            shared.lock().expect("the scripted provider's state").left += 1;
            return;
        }
    }
    let _ = stream.shutdown().await;
}

/// Sends the bytes a few at a time, and says whether the client stayed.
async fn drip(stream: &mut TcpStream, bytes: &[u8], piece: usize, gap: Duration) -> bool {
    for piece in bytes.chunks(piece.max(1)) {
        if stream.write_all(piece).await.is_err() || !stays(stream, gap).await {
            return false;
        }
    }
    true
}

/// Waits, and says whether the client is still there afterwards.
async fn stays(stream: &mut TcpStream, length: Duration) -> bool {
    let mut byte = [0; 1];
    match tokio::time::timeout(length, stream.read(&mut byte)).await {
        Err(_) => true,
        Ok(read) => read.is_ok_and(|count| count > 0),
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 16_384];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            let wanted = end + 4 + length.unwrap_or(0);
            if bytes.len() >= wanted {
                return Some((head, bytes[end + 4..wanted].to_vec()));
            }
        }
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    }
}
