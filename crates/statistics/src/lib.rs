//! Learning and judging from counted data: what a guard or a verifier is trained with, and the figures that say how good
//! it is. Everything is deterministic: no thread, no clock, and one seeded generator, so equal data give equal models and
//! equal figures, to the last bit on one kind of machine.
//!
//! In reading order: `random` (the generator), `interval` (how far a share could be from what was seen), `curve` (areas,
//! thresholds at a share of false alarms), `folds` (cross-validation that keeps groups together), then the models:
//! `hashed` (8-bit weights over hashed features), `logistic` (trains them), `trees` (boosted oblivious trees, asked and
//! trained).

mod curve;
mod folds;
mod hashed;
mod interval;
mod logistic;
mod random;
pub mod trees;

pub use curve::{
    Scored, area, area_interval, balanced_accuracy, best_balanced_threshold, bootstrap, recall_at, threshold_at,
};
/// The 97.5 % quantile of the normal distribution: two-sided 95 % intervals.
pub const Z_95: f64 = 1.959_963_984_540_054;

pub use folds::{digest, fold_of};
pub use hashed::{Hashed, Unreadable};
pub use interval::{Interval, wilson};
pub use logistic::{Logistic, Row, Settings, train};
pub use random::Random;

#[cfg(test)]
mod tests;
