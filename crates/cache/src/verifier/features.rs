//! A difference as numbers, for the trees.

use super::difference::Difference;
use super::lexicon::Lexicon;
use super::question::{Class, Word};

/// What the places of [`features`] hold. "Own" words are those that only one of the two questions has.
pub const NAMES: [&str; 26] = [
    "cosine",
    "words of the longer",
    "words of the shorter",
    "content kept",
    "content kept, share",
    "words kept, share",
    "own content, more",
    "own content, less",
    "own others, more",
    "own others, less",
    "content replaced",
    "others replaced",
    "moved",
    "own nuances",
    "sentences",
    "sentences apart",
    "own words, weight",
    "own word, least weight",
    "places, weight",
    "own content without a weight",
    "own content, letters of the longest",
    "first word the same",
    "last word the same",
    "left over at the end",
    "letter pairs shared",
    "own words that narrow",
];

/// In the order of [`NAMES`]. Without a cosine that the trees know, that feature is 0 everywhere.
pub(super) fn features(of: &Difference<'_>, cosine: Option<f32>, lexicon: &Lexicon) -> Vec<f32> {
    let (a, b) = (&of.a.words, &of.b.words);
    let own: [Vec<&Word>; 2] = [of.own(0).collect(), of.own(1).collect()];
    let own_content = [0, 1].map(|side: usize| own[side].iter().copied().filter(is_content).count());
    let own_others = [0, 1].map(|side: usize| own[side].len() - own_content[side]);
    let own_words = || own.iter().flatten().copied();
    let kept_content = of.kept.iter().filter(|(word, _)| is_content(word)).count();
    let all_content = a.iter().chain(b).filter(is_content).count();
    let replaced_content = of.replaced.iter().filter(|(word, _)| is_content(word)).count();
    let weights: Vec<f32> = own_words().filter_map(|word| lexicon.word(word)).collect();
    let extra: f32 = of.extra.iter().flatten().filter_map(|word| lexicon.word(word)).sum();
    let places: f32 = of.replaced.iter().filter_map(|(one, other)| lexicon.pair(one, other)).sum();
    let longest = own_words().filter(is_content).map(|word| word.text.len()).max();
    vec![
        cosine.unwrap_or_default(),
        count(a.len().max(b.len())),
        count(a.len().min(b.len())),
        count(kept_content),
        2.0 * count(kept_content) / count(all_content.max(1)),
        2.0 * count(of.kept.len()) / count(a.len() + b.len()),
        count(own_content[0].max(own_content[1])),
        count(own_content[0].min(own_content[1])),
        count(own_others[0].max(own_others[1])),
        count(own_others[0].min(own_others[1])),
        count(replaced_content),
        count(of.replaced.len() - replaced_content),
        count(of.moved.len()),
        count(own_words().filter(|word| word.class == Class::Nuance).count()),
        count(of.a.sentences.max(of.b.sentences)),
        count(of.a.sentences.abs_diff(of.b.sentences)),
        weights.iter().sum(),
        weights.iter().copied().fold(0.0, f32::min),
        places + extra,
        count(own_words().filter(|word| is_content(word) && lexicon.word(word).is_none()).count()),
        count(longest.unwrap_or_default()),
        same_at(a.first(), b.first()),
        same_at(a.last(), b.last()),
        count(
            after_last_kept(a, of.kept.last().map(|pair| pair.0))
                .max(after_last_kept(b, of.kept.last().map(|pair| pair.1))),
        ),
        letter_pairs_shared(a, b),
        count(narrowing(a, &of.extra[0]) + narrowing(b, &of.extra[1])),
    ]
}

/// Words before a thing that make it no other thing.
const BROAD: &[&str] = &[
    "best",
    "good",
    "great",
    "top",
    "better",
    "main",
    "basic",
    "various",
    "different",
    "general",
    "own",
    "actual",
    "real",
    "whole",
    "entire",
    "common",
    "certain",
    "exact",
    "proper",
    "correct",
    "right",
    "easy",
    "easiest",
    "simple",
    "new",
    "few",
    "other",
    "such",
    "more",
    "important",
    "interesting",
    "effective",
    "popular",
    "possible",
    "full",
    "current",
    "overall",
];

/// Words without a partner right before a thing that has one: a student visa is no visa, worn shoes are not shoes.
fn narrowing(words: &[Word], extra: &[&Word]) -> usize {
    let is_extra = |word: &Word| extra.iter().any(|extra| std::ptr::eq(*extra, word));
    let narrows = |before: &Word, thing: &Word| {
        let both_content = is_content(&before) && is_content(&thing);
        both_content && is_extra(before) && !is_extra(thing) && !BROAD.contains(&before.text.as_str())
    };
    words.windows(2).filter(|two| matches!(two, [before, thing] if narrows(before, thing))).count()
}

fn is_content(word: &&Word) -> bool {
    word.class == Class::Content
}

fn count(words: usize) -> f32 {
    words as f32
}

fn same_at(one: Option<&Word>, other: Option<&Word>) -> f32 {
    f32::from(u8::from(one.map(|word| &word.stem) == other.map(|word| &word.stem)))
}

/// Words behind the last that has a partner: what was added to a question's end narrows it.
fn after_last_kept(words: &[Word], last: Option<&Word>) -> usize {
    let place = last.and_then(|last| words.iter().rposition(|word| std::ptr::eq(word, last)));
    place.map_or(words.len(), |place| words.len() - 1 - place)
}

/// Dice's coefficient of the letter pairs of all words, in bytes: a misspelt word is still near.
fn letter_pairs_shared(a: &[Word], b: &[Word]) -> f32 {
    let (a, b) = (letter_pairs(a), letter_pairs(b));
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

fn letter_pairs(words: &[Word]) -> Vec<[u8; 2]> {
    let mut pairs: Vec<[u8; 2]> = Vec::new();
    for word in words {
        pairs.extend(word.text.as_bytes().windows(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok()));
    }
    pairs.sort_unstable();
    pairs
}
