//! Step 2: the question is embedded once, and its vector serves the topic boundary and the search alike. The search
//! sees only what the caller may see. Passages pass the guards before anything else reads them.

use crate::check_input::{Guarded, Refusal};
use crate::error::Error;
use crate::prepared::Prepared;
use crate::trail::Trail;
use crate::{Engines, Pipeline};
use guardrails::{CheckedPassages, Vault};
use retrieval::{Filter, Query};
use serde_json::Value;
use std::sync::Arc;
use usecase::{ChatRequest, Decision, Passage, Role, Verdict};

/// The checked request and the passages found for it, masked like it.
pub(crate) struct Found {
    pub(crate) request: ChatRequest,
    pub(crate) vault: Vault,
    /// What is asked, without the placeholders of what was masked.
    pub(crate) question: String,
    pub(crate) passages: Vec<Passage>,
}

pub(crate) async fn find(
    pipeline: &Pipeline,
    prepared: &Arc<Prepared>,
    guarded: Guarded,
    trail: &mut Trail,
) -> Result<Result<Found, Refusal>, Error> {
    let Guarded { request, mut vault, .. } = guarded;
    // A placeholder says nothing about what is asked: search and quotation go without it.
    let question = vault.without_placeholders(&request.question());
    if !prepared.needs_vector() {
        return Ok(Ok(Found { request, vault, question, passages: Vec::new() }));
    }
    let step = trail.step("embed");
    let vector = embed(pipeline, question.clone()).await?;
    trail.end(step);

    if let Some(verdict) = judge_topic(prepared, &request, &question, &vector) {
        trail.judged(std::slice::from_ref(&verdict));
        if verdict.decision == Decision::Refuse {
            return Ok(Err(Refusal { verdict }));
        }
    }

    let step = trail.step("retrieve");
    let found = search(&pipeline.engines, prepared, &request, question.clone(), vector, trail).await?;
    trail.end(step);

    let step = trail.step("guard_passages");
    let checked = prepared.guards.check_passages(found, &mut vault);
    let titles = check_titles(prepared, &checked.passages, &mut vault);
    trail.end(step);
    trail.judged(&checked.verdicts);
    trail.judged(&titles.verdicts);
    let titled = checked.passages.into_iter().zip(titles.passages).map(|(mut passage, title)| {
        passage.source.title = title.text;
        passage
    });
    Ok(Ok(Found { request, vault, question, passages: titled.collect() }))
}

/// A document's title stands in the prompt beside its text, and passes the same guards.
fn check_titles(prepared: &Prepared, passages: &[Passage], vault: &mut Vault) -> CheckedPassages {
    let title = |passage: &Passage| Passage { text: passage.source.title.clone(), ..passage.clone() };
    prepared.guards.check_passages(passages.iter().map(title).collect(), vault)
}

/// Embedding is arithmetic of milliseconds: it runs beside the network threads, not on them.
async fn embed(pipeline: &Pipeline, text: String) -> Result<Vec<f32>, Error> {
    let _turn = pipeline.embedding.acquire().await.map_err(|_| Error::WorkerStopped)?;
    let embedder = Arc::clone(&pipeline.engines.embedder);
    let vectors =
        tokio::task::spawn_blocking(move || embedder.embed(&[&text])).await.map_err(|_| Error::WorkerStopped)??;
    vectors.into_iter().next().ok_or(Error::WorkerStopped)
}

/// A follow-up ("and for Europe?") is judged by the conversation it stands in, which was judged when it began.
fn judge_topic(prepared: &Prepared, request: &ChatRequest, question: &str, vector: &[f32]) -> Option<Verdict> {
    let boundary = prepared.boundary.as_ref()?;
    let answered_before = request.messages.iter().any(|message| message.role == Role::Assistant);
    Some(boundary.judge(vector, answered_before || guardrails::looks_like_small_talk(question)))
}

async fn search(
    engines: &Engines,
    prepared: &Arc<Prepared>,
    request: &ChatRequest,
    text: String,
    vector: Vec<f32>,
    trail: &mut Trail,
) -> Result<Vec<Passage>, Error> {
    let Some(settings) = prepared.retrieval.clone() else { return Ok(Vec::new()) };
    let filter = filter(request, &settings.facets)?;
    let groups = trail.groups().to_vec();
    let collections = engines.collections.clone();
    let names = prepared.collection_names();
    let searched = tokio::task::spawn_blocking(move || {
        let snapshots = names.iter().map(|name| collections.snapshot(name)).collect::<Result<Vec<_>, _>>()?;
        let query = Query { text: &text, vector: &vector, top: settings.top, groups: &groups, filter: &filter };
        let passages = retrieval::search_across(&snapshots, &query);
        let read = snapshots.iter().map(|snapshot| (snapshot.collection().to_owned(), snapshot.number()));
        Ok::<_, retrieval::Error>((passages, read.collect()))
    });
    let (passages, snapshots) = searched.await.map_err(|_| Error::WorkerStopped)??;
    trail.read_from(snapshots);
    Ok(passages)
}

/// What the app narrows the search by (`metadata.filter`), among the fields that the use case offers for it.
fn filter(request: &ChatRequest, facets: &[String]) -> Result<Filter, Error> {
    let wanted = match request.metadata.get("filter") {
        None | Some(Value::Null) => return Ok(Filter::default()),
        Some(Value::Object(wanted)) => wanted,
        Some(_) => return Err(Error::Filter("`metadata.filter` must be an object".to_owned())),
    };
    let filter = Filter::parse(wanted)?;
    let unknown = filter.fields().find(|field| !facets.iter().any(|facet| facet == field));
    match unknown {
        Some(field) => Err(Error::Filter(format!(
            "`metadata.filter` names `{field}`, which is no facet of the use case (it has {})",
            if facets.is_empty() { "none".to_owned() } else { facets.join(", ") }
        ))),
        None => Ok(filter),
    }
}
