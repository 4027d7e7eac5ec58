//! `shipway search eval FOLDER`: how good the search is on a labelled set, in a home made for it and gone afterwards.

use super::Ground;
use crate::cli::SearchEval;
use crate::paint;
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use retrieval::labelled::{Figures, LabelledSet, Measured, Times, measure};
use retrieval::{Changes, Collections, Commit, Embedder, Embedders, Home, embedder};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;
use storage::Storage;
use storage::postgres::{Options, Postgres};
use usecase::declared::{EmbedderChoice, SecretRef};

const COLLECTION: &str = "labelled-set";

pub(crate) fn run(ground: &Ground<'_>, eval: &SearchEval) -> anyhow::Result<ExitCode> {
    if eval.words_weight.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
        bail!("--words-weight is a share: 0 to 1");
    }
    let set = LabelledSet::read(&eval.folder)?;
    let embedder = chosen(&eval.embedder)?;
    let measured = match &eval.postgres {
        None => {
            let folder = tempfile::tempdir().context("no temporary folder can be made")?;
            measure_in(ground, Home::Embedded(&Storage::open(folder.path())?), embedder, &set, eval.words_weight)?
        }
        Some(reference) => {
            let postgres = postgres(reference)?;
            let measured = measure_in(ground, Home::Postgres(&postgres), embedder, &set, eval.words_weight);
            // What was made for this goes, however it ended.
            let dropped = postgres.drop_schema();
            let measured = measured?;
            dropped.with_context(|| format!("the schema {} was left in the database", postgres.schema()))?;
            measured
        }
    };
    if ground.json {
        paint::json(&measured)?;
    } else {
        print(&set, &measured);
    }
    Ok(if measured.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(written: &str) -> anyhow::Result<Arc<dyn Embedder>> {
    let choice = EmbedderChoice::parse(written)
        .with_context(|| format!("--embedder {written}: expected auto, minilm, lexical or folder:<path>"))?;
    match embedder::open(&choice, Path::new("."))? {
        Some(embedder) => Ok(embedder),
        None => bail!(
            "--embedder {written}: a set is measured with an embedder of this machine: auto, minilm, lexical or folder:<path>"
        ),
    }
}

/// The database that the reference names, with a schema of this run's own.
fn postgres(reference: &str) -> anyhow::Result<Postgres> {
    let parsed = SecretRef::parse(reference).with_context(|| {
        format!("--postgres takes a reference to the address, like env:DATABASE_URL, and \"{reference}\" is none")
    })?;
    let url = parsed.resolve().with_context(|| format!("--postgres {reference} gives nothing: set it"))?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let schema = format!("shipway_eval_{}_{}", std::process::id(), now.subsec_nanos());
    Ok(Postgres::connect(&url, Options { schema, ..Options::default() })?)
}

fn measure_in(
    ground: &Ground<'_>,
    home: Home<'_>,
    embedder: Arc<dyn Embedder>,
    set: &LabelledSet,
    words_weight: Option<f32>,
) -> anyhow::Result<Measured> {
    let collections = Collections::open(home, 1, Embedders::new(embedder))?;
    let bar = |message: &'static str, length: usize| {
        let bar = if ground.json { ProgressBar::hidden() } else { super::eval::bar(length) };
        bar.with_message(message)
    };
    let embedding = bar("embedding documents", set.documents.len());
    let told = |done: usize, all: usize| {
        embedding.set_length(all as u64);
        embedding.set_position(done as u64);
    };
    let changes = Changes { upsert: set.documents.clone(), delete: Vec::new() };
    collections.change(COLLECTION)?.stage_and_commit(changes, Commit::default(), &told)?;
    embedding.finish_and_clear();
    let asking = bar("asking", set.questions.len());
    let measured = measure(&collections, COLLECTION, set, words_weight, &|done| asking.set_position(done as u64));
    asking.finish_and_clear();
    Ok(measured?)
}

fn print(set: &LabelledSet, measured: &Measured) {
    let Measured { questions, embedder, words_weight, .. } = measured;
    paint::line(format!(
        "{} documents, {questions} questions ({} more are not judged), vectors by {embedder}, words_weight {words_weight}",
        set.documents.len(),
        set.unjudged
    ));
    paint::line(paint::quiet(
        "              nDCG@10  95 % interval  recall@10  recall@100   MRR@10  95 % interval   hit@10",
    ));
    let rows = [
        ("BM25", &measured.bm25),
        ("vectors", &measured.vectors),
        ("words only", &measured.words_only),
        ("fused", &measured.fused),
    ];
    for (name, figures) in rows {
        row(name, figures);
    }
    paint::line(format!("  one of the two legs names {:.4} of what is relevant", measured.either.mean));
    let times = |times: &Times| format!("p50 {} µs, p95 {} µs", times.p50, times.p95);
    paint::line(format!("  embedding a question {}", times(&measured.embedding)));
    paint::line(format!("  search {}; by words only {}", times(&measured.search), times(&measured.search_words_only)));
    paint::line(match measured.violations {
        0 => "  no result that the filter or the access list forbids".to_owned(),
        count => paint::bad(format!("  {count} results that the filter or the access list forbids")),
    });
}

fn row(name: &str, figures: &Figures) {
    let Figures { ndcg_10: ndcg, recall_10, recall_100, mrr_10: mrr, hit_10 } = figures;
    paint::line(format!(
        "  {name:<11} {:>7.4}  {:.3} to {:.3}  {:>9.4}  {:>10.4}  {:>7.4}  {:.3} to {:.3}  {:>7.4}",
        ndcg.mean, ndcg.low, ndcg.high, recall_10.mean, recall_100.mean, mrr.mean, mrr.low, mrr.high, hit_10.mean
    ));
}
