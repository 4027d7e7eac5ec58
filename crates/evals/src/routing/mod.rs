//! When is the larger model worth asking? Every case is asked of the small model (each signal of doubt measured, none
//! acting) and of the large one. What an escalation would have done at any threshold then follows without asking again:
//! the curve of quality against cost, and the cheapest point on it that is no worse than the large model alone.
//!
//! A threshold chosen on the cases that it is judged by looks better than it is. So the whole choice is repeated with a
//! tenth of the cases hidden and judged on that tenth, ten times over (cross-validation; M. Stone, Journal of the Royal
//! Statistical Society B 36 (1974) 111). Both figures are given, and the verdict rests on both.
//!
//! In reading order: `trial` (asks), `policy` (what escalates, and what that costs), `choice` (the curve, the pick,
//! and the pick on cases that it has not seen). `report::routing` shows it.

mod choice;
mod policy;
#[cfg(test)]
mod tests;
mod trial;

pub use choice::{Advice, Routing, Unseen, tune};
pub use policy::{Point, Policy};
pub use trial::{Trial, Tried, try_both};
