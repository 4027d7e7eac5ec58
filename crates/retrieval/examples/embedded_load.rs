//! Measures the embedded home under load: ingest without the cost of a model, memory, start, and what searches take.
//!
//! ```text
//! cargo run --release -p retrieval --example embedded_load -- fill FOLDER PASSAGES CORPUS.jsonl...
//! cargo run --release -p retrieval --example embedded_load -- measure FOLDER QUERIES.jsonl...
//! ```
//!
//! `fill` makes a data folder of so many passages of about 600 characters, stretches of the corpora's texts (`text` of each
//! line) that begin anywhere, with vectors of 384 dimensions around a few hundred centres, and metadata. `measure`
//! opens it in a process of its own and prints what it takes; the queries are the `text` of each line.

use retrieval::{
    At, Changes, Collections, DocumentPut, Embedder, Embedders, Error, Filter, Home, Place, Query, WordQuery, search,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::Storage;

type Failure = Box<dyn std::error::Error>;

const NAME: &str = "load";
const DIMENSIONS: usize = 384;
const BATCH: usize = 2_000;
const PASSAGE_BYTES: usize = 600;
const KEPT: usize = 10;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["fill", folder, passages, corpora @ ..] => fill(folder, passages.parse()?, corpora),
        ["measure", folder, queries @ ..] => measure(folder, queries),
        _ => Err("usage: embedded_load fill FOLDER PASSAGES CORPUS... | measure FOLDER QUERIES...".into()),
    }
}

/// Vectors that cost next to nothing: a centre that the text's sum picks, and noise.
struct Synthetic;

impl Embedder for Synthetic {
    fn identity(&self) -> &str {
        "synthetic-384"
    }

    fn dimensions(&self) -> usize {
        DIMENSIONS
    }

    fn fusion_weight(&self) -> f32 {
        0.2
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let seed = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let (mut own, mut centre) = (Random(seed | 1), Random((seed % 300 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    let mut vector: Vec<f32> = (0..DIMENSIONS).map(|_| centre.normal() + 1.2 * own.normal()).collect();
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

/// Xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Nearly normal, around 0: a sum of four even numbers.
    fn normal(&mut self) -> f32 {
        let number = self.next();
        (0..4).map(|part| ((number >> (16 * part)) & 0xffff) as f32 / 65_536.0 - 0.5).sum()
    }
}

fn open(folder: &str) -> Result<Collections, Failure> {
    let storage = Storage::open(Path::new(folder))?;
    Ok(Collections::open(Home::Embedded(&storage), KEPT, Embedders::new(Arc::new(Synthetic)))?)
}

/// The `text` of each line of these files.
fn texts(files: &[&str]) -> Result<Vec<String>, Failure> {
    let mut texts = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let value: Value = serde_json::from_str(line)?;
            texts.extend(value["text"].as_str().map(str::to_owned));
        }
    }
    Ok(texts)
}

fn document(index: usize, source: &str, random: &mut Random) -> DocumentPut {
    let mut start = random.next() as usize % (source.len() - 2 * PASSAGE_BYTES);
    while !source.is_char_boundary(start) {
        start += 1;
    }
    let text: String = source[start..].chars().take(PASSAGE_BYTES).collect();
    let passages = vec![Place::new(0, 0, text.chars().count())];
    let product = ["pro", "basic", "free"][index % 3];
    let metadata = json!({
        "year": 1990 + index % 35, "product": product,
        "tags": [format!("tag {}", index % 200), format!("tag {}", index % 17)], "share": index % 1_000,
    });
    DocumentPut {
        id: format!("document/{index:07}"),
        title: format!("Number {index}"),
        content_hash: format!("{index}"),
        metadata: metadata.as_object().cloned().unwrap_or_default(),
        groups: index.is_multiple_of(33).then(|| vec!["few".to_owned()]),
        text,
        passages,
        url: None,
    }
}

fn fill(folder: &str, passages: usize, corpora: &[&str]) -> Result<(), Failure> {
    let source = texts(corpora)?.join("\n");
    let collections = open(folder)?;
    let mut random = Random(42);
    let (mut making, begun) = (Duration::ZERO, Instant::now());
    let mut change = collections.change(NAME)?;
    for first in (0..passages).step_by(BATCH) {
        let made = Instant::now();
        let last = (first + BATCH).min(passages);
        let upsert: Vec<DocumentPut> = (first..last).map(|index| document(index, &source, &mut random)).collect();
        making += made.elapsed();
        change.stage(Changes { upsert, delete: Vec::new() }, &|_, _| ())?;
        eprint!("\r{last}/{passages} ");
    }
    change.stage_and_commit(Changes::default(), retrieval::Commit::default(), &|_, _| ())?;
    let took = begun.elapsed() - making;
    println!(
        "ingest: {passages} passages in {:.1} s, {:.0} passages/s",
        took.as_secs_f64(),
        passages as f64 / took.as_secs_f64()
    );
    Ok(())
}

fn measure(folder: &str, queries: &[&str]) -> Result<(), Failure> {
    let queries = texts(queries)?;
    let before = resident()?;
    let begun = Instant::now();
    let collections = open(folder)?;
    let opened = begun.elapsed();
    let version = collections.version(NAME, At::Serving)?;
    let loaded = begun.elapsed();
    let passages = collections.head(NAME)?.map_or(0, |head| head.passages);
    println!("start: open {opened:.1?}, first version after {loaded:.1?}, {passages} passages");
    drop(version);
    std::thread::sleep(Duration::from_secs(2));
    let held = resident()?.saturating_sub(before);
    println!(
        "memory: {:.0} MiB in all, {:.0} MiB per 100,000 passages",
        held as f64 / 1024.0,
        held as f64 / 1024.0 * 1e5 / passages.max(1) as f64
    );
    words(&collections, &queries)?;
    vectors(&collections, &queries)?;
    facets(&collections)?;
    upserts(&collections, passages as usize)?;
    Ok(())
}

/// KiB of memory that this process has.
fn resident() -> Result<usize, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

/// A moment on the wall's clock, and how long this thread had run by then (0 where the system does not tell).
struct Begun(Instant, Duration);

fn begin() -> Begun {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ran = told.split_whitespace().next().and_then(|ran| ran.parse().ok()).unwrap_or(0);
    Begun(Instant::now(), Duration::from_nanos(ran))
}

impl Begun {
    fn elapsed(&self) -> (Duration, Duration) {
        let wall = self.0.elapsed();
        (wall, begin().1.saturating_sub(self.1))
    }
}

/// On a busy machine the time of the processor says more than the wall's; it is told in ticks, so only its mean is exact.
fn report(what: &str, times: Vec<(Duration, Duration)>) {
    let (mut wall, ran): (Vec<Duration>, Vec<Duration>) = times.into_iter().unzip();
    wall.sort_unstable();
    let shown = |time: Duration| time.as_secs_f64() * 1_000.0;
    let at = |share: usize| shown(wall[(wall.len() * share / 100).min(wall.len() - 1)]);
    let (p50, p95, most, count) = (at(50), at(95), at(100), wall.len());
    let mean = shown(ran.iter().sum::<Duration>()) / count as f64;
    println!(
        "{what}: p50 {p50:.2} ms, p95 {p95:.2} ms, most {most:.2} ms; processor mean {mean:.2} ms ({count} times)"
    );
}

/// BM25 alone, the scope made and the terms counted each time; and the whole search by words, which reads texts.
fn words(collections: &Collections, queries: &[String]) -> Result<(), Failure> {
    let version = collections.version(NAME, At::Serving)?;
    let (mut whole, mut alone) = (Vec::new(), Vec::new());
    for text in queries.iter().take(500) {
        let mut query = Query {
            text,
            vectors: &[],
            top: 10,
            groups: &[],
            filter: &Filter::default(),
            words_weight: 1.0,
            section_within: None,
            rerank: None,
            explain: false,
        };
        let begun = begin();
        search(&[Arc::clone(&version)], &query)?;
        whole.push(begun.elapsed());
        query.explain = true;
        let terms = search(&[Arc::clone(&version)], &query)?.explanation.map_or_else(Vec::new, |told| told.terms);
        let names: Vec<String> = terms.iter().map(|term| term.term.clone()).collect();
        let begun = begin();
        let scope = Arc::clone(&version).scope(&[], &Filter::default())?;
        let counted = scope.statistics(&names)?;
        let average_length = (counted.words as f32 / counted.passages.max(1) as f32).max(1.0);
        let terms = terms.into_iter().map(|term| (term.term, term.weight)).collect();
        scope.by_words(&WordQuery { terms, average_length, k1: 1.2, b: 0.75 }, 100)?;
        alone.push(begun.elapsed());
    }
    report("words, BM25 for the best 100", alone);
    report("words, whole search and texts", whole);
    Ok(())
}

fn vectors(collections: &Collections, queries: &[String]) -> Result<(), Failure> {
    let version = collections.version(NAME, At::Serving)?;
    for (what, below) in [("all", 1_000), ("50 %", 500), ("10 %", 100), ("1 %", 10), ("0.1 %", 1)] {
        let to = std::ops::Bound::Excluded(retrieval::Scalar::Number(f64::from(below)));
        let range = retrieval::Condition::Range { from: std::ops::Bound::Unbounded, to };
        let filter = if below == 1_000 { Filter::default() } else { Filter::default().and("share", range) };
        let mut times = Vec::new();
        for text in queries.iter().take(200) {
            let question = vector(text);
            let begun = begin();
            let scope = Arc::clone(&version).scope(&[], &filter)?;
            scope.by_vector(&question, 100)?;
            times.push(begun.elapsed());
        }
        report(&format!("vectors, the nearest 100 of {what}"), times);
    }
    Ok(())
}

fn facets(collections: &Collections) -> Result<(), Failure> {
    let version = collections.version(NAME, At::Serving)?;
    let fields = ["year", "product", "tags"].map(str::to_owned);
    let mut times = Vec::new();
    let mut counted = 0;
    for _ in 0..50 {
        let begun = begin();
        let scope = Arc::clone(&version).scope(&[], &Filter::default())?;
        let found = scope.facets(&fields, 20)?;
        times.push(begun.elapsed());
        counted = found[1].1.iter().map(|count| count.documents).sum();
    }
    report(&format!("facets, three fields over {counted} documents"), times);
    Ok(())
}

/// From the call that writes to the version that has it.
fn upserts(collections: &Collections, passages: usize) -> Result<(), Failure> {
    let source = "A short notice about the delivery of a lamp. ".repeat(60);
    let mut random = Random(7);
    for (what, deletes) in [("upsert", false), ("delete", true)] {
        let mut times = Vec::new();
        for turn in 0..40 {
            let changed = document(turn * 13 % passages.max(1), &source, &mut random);
            let changes = match deletes {
                true => Changes { upsert: Vec::new(), delete: vec![changed.id] },
                false => Changes { upsert: vec![changed], delete: Vec::new() },
            };
            let begun = begin();
            let number = collections.apply(NAME, changes)?;
            let version = collections.version(NAME, At::Serving)?;
            times.push(begun.elapsed());
            assert_eq!(version.number(), number, "the change is seen");
        }
        report(&format!("{what} until it is seen"), times);
    }
    Ok(())
}
