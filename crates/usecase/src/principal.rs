//! Who calls: the holder of an API key, or the developer on a loopback address.

use crate::money::MicroUsd;
use serde::{Deserialize, Serialize};

/// What a key may do besides asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Asks use cases and models, reports outcomes.
    App,
    /// Also reads the ledger, releases and rolls back, manages keys.
    Admin,
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The key's public id, never its secret. `developer` when no key exists yet.
    pub key: String,
    /// What the key was named by the one who made it.
    pub name: String,
    pub role: Role,
    /// Use cases it may call; `None` allows all. Bare models are allowed by the entry `*models`.
    pub use_cases: Option<Vec<String>>,
    /// Access groups: documents are found only when they are open to all or to one of these.
    pub groups: Vec<String>,
    /// Spending limit a day in UTC, in micro-dollars.
    pub budget_per_day: Option<MicroUsd>,
}

impl Principal {
    /// The entry of `use_cases` that allows calling bare models.
    pub const MODELS: &'static str = "*models";

    /// Stands for the key of the caller in developer mode.
    pub const DEVELOPER: &'static str = "developer";

    /// The caller in developer mode: everything is allowed, no group is held.
    pub fn developer() -> Self {
        Self {
            key: Self::DEVELOPER.to_owned(),
            name: "developer mode".to_owned(),
            role: Role::Admin,
            use_cases: None,
            groups: Vec::new(),
            budget_per_day: None,
        }
    }

    /// Whether this is the caller in developer mode.
    pub fn is_developer(&self) -> bool {
        self.key == Self::DEVELOPER
    }

    pub fn may_call(&self, use_case: &str) -> bool {
        self.use_cases.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == use_case))
    }
}
