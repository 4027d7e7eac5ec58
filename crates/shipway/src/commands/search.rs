//! `shipway search NAME "…"`: what a question finds, without asking any model; with `--explain` how it came about.

use super::{Ground, search_eval};
use crate::cli::{Search as Asked, SearchCommand};
use crate::house::House;
use crate::paint;
use anyhow::Context;
use pipeline::{Looked, Search};
use retrieval::{Explanation, FacetCount, Filter, Term};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Characters of a passage that are shown.
const SHOWN: usize = 160;

pub(crate) fn run(ground: &Ground<'_>, asked: &Asked) -> anyhow::Result<ExitCode> {
    if let Some(SearchCommand::Eval(eval)) = &asked.eval {
        return search_eval::run(ground, eval);
    }
    let (Some(name), Some(question)) = (&asked.name, &asked.question) else {
        anyhow::bail!("give a use case and a question: shipway search NAME \"QUESTION\"");
    };
    let house = House::open(ground.project)?;
    house.known(name)?;
    let prepared = house.parts.pipeline.prepare(&house.parts.project.use_case(name)?)?;
    let filter = asked.filter.as_deref().map_or(Ok(Filter::default()), filter)?;
    let search = Search {
        question,
        groups: &asked.groups,
        filter: &filter,
        top: asked.top.map(usize::from),
        explain: asked.explain,
        facets: &asked.facets,
    };
    let looked = house.parts.pipeline.search(&prepared, &search)?;
    if ground.json {
        paint::json(&as_json(&looked))?;
    } else {
        print(&looked);
    }
    Ok(ExitCode::SUCCESS)
}

fn filter(text: &str) -> anyhow::Result<Filter> {
    let value: Value = serde_json::from_str(text).context("the filter is no JSON")?;
    let entries = value.as_object().context("the filter must be an object, like {\"product\": \"pro\"}")?;
    Ok(Filter::parse(entries)?)
}

fn as_json(looked: &Looked) -> Value {
    let facets: serde_json::Map<String, Value> = looked
        .facets
        .iter()
        .map(|(collection, fields)| {
            let fields: serde_json::Map<String, Value> =
                fields.iter().map(|(field, counts)| (field.clone(), json!(counts))).collect();
            (collection.clone(), Value::Object(fields))
        })
        .collect();
    json!({ "passages": looked.found.passages, "explanation": looked.found.explanation, "facets": facets })
}

fn print(looked: &Looked) {
    if looked.found.passages.is_empty() {
        paint::line("nothing was found that you may see; groups are given with --groups");
    }
    for (at, passage) in looked.found.passages.iter().enumerate() {
        let source = &passage.source;
        let place = format!("{} {}–{}", source.document, passage.start, passage.end);
        let rank = paint::good(format!("[{}]", at + 1));
        paint::line(format!("{rank} {:.3}  {}  {}", passage.score, paint::loud(&source.title), paint::quiet(place)));
        let words: Vec<&str> = passage.text.split_whitespace().collect();
        let words: String = words.join(" ").chars().take(SHOWN).collect();
        paint::line(format!("    {words}"));
    }
    if let Some(explanation) = &looked.found.explanation {
        explain(explanation);
    }
    for (collection, fields) in &looked.facets {
        for (field, counts) in fields {
            let counts: Vec<String> =
                counts.iter().map(|FacetCount { value, documents }| format!("{value} {documents}")).collect();
            paint::line(format!("{} {}", paint::quiet(format!("{collection} {field}:")), counts.join(", ")));
        }
    }
}

fn explain(explanation: &Explanation) {
    for searched in &explanation.collections {
        let by = searched.embedder.as_deref().unwrap_or("words alone");
        paint::line(format!("\n{} version {}, by {by}", paint::loud(&searched.collection), searched.version));
        paint::line(format!(
            "  you may see {} passages of {} documents here under this filter",
            searched.passages, searched.documents
        ));
    }
    paint::line(format!("  terms, by weight: {}", terms(&explanation.terms)));
    if let Some(feedback) = &explanation.feedback {
        let speakers: Vec<String> = feedback
            .passages
            .iter()
            .map(|one| format!("{}, {} ({:.2})", one.document, one.ordinal, one.weight))
            .collect();
        paint::line(format!("  the best of a first pass: {}", speakers.join("; ")));
        paint::line(format!("  asked for beside them, since those hold it: {}", terms(&feedback.terms)));
    }
    paint::line(paint::quiet("  score   first   words (rank)    cosine (rank)   document, passage"));
    for one in &explanation.candidates {
        let cosine = match (one.leg.cosine, one.leg.cosine_rank) {
            (Some(cosine), Some(rank)) => format!("{cosine:.3} ({rank})"),
            _ => "–".to_owned(),
        };
        let words = format!("{:.2} ({})", one.leg.words, one.leg.words_rank);
        let kept = if one.kept { "" } else { "  left out: below the best, or in a section that is given already" };
        paint::line(format!(
            "  {:.3}   {:.3}   {words:14}  {cosine:14}  {}, {}{kept}",
            one.score, one.leg.first_pass, one.document, one.ordinal
        ));
    }
    paint::line(format!("  {} further candidates were scored and lie below", explanation.left_out));
}

fn terms(terms: &[Term]) -> String {
    let terms: Vec<String> =
        terms.iter().map(|term| format!("{} {:.2} (in {})", term.term, term.weight, term.passages)).collect();
    terms.join(", ")
}
