//! The official OpenAI Python SDK against a real server. `scripts/test` makes the environment and names it in
//! `SHIPWAY_SDK_PYTHON`; without it this test fails, because a check that is skipped is no check.

use crate::{SHIPWAY, shop};
use std::path::Path;
use std::process::Command;
use testkit::{Provider, Script};

#[test]
fn the_openai_python_sdk() {
    let python = std::env::var("SHIPWAY_SDK_PYTHON")
        .expect("SHIPWAY_SDK_PYTHON names a Python that has the `openai` package: scripts/test sets it");
    let provider = Provider::start(Script::says("Hello from upstream."));
    let project = shop();
    let declared = testkit::TestProject::with_scripted(SHIPWAY, &provider.base_url());
    let text = std::fs::read_to_string(declared.path("shipway.toml")).expect("the declaration");
    project.write("shipway.toml", text);
    let server = project.serve();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk/openai_sdk.py");
    let output = Command::new(python)
        .arg(script)
        .env("BASE_URL", format!("{}/v1", server.url()))
        .output()
        .expect("the SDK's script runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("all checks passed"), "{stdout}");
}
