//! The door: the dialects, the API, the server. `routes::router` is the table of contents; `routes::chat` is the path of
//! one request; `wire` says what a dialect is, and `openai`, `anthropic` and `responses` each are one; `reply` is the way
//! out of all of them; `problem` is the one table from errors to statuses; `serve` listens and drains, `worker` is one
//! core's share of it; `evidence` gathers what the six lines of `check` are judged by, for the API and for the command
//! line alike.

mod anthropic;
mod app;
mod batching;
mod embeddings;
pub mod evidence;
mod feeds;
mod fields;
mod lasting;
mod metrics;
mod openai;
mod problem;
mod reply;
mod responses;
mod routes;
#[cfg(test)]
mod scripted;
mod serve;
mod wire;
mod worker;

pub use app::Parts;
pub use problem::Problem;
pub use serve::Server;

/// Why a server does not start. Always the operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "refusing to listen on {listen} without any API key: whoever reaches it could spend money. \
         Create one with `shipway key create NAME`, or listen on a loopback address such as 127.0.0.1:8080"
    )]
    NoKeys { listen: String },
    #[error("{listen} is in use by another program: stop it, or choose another port with --listen")]
    PortInUse { listen: String },
    #[error("cannot listen on {listen}: {error}")]
    Listen { listen: String, error: std::io::Error },
    #[error("`{listen}` is not an address: write it like 127.0.0.1:8080")]
    NotAnAddress { listen: String },
    #[error(transparent)]
    Keys(#[from] admission::Error),
}
