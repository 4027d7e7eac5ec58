//! Why a release does not move.

use storage::Blame;
use usecase::{BundleId, Fault, Remedy};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{use_case}` was never released: run `shipway release {use_case}`")]
    NeverReleased { use_case: String },
    #[error("`{use_case}` has no canary under way: `shipway release {use_case}` begins one")]
    NoCanary { use_case: String },
    #[error("`{use_case}` already has a canary under way: promote it or roll it back first")]
    CanaryUnderWay { use_case: String },
    #[error("the bundle {bundle} already serves all the traffic: there is nothing to change")]
    AlreadyServing { bundle: BundleId },
    #[error("the bundle {bundle} never served this use case: `shipway status` lists those that did")]
    NeverServed { bundle: BundleId },
    #[error("`{use_case}` has no earlier bundle to fall back to")]
    NothingBefore { use_case: String },
    #[error("the proof is of {proof}, not of {bundle}: the files changed meanwhile; run the command again")]
    ProofOfAnother { bundle: BundleId, proof: BundleId },
    #[error("this version cannot send shadow traffic: take `shadow` out of [release] steps")]
    ShadowNotBuilt,
    #[error("the stored bundle {0} is damaged: {1}")]
    Damaged(BundleId, String),
    #[error("decisions cannot be put in order: the lock file {0}")]
    NoTurn(String),
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    #[error(transparent)]
    Storage(#[from] storage::Error),
}

impl Error {
    pub(crate) fn never_released(use_case: &str) -> Self {
        Self::NeverReleased { use_case: use_case.to_owned() }
    }

    pub fn fault(&self) -> Fault {
        match self {
            Self::Damaged(..) | Self::NoTurn(_) => Fault::Operator,
            Self::Storage(cause) => match cause.blame() {
                Blame::Operator => Fault::Operator,
                Blame::Us => Fault::Us,
            },
            Self::Ledger(cause) => cause.fault(),
            _ => Fault::Caller,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Ledger(cause) => cause.remedy(),
            Self::Storage(cause) if cause.may_pass() => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}
