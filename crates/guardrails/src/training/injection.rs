//! Trains the model of direct injection: labelled attacks and honest texts, honest texts of the other files, and sentences
//! that are written here (`training/injection/`). NotInject is never trained on, nor tuned with.
//!
//! First the two tables (logistic regression over hashed features), then, on what they say about examples they have not
//! seen, the small model that weighs them with the rules; the thresholds are those that keep the stated shares of
//! false alarms on examples unseen by the tables, for English and for other languages apart.

use super::{Sources, Trained};
use crate::guard::injection::features::{Sink, scan};
use crate::guard::injection::language::reads_as_english;
use crate::guard::injection::model::{self, CHARACTER_BITS, INPUTS, Model, NUMBERS, WORD_BITS, inputs};
use crate::guard::injection::{DERIVED_MARGIN, score_of_rules};
use crate::measured::Unreadable;
use crate::normalise;
use statistics::{Hashed, Random, Row, Settings, threshold_at};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

mod english_attacks;
mod english_honest;
mod everyday;
mod folds;
mod foreign;
mod grammar;
mod report;
pub(crate) mod rows;
mod written;

/// One text to learn from.
#[derive(Clone, Debug)]
struct Example {
    text: String,
    attack: bool,
    /// How much it counts.
    weight: f32,
    english: bool,
    source: String,
    /// Technique and language, where the source has them.
    variant: Option<(String, String)>,
    /// From the labelled file: measured in cross-validation.
    labelled: bool,
}

impl Example {
    /// One that is not measured: written here, or borrowed from another capability's file.
    fn unmeasured(text: String, attack: bool, weight: f32, source: &str) -> Self {
        let english = !source.contains("foreign");
        Self { text, attack, weight, english, source: source.to_owned(), variant: None, labelled: false }
    }
}

const SEED: u64 = 5;
/// The shares of honest examples that may be above the threshold in cross-validation: much less than what is promised, for
/// sources that are held out as a whole have several times as many. Chosen where recall begins to fall quickly.
const ENGLISH_ALARMS: f64 = 0.0046;
const OTHER_ALARMS: f64 = 0.0135;
/// How much surer (log-odds) the tables alone must be of a text with e times fewer, or more, features than usual.
const CAREFUL_SHORT: f32 = 1.6;
const CAREFUL_LONG: f32 = 1.0;

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    train_on(sources.folder, 100)
}

/// Trains with so many hundredths of the written examples.
fn train_on(folder: &Path, written: usize) -> Result<Option<Trained>, Unreadable> {
    let Some(labelled) = rows::labelled(folder)? else { return Ok(None) };
    let mut random = Random::new(SEED);
    let (kept_out, mut examples): (Vec<Example>, Vec<Example>) =
        labelled.into_iter().partition(|example| example.source == rows::NEVER_TRAINED);
    let honest = rows::honest(folder, &examples, &mut random)?;
    let documents = rows::documents(&honest, &mut random);
    examples.extend(honest);
    examples.extend(written::examples(&documents, written, &mut random));
    let announcements = rows::announcements(folder)?;
    let course = Course::new(examples);
    let folds = folds::folds(&course.examples);
    let unseen = course.unseen_inputs(&folds);
    let numbers = weigh(&course, &unseen);
    let (words, characters) = course.tables(&|_| true);
    let model = Model { words, characters, numbers };
    let mut log = report::cross_validation(&course, &unseen, &numbers);
    log.extend(report::never_trained(&model, &kept_out, &announcements));
    log.extend(report::whole_sources(&course, &numbers));
    Ok(Some(Trained { file: "injection.swh".to_owned(), bytes: model.to_bytes(), log }))
}

/// One view of an example.
struct Seen {
    text: String,
    /// What the rules say about it, 0 to 1.
    rules: f32,
}

/// What the second model weighs, for each view of an example that the tables have not seen.
type Inputs = Vec<[f32; INPUTS]>;

/// The examples, in the forms that training needs.
struct Course {
    examples: Vec<Example>,
    /// The views of each, the plain one first; only this one where it is not measured.
    views: Vec<Vec<Seen>>,
    rows: Vec<Row>,
}

impl Course {
    fn new(examples: Vec<Example>) -> Self {
        let views: Vec<Vec<Seen>> =
            examples.iter().map(|one| seen(&one.text, if one.labelled { usize::MAX } else { 1 })).collect();
        let rows = examples.iter().zip(&views).map(|(example, views)| row(example, &views[0].text)).collect();
        Self { examples, views, rows }
    }

    /// The tables, trained on the examples that `used` names.
    fn tables(&self, used: &dyn Fn(usize) -> bool) -> (Hashed, Hashed) {
        let rows: Vec<Row> =
            self.rows.iter().enumerate().filter(|(place, _)| used(*place)).map(|(_, row)| row.clone()).collect();
        let trained = statistics::train(&rows, SETTINGS);
        let (words, characters) = trained.weights.split_at(1 << WORD_BITS);
        (
            Hashed::quantised(words, trained.bias, Some(clip(words))),
            Hashed::quantised(characters, trained.bias, Some(clip(characters))),
        )
    }

    /// For each labelled example what the second model weighs, from tables that have not seen its fold.
    fn unseen_inputs(&self, folds: &[Option<usize>]) -> Vec<Option<Inputs>> {
        let mut unseen: Vec<Option<Inputs>> = vec![None; self.examples.len()];
        for fold in 0..folds::FOLDS {
            let (words, characters) = self.tables(&|place| folds[place] != Some(fold));
            let model = Model { words, characters, numbers: [0.0; NUMBERS] };
            for place in (0..folds.len()).filter(|place| folds[*place] == Some(fold)) {
                unseen[place] = Some(inputs_of(&model, &self.views[place]));
            }
        }
        unseen
    }
}

fn inputs_of(model: &Model, views: &[Seen]) -> Inputs {
    views.iter().map(|view| inputs(&model.read(&view.text), view.rules)).collect()
}

/// How far above the threshold a text is, in log-odds, as the guard judges it.
fn margin(numbers: &[f32; NUMBERS], views: &[Seen], inputs: &Inputs) -> f32 {
    let threshold = numbers[INPUTS + if reads_as_english(&views[0].text) { 1 } else { 2 }];
    strongest(numbers, inputs) - threshold
}

/// The highest log-odds of the views.
fn strongest(numbers: &[f32; NUMBERS], inputs: &Inputs) -> f32 {
    let odds = inputs
        .iter()
        .enumerate()
        .map(|(place, inputs)| model::weigh(numbers, inputs) - if place == 0 { 0.0 } else { DERIVED_MARGIN });
    odds.fold(f32::NEG_INFINITY, f32::max)
}

const SETTINGS: Settings =
    Settings { width: (1 << WORD_BITS) + (1 << CHARACTER_BITS), epochs: 6, rate: 0.15, l2: 1e-6, seed: SEED };

/// The weight that 99.9 % of those in use stay below: a few huge ones would cost all others their precision.
fn clip(weights: &[f32]) -> f32 {
    let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).filter(|size| *size > 0.0).collect();
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() * 999 / 1000).copied().unwrap_or(1.0)
}

/// The first `most` views.
fn seen(text: &str, most: usize) -> Vec<Seen> {
    let views = normalise::views(text).into_iter().take(most);
    views.map(|view| Seen { rules: score_of_rules(&view), text: view.text }).collect()
}

/// Collects the features of a text, each once.
#[derive(Default)]
struct Collected(BTreeSet<u32>);

impl Sink for Collected {
    fn words(&mut self, hash: u32) {
        self.0.insert(hash >> (32 - WORD_BITS));
    }

    fn characters(&mut self, hash: u32) {
        self.0.insert((1 << WORD_BITS) + (hash >> (32 - CHARACTER_BITS)));
    }

    fn sentence(&mut self, _: Range<usize>) {}
}

fn row(example: &Example, view: &str) -> Row {
    let mut collected = Collected::default();
    scan(view, &mut collected);
    let value = 1.0 / (collected.0.len().max(1) as f32).sqrt();
    let features = collected.0.into_iter().map(|feature| (feature, value)).collect();
    Row { features, target: if example.attack { 1.0 } else { 0.0 }, weight: example.weight }
}

/// The second model and the thresholds, from what the tables said about examples they had not seen.
fn weigh(course: &Course, unseen: &[Option<Inputs>]) -> [f32; NUMBERS] {
    let known: Vec<(&Example, &[Seen], &Inputs)> = (course.examples.iter().zip(&course.views).zip(unseen))
        .filter_map(|((example, views), inputs)| Some((example, views.as_slice(), inputs.as_ref()?)))
        .collect();
    let rows = known.iter().map(|(example, _, inputs)| Row {
        features: (0_u32..).zip(inputs[0]).collect(),
        target: if example.attack { 1.0 } else { 0.0 },
        weight: example.weight,
    });
    let settings = Settings { width: INPUTS, epochs: 40, rate: 0.3, l2: 1e-6, seed: SEED };
    let trained = statistics::train(&rows.collect::<Vec<Row>>(), settings);
    let mut numbers = [0.0; NUMBERS];
    numbers[..INPUTS].copy_from_slice(&trained.weights);
    numbers[INPUTS] = trained.bias;
    (numbers[INPUTS + 3], numbers[INPUTS + 4]) = (CAREFUL_SHORT, CAREFUL_LONG);
    for (english, share, at) in [(true, ENGLISH_ALARMS, INPUTS + 1), (false, OTHER_ALARMS, INPUTS + 2)] {
        let scored: Vec<(f64, bool)> = known
            .iter()
            .filter(|(_, views, _)| reads_as_english(&views[0].text) == english)
            .map(|(example, _, inputs)| (f64::from(strongest(&numbers, inputs)), example.attack))
            .collect();
        numbers[at] = threshold_at(&scored, share) as f32;
    }
    numbers
}

#[cfg(test)]
mod tests;
