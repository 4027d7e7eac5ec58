//! The names of check types: those run here, and those that promptfoo has beside them, which are told apart from
//! misspelt ones.

use super::Rejected;

/// Types that are run here.
pub(crate) const SUPPORTED: &[&str] = &[
    "abstains",
    "cites",
    "contains",
    "contains-all",
    "contains-any",
    "contains-json",
    "cost",
    "equals",
    "icontains",
    "icontains-all",
    "icontains-any",
    "is-json",
    "is-refusal",
    "latency",
    "levenshtein",
    "masked",
    "regex",
    "starts-with",
];

/// promptfoo's further types.
const FOREIGN: &[&str] = &[
    "agent-rubric",
    "answer-relevance",
    "assert-set",
    "bleu",
    "classifier",
    "contains-html",
    "contains-sql",
    "contains-xml",
    "context-faithfulness",
    "context-recall",
    "context-relevance",
    "conversation-relevance",
    "factuality",
    "finish-reason",
    "g-eval",
    "gleu",
    "guardrails",
    "human",
    "is-html",
    "is-sql",
    "is-valid-function-call",
    "is-valid-openai-function-call",
    "is-valid-openai-tools-call",
    "is-xml",
    "javascript",
    "llm-rubric",
    "max-score",
    "meteor",
    "model-graded-closedqa",
    "model-graded-factuality",
    "moderation",
    "perplexity",
    "perplexity-score",
    "pi",
    "python",
    "rouge-n",
    "ruby",
    "search-rubric",
    "select-best",
    "similar",
    "similar:cosine",
    "similar:dot",
    "similar:euclidean",
    "skill-used",
    "tool-call-f1",
    "trace-error-spans",
    "trace-span-count",
    "trace-span-duration",
    "trajectory:goal-success",
    "trajectory:step-count",
    "trajectory:tool-args-match",
    "trajectory:tool-sequence",
    "trajectory:tool-used",
    "webhook",
    "word-count",
];

/// What to say to a type that is not run here.
pub(super) fn reject(kind: &str) -> Rejected {
    if FOREIGN.contains(&kind) || kind.starts_with("promptfoo:redteam:") {
        return Rejected::Unsupported(format!("checks of type `{kind}` are not run here yet"));
    }
    let known = SUPPORTED.iter().chain(FOREIGN);
    let expected = format!("one of {}, or one of them with `not-` before it", SUPPORTED.join(", "));
    let message = format!("there is no check type `{kind}`");
    Rejected::Type { message, expected, help: did_you_mean(kind, known.copied()) }
}

/// The known name nearest to what was written, when it is near enough to be meant.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let nearest = known.map(|name| (strsim::damerau_levenshtein(written, name), name)).min()?;
    // A third of the letters may be wrong; more is another word.
    let allowed = (written.chars().count() / 3).clamp(1, 3);
    (nearest.0 <= allowed).then(|| format!("did you mean `{}`?", nearest.1))
}
