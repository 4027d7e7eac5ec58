//! A message is taken once: within the tolerance its id is remembered, and beyond it its time refuses it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use usecase::{Period, Timestamp};

/// With more messages than this within the tolerance, the oldest ids are forgotten.
const MAX_REMEMBERED: usize = 200_000;

/// The ids of messages that were taken, in this process.
#[derive(Default)]
pub struct Remembered {
    ids: Mutex<Ids>,
}

#[derive(Default)]
struct Ids {
    /// Until when an id is remembered.
    until: HashMap<String, Timestamp>,
    /// In the order in which they came.
    order: VecDeque<(String, Timestamp)>,
}

impl Remembered {
    /// Remembers the id of a message that [`super::verify`] has let through; false when it came before. The id must tell
    /// the feed too, where one memory serves several.
    pub fn is_first(&self, id: &str, now: Timestamp, tolerance: Period) -> bool {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((oldest, until)) = ids.order.front()
            && (*until < now || ids.order.len() >= MAX_REMEMBERED)
        {
            let (oldest, until) = (oldest.clone(), *until);
            ids.order.pop_front();
            // An id that was forgotten and came again has a later entry, which stays.
            if ids.until.get(&oldest) == Some(&until) {
                ids.until.remove(&oldest);
            }
        }
        if ids.until.contains_key(id) {
            return false;
        }
        // A message may be signed as far in the future as in the past.
        let until = now.plus(tolerance).plus(tolerance);
        ids.until.insert(id.to_owned(), until);
        ids.order.push_back((id.to_owned(), until));
        true
    }

    /// Forgets an id whose message could not be kept, so that its sender may try again.
    pub fn forget(&self, id: &str) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner).until.remove(id);
    }
}
