//! Why nothing could be measured. What goes wrong during a measurement is a figure, not an error.

use usecase::{Fault, Remedy};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{url}` cannot be measured: {what}; give it like http://127.0.0.1:8080")]
    BadUrl { url: String, what: String },
    #[error("nothing answers at {address}: {error}")]
    Unreachable { address: String, error: std::io::Error },
    #[error("there is nothing to ask: give a question or a file of them")]
    NothingToAsk,
    #[error("`{text}` is not a volume: write it like 100000/month, 5000/day or 300/hour")]
    BadVolume { text: String },
    #[error("the process {pid} cannot be looked at: {error}")]
    Process { pid: u32, error: std::io::Error },
}

impl Error {
    pub fn fault(&self) -> Fault {
        match self {
            Self::BadUrl { .. } | Self::NothingToAsk | Self::BadVolume { .. } => Fault::Caller,
            Self::Unreachable { .. } | Self::Process { .. } => Fault::Operator,
        }
    }

    /// Nothing was sent: whatever it is, it has to be mended before the next try.
    pub fn remedy(&self) -> Remedy {
        Remedy::Fail
    }
}
