//! Measures search on a labelled set: how good each leg and their fusion are, and what they cost.
//!
//! ```text
//! cargo run --release -p retrieval --example retrieval_quality -- FOLDER [minilm|lexical|lexical/<dimensions>]
//! ```
//!
//! FOLDER holds `corpus.jsonl` (`id`, `title`, `text`), `queries.jsonl` (`id`, `text`) and `qrels.tsv` (query, document,
//! relevance). Each document is one passage. Printed is nDCG@10 (gain = relevance, discount = log2) over the queries
//! that have a judgement.

use retrieval::embedder::{self, EmbedderChoice, Lexical};
use retrieval::{Changes, Collections, DocumentPut, Embedder, Error, Filter, Query, Snapshot};
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use storage::Storage;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: retrieval_quality FOLDER [minilm|lexical|lexical/<dimensions>]")?;
    let embedder = chosen(arguments.next().as_deref().unwrap_or("lexical"))?;
    let set = LabelledSet::read(Path::new(&folder))?;
    println!("{}: {} documents, {} queries, {}", folder, set.corpus.len(), set.queries.len(), embedder.identity());

    let data = tempfile::tempdir()?;
    let storage = Storage::open(data.path())?;
    let collections = Collections::open(&storage, Arc::clone(&embedder))?;
    let begun = Instant::now();
    let upsert = set.corpus.clone();
    collections.apply_with("set", Changes { upsert, delete: Vec::new() }, &|done, all| eprint!("\r{done}/{all} "))?;
    println!("applied in {:.2} s", begun.elapsed().as_secs_f64());
    report_embedding(embedder.as_ref(), &set)?;
    let texts: Vec<&str> = set.queries.iter().map(|(_, text)| text.as_str()).collect();
    let vectors = embedder.embed(&texts)?;

    let snapshot = collections.snapshot("set")?;
    let begun = Instant::now();
    for _ in 0..1000 {
        collections.snapshot("set")?;
    }
    println!("asking for the snapshot: {:.1} µs", begun.elapsed().as_secs_f64() * 1e3);
    let begun = Instant::now();
    let reopened = Collections::open(&storage, Arc::clone(&embedder))?.snapshot("set")?.passages();
    println!("reading {reopened} passages anew: {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    let begun = Instant::now();
    collections.apply("set", Changes { upsert: set.corpus[..1].to_vec(), delete: Vec::new() })?;
    println!("changing one document: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    let none = vec![Vec::new(); vectors.len()];
    show("BM25", &set, &snapshot, &none);
    for weight in [0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] {
        let weighted: Arc<dyn Embedder> = Arc::new(Weighted { embedder: Arc::clone(&embedder), weight });
        let snapshot = Collections::open(&storage, weighted)?.snapshot("set")?;
        show(&format!("{weight:.1} BM25 + {:.1} vectors", 1.0 - weight), &set, &snapshot, &vectors);
    }
    show("as configured", &set, &snapshot, &vectors);
    Ok(())
}

fn chosen(name: &str) -> Result<Arc<dyn Embedder>, Failure> {
    Ok(match name {
        "minilm" => embedder::open(EmbedderChoice::Minilm)?,
        "lexical" => embedder::open(EmbedderChoice::Lexical)?,
        other => {
            let dimensions = other.strip_prefix("lexical/").ok_or("no such embedder")?.parse()?;
            Arc::new(Lexical::with_dimensions(dimensions))
        }
    })
}

/// The same vectors under another fusion weight.
struct Weighted {
    embedder: Arc<dyn Embedder>,
    weight: f32,
}

impl Embedder for Weighted {
    fn identity(&self) -> &str {
        self.embedder.identity()
    }

    fn dimensions(&self) -> usize {
        self.embedder.dimensions()
    }

    fn fusion_weight(&self) -> f32 {
        self.weight
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.embedder.embed(texts)
    }
}

struct LabelledSet {
    corpus: Vec<DocumentPut>,
    queries: Vec<(String, String)>,
    /// Relevance of each judged document by query.
    judged: HashMap<String, HashMap<String, f64>>,
}

impl LabelledSet {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let mut judged: HashMap<String, HashMap<String, f64>> = HashMap::new();
        for line in std::fs::read_to_string(folder.join("qrels.tsv"))?.lines() {
            let [query, document, relevance] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
            judged.entry(query.to_owned()).or_default().insert(document.to_owned(), relevance.parse()?);
        }
        let corpus = lines(&folder.join("corpus.jsonl"))?
            .iter()
            .map(|value| {
                let body = text(value, "text");
                let length = body.chars().count();
                let passages = if length == 0 { Vec::new() } else { vec![(0, 0, length)] };
                DocumentPut {
                    id: text(value, "id"),
                    title: text(value, "title"),
                    text: body,
                    passages,
                    ..DocumentPut::default()
                }
            })
            .collect();
        let queries = lines(&folder.join("queries.jsonl"))?
            .iter()
            .map(|value| (text(value, "id"), text(value, "text")))
            .filter(|(id, _)| judged.contains_key(id))
            .collect();
        Ok(Self { corpus, queries, judged })
    }
}

fn lines(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(path)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn report_embedding(embedder: &dyn Embedder, set: &LabelledSet) -> Result<(), Failure> {
    let short: Vec<&str> = set.queries.iter().take(200).map(|(_, text)| text.as_str()).collect();
    let long: Vec<&str> = set.corpus.iter().take(60).map(|document| document.text.as_str()).collect();
    for (name, texts) in [("short", short), ("long", long)] {
        let begun = Instant::now();
        for text in &texts {
            embedder.embed(&[text])?;
        }
        let single = begun.elapsed();
        let begun = Instant::now();
        embedder.embed(&texts)?;
        let per = |time: Duration| time.as_secs_f64() * 1e3 / texts.len() as f64;
        println!("embedding {name} texts: {:.2} ms one by one, {:.2} ms in bulk", per(single), per(begun.elapsed()));
    }
    Ok(())
}

fn show(name: &str, set: &LabelledSet, snapshot: &Snapshot, vectors: &[Vec<f32>]) {
    let filter = Filter::default();
    let (mut total, mut times) = (0.0, Vec::new());
    for ((id, text), vector) in set.queries.iter().zip(vectors) {
        let begun = Instant::now();
        let found = snapshot.search(&Query { text, vector, top: 10, groups: &[], filter: &filter });
        times.push(begun.elapsed());
        let ranked: Vec<&str> = found.iter().map(|passage| passage.source.document.as_str()).collect();
        total += ndcg(&ranked, &set.judged[id]);
    }
    times.sort_unstable();
    let microseconds = |share: usize| times[(times.len() - 1) * share / 100].as_micros();
    let mean = total / set.queries.len() as f64;
    println!("{name:24} nDCG@10 {mean:.4}   p50 {} µs, p95 {} µs", microseconds(50), microseconds(95));
}

fn ndcg(ranked: &[&str], judged: &HashMap<String, f64>) -> f64 {
    let discount = |place: usize| ((place + 2) as f64).log2();
    let gains = ranked.iter().map(|id| judged.get(*id).copied().unwrap_or(0.0)).enumerate();
    let gained: f64 = gains.map(|(place, gain)| gain / discount(place)).sum();
    let mut best: Vec<f64> = judged.values().copied().collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let ideal: f64 = best.iter().take(10).enumerate().map(|(place, gain)| gain / discount(place)).sum();
    if ideal > 0.0 { gained / ideal } else { 0.0 }
}
