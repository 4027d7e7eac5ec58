//! For tests: a real S3 or Kafka that `scripts/feed-peers` runs, as long as the test has it. `scripts/test` installs what
//! they need under `target/` and sets `SHIPWAY_FEED_PEERS=demanded`; without that a missing peer is named and left out.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    pub(crate) address: String,
    child: Child,
    /// Closed to end the peer.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start(kind: &str) -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let installed = root.join("target/feed-peers");
        if !installed.join("installed").exists() {
            assert!(std::env::var_os("SHIPWAY_FEED_PEERS").is_none(), "{} is not installed", installed.display());
            eprintln!("left out: there is no {} to test with (scripts/test installs it)", installed.display());
            return None;
        }
        let mut command = Command::new(installed.join("bin/python"));
        // A cache beside the script would be one more thing in the tree.
        command.arg(root.join("scripts/feed-peers")).arg(kind).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python runs");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut peer = Self { address: String::new(), input: child.stdin.take(), output, child };
        peer.address = peer.answer()["address"].as_str().expect("an address").to_owned();
        Some(peer)
    }

    /// Has the peer obey a line, and gives its answer.
    pub(crate) fn tell(&mut self, line: &Value) -> Value {
        writeln!(self.input.as_mut().expect("it is open"), "{line}").expect("the peer lives");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the peer lives");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("the peer says {line:?}: {error}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        // A broken peer says why on its own standard error.
        let _ = self.child.wait();
    }
}
