//! The statistics of outcomes: how far a rate and a cost per good outcome could be from what was seen.

use serde::Serialize;
use usecase::MicroUsd;

/// The 97.5 % quantile of the normal distribution: two-sided 95 % intervals.
const Z_TWO_SIDED_95: f64 = 1.959_963_984_540_054;
const RESAMPLES: usize = 2_000;
/// The 50th smallest and the 50th largest of 2,000 resamples cut off 2.5 % on either side.
const CUT_OFF: usize = 50;
/// With g good subjects about e^-g of the resamples draw none of them and have no cost per good outcome at all. From
/// five on these (0.7 %) fit into the 2.5 % above the interval.
const LEAST_GOOD: usize = 5;
/// Any number will do; being fixed, it makes equal records give equal intervals.
const SEED: u64 = 0x5817_0A7E_2026_1120;

/// A share and its 95 % interval, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// Wilson's score interval (E. B. Wilson, JASA 22 (1927) 209). `None` of nothing.
    pub fn of(hits: u64, total: u64) -> Option<Self> {
        if total == 0 {
            return None;
        }
        let (n, z_squared) = (total as f64, Z_TWO_SIDED_95 * Z_TWO_SIDED_95);
        let share = hits as f64 / n;
        let centre = (share + z_squared / (2.0 * n)) / (1.0 + z_squared / n);
        let spread = (share * (1.0 - share) / n + z_squared / (4.0 * n * n)).sqrt();
        let half = Z_TWO_SIDED_95 * spread / (1.0 + z_squared / n);
        // At 0 and at 1 one bound is the share itself; rounding must not push it past.
        Some(Self { share, low: (centre - half).clamp(0.0, share), high: (centre + half).clamp(share, 1.0) })
    }
}

/// What one matured subject cost, in micro-dollars, and whether it came out well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Weighed {
    pub(crate) cost: MicroUsd,
    pub(crate) good: bool,
}

/// Cost over good outcomes, to the nearest micro-dollar; `None` when none was good.
pub(crate) fn cost_per_good(cost: MicroUsd, good: usize) -> Option<MicroUsd> {
    let (cost, good) = (i128::from(cost.0), i128::try_from(good).ok().filter(|good| *good > 0)?);
    let nearest = (2 * cost + good).div_euclid(2 * good);
    i64::try_from(nearest).ok().map(MicroUsd)
}

/// The 95 % percentile bootstrap interval of the cost per good outcome: subjects are drawn anew with replacement, each
/// with its cost and its end together (B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, chapter
/// 13). `None` under five good subjects. Neither the subjects' order nor their names matter.
pub(crate) fn interval_of_cost_per_good(subjects: &[Weighed]) -> Option<(MicroUsd, MicroUsd)> {
    if subjects.iter().filter(|subject| subject.good).count() < LEAST_GOOD {
        return None;
    }
    let mut subjects = subjects.to_vec();
    subjects.sort_unstable();
    let mut random = SplitMix(SEED);
    // A resample without a good subject is worse than any cost: it has none.
    let mut ratios: Vec<Option<MicroUsd>> = (0..RESAMPLES).map(|_| resample(&subjects, &mut random)).collect();
    ratios.sort_unstable_by_key(|ratio| (ratio.is_none(), *ratio));
    Some((ratios[CUT_OFF - 1]?, ratios[RESAMPLES - CUT_OFF]?))
}

fn resample(subjects: &[Weighed], random: &mut SplitMix) -> Option<MicroUsd> {
    let (mut cost, mut good) = (MicroUsd::ZERO, 0);
    for _ in 0..subjects.len() {
        let drawn = subjects[random.below(subjects.len())];
        cost += drawn.cost;
        good += usize::from(drawn.good);
    }
    cost_per_good(cost, good)
}

/// SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014): good enough to draw subjects, and ten lines long.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `bound - 1`: the high half of a 128-bit product (D. Lemire, 2019). Without its rejection step the
    /// bias is below bound / 2^64, which no count of subjects makes visible.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests;
