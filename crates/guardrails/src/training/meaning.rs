//! Trains the table of word vectors from a sentence encoder, in the manner of Model2Vec (MinishLab, 2024) and of its
//! successor that tunes words on sentences: every word of the list is encoded alone, the mean is taken off, and the 64
//! directions in which words and sentences differ most are kept. Then the words' vectors are moved until the sum over a
//! sentence's words points where the encoder puts the sentence; a vector's length becomes the word's weight.
//!
//! Trained on: `meaning/words.txt` (the whole words of MiniLM's own vocabulary, Apache-2.0, then words that are frequent
//! in the labelled texts or that everyday questions need), and the English sentences of the labelled folder as plain
//! text. No label is read.

use super::{Encoder, Sources, Trained};
use crate::meaning::{DIMS, file};
use crate::measured::Unreadable;
use crate::measured::labelled::rows;
use crate::sentences::sentences;
use serde_json::Value;
use statistics::Random;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// In the order of the file: the nearer to the top, the commoner, roughly.
const WORDS: &str = include_str!("../meaning/words.txt");

/// Labelled files whose texts are read, with the columns that hold them.
const FILES: &[(&str, &[&str])] = &[
    ("topic_clinc150.jsonl", &["text"]),
    ("topic_banking77.jsonl", &["text"]),
    ("topic_domains.jsonl", &["text"]),
    ("sensitive.jsonl", &["text"]),
    ("answerability.jsonl", &["question", "context"]),
    ("groundedness.jsonl", &["answer", "context"]),
    ("indirect.jsonl", &["text"]),
];
/// Bytes of a sentence that is encoded.
const SENTENCE: std::ops::RangeInclusive<usize> = 12..=400;
/// Texts that go to the encoder together.
const BATCH: usize = 256;
/// Rounds of orthogonal iteration: the 64th direction is settled to a hundredth.
const ROUNDS: usize = 60;
const EPOCHS: usize = 6;
/// The first step's length of AdaGrad.
const RATE: f32 = 0.03;
/// How hard a word is held where it stood, per step: words of few sentences move little.
const HOLD: f32 = 0.1;
/// What words are asked with, so that each is tuned at least in these, whether or not a labelled text has it.
const FRAMES: &[&str] = &[
    "what is {}",
    "how do i get {}",
    "tell me about {}",
    "i have a question about {}",
    "can you help me with {}",
    "is there any {}",
    "my {}",
    "why did the {} not work",
    "where can i find {}",
    "i want {}",
    "please change the {}",
    "what does {} mean",
    "how much is the {}",
    "when is {}",
];
/// Frames for each word.
const FRAMES_EACH: usize = 3;
const SEED: u64 = 0x5EED_0F4D_EA21;

pub(super) fn train(sources: &Sources<'_>) -> Result<Option<Trained>, Unreadable> {
    let Some(encoder) = sources.encoder else { return Ok(None) };
    let words: Vec<&str> = WORDS.lines().collect();
    let mut sentences = gather(sources.folder)?;
    sentences.extend(framed(&words));
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let failed = |reason: String| Unreadable::File { path: sources.folder.join("(the encoder)"), reason };
    let mut of_words = encode(encoder, &words).map_err(failed)?;
    let mut of_texts = encode(encoder, &texts).map_err(failed)?;
    center(&mut of_words);
    center(&mut of_texts);
    let basis = directions(&[&of_words, &of_texts]);
    let project = |vectors: &[Vec<f32>]| -> Vec<Vec<f32>> {
        vectors.iter().map(|vector| basis.iter().map(|axis| dot(axis, vector)).collect()).collect()
    };
    let mut table: Vec<Vec<f32>> = project(&of_words);
    let all = words.len() as f32;
    for (place, vector) in table.iter_mut().enumerate() {
        // Zipf's law: a word's frequency falls with its rank, so its logarithm stands for what it tells.
        let weight = (2.0 + place as f32).ln() / (2.0 + all).ln();
        rescale(vector, weight);
    }
    let mut targets = project(&of_texts);
    targets.iter_mut().for_each(|target| rescale(target, 1.0));
    let numbers: HashMap<&str, usize> = words.iter().enumerate().map(|(number, word)| (*word, number)).collect();
    let bags: Vec<Vec<usize>> = texts.iter().map(|text| bag(text, &numbers)).collect();
    let before = mean_cosine(&table, &bags, &targets);
    tune(&mut table, &bags, &targets);
    let after = mean_cosine(&table, &bags, &targets);
    let log = vec![
        format!("{} words, {} sentences, {} dimensions", words.len(), texts.len(), DIMS),
        format!("mean cosine of words' sum and encoded sentence: {before:.3}, after tuning {after:.3}"),
    ];
    let named: Vec<(&str, Vec<f32>)> = words.into_iter().zip(table).collect();
    Ok(Some(Trained { file: "meaning.bin".to_owned(), bytes: file(&named), log }))
}

/// The different English sentences of the labelled files, in their order.
fn gather(folder: &Path) -> Result<Vec<String>, Unreadable> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for (name, columns) in FILES {
        for row in rows::<HashMap<String, Value>>(folder, name)?.unwrap_or_default() {
            for text in columns.iter().filter_map(|column| row.get(*column)).filter_map(Value::as_str) {
                for sentence in sentences(text) {
                    let plain = sentence.text.split_whitespace().collect::<Vec<_>>().join(" ");
                    if plain.is_ascii() && SENTENCE.contains(&plain.len()) && seen.insert(plain.clone()) {
                        found.push(plain);
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Every word in a few of the frames, drawn with a fixed seed.
fn framed(words: &[&str]) -> Vec<String> {
    let mut random = Random::new(SEED ^ 2);
    let mut places: Vec<usize> = (0..FRAMES.len()).collect();
    let mut found = Vec::with_capacity(words.len() * FRAMES_EACH);
    for word in words {
        random.shuffle(&mut places);
        found.extend(places.iter().take(FRAMES_EACH).map(|place| FRAMES[*place].replace("{}", word)));
    }
    found
}

fn encode(encoder: &Encoder<'_>, texts: &[&str]) -> Result<Vec<Vec<f32>>, String> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        vectors.extend(encoder(batch)?);
    }
    let size = vectors.first().map_or(0, Vec::len);
    let whole = vectors.len() == texts.len() && size >= DIMS && vectors.iter().all(|vector| vector.len() == size);
    if whole { Ok(vectors) } else { Err(format!("gave vectors of {size} numbers, and not one for each text")) }
}

fn center(vectors: &mut [Vec<f32>]) {
    let Some(size) = vectors.first().map(Vec::len) else { return };
    let mut mean = vec![0.0_f64; size];
    for vector in &*vectors {
        mean.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let count = vectors.len() as f64;
    for vector in vectors {
        vector.iter_mut().zip(&mean).for_each(|(value, sum)| *value -= (sum / count) as f32);
    }
}

/// The directions of largest variance, by orthogonal iteration (G. Golub, C. Van Loan, Matrix Computations, 8.2.4). Each
/// set of vectors counts the same, however large.
fn directions(sets: &[&[Vec<f32>]]) -> Vec<Vec<f32>> {
    let size = sets.iter().find_map(|set| set.first()).map_or(0, Vec::len);
    let mut covariance = vec![vec![0.0_f32; size]; size];
    for set in sets {
        let share = 1.0 / set.len().max(1) as f32;
        for vector in *set {
            for (row, value) in covariance.iter_mut().zip(vector) {
                let factor = value * share;
                row.iter_mut().zip(vector).for_each(|(sum, other)| *sum += factor * other);
            }
        }
    }
    let mut random = Random::new(SEED);
    let mut basis: Vec<Vec<f32>> =
        (0..DIMS).map(|_| (0..size).map(|_| random.share() as f32 - 0.5).collect()).collect();
    for _ in 0..ROUNDS {
        basis = basis.iter().map(|axis| covariance.iter().map(|row| dot(row, axis)).collect()).collect();
        orthonormal(&mut basis);
    }
    basis
}

/// Gram and Schmidt's process, in place.
fn orthonormal(basis: &mut [Vec<f32>]) {
    for place in 0..basis.len() {
        let (before, rest) = basis.split_at_mut(place);
        let axis = &mut rest[0];
        for other in before.iter() {
            let share = dot(other, axis);
            axis.iter_mut().zip(other).for_each(|(value, known)| *value -= share * known);
        }
        rescale(axis, 1.0);
    }
}

/// The numbers of a text's words, as many times as they stand there.
fn bag(text: &str, numbers: &HashMap<&str, usize>) -> Vec<usize> {
    let lower = text.to_lowercase();
    lower.split(|character: char| !character.is_alphanumeric()).filter_map(|word| numbers.get(word).copied()).collect()
}

fn sum_of(table: &[Vec<f32>], bag: &[usize]) -> [f32; DIMS] {
    let mut sum = [0.0_f32; DIMS];
    for number in bag {
        sum.iter_mut().zip(&table[*number]).for_each(|(total, value)| *total += value);
    }
    sum
}

fn mean_cosine(table: &[Vec<f32>], bags: &[Vec<usize>], targets: &[Vec<f32>]) -> f32 {
    let cosine = |bag: &Vec<usize>, target: &Vec<f32>| {
        let sum = sum_of(table, bag);
        dot(&sum, target) / length(&sum).max(1e-6)
    };
    bags.iter().zip(targets).map(|(bag, target)| cosine(bag, target)).sum::<f32>() / bags.len().max(1) as f32
}

/// Moves the words so that sums point at the targets: gradient of the cosine, steps by AdaGrad, each word held near
/// where it stood.
fn tune(table: &mut [Vec<f32>], bags: &[Vec<usize>], targets: &[Vec<f32>]) {
    let start: Vec<Vec<f32>> = table.to_vec();
    let mut seen = vec![1e-4_f32; table.len() * DIMS];
    let mut order: Vec<usize> = (0..bags.len()).collect();
    let mut random = Random::new(SEED ^ 1);
    for _ in 0..EPOCHS {
        random.shuffle(&mut order);
        for place in &order {
            let (bag, target) = (&bags[*place], &targets[*place]);
            let sum = sum_of(table, bag);
            let size = length(&sum);
            if size < 1e-3 {
                continue;
            }
            let cosine = dot(&sum, target) / size;
            for number in bag {
                for axis in 0..DIMS {
                    let value = &mut table[*number][axis];
                    let slope = (cosine * sum[axis] / size - target[axis]) / size
                        + HOLD * (*value - start[*number][axis]) / bag.len() as f32;
                    let seen = &mut seen[*number * DIMS + axis];
                    *seen += slope * slope;
                    *value -= RATE * slope / seen.sqrt();
                }
            }
        }
    }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

fn length(vector: &[f32]) -> f32 {
    dot(vector, vector).sqrt()
}

/// Gives a vector another length.
fn rescale(vector: &mut [f32], wanted: f32) {
    let factor = wanted / length(vector).max(1e-12);
    vector.iter_mut().for_each(|value| *value *= factor);
}
