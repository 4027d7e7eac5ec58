//! What is decided about a release, and the pointer that the decision moves.

use insight::Ready;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use usecase::declared::Percent;
use usecase::{BundleId, Timestamp, TraceId};

/// Why a release may go ahead although it moves live traffic.
#[derive(Clone, Debug)]
pub enum Go {
    /// All six lines hold.
    Ready(Ready),
    /// A named person takes it upon themselves, and says why.
    Override { failing: Vec<String>, reason: String },
}

impl Go {
    pub(crate) fn evidence(&self) -> Value {
        match self {
            Self::Ready(ready) => json!({ "ready": ready }),
            Self::Override { failing, reason } => json!({ "overridden": failing, "reason": reason }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The bundle got a share of the traffic.
    Canary,
    /// The bundle got all of it.
    Promoted,
    /// An earlier bundle got it back.
    RolledBack,
}

impl Kind {
    /// The name of the ledger's event.
    pub(crate) fn event_name(self) -> &'static str {
        match self {
            Self::Canary => "release_canary",
            Self::Promoted => "release_promoted",
            Self::RolledBack => "release_rolled_back",
        }
    }
}

/// One decision, as it is recorded and shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub use_case: String,
    pub at: Timestamp,
    pub kind: Kind,
    /// The bundle that gains traffic.
    pub bundle: BundleId,
    /// The bundle that loses it.
    pub replaced: Option<BundleId>,
    /// The share of the traffic that `bundle` has from now on.
    pub share: Percent,
    /// The person or key that decided.
    pub by: String,
    pub evidence: Value,
}

/// Where a use case's traffic goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pointer {
    pub stable: BundleId,
    pub canary: Option<BundleId>,
    /// The canary's share; 100 % when there is none.
    pub share: Percent,
    /// The shares that are still to come.
    pub later: Vec<Percent>,
    /// Makes the split of each release independent of the one before.
    pub salt: String,
}

impl Pointer {
    /// One bundle, all the traffic.
    pub(crate) fn first(stable: BundleId) -> Self {
        let salt = TraceId::random().to_string();
        Self { stable, canary: None, share: Percent::of(100.0), later: Vec::new(), salt }
    }

    pub(crate) fn with_canary(&self, canary: &BundleId, shares: &[Percent]) -> Self {
        let begun = Self { salt: TraceId::random().to_string(), later: shares.to_vec(), ..self.clone() };
        begun.next_step(canary)
    }

    /// The pointer after the next step; the last one, or one of 100 %, makes the canary stable.
    pub(crate) fn next_step(&self, canary: &BundleId) -> Self {
        match self.later.split_first() {
            Some((share, later)) if share.fraction() < 1.0 => {
                Self { canary: Some(canary.clone()), share: *share, later: later.to_vec(), ..self.clone() }
            }
            _ => Self::first(canary.clone()),
        }
    }
}

/// What `shipway status` shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// `None` when the use case was never released.
    pub pointer: Option<Pointer>,
    /// The decisions, the newest first.
    pub history: Vec<Decision>,
}
