//! `latency`: the whole answer came within a limit, in milliseconds.

use super::{Observed, Rejected, Seen, Written, limit, no_value};

/// The limit in ms; `None` records the time only.
#[derive(Debug)]
pub(super) struct Latency(Option<f64>);

impl Latency {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        no_value(written)?;
        limit(written, "milliseconds").map(Self)
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let took_ms = observed.latency_us as f64 / 1000.0;
        let holds = self.0.is_none_or(|limit| took_ms <= limit);
        Seen::new(holds, format!("{took_ms:.1} ms"))
    }

    pub(super) fn expected(&self) -> String {
        match self.0 {
            Some(limit) => format!("to take at most {limit} ms"),
            None => "to take any time".to_owned(),
        }
    }
}
