//! Words of a text with their places, and the stems by which they are compared.

use rust_stemmers::{Algorithm, Stemmer};

/// One word. `start` and `end` are bytes of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) stem: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) has_digit: bool,
    pub(super) is_capitalised: bool,
}

/// English inflections removed (Porter 2 of Snowball); words with digits stay as they are, without thousands
/// separators.
pub(super) struct Words(Stemmer);

impl Words {
    pub(super) fn english() -> Self {
        Self(Stemmer::create(Algorithm::English))
    }

    pub(super) fn of(&self, text: &str) -> Vec<Word> {
        let mut words = Vec::with_capacity(text.len() / 6);
        let mut chars = text.char_indices().peekable();
        while let Some((start, first)) = chars.next() {
            if !first.is_alphanumeric() {
                continue;
            }
            let mut end = start + first.len_utf8();
            // Scripts that write no spaces: every character is a word.
            if !stands_alone(first) {
                while let Some(&(at, c)) = chars.peek() {
                    let after = || text[at + c.len_utf8()..].chars().next();
                    let before_is_digit = || text[..at].ends_with(|c: char| c.is_ascii_digit());
                    let joins = match c {
                        '\'' | '’' => after().is_some_and(char::is_alphabetic),
                        '.' | ',' => before_is_digit() && after().is_some_and(|c| c.is_ascii_digit()),
                        _ => c.is_alphanumeric() && !stands_alone(c),
                    };
                    if !joins {
                        break;
                    }
                    end = at + c.len_utf8();
                    chars.next();
                }
            }
            words.push(self.word(&text[start..end], start, end));
        }
        words
    }

    fn word(&self, written: &str, start: usize, end: usize) -> Word {
        let has_digit = written.bytes().any(|byte| byte.is_ascii_digit());
        let is_capitalised = written.starts_with(char::is_uppercase);
        let lower = written.to_lowercase().replace('’', "'");
        let stem = if has_digit {
            lower.replace(',', "")
        } else {
            let plain = lower.strip_suffix("'s").unwrap_or(&lower);
            self.0.stem(plain).into_owned()
        };
        Word { stem, start, end, has_digit, is_capitalised }
    }
}

fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Words that carry no subject, in the form that stems have: articles, pronouns, auxiliaries, prepositions, greetings,
/// and the words of asking.
pub(super) fn is_function_word(stem: &str) -> bool {
    FUNCTION_WORDS.binary_search(&stem).is_ok()
}

/// Sorted, for the search.
pub(super) const FUNCTION_WORDS: &[&str] = &[
    "a",
    "about",
    "abov",
    "actual",
    "after",
    "again",
    "all",
    "also",
    "am",
    "an",
    "and",
    "ani",
    "answer",
    "anyon",
    "are",
    "aren't",
    "as",
    "at",
    "be",
    "been",
    "befor",
    "being",
    "between",
    "both",
    "but",
    "by",
    "can",
    "can't",
    "cannot",
    "could",
    "couldn't",
    "dear",
    "describ",
    "did",
    "didn't",
    "do",
    "doe",
    "doesn't",
    "don't",
    "done",
    "dure",
    "each",
    "exact",
    "explain",
    "few",
    "find",
    "for",
    "from",
    "get",
    "give",
    "got",
    "had",
    "has",
    "hasn't",
    "have",
    "he",
    "hello",
    "help",
    "her",
    "here",
    "hey",
    "hi",
    "him",
    "his",
    "how",
    "i",
    "i'd",
    "i'll",
    "i'm",
    "i've",
    "if",
    "in",
    "into",
    "is",
    "isn't",
    "it",
    "just",
    "kind",
    "know",
    "let",
    "like",
    "mani",
    "may",
    "me",
    "mean",
    "might",
    "mine",
    "more",
    "most",
    "much",
    "must",
    "my",
    "need",
    "no",
    "not",
    "of",
    "off",
    "often",
    "ok",
    "okay",
    "on",
    "onli",
    "or",
    "other",
    "our",
    "out",
    "over",
    "own",
    "pleas",
    "question",
    "realli",
    "same",
    "shall",
    "she",
    "should",
    "shouldn't",
    "so",
    "some",
    "someon",
    "still",
    "such",
    "tell",
    "than",
    "thank",
    "thanks",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "they're",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "until",
    "up",
    "us",
    "veri",
    "want",
    "was",
    "wasn't",
    "we",
    "we're",
    "we've",
    "were",
    "what",
    "when",
    "where",
    "whi",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "will",
    "with",
    "won't",
    "wonder",
    "would",
    "wouldn't",
    "you",
    "you're",
    "your",
];
