//! Thresholds that keep a stated error rate on a use case's own answers, whatever the score and whatever its answers are
//! like, from a log of answers that somebody judged: split conformal prediction (A. Angelopoulos, S. Bates,
//! arXiv:2107.07511) and conformal risk control (A. Angelopoulos et al., arXiv:2208.02814).
//!
//! What is promised holds on average over logs of this size and the next answer, as long as the next answer comes from
//! where the log's answers came from: it says nothing about a new kind of question. A log that is too small for the rate is
//! said to be so; then no answer is given without a caveat or a person.

use serde::Serialize;

/// What to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Give it as it is.
    Answer,
    /// Give it, and say that it may not rest on the documents.
    Caveat,
    /// Let a person look at it: the score does not tell.
    Review,
    /// Do not give it.
    Abstain,
}

/// Whether the log is large enough for the promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    Holds,
    /// About so many more judged answers are needed, at the log's share of unsupported ones.
    Inconclusive {
        more: usize,
    },
}

/// Thresholds on the risk, ascending: `answer_at <= caveat_at <= abstain_at`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Calibrated {
    /// Below it an answer is given. The chance that an unsupported answer lies below is at most the error rate.
    pub answer_at: f64,
    /// Below it an answer is given with a caveat. The chance that an answer lies below and is unsupported, among all answers,
    /// is at most the error rate, where this is more than `answer_at`.
    pub caveat_at: f64,
    /// From it on none is given. The chance that a supported answer lies there is at most the error rate. Between the two a
    /// person decides.
    pub abstain_at: f64,
    /// The error rate that was asked for, 0 to 1.
    pub error: f64,
    /// Judged answers in the log.
    pub n: usize,
    /// How many of them are unsupported.
    pub unsupported: usize,
    pub guarantee: Guarantee,
}

impl Calibrated {
    pub fn outcome(&self, risk: f64) -> Outcome {
        if risk < self.answer_at {
            Outcome::Answer
        } else if risk < self.caveat_at {
            Outcome::Caveat
        } else if risk < self.abstain_at {
            Outcome::Review
        } else {
            Outcome::Abstain
        }
    }
}

/// Thresholds for an error rate from judged answers: the risk of each ([`crate::GroundingReport::risk`], or any score that is
/// higher for worse answers) and whether it is unsupported. A risk that is no number counts as the highest.
pub fn conformal(scores: &[(f64, bool)], error: f64) -> Calibrated {
    let error = if error.is_nan() { 0.0 } else { error.clamp(0.0, 1.0) };
    let sorted = |wanted: bool| {
        let of_kind = scores.iter().filter(|(_, unsupported)| *unsupported == wanted);
        let mut risks: Vec<f64> = of_kind.map(|(risk, _)| if risk.is_nan() { f64::INFINITY } else { *risk }).collect();
        risks.sort_by(f64::total_cmp);
        risks
    };
    let (bad, good) = (sorted(true), sorted(false));
    // Of n exchangeable risks and one more, the new one lies strictly below the k-th smallest with a chance of at most
    // k / (n + 1), ties or not.
    let answer_at = ranked(allowed(error, bad.len())).map_or(f64::NEG_INFINITY, |rank| bad[rank]);
    // Risk control with a loss of 0 or 1: (n R + 1) / (n + 1) <= error, R being the share given and unsupported.
    let caveat_at = match ranked(allowed(error, scores.len())) {
        None => f64::NEG_INFINITY,
        Some(passing) => bad.get(passing).copied().unwrap_or(f64::INFINITY),
    };
    let abstain_at =
        ranked(allowed(error, good.len())).map_or(f64::INFINITY, |rank| good[good.len() - 1 - rank].next_up());
    let caveat_at = caveat_at.max(answer_at);
    Calibrated {
        answer_at,
        caveat_at,
        abstain_at: abstain_at.max(caveat_at),
        error,
        n: scores.len(),
        unsupported: bad.len(),
        guarantee: guarantee(bad.len(), good.len(), error),
    }
}

/// How many of `n + 1` the error rate allows.
fn allowed(error: f64, n: usize) -> usize {
    // A rate such as 0.1 is a little more or less than a tenth; ten answers are to be enough for it all the same.
    ((error * (n as f64 + 1.0) + 1e-9).floor() as usize).min(n)
}

/// The place, from 0, of the last that is allowed; `None` when none is.
fn ranked(allowed: usize) -> Option<usize> {
    allowed.checked_sub(1)
}

fn guarantee(bad: usize, good: usize, error: f64) -> Guarantee {
    let needed = (1.0 / error.max(1e-6) - 1e-9).ceil().max(1.0) as usize - 1;
    let all = (bad + good) as f64;
    // A kind that was never seen is taken to be one in as many as were looked at and two more (Laplace's rule).
    let more = |seen: usize| {
        let share = (seen as f64 + 1.0) / (all + 2.0);
        (needed.saturating_sub(seen) as f64 / share).ceil() as usize
    };
    match more(bad).max(more(good)) {
        0 => Guarantee::Holds,
        more => Guarantee::Inconclusive { more },
    }
}

#[cfg(test)]
mod tests;
