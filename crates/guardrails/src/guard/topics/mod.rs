//! What a use case is about, by example questions. The pipeline embeds the examples, the shipped background and the
//! question; here are only vectors.
//!
//! A question is placed between two sides by two measures: how much nearer its nearest examples are than its nearest
//! background sentences (which knows narrow topics), and how much nearer the mean of the examples is than the mean of the
//! background (which knows what the examples have in common). How near is near depends on the embedder, a lexical one
//! giving much smaller cosines than a semantic one; therefore the boundary is laid through the examples themselves: each
//! is judged as if it were not there, and the boundary takes in nearly all of them.
//!
//! Measured with a plain hashed word embedder on CLINC150, one domain of fifteen intents as the boundary and 20 examples:
//! 92 % of its own questions allowed, and 61 % of the other domains' too. A lexical embedder refuses what looks like the
//! background (poems, weather, stocks, code) and lets pass what looks like nothing; a semantic one separates better.

use usecase::declared::TopicsAction;
use usecase::{Decision, Stage, Verdict};

mod allowed;
mod background;
mod classifier;
mod features;
mod small_talk;

pub use allowed::AllowedTopics;
pub use background::background_sentences;
pub use small_talk::looks_like_small_talk;

const GUARD: &str = "topics";

/// How many nearest neighbours count on each side.
const NEIGHBOURS: usize = 3;
/// Share of the examples that the boundary may leave outside when each is judged without itself.
const LEFT_OUTSIDE: f64 = 0.10;
/// An example judged without itself has lost its best witness; this much of the spread is given back.
const SLACK: f32 = 0.10;
/// Below this cosine two sentences are not about the same thing for any embedder.
const LEAST_LIKENESS: f32 = 0.45;
/// How much nearer than a first question a follow-up must be to the background to be refused: its own words say little.
const FOLLOW_UP_SLACK: f32 = 0.25;

/// The boundary of what a use case is about.
#[derive(Clone, Debug)]
pub struct TopicBoundary {
    topics: Vec<String>,
    /// Index into `topics`, and the unit vector.
    examples: Vec<(usize, Vec<f32>)>,
    background: Vec<Vec<f32>>,
    /// Mean of the examples minus mean of the background.
    direction: Vec<f32>,
    /// The least margin that is on topic.
    threshold: f32,
    otherwise: TopicsAction,
}

impl TopicBoundary {
    /// `examples` are the declared topics' example questions, `background` is `background_sentences()`, all of them unit
    /// vectors of one embedder. Without examples everything is on topic.
    pub fn new(examples: Vec<(String, Vec<f32>)>, background: Vec<Vec<f32>>, otherwise: TopicsAction) -> Self {
        let mut topics: Vec<String> = Vec::new();
        let mut placed = Vec::with_capacity(examples.len());
        for (topic, vector) in examples {
            let known = topics.iter().position(|name| *name == topic);
            let index = known.unwrap_or_else(|| {
                topics.push(topic);
                topics.len() - 1
            });
            placed.push((index, vector));
        }
        let background = unlike_examples(background, &placed);
        let mean_of_examples = mean(placed.iter().map(|(_, vector)| vector.as_slice()));
        let mean_of_background = mean(background.iter().map(Vec::as_slice));
        let direction = difference(&mean_of_examples, &mean_of_background);
        let mut boundary = Self { topics, examples: placed, background, direction, threshold: 0.0, otherwise };
        boundary.threshold = boundary.calibrate();
        boundary
    }

    /// Judges a question by its vector. `is_follow_up` says that the question continues a conversation which was on
    /// topic, and needs less to stay there. The rule is the nearest topic, or `off_topic`; the score is the margin
    /// brought to 0..1, 0.5 being the boundary.
    pub fn judge(&self, question: &[f32], is_follow_up: bool) -> Verdict {
        let cosines: Vec<f32> = self.examples.iter().map(|(_, vector)| dot(vector, question)).collect();
        let nearest = cosines.iter().zip(&self.examples).max_by(|one, other| one.0.total_cmp(other.0));
        let Some((_, (topic, _))) = nearest else {
            return self.verdict("any", Decision::Allow, None, "no topics are declared");
        };
        let margin = self.margin(question, cosines.iter().copied(), 0.0);
        let needed = if is_follow_up { self.threshold - FOLLOW_UP_SLACK } else { self.threshold };
        let score = 1.0 / (1.0 + f64::from(-8.0 * (margin - self.threshold)).exp());
        if margin >= needed {
            return self.verdict(
                &self.topics[*topic],
                Decision::Allow,
                Some(score),
                "the question is like an allowed topic",
            );
        }
        let decision = match self.otherwise {
            TopicsAction::Refuse => Decision::Refuse,
            TopicsAction::Review => Decision::Review,
        };
        self.verdict("off_topic", decision, Some(score), "the question is like none of the allowed topics")
    }

    fn verdict(&self, rule: &str, decision: Decision, score: Option<f64>, reason: &str) -> Verdict {
        let verdict = Verdict::new(GUARD, rule, Stage::Input, decision, reason);
        score.map_or(verdict.clone(), |score| verdict.scored(score))
    }

    /// How much nearer a vector is to the examples than to the background, from its cosines with the examples. An example
    /// is judged without itself: its own cosine is left out, and `own_share` is its weight in the mean.
    fn margin(&self, question: &[f32], cosines: impl Iterator<Item = f32>, own_share: f32) -> f32 {
        let other = nearness(self.background.iter().map(|vector| dot(vector, question)));
        nearness(cosines) - other + (dot(&self.direction, question) - own_share)
    }

    fn margin_without_itself(&self, example: usize) -> f32 {
        let vector = &self.examples[example].1;
        let others = self.examples.iter().enumerate().filter(|(index, _)| *index != example);
        let cosines = others.map(|(_, (_, other))| dot(other, vector));
        self.margin(vector, cosines, 1.0 / self.examples.len() as f32)
    }

    fn calibrate(&self) -> f32 {
        if self.examples.len() < 2 {
            return 0.0;
        }
        let mut margins: Vec<f32> = (0..self.examples.len()).map(|index| self.margin_without_itself(index)).collect();
        margins.sort_by(f32::total_cmp);
        let low = margins[(LEFT_OUTSIDE * margins.len() as f64) as usize];
        let middle = margins[margins.len() / 2];
        // What is nearer to the background than to the examples is only on topic when the examples themselves are so.
        (low - SLACK * (middle - low)).min(0.0)
    }
}

/// Leaves out background sentences that are about what the examples are about: as near to one of them as examples
/// usually are to each other.
fn unlike_examples(background: Vec<Vec<f32>>, examples: &[(usize, Vec<f32>)]) -> Vec<Vec<f32>> {
    let nearest = |vector: &[f32], without: Option<usize>| {
        let others = examples.iter().enumerate().filter(|(index, _)| Some(*index) != without);
        others.map(|(_, (_, example))| dot(example, vector)).fold(f32::NEG_INFINITY, f32::max)
    };
    let mut usual: Vec<f32> =
        examples.iter().enumerate().map(|(index, (_, vector))| nearest(vector, Some(index))).collect();
    usual.sort_by(f32::total_cmp);
    let Some(middle) = usual.get(usual.len() / 2).copied().filter(|cosine| cosine.is_finite()) else {
        return background;
    };
    background.into_iter().filter(|vector| nearest(vector, None) < middle.max(LEAST_LIKENESS)).collect()
}

/// Half the best and half the mean of the best few: one chance likeness is not enough.
fn nearness(cosines: impl Iterator<Item = f32>) -> f32 {
    let mut best = [f32::NEG_INFINITY; NEIGHBOURS];
    for cosine in cosines {
        if let Some(place) = best.iter().position(|known| cosine > *known) {
            best[place..].rotate_right(1);
            best[place] = cosine;
        }
    }
    let found: Vec<f32> = best.into_iter().filter(|cosine| cosine.is_finite()).collect();
    match found.first() {
        Some(first) => (first + found.iter().sum::<f32>() / found.len() as f32) / 2.0,
        None => 0.0,
    }
}

/// Sums side by side: one running sum would make each addition wait for the one before it.
const LANES: usize = 8;

fn dot(one: &[f32], other: &[f32]) -> f32 {
    let length = one.len().min(other.len());
    let (one, other) = (one[..length].chunks_exact(LANES), other[..length].chunks_exact(LANES));
    let rest: f32 = one.remainder().iter().zip(other.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0_f32; LANES];
    for (a, b) in one.zip(other) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    let mut count = 0.0_f32;
    for vector in vectors {
        sum.resize(vector.len().max(sum.len()), 0.0);
        sum.iter_mut().zip(vector).for_each(|(total, value)| *total += value);
        count += 1.0;
    }
    sum.iter_mut().for_each(|total| *total /= count);
    sum
}

fn difference(one: &[f32], other: &[f32]) -> Vec<f32> {
    let at = |vector: &[f32], index: usize| vector.get(index).copied().unwrap_or(0.0);
    (0..one.len().max(other.len())).map(|index| at(one, index) - at(other, index)).collect()
}

#[cfg(test)]
mod tests;
