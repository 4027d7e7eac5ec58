//! Intervals for shares. Sources: E. B. Wilson, JASA 22 (1927) 209, the score interval; R. G. Newcombe, Statistics in
//! Medicine 17 (1998) 2635, method 10, the interval for a difference of paired shares built from two Wilson intervals.

use super::float;
use serde::{Deserialize, Serialize};

/// A closed interval of shares or of differences of shares (1.0 = 100 percentage points).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval for `hits` of `total`; all of [0, 1] when there is no case.
pub fn wilson(hits: usize, total: usize, z: f64) -> Interval {
    if total == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let n = float(total);
    let share = float(hits) / n;
    let centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    // At 0 and at 100 % one bound is the share itself; rounding must not push it past.
    Interval { low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) }
}

/// How two runs went on the same cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paired {
    pub both_passed: usize,
    /// Passed in the baseline, not in the candidate.
    pub losses: usize,
    /// Passed in the candidate, not in the baseline.
    pub wins: usize,
    pub both_failed: usize,
}

impl Paired {
    pub fn total(&self) -> usize {
        self.both_passed + self.losses + self.wins + self.both_failed
    }

    /// The baseline's pass rate minus the candidate's: positive when quality fell. 0 when there is no pair.
    pub fn drop(&self) -> f64 {
        match self.total() {
            0 => 0.0,
            total => (float(self.losses) - float(self.wins)) / float(total),
        }
    }

    /// The same table seen from the other side.
    pub fn swapped(self) -> Self {
        Self { losses: self.wins, wins: self.losses, ..self }
    }

    /// The correlation of the two runs with Newcombe's continuity correction; 0 where a margin is empty.
    fn correlation(&self) -> f64 {
        let [a, b, c, d] = [self.both_passed, self.losses, self.wins, self.both_failed].map(float);
        let margins = (a + b) * (c + d) * (a + c) * (b + d);
        if margins <= 0.0 {
            return 0.0;
        }
        let covariance = a * d - b * c;
        let corrected = if covariance > 0.0 { (covariance - float(self.total()) / 2.0).max(0.0) } else { covariance };
        corrected / margins.sqrt()
    }
}

/// Newcombe's hybrid score interval for the drop.
pub fn newcombe(pairs: &Paired, z: f64) -> Interval {
    let total = pairs.total();
    if total == 0 {
        return Interval { low: -1.0, high: 1.0 };
    }
    let before = pairs.both_passed + pairs.losses;
    let after = pairs.both_passed + pairs.wins;
    let (first, second) = (wilson(before, total, z), wilson(after, total, z));
    let (share_before, share_after) = (float(before) / float(total), float(after) / float(total));
    let correlation = pairs.correlation();
    let width = |near: f64, far: f64| (near * near - 2.0 * correlation * near * far + far * far).max(0.0).sqrt();
    let drop = pairs.drop();
    Interval {
        low: (drop - width(share_before - first.low, second.high - share_after)).max(-1.0),
        high: (drop + width(first.high - share_before, share_after - second.low)).min(1.0),
    }
}
