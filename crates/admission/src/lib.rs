//! Who may come in, and whether there is money left: API keys, the right to a use case, and budgets a day.
//!
//! A key's secret is shown once and stored as its SHA-256: with 256 random bits there is nothing that a slow hash
//! would protect. Money is reserved before a call, at the most that it can cost, and settled afterwards at what it did
//! cost, so that any number of requests at once never spend more than the limit. What cannot be evaluated refuses: an
//! unreadable key store, a budget and an unknown price.
//!
//! The proof of it all is [`Admitted`]: only this room can make one, and the path of a request demands it.
//!
//! In reading order: `error` (managing keys) and `denied` (asking); `key`; `budget` (reservations); `admitted`;
//! `store` (all the SQL); `handle` (`Admission`).

mod admitted;
mod budget;
mod denied;
mod error;
mod handle;
mod key;
mod store;

pub use admitted::Admitted;
pub use budget::Whose;
pub use denied::Denied;
pub use error::{Error, Result};
pub use handle::Admission;
pub use key::{CreatedKey, KeyInfo, NewKey};

#[cfg(test)]
mod tests;
