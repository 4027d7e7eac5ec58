//! The ledger: what happened, in an append-only record that can be verified. Every request leaves one event in a hash
//! chain before its answer leaves the house; so does every decision (a release, a key, a feed's run) and every
//! business outcome that an app reports later.
//!
//! Three things are kept apart. **Events** are chained: each hash covers the one before it, so that an event that was
//! changed or taken out is found. **Payloads** (what was asked and answered) lie in the same rows but outside the chain,
//! encrypted under a key per subject; the chain holds only salted digests of them, so destroying a person's key erases the person and
//! the chain still verifies. **Rows** repeat in columns what the events say, for queries; `verify` compares the two.
//! Names that may be personal (subject, conversation) never stand in the clear: a keyed pseudonym stands for them.
//!
//! What the chain cannot show alone: that its newest events were cut off. Whoever holds the disk can restore an older,
//! valid state of the whole folder. Only a checkpoint of the chain's head kept elsewhere shows that.
//!
//! In reading order: `error`; what comes in (`record`, `outcome`); what comes out (`row`); the chain (`chain`, `body`);
//! secrets (`seal`, `keyring`); `run` (which process is alive) and `begun` (which requests it has open); `store` (all the
//! SQL); `verify`; `handle` (`Ledger`, and what it writes now and then); `finishing` (what every answer waits for);
//! `reading` (what it reads).

mod begun;
mod body;
mod chain;
mod error;
mod finishing;
mod handle;
mod keyring;
mod outcome;
mod reading;
mod record;
mod row;
mod run;
mod seal;
mod store;
mod verify;

pub use error::{Error, Result};
pub use handle::Ledger;
pub use outcome::{OutcomeId, OutcomeReport, OutcomeSubject};
pub use record::{Arm, Event, Finished, Payload, PayloadText, Source, Span, Started, Status, Written, written};
pub use row::{EventFilter, EventRow, OutcomeRow, RequestDetail, RequestFilter, RequestRow, Spent};
pub use seal::Owner;
pub use verify::{Break, VerifyReport};

#[cfg(test)]
mod tests;
