//! What the records mean: is a use case ready for production, and what does a good outcome cost. This room reads
//! nothing itself: rows and facts are handed over, judgements come back, so that the same facts always give the same
//! judgement, whoever asks.
//!
//! In reading order: `evidence` (the facts that a judgement of readiness needs), `readiness` (the six lines of the
//! finish line, and the proof that they hold), `outcomes` (cost per good outcome), `interval` (the statistics behind
//! it), `traffic` (how many requests, how they ended, how long they took), `savings` (what the caches saved), `waste` (what
//! answers waste).

mod evidence;
mod interval;
mod outcomes;
mod readiness;
mod savings;
mod traffic;
mod waste;

pub use evidence::{Evidence, FeedEvidence, GateEvidence, ReleaseEvidence, TraceEvidence};
pub use interval::Rate;
pub use outcomes::{BundleFigures, OutcomeFigures, Worked, figures};
pub use readiness::{Line, LineState, Purpose, Readiness, Ready, judge};
pub use savings::{AnswerCache, PromptCache, Savings, savings};
pub use traffic::{Percentiles, Traffic, traffic};
pub use waste::{Amount, GoodBy, Kind, Lengths, Recorded, Waste, waste};
