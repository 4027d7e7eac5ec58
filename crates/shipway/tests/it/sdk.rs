//! The SDKs that apps have, against a real server: OpenAI's and Anthropic's own in Python and JavaScript, Vercel's AI SDK,
//! LangChain, LlamaIndex. Behind the server stand two scripted models, one that speaks chat completions and one that
//! speaks Anthropic's messages (`upstream`), so every SDK passes through to its own dialect and across to the other.
//!
//! Each script in `sdk/` prints one line of JSON for each check, saying what the SDK made of it; here it is held against
//! one table (`expected`). `scripts/test` installs the SDKs under `target/` and sets `SHIPWAY_SDKS=demanded`; without
//! that a missing SDK is named and left out.

mod expected;
mod upstream;

use crate::governance::released_shop;
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use testkit::{Provider, Server, TestProject};
use upstream::Speaks;

/// The two models of the matrix, which differ in the dialect of their provider.
const MODELS: [&str; 2] = ["scripted/m", "claude/claude-sonnet-4-5"];

/// Where a script finds its SDK, in `target/`.
#[derive(Clone, Copy)]
enum Home {
    /// A virtual environment of Python.
    Python(&'static str),
    /// A folder with `node_modules`.
    Node,
}

impl Home {
    fn folder(self) -> PathBuf {
        let name = match self {
            Self::Python(name) => name,
            Self::Node => "sdk-node",
        };
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(name)
    }

    /// The command that runs a script of `sdk/`, or `None` when the SDKs are not installed.
    fn command(self, script: &str) -> Option<Command> {
        let folder = self.folder();
        let mut command = match self {
            Self::Python(_) => Command::new(folder.join("bin/python")),
            Self::Node => Command::new("node"),
        };
        match self {
            Self::Python(_) => command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sdk").join(script)),
            // Packages are looked for from where a script is found: below the folder there is a link to the scripts.
            Self::Node => command
                .args(["--preserve-symlinks", "--preserve-symlinks-main"])
                .arg(folder.join("scripts").join(script)),
        };
        // A cache beside the scripts would be one more thing in the tree.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        folder.join("installed").exists().then_some(command)
    }
}

/// A server with everything that the scripts ask, and the models behind it.
struct House {
    chat: Provider,
    messages: Provider,
    key: String,
    server: Server,
    _project: TestProject,
}

impl House {
    fn open() -> Self {
        let (chat, messages) = (upstream::start(Speaks::Chat), upstream::start(Speaks::Messages));
        // Providers that are made to fail are others than those that must answer: a failing one is left alone.
        let declared: String = [
            ("scripted", "openai", &chat),
            ("frail", "openai", &chat),
            ("busy", "openai", &chat),
            ("claude", "anthropic", &messages),
            ("frailclaude", "anthropic", &messages),
            ("busyclaude", "anthropic", &messages),
        ]
        .iter()
        .map(|(name, kind, provider)| {
            format!("[providers.{name}]\nkind = \"{kind}\"\nbase_url = \"{}\"\n", provider.base_url())
        })
        .collect();
        let project = released_shop().append("shipway.toml", &declared);
        let key =
            project.must(&["key", "create", "app", "--json"]).json()["secret"].as_str().expect("a key").to_owned();
        let server = project.serve();
        Self { chat, messages, key, server, _project: project }
    }

    /// Waits until each model was left by as many apps as the scripts said that they leave.
    fn left(&self, of_each: usize) -> (usize, usize) {
        let begun = Instant::now();
        loop {
            let left = (self.chat.left(), self.messages.left());
            if left == (of_each, of_each) || begun.elapsed() > Duration::from_secs(3) {
                return left;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Runs a script and holds what it printed against the table.
fn check(home: Home, script: &str) {
    let Some(mut command) = home.command(script) else {
        let folder = home.folder();
        assert!(std::env::var_os("SHIPWAY_SDKS").is_none(), "{} does not hold the SDKs", folder.display());
        return say(&format!("LEFT OUT: {script}: no SDKs in {}: scripts/test installs them", folder.display()));
    };
    let house = House::open();
    let begun = Instant::now();
    let output = command
        .env("BASE_URL", house.server.url())
        .env("KEY", &house.key)
        .env("MODELS", MODELS.join(" "))
        .output()
        .unwrap_or_else(|error| panic!("{script} cannot be run: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines = stdout.lines().map(|line| {
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{script} printed what is not JSON: {error} in {line}\n{stderr}"))
    });
    let mut lines: Vec<Value> = lines.collect();
    let sdk = lines.pop().and_then(|last| last["sdk"].as_str().map(str::to_owned));
    let sdk =
        sdk.unwrap_or_else(|| panic!("{script} ended before its end, with {}\n{stdout}\n{stderr}", output.status));
    let named: Vec<&str> = lines.iter().filter_map(|line| line["check"].as_str()).collect();
    let wrong = lines.iter().zip(&named).filter_map(|(line, check)| {
        let (wanted, got) = (expected::of(script, check), expected::in_one_language(&line["got"]));
        (wanted != got).then(|| format!("{check}\n  wanted {wanted}\n  got    {}", line["got"]))
    });
    let wrong: Vec<String> = wrong.collect();
    let count = named.len();
    assert!(output.status.success() && count > 20, "{sdk}: {count} checks, then {}\n{stderr}", output.status);
    assert!(wrong.is_empty(), "{sdk}: {} of {count} checks went wrong:\n{}\n{stderr}", wrong.len(), wrong.join("\n"));
    let leaving = named.iter().filter(|check| check.contains("leave")).count() / MODELS.len();
    assert_eq!(house.left(leaving), (leaving, leaving), "what the app leaves, Shipway leaves");
    say(&format!("{sdk}: {count} checks in {:.1} s", begun.elapsed().as_secs_f64()));
}

/// Says it whether the test passes or not, which the macros do not: what they print is shown of failing tests only.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[test]
fn openai_python() {
    check(Home::Python("sdk"), "openai_sdk.py");
}

#[test]
fn openai_python_of_the_last_major() {
    check(Home::Python("sdk-llama"), "openai_sdk.py");
}

#[test]
fn openai_node() {
    check(Home::Node, "openai_sdk.mjs");
}

#[test]
fn anthropic_python() {
    check(Home::Python("sdk"), "anthropic_sdk.py");
}

#[test]
fn anthropic_typescript() {
    check(Home::Node, "anthropic_sdk.mjs");
}

#[test]
fn vercel_ai_sdk() {
    check(Home::Node, "vercel_sdk.mjs");
}

#[test]
fn langchain() {
    check(Home::Python("sdk"), "langchain_sdk.py");
}

#[test]
fn llama_index() {
    check(Home::Python("sdk-llama"), "llama_index_sdk.py");
}
