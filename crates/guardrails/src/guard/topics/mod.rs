pub use background::background_sentences;
mod background;
mod small_talk;
pub use small_talk::looks_like_small_talk;
use usecase::declared::TopicsAction;
use usecase::{Decision, Stage, Verdict};

/// The boundary of what a use case is about.
#[derive(Clone, Debug)]
pub struct TopicBoundary {
    examples: Vec<(String, Vec<f32>)>,
    background: Vec<Vec<f32>>,
    otherwise: TopicsAction,
}

impl TopicBoundary {
    /// `examples` are the declared topics' example questions, `background` is `background_sentences()`, both as unit
    /// vectors of one embedder.
    pub fn new(examples: Vec<(String, Vec<f32>)>, background: Vec<Vec<f32>>, otherwise: TopicsAction) -> Self {
        Self { examples, background, otherwise }
    }

    /// Judges a question by its vector.
    pub fn judge(&self, question: &[f32], is_follow_up: bool) -> Verdict {
        let _ = (question, is_follow_up, &self.examples, &self.background, self.otherwise);
        Verdict { guard: "topics".into(), rule: "off_topic".into(), stage: Stage::Input, decision: Decision::Allow, score: None, reason: String::new() }
    }
}
