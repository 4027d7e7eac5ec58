//! `shipway batch`: what the apps' batches are doing, for whoever runs the server.

use super::Ground;
use crate::cli::Batch as Asked;
use crate::{house, paint};
use batches::{Batch, Page, Status};
use std::process::ExitCode;
use storage::Storage;

pub(crate) fn run(ground: &Ground<'_>, asked: &Asked) -> anyhow::Result<ExitCode> {
    let project = house::project(ground.project)?;
    let storage = Storage::open(&project.data_folder())?;
    let batches = house::batches(&project, &storage)?;
    let person = house::person(Vec::new());
    match asked {
        Asked::List { limit } => {
            let page = Page { limit: Some(*limit), ..Page::default() };
            list(ground, &batches.list(&person, &page)?.0)?;
        }
        Asked::Show { id } => show(ground, &batches.get(&person, id)?)?,
        Asked::Cancel { id } => show(ground, &batches.cancel(&person, id)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(ground: &Ground<'_>, batches: &[Batch]) -> anyhow::Result<()> {
    if ground.json {
        return paint::json(&batches);
    }
    if batches.is_empty() {
        paint::line("no batch yet: an app makes one with POST /v1/batches");
    }
    for batch in batches {
        paint::line(format!("{}  {}  {}  key {}", batch.id, painted(batch.status), progress(batch), batch.key));
    }
    Ok(())
}

fn show(ground: &Ground<'_>, batch: &Batch) -> anyhow::Result<()> {
    if ground.json {
        return paint::json(batch);
    }
    paint::line(format!("{}  {}", paint::loud(&batch.id), painted(batch.status)));
    paint::line(format!("  key       {}", batch.key));
    paint::line(format!("  endpoint  {}", batch.endpoint.path()));
    paint::line(format!("  lines     {}", progress(batch)));
    paint::line(format!("  input     {}", batch.input_file));
    for (name, file) in [("output", &batch.output_file), ("errors", &batch.error_file)] {
        if let Some(file) = file {
            paint::line(format!("  {name}    {file}"));
        }
    }
    for (status, moment) in &batch.moments {
        paint::line(paint::quiet(format!("  {moment}  {}", status.as_str())));
    }
    if !batch.status.is_over() {
        paint::line(paint::quiet(format!("  {}  its window ends", batch.expires)));
    }
    for problem in &batch.problems {
        let place = problem.line.map_or_else(String::new, |line| format!("line {line}: "));
        paint::line(format!("  {} {place}{}", paint::bad(&problem.code), problem.message));
    }
    Ok(())
}

fn progress(batch: &Batch) -> String {
    let counts = batch.counts;
    format!("{} of {} answered, {} failed", counts.completed, counts.total, counts.failed)
}

fn painted(status: Status) -> String {
    let word = status.as_str();
    match status {
        Status::Completed => paint::good(word),
        Status::Failed | Status::Expired => paint::bad(word),
        _ => paint::care(word),
    }
}
