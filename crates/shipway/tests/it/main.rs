//! Everything that needs the real binary, in one test binary: the API, its traps and faults, the command line, kills
//! and drains, the example, the SDKs of apps, and the laws of the house, and a storm of faults.

mod api;
mod bad_input;
mod batches;
mod cache;
mod chaos;
mod command_line;
mod dialects;
mod disk;
mod docs;
mod embedders;
mod example;
mod faults;
mod governance;
mod guards;
mod kill;
mod knowledge;
mod laws;
mod leaving;
mod pairs;
mod releases;
mod right_size;
mod sdk;
mod tier;
mod traps;

use serde_json::{Value, json};
use testkit::TestProject;

/// The binary under test.
const SHIPWAY: &str = env!("CARGO_BIN_EXE_shipway");

/// One user message for a model.
fn ask(model: &str, question: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": question }] })
}

/// The same, streamed.
fn ask_streamed(model: &str, question: &str) -> Value {
    let mut body = ask(model, question);
    body["stream"] = json!(true);
    body
}

/// The question that the shop's one page answers.
const QUESTION: &str = "Within how many days of delivery can I return a lamp?";

/// The small shop, its page ingested.
fn shop() -> TestProject {
    let project = TestProject::with_shop(SHIPWAY);
    project.must(&["ingest", "shop"]);
    project
}

/// The small shop asking a scripted provider.
fn scripted_shop(provider: &testkit::Provider) -> TestProject {
    let project = TestProject::with_scripted(SHIPWAY, &provider.base_url());
    project.must(&["ingest", "shop"]);
    project
}
