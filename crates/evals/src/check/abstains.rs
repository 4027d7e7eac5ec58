//! `abstains`: no answer was given because there was no ground for one.

use super::{Observed, Rejected, Seen, Written, no_value, quoted};
use ledger::Status;

#[derive(Debug)]
pub(super) struct Abstains;

impl Abstains {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        no_value(written).map(|()| Self)
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        match observed.status {
            Status::Abstained => Seen::new(true, "abstained"),
            Status::Refused => Seen::new(false, "refused"),
            _ => Seen::new(false, quoted(&observed.text)),
        }
    }

    pub(super) fn expected(&self) -> String {
        "to abstain".to_owned()
    }
}
