//! Step 2: the question is embedded once, and its vector serves the answer cache and the search alike.
//! The search sees only what the caller may see. Passages pass the guards before anything else reads them.

use crate::check_input::{Guarded, Refusal};
use crate::error::Error;
use crate::prepared::Prepared;
use crate::remember::{self, Question};
use crate::remote::Purpose;
use crate::search::{self, Asked};
use crate::trail::Trail;
use crate::{Engines, Pipeline};
use cache::Hit;
use guardrails::{CheckedPassages, Vault};
use retrieval::{Filter, Version};
use serde_json::Value;
use std::sync::Arc;
use usecase::{ChatRequest, Decision, Passage, Stage, Timestamp, Verdict};

/// The checked request and the passages found for it, masked like it.
pub(crate) struct Found {
    pub(crate) request: ChatRequest,
    pub(crate) vault: Vault,
    /// What is asked, without the placeholders of what was masked.
    pub(crate) question: String,
    pub(crate) passages: Vec<Passage>,
    /// The same in the words of their documents.
    pub(crate) open: Vec<Passage>,
    /// What a model must be told about marks in passages or tool results.
    pub(crate) explanation: Option<String>,
    /// Where the answer may be kept.
    pub(crate) remember: Option<Question>,
}

/// What came of looking.
#[expect(clippy::large_enum_variant, reason = "it is moved once, and a box would cost every request an allocation")]
pub(crate) enum Sought {
    Found(Found),
    Remembered(Hit),
    Refused(Refusal),
}

pub(crate) async fn find(
    pipeline: &Pipeline,
    prepared: &Arc<Prepared>,
    guarded: Guarded,
    trail: &mut Trail,
) -> Result<Sought, Error> {
    let versions = versions(&pipeline.engines, prepared).await?;
    let numbers: Vec<(String, u64)> =
        versions.iter().map(|version| (version.collection().to_owned(), version.number())).collect();
    let rests_on: Vec<(String, u64)> = versions.iter().map(|version| rests_on(version.as_ref())).collect();
    let mut remember = remember::question(prepared, &guarded, &numbers, &rests_on, trail);
    if let Some(hit) = remember.as_ref().and_then(Question::exact) {
        return Ok(Sought::Remembered(hit));
    }
    let Guarded { request, mut vault, explanation, .. } = guarded;
    // A placeholder says nothing about what is asked: search and quotation go without it.
    let question = vault.without_placeholders(&request.question());
    if !prepared.needs_vector() && !remember.as_ref().is_some_and(Question::wants_vector) {
        let (passages, open) = (Vec::new(), Vec::new());
        return Ok(Sought::Found(Found { request, vault, question, passages, open, explanation, remember }));
    }
    let step = trail.step("embed");
    let vector = vector(pipeline, prepared, &question, trail).await?;
    trail.end(step);

    if let Some(vector) = &vector
        && let Some(hit) = remember.as_mut().and_then(|question| question.near(vector))
    {
        return Ok(Sought::Remembered(hit));
    }

    let step = trail.step("retrieve");
    let whole = vector.is_some();
    let found = search_beside(pipeline, versions, prepared, &request, question.clone(), vector, trail).await?;
    trail.read_from(numbers);
    trail.asked_on_the_way();
    trail.end(step);
    if let Some(reason) = &found.not_reranked {
        let reason = format!("the passages stand in the order of the search, without the reranker's: {reason}");
        trail.judged(&[degraded("not_reranked", reason)]);
    }
    // Given again, an answer from less than the whole search would outlive the trouble that it came from.
    let remember = remember.filter(|_| whole && found.not_reranked.is_none());

    let (passages, open, of_passages) = guard(prepared, found.passages, &mut vault, trail);
    let explanation = explanation.or(of_passages);
    if let Some(verdict) = prepared.guards.check_answerable(&question, &passages) {
        trail.judged(std::slice::from_ref(&verdict));
        if verdict.acts() == Decision::Abstain {
            return Ok(Sought::Refused(Refusal { verdict }));
        }
    }
    Ok(Sought::Found(Found { request, vault, question, passages, open, explanation, remember }))
}

/// What an answer from a version rests on. A version's number is not all: an erasure, rights that were taken away from an older
/// version, or a collection that begins anew change what can be found under it.
fn rests_on(version: &dyn Version) -> (String, u64) {
    (format!("{} {}", version.number(), version.collection()), version.edition())
}

/// The question's vector. Where a provider's embedder gives none, the words of the question are searched alone, and the
/// record says so.
async fn vector(
    pipeline: &Pipeline,
    prepared: &Prepared,
    question: &str,
    trail: &mut Trail,
) -> Result<Option<Vec<f32>>, Error> {
    match pipeline.vectors(prepared, vec![question.to_owned()], Purpose::Questions, trail).await {
        Ok(made) => made.vectors.into_iter().next().map(Some).ok_or(Error::WorkerStopped),
        Err(Error::NoModelAnswered { last, .. }) => {
            let reason = format!("the words of the question were searched alone, without its vector: {last}");
            trail.judged(&[degraded("words_alone", reason)]);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A search that was less than it should be is said, not hidden.
fn degraded(rule: &str, reason: String) -> Verdict {
    Verdict::new("retrieval", rule, Stage::Passage, Decision::Allow, reason)
}

/// The passages as the guards let them through, with what stands beside their texts; the same in their documents' words; and
/// what must be said about their marks.
fn guard(
    prepared: &Prepared,
    passages: Vec<Passage>,
    vault: &mut Vault,
    trail: &mut Trail,
) -> (Vec<Passage>, Vec<Passage>, Option<String>) {
    let step = trail.step("guard_passages");
    let checked = prepared.guards.check_passages(passages, vault);
    let titles = check_beside(prepared, &checked.passages, vault, |passage| &passage.source.title);
    let headers = check_beside(prepared, &checked.passages, vault, |passage| &passage.header);
    trail.end(step);
    trail.judged(&checked.verdicts);
    trail.judged(&titles.verdicts);
    trail.judged(&headers.verdicts);
    let explanation = checked.explanation.or(titles.explanation).or(headers.explanation);
    let beside = titles.passages.into_iter().zip(headers.passages);
    let titled = checked.passages.into_iter().zip(beside).map(|(mut passage, (title, header))| {
        passage.source.title = title.text;
        passage.header = header.text;
        passage
    });
    (titled.collect(), checked.open, explanation)
}

/// A document's title and a table's header stand in the prompt beside the text, and pass the same guards.
fn check_beside(
    prepared: &Prepared,
    passages: &[Passage],
    vault: &mut Vault,
    what: impl Fn(&Passage) -> &String,
) -> CheckedPassages {
    let beside = |passage: &Passage| Passage { text: what(passage).clone(), ..passage.clone() };
    prepared.guards.check_passages(passages.iter().map(beside).collect(), vault)
}

/// The version of each collection that this bundle answers from, taken once: what an answer is kept under, and what is
/// searched, are the same. A collection whose access groups are older than its feed allows is closed. Reading another
/// process's change blocks, so it is done beside the network threads.
async fn versions(engines: &Engines, prepared: &Arc<Prepared>) -> Result<Vec<Arc<dyn Version>>, Error> {
    if prepared.retrieval.is_none() {
        return Ok(Vec::new());
    }
    let (collections, prepared) = (engines.collections.clone(), Arc::clone(prepared));
    let taken = tokio::task::spawn_blocking(move || prepared.versions(&collections, Timestamp::now()));
    taken.await.map_err(|_| Error::WorkerStopped)?
}

async fn search_beside(
    pipeline: &Pipeline,
    versions: Vec<Arc<dyn Version>>,
    prepared: &Arc<Prepared>,
    request: &ChatRequest,
    text: String,
    vector: Option<Vec<f32>>,
    trail: &Trail,
) -> Result<retrieval::Found, Error> {
    let Some(settings) = prepared.retrieval.clone() else { return Ok(retrieval::Found::default()) };
    let filter = filter(request, &settings.facets)?;
    let (groups, journal) = (trail.groups().to_vec(), trail.journal());
    let (engines, prepared) = (pipeline.engines.clone(), Arc::clone(prepared));
    let searched = tokio::task::spawn_blocking(move || {
        let asked = Asked { text: &text, groups: &groups, filter: &filter, journal: &journal };
        search::run(&engines, &prepared, &versions, asked, vector, (None, false))
    });
    searched.await.map_err(|_| Error::WorkerStopped)?
}

/// What the app narrows the search by (`metadata.filter`), among the fields that the use case offers for it.
pub(crate) fn filter(request: &ChatRequest, facets: &[String]) -> Result<Filter, Error> {
    let wanted = match request.metadata.get("filter") {
        None | Some(Value::Null) => return Ok(Filter::default()),
        Some(Value::Object(wanted)) => wanted,
        Some(_) => return Err(Error::Filter("`metadata.filter` must be an object".to_owned())),
    };
    let filter = Filter::parse(wanted)?;
    let unknown = filter.fields().into_iter().find(|field| !facets.iter().any(|facet| facet == field));
    match unknown {
        Some(field) => Err(Error::Filter(format!(
            "`metadata.filter` names `{field}`, which is no facet of the use case (it has {})",
            if facets.is_empty() { "none".to_owned() } else { facets.join(", ") }
        ))),
        None => Ok(filter),
    }
}
