//! What the user typed, section by section, one file each. Every struct here is at once the parser (serde), the JSON
//! Schema that editors complete from (schemars; the doc comments are the descriptions they show), and the reference in
//! the docs. Unknown keys are errors. What a value *means* is settled once, in `project`.

mod budget;
mod context;
mod evals;
mod feed;
mod guard;
mod model;
mod outcome;
mod owner;
mod project_file;
mod prompt;
mod release;
mod residency;
mod retrieval;
mod scalar;

pub use budget::Budget;
pub use context::{ContextBlock, ContextSource};
pub use evals::Evals;
pub use feed::{ContractCheck, Feed, RowCount};
pub use guard::{Grounding, Guard, InjectionAction, PiiAction, SecretsAction, Topics, TopicsAction, UnsureAction};
pub use model::{Escalate, EscalateWhen, Model};
pub use outcome::{Baseline, Outcome};
pub use owner::{Owner, UseCaseSection};
pub use project_file::{
    EmbedderChoice, EmbedderSection, Price, ProjectFile, ProjectSection, Provider, ProviderKind, ServerSection,
    StorageSection, Timeouts,
};
pub use prompt::Prompt;
pub use release::{Release, ReleaseGuard};
pub use residency::Residency;
pub use retrieval::Retrieval;
pub use scalar::{AccessRule, ModelRef, Percent, SecretRef, Share, Step};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One use case: `usecases/<name>/usecase.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UseCaseFile {
    pub usecase: UseCaseSection,
    #[serde(default)]
    pub outcome: Outcome,
    /// Governed, scheduled sources; each fills the collection of its own name.
    #[serde(default)]
    pub feeds: BTreeMap<String, Feed>,
    pub retrieval: Option<Retrieval>,
    /// Facts of the request that are put into the prompt when they matter.
    #[serde(default)]
    pub context: Vec<ContextBlock>,
    #[serde(default)]
    pub prompt: Prompt,
    #[serde(default)]
    pub model: Model,
    #[serde(default)]
    pub guard: Guard,
    #[serde(default)]
    pub budget: Budget,
    #[serde(default)]
    pub evals: Evals,
    #[serde(default)]
    pub release: Release,
    #[serde(default)]
    pub residency: Residency,
}
