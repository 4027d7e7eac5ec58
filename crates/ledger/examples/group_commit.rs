//! What a record costs: requests a second, commits, and µs of CPU for each, alone and with many at once.
//!
//! `cargo run --release -p ledger --example group_commit [requests] [folder]`; the folder decides which disk is measured.

use ledger::{Arm, Finished, Ledger, Payload, Source, Span, Started, Status};
use serde_json::{Map, json};
use std::time::{Duration, Instant};
use storage::Storage;
use usecase::{Attempt, AttemptEnd, Cost, MicroUsd, Timestamp, TraceId, Usage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests: usize = std::env::args().nth(1).map_or(Ok(4_000), |text| text.parse())?;
    let parent = std::env::args().nth(2).unwrap_or_else(|| ".".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    println!(
        "{:>8} {:>10} {:>12} {:>9} {:>12} {:>12} {:>12}",
        "writers", "requests", "requests/s", "commits", "in a commit", "µs CPU each", "p50 wait µs"
    );
    for writers in [1, 8, 64, 256] {
        let folder = tempfile::tempdir_in(&parent)?;
        let storage = Storage::open(folder.path())?;
        let ledger = Ledger::open(&storage)?;
        let count = if writers == 1 { requests / 4 } else { requests };
        let (before, cpu, begun) = (storage.stats(), cpu_time()?, Instant::now());
        let mut waits = runtime.block_on(serve_all(&ledger, writers, count))?;
        let (took, cpu, after) = (begun.elapsed(), cpu_time()? - cpu, storage.stats());
        waits.sort_unstable();
        let commits = after.commits - before.commits;
        println!(
            "{writers:>8} {:>10} {:>12.0} {commits:>9} {:>12.1} {:>12.0} {:>12}",
            waits.len(),
            waits.len() as f64 / took.as_secs_f64(),
            waits.len() as f64 / commits as f64,
            cpu.as_micros() as f64 / waits.len() as f64,
            waits[waits.len() / 2].as_micros(),
        );
        let (begun, report) = (Instant::now(), ledger.verify()?);
        let each = begun.elapsed().as_micros() as f64 / report.events as f64;
        println!("{:>8} verify: {} events, intact: {}, {each:.0} µs each", "", report.events, report.intact);
    }
    Ok(())
}

async fn serve_all(ledger: &Ledger, writers: usize, requests: usize) -> Result<Vec<Duration>, ledger::Error> {
    let mut tasks = Vec::new();
    for _ in 0..writers {
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            let mut waits = Vec::new();
            for _ in 0..requests / writers {
                let trace = TraceId::random();
                let end = finished(trace);
                let begun = Instant::now();
                ledger.begin(started(trace))?;
                ledger.finish(end).await?;
                waits.push(begun.elapsed());
            }
            Ok::<_, ledger::Error>(waits)
        }));
    }
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("a writer does not panic")?);
    }
    Ok(waits)
}

fn started(trace: TraceId) -> Started {
    Started {
        trace,
        at: Timestamp::now(),
        use_case: "support".to_owned(),
        bundle: None,
        arm: Arm::Stable,
        source: Source::Live,
        key: "0a1b2c3d".to_owned(),
        conversation: None,
        subject: None,
        stream: false,
    }
}

/// A request of the usual size: a question, six passages, an answer; ten spans; about 8 KB of payload.
fn finished(trace: TraceId) -> Finished {
    let attempt = Attempt {
        model: "local/extractive".to_owned(),
        started: Timestamp::now(),
        first_token_us: Some(900),
        duration_us: 1_000,
        end: AttemptEnd::Answered,
        usage: Usage::default(),
        cost: Cost::known(MicroUsd(413)),
    };
    let span = |number: u64| Span {
        name: "retrieve".to_owned(),
        start_us: number,
        duration_us: 100,
        attributes: Map::from_iter([("gen_ai.request.model".to_owned(), json!("local/extractive"))]),
    };
    let passages: Vec<String> = (0..6).map(|_| "A passage of the handbook. ".repeat(45)).collect();
    Finished {
        trace,
        at: Timestamp::now(),
        status: Status::Answered,
        error: None,
        attempts: vec![attempt],
        verdicts: Vec::new(),
        spans: (0..10).map(span).collect(),
        usage: Usage::default(),
        cost: Cost::known(MicroUsd(413)),
        citations: Vec::new(),
        snapshots: vec![("support/handbook".to_owned(), 1)],
        own_us: 1_000,
        payload: Payload { request: json!({"passages": passages}), answer: json!({"text": "Yes. ".repeat(80)}) },
    }
}

/// CPU time of this process, user and system, all threads: fields 14 and 15 of `/proc/self/stat`, in hundredths of a
/// second on Linux; zero elsewhere.
fn cpu_time() -> std::io::Result<Duration> {
    let Ok(text) = std::fs::read_to_string("/proc/self/stat") else { return Ok(Duration::ZERO) };
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}
