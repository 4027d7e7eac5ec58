//! Why a request is not let in.

use crate::budget::Whose;
use crate::error::fault_of;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use usecase::{Fault, MicroUsd, Remedy, Timestamp};

/// A limit of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    RequestsPerMinute(u32),
    TokensPerMinute(u32),
    /// Requests at once.
    Concurrency(u32),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RequestsPerMinute(limit) => write!(f, "{limit} requests a minute"),
            Self::TokensPerMinute(limit) => write!(f, "{limit} tokens a minute"),
            Self::Concurrency(limit) => write!(f, "{limit} requests at once"),
        }
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Denied {
    #[error("no API key was sent. Send it as `Authorization: Bearer sk-shipway-…`; `shipway key create` makes one")]
    NoKey,
    #[error("the API key is not valid: it is unknown, mistyped or revoked. `shipway key list` shows the valid ones")]
    WrongKey,
    #[error(
        "this API key may not call {use_case:?}. Ask whoever runs Shipway for a key that may; its use cases are set \
         with `shipway key create`"
    )]
    NotAllowed { use_case: String },
    #[error(
        "the budget of {whose}, {limit} a day, is spent or reserved by requests under way; it begins anew at {resets}"
    )]
    BudgetSpent {
        whose: Whose,
        limit: MicroUsd,
        /// The next midnight in UTC.
        resets: Timestamp,
    },
    #[error(
        "the budget of {whose}, {limit} a day, cannot be kept, because a price of this call is unknown. Declare the \
         model's price under `[prices]` in shipway.toml (0 where it costs nothing), or take the budget away"
    )]
    BudgetUnknowable { whose: Whose, limit: MicroUsd },
    #[error("the limit of {whose}, {limit}, is reached; try again in {} s", .retry_after.as_secs().max(1))]
    TooManyRequests { whose: Whose, limit: Limit, retry_after: Duration },
    #[error("Shipway has more work than it takes on at once; try again in {} s", .retry_after.as_secs().max(1))]
    Overloaded { retry_after: Duration },
    #[error("API keys cannot be checked now, so nobody is let in: {0}")]
    StorageDown(storage::Error),
}

impl Denied {
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoKey
            | Self::WrongKey
            | Self::NotAllowed { .. }
            | Self::BudgetSpent { .. }
            | Self::TooManyRequests { .. } => Fault::Caller,
            Self::BudgetUnknowable { .. } | Self::Overloaded { .. } => Fault::Operator,
            Self::StorageDown(error) => fault_of(error),
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::BudgetSpent { .. }
            | Self::TooManyRequests { .. }
            | Self::Overloaded { .. }
            | Self::StorageDown(_) => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }

    /// A short name, for programs and for metrics.
    pub fn code(&self) -> &'static str {
        CODES[self.place()]
    }

    fn place(&self) -> usize {
        match self {
            Self::NoKey => 0,
            Self::WrongKey => 1,
            Self::NotAllowed { .. } => 2,
            Self::BudgetSpent { .. } => 3,
            Self::BudgetUnknowable { .. } => 4,
            Self::TooManyRequests { limit: Limit::RequestsPerMinute(_), .. } => 5,
            Self::TooManyRequests { limit: Limit::TokensPerMinute(_), .. } => 6,
            Self::TooManyRequests { limit: Limit::Concurrency(_), .. } => 7,
            Self::Overloaded { .. } => 8,
            Self::StorageDown(_) => 9,
        }
    }
}

/// The codes of all denials.
const CODES: [&str; 10] = [
    "no_key",
    "wrong_key",
    "not_allowed",
    "budget_spent",
    "budget_unknowable",
    "requests_per_minute",
    "tokens_per_minute",
    "concurrency",
    "overloaded",
    "storage_unavailable",
];

/// How often each denial happened. What is turned away is not recorded in the ledger: whoever floods a server must not
/// fill its disk.
#[derive(Debug, Default)]
pub(crate) struct Denials([AtomicU64; CODES.len()]);

impl Denials {
    pub(crate) fn count(&self, denied: &Denied) {
        self.0[denied.place()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self) -> Vec<(&'static str, u64)> {
        CODES.into_iter().zip(self.0.iter().map(|count| count.load(Ordering::Relaxed))).collect()
    }
}
