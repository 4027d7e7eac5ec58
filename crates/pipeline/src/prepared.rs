//! What is compiled once per bundle, so that a request only reads it: guards, prompt template, context conditions,
//! chain of models. Immutable: a new bundle is a new value.

use crate::Engines;
use crate::assemble::{Blocks, Template};
use crate::error::Error;
use crate::remote::ProjectEmbedder;
use crate::rerankers::Reranker;
use crate::searched::Searched;
use crate::tier::Tiers;
use crate::unsure::{Escalation, every_signal};
use cache::{Cache, Settings};
use guardrails::{Guards, Material, Secret};
use models::{Cleared, Models};
use retrieval::{Collections, Version};
use serde_json::{Map, Value};
use std::sync::Arc;
use usecase::declared::{
    Expand, Grounding, Guard, Images, InjectionAction, LeakAction, Model, ModelRef, OnDisconnect, OutputRules,
    Residency, Retrieval, SubjectAction, UnsureAction, VaultLife,
};
use usecase::project::UseCase;
use usecase::{BundleId, MicroUsd, Principal, Timestamp};

/// A section is given whole when it is not longer than so many passages.
const SECTION_PASSAGES: usize = 4;

/// A use case, or a bare model, ready to answer.
pub struct Prepared {
    pub(crate) name: String,
    pub(crate) bundle: Option<BundleId>,
    pub(crate) guards: Guards,
    /// The same masking without any judgement: for what the app's developer wrote, such as a tool's description.
    pub(crate) masking_only: Guards,
    /// The models that are asked where a guard is unsure.
    pub(crate) tiers: Tiers,
    pub(crate) retrieval: Option<Retrieval>,
    /// The collections of `retrieval`.
    pub(crate) searched: Vec<Searched>,
    /// A passage is given with its section when that has at most so many code points.
    pub(crate) section_within: Option<usize>,
    /// Orders the best passages once more.
    pub(crate) reranker: Option<Reranker>,
    /// `None` for a bare model: its messages go out as they came.
    pub(crate) template: Option<Template>,
    /// With what vaults of conversations are made, where the use case declares them.
    pub(crate) vault_key: Option<[u8; 32]>,
    /// What of the prompt must not come out in an answer.
    pub(crate) secret: Option<Secret>,
    pub(crate) blocks: Blocks,
    chain: Vec<ModelRef>,
    /// How the chain is gone through.
    pub(crate) rules: Model,
    pub(crate) escalation: Option<Escalation>,
    pub(crate) grounding: Option<Grounding>,
    pub(crate) residency: Residency,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) temperature: Option<f64>,
    budget_per_day: Option<MicroUsd>,
    /// An upper limit of what template, passages and context blocks add to a request, in code points.
    prompt_characters: usize,
    /// Answers of this bundle that may be given again; they go with it.
    pub(crate) cache: Option<Cache>,
    reads_metadata: bool,
}

impl Prepared {
    pub(crate) fn of_use_case(use_case: &UseCase, engines: &Engines) -> Result<Self, Error> {
        let declared = &use_case.declared;
        let Engines { models, embedder, .. } = engines;
        if declared.retrieval.is_some() || declared.cache.is_some() {
            embedder.clear(models, &declared.residency)?;
        }
        let rerank = declared.retrieval.as_ref().and_then(|settings| settings.rerank.as_ref());
        let reranker = rerank.map(|rerank| Reranker::open(rerank, engines, &declared.residency, &declared.guard));
        let blocks = Blocks::compile(use_case)?;
        let template = Template::compile(use_case)?;
        let guards = Guards::with(&declared.guard, &Material::of(use_case));
        let problems = guards.problems();
        if !problems.is_empty() {
            return Err(Error::Guards { use_case: use_case.name.clone(), reason: problems.join("; ") });
        }
        let passage_chars = declared.feeds.values().map(|feed| feed.passage_chars).max().unwrap_or(0);
        let expands = declared.retrieval.as_ref().is_some_and(|settings| settings.expand == Expand::Section);
        let section_within = expands.then_some(SECTION_PASSAGES * passage_chars);
        // A passage may be twice as long as declared, where a table or a list is kept whole.
        let longest_passage = section_within.unwrap_or(0).max(2 * passage_chars);
        let passages = declared.retrieval.as_ref().map_or(0, |settings| settings.top * longest_passage);
        Ok(Self {
            prompt_characters: Template::length(use_case) + passages + blocks.most_characters(),
            name: use_case.name.clone(),
            bundle: Some(use_case.bundle.clone()),
            guards,
            masking_only: masking_only(&declared.guard),
            tiers: Tiers::of(&declared.guard, &declared.residency, engines)?,
            retrieval: declared.retrieval.clone(),
            searched: Searched::all(use_case),
            section_within,
            reranker: reranker.transpose()?,
            vault_key: (declared.guard.vault == VaultLife::Conversation).then(|| engines.ledger.vault_key()),
            secret: Some(Secret::new(&template.stable_part(), declared.guard.canary)),
            template: Some(template),
            cache: declared.cache.as_ref().map(|cache| Cache::new(Settings::of(cache, embedder.identity()))),
            reads_metadata: Template::reads_metadata(use_case),
            blocks,
            chain: declared.model.chain(),
            rules: declared.model.clone(),
            escalation: Escalation::of(&declared.model, declared.guard.grounding.as_ref().map(|rule| rule.at_least)),
            grounding: declared.guard.grounding.clone(),
            residency: declared.residency.clone(),
            max_tokens: declared.model.max_tokens,
            temperature: declared.model.temperature,
            budget_per_day: declared.budget.per_day,
        })
    }

    /// The two models of an escalation, each for itself: see [`crate::Halves`].
    pub(crate) fn halves(use_case: &UseCase, engines: &Engines) -> Result<Option<(Self, Self)>, Error> {
        let (mut small, mut large) = (use_case.clone(), use_case.clone());
        let Some(escalate) = &mut small.declared.model.escalate else { return Ok(None) };
        escalate.when = every_signal();
        let model = &mut large.declared.model;
        *model = Model { primary: escalate.to.clone(), escalate: None, spread: None, ..model.clone() };
        let of_no_bundle = |half: &UseCase| Ok::<_, Error>(Self { bundle: None, ..Self::of_use_case(half, engines)? });
        let (mut small, large) = (of_no_bundle(&small)?, of_no_bundle(&large)?);
        small.escalation.iter_mut().for_each(Escalation::measure_only);
        Ok(Some((small, large)))
    }

    pub(crate) fn of_bare_model(model: &ModelRef, models: &Models) -> Result<Self, Error> {
        if !models.knows(model) {
            return Err(Error::UnknownModel(model.to_string()));
        }
        // No use case says what is allowed here: what looks like an injection is answered and looked at afterwards.
        // What it answers goes out to the letter.
        let output = OutputRules { images: Images::Allow, ..OutputRules::default() };
        let (injection, leak) = (InjectionAction::Review, LeakAction::Off);
        let guard = Guard { injection, leak, output, ..Guard::default() };
        Ok(Self {
            name: Principal::MODELS.to_owned(),
            bundle: None,
            guards: Guards::new(&guard),
            masking_only: masking_only(&guard),
            tiers: Tiers::default(),
            retrieval: None,
            searched: Vec::new(),
            section_within: None,
            reranker: None,
            template: None,
            vault_key: None,
            secret: None,
            cache: None,
            reads_metadata: false,
            blocks: Blocks::default(),
            chain: vec![model.clone()],
            rules: Model::default(),
            escalation: None,
            grounding: None,
            residency: Residency::default(),
            max_tokens: None,
            temperature: None,
            budget_per_day: None,
            prompt_characters: 0,
        })
    }

    /// The use case's name, or `*models` for a bare model.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn bundle(&self) -> Option<&BundleId> {
        self.bundle.as_ref()
    }

    /// Proves that texts of this use case may go to the project's embedder; `None` where they stay here.
    pub(crate) fn clear_embedder(&self, embedder: &ProjectEmbedder, models: &Models) -> Result<Option<Cleared>, Error> {
        embedder.clear(models, &self.residency)
    }

    /// What the use case may spend a day, in micro-dollars.
    pub fn budget_per_day(&self) -> Option<MicroUsd> {
        self.budget_per_day
    }

    /// The models in the order they are asked.
    pub(crate) fn chain(&self) -> &[ModelRef] {
        &self.chain
    }

    /// Every model that one request may be charged for an answer of.
    pub(crate) fn whole_chain(&self) -> impl Iterator<Item = &ModelRef> {
        let escalation = self.escalation.as_ref();
        let samples = self.chain.iter().take(1).cycle().take(escalation.map_or(0, Escalation::samples));
        self.chain.iter().chain(samples).chain(escalation.map(Escalation::larger))
    }

    /// True when a streamed answer must be judged before its first word goes out: once a word is out, the answer can
    /// neither be withdrawn nor asked of a larger model.
    pub(crate) fn holds(&self) -> bool {
        let judged = self.tiers.judges_answers();
        let by_grounding =
            |rule: &Grounding| judged || rule.otherwise != UnsureAction::Review || rule.answer_below.is_some();
        self.escalation.is_some() || self.grounding.as_ref().is_some_and(by_grounding) || self.guards.wants_whole()
    }

    /// Whether an answer is read to its end although its app went away.
    pub fn drains(&self) -> bool {
        self.rules.on_disconnect == OnDisconnect::Drain
    }

    /// Whether the prompt's template may use anything of the request's metadata.
    pub(crate) fn prompt_reads_metadata(&self) -> bool {
        self.reads_metadata
    }

    /// Whether facts about the caller enter the prompt: the answer is then theirs alone.
    pub(crate) fn speaks_of_the_caller(&self, metadata: &Map<String, Value>) -> bool {
        !metadata.is_empty() && (self.reads_metadata || self.blocks.speak_of(metadata))
    }

    /// The version of each collection that this bundle answers from.
    ///
    /// # Errors
    /// A collection that is closed or cannot be read.
    pub(crate) fn versions(&self, collections: &Collections, now: Timestamp) -> Result<Vec<Arc<dyn Version>>, Error> {
        self.searched.iter().map(|searched| searched.version(collections, now)).collect()
    }

    pub(crate) fn needs_vector(&self) -> bool {
        self.retrieval.is_some()
    }

    /// An upper limit of what template, passages and context blocks add to a request, in code points.
    pub(crate) fn prompt_characters(&self) -> usize {
        self.prompt_characters
    }
}

fn masking_only(guard: &Guard) -> Guards {
    let (injection, subjects) = (InjectionAction::Off, SubjectAction::Off);
    let masking =
        Guard { injection, sensitive: subjects, advice: subjects, topics: None, grounding: None, ..guard.clone() };
    Guards::new(&masking)
}
