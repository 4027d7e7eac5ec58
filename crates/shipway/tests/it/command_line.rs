//! The command line: help that reads well, errors that say what to do, JSON where it is asked for.

use crate::{QUESTION, SHIPWAY, shop};
use serde_json::json;
use testkit::TestProject;

/// Every command and what must stand in its help.
const COMMANDS: &[&[&str]] = &[
    &["demo"],
    &["init"],
    &["check"],
    &["bundle"],
    &["schema"],
    &["ingest"],
    &["ask"],
    &["guard"],
    &["guard", "eval"],
    &["guard", "test"],
    &["guard", "train"],
    &["guard", "calibrate"],
    &["guard", "report"],
    &["guard", "types"],
    &["eval"],
    &["bench"],
    &["release"],
    &["promote"],
    &["rollback"],
    &["status"],
    &["serve"],
    &["review"],
    &["audit"],
    &["audit", "verify"],
    &["audit", "requests"],
    &["audit", "show"],
    &["key"],
    &["key", "create"],
    &["key", "list"],
    &["key", "revoke"],
    &["model"],
    &["model", "pull"],
    &["model", "list"],
];

#[test]
fn every_command_has_its_help() {
    let project = TestProject::empty(SHIPWAY);
    let overview = project.must(&["--help"]).stdout;
    for command in COMMANDS {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let help = project.must(&arguments).stdout;
        let first = help.lines().next().unwrap_or_default();
        assert!(first.len() > 15 && help.contains("Usage:"), "{command:?}: {help}");
        if let [name] = command {
            assert!(
                overview.contains(&format!("  {name} ")) || overview.contains(&format!("  {name}\n")),
                "{overview}"
            );
        }
    }
}

#[test]
fn config_errors_come_all_at_once_with_their_places() {
    let project = shop().append(
        "usecases/shop/usecase.toml",
        "[retrievall]\ntop = 3\n\n[guard]\npii = \"maks\"\n[budget]\nper_day = 25\n",
    );
    let output = project.shipway(&["bundle", "shop"]);
    assert_eq!(output.code, 1);
    for piece in ["usecases/shop/usecase.toml:", "retrievall", "retrieval", "mask", "25 USD"] {
        assert!(output.stderr.contains(piece), "{piece} is missing in\n{}", output.stderr);
    }
}

#[test]
fn what_is_not_there_is_said_with_what_is() {
    let project = shop();
    let output = project.shipway(&["check", "shopp"]);
    assert_eq!(output.code, 1);
    assert!(output.stderr.contains("this project has shop"), "{}", output.stderr);
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let folder = nowhere.path().display().to_string();
    let output = project.shipway(&["check", "shop", "--project", &folder]);
    assert!(output.stderr.contains("shipway init"), "{}", output.stderr);
}

#[test]
fn ask_shows_the_answer_its_source_and_where_the_time_went() {
    let project = shop();
    let text = project.must(&["ask", "shop", QUESTION]).stdout;
    for piece in ["within 45 days", "[1] Returns", "local/extractive", "$0.00", "retrieve", "trace "] {
        assert!(text.contains(piece), "{piece} is missing in\n{text}");
    }
    let told = project.must(&["ask", "shop", QUESTION, "--json"]).json();
    assert_eq!(told["facts"]["status"], "answered");
    assert_eq!(told["facts"]["cost"]["known"], json!(0));
}

#[test]
fn schemas_are_schemas() {
    let project = TestProject::empty(SHIPWAY);
    let schemas = project.must(&["schema"]).json();
    for file in ["shipway.toml", "usecase.toml"] {
        assert!(schemas[file]["properties"].is_object(), "{file}");
    }
    let schema = project.must(&["schema", "usecase"]).json();
    assert_eq!(schema["additionalProperties"], json!(false));
}

#[test]
fn the_ledger_shows_a_change_by_its_operator() {
    let project = shop();
    project.must(&["ask", "shop", QUESTION]);
    project.must(&["audit", "verify"]);
    let script = "import sqlite3, sys\n\
                  c = sqlite3.connect(sys.argv[1])\n\
                  c.execute('drop trigger ledger_events_stand')\n\
                  c.execute(\"update ledger_events set body = replace(body, 'answered', 'abstained')\")\n\
                  c.commit()";
    let database = project.path(".shipway/shipway.db");
    let status = std::process::Command::new("python3").args(["-c", script]).arg(database).status();
    assert!(status.is_ok_and(|status| status.success()), "the ledger could not be tampered with");
    let output = project.shipway(&["audit", "verify"]);
    assert_eq!(output.code, 1, "{}", output.stdout);
    assert!(output.stdout.contains("broken at"), "{}", output.stdout);
}
