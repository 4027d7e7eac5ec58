//! For tests: a web server on the loopback that answers as a closure says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What a client asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// With its query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

/// What it is told.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::of(200, body).with("Content-Type", "text/html; charset=utf-8")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn redirect(target: &str) -> Self {
        Self::of(302, "").with("Location", target)
    }
}

/// Serves until the test's process ends.
pub(crate) struct Served {
    /// `http://127.0.0.1:<port>`
    pub(crate) base: String,
    asked: Arc<Mutex<Vec<Question>>>,
}

impl Served {
    pub(crate) fn new(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("it listens"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, of_server) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, asked) = (Arc::clone(&answer), Arc::clone(&of_server));
                std::thread::spawn(move || serve(&stream, answer.as_ref(), &asked));
            }
        });
        Self { base, asked }
    }

    /// Everything that was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|question| question.path).collect()
    }
}

fn serve(stream: &TcpStream, answer: &dyn Fn(&Question) -> Reply, asked: &Mutex<Vec<Question>>) {
    let mut reader = BufReader::new(stream);
    while let Some(question) = read(&mut reader) {
        asked.lock().unwrap_or_else(PoisonError::into_inner).push(question.clone());
        let reply = answer(&question);
        let mut head = format!("HTTP/1.1 {} Told\r\n", reply.status);
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let told_length = reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        if !told_length && reply.status != 304 {
            head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
        }
        let mut stream = stream;
        // A client that went away is none of the server's concern.
        if stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&reply.body)).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Question> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    Some(Question { path, headers })
}
