//! Why a request is not let in.

use crate::budget::Whose;
use crate::error::fault_of;
use usecase::{Fault, MicroUsd, Remedy, Timestamp};

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
    #[error("API keys cannot be checked now, so nobody is let in: {0}")]
    StorageDown(storage::Error),
}

impl Denied {
    pub fn fault(&self) -> Fault {
        match self {
            Self::NoKey | Self::WrongKey | Self::NotAllowed { .. } | Self::BudgetSpent { .. } => Fault::Caller,
            Self::BudgetUnknowable { .. } => Fault::Operator,
            Self::StorageDown(error) => fault_of(error),
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::BudgetSpent { .. } | Self::StorageDown(_) => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}
