//! Which bundle gets which share of the traffic, and the history of the decisions with their evidence. A release
//! demands two proofs: `Passed` (its bundle passed the gate) and `Ready` (the six lines hold), or for the second a
//! named person's override. Promotion and rollback flip a pointer, which the next request reads.
//!
//! In reading order: `decision` (what is decided and recorded), `split` (which arm a conversation falls to), `error`,
//! `store` (the tables), `pointers` (what requests read), and `Releases` here.

mod decision;
mod error;
mod pointers;
mod split;
mod store;
#[cfg(test)]
mod tests;

pub use decision::{Decision, Go, Kind, Pointer, Status};
pub use error::Error;

use evals::Passed;
use ledger::{Arm, Event, Ledger};
use pointers::Pointers;
use serde_json::json;
use storage::Storage;
use store::Store;
use usecase::bundle::Bundle;
use usecase::declared::{Percent, Step};
use usecase::{BundleId, Timestamp};

/// Handle to the releases of a data folder. Cheap to clone.
#[derive(Clone)]
pub struct Releases {
    store: Store,
    pointers: Pointers,
    ledger: Ledger,
}

/// The bundle that answers one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    pub bundle: BundleId,
    pub arm: Arm,
}

impl Releases {
    /// # Errors
    /// The operator's: a database that cannot be opened or is newer than this program.
    pub fn open(storage: &Storage, ledger: &Ledger) -> Result<Self, Error> {
        let store = Store::open(storage)?;
        Ok(Self { pointers: Pointers::new(store.clone()), store, ledger: ledger.clone() })
    }

    /// The bundle for a request, `None` when the use case was never released. `sticky` (the conversation, else the
    /// subject) keeps its arm for as long as a release lasts; without it each request is drawn anew.
    ///
    /// # Errors
    /// When the pointer cannot be read.
    pub fn pick(&self, use_case: &str, sticky: Option<&str>) -> Result<Option<Picked>, Error> {
        let Some(pointer) = self.pointers.get(use_case)? else { return Ok(None) };
        let canary = pointer.canary.as_ref().filter(|_| split::falls_to_canary(&pointer, sticky));
        Ok(Some(match canary {
            Some(bundle) => Picked { bundle: bundle.clone(), arm: Arm::Canary },
            None => Picked { bundle: pointer.stable.clone(), arm: Arm::Stable },
        }))
    }

    /// A bundle that was released once, whole.
    ///
    /// # Errors
    /// When it cannot be read, or its content no longer has the hash that is its name.
    pub fn bundle(&self, id: &BundleId) -> Result<Option<Bundle>, Error> {
        self.store.bundle(id)
    }

    /// # Errors
    /// When the tables cannot be read.
    pub fn status(&self, use_case: &str) -> Result<Status, Error> {
        Ok(Status { pointer: self.store.pointer(use_case)?, history: self.store.history(use_case)? })
    }

    /// Begins a release: the bundle becomes the canary at the first declared share. The very first release of a use
    /// case has nobody to share the traffic with, and takes all of it.
    ///
    /// # Errors
    /// The caller's: the proof is of another bundle, the bundle already serves, a canary is under way, a step that
    /// this version cannot take.
    pub fn begin(
        &self,
        bundle: &Bundle,
        steps: &[Step],
        passed: &Passed,
        go: &Go,
        by: &str,
    ) -> Result<Decision, Error> {
        if passed.bundle() != &bundle.id {
            return Err(Error::ProofOfAnother { bundle: bundle.id.clone(), proof: passed.bundle().clone() });
        }
        if let Go::Ready(ready) = go
            && ready.bundle() != &bundle.id
        {
            return Err(Error::ProofOfAnother { bundle: bundle.id.clone(), proof: ready.bundle().clone() });
        }
        let shares = shares(steps)?;
        let _turn = self.store.turn()?;
        let before = self.store.pointer(&bundle.use_case)?;
        let pointer = match &before {
            None => Pointer::first(bundle.id.clone()),
            Some(before) if before.canary.is_some() => {
                return Err(Error::CanaryUnderWay { use_case: bundle.use_case.clone() });
            }
            Some(before) if before.stable == bundle.id => {
                return Err(Error::AlreadyServing { bundle: bundle.id.clone() });
            }
            Some(before) => before.with_canary(&bundle.id, &shares),
        };
        let evidence = json!({ "gate": passed, "readiness": go.evidence() });
        let kind = if pointer.canary.is_some() { Kind::Canary } else { Kind::Promoted };
        let decision = Decision {
            use_case: bundle.use_case.clone(),
            at: Timestamp::now(),
            kind,
            bundle: bundle.id.clone(),
            replaced: before.as_ref().map(|before| before.stable.clone()),
            share: pointer.share,
            by: by.to_owned(),
            evidence,
        };
        self.store.keep_bundle(bundle)?;
        self.decide(decision, &pointer)
    }

    /// Gives the canary its next share; at the last step it becomes the stable bundle.
    ///
    /// # Errors
    /// The caller's: no canary is under way.
    pub fn promote(&self, use_case: &str, by: &str) -> Result<Decision, Error> {
        let _turn = self.store.turn()?;
        let before = self.store.pointer(use_case)?.ok_or_else(|| Error::never_released(use_case))?;
        let Some(canary) = before.canary.clone() else {
            return Err(Error::NoCanary { use_case: use_case.to_owned() });
        };
        let pointer = before.next_step(&canary);
        let kind = if pointer.canary.is_some() { Kind::Canary } else { Kind::Promoted };
        let decision = Decision {
            use_case: use_case.to_owned(),
            at: Timestamp::now(),
            kind,
            bundle: canary,
            replaced: Some(before.stable),
            share: pointer.share,
            by: by.to_owned(),
            evidence: json!({ "decided_by": "a person's command" }),
        };
        self.decide(decision, &pointer)
    }

    /// Takes the traffic back: from the canary when one is under way, else to the stable bundle before this one, or
    /// to the one that is named. The next request sees it.
    ///
    /// # Errors
    /// The caller's: nothing to fall back to, or a bundle that never served this use case.
    pub fn rollback(&self, use_case: &str, to: Option<&BundleId>, by: &str) -> Result<Decision, Error> {
        let _turn = self.store.turn()?;
        let before = self.store.pointer(use_case)?.ok_or_else(|| Error::never_released(use_case))?;
        let leaving = before.canary.clone().unwrap_or_else(|| before.stable.clone());
        let target = match (to, &before.canary) {
            (Some(named), _) => self.once_stable(use_case, named)?,
            (None, Some(_)) => before.stable.clone(),
            (None, None) => self.stable_before(use_case, &before.stable)?,
        };
        if target == leaving {
            return Err(Error::AlreadyServing { bundle: target });
        }
        let decision = Decision {
            use_case: use_case.to_owned(),
            at: Timestamp::now(),
            kind: Kind::RolledBack,
            bundle: target.clone(),
            replaced: Some(leaving),
            share: Percent::of(100.0),
            by: by.to_owned(),
            evidence: json!({ "decided_by": "a person's command" }),
        };
        self.decide(decision, &Pointer::first(target))
    }

    /// The record comes first: a pointer never moves without it. Cut between the two, the decision is on record and
    /// has had no effect; giving the command again completes it.
    fn decide(&self, decision: Decision, pointer: &Pointer) -> Result<Decision, Error> {
        let event = Event {
            kind: decision.kind.event_name(),
            use_case: Some(decision.use_case.clone()),
            body: json!(decision),
            payload: None,
        };
        self.ledger.append_blocking(&event)?;
        self.store.move_pointer(&decision, pointer)?;
        self.pointers.moved();
        Ok(decision)
    }

    fn once_stable(&self, use_case: &str, named: &BundleId) -> Result<BundleId, Error> {
        let served = self.store.history(use_case)?;
        let known = served.iter().any(|decision| &decision.bundle == named && decision.kind != Kind::Canary);
        if known { Ok(named.clone()) } else { Err(Error::NeverServed { bundle: named.clone() }) }
    }

    fn stable_before(&self, use_case: &str, stable: &BundleId) -> Result<BundleId, Error> {
        // Only promotions count, and only those before the stable bundle's own: a second rollback goes further back,
        // never forward again to what was just left.
        let history = self.store.history(use_case)?;
        let promoted = history.into_iter().filter(|decision| decision.kind == Kind::Promoted);
        let own = promoted.skip_while(|decision| &decision.bundle != stable);
        let mut earlier = own.filter(|decision| &decision.bundle != stable).map(|decision| decision.bundle);
        earlier.next().ok_or_else(|| Error::NothingBefore { use_case: use_case.to_owned() })
    }
}

/// The shares of the declared steps. Shadow traffic is not built yet; leaving the step out silently would pretend it
/// had been taken.
fn shares(steps: &[Step]) -> Result<Vec<Percent>, Error> {
    let share = |step: &Step| match step {
        Step::Share(share) => Ok(*share),
        Step::Shadow => Err(Error::ShadowNotBuilt),
    };
    steps.iter().map(share).collect()
}
