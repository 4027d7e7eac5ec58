//! The steps by which a new bundle meets live traffic.

use super::Judgement;
use crate::declared::{Percent, Step};

impl Judgement<'_> {
    pub(super) fn release(&mut self) {
        let steps = &self.declared.release.steps;
        let mut before: Option<Percent> = None;
        for (index, step) in steps.iter().enumerate() {
            let pointer = format!("/release/steps/{index}");
            let message = match step {
                Step::Shadow if index > 0 => "`shadow` can only be the first step",
                Step::Share(share) if share.fraction() <= 0.0 => "a step without traffic shows nothing",
                Step::Share(share) if before.is_some_and(|before| *share <= before) => {
                    "each step must have a larger share than the one before"
                }
                _ => "",
            };
            if let Step::Share(share) = step {
                before = Some(*share);
            }
            if !message.is_empty() {
                self.found.push(self.source.at_value(&pointer, message));
            }
        }
        if steps.last() != Some(&Step::share(100.0)) {
            let pointer = format!("/release/steps/{}", steps.len().saturating_sub(1));
            let wrong = self.source.at_value(&pointer, "a release ends with all of the traffic");
            self.found.push(wrong.expected("\"100%\" as the last step"));
        }
    }
}
