//! `shipway init NAME`: the starter files, and a project around them where there is none yet.

use super::Ground;
use crate::paint;
use anyhow::{Context, bail};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use usecase::project::Project;
use usecase::starter;

pub(crate) fn run(ground: &Ground<'_>, name: &str) -> anyhow::Result<ExitCode> {
    let start = match ground.project {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir().context("the current folder cannot be read")?,
    };
    let use_case = starter::use_case(name)?;
    let root = Project::find(&start).unwrap_or_else(|| start.clone());
    let folder = root.join("usecases").join(name);
    if folder.exists() {
        bail!("{} exists already: choose another name, or edit what is there", folder.display());
    }
    let mut written = Vec::new();
    if !root.join("shipway.toml").exists() {
        let title = root.file_name().and_then(|name| name.to_str()).unwrap_or("project").to_owned();
        for (path, content) in starter::project(&title) {
            write_new(&root.join(&path), &content, &mut written)?;
        }
    }
    for (path, content) in use_case {
        write_new(&folder.join(&path), &content, &mut written)?;
    }
    if ground.json {
        let written: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        paint::json(&json!({ "use_case": name, "written": written }))?;
        return Ok(ExitCode::SUCCESS);
    }
    if root != start {
        paint::line(format!("added to the project in {}", root.display()));
    }
    for path in &written {
        let shown = path.strip_prefix(&start).unwrap_or(path);
        paint::line(format!("  {} {}", paint::good("+"), shown.display()));
    }
    paint::line(format!(
        "\nNext, in this order:\n  shipway ingest {name}\n  shipway eval {name}\n  shipway release {name}"
    ));
    paint::line(format!(
        "  shipway check {name}\n  shipway ask {name} \"Within how many days can a lamp be returned?\""
    ));
    Ok(ExitCode::SUCCESS)
}

/// A file that is there already is the user's and stays.
fn write_new(path: &Path, content: &str, written: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let folder = path.parent().context("a file lies in a folder")?;
    std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    std::fs::write(path, content).with_context(|| format!("{} cannot be written", path.display()))?;
    written.push(path.to_owned());
    Ok(())
}
