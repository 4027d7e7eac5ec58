//! What a use case is about, learned from its example sentences alone: no embedder, no download.
//!
//! Two witnesses are added up. A linear classifier (`classifier`) tells the topics from each other and from the shipped
//! background by words, pieces of words and meaning; and the nearest example's meaning is compared with the nearest
//! background sentence's, which knows narrow topics of few examples. Where the boundary lies is learned from the examples
//! too: part of them is judged by a model that has not seen them, and the boundary takes in nearly all of these.
//!
//! What it does not know: who does what to whom, and languages other than English beyond the words that the examples
//! themselves use. A question without any known word is like none of the topics, and says so in its verdict.

use super::background::background_sentences;
use super::classifier::{Classifier, Example};
use super::features::{Features, features};
use crate::meaning::DIMS;
use usecase::declared::TopicsAction;
use usecase::{Decision, Stage, Verdict};

const GUARD: &str = "topics";
/// How many nearest neighbours count on each side.
const NEIGHBOURS: usize = 3;
/// How much the nearest neighbours count beside the classifier, and the background's beside the examples'.
const NEARNESS: f32 = 6.0;
const OTHER_SIDE: f32 = 0.5;
/// Background sentences that are nearer to the examples than this share of the examples are to each other are about the
/// same thing, and left out.
const USUAL: f64 = 0.3;
/// Below this cosine two sentences are not about the same thing.
const LEAST_LIKENESS: f32 = 0.3;
/// Share of the examples that the boundary may leave outside.
const LEFT_OUTSIDE: f64 = 0.05;
/// Where the boundary lies when there are no examples to learn it from, and how many examples outweigh that.
const USUAL_BOUNDARY: f32 = -0.5;
const OUTWEIGHED_BY: f32 = 5.0;
/// How much further away than a first question a follow-up may be: its own words say little.
const FOLLOW_UP_SLACK: f32 = 1.5;
/// Parts for finding the boundary; of many examples one part is enough.
const FOLDS: usize = 5;
const MANY: usize = 400;
/// Examples that are kept as neighbours, evenly drawn from all: more would cost more than a few microseconds.
const MOST_NEIGHBOURS: usize = 1_500;

/// The boundary of what a use case is about.
#[derive(Clone, Debug)]
pub(crate) struct AllowedTopics {
    topics: Vec<String>,
    model: Option<Model>,
    /// The least margin that is on topic.
    threshold: f32,
    otherwise: TopicsAction,
}

#[derive(Clone, Debug)]
struct Model {
    /// Its classes are the topics, and last the background.
    classifier: Classifier,
    examples: Vec<[f32; DIMS]>,
    background: Vec<[f32; DIMS]>,
}

impl AllowedTopics {
    /// `examples` are the topics' names with their example sentences, 20 to 100 for each topic; fewer make a wide
    /// boundary. Without examples everything is on topic.
    pub(crate) fn new(examples: &[(String, String)], otherwise: TopicsAction) -> Self {
        let mut topics: Vec<String> = Vec::new();
        let mut placed: Vec<(usize, Features)> = Vec::with_capacity(examples.len());
        for (topic, sentence) in examples.iter().filter(|(_, sentence)| !sentence.trim().is_empty()) {
            let known = topics.iter().position(|name| name == topic);
            let class = known.unwrap_or_else(|| {
                topics.push(topic.clone());
                topics.len() - 1
            });
            placed.push((class, features(sentence)));
        }
        let background: Vec<Features> = background_sentences().iter().map(|text| features(text)).collect();
        let all: Vec<&(usize, Features)> = placed.iter().collect();
        let model = (!all.is_empty()).then(|| Model::train(&all, &background, topics.len()));
        let threshold = boundary(&placed, &background, topics.len());
        Self { topics, model, threshold, otherwise }
    }

    /// Judges a question. `is_follow_up` says that it continues a conversation which was on topic, and needs less to
    /// stay there. The rule is the likeliest topic, `off_topic`, or `unknown_words`; the score is the margin brought to
    /// 0..1, 0.5 being the boundary.
    pub(crate) fn judge(&self, question: &str, is_follow_up: bool) -> Verdict {
        let Some(model) = &self.model else {
            return Verdict::new(GUARD, "any", Stage::Input, Decision::Allow, "no topics are declared");
        };
        let asked = features(question);
        let (topic, margin) = model.margin(&asked);
        let needed = self.threshold - if is_follow_up { FOLLOW_UP_SLACK } else { 0.0 };
        let score = 1.0 / (1.0 + f64::from(self.threshold - margin).exp());
        let (rule, decision, reason) = if margin >= needed {
            (self.topics[topic].as_str(), Decision::Allow, "the question is like an allowed topic")
        } else if asked.is_known {
            ("off_topic", self.outside(), "the question is like none of the allowed topics")
        } else {
            ("unknown_words", self.outside(), "none of the question's words is known, nor like the examples")
        };
        Verdict::new(GUARD, rule, Stage::Input, decision, reason).scored(score)
    }

    /// The likeliest topic of a question, and how far inside the boundary it is: for measuring.
    pub(crate) fn place(&self, question: &str) -> Option<(&str, f32)> {
        let (topic, margin) = self.model.as_ref()?.margin(&features(question));
        Some((&self.topics[topic], margin - self.threshold))
    }

    fn outside(&self) -> Decision {
        match self.otherwise {
            TopicsAction::Refuse => Decision::Refuse,
            TopicsAction::Review => Decision::Review,
        }
    }
}

impl Model {
    fn train(examples: &[&(usize, Features)], background: &[Features], topics: usize) -> Self {
        let vectors: Vec<[f32; DIMS]> = examples.iter().map(|(_, features)| features.meaning).collect();
        let others: Vec<&Features> = unlike(background, &vectors);
        // Both sides count the same where the background is the larger one.
        let weight = (examples.len() as f32 / others.len().max(1) as f32).min(1.0);
        let own = examples.iter().map(|(class, features)| Example { class: *class, features, weight: 1.0 });
        let other = others.iter().map(|features| Example { class: topics, features, weight });
        let rows: Vec<Example<'_>> = own.chain(other).collect();
        let step = vectors.len().div_ceil(MOST_NEIGHBOURS).max(1);
        Self {
            classifier: Classifier::train(&rows, topics + 1),
            background: others.iter().map(|features| features.meaning).collect(),
            examples: vectors.into_iter().step_by(step).collect(),
        }
    }

    /// The likeliest topic, and how much likelier than all the classes' mean it is, with what the neighbours say.
    fn margin(&self, asked: &Features) -> (usize, f32) {
        let odds = self.classifier.odds(asked);
        let mean = odds.iter().sum::<f32>() / odds.len() as f32;
        let topics = &odds[..odds.len() - 1];
        let best = topics
            .iter()
            .copied()
            .enumerate()
            .fold((0, f32::MIN), |best, next| if next.1 > best.1 { next } else { best });
        let near = nearness(&self.examples, &asked.meaning) - OTHER_SIDE * nearness(&self.background, &asked.meaning);
        (best.0, best.1 - mean + NEARNESS * near)
    }
}

/// The least margin that is on topic: nearly all examples have it when a model judges them that has not seen them.
fn boundary(placed: &[(usize, Features)], background: &[Features], topics: usize) -> f32 {
    if placed.len() < 2 {
        return USUAL_BOUNDARY;
    }
    let folds = FOLDS.min(placed.len());
    let asked = if placed.len() > MANY { 1 } else { folds };
    let mut margins: Vec<f32> = Vec::new();
    for fold in 0..asked {
        let (held, kept): (Vec<_>, Vec<_>) = placed.iter().enumerate().partition(|(place, _)| place % folds == fold);
        let kept: Vec<&(usize, Features)> = kept.into_iter().map(|(_, example)| example).collect();
        let model = Model::train(&kept, background, topics);
        margins.extend(held.iter().map(|(_, (_, features))| model.margin(features).1));
    }
    margins.sort_by(f32::total_cmp);
    let low = margins[(LEFT_OUTSIDE * margins.len() as f64) as usize];
    let count = placed.len() as f32;
    (low * count + USUAL_BOUNDARY.min(low) * OUTWEIGHED_BY) / (count + OUTWEIGHED_BY)
}

/// The background sentences that are not about what the examples are about.
fn unlike<'a>(background: &'a [Features], examples: &[[f32; DIMS]]) -> Vec<&'a Features> {
    // As near as examples are to each other; of very many a part tells as much.
    let some: Vec<&[f32; DIMS]> = examples.iter().step_by(examples.len().div_ceil(MANY).max(1)).collect();
    let nearest = |vector: &[f32; DIMS], without: Option<usize>| {
        let others = some.iter().enumerate().filter(|(place, _)| Some(*place) != without);
        best_mean(others.map(|(_, example)| dot(example, vector)), 2)
    };
    let mut usual: Vec<f32> = some.iter().enumerate().map(|(place, vector)| nearest(vector, Some(place))).collect();
    usual.sort_by(f32::total_cmp);
    let limit = usual.get((USUAL * usual.len() as f64) as usize).map_or(LEAST_LIKENESS, |low| low.max(LEAST_LIKENESS));
    background.iter().filter(|sentence| nearest(&sentence.meaning, None) < limit).collect()
}

fn nearness(vectors: &[[f32; DIMS]], asked: &[f32; DIMS]) -> f32 {
    best_mean(vectors.iter().map(|vector| dot(vector, asked)), NEIGHBOURS)
}

/// Mean of the best few; 0 without any.
fn best_mean(values: impl Iterator<Item = f32>, count: usize) -> f32 {
    let mut best = [f32::NEG_INFINITY; NEIGHBOURS];
    let best = &mut best[..count];
    for value in values {
        if let Some(place) = best.iter().position(|known| value > *known) {
            best[place..].rotate_right(1);
            best[place] = value;
        }
    }
    let found = best.iter().filter(|value| value.is_finite());
    let (sum, found) = found.fold((0.0, 0.0), |(sum, found), value| (sum + value, found + 1.0_f32));
    sum / found.max(1.0)
}

fn dot(one: &[f32; DIMS], other: &[f32; DIMS]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (one, other) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.iter().sum()
}
