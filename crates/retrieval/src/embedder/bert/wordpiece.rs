//! BERT's tokeniser (Devlin et al. 2018): clean, fold, split at white space and punctuation, then cut each word greedily
//! into the longest pieces of the vocabulary. Behaves as the reference's `BertTokenizer`, but for one thing: the text
//! `[SEP]` in a document is punctuation and letters here, never the special token.

use regex::Regex;
use std::borrow::Cow;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// A word longer than this, in code points, is unknown as a whole.
const LONGEST_WORD: usize = 100;

/// What is done to a text before it is cut; a model is trained with one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Folding {
    pub(crate) lower_case: bool,
    pub(crate) strip_accents: bool,
    /// Whether each CJK ideograph is a word.
    pub(crate) split_ideographs: bool,
}

impl Folding {
    /// That of the uncased models.
    pub(crate) const UNCASED: Self = Self { lower_case: true, strip_accents: true, split_ideographs: true };
}

pub(crate) struct WordPiece {
    pieces: HashMap<Box<str>, u32>,
    /// The longest piece in bytes: no longer one need be looked for.
    longest: usize,
    unknown: u32,
    start: u32,
    end: u32,
    folding: Folding,
    dropped: Regex,
    punctuation: Regex,
    marks: Regex,
}

impl WordPiece {
    /// Reads a `vocab.txt`: one piece a line, its number the line's.
    pub(crate) fn read(vocabulary: &str, folding: Folding) -> Result<Self, String> {
        Self::new(vocabulary.lines().zip(0..).map(|(piece, number)| (piece.into(), number)).collect(), folding)
    }

    /// Takes pieces and their numbers; the reason when the special ones are not among them.
    pub(crate) fn new(pieces: HashMap<Box<str>, u32>, folding: Folding) -> Result<Self, String> {
        let special = |name: &str| pieces.get(name).copied().ok_or_else(|| format!("the vocabulary has no {name}"));
        let class = |pattern: &str| Regex::new(pattern).map_err(|error| error.to_string());
        Ok(Self {
            unknown: special("[UNK]")?,
            start: special("[CLS]")?,
            end: special("[SEP]")?,
            folding,
            longest: pieces.keys().map(|piece| piece.len()).max().unwrap_or(0),
            pieces,
            dropped: class(r"^\p{C}$")?,
            punctuation: class(r"^\p{P}$")?,
            marks: class(r"^\p{Mn}$")?,
        })
    }

    /// The numbers of a text's pieces between `[CLS]` and `[SEP]`, at most `most` with these two.
    pub(crate) fn encode(&self, text: &str, most: usize) -> Vec<u32> {
        let room = most.saturating_sub(1);
        let mut numbers = vec![self.start];
        for word in self.words(text) {
            if numbers.len() >= room {
                break;
            }
            self.cut(&word, &mut numbers);
        }
        numbers.truncate(room);
        numbers.push(self.end);
        numbers
    }

    fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = String::new();
        let close = |word: &mut String, words: &mut Vec<String>| {
            if !word.is_empty() {
                words.push(std::mem::take(word));
            }
        };
        for c in self.folded(text).chars() {
            if c.is_whitespace() {
                close(&mut word, &mut words);
            } else if self.stands_alone(c) {
                close(&mut word, &mut words);
                words.push(c.to_string());
            } else {
                word.push(c);
            }
        }
        close(&mut word, &mut words);
        words
    }

    /// Control characters dropped, and what the model's folding says.
    fn folded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let Folding { lower_case, strip_accents, .. } = self.folding;
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')) {
            return if lower_case { Cow::Owned(text.to_ascii_lowercase()) } else { Cow::Borrowed(text) };
        }
        let mut kept: String = text.chars().filter(|c| !self.is_dropped(*c)).collect();
        if strip_accents {
            kept = kept.nfd().filter(|c| !self.is_mark(*c)).collect();
        }
        Cow::Owned(if lower_case { kept.chars().flat_map(char::to_lowercase).collect() } else { kept })
    }

    fn is_dropped(&self, c: char) -> bool {
        match c {
            '\t' | '\n' | '\r' => false,
            '\u{fffd}' => true,
            c if c.is_ascii() => c.is_ascii_control(),
            c => is(&self.dropped, c),
        }
    }

    fn is_mark(&self, c: char) -> bool {
        !c.is_ascii() && is(&self.marks, c)
    }

    fn stands_alone(&self, c: char) -> bool {
        if c.is_ascii() {
            c.is_ascii_punctuation()
        } else {
            (self.folding.split_ideographs && is_cjk(c)) || is(&self.punctuation, c)
        }
    }

    fn cut(&self, word: &str, numbers: &mut Vec<u32>) {
        if word.chars().count() > LONGEST_WORD {
            numbers.push(self.unknown);
            return;
        }
        let before = numbers.len();
        let mut rest = word;
        let mut candidate = String::new();
        while !rest.is_empty() {
            let prefix = if rest.len() == word.len() { "" } else { "##" };
            let Some((number, length)) = self.longest_piece(prefix, rest, &mut candidate) else {
                numbers.truncate(before);
                numbers.push(self.unknown);
                return;
            };
            numbers.push(number);
            rest = &rest[length..];
        }
    }

    /// The longest piece that the text starts with: its number, and how many bytes of the text it takes.
    fn longest_piece(&self, prefix: &str, text: &str, candidate: &mut String) -> Option<(u32, usize)> {
        let mut end = text.floor_char_boundary(self.longest.min(text.len()));
        while end > 0 {
            candidate.clear();
            candidate.push_str(prefix);
            candidate.push_str(&text[..end]);
            if let Some(number) = self.pieces.get(candidate.as_str()) {
                return Some((*number, end));
            }
            end = text.floor_char_boundary(end - 1);
        }
        None
    }
}

fn is(class: &Regex, c: char) -> bool {
    class.is_match(c.encode_utf8(&mut [0; 4]))
}

/// The blocks of CJK ideographs, as the reference lists them; each ideograph is a word.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{2a6df}' | '\u{2a700}'..='\u{2b73f}'
        | '\u{2b740}'..='\u{2b81f}' | '\u{2b820}'..='\u{2ceaf}' | '\u{f900}'..='\u{faff}' | '\u{2f800}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests;
