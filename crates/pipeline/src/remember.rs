//! Within step 2: an answer that was given before to the same question, where the use case declares a cache. What decides
//! that two requests may share an answer is the cache's own affair (`cache::Asked`); here it is told what the answer
//! rests on, and whose it is.

use crate::check_input::Guarded;
use crate::given::Facts;
use crate::prepared::Prepared;
use crate::trail::Trail;
use crate::unsure;
use cache::{Asked, Cache, Hit, How, Kept, Parts};
use serde_json::{Map, Value};
use std::sync::Arc;
use usecase::{Completion, Timestamp};

/// What names a conversation or a person, and decides nothing about the answer unless the prompt uses it.
const NAMES: [&str; 2] = ["conversation", "subject"];

/// A question whose answer may be kept.
#[derive(Clone)]
pub(crate) struct Question {
    cache: Cache,
    asked: Asked,
    vector: Option<Arc<[f32]>>,
    snapshots: Vec<(String, u64)>,
}

/// The request as the cache sees it; `None` where nothing may be served or kept: no cache, an eval (it measures the model),
/// or a request of a kind that the cache does not take. `numbers` of versions are for the record, `rests_on` tells two apart.
pub(crate) fn question(
    prepared: &Prepared,
    guarded: &Guarded,
    numbers: &[(String, u64)],
    rests_on: &[(String, u64)],
    trail: &Trail,
) -> Option<Question> {
    let cache = prepared.cache.as_ref().filter(|_| trail.serves())?;
    let request = &guarded.request;
    let used = used(prepared, &request.metadata);
    let masked = !guarded.vault.is_empty();
    let parts = Parts {
        served_by: &prepared.name,
        bundle: prepared.bundle.as_ref(),
        groups: trail.groups(),
        jurisdictions: prepared.residency.data.as_deref().unwrap_or_default(),
        snapshots: rests_on,
        used: &used,
        request,
        personal: masked || prepared.speaks_of_the_caller(&request.metadata),
    };
    let asked = Asked::of(&parts)?;
    Some(Question { cache: cache.clone(), asked, vector: None, snapshots: numbers.to_vec() })
}

fn used(prepared: &Prepared, metadata: &Map<String, Value>) -> Map<String, Value> {
    let named = |name: &str| NAMES.contains(&name) && !prepared.prompt_reads_metadata();
    let used = metadata.iter().filter(|(name, _)| !named(name));
    used.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Question {
    pub(crate) fn exact(&self) -> Option<Hit> {
        self.cache.exact(&self.asked, Timestamp::now())
    }

    /// Whether its vector could find anything.
    pub(crate) fn wants_vector(&self) -> bool {
        self.cache.wants_vector(&self.asked)
    }

    pub(crate) fn near(&mut self, vector: &[f32]) -> Option<Hit> {
        self.vector = Some(vector.into());
        self.cache.near(&self.asked, vector, Timestamp::now())
    }

    /// Keeps an answer that has been recorded, unless there is a reason not to. How sure a model was of it then is no
    /// verdict on a later request, which asks nobody.
    pub(crate) fn keep(self, completion: Completion, model: String, warnings: Vec<String>, facts: &Facts) {
        let kept = Kept {
            usage: completion.usage.unwrap_or(facts.usage),
            completion: Completion { raw: None, ..completion },
            citations: facts.citations.clone(),
            verdicts: facts.verdicts.iter().filter(|verdict| verdict.guard != unsure::GUARD).cloned().collect(),
            cost: facts.cost,
            model,
            warnings,
            snapshots: self.snapshots,
            created: Timestamp::now(),
        };
        if let Err(reason) = self.cache.keep(&self.asked, self.vector.as_deref(), kept) {
            tracing::debug!(?reason, "an answer is not kept");
        }
    }
}

/// How the record names the way an answer was found.
pub(crate) fn way(how: How) -> &'static str {
    match how {
        How::Exact => "exact",
        How::Near { .. } => "semantic",
    }
}
