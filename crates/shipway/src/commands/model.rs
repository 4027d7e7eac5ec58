//! `shipway model`: the models that run inside Shipway, and those that can be asked.

use super::Ground;
use crate::cli::Model;
use crate::{house, paint};
use indicatif::{ProgressBar, ProgressStyle};
use models::Models;
use retrieval::embedder::pull::{self, PullProgress, PullSource, Pulled};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

pub(crate) fn run(ground: &Ground<'_>, model: &Model) -> anyhow::Result<ExitCode> {
    match model {
        Model::Pull { name: _, from } => {
            let pulled = pull_minilm(from.as_deref(), !ground.json)?;
            let folder = pulled.folder.display().to_string();
            if ground.json {
                paint::json(&json!({ "folder": folder, "source": pulled.source, "bytes": pulled.bytes }))?;
            } else {
                paint::line(format!("{} MiniLM from {}, checked, in {folder}", paint::good("✓"), pulled.source));
            }
        }
        Model::List => list(ground)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Fetches MiniLM with a progress bar.
pub(crate) fn pull_minilm(from: Option<&Path>, shown: bool) -> anyhow::Result<Pulled> {
    let source = match from {
        Some(path) => PullSource::Path(path.to_owned()),
        None => PullSource::Network,
    };
    let bar = if shown { ProgressBar::new(0) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("  {msg:40} {wide_bar} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    let told = |progress: PullProgress| {
        bar.set_message(format!("{:?} {}", progress.step, progress.source));
        bar.set_length(progress.total.unwrap_or(0));
        bar.set_position(progress.done);
    };
    let pulled = pull::minilm(&source, &told);
    bar.finish_and_clear();
    Ok(pulled?)
}

fn list(ground: &Ground<'_>) -> anyhow::Result<()> {
    let project = house::project(ground.project)?;
    let models = Arc::new(Models::new(&project.file)?);
    let embedder = house::embedder(&project, &models)?;
    let entries = models.list().into_iter().map(|model| {
        let price = models.price_of(&model);
        (model.to_string(), price)
    });
    if ground.json {
        let entries: Vec<_> = entries.map(|(model, price)| json!({ "model": model, "price": price })).collect();
        return paint::json(&json!({ "embedder": embedder.identity(), "models": entries }));
    }
    paint::line(format!("embedder  {}", embedder.identity()));
    for (model, price) in entries {
        let price = price.map_or("price unknown".to_owned(), |price| {
            format!("{} in, {} out per million tokens, as of {}", price.input, price.output, price.as_of)
        });
        paint::line(format!("model     {model}  {}", paint::quiet(price)));
    }
    Ok(())
}
