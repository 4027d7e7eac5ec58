//! Search: what is indexed, how it is embedded, how it is found, and how it is forgotten.
//!
//! A *collection* holds documents, each cut into passages by whoever read it (`ingest`). The truth lies in SQLite; a
//! search runs on an immutable [`Snapshot`] in memory that is swapped whole, so a reader never sees half a change.
//! Both legs of the hybrid search (BM25 and vectors) run on the passages that the caller may see and that pass the
//! filter, and on nothing else: what is forbidden changes neither results nor scores.
//!
//! In reading order: `words` (text to terms), `embedder` (text to vectors: the lexical floor, MiniLM, and how MiniLM's
//! weights are fetched), `store` (the tables), `snapshot` (the index in memory and the search), `collection` (applying
//! changes and handing out snapshots).

pub mod embedder;
mod words;

mod code_points;
mod collection;
mod error;
mod snapshot;
mod store;

pub use collection::{Changes, Collections, DocumentPut};
pub use embedder::Embedder;
pub use error::{Error, SourceFailure};
pub use snapshot::{Condition, Filter, Query, Scalar, Snapshot, search_across};
pub use store::CollectionInfo;
