//! Who may come in, and whether there is room and money left: API keys, the right to a use case, rates, budgets a day,
//! and the gate that bounds the work under way.
//!
//! A key's secret is shown once and stored as its SHA-256: with 256 random bits there is nothing that a slow hash
//! would protect. Money is reserved before a call, at the most that it can cost, and settled afterwards at what it did
//! cost, so that any number of requests at once never spend more than the limit. What cannot be evaluated refuses: an
//! unreadable key store, a budget and an unknown price.
//!
//! The proof of it all is [`Admitted`]: only this room can make one, and the path of a request demands it.
//!
//! In reading order: `error` (managing keys) and `denied` (asking); `key`; `limits` (rates); `budget` (reservations);
//! `admitted`; `gate` (how much at once); `store` (all the SQL); `keys` (in memory); `handle` (`Admission`).

mod admitted;
mod budget;
mod denied;
mod error;
mod gate;
mod handle;
mod key;
mod keys;
mod limits;
mod store;

pub use admitted::Admitted;
pub use budget::Whose;
pub use denied::{Denied, Limit};
pub use error::{Error, Result};
pub use gate::{Gate, GateStanding, Pass};
pub use handle::Admission;
pub use key::{CreatedKey, KeyInfo, NewKey};
pub use limits::{KeyLimits, Priority, RateState, RateWindow};

#[cfg(test)]
mod tests;
