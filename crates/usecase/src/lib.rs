//! The ground of the house: what the user declared, read and checked and hashed into a bundle; and the nouns that
//! every other room speaks. It knows no room, no database and no wire format, and it is slow to change on purpose:
//! an edit here rebuilds everything.
//!
//! In reading order: first the small nouns (money, time, ids, fault), then what travels along the path of a request
//! (message, passage, answer, usage, verdict, principal), then the user's files: what may be written (`declared`), how a
//! mistake in it is told (`diagnostic`), how a text becomes a typed form (`reading`, `schema`) and is judged (`meaning`),
//! what lies on disk (`folder`, `project`), what is frozen (`bundle`) and served (`use_case`), and what `shipway init`
//! writes (`starter`).

pub mod fault;
pub mod ids;
pub mod jurisdiction;
pub mod money;
pub mod time;

pub mod answer;
pub mod embedding;
mod inlined;
pub mod message;
pub mod passage;
pub mod principal;
pub mod raw;
pub mod usage;
pub mod verdict;

pub mod declared;

pub mod bundle;
pub mod diagnostic;
mod folder;
mod meaning;
pub mod project;
pub mod reading;
pub mod schema;
pub mod starter;
mod use_case;

pub use answer::{Attempt, AttemptEnd, Choice, ChoiceDelta, Chunk, Citation, Completion};
pub use bundle::Bundle;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use embedding::{EmbeddingRequest, Embeddings};
pub use fault::{Fault, Remedy};
pub use ids::{BundleId, TraceId};
pub use jurisdiction::Jurisdiction;
pub use message::{ChatRequest, Content, Message, Role};
pub use money::{Cost, MicroUsd};
pub use passage::{DocumentRef, Passage};
pub use principal::{Principal, Role as PrincipalRole};
pub use project::Project;
pub use raw::{Dialect, Lost, Raw};
pub use schema::{Schemas, schemas};
pub use time::{Period, Timestamp};
pub use usage::Usage;
pub use use_case::UseCase;
pub use verdict::{Decision, Stage, Verdict, owasp};

#[cfg(test)]
mod tests;
