//! The project's embedder: one on this machine, or a provider's model, for which texts leave the process. What leaves is
//! masked by the default rules, whatever a use case says of its own texts: vectors are kept by text, and one text may be
//! many use cases'. Who asks on behalf of a use case proves that its residency rule allows it; the config check has
//! refused the use case before its feeds could run.

use crate::error::Error;
use crate::far;
use guardrails::{Guards, Vault};
use models::{Cleared, Exhausted, Journal, Models};
use retrieval::Embedder;
use serde_json::{Map, Value, json};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use usecase::declared::{Guard, ModelRef, Residency};
use usecase::{Attempt, EmbeddingRequest, Embeddings};

/// Texts in one call, at most.
const TEXTS_AT_ONCE: usize = 64;

/// Code points of a text that are sent: below what any provider's model takes (8,192 tokens), also in scripts with a token
/// a character. The retrieval room's own models read far less of a text.
pub(crate) const LONGEST_TEXT: usize = 6_000;

/// What words weigh beside a provider's vectors: as with MiniLM's, which was measured; these were not.
const FUSION_WEIGHT: f32 = 0.25;

/// How often one batch of a feed may wait where the provider asks for a pause, and the longest pause that is waited for.
const PAUSES: u32 = 5;
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What turns text into vectors.
#[derive(Clone)]
pub enum ProjectEmbedder {
    /// On this machine.
    Here(Arc<dyn Embedder>),
    /// A provider's.
    Provider(RemoteEmbedder),
}

impl ProjectEmbedder {
    /// For those who do not ask where it runs.
    pub fn shared(&self) -> Arc<dyn Embedder> {
        match self {
            Self::Here(embedder) => Arc::clone(embedder),
            Self::Provider(embedder) => Arc::new(embedder.clone()),
        }
    }

    /// Proves that texts under this rule may go to the embedder; `None` where they stay here.
    pub(crate) fn clear(&self, models: &Models, rule: &Residency) -> Result<Option<Cleared>, Error> {
        match self {
            Self::Here(_) => Ok(None),
            Self::Provider(embedder) => models.clear(rule, embedder.model()).map(Some).map_err(Error::NotCleared),
        }
    }
}

impl Deref for ProjectEmbedder {
    type Target = dyn Embedder;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Here(embedder) => embedder.as_ref(),
            Self::Provider(embedder) => embedder,
        }
    }
}

/// What the vectors are for: some models make others for a question than for a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Questions,
    Passages,
}

/// Vectors, and what it took to get them.
pub(crate) struct Made {
    pub(crate) embeddings: Embeddings,
    pub(crate) attempts: Vec<Attempt>,
}

/// A provider's model. Cheap to clone.
#[derive(Clone)]
pub struct RemoteEmbedder {
    inner: Arc<Inner>,
}

struct Inner {
    models: Arc<Models>,
    /// The right to call it for nobody in particular.
    cleared: Cleared,
    masking: Guards,
    identity: String,
    /// Declared, and then asked for.
    declared: Option<usize>,
    dimensions: usize,
}

impl RemoteEmbedder {
    /// Takes the size of vectors that was declared, else finds it out by one call, which blocks.
    ///
    /// # Errors
    /// There is no such provider, or it gives no vector.
    pub fn open(models: &Arc<Models>, model: &ModelRef, declared: Option<usize>) -> Result<Self, Error> {
        let cleared = models.clear(&Residency::default(), model).map_err(Error::NotCleared)?;
        let identity = declared.map_or_else(|| model.to_string(), |dimensions| format!("{model}/{dimensions}"));
        let masking = Guards::new(&Guard::default());
        let models = Arc::clone(models);
        let mut inner = Inner { models, cleared, masking, identity, declared, dimensions: declared.unwrap_or(0) };
        if declared.is_none() {
            let (models, chain) = (Arc::clone(&inner.models), vec![inner.cleared.clone()]);
            let request = inner.request(vec!["dimensions".to_owned()], Purpose::Passages);
            let asked = far::wait_for(async move { models.embed(chain, &request, &Journal::new()).await });
            let embedded = asked.ok_or(Error::WorkerStopped)?.map_err(|exhausted| Error::NoModelAnswered {
                attempts: exhausted.attempts.len(),
                last: exhausted.error,
            })?;
            inner.dimensions = embedded.embeddings.vectors.first().map_or(0, Vec::len);
        }
        Ok(Self { inner: Arc::new(inner) })
    }

    pub fn model(&self) -> &ModelRef {
        self.inner.cleared.model()
    }

    /// Texts as they leave.
    pub(crate) fn leaving(&self, texts: Vec<String>) -> Vec<String> {
        texts.into_iter().map(|text| shortened(without_personal_data(&self.inner.masking, &text))).collect()
    }

    /// Vectors for texts as they leave, in their order, noting every attempt in a journal for a caller that may drop this
    /// future half way.
    pub(crate) async fn vectors(
        &self,
        cleared: &Cleared,
        leaving: &[String],
        purpose: Purpose,
        journal: &Journal,
    ) -> Result<Made, Exhausted> {
        self.inner.vectors(cleared, leaving, purpose, journal, 0).await
    }

    fn all(&self, texts: &[&str], purpose: Purpose) -> Result<Vec<Vec<f32>>, retrieval::Error> {
        let (this, leaving) = (self.clone(), self.leaving(texts.iter().map(|text| (*text).to_owned()).collect()));
        let made = far::wait_for(async move {
            let inner = &this.inner;
            inner.vectors(&inner.cleared, &leaving, purpose, &Journal::new(), PAUSES).await
        });
        match made {
            Some(Ok(made)) => Ok(made.embeddings.vectors),
            Some(Err(exhausted)) => Err(of_provider(&exhausted)),
            None => Err(retrieval::Error::Embedder {
                embedder: self.inner.identity.clone(),
                reason: "a worker of ours stopped".to_owned(),
            }),
        }
    }
}

impl Inner {
    fn request(&self, texts: Vec<String>, purpose: Purpose) -> EmbeddingRequest {
        let purpose = match purpose {
            Purpose::Questions => "search_query",
            Purpose::Passages => "search_document",
        };
        let mut rest = Map::from_iter([("input_type".to_owned(), Value::from(purpose))]);
        rest.extend(self.declared.map(|dimensions| ("dimensions".to_owned(), json!(dimensions))));
        EmbeddingRequest { model: self.cleared.model().to_string(), texts, rest }
    }

    async fn vectors(
        &self,
        cleared: &Cleared,
        texts: &[String],
        purpose: Purpose,
        journal: &Journal,
        pauses: u32,
    ) -> Result<Made, Exhausted> {
        let embeddings = Embeddings { vectors: vec![vec![0.0; self.dimensions]; texts.len()], usage: None };
        let mut made = Made { embeddings, attempts: Vec::new() };
        // Nothing at all is no text to a provider, and has the zero vector.
        let spoken: Vec<usize> = (0..texts.len()).filter(|at| !texts[*at].trim().is_empty()).collect();
        for batch in spoken.chunks(TEXTS_AT_ONCE) {
            let request = self.request(batch.iter().map(|at| texts[*at].clone()).collect(), purpose);
            match self.patiently(cleared, &request, journal, pauses, &mut made.attempts).await {
                Ok(Embeddings { vectors, usage }) => {
                    batch.iter().zip(vectors).for_each(|(at, vector)| made.embeddings.vectors[*at] = vector);
                    if let Some(usage) = usage {
                        *made.embeddings.usage.get_or_insert_default() += usage;
                    }
                }
                Err(error) => return Err(Exhausted { attempts: made.attempts, error }),
            }
        }
        Ok(made)
    }

    /// One batch. Where the provider asks for a pause, a feed has the time.
    async fn patiently(
        &self,
        cleared: &Cleared,
        request: &EmbeddingRequest,
        journal: &Journal,
        mut pauses: u32,
        attempts: &mut Vec<Attempt>,
    ) -> Result<Embeddings, models::Error> {
        loop {
            let error = match self.models.embed(vec![cleared.clone()], request, journal).await {
                Ok(embedded) => {
                    attempts.extend(embedded.attempts);
                    return self.units(embedded.embeddings);
                }
                Err(exhausted) => {
                    attempts.extend(exhausted.attempts);
                    exhausted.error
                }
            };
            match pause(&error).filter(|pause| pauses > 0 && *pause <= LONGEST_PAUSE) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
            pauses -= 1;
        }
    }

    fn units(&self, mut embeddings: Embeddings) -> Result<Embeddings, models::Error> {
        if let Some(odd) = embeddings.vectors.iter().find(|vector| vector.len() != self.dimensions) {
            let what = format!("a vector of {} numbers instead of {}", odd.len(), self.dimensions);
            return Err(models::Error::Garbage { model: ModelRef::clone(self.cleared.model()), what });
        }
        embeddings.vectors.iter_mut().for_each(|vector| retrieval::embedder::normalise(vector));
        Ok(embeddings)
    }
}

/// How long the provider wants to be left alone.
fn pause(error: &models::Error) -> Option<Duration> {
    match error {
        models::Error::PassedOver { retry_after, .. } => Some(*retry_after),
        error => error.upstream().and_then(|upstream| upstream.retry_after),
    }
}

impl Embedder for RemoteEmbedder {
    fn identity(&self) -> &str {
        &self.inner.identity
    }

    fn dimensions(&self) -> usize {
        self.inner.dimensions
    }

    fn fusion_weight(&self) -> f32 {
        FUSION_WEIGHT
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, retrieval::Error> {
        self.all(texts, Purpose::Passages)
    }

    fn embed_questions(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, retrieval::Error> {
        self.all(texts, Purpose::Questions)
    }
}

/// A text with personal data and keys left out: a placeholder in their place would say nothing to a model that judges
/// meaning.
pub(crate) fn without_personal_data(guards: &Guards, text: &str) -> String {
    let mut vault = Vault::new();
    guards.mask(text, &mut vault).map_or_else(|| text.to_owned(), |masked| vault.without_placeholders(&masked))
}

/// A text's beginning.
pub(crate) fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(end);
    }
    text
}

/// The failure in the words of the room that searches.
pub(crate) fn of_provider(exhausted: &Exhausted) -> retrieval::Error {
    retrieval::Error::Provider { reason: exhausted.error.to_string(), fault: exhausted.error.fault() }
}
