//! What can go wrong while a threshold is tuned. Serving has no errors: what cannot be served is a miss.

use usecase::{Fault, Remedy};

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("line {line} of the pairs cannot be read: {reason}")]
    Line { line: usize, reason: String },
    #[error("there are {0} pairs, more than can be read at once")]
    TooMany(usize),
    #[error(
        "{pairs} pairs are too few to show that at most {percent}% of what is served is wrong: even without a single wrong one \
         it takes {needed} pairs like these. The semantic tier stays off"
    )]
    TooFew { pairs: usize, percent: f64, needed: usize },
    #[error(
        "no threshold keeps to {percent}%: at the strictest one {wrong} of {served} answers served would be wrong. \
         The semantic tier stays off"
    )]
    OverBudget { percent: f64, wrong: usize, served: usize },
}

impl Error {
    /// All of it is in what the operator gave.
    pub fn fault(&self) -> Fault {
        Fault::Operator
    }

    pub fn remedy(&self) -> Remedy {
        Remedy::Fail
    }
}
