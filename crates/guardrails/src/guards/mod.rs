//! The guards of one use case, in the order in which the path of a request meets them: input, passages and tools, answer.
//!
//! In reading order: `rules` (what was declared, asked at every text), `values` (personal data and secrets replaced),
//! `input`, `retrieved`, `prompt` (what must not come out), `output` (an answer as it comes).

mod input;
mod inspect;
mod output;
mod prompt;
mod retrieved;
mod rules;
mod values;

pub use input::{CheckedInput, Unsure};
pub use inspect::Inspected;
pub use output::{Shaped, Stopped, Watch};
pub use prompt::{Public, Secret};
pub use retrieved::CheckedPassages;
pub use values::{KnownType, types};

use crate::guard::answerable;
use crate::guard::grounding::{self, GroundingReport};
use crate::guard::topics::AllowedTopics;
use crate::vault::Vault;
use output::Output;
use rules::Rules;
use std::collections::BTreeMap;
use std::sync::Arc;
use usecase::declared::{Fail, Grounding, Guard, Place, UnanswerableAction, UnsureAction};
use usecase::project::UseCase;
use usecase::{Decision, DocumentRef, Passage, Stage, Verdict};
use values::Tally;

/// The guard that holds a question against its passages.
const UNANSWERABLE: &str = "unanswerable";

/// What was declared, in the form that the checks run on. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Guards {
    rules: Rules,
    output: Option<Arc<Output>>,
    topics: Option<Arc<AllowedTopics>>,
}

/// What the guards of a use case are made of beside what is declared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Material<'a> {
    /// Example questions by topic.
    pub topics: Option<&'a BTreeMap<String, Vec<String>>>,
    /// The text of the JSON Schema that `output.schema` names.
    pub schema: Option<&'a str>,
}

impl<'a> Material<'a> {
    pub fn of(use_case: &'a UseCase) -> Self {
        let topics = use_case.declared.guard.topics.as_ref().map(|_| &use_case.topics);
        Self { topics, schema: use_case.answer_schema.as_deref() }
    }
}

impl Guards {
    pub fn new(declared: &Guard) -> Self {
        Self::with(declared, &Material::default())
    }

    pub fn with(declared: &Guard, material: &Material<'_>) -> Self {
        let rules = Rules::of(declared);
        let output = Output::of(&rules, material.schema).map(Arc::new);
        let topics = declared.topics.as_ref().zip(material.topics).map(|(declared, topics)| {
            let named = |(topic, examples): (&String, &Vec<String>)| -> Vec<(String, String)> {
                examples.iter().map(|example| (topic.clone(), example.clone())).collect()
            };
            let examples: Vec<(String, String)> = topics.iter().flat_map(named).collect();
            Arc::new(AllowedTopics::new(&examples, declared.otherwise))
        });
        Self { rules, output, topics }
    }

    /// What of the declared names nobody knows: types of personal data, countries, rules. For whoever declared them.
    pub fn problems(&self) -> Vec<String> {
        self.rules.problems()
    }

    /// What a caller reads whom this rule refuses, where the owner said so.
    pub fn says(&self, guard: &str, rule: &str) -> Option<&str> {
        self.rules.says(guard, rule)
    }

    /// What holds for a rule that cannot be evaluated.
    pub fn fails(&self, guard: &str, rule: &str) -> Fail {
        self.rules.fails(guard, rule)
    }

    /// Whether a rule only watches.
    pub fn watches(&self, guard: &str, rule: &str) -> bool {
        self.rules.watches(guard, rule)
    }

    /// Masks one text that is no message (a context block, a title); `None` when there is nothing to mask.
    pub fn mask(&self, text: &str, vault: &mut Vault) -> Option<String> {
        values::mask(&self.rules, text, Place::Input, vault, &mut Tally::default())
    }

    /// Watches one answer; `None` where nothing is declared that could change it. `secret` is the prompt that must not come
    /// out.
    pub fn watch(&self, secret: Option<Secret>) -> Option<Watch> {
        self.output.as_ref().map(|output| Watch::new(Arc::clone(output), secret))
    }

    /// Whether a streamed answer must be whole before its first word goes out.
    pub fn wants_whole(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.wants_whole())
    }

    /// Holds a whole answer against the declared schema; `None` without one.
    pub fn shaped(&self, answer: &str) -> Option<Shaped> {
        self.output.as_ref()?.shaped(answer)
    }

    /// Whether the passages can answer the question at all; `None` where the use case does not ask.
    pub fn check_answerable(&self, question: &str, passages: &[Passage]) -> Option<Verdict> {
        let otherwise = match self.rules.declared().unanswerable {
            UnanswerableAction::Off => return None,
            UnanswerableAction::Review => Decision::Review,
            UnanswerableAction::Abstain => Decision::Abstain,
        };
        let assessed = answerable::assess(question, passages);
        let declared = self.rules.threshold(UNANSWERABLE, "");
        let passes = declared.map_or(assessed.answerable, |least| assessed.score >= least);
        let (decision, rule, reason) = if passes {
            (Decision::Allow, "answerable", "the passages speak of what is asked")
        } else {
            (otherwise, "unanswerable", "the passages do not speak of what is asked")
        };
        let verdict = Verdict::new(UNANSWERABLE, rule, Stage::Passage, decision, reason).scored(assessed.score);
        Some(Verdict { shadow: self.rules.watches(UNANSWERABLE, rule), ..verdict })
    }

    /// Judges each sentence of the answer against the passages. Hand over both in the same form: either both masked or
    /// both restored. The verdict is there when the use case declares `grounding`.
    pub fn check_grounding(&self, answer: &str, passages: &[Passage]) -> GroundingReport {
        let mut report = grounding::report(answer, passages);
        report.verdict = self.rules.declared().grounding.as_ref().map(|declared| {
            let decision = decided(declared, &report);
            let verdict = grounding::verdict(&report, declared.at_least, decision);
            Verdict { shadow: self.rules.watches(grounding::GUARD, &verdict.rule), ..verdict }
        });
        report
    }
}

/// The risk that an answer is unsupported by a text, 0 to 1, as the grounding guard sees it.
pub fn risk_of(question: Option<&str>, answer: &str, context: &str) -> f64 {
    grounding::report_for(question, answer, &[passage_of(context)]).risk
}

/// A text that is of no collection, as the one passage that an answer is held against.
pub(crate) fn passage_of(context: &str) -> Passage {
    let source = DocumentRef { collection: String::new(), document: String::new(), title: String::new(), url: None };
    let (text, header, end) = (context.to_owned(), String::new(), context.chars().count());
    Passage { source, ordinal: 0, start: 0, end, text, header, score: 1.0 }
}

/// The stricter of what the share of supported sentences says, and what the risk of the whole answer does.
fn decided(declared: &Grounding, report: &GroundingReport) -> Decision {
    let otherwise = match declared.otherwise {
        UnsureAction::Abstain => Decision::Abstain,
        UnsureAction::Review => Decision::Review,
        UnsureAction::Caveat => Decision::Caveat,
    };
    let by_share = if report.share >= declared.at_least { Decision::Allow } else { otherwise };
    let by_risk = match (declared.answer_below, declared.caveat_below, declared.abstain_from) {
        (None, ..) => Decision::Allow,
        (Some(answer), ..) if report.risk < answer => Decision::Allow,
        (_, Some(caveat), _) if report.risk < caveat => Decision::Caveat,
        (.., Some(abstain)) if report.risk >= abstain => Decision::Abstain,
        _ => Decision::Review,
    };
    by_share.max(by_risk)
}

#[cfg(test)]
mod tests;
