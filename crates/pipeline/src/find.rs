//! Step 2: the question is embedded once, and its vector serves the topic boundary and the search alike. The search
//! sees only what the caller may see. Passages pass the guards before anything else reads them.

use crate::Engines;
use crate::check_input::{Guarded, Refusal};
use crate::error::Error;
use crate::prepared::Prepared;
use crate::trail::Trail;
use guardrails::Vault;
use retrieval::{Filter, Query};
use std::sync::Arc;
use usecase::{ChatRequest, Decision, Passage, Role, Verdict};

/// The checked request and the passages found for it, masked like it.
pub(crate) struct Found {
    pub(crate) request: ChatRequest,
    pub(crate) vault: Vault,
    pub(crate) question: String,
    pub(crate) passages: Vec<Passage>,
}

pub(crate) async fn find(
    engines: &Engines,
    prepared: &Arc<Prepared>,
    guarded: Guarded,
    trail: &mut Trail,
) -> Result<Result<Found, Refusal>, Error> {
    let Guarded { request, mut vault, .. } = guarded;
    let question = request.question();
    if !prepared.needs_vector() {
        return Ok(Ok(Found { request, vault, question, passages: Vec::new() }));
    }
    // A placeholder says nothing about what is asked: the search goes without it.
    let sought = vault.without_placeholders(&question);

    let step = trail.step("embed");
    let vector = embed(engines, sought.clone()).await?;
    trail.end(step);

    if let Some(verdict) = judge_topic(prepared, &request, &sought, &vector) {
        trail.judged(std::slice::from_ref(&verdict));
        if verdict.decision == Decision::Refuse {
            return Ok(Err(Refusal { verdict }));
        }
    }

    let step = trail.step("retrieve");
    let found = search(engines, prepared, &request, sought, vector, trail).await?;
    trail.end(step);

    let step = trail.step("guard_passages");
    let checked = prepared.guards.check_passages(found, &mut vault);
    trail.end(step);
    trail.judged(&checked.verdicts);
    Ok(Ok(Found { request, vault, question, passages: checked.passages }))
}

/// Embedding is arithmetic of milliseconds: it runs beside the network threads, not on them.
async fn embed(engines: &Engines, text: String) -> Result<Vec<f32>, Error> {
    let embedder = Arc::clone(&engines.embedder);
    let vectors = tokio::task::spawn_blocking(move || embedder.embed(&[&text]))
        .await
        .map_err(|_| Error::WorkerStopped)??;
    vectors.into_iter().next().ok_or(Error::WorkerStopped)
}

/// A follow-up ("and for Europe?") is judged by the conversation it stands in, which was judged when it began.
fn judge_topic(prepared: &Prepared, request: &ChatRequest, question: &str, vector: &[f32]) -> Option<Verdict> {
    let boundary = prepared.boundary.as_ref()?;
    let follows_up = request.messages.iter().any(|message| message.role == Role::Assistant);
    if follows_up || guardrails::looks_like_small_talk(question) {
        return None;
    }
    Some(boundary.judge(vector))
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
    let filter = Filter::from_request(&request.metadata, &settings.facets);
    let groups = trail.groups().to_vec();
    let collections = engines.collections.clone();
    let names = prepared.collection_names();
    let searched = tokio::task::spawn_blocking(move || {
        let mut passages = Vec::new();
        let mut snapshots = Vec::new();
        for name in names {
            let snapshot = collections.snapshot(&name)?;
            snapshots.push((name, snapshot.number()));
            let query = Query { text: &text, vector: &vector, top: settings.top, groups: &groups, filter: &filter };
            passages.extend(snapshot.search(&query));
        }
        // Scores of one search are fractions of its own best hit, so a second collection is ranked beside the first.
        passages.sort_by(|a: &Passage, b: &Passage| b.score.total_cmp(&a.score));
        passages.truncate(settings.top);
        Ok::<_, retrieval::Error>((passages, snapshots))
    });
    let (passages, snapshots) = searched.await.map_err(|_| Error::WorkerStopped)??;
    trail.read_from(snapshots);
    Ok(passages)
}
