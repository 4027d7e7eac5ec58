//! The real binary: run to its end, or as a server on a free port.

use crate::http::Client;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a command did.
#[derive(Clone, Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The JSON that a command printed with `--json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {:?}", self.stdout))
    }
}

pub(crate) fn run(binary: &Path, folder: &Path, arguments: &[&str]) -> Output {
    let output = command(binary, folder).args(arguments).output().expect("the shipway binary runs");
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn command(binary: &Path, folder: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(folder).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// A running `shipway serve`. Killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
    /// What it said when it started.
    pub announcement: Value,
    logged: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    pub(crate) fn start(binary: &Path, folder: &Path, arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--json"];
        all.extend_from_slice(arguments);
        let mut command = command(binary, folder);
        let mut child = command.args(all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a server");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("the server's output");
        BufReader::new(stdout).read_line(&mut line).expect("the server's first line");
        let Ok(announcement) = serde_json::from_str::<Value>(&line) else {
            let mut said = String::new();
            let _ = child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
            panic!("the server did not start: {line}{said}");
        };
        let address = announcement["address"].as_str().expect("the address it listens on").to_owned();
        let logged = Arc::new(Mutex::new(Vec::new()));
        if let Some(stderr) = child.stderr.take() {
            let logged = Arc::clone(&logged);
            std::thread::spawn(move || keep(stderr, &logged));
        }
        Self { child, address, announcement, logged }
    }

    /// What it has logged so far.
    pub fn logged(&self) -> String {
        String::from_utf8_lossy(&self.logged.lock().expect("no test panics while it reads a log")).into_owned()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url())
    }

    pub fn client_with_key(&self, key: &str) -> Client {
        Client::with_key(&self.url(), key)
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        self.child.kill().expect("the server was running");
        let _ = self.child.wait();
    }

    /// SIGTERM: it should drain.
    pub fn terminate(&self) {
        let status = Command::new("kill").arg(self.pid().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "the server could not be told to stop");
    }

    /// Waits until it ended and gives its exit code; `None` when it did not end in time.
    pub fn wait(&mut self, patience: Duration) -> Option<i32> {
        let until = Instant::now() + patience;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status.code().unwrap_or(-1));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

/// Reads while there is something, since a full pipe would stop the server.
fn keep(mut from: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut piece = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        kept.lock().expect("no test panics while it reads a log").extend_from_slice(&piece[..count]);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
