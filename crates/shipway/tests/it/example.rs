//! The example and the starter work as they are: ingested, evaluated, released, checked.

use crate::SHIPWAY;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::TestProject;

#[test]
fn the_demo_tells_its_whole_story() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo: PathBuf = folder.path().join("demo");
    let output = Command::new(SHIPWAY)
        .args(["demo", "--once", "--offline", "--folder"])
        .arg(&demo)
        .current_dir(repository)
        .env("NO_COLOR", "1")
        .output()
        .expect("the demo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    let acts = [
        "You can return any bike within 60 days of delivery",
        "I could not find an answer to that in the documents I may use.",
        "up to 15 percent on accessories",
        "That is outside of what I can help with here.",
        "I can't help with that here.",
        "within 14 days after the returned bike has arrived",
        "✓ 6.",
    ];
    for act in acts {
        assert!(text.contains(act), "the demo does not say {act:?}:\n{text}\n{errors}");
    }
    assert!(!text.contains('✗'), "{text}");
    assert!(demo.join(".shipway-demo").is_file(), "the next demo knows its folder by this");
}

#[test]
fn the_demo_takes_away_no_project_but_its_own() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let project = TestProject::with_shop(SHIPWAY);
    let output = Command::new(SHIPWAY)
        .args(["demo", "--once", "--offline", "--folder"])
        .arg(project.root())
        .current_dir(repository)
        .output()
        .expect("the demo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("was not made by a demo") && errors.contains("--folder"), "{errors}");
    assert!(project.path("usecases/shop/usecase.toml").is_file(), "the project is as it was");
}

#[test]
fn a_reader_that_closes_the_pipe_early_is_no_failure() {
    let project = TestProject::empty(SHIPWAY);
    for arguments in [&["schema"][..], &["audit", "verify"][..]] {
        let mut child = Command::new(SHIPWAY)
            .args(arguments)
            .current_dir(project.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command runs");
        // Nobody reads: the first byte meets a broken pipe.
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the command ends");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {:?} {errors}", output.status);
    }
}

#[test]
fn a_starter_passes_its_own_check_after_one_eval_and_release() {
    let project = TestProject::empty(SHIPWAY);
    project.must(&["init", "helpdesk"]);
    project.must(&["ingest", "helpdesk"]);
    project.must(&["eval", "helpdesk"]);
    assert_eq!(project.shipway(&["check", "helpdesk"]).code, 1, "line 5 fails before the release");
    project.must(&["release", "helpdesk", "--by", "tester"]);
    let check = project.must(&["check", "helpdesk"]);
    assert_eq!(check.stdout.matches('✓').count(), 6, "{}", check.stdout);
    let again = project.shipway(&["init", "helpdesk"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
    let bundle = project.must(&["bundle", "helpdesk", "--json"]).json();
    assert!(bundle["id"].as_str().is_some_and(|id| id.starts_with("b-")));
    assert_eq!(project.must(&["review", "--json"]).json(), json!([]));
}
