//! `shipway guard train MODEL FOLDER --out FOLDER`: the weights that ship, made anew from labelled texts.

use crate::cli::GuardTrain;
use crate::commands::Ground;
use crate::paint;
use anyhow::{Context, bail};
use guardrails::training::{self, Sources, TRAINERS};
use retrieval::embedder;
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use usecase::declared::EmbedderChoice;

pub(crate) fn run(ground: &Ground<'_>, asked: &GuardTrain) -> anyhow::Result<ExitCode> {
    let names: Vec<&str> = TRAINERS.iter().map(|(name, _)| *name).collect();
    if asked.model != "all" && !names.contains(&asked.model.as_str()) {
        bail!("there is no model `{}`: expected `all` or one of {}", asked.model, names.join(", "));
    }
    std::fs::create_dir_all(&asked.out).with_context(|| format!("cannot make {}", asked.out.display()))?;
    // Only the table of word vectors needs an encoder; without MiniLM it is left as it is.
    let minilm = embedder::open(&EmbedderChoice::Minilm, Path::new(".")).ok().flatten();
    let encode =
        minilm.map(|encoder| move |texts: &[&str]| encoder.embed_questions(texts).map_err(|error| error.to_string()));
    let encoder = encode.as_ref().map(|encode| encode as &training::Encoder<'_>);
    let sources = Sources { folder: &asked.folder, encoder };
    let mut written = Vec::new();
    for (name, train) in TRAINERS.iter().filter(|(name, _)| asked.model == "all" || asked.model == *name) {
        let Some(trained) = train(&sources)? else {
            paint::line(format!("{name}: {}", paint::care("left as it is: its texts, or MiniLM, are not there")));
            continue;
        };
        let path = asked.out.join(&trained.file);
        std::fs::write(&path, &trained.bytes).with_context(|| format!("cannot write {}", path.display()))?;
        if !ground.json {
            paint::line(format!("{}: {} bytes in {}", paint::loud(name), trained.bytes.len(), path.display()));
            trained.log.iter().for_each(|line| paint::line(format!("  {line}")));
        }
        written.push(json!({ "model": name, "file": path, "bytes": trained.bytes.len(), "log": trained.log }));
    }
    if ground.json {
        paint::json(&written)?;
    }
    Ok(ExitCode::SUCCESS)
}
