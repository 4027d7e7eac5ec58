//! The arithmetic behind "regressed", "no worse" and "inconclusive". Everything is exact or a published interval; no
//! simulation, no random numbers, so that equal runs are judged equally on every machine.
//!
//! - `wilson`: intervals for a pass rate and for the difference of two paired pass rates
//! - `mcnemar`: did the same cases lose more often than they won, beyond chance
//! - `power`: what a set of this size can see at all
//! - `mean`: interval of a mean

pub mod mcnemar;
pub mod mean;
pub mod power;
pub mod wilson;

#[cfg(test)]
mod tests;

/// The 97.5 % quantile of the normal distribution: two-sided 95 % intervals.
pub const Z_TWO_SIDED_95: f64 = 1.959_963_984_540_054;
/// The 95 % quantile: one-sided 95 % bounds.
pub const Z_ONE_SIDED_95: f64 = 1.644_853_626_951_472_2;
/// The share of false alarms that a significance test is allowed.
pub const ALPHA: f64 = 0.05;

/// Counts as floats: exact up to 2^53, far above any set of cases.
pub(crate) fn float(count: usize) -> f64 {
    count as f64
}
