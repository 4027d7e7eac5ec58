//! One verifier from one set of pairs: first the weights of words, then the trees that use them.

use crate::data::Pair;
use crate::sparse::{self, Row};
use cache::verifier::{Lexicon, Verifier, training};
use statistics::trees::{self, Rows};

/// Pairs with a lower cosine are left out where the cosine is known: serving does not compare them.
const LEAST_COSINE: f32 = 0.6;

/// Where the trees do not know the cosine, the embedder is unknown too: only what is far apart in any space is left out.
const LEAST_UNKNOWN_COSINE: f32 = 0.3;

/// Parts of the training pairs. The trees see each pair with word weights that were learned from the other parts, or they
/// would trust those weights more than unseen pairs deserve.
const PARTS: usize = 4;

/// What a pair of the made-up sets counts beside one of Quora's: their few templates repeat one another.
const TEMPLATE_WEIGHT: f64 = 0.1;

const TREES: trees::Settings = trees::Settings { trees: 100, depth: 4, rate: 0.1, shrink: 20.0 };
const WORDS: sparse::Settings = sparse::Settings { fewest: 20, penalty: 4.0, rounds: 12 };

/// Questions that differ in more words teach nothing about one of them.
const MOST_KEYS: usize = 8;

pub(crate) fn is_compared(pair: &Pair, knows_cosine: bool) -> bool {
    !knows_cosine || pair.cosine >= LEAST_COSINE
}

pub(crate) fn learn(pairs: &[Pair], rows: &[usize], knows_cosine: bool) -> Verifier {
    let rows: Vec<usize> = rows.iter().copied().filter(|at| is_compared(&pairs[*at], knows_cosine)).collect();
    let (mut features, mut labels, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for part in 0..PARTS {
        let others: Vec<usize> = rows.iter().copied().filter(|at| pairs[*at].group % PARTS != part).collect();
        let lexicon = lexicon(pairs, &others, knows_cosine);
        for at in rows.iter().copied().filter(|at| pairs[*at].group % PARTS == part) {
            let pair = &pairs[at];
            let Some((a, b)) = &pair.questions else { continue };
            if training::gates(a, b).is_empty() {
                features.push(training::features(a, b, knows_cosine.then_some(pair.cosine), &lexicon));
                labels.push(pair.duplicate);
                weights.push(if pair.set == 0 { 1.0 } else { TEMPLATE_WEIGHT });
            }
        }
    }
    let (base, trees) = trees::train(&Rows { features: &features, labels: &labels, weights: &weights }, TREES);
    let least_cosine = if knows_cosine { LEAST_COSINE } else { LEAST_UNKNOWN_COSINE };
    Verifier { threshold: 1.0, least_cosine, knows_cosine, base, lexicon: lexicon(pairs, &rows, knows_cosine), trees }
}

/// Only Quora's pairs teach words: the other sets' few words are their templates'.
fn lexicon(pairs: &[Pair], rows: &[usize], knows_cosine: bool) -> Lexicon {
    let rows: Vec<Row> = rows.iter().filter_map(|at| row(&pairs[*at], knows_cosine)).collect();
    let mut lexicon = Lexicon::default();
    for (key, weight) in sparse::train(&rows, &WORDS) {
        let weight = ((weight * 100.0).round() / 100.0) as f32;
        if key.contains('|') {
            lexicon.pairs.insert(key, weight);
        } else {
            lexicon.words.insert(key, weight);
        }
    }
    lexicon
}

fn row(pair: &Pair, knows_cosine: bool) -> Option<Row> {
    let (a, b) = pair.questions.as_ref().filter(|_| pair.set == 0)?;
    let (words, replaced) = training::keys(a, b);
    if words.len() > MOST_KEYS {
        return None;
    }
    let near = if knows_cosine { f64::from(pair.cosine) - 0.8 } else { 0.0 };
    let dense = vec![1.0, near, near * near, words.len() as f64];
    Some(Row { dense, keys: words.into_iter().chain(replaced).collect(), label: pair.duplicate })
}
