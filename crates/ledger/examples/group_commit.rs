//! What a record costs: µs of CPU, write calls and commits a request, alone and with many at once, on one
//! single-threaded runtime a core as the server has them; and what the disk takes for one `fdatasync`.
//!
//! `cargo run --release -p ledger --example group_commit [requests] [folder] [bytes a side]`; the folder decides which
//! disk is measured. CPU and write calls are the whole process's, from `/proc` (Linux), zero elsewhere.

use ledger::{Arm, Finished, Ledger, PayloadText, Source, Span, Started, Status};
use serde_json::{Map, json};
use std::io::{Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use storage::Storage;
use usecase::{Attempt, AttemptEnd, Cost, MicroUsd, Timestamp, TraceId, Usage};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const CORES: usize = 2;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let requests: usize = arguments.next().map_or(Ok(8_000), |text| text.parse())?;
    let parent = arguments.next().unwrap_or_else(|| ".".to_owned());
    let bytes: usize = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    println!("fdatasync of 4 KB: {} µs (p50 of 500)", sync_cost(Path::new(&parent))?.as_micros());
    println!("{bytes} bytes of request and of answer each");
    println!("{HEADINGS}");
    for writers in [1, 8, 64, 256] {
        let folder = tempfile::tempdir_in(&parent)?;
        let storage = Storage::open(folder.path())?;
        let ledger = Ledger::open(&storage)?;
        let count = if writers == 1 { requests / 4 } else { requests };
        let work = prepared(writers, count / writers, bytes);
        let (before, used, begun) = (storage.stats(), Used::now()?, Instant::now());
        let (mut waits, cores) = serve_all(&ledger, work)?;
        let (took, after, used_after) = (begun.elapsed(), storage.stats(), Used::now()?);
        let cpu = cores + used_after.cpu - used.cpu;
        waits.sort_unstable();
        let each = |total: u64| total as f64 / waits.len() as f64;
        let at = |share: usize| waits[(waits.len() * share / 100).min(waits.len() - 1)].as_micros();
        println!(
            "{writers:>8} {:>10} {:>12.0} {:>12.1} {:>12.0} {:>12.1} {:>9} {:>9}",
            waits.len(),
            waits.len() as f64 / took.as_secs_f64(),
            waits.len() as f64 / (after.commits - before.commits) as f64,
            each(cpu.as_micros() as u64),
            each(used_after.writes - used.writes),
            at(50),
            at(99),
        );
        let (begun, report) = (Instant::now(), ledger.verify()?);
        let each = begun.elapsed().as_micros() as f64 / report.events as f64;
        println!("{:>8} verify: {} events, intact: {}, {each:.0} µs each", "", report.events, report.intact);
    }
    Ok(())
}

const HEADINGS: &str = " writers   requests   requests/s  in a commit  µs CPU each  writes each    p50 µs    p99 µs";

/// How long each request waited, and the CPU time of the threads that asked.
type Served = (Vec<Duration>, Duration);

/// What one writer will record. Made beforehand: what a record costs is measured, not what its parts cost to make.
type Work = Vec<(Started, Finished)>;

/// For each core its writers.
fn prepared(writers: usize, requests: usize, bytes: usize) -> Vec<Vec<Work>> {
    let cores = CORES.min(writers);
    let one = || {
        let trace = TraceId::random();
        (started(trace), finished(trace, bytes))
    };
    let writer = || (0..requests).map(|_| one()).collect();
    (0..cores).map(|_| (0..writers / cores).map(|_| writer()).collect()).collect()
}

fn serve_all(ledger: &Ledger, work: Vec<Vec<Work>>) -> Result<Served, Failure> {
    std::thread::scope(|scope| {
        let core = |work| scope.spawn(move || serve_core(ledger, work));
        let threads: Vec<_> = work.into_iter().map(core).collect();
        let (mut waits, mut cpu) = (Vec::new(), Duration::ZERO);
        for thread in threads {
            let served = thread.join().expect("a core does not panic")?;
            waits.extend(served.0);
            cpu += served.1;
        }
        Ok((waits, cpu))
    })
}

fn serve_core(ledger: &Ledger, work: Vec<Work>) -> Result<Served, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let waits = runtime.block_on(async {
        let tasks: Vec<_> = work.into_iter().map(|work| tokio::spawn(serve(ledger.clone(), work))).collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await??);
        }
        Ok::<_, Failure>(waits)
    })?;
    Ok((waits, on_cpu(Path::new("/proc/thread-self/schedstat"))))
}

async fn serve(ledger: Ledger, work: Work) -> Result<Vec<Duration>, ledger::Error> {
    let mut waits = Vec::with_capacity(work.len());
    for (mut start, mut end) in work {
        // Of the moment, as the server has them: what was made beforehand would come out of order.
        (start.trace, start.at) = (TraceId::random(), Timestamp::now());
        end.trace = start.trace;
        let begun = Instant::now();
        ledger.begin(start)?;
        ledger.finish(end).await?;
        waits.push(begun.elapsed());
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

/// A proxied request: one attempt, five spans, question and answer of `bytes` each.
fn finished(trace: TraceId, bytes: usize) -> Finished {
    let attempt = Attempt {
        model: "openai/gpt-5-mini".to_owned(),
        started: Timestamp::now(),
        first_token_us: Some(900),
        duration_us: 1_000,
        end: AttemptEnd::Answered,
        usage: Usage { input_tokens: 250, output_tokens: 210, ..Usage::default() },
        cost: Cost::known(MicroUsd(413)),
        saved: MicroUsd::ZERO,
    };
    let span = |number: u64| Span { name: "guards".into(), start_us: number, duration_us: 100, attributes: Map::new() };
    let words = |sentence: &str| sentence.repeat(bytes / sentence.len() + 1);
    Finished {
        trace,
        at: Timestamp::now(),
        status: Status::Answered,
        error: None,
        usage: attempt.usage,
        attempts: vec![attempt],
        verdicts: Vec::new(),
        spans: (0..5).map(span).collect(),
        cost: Cost::known(MicroUsd(413)),
        saved: MicroUsd::ZERO,
        cache: None,
        citations: Vec::new(),
        snapshots: Vec::new(),
        own_us: 1_000,
        payload: PayloadText::new(
            &json!({"messages": [{"role": "user", "content": words("How long is the warranty on a lamp? ")}]}),
            &json!({"text": words("Two years from the day of purchase. ")}),
        ),
    }
}

/// Half of the times that one page, written anew in place, took to be forced to the disk.
fn sync_cost(folder: &Path) -> std::io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let page = [7_u8; 4096];
    let mut times = Vec::new();
    for _ in 0..500 {
        file.rewind()?;
        file.write_all(&page)?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[250])
}

/// What the living threads of this process have used so far.
struct Used {
    cpu: Duration,
    writes: u64,
}

impl Used {
    /// `syscw` of `/proc/self/io` counts write calls of every kind.
    fn now() -> std::io::Result<Self> {
        let mut cpu = Duration::ZERO;
        for thread in std::fs::read_dir("/proc/self/task").into_iter().flatten() {
            cpu += on_cpu(&thread?.path().join("schedstat"));
        }
        let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
        let writes = io.lines().find_map(|line| line.strip_prefix("syscw: ")?.parse().ok());
        Ok(Self { cpu, writes: writes.unwrap_or(0) })
    }
}

/// Time that a thread ran, user and system, as the scheduler counts it. The ticks of `/proc/self/stat` would mislead
/// here: a thread that the disk wakes at each tick looks busy at every one of them.
fn on_cpu(schedstat: &Path) -> Duration {
    let text = std::fs::read_to_string(schedstat).unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}
