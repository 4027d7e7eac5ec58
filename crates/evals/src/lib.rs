//! The path of one eval run: the cases of a use case are asked through the same pipeline as production, every answer is
//! checked, the run is compared with the running bundle's last run on the same cases, and a gate makes of it either the
//! proof `Passed`, which a release demands, or the reasons why not.
//!
//! In reading order: `case` (promptfoo's test files, read and checked) → `check` (one file per kind) → `runner` (asks)
//! → `judging` (answer to result) → `run` (what was found) → `statistics` and `comparison` (against the baseline) →
//! `gate` (the proof) → `conclusion` (all of it together, kept and recorded; `store` has the SQL) → `report` (text,
//! JUnit, JSON). Beside it, found on the same cases, `routing`: when a larger model is worth asking; and `words_weight`: how much
//! words should count in the search.

mod case;
mod check;
mod comparison;
mod conclusion;
mod error;
mod gate;
mod judging;
pub mod report;
pub mod routing;
mod run;
mod runner;
pub mod statistics;
mod store;
pub mod words_weight;
mod yaml;

#[cfg(test)]
mod tests;

pub use case::{Case, Suite};
pub use check::{Assertion, Observed};
pub use comparison::{Baseline, Comparison, Verdict, compare};
pub use conclusion::{Conclusion, Evals};
pub use error::Error;
pub use gate::{Failed, Passed, gate};
pub use judging::{Answer, Unanswered};
pub use run::{CaseResult, CheckResult, Outcome, Run, Totals};
pub use runner::{Progress, RunOptions, run};
