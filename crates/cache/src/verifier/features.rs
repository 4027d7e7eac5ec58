//! A difference as numbers, for the trees.

use super::difference::Difference;
use super::lexicon::Lexicon;
use super::question::{Class, Word};

/// The features in the order of [`features`].
pub const NAMES: [&str; 26] = [
    "cosine", "words, longer", "words, shorter", "content kept", "content kept, share", "all kept, share",
    "content of its own, more", "content of its own, less", "other words of its own, more", "other words of its own, less", "content replaced", "function words replaced", "moved", "asking of its own",
    "nuances of its own", "sentences", "sentences apart", "weight of own words", "heaviest own word", "weight of replaced",
    "own content unknown", "longest own content", "first word the same", "last word the same", "left over at the end", "letters shared",
];

pub(crate) fn features(of: &Difference<'_>, cosine: f32, lexicon: &Lexicon) -> Vec<f32> {
    let count = |words: usize| words as f32;
    let content = |word: &&Word| matches!(word.class, Class::Content);
    let own: Vec<Vec<&Word>> = (0..2).map(|side| of.own(side).collect()).collect();
    let own_content: Vec<usize> = own.iter().map(|words| words.iter().filter(|word| content(word)).count()).collect();
    let own_other: Vec<usize> = (0..2).map(|side| own[side].len() - own_content[side]).collect();
    let (a, b) = (&of.a.words, &of.b.words);
    let kept = of.kept.iter().filter(|(word, _)| content(word)).count();
    let all_content = a.iter().chain(b).filter(content).count();
    let own_of = |class| own.iter().flatten().filter(|word| word.class == class).count();
    let replaced = |is_content: bool| of.replaced.iter().filter(|(one, _)| content(&one) == is_content).count();
    let extra: Vec<f32> = of.extra.iter().flatten().filter_map(|word| lexicon.word(word)).collect();
    let replaced_weights: f32 = of.replaced.iter().filter_map(|(one, other)| lexicon.pair(one, other)).sum();
    let own_weights: Vec<f32> = own.iter().flatten().filter_map(|word| lexicon.word(word)).collect();
    let unknown = own.iter().flatten().filter(|word| content(word) && lexicon.word(word).is_none()).count();
    let longest = own.iter().flatten().filter(|word| content(word)).map(|word| word.text.len()).max();
    let tail = |words: &[Word], kept: Option<&&Word>| {
        kept.map_or(0, |last| words.len() - 1 - words.iter().rposition(|word| std::ptr::eq(word, *last)).unwrap_or(0))
    };
    let (last_a, last_b) = (of.kept.last().map(|pair| pair.0), of.kept.last().map(|pair| pair.1));
    let at_end = tail(a, last_a.as_ref()).max(tail(b, last_b.as_ref()));
    let same_at = |one: Option<&Word>, other: Option<&Word>| f32::from(u8::from(one.map(|word| &word.stem) == other.map(|word| &word.stem)));
    vec![
        cosine,
        count(a.len().max(b.len())),
        count(a.len().min(b.len())),
        count(kept),
        2.0 * count(kept) / count(all_content.max(1)),
        2.0 * count(of.kept.len()) / count(a.len() + b.len()),
        count(own_content[0].max(own_content[1])),
        count(own_content[0].min(own_content[1])),
        count(own_other[0].max(own_other[1])),
        count(own_other[0].min(own_other[1])),
        count(replaced(true)),
        count(replaced(false)),
        count(of.moved.len()),
        count(own_of(Class::Asking)),
        count(own_of(Class::Nuance)),
        count(of.a.sentences.max(of.b.sentences)),
        count(of.a.sentences.abs_diff(of.b.sentences)),
        own_weights.iter().sum::<f32>(),
        own_weights.iter().copied().fold(0.0, f32::min),
        replaced_weights + extra.iter().sum::<f32>(),
        count(unknown),
        count(longest.unwrap_or(0)),
        same_at(a.first(), b.first()),
        same_at(a.last(), b.last()),
        count(at_end),
        letters_shared(a, b),
    ]
}

/// Dice's coefficient of the letter pairs of all words: misspelt words are still near.
fn letters_shared(a: &[Word], b: &[Word]) -> f32 {
    let pairs = |words: &[Word]| {
        let mut pairs: Vec<[u8; 2]> =
            words.iter().flat_map(|word| word.text.as_bytes().windows(2).map(|pair| [pair[0], pair[1]]).collect::<Vec<_>>()).collect();
        pairs.sort_unstable();
        pairs
    };
    let (a, b) = (pairs(a), pairs(b));
    let (mut i, mut j, mut shared) = (0, 0, 0_usize);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (shared, i, j) = (shared + 1, i + 1, j + 1),
        }
    }
    2.0 * shared as f32 / (a.len() + b.len()).max(1) as f32
}
