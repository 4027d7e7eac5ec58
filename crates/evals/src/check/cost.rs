//! `cost`: the answer cost no more than a limit, in US dollars. An unknown price is never below a limit.

use super::{Observed, Rejected, Seen, Unknown, Written, limit, no_value};
use usecase::MicroUsd;

/// The limit; `None` records the cost only.
#[derive(Debug)]
pub(super) struct CostLimit(Option<MicroUsd>);

impl CostLimit {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        no_value(written)?;
        let dollars = limit(written, "US dollars")?;
        // Rounded, because 0.0003 * 1e6 is not 300 in binary fractions; a cast beyond i64 saturates.
        Ok(Self(dollars.map(|dollars| MicroUsd((dollars * 1e6).round() as i64))))
    }

    pub(super) fn look(&self, observed: &Observed) -> Result<Seen, Unknown> {
        let cost = observed.cost;
        let Some(limit) = self.0 else { return Ok(Seen::new(true, cost.to_string())) };
        // What is known may already be too much, whatever the rest was.
        if cost.part_unknown && cost.known <= limit {
            return Err(Unknown(format!("the cost is {cost}: a price is missing, so no limit can be checked")));
        }
        Ok(Seen::new(cost.known <= limit, cost.to_string()))
    }

    pub(super) fn expected(&self) -> String {
        match self.0 {
            Some(limit) => format!("to cost at most {limit}"),
            None => "to cost anything".to_owned(),
        }
    }
}
