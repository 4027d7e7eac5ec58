//! The commands in the docs work: every page's `sh` blocks, joined in order, run as one script in an empty folder.

use crate::SHIPWAY;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

#[test]
fn every_command_in_the_docs_works() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut pages: Vec<_> = std::fs::read_dir(folder).expect("docs").flatten().map(|entry| entry.path()).collect();
    pages.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    pages.sort();
    let scripts = pages.iter().filter_map(|page| {
        let script = script_of(&std::fs::read_to_string(page).expect("a page"));
        (!script.is_empty()).then_some((page, script))
    });
    let failures: Vec<String> = std::thread::scope(|scope| {
        // Each page has its own folder and port: they run beside one another.
        let running: Vec<_> = scripts.map(|(page, script)| scope.spawn(move || run(page, &script))).collect();
        assert!(running.len() >= 5, "only {} pages have commands", running.len());
        running.into_iter().filter_map(|thread| thread.join().expect("a page's thread")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The `sh` blocks of a page, joined.
fn script_of(page: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in page.lines() {
        match (inside, line.trim_end()) {
            (false, "```sh") => inside = true,
            (true, "```") => inside = false,
            (true, line) => script.push_str(&format!("{line}\n")),
            (false, _) => {}
        }
    }
    script
}

/// What went wrong, if anything did.
fn run(page: &Path, script: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let script = script.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
    let binary = Path::new(SHIPWAY).parent().expect("the binary's folder").display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap_or_default());
    let output = Command::new("timeout")
        .args(["120", "bash", "-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .output()
        .expect("bash runs");
    if output.status.success() {
        return None;
    }
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some(format!("{} failed ({}):\n{stdout}\n{stderr}", page.display(), output.status))
}
