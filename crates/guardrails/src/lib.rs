//! Text in, verdict out: the checks on what an app asks, on what was retrieved for it, and on what was answered.
//! Everything here runs in the process, without a model and without the network, in microseconds.
//!
//! In reading order: first the ways of looking at a text (`normalise`, `sentences`, `words`, `meaning`, `gist`), then the
//! `vault` with `restore`, which gives people their values back, then one folder per guard (`guard`), then `guards`, which runs
//! them as a use case declares, and `calibrate`, which finds its thresholds. `training` makes the weights that ship,
//! `measured` says how good all of it is.
//!
//! What each guard measured on public test data stands in its own module's documentation.

pub mod calibrate;
mod gist;
mod guard;
mod guards;
mod meaning;
pub mod measured;
mod normalise;
mod restore;
mod sentences;
pub mod training;
mod vault;
mod words;

pub use gist::Gist;
pub use guard::grounding::{GroundingReport, SentenceSupport, Unsupported, What};
pub use guards::{
    CheckedInput, CheckedPassages, Guards, Inspected, KnownType, Material, Public, Secret, Shaped, Stopped, Unsure,
    Watch, risk_of, types,
};
pub use restore::Restorer;
pub use sentences::{Sentence, sentences};
pub use vault::Vault;
