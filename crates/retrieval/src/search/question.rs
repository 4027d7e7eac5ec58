//! The question in words: which of its terms are asked for, how rare each is, and the sums that score passages by them.

use super::Searched;
use crate::Error;
use crate::backend::{Statistics, WordQuery};
use crate::words::each_term;
use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

/// Saturation of a term's frequency, and how much a passage's length counts (Robertson and Zaragoza 2009, their defaults
/// as Lucene has them). Other values gained at most .001 nDCG@10 on abstracts.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Words that carry a question's grammar and not its subject, beyond those that are never indexed. Passages keep them, so
/// that a question of nothing else still finds its passage. Leaving them out of questions lifts words alone from .376 to .386
/// nDCG@10 on aerodynamics and from .464 to .477 MRR@10 on sentences about films, and costs .009 on short questions that
/// differ in "how" and "what" alone.
const FUNCTION_WORDS: &str = "about above across after again against all also although am among amongst any anyone \
    anything around as because been before being below between both by can cannot could did do does doing done down during \
    each either else ever every few from further had has have having he hence her here hers herself him himself his how \
    however i i'd i'm i've it's its itself just least less let like may me might more most much must my myself neither nor \
    now off often once one only other others otherwise our ours ourselves out over own per perhaps quite rather same several \
    shall she should since so some something still than them themselves therefore those though through throughout thus too \
    toward towards under until up upon very via we were what whatever when where whereas whether which while who whom whose \
    why within without would yet you your yours yourself don't doesn't didn't isn't aren't wasn't weren't won't can't \
    couldn't shouldn't";

/// As passages have them.
static FUNCTION_TERMS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut terms = HashSet::new();
    each_term(FUNCTION_WORDS, &mut |term| {
        terms.insert(term.to_owned());
    });
    terms
});

pub(super) fn is_function_term(term: &str) -> bool {
    FUNCTION_TERMS.contains(term)
}

/// The distinct terms that are asked for, each with how much it is asked: the square root of how often it is named damps
/// what a long-winded question repeats. A question of function words alone keeps them all.
pub(super) fn terms(text: &str) -> Vec<(String, f32)> {
    let mut counts = BTreeMap::<String, u32>::new();
    each_term(text, &mut |term| *counts.entry(term.to_owned()).or_default() += 1);
    if counts.keys().any(|term| !is_function_term(term)) {
        counts.retain(|term, _| !is_function_term(term));
    }
    counts.into_iter().map(|(term, count)| (term, (count as f32).sqrt())).collect()
}

/// Terms with what each weighs and how many passages hold it, and the sum over them.
pub(super) struct Weighed {
    pub(super) query: WordQuery,
    /// In the order of the query's terms.
    pub(super) holding: Vec<u64>,
}

/// Counts these terms in everything that the caller has the right to see, in all collections together, whatever the filter:
/// how rare a word is says little over the few dozen passages that a narrow filter leaves (.471 against .492 MRR@10 on the
/// filtered set). `weigh` makes a term's weight of its number and its rarity (Lucene's inverse document frequency).
pub(super) fn weigh(
    searched: &[Searched<'_>],
    terms: Vec<String>,
    weigh: impl Fn(usize, f32) -> f32,
) -> Result<Weighed, Error> {
    let mut all = Statistics { holding: vec![0; terms.len()], ..Statistics::default() };
    for one in searched {
        let found = one.by_rights().statistics(&terms)?;
        all.passages += found.passages;
        all.words += found.words;
        all.holding.iter_mut().zip(found.holding).for_each(|(all, one)| *all += one);
    }
    let rarity = |holding: u64| (all.passages.saturating_sub(holding) as f32 + 0.5) / (holding as f32 + 0.5);
    let weighed = terms.into_iter().zip(&all.holding).enumerate();
    let terms = weighed.map(|(at, (term, holding))| (term, weigh(at, rarity(*holding).ln_1p()))).collect();
    // Passages without a single word leave no average; then nothing can match either.
    let average_length = (all.words as f32 / all.passages.max(1) as f32).max(f32::MIN_POSITIVE);
    Ok(Weighed { query: WordQuery { terms, average_length, k1: K1, b: B }, holding: all.holding })
}

/// What each term adds by being there at all, however often: the same sum without saturation. What a caller asked for must not
/// be outdone by one term's many mentions in a long passage (the idea of BM25+, Lv and Zhai 2011).
pub(super) fn presence(query: &WordQuery) -> WordQuery {
    WordQuery { k1: 0.0, ..query.clone() }
}
