//! Measures vector search in Postgres under filters: recall among the ten nearest and what a search takes.
//!
//! ```text
//! scripts/postgres start
//! cargo run -p retrieval --example postgres_recall -- URL VECTORS.f32 [DIMENSIONS]
//! ```
//!
//! The file holds unit vectors as little-endian floats of four bytes, one after the other. They are ingested as one
//! collection into the schema `recall` (unless it is there), each with a share of a thousand, its cluster of fifty and, for every
//! 33rd, an access list; 60 of them, a little moved, are the questions. Prints a line for each filter.

use retrieval::{
    At, Changes, Collections, Commit, Condition, DocumentPut, Embedder, Embedders, Error, Filter, Home, Place, Scalar,
};
use serde_json::json;
use std::collections::HashSet;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Instant;
use storage::postgres::{Options, Postgres};

type Failure = Box<dyn std::error::Error>;

const NAME: &str = "recall";
const CLUSTERS: usize = 50;
const QUESTIONS: usize = 60;
const NEAREST: usize = 10;
const BATCH: usize = 2_000;

/// Gives the vector whose number the text begins with.
struct Given(Vec<Vec<f32>>);

impl Embedder for Given {
    fn identity(&self) -> &str {
        "given"
    }

    fn dimensions(&self) -> usize {
        self.0[0].len()
    }

    fn fusion_weight(&self) -> f32 {
        0.2
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let number = |text: &&str| text.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        Ok(texts.iter().map(|text| self.0[number(text)].clone()).collect())
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, file, rest @ ..] = arguments.as_slice() else {
        return Err("usage: postgres_recall URL VECTORS.f32 [DIMENSIONS]".into());
    };
    let dimensions = rest.first().map_or(Ok(384), |number| number.parse())?;
    let bytes = std::fs::read(file)?;
    let floats: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let vectors: Vec<Vec<f32>> = floats.chunks_exact(dimensions).map(<[f32]>::to_vec).collect();
    let centres = centres(&vectors);
    let clusters: Vec<usize> = vectors.iter().map(|vector| nearest(vector, &centres)).collect();
    let postgres = Postgres::connect(url, Options { schema: "recall".to_owned(), ..Options::default() })?;
    let embedder = Arc::new(Given(vectors.clone()));
    let collections = Collections::open(Home::Postgres(&postgres), 3, Embedders::new(embedder))?;
    if collections.head(NAME)?.is_none_or(|head| head.newest == 0) {
        ingest(&collections, &clusters)?;
    }
    let measured = Measured { vectors, centres, clusters, collections };
    let share = |below: usize| move |index: usize| index * 7_919 % 1_000 < below;
    let below = |below: u32| {
        let to = Bound::Excluded(Scalar::Number(f64::from(below)));
        Filter::default().and("share", Condition::Range { from: Bound::Unbounded, to })
    };
    measured.line("all", &["few"], |_| (Filter::default(), Box::new(|_| true)))?;
    for (name, tenths) in [("50 %", 500), ("10 %", 100), ("1 %", 10), ("0.1 %", 1)] {
        measured.line(name, &["few"], |_| (below(tenths), Box::new(share(tenths as usize))))?;
    }
    for (name, rank) in [("near", 0), ("far", CLUSTERS / 2)] {
        measured.line(name, &["few"], |question| measured.cluster(question, rank..rank + 1))?;
    }
    measured.line("farther fifth", &["few"], |question| measured.cluster(question, CLUSTERS * 4 / 5..CLUSTERS))?;
    measured.line("farther half", &["few"], |question| measured.cluster(question, CLUSTERS / 2..CLUSTERS))?;
    let listed = Condition::AnyOf(vec![Scalar::Bool(true)]);
    measured.line("access list", &["few"], |_| {
        (Filter::default().and("listed", listed.clone()), Box::new(|index| index % 33 == 0))
    })?;
    measured.line("without the listed", &[], |_| (Filter::default(), Box::new(|index| index % 33 != 0)))
}

fn ingest(collections: &Collections, clusters: &[usize]) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut change = collections.change(NAME)?;
    for (first, part) in clusters.chunks(BATCH).enumerate() {
        let document = |(offset, cluster): (usize, &usize)| {
            let index = first * BATCH + offset;
            let text = format!("{} number {index}", "kettle lamp shade refund warranty battery frame bike ".repeat(4));
            let metadata = json!({
                "share": index * 7_919 % 1_000, "cluster": format!("c{cluster}"), "listed": index.is_multiple_of(33) });
            DocumentPut {
                id: format!("{index:06}"),
                passages: vec![Place::new(0, 0, text.len())],
                text,
                metadata: metadata.as_object().cloned().unwrap_or_default(),
                groups: index.is_multiple_of(33).then(|| vec!["few".to_owned(), "others".to_owned()]),
                content_hash: index.to_string(),
                ..DocumentPut::default()
            }
        };
        let upsert = part.iter().enumerate().map(document).collect();
        change.stage(Changes { upsert, delete: Vec::new() }, &|_, _| ())?;
    }
    let staged = begun.elapsed().as_secs_f64();
    println!("staged {} passages in {staged:.1} s, {:.0} a second", clusters.len(), clusters.len() as f64 / staged);
    change.stage_and_commit(Changes::default(), Commit::default(), &|_, _| ())?;
    println!("committed, with its graph, in {:.1} s more", begun.elapsed().as_secs_f64() - staged);
    Ok(())
}

type Admits = Box<dyn Fn(usize) -> bool>;

struct Measured {
    vectors: Vec<Vec<f32>>,
    centres: Vec<Vec<f32>>,
    clusters: Vec<usize>,
    collections: Collections,
}

impl Measured {
    /// The clusters at these ranks by their distance to the question.
    fn cluster(&self, question: &[f32], ranks: std::ops::Range<usize>) -> (Filter, Admits) {
        let mut order: Vec<usize> = (0..CLUSTERS).collect();
        order.sort_by(|one, other| dot(&self.centres[*other], question).total_cmp(&dot(&self.centres[*one], question)));
        let wanted: HashSet<usize> = order[ranks].iter().copied().collect();
        let values = wanted.iter().map(|cluster| Scalar::Text(format!("c{cluster}"))).collect();
        let clusters = self.clusters.clone();
        let admits = move |index: usize| wanted.contains(&clusters[index]);
        (Filter::default().and("cluster", Condition::AnyOf(values)), Box::new(admits))
    }

    fn line(&self, name: &str, groups: &[&str], of: impl Fn(&[f32]) -> (Filter, Admits)) -> Result<(), Failure> {
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        let (mut found, mut wanted, mut passing, mut scopes, mut searches) = (0, 0, 0, Vec::new(), Vec::new());
        for index in 0..QUESTIONS {
            let asked = moved(&self.vectors[index * self.vectors.len() / QUESTIONS], index);
            let (filter, admits) = of(&asked);
            let mut exact: Vec<(f32, usize)> = (0..self.vectors.len())
                .filter(|index| admits(*index) && (!groups.is_empty() || index % 33 != 0))
                .map(|index| (dot(&asked, &self.vectors[index]), index))
                .collect();
            passing += exact.len();
            exact.sort_by(|one, other| other.0.total_cmp(&one.0));
            let exact: HashSet<String> = exact.iter().take(NEAREST).map(|(_, index)| format!("{index:06}")).collect();
            let begun = Instant::now();
            let scope = self.collections.version(NAME, At::Serving)?.scope(&groups, &filter)?;
            scope.statistics(&[])?;
            let made = begun.elapsed();
            let hits = scope.by_vector(&asked, NEAREST)?;
            searches.push((begun.elapsed() - made).as_secs_f64() * 1e3);
            scopes.push(made.as_secs_f64() * 1e3);
            let keys: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
            wanted += exact.len();
            found += scope.open(&keys, None)?.iter().filter(|opened| exact.contains(&opened.document)).count();
        }
        println!(
            "{name:<20} {:>6} pass: recall {:.4}, scope p50 {:.1} p95 {:.1} ms, search p50 {:.1} p95 {:.1} ms",
            passing / QUESTIONS,
            found as f64 / wanted.max(1) as f64,
            quantile(&mut scopes, 0.5),
            quantile(&mut scopes, 0.95),
            quantile(&mut searches, 0.5),
            quantile(&mut searches, 0.95),
        );
        Ok(())
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn nearest(vector: &[f32], centres: &[Vec<f32>]) -> usize {
    let best = |one: &usize, other: &usize| dot(vector, &centres[*one]).total_cmp(&dot(vector, &centres[*other]));
    (0..centres.len()).max_by(best).unwrap_or(0)
}

/// Five rounds of k-means over every tenth vector.
fn centres(vectors: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mut centres: Vec<Vec<f32>> =
        (0..CLUSTERS).map(|index| vectors[index * vectors.len() / CLUSTERS].clone()).collect();
    for _ in 0..5 {
        let mut sums = vec![vec![0.0; vectors[0].len()]; CLUSTERS];
        for vector in vectors.iter().step_by(10) {
            let sum: &mut Vec<f32> = &mut sums[nearest(vector, &centres)];
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value);
        }
        centres = sums.into_iter().map(unit).collect();
    }
    centres
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

/// A vector a little moved, always the same way.
fn moved(vector: &[f32], seed: usize) -> Vec<f32> {
    let mut state = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let moved = vector.iter().map(|value| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value + (state as f32 / u64::MAX as f32 - 0.5) * 0.07
    });
    unit(moved.collect())
}

fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share) as usize]
}
