//! The questions of one partition that others may be compared with, newest last.

use crate::asked::Partition;
use crate::kept::Kept;
use crate::verifier::{Question, Verifier};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock, Weak};
use usecase::{Period, Timestamp};

/// Questions of one partition that are compared at most: 256 products of 384 numbers take some 10 µs.
const MOST: usize = 256;

/// So many of the nearest are given to the verifier.
const NEAREST: usize = 8;

/// One answer in the cache.
pub(crate) struct Entry {
    pub(crate) partition: Partition,
    pub(crate) kept: Arc<Kept>,
    /// The question, and its unit vector, where it may be compared.
    pub(crate) near: Option<Near>,
    /// Memory that all of it takes, in bytes.
    pub(crate) bytes: u64,
}

pub(crate) struct Near {
    pub(crate) question: Question,
    pub(crate) vector: Box<[f32]>,
}

impl Entry {
    pub(crate) fn is_fresh(&self, ttl: Period, now: Timestamp) -> bool {
        let age = now.0.saturating_sub(self.kept.created.0);
        age < ttl.micros()
    }
}

/// Holds no answer alive: what was evicted or has expired is gone from here too.
#[derive(Default)]
pub(crate) struct Shelf(RwLock<VecDeque<Weak<Entry>>>);

impl Shelf {
    pub(crate) fn add(&self, entry: &Arc<Entry>) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|known| known.strong_count() > 0);
        if entries.len() >= MOST {
            entries.pop_front();
        }
        entries.push_back(Arc::downgrade(entry));
    }

    /// The entry that the verifier is surest of, its score and its cosine, when the score reaches the threshold.
    pub(crate) fn surest(
        &self,
        asked: &Near,
        verifier: &Verifier,
        threshold: f32,
        fresh: impl Fn(&Entry) -> bool,
    ) -> Option<(Arc<Entry>, f32, f32)> {
        let entries: Vec<Arc<Entry>> =
            self.0.read().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect();
        let mut near: Vec<(f32, Arc<Entry>)> = entries
            .into_iter()
            .filter(|entry| fresh(entry))
            .filter_map(|entry| Some((cosine(&entry.near.as_ref()?.vector, &asked.vector)?, entry)))
            .filter(|(cosine, _)| *cosine >= verifier.least_cosine)
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0));
        let judged = near.into_iter().take(NEAREST).filter_map(|(cosine, entry)| {
            let score = verifier.score(&entry.near.as_ref()?.question, &asked.question, cosine).ok()?;
            (score >= threshold).then_some((entry, score, cosine))
        });
        judged.max_by(|one, other| one.1.total_cmp(&other.1))
    }
}

/// Of two unit vectors; `None` when they are not of one space.
fn cosine(a: &[f32], b: &[f32]) -> Option<f32> {
    const LANES: usize = 16;
    if a.len() != b.len() || a.is_empty() {
        return None;
    }
    // Sixteen sums beside one another: the compiler may not reorder a single one, and would add number by number.
    let mut sums = [0.0_f32; LANES];
    let (a, b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    Some(rest + sums.iter().sum::<f32>())
}
