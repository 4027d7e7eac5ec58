//! What one request allocates, held against recorded figures: they stay the same where times do not, and a request that
//! begins to copy what it did not copy shows at once. All rooms run in this process as the server composes them, asked
//! over one connection; the client and the provider beside it allocate nothing. SQLite's own memory is C's and not counted.

#[path = "../src/house.rs"]
#[expect(dead_code, reason = "the composition alone is of use here; the rest serves commands")]
mod house;

use house::House;
use server::Server;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use testkit::TestProject;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One kind of request, and what one of them took when that was last written down.
struct Recorded {
    name: &'static str,
    model: &'static str,
    stream: bool,
    /// What the answer's head or body has to hold, so that nothing else is measured than what is meant.
    holds: &'static str,
    /// Pieces of memory asked for, or asked to be larger.
    allocations: u64,
    bytes: u64,
}

const RECORDED: [Recorded; 4] = [
    Recorded {
        name: "bare model",
        model: "mock/any",
        stream: false,
        holds: "x-shipway-status: answered",
        allocations: 171,
        bytes: 55_400,
    },
    Recorded {
        name: "governed use case",
        model: "governed",
        stream: false,
        holds: "x-shipway-status: answered",
        allocations: 280,
        bytes: 78_200,
    },
    Recorded {
        name: "answer from the exact cache",
        model: "cached",
        stream: false,
        holds: "x-shipway-cache: exact",
        allocations: 184,
        bytes: 46_200,
    },
    Recorded {
        name: "stream of 20 pieces",
        model: "mock/any",
        stream: true,
        holds: "data: [DONE]",
        allocations: 827,
        bytes: 184_300,
    },
];

/// By how much a figure may pass the recorded one, in percent: timers and growing tables fall into some rounds.
const MOST_PERCENT_ABOVE: u64 = 3;

/// Requests before the first one that counts, so that pools and tables are filled; then rounds, of which the least counts.
const WARM_UP: usize = 100;
const ROUNDS: usize = 4;
const REQUESTS: u64 = 50;

/// Pieces of the streamed answer, and the largest message of either side in bytes.
const PIECES: usize = 20;
const LARGEST: usize = 64 * 1024;

const GOVERNED: &str = r#"
[usecase]
summary = "Passes a question on, with everything on"
owner = { team = "Shop", contact = "shop@example.com" }
[model]
use = "mock/any"
[guard]
pii = "mask"
secrets = "mask"
injection = "refuse"
[budget]
per_day = "1000000 USD"
"#;

const CASES: &str = r#"[{ description: it answers, vars: { question: "How long may I return a lamp?" }, assert: [{ type: contains, value: days }] }]"#;

#[test]
fn a_request_allocates_no_more_than_recorded() {
    let provider = provider();
    let (project, key) = project(provider);
    let address = serve(&project);
    let mut risen = Vec::new();
    for recorded in RECORDED {
        let mut client = Client::connect(address);
        let (allocations, bytes) = client.least(&recorded, &key);
        let Recorded { name, allocations: old, bytes: old_bytes, .. } = recorded;
        println!("{name}: {allocations} allocations, {bytes} bytes (recorded: {old}, {old_bytes})");
        let above = |new: u64, old: u64| new * 100 > old * (100 + MOST_PERCENT_ABOVE);
        if above(allocations, old) || above(bytes, old_bytes) {
            risen.push(format!(
                "{name}: {allocations} allocations and {bytes} bytes a request, recorded were {old} and {old_bytes}"
            ));
        }
    }
    assert!(
        risen.is_empty(),
        "requests allocate more than before:\n{}\nIf that is meant, write the new figures into RECORDED in {} and say in \
         the commit what they buy.",
        risen.join("\n"),
        file!()
    );
}

/// A project with two released use cases, one of them with a cache, and a key for them.
fn project(provider: SocketAddr) -> (TestProject, String) {
    let providers = format!(
        r#"
[embedder]
use = "lexical"
[providers.mock]
kind = "openai"
base_url = "http://{provider}/v1"
[prices."mock/any"]
input = "1 USD"
output = "2 USD"
as_of = "2026-11-20"
"#
    );
    let project = TestProject::empty(env!("CARGO_BIN_EXE_shipway"))
        .file("shipway.toml", &providers)
        .file("usecases/governed/usecase.toml", GOVERNED)
        .file("usecases/governed/evals/cases.yaml", CASES)
        .file("usecases/cached/usecase.toml", &format!("{GOVERNED}\n[cache]\nexact = true\n"))
        .file("usecases/cached/evals/cases.yaml", CASES);
    for use_case in ["governed", "cached"] {
        project.must(&["release", use_case, "--by", "tester", "--override", "measured, not shipped"]);
    }
    let key = project.must(&["key", "create", "measured", "--budget-per-day", "1000000 USD", "--json"]).json();
    let secret = key["secret"].as_str().expect("a key's secret").to_owned();
    (project, secret)
}

/// Serves the project on threads of this process until it ends.
fn serve(project: &TestProject) -> SocketAddr {
    let house = House::open(Some(project.root())).expect("the rooms open");
    let (said, address) = mpsc::channel();
    std::thread::spawn(move || {
        house::serve_until_done(async {
            let server = Server::bind(house.parts, "127.0.0.1:0").await?;
            said.send(server.address())?;
            server.run(std::future::pending()).await;
            Ok(())
        })
    });
    address.recv().expect("the server's address")
}

/// A client on one connection that allocates only when it is made.
struct Client {
    stream: TcpStream,
    answer: Box<[u8]>,
}

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("a connection without delay");
        Self { stream, answer: vec![0; LARGEST].into() }
    }

    /// Allocations and bytes of one request, in the round that took the least of each.
    fn least(&mut self, recorded: &Recorded, key: &str) -> (u64, u64) {
        let request = request(recorded, key);
        for _ in 0..WARM_UP {
            let answer = self.ask(&request);
            let text = String::from_utf8_lossy(answer);
            assert!(text.contains(recorded.holds) || text.contains("x-shipway-status: answered"), "{text}");
        }
        let answer = String::from_utf8_lossy(self.ask(&request)).into_owned();
        assert!(answer.contains(recorded.holds), "{answer}");
        let (mut allocations, mut bytes) = (u64::MAX, u64::MAX);
        for _ in 0..ROUNDS {
            let region = Region::new(ALLOCATOR);
            for _ in 0..REQUESTS {
                self.ask(&request);
            }
            let change = region.change();
            allocations = allocations.min((change.allocations + change.reallocations) as u64 / REQUESTS);
            bytes = bytes.min(change.bytes_allocated as u64 / REQUESTS);
        }
        (allocations, bytes)
    }

    /// Asks and reads the whole answer, which has to be a good one.
    fn ask(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).expect("the server reads");
        let mut filled = 0;
        while !is_whole(&self.answer[..filled]) {
            let count = self.stream.read(&mut self.answer[filled..]).expect("the server answers");
            assert!(count > 0, "the server left after {:?}", String::from_utf8_lossy(&self.answer[..filled]));
            filled += count;
        }
        let answer = &self.answer[..filled];
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(answer));
        answer
    }
}

fn request(recorded: &Recorded, key: &str) -> Vec<u8> {
    let Recorded { model, stream, .. } = recorded;
    let aside = "I ordered on Tuesday and nobody has told me yet. ".repeat(8);
    let body = format!(
        r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"{aside}How many days after delivery can I return a lamp?"}}]}}"#
    );
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Whether a message of HTTP has come to its end, by its length or by its last chunk. Allocates nothing.
fn is_whole(message: &[u8]) -> bool {
    let Some(end) = message.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let (head, body) = (&message[..end], &message[end + 4..]);
    let length = head.split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.map_or_else(|| body.ends_with(b"0\r\n\r\n"), |length| body.len() >= length)
}

/// A provider of OpenAI's API that answers at once with a text of 1 KB, whole or in pieces, and allocates nothing
/// meanwhile. A stream leaves in one write, so that how it is cut on the way does not change from run to run.
fn provider() -> SocketAddr {
    let words = "You can return a lamp within 45 days of its delivery. ".repeat(18);
    let whole = format!(
        r#"{{"id":"up-1","object":"chat.completion","created":1763600000,"model":"any","choices":[{{"index":0,"message":{{"role":"assistant","content":"{words}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":120,"completion_tokens":240,"total_tokens":360}}}}"#
    );
    let whole =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{whole}", whole.len());
    let piece = |delta: &str, end: &str| {
        format!(
            "data: {{\"id\":\"up-1\",\"object\":\"chat.completion.chunk\",\"created\":1763600000,\"model\":\"any\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{end}}}]}}\n\n"
        )
    };
    let pieces: String = (0..PIECES).map(|at| piece(&format!("{{\"content\":\"word{at} \"}}"), "null")).collect();
    let stream = format!("{pieces}{}data: [DONE]\n\n", piece("{}", "\"stop\""));
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let stream = format!("{head}{:x}\r\n{stream}\r\n0\r\n\r\n", stream.len());

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let (whole, stream) = (whole.clone(), stream.clone());
            std::thread::spawn(move || answer_all(connection, whole.as_bytes(), stream.as_bytes()));
        }
    });
    address
}

fn answer_all(mut connection: TcpStream, whole: &[u8], stream: &[u8]) {
    let _ = connection.set_nodelay(true);
    let mut request = vec![0; LARGEST];
    let mut filled = 0;
    while let Ok(count @ 1..) = connection.read(&mut request[filled..]) {
        filled += count;
        if is_whole(&request[..filled]) {
            let streamed = request[..filled].windows(13).any(|window| window == b"\"stream\":true");
            if connection.write_all(if streamed { stream } else { whole }).is_err() {
                return;
            }
            filled = 0;
        }
    }
}
