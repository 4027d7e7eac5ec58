//! Answers that may be given again. An answer is kept under a *partition*: everything but the words of the last question that
//! can change an answer, as one digest. Within a partition the exact question is found by one look-up; a question in other
//! words only where that was declared, and only when a verifier finds no difference that matters. Nothing is ever
//! compared across partitions, and nothing personal is kept.
//!
//! In memory, per process, bounded in bytes and in time. The room embeds nothing and asks nobody: vectors, groups and
//! snapshots are handed over as values.
//!
//! In reading order: `asked` (a request as the cache sees it, and its partition), `kept` (an answer, and why it may not be kept),
//! `verifier` (are two questions one?), `shelf` (the neighbours within a partition), `handle` (`Cache`); then, for
//! `shipway cache tune`, `pairs` (labelled questions), `interval` and `tune` (a threshold that keeps to a budget).

mod asked;
mod kept;
pub mod verifier;

mod handle;
mod shelf;

mod error;
mod interval;
mod pairs;
mod tune;

pub use asked::{Asked, Partition, Parts};
pub use error::{Error, Result};
pub use handle::{Cache, Hit, How, Settings};
pub use interval::bounds;
pub use kept::{Kept, NotKept};
pub use pairs::{Logged, Pair, of_log, read};
pub use tune::{Compared, Tuned, compare, tune};

#[cfg(test)]
mod tests;
