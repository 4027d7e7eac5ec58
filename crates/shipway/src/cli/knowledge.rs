//! Commands on what use cases know: feeds, search, collections.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// The use case
    pub(crate) name: String,
    /// Only this feed
    #[arg(long, value_name = "FEED")]
    pub(crate) feed: Option<String>,
    /// Let more documents go than the feed's `max_drop` allows: you have looked at the source
    #[arg(long)]
    pub(crate) allow_drop: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Feed {
    /// Whether each feed is fresh, how old its access groups are, when it runs next, and what it filled
    Status {
        /// The use case
        name: String,
    },
    /// The last runs, the newest first
    Runs {
        /// The use case
        name: String,
        /// Only this feed
        #[arg(long, value_name = "FEED")]
        feed: Option<String>,
        /// How many at the most
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: usize,
    },
    /// Documents that were not taken over, and why
    Quarantine {
        /// The use case
        name: String,
    },
    /// Documents that are nearly the same, and what they disagree on
    Twins {
        /// The use case
        name: String,
    },
    /// Read the whole source anew, as if nothing were remembered of it
    Replay {
        /// The use case
        name: String,
        /// Only this feed
        #[arg(long, value_name = "FEED")]
        feed: Option<String>,
        /// Let more documents go than the feed's `max_drop` allows: you have looked at the source
        #[arg(long)]
        allow_drop: bool,
    },
    /// What a run changed
    Diff {
        /// The use case
        name: String,
        /// The run; the last good one when absent
        #[arg(long, value_name = "RUN")]
        run: Option<u64>,
        /// Show what changed in this document's text
        #[arg(long, value_name = "ID")]
        document: Option<String>,
    },
    /// Which runs brought a document, from where, and with which content
    Lineage {
        /// The use case
        name: String,
        /// The document's id
        document: String,
    },
}

impl Feed {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Status { name }
            | Self::Runs { name, .. }
            | Self::Quarantine { name }
            | Self::Twins { name }
            | Self::Replay { name, .. }
            | Self::Diff { name, .. }
            | Self::Lineage { name, .. } => name,
        }
    }
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Search {
    #[command(subcommand)]
    pub(crate) eval: Option<SearchCommand>,
    /// The use case
    pub(crate) name: Option<String>,
    /// The question
    pub(crate) question: Option<String>,
    /// Search as a member of these access groups, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "GROUPS")]
    pub(crate) groups: Vec<String>,
    /// Search only documents with these fields, as JSON: {"product": "pro", "year": {"gte": 2024}}
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// How many passages; as many as the use case declares when absent
    #[arg(long, value_name = "COUNT")]
    pub(crate) top: Option<u8>,
    /// Show scores, ranks, terms, what could be seen, and what was left out
    #[arg(long)]
    pub(crate) explain: bool,
    /// Count the values of these fields, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) facets: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SearchCommand {
    /// Measure search on a labelled set: a folder of corpus.jsonl, queries.jsonl and qrels.tsv
    Eval(SearchEval),
}

#[derive(Debug, Args)]
pub(crate) struct SearchEval {
    /// The folder
    pub(crate) folder: PathBuf,
    /// What turns text into vectors: auto, minilm, lexical or folder:<path>
    #[arg(long, default_value = "auto", value_name = "EMBEDDER")]
    pub(crate) embedder: String,
    /// Measure on this Postgres instead of a folder: a reference to its address, like env:DATABASE_URL
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) postgres: Option<String>,
    /// The share of words in the fused score, 0 to 1; what suits the embedder when absent
    #[arg(long, value_name = "SHARE")]
    pub(crate) words_weight: Option<f32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Collection {
    /// List collections with their version, size and embedder
    List,
    /// List the versions of a collection that are kept
    Versions {
        /// The collection, USECASE/FEED
        name: String,
    },
    /// Serve an earlier version again, from the next search on
    Rollback {
        /// The collection, USECASE/FEED
        name: String,
        /// Which version; the one before when absent
        #[arg(long, value_name = "VERSION")]
        to: Option<u64>,
    },
    /// Keep a version for as long as somebody needs it
    Pin {
        /// The collection, USECASE/FEED
        name: String,
        /// The version
        #[arg(value_name = "VERSION")]
        number: u64,
        /// For whom it is kept
        #[arg(long, env = "SHIPWAY_BY", value_name = "HOLDER")]
        holder: String,
    },
    /// Let go of a version that was pinned
    Unpin {
        /// The collection, USECASE/FEED
        name: String,
        /// For whom it was kept
        #[arg(long, env = "SHIPWAY_BY", value_name = "HOLDER")]
        holder: String,
    },
    /// Move a collection to the configured embedder, beside what serves, and swap
    Reembed {
        /// The collection, USECASE/FEED
        name: String,
    },
    /// Forget documents in every version
    Erase {
        /// The collection, USECASE/FEED
        name: String,
        /// Ids of documents
        #[arg(required = true)]
        documents: Vec<String>,
    },
    /// Forget a whole collection
    Drop {
        /// The collection, USECASE/FEED
        name: String,
        /// Yes, every version of it
        #[arg(long)]
        yes: bool,
    },
}
