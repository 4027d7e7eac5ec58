//! Search: what is indexed, how it is embedded, how it is found, and how it is forgotten.
//!
//! A *collection* holds documents, each cut into passages by whoever read it (`ingest`), in versions of which readers
//! always see one whole. Both legs of the hybrid search (BM25 and vectors) run on the passages that the caller may see and
//! that pass the filter, and on nothing else: what is forbidden changes neither results, nor scores, nor counts.
//!
//! In reading order: `document` and `filter` (the nouns), `words` (text to terms), `embedder` (text to vectors), `backend`
//! (what a home for collections must do), `embedded` and `postgres` (the two homes), `search` (the algorithm, written
//! once over both), `collections` (the face: applying changes and handing out versions), `labelled` (measuring it).

mod backend;
mod code_points;
mod collections;
mod document;
mod embedded;
pub mod embedder;
mod error;
mod filter;
pub mod labelled;
mod postgres;
mod search;
mod words;

pub use backend::{At, Commit, FacetCount, Head, Space, Version, VersionInfo, WordQuery};
pub use collections::{Change, Collections, Home, Moved};
pub use document::{Changes, DocumentPut, Place, Span};
pub use embedder::{Embedder, Embedders};
pub use error::{Error, SourceFailure};
pub use filter::{Condition, Filter, Scalar};
pub use search::{
    Explained, Explanation, Found, Leg, Query, Rerank, SearchedCollection, Speaker, Spoken, Term, search,
};
