//! The proof that data may go to a provider. Only [`Models::clear`](crate::Models::clear) makes it, and only a cleared
//! model can be called: a call past the residency rule cannot be written.

use crate::error::Error;
use crate::price::Rate;
use crate::provider::Target;
use crate::routing::Vital;
use std::sync::Arc;
use usecase::Jurisdiction;
use usecase::declared::{ModelRef, Residency};

/// A model that may see this use case's data.
#[derive(Clone)]
pub struct Cleared {
    pub(crate) model: Arc<ModelRef>,
    pub(crate) target: Arc<Target>,
    pub(crate) price: Option<Arc<Rate>>,
    /// How it is, for everybody who asks it.
    pub(crate) vital: Arc<Vital>,
}

impl Cleared {
    pub fn model(&self) -> &Arc<ModelRef> {
        &self.model
    }

    /// Where the provider runs, when it says so.
    pub fn jurisdiction(&self) -> Option<&Jurisdiction> {
        self.target.jurisdiction.as_ref()
    }

    /// What answers when nobody else can: in this process, at once, for nothing.
    pub(crate) fn is_last_resort(&self) -> bool {
        (self.model.provider.as_str(), self.model.model.as_str()) == ("local", "extractive")
    }
}

impl std::fmt::Debug for Cleared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cleared({})", self.model)
    }
}

/// Holds a provider against the rule. No rule allows everything; data that stays in this process has not left; a
/// provider that does not say where it runs is refused.
pub(crate) fn check(rule: &Residency, model: &ModelRef, runs_in: Option<&Jurisdiction>) -> Result<(), Error> {
    let Some(allowed) = &rule.data else { return Ok(()) };
    if runs_in.is_some_and(|place| *place == Jurisdiction::here() || allowed.contains(place)) {
        return Ok(());
    }
    Err(Error::Residency { model: model.clone(), jurisdiction: runs_in.cloned(), allowed: allowed.clone() })
}
