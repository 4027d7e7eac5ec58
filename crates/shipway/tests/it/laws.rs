//! The laws of the house, as ordinary tests: which room may import which, that every command and config key is in the
//! docs, that no file is without its purpose.

use crate::SHIPWAY;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

fn metadata() -> Value {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(repository()).output().expect("cargo metadata");
    serde_json::from_slice(&output.stdout).expect("the metadata is JSON")
}

/// The first column of the table of rooms.
const STOREYS: &[&str] = &["ground", "engines", "paths", "judgement", "door", "tests"];

/// What each room may import of ours: the table in ARCHITECTURE.md.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("the architecture page");
    let rows = page.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, storey, room, _, below, _] = columns.as_slice() else { return None };
        if !STOREYS.contains(storey) {
            return None;
        }
        let room = room.strip_prefix('`')?.strip_suffix('`')?;
        let below = below.split(", ").filter(|name| *name != "nothing of ours");
        Some((room.to_owned(), below.map(str::to_owned).collect()))
    });
    rows.collect()
}

#[test]
fn arrows_only_point_down() {
    let (metadata, allowed) = (metadata(), arrows());
    let packages = metadata["packages"].as_array().expect("packages");
    for package in packages {
        let room = package["name"].as_str().expect("a name");
        let below = allowed.get(room).unwrap_or_else(|| panic!("the room `{room}` has no row in ARCHITECTURE.md"));
        let imported: BTreeSet<String> = package["dependencies"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|dependency| dependency["kind"] != "dev")
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .filter(|name| allowed.contains_key(name))
            .collect();
        assert_eq!(&imported, below, "what `{room}` imports is not what ARCHITECTURE.md says");
    }
    assert_eq!(packages.len(), allowed.len(), "a row of ARCHITECTURE.md has no room");
}

#[test]
fn every_command_is_in_the_docs() {
    let help = Command::new(SHIPWAY).arg("--help").output().expect("help");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let after = help.split("Commands:").nth(1).expect("the list of commands");
    let docs = text_of_folder(&repository().join("docs"));
    for line in after.lines().skip(1).take_while(|line| line.starts_with("  ")) {
        let name = line.split_whitespace().next().unwrap_or_default();
        if !name.is_empty() && name != "help" && line.starts_with("  ") && !line.starts_with("   ") {
            assert!(docs.contains(&format!("shipway {name}")), "docs/ never mentions `shipway {name}`");
        }
    }
}

#[test]
fn every_config_key_is_in_the_docs() {
    let output = Command::new(SHIPWAY).arg("schema").output().expect("the schemas");
    let schemas: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let docs = text_of_folder(&repository().join("docs"));
    let mut keys = BTreeSet::new();
    property_names(&schemas, &mut keys);
    let missing: Vec<&String> = keys.iter().filter(|key| !docs.contains(&format!("`{key}`"))).collect();
    assert!(missing.is_empty(), "docs/ does not explain the keys {missing:?}");
}

fn property_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let ("properties", Value::Object(properties)) = (name.as_str(), value) {
                    names.extend(properties.keys().cloned());
                }
                property_names(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| property_names(item, names)),
        _ => {}
    }
}

fn text_of_folder(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    paths.map(|path| std::fs::read_to_string(path).unwrap_or_default()).collect()
}

/// The sources of all rooms, tests included.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_none_is_too_large() {
    let mut found = Vec::new();
    sources(&repository().join("crates"), &mut found);
    assert!(found.len() > 100);
    for path in found {
        let text = std::fs::read_to_string(&path).expect("a source");
        assert!(text.starts_with("//!"), "{} does not begin by saying what it is for", path.display());
        let lines = text.lines().count();
        assert!(lines <= 700, "{} has {lines} lines: it has become more than one thing", path.display());
    }
}

#[test]
fn only_a_store_speaks_sql() {
    let mut found = Vec::new();
    sources(&repository().join("crates"), &mut found);
    for path in found {
        let shown = path.display().to_string();
        let may = shown.contains("/store") || shown.contains("/storage/") || shown.contains("tests");
        let text = std::fs::read_to_string(&path).expect("a source");
        let speaks =
            ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "CREATE TABLE "].iter().any(|sql| text.contains(sql));
        assert!(may || !speaks, "{shown} speaks SQL: that belongs into the room's store");
    }
}
