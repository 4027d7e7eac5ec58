//! `Evals`: what is done with a finished run. It is compared, put to the gate, entered in the ledger and kept with its
//! bundle, in that order; and later asked for again.

use crate::comparison::{Comparison, compare};
use crate::error::Error;
use crate::gate::{self, Failed, Passed, gate};
use crate::routing::Routing;
use crate::run::Run;
use crate::statistics::power::{self, Power};
use crate::store::{self, Kept};
use ledger::{Event, Ledger};
use serde::Serialize;
use serde_json::json;
use storage::Storage;
use usecase::BundleId;
use usecase::declared::Evals as Settings;

/// Keeps runs and gives out proofs. A handle: cheap to clone.
#[derive(Clone)]
pub struct Evals {
    storage: Storage,
    ledger: Ledger,
}

/// A run and everything that follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conclusion {
    pub run: Run,
    pub comparison: Comparison,
    /// What the compared cases (all cases, without a baseline) could have shown.
    pub power: Power,
    #[serde(serialize_with = "gate_as_object")]
    pub gate: Result<Passed, Failed>,
    /// Runs of this very bundle before this one. Running until it passes is no evidence; the count shows it.
    pub earlier_runs: usize,
    /// How many of those passed the gate.
    pub earlier_passed: usize,
}

impl Evals {
    /// # Errors
    /// The database cannot be read, or belongs to a newer version.
    pub fn open(storage: &Storage, ledger: &Ledger) -> Result<Self, Error> {
        store::open(storage)?;
        Ok(Self { storage: storage.clone(), ledger: ledger.clone() })
    }

    /// Compares the run with the last run of the `baseline` bundle (the one that is running), decides, enters the run
    /// in the ledger as `eval_run`, and keeps it. The same bundle as the run's own is a fine baseline: it shows what
    /// changes by chance.
    ///
    /// # Errors
    /// The run could not be kept or recorded; then it gives no proof either.
    pub async fn conclude(
        &self,
        run: Run,
        settings: &Settings,
        baseline: Option<&BundleId>,
    ) -> Result<Conclusion, Error> {
        let before = baseline.map(|bundle| self.latest(bundle)).transpose()?.flatten();
        let (earlier_runs, earlier_passed) = store::runs_of_bundle(&self.storage, &run.bundle)?;
        let comparison = compare(&run, before.as_ref(), settings.max_drop.fraction());
        let gate = gate(&run, &comparison, settings);
        let comparable = if before.is_some() { comparison.pairs.total() } else { run.cases.len() };
        let power = power::of_set(comparable);
        let conclusion = Conclusion { run, comparison, power, gate, earlier_runs, earlier_passed };
        self.keep(&conclusion).await?;
        Ok(conclusion)
    }

    async fn keep(&self, conclusion: &Conclusion) -> Result<(), Error> {
        let (run, comparison) = (&conclusion.run, &conclusion.comparison);
        let reasons = conclusion.gate.as_ref().err().map(|failed| failed.reasons.clone()).unwrap_or_default();
        let body = json!({
            "run": run.id,
            "bundle": run.bundle,
            "started": run.started,
            "finished": run.finished,
            "totals": run.totals,
            "verdict": comparison.verdict,
            "baseline": comparison.baseline,
            "drop": comparison.drop,
            "at_most": comparison.at_most,
            "p_one_sided": comparison.p_one_sided,
            "passed": conclusion.gate.is_ok(),
            "reasons": reasons,
            "earlier_runs": conclusion.earlier_runs,
        });
        let kept = Kept { run: run.clone(), comparison: comparison.clone(), reasons };
        // The record comes first: what is kept may become a proof, and no proof may lack its record.
        let event = Event { kind: "eval_run", use_case: Some(run.use_case.clone()), body, payload: None };
        self.ledger.append(event).await?;
        store::keep(&self.storage, &kept).await
    }

    /// Enters what tuning an escalation found in the ledger, as `routing_tuned`: a threshold that was pasted from it
    /// can be traced back to the cases behind it.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn record_tuning(&self, found: &Routing) -> Result<(), Error> {
        let body = json!({
            "small": found.small_model,
            "large": found.large_model,
            "margin": found.margin,
            "small_only": found.small_only,
            "large_only": found.large_only,
            "pick": found.pick,
            "unseen": found.unseen,
            "advice": found.advice,
            "left_out": found.left_out.len(),
            "spent": found.spent,
        });
        let event = Event { kind: "routing_tuned", use_case: Some(found.use_case.clone()), body, payload: None };
        self.ledger.append(event).await?;
        Ok(())
    }

    /// The newest run of a bundle.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn latest(&self, bundle: &BundleId) -> Result<Option<Run>, Error> {
        Ok(store::latest_of_bundle(&self.storage, bundle)?.map(|kept| kept.run))
    }

    /// The proof of a bundle whose newest run passed its gate. An older pass does not outlive a newer failure.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn passed(&self, bundle: &BundleId) -> Result<Option<Passed>, Error> {
        let kept = store::latest_of_bundle(&self.storage, bundle)?.filter(|kept| kept.reasons.is_empty());
        Ok(kept.map(|kept| gate::proof(&kept.run, &kept.comparison)))
    }
}

/// `{"passed": true, "proof": …}` or `{"passed": false, "reasons": […]}`.
fn gate_as_object<S: serde::Serializer>(gate: &Result<Passed, Failed>, serializer: S) -> Result<S::Ok, S::Error> {
    match gate {
        Ok(passed) => json!({ "passed": true, "proof": passed }),
        Err(failed) => json!({ "passed": false, "reasons": failed.reasons }),
    }
    .serialize(serializer)
}
