//! Measures a feed's run without the cost of a model: passages a second by phase, memory, and a second run in which nothing
//! changed.
//!
//! ```text
//! cargo run --release -p ingest --example ingest_speed -- DOCUMENTS CORPUS.jsonl...
//! ```
//!
//! The documents are the lines of the corpora, again and again under other ids and titles, in JSON lines files below a
//! folder that is removed at the end. Vectors have eight dimensions and cost nothing.

use ingest::{FeedJob, How, Ingest, Phase, Progress, RunReport};
use ledger::Ledger;
use retrieval::{Collections, Embedder, Embedders, Home};
use serde_json::{Map, Value};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use storage::Storage;
use usecase::declared::Feed;

type Failure = Box<dyn std::error::Error>;

const DOCUMENTS_IN_A_FILE: usize = 5_000;

/// Vectors that cost nothing.
struct Free;

impl Embedder for Free {
    fn identity(&self) -> &str {
        "free/8"
    }

    fn dimensions(&self) -> usize {
        8
    }

    fn fusion_weight(&self) -> f32 {
        1.0
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, retrieval::Error> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; 8];
    vector[text.len() % 8] = 1.0;
    vector
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((documents, corpora)) = arguments.split_first() else {
        return Err("usage: ingest_speed DOCUMENTS CORPUS...".into());
    };
    let folder = std::env::temp_dir().join(format!("ingest-speed-{}", std::process::id()));
    let done = measure(&folder, documents.parse()?, corpora);
    fs::remove_dir_all(&folder)?;
    done
}

fn measure(folder: &Path, documents: usize, corpora: &[String]) -> Result<(), Failure> {
    fs::create_dir_all(folder.join("docs"))?;
    let bytes = write(&folder.join("docs"), documents, corpora)?;
    println!("{documents} documents of {bytes} bytes; memory before the run: {} kB", memory("VmRSS"));
    let storage = Storage::open(&folder.join("data"))?;
    let ledger = Ledger::open(&storage)?;
    let collections = Collections::open(Home::Embedded(&storage), 10, Embedders::new(Arc::new(Free)))?;
    let ingest = Ingest::open(&storage, &ledger, &collections)?;
    // What was just written counts as settled two seconds later; only then is it passed over by the next run.
    std::thread::sleep(Duration::from_secs(3));
    for name in ["first run", "unchanged"] {
        run(&ingest, folder, name)?;
    }
    Ok(())
}

/// Writes the corpora's documents again and again, and gives how many bytes that were.
fn write(folder: &Path, documents: usize, corpora: &[String]) -> Result<u64, Failure> {
    let mut lines: Vec<Map<String, Value>> = Vec::new();
    for corpus in corpora {
        for line in fs::read_to_string(corpus)?.lines().filter(|line| !line.trim().is_empty()) {
            lines.push(serde_json::from_str(line)?);
        }
    }
    let (mut bytes, mut number) = (0, 0);
    while number < documents {
        let mut file = BufWriter::new(File::create(folder.join(format!("{number:08}.jsonl")))?);
        for _ in 0..DOCUMENTS_IN_A_FILE.min(documents - number) {
            let mut line = lines[number % lines.len()].clone();
            let title = line.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
            line.insert("id".to_owned(), format!("document-{number}").into());
            line.insert("title".to_owned(), format!("{title} ({number})").into());
            let line = serde_json::to_string(&line)?;
            bytes += line.len() as u64 + 1;
            writeln!(file, "{line}")?;
            number += 1;
        }
        file.flush()?;
    }
    Ok(bytes)
}

fn run(ingest: &Ingest, folder: &Path, name: &str) -> Result<(), Failure> {
    let feed = Feed::of_files("docs/*.jsonl");
    let job = FeedJob { use_case: "speed", feed_name: "docs", feed: &feed, folder, how: How::default() };
    // When each phase was last told to be going on.
    let committing = Mutex::new(None);
    let told = |progress: Progress| {
        if progress.phase == Phase::Committing {
            *committing.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Instant::now());
        }
    };
    let started = Instant::now();
    let report: RunReport = ingest.run(&job, &told)?;
    let all = started.elapsed();
    let committing = committing.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).unwrap_or(started);
    println!(
        "{name}: {} documents, {} passages, {:.2} s ({:.0} passages/s): {:.2} s reading and staging, {:.2} s ending; \
         memory now {} kB, at most {} kB",
        report.seen,
        report.passages,
        all.as_secs_f64(),
        report.passages as f64 / all.as_secs_f64(),
        committing.duration_since(started).as_secs_f64(),
        committing.elapsed().as_secs_f64(),
        memory("VmRSS"),
        memory("VmHWM"),
    );
    Ok(())
}

/// What Linux says of this process, in kilobytes; 0 on other systems.
fn memory(of: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(':'));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}
