//! For tests only: a scripted model provider (`provider`) that can commit every fault a real one can (`fault`), a project
//! in a temporary folder (`project`), the real `shipway` binary as a server or a command (`running`) and
//! what the kernel says of it (`process`), an HTTP client that sees raw bytes (`http`), and a real Postgres to be alone in
//! (`postgres`).
#![expect(clippy::missing_panics_doc, reason = "a test that cannot be set up panics, and says what failed")]

pub mod fault;
pub mod http;
pub mod postgres;
pub mod process;
pub mod project;
pub mod provider;
pub mod running;

pub use fault::{Effect, Fault};
pub use http::{Client, Reply};
pub use postgres::TestPostgres;
pub use project::TestProject;
pub use provider::{Provider, Script};
pub use running::{Output, Server};
