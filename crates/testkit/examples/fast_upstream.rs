//! A model provider that costs next to nothing, for `scripts/bench`: one thread, prebuilt answers, a header parse that
//! looks only for the length. `fast_upstream PORT` listens on that loopback port and prints where.
//!
//! A whole answer of 1 KB comes at once. A request with `"stream":true` gets the model's name in its body as its plan:
//! `stream-20-5` says 20 chunks, 5 ms apart; any other name says them without a pause.

use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until};

const SAYS: &str = "The period for returning a bike is 60 days from delivery. ";

fn whole() -> Vec<u8> {
    let body = format!(
        "{{\"id\":\"chatcmpl-fast\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"fast\",\"choices\":[{{\"index\":0,\
         \"message\":{{\"role\":\"assistant\",\"content\":\"{}\"}},\"finish_reason\":\"stop\"}}],\
         \"usage\":{{\"prompt_tokens\":100,\"completion_tokens\":200,\"total_tokens\":300}}}}",
        SAYS.repeat(13)
    );
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

const STREAM_HEAD: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(data: &str) -> Vec<u8> {
    let frame = format!("data: {data}\n\n");
    format!("{:x}\r\n{frame}\r\n", frame.len()).into_bytes()
}

fn piece(number: usize) -> Vec<u8> {
    chunk(&format!(
        "{{\"id\":\"chatcmpl-fast\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"fast\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"word{number} \"}},\"finish_reason\":null}}]}}"
    ))
}

fn stream_end() -> Vec<u8> {
    let stop = "{\"id\":\"chatcmpl-fast\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"fast\",\
                \"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\
                \"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20,\"total_tokens\":120}}";
    [chunk(stop), chunk("[DONE]"), b"0\r\n\r\n".to_vec()].concat()
}

struct Answers {
    whole: Vec<u8>,
    pieces: Vec<Vec<u8>>,
    end: Vec<u8>,
}

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse().ok()).unwrap_or(0_u16);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answers = Rc::new(Answers { whole: whole(), pieces: (0..1_000).map(piece).collect(), end: stream_end() });
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let answers = Rc::clone(&answers);
            tokio::task::spawn_local(async move {
                // A client that leaves is no error of ours.
                let _ = serve(stream, &answers).await;
            });
        }
    })
}

async fn serve(mut stream: TcpStream, answers: &Answers) -> std::io::Result<()> {
    let mut held = Vec::with_capacity(4_096);
    loop {
        let Some((head, length)) = request(&held) else {
            if stream.read_buf(&mut held).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let body = &held[head..head + length];
        match plan(body) {
            None => stream.write_all(&answers.whole).await?,
            Some((chunks, gap)) => speak(&mut stream, answers, chunks, gap).await?,
        }
        held.drain(..head + length);
    }
}

/// Where a whole request's body begins, and its length.
fn request(held: &[u8]) -> Option<(usize, usize)> {
    let head = find(held, b"\r\n\r\n")? + 4;
    let length = held[..head].split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(15)?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| std::str::from_utf8(value).ok()?.trim().parse().ok())?
    });
    let length = length.unwrap_or(0);
    (held.len() >= head + length).then_some((head, length))
}

/// Chunks and the gap between them; `None` when no stream was asked for.
fn plan(body: &[u8]) -> Option<(usize, Duration)> {
    find(body, b"\"stream\":true").or_else(|| find(body, b"\"stream\": true"))?;
    let named = find(body, b"stream-").and_then(|at| {
        let name = body[at + 7..].split(|byte| *byte == b'"').next()?;
        let (chunks, gap) = std::str::from_utf8(name).ok()?.split_once('-')?;
        Some((chunks.parse().ok()?, Duration::from_millis(gap.parse().ok()?)))
    });
    Some(named.unwrap_or((20, Duration::ZERO)))
}

async fn speak(stream: &mut TcpStream, answers: &Answers, chunks: usize, gap: Duration) -> std::io::Result<()> {
    stream.write_all(STREAM_HEAD).await?;
    let begun = Instant::now();
    for (number, piece) in answers.pieces.iter().take(chunks).enumerate() {
        if number > 0 && !gap.is_zero() {
            sleep_until(begun + gap * u32::try_from(number).unwrap_or(u32::MAX)).await;
        }
        stream.write_all(piece).await?;
    }
    stream.write_all(&answers.end).await
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
