//! Text to terms: the one way in which passages and questions are cut into words, so that they can meet.
//!
//! Words are those of Unicode's text segmentation (UAX 29). A word loses its case, its compatibility forms (the `ﬁ` of
//! a PDF becomes `fi`) and its accents, then a possessive `'s`, and is stemmed by Snowball's English algorithm. The
//! stop words are Lucene's English set: short enough to keep words that carry meaning in a question.

use rust_stemmers::{Algorithm, Stemmer};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Lucene's `EnglishAnalyzer.ENGLISH_STOP_WORDS_SET`, sorted.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

/// Longer "words" are data (a hash, a base64 block): cut here, in bytes, so that one cannot fill the dictionary.
const LONGEST_TERM: usize = 64;

/// The terms of a text in order, stop words left out.
#[cfg(test)]
pub(crate) fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::with_capacity(text.len() / 7);
    each_term(text, &mut |term| terms.push(term.to_owned()));
    terms
}

/// Calls `found` with each term of a text in order, stop words left out.
pub(crate) fn each_term(text: &str, found: &mut dyn FnMut(&str)) {
    let stemmer = Stemmer::create(Algorithm::English);
    for word in fold(text).unicode_words() {
        let word = word.replace('\u{2019}', "'");
        let word = word.strip_suffix("'s").unwrap_or(&word);
        if STOP_WORDS.binary_search(&word).is_err() {
            found(cut(&stemmer.stem(word)));
        }
    }
}

/// Lower case, compatibility forms resolved, combining marks dropped.
fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        Cow::Owned(text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect())
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn cut(term: &str) -> &str {
    if term.len() <= LONGEST_TERM {
        return term;
    }
    let end = (0..=LONGEST_TERM).rev().find(|&index| term.is_char_boundary(index)).unwrap_or(0);
    &term[..end]
}

#[cfg(test)]
mod tests;
