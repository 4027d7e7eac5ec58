//! What can go wrong while keys are managed.

use storage::Blame;
use usecase::{Fault, Remedy};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Storage(#[from] storage::Error),
    #[error("the key cannot be made: {0}")]
    InvalidKey(String),
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::Storage(error) => fault_of(error),
            Self::InvalidKey(_) => Fault::Caller,
        }
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Storage(error) if error.may_pass() => Remedy::RetrySame,
            _ => Remedy::Fail,
        }
    }
}

pub(crate) fn fault_of(error: &storage::Error) -> Fault {
    match error.blame() {
        Blame::Operator => Fault::Operator,
        Blame::Us => Fault::Us,
    }
}
