//! Whose fault an error is, and what may be done about it. Every room's error enum answers both; one table in
//! `server` turns the answers into a status code and a body.

use serde::{Deserialize, Serialize};

/// Who has to act for the error to go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The app that called: a malformed body, an unknown model, a missing right.
    Caller,
    /// Whoever runs this installation: a wrong key, a full disk, a missing price.
    Operator,
    /// The model provider: it hung, broke off, or answered nonsense.
    Provider,
    /// Shipway itself.
    Us,
}

/// What the code that meets the error may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Give up; trying again changes nothing.
    Fail,
    /// The same call may be sent again: nothing was done by the first one.
    RetrySame,
    /// This target cannot answer; another one may.
    TryNext,
}
