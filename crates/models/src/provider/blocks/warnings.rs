//! What was left out of a request, for the app to read: each thing once, the first few by name and the rest as a number,
//! because a caller decides how many there are.

use std::collections::HashSet;

/// Things named one by one; a warning is a header, and nobody reads more.
const MOST_NAMED: usize = 16;

#[derive(Default)]
pub(in crate::provider) struct Warnings {
    named: Vec<String>,
    seen: HashSet<String>,
}

impl Warnings {
    pub(in crate::provider) fn add(&mut self, warning: String) {
        if self.named.len() < MOST_NAMED && !self.seen.contains(&warning) {
            self.named.push(warning.clone());
        }
        self.seen.insert(warning);
    }

    /// The warnings in their order, the last one counting those that it does not name.
    pub(in crate::provider) fn into_vec(self) -> Vec<String> {
        let more = self.seen.len() - self.named.len();
        let mut warnings = self.named;
        if more > 0 {
            warnings.push(format!("and {more} more"));
        }
        warnings
    }
}
