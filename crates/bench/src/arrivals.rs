//! When requests are due. At a rate they are due whether or not earlier ones were answered.

use std::time::Duration;

/// How requests follow one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Evenly, so many a second.
    Constant { per_second: f64 },
    /// As independent callers come: so many a second on average, with exponentially distributed gaps.
    Poisson { per_second: f64, seed: u64 },
    /// Each connection asks as soon as it has its answer.
    Closed,
}

pub(crate) struct Arrivals {
    pace: Pace,
    length: Duration,
    /// Seconds since the beginning.
    next: f64,
    state: u64,
}

impl Arrivals {
    pub(crate) fn new(pace: Pace, length: Duration) -> Self {
        let state = if let Pace::Poisson { seed, .. } = pace { seed } else { 0 };
        Self { pace, length, next: 0.0, state }
    }

    /// When the next request is due, from the beginning; `None` when the measurement is over.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Duration> {
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Constant { .. } | Pace::Poisson { .. } => Duration::try_from_secs_f64(self.next).ok()?,
        };
        if due >= self.length {
            return None;
        }
        self.next += match self.pace {
            Pace::Closed => 0.0,
            Pace::Constant { per_second } => 1.0 / per_second,
            // Inverse transform sampling of the exponential distribution.
            Pace::Poisson { per_second, .. } => -(1.0 - self.uniform()).ln() / per_second,
        };
        Some(due)
    }

    /// In [0, 1), by Sebastiano Vigna's SplitMix64.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what the mantissa holds")]
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
