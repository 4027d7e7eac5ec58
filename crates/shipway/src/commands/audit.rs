//! `shipway audit`: the ledger's records, checked and shown.

use super::Ground;
use crate::cli::Audit;
use crate::house;
use crate::paint;
use anyhow::{Context, bail};
use ledger::{Ledger, RequestFilter};
use std::process::ExitCode;
use storage::Storage;
use usecase::TraceId;

pub(crate) fn run(ground: &Ground<'_>, audit: &Audit) -> anyhow::Result<ExitCode> {
    let project = house::project(ground.project)?;
    let storage = Storage::open(&project.data_folder())?;
    let ledger = Ledger::open(&storage)?;
    match audit {
        Audit::Verify => verify(ground, &ledger),
        Audit::Requests { use_case, limit } => requests(ground, &ledger, use_case.clone(), *limit),
        Audit::Show { trace } => show(&ledger, trace),
    }
}

fn verify(ground: &Ground<'_>, ledger: &Ledger) -> anyhow::Result<ExitCode> {
    let report = ledger.verify()?;
    if ground.json {
        paint::json(&report)?;
    } else if let Some(found) = &report.first_break {
        paint::line(format!("{} record {}: {}", paint::bad("broken at"), found.seq, found.reason));
    } else {
        let word = paint::good("intact");
        paint::line(format!(
            "{word}: {} records in an unbroken chain; {} payloads checked, {} erased",
            report.events, report.payloads_checked, report.payloads_erased
        ));
    }
    Ok(if report.intact { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn requests(ground: &Ground<'_>, ledger: &Ledger, use_case: Option<String>, limit: usize) -> anyhow::Result<ExitCode> {
    let rows = ledger.requests(&RequestFilter { use_case, limit: Some(limit), ..RequestFilter::default() })?;
    if ground.json {
        paint::json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    for row in rows {
        let status = row.status.map_or("running", |status| status.as_str());
        let model = row.model.as_deref().unwrap_or("-");
        paint::line(format!("{}  {}  {status:11}  {}  {model}  {}", row.trace, row.at, row.use_case, row.cost));
    }
    Ok(ExitCode::SUCCESS)
}

/// One request, whole: always as JSON, since it is read by people who look for one field.
fn show(ledger: &Ledger, trace: &str) -> anyhow::Result<ExitCode> {
    let id = TraceId::parse(trace.trim_start_matches("chatcmpl-")).context("a trace id is 32 hex digits")?;
    let Some(detail) = ledger.request(&id)? else { bail!("no request has the trace {id}") };
    paint::json(&detail)?;
    Ok(ExitCode::SUCCESS)
}
