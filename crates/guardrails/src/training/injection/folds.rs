//! Which examples are held out together. Near copies (word triples with a Jaccard similarity of 0.4 or more, within one
//! source) are one group. Translations of one prompt stand in one order in every language, so the place within the
//! variant says which belong together.

use super::Example;
use statistics::{digest, fold_of};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) const FOLDS: usize = 5;
const SIMILAR: f64 = 0.4;

/// A fold for each labelled example; `None` for the others, which are always trained on.
pub(super) fn folds(examples: &[Example]) -> Vec<Option<usize>> {
    let mut folds: Vec<Option<usize>> = vec![None; examples.len()];
    let mut of_source: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut of_variant: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (place, example) in examples.iter().enumerate().filter(|(_, example)| example.labelled) {
        match &example.variant {
            Some((variant, language)) => {
                let language = if matches!(language.as_str(), "English" | "Hindi") { language } else { "others" };
                of_variant.entry((variant, language)).or_default().push(place);
            }
            None => of_source.entry(&example.source).or_default().push(place),
        }
    }
    for places in of_variant.values() {
        for (rank, place) in places.iter().enumerate() {
            folds[*place] = Some(rank * FOLDS / places.len());
        }
    }
    for places in of_source.values() {
        let heads = clusters(&places.iter().map(|place| examples[*place].text.as_str()).collect::<Vec<_>>());
        for (place, head) in places.iter().zip(heads) {
            folds[*place] = Some(fold_of(&examples[places[head]].text, FOLDS));
        }
    }
    folds
}

/// For each text the first text of its group.
fn clusters(texts: &[&str]) -> Vec<usize> {
    let triples: Vec<HashSet<u64>> = texts.iter().map(|text| word_triples(text)).collect();
    let mut heads: Vec<usize> = (0..texts.len()).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, own) in triples.iter().enumerate() {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for triple in own {
            let holders = holders.entry(*triple).or_default();
            for other in holders.iter() {
                *shared.entry(*other).or_default() += 1;
            }
            holders.push(place);
        }
        for (other, common) in shared {
            let all = own.len() + triples[other].len() - common;
            if common as f64 / all as f64 >= SIMILAR {
                let (one, two) = (head_of(&heads, place), head_of(&heads, other));
                heads[one.max(two)] = one.min(two);
            }
        }
    }
    (0..texts.len()).map(|place| head_of(&heads, place)).collect()
}

fn head_of(heads: &[usize], mut place: usize) -> usize {
    while heads[place] != place {
        place = heads[place];
    }
    place
}

fn word_triples(text: &str) -> HashSet<u64> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.len() < 3 {
        return HashSet::from([digest(&words.join(" "))]);
    }
    words.windows(3).map(|three| digest(&three.join(" "))).collect()
}
