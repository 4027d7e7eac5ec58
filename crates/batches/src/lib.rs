//! Work that may wait: files of requests that an app uploads, answered line by line beside the live traffic, and the
//! files of answers that come of them, as OpenAI's files and batches have it.
//!
//! What it promises: a line that was answered is on disk before it counts, so that a batch goes on where it stood
//! however the process ended, and every line stands exactly once in what comes out. What it does not: a line that was
//! under way when the process was killed is asked again, and the provider may charge it twice.
//!
//! This room knows the lines (JSON, one a line) and nothing of what stands in their bodies: a [`Door`] answers those,
//! on the very path of a live request, under the rights of the key that made the batch. Files hold what people wrote:
//! they lie encrypted, each under a key of its own that is destroyed with it.
//!
//! In reading order: `error`; `sealed` (the cryptography); `file` and `batch` (the nouns, and which state follows
//! which); `lines` and `line` (reading what was uploaded); `store` (all the SQL); `handle` (`Batches`); then the path of
//! a batch: `validation`, `desk` (whose line is next), `pace` (how fast), `asking` (one
//! line on its way), `runner`, `conclusion` (the files that come out).

mod asking;
mod batch;
mod conclusion;
mod desk;
mod error;
mod file;
mod handle;
mod line;
mod lines;
mod pace;
mod runner;
mod sealed;
mod store;
mod validation;

pub use batch::{Batch, Counts, Endpoint, NewBatch, Status};
pub use error::{Error, Result};
pub use file::{Content, FileInfo, NewFile, Upload};
pub use handle::{Batches, Limits, Page};
pub use line::LineProblem;
pub use runner::{Door, LineAnswer};

#[cfg(test)]
mod tests;
