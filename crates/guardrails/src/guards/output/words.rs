//! Words and phrases that no answer may hold.

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes of text before a stretch that are looked at with it, so that a phrase over its edge is seen. A longer phrase is
/// found where it lies within one sentence.
const OVERLAP: usize = 256;

#[derive(Clone, Debug)]
pub(crate) struct Forbidden {
    phrases: AhoCorasick,
}

impl Forbidden {
    /// `None` without phrases.
    pub(crate) fn of(phrases: &[String]) -> Option<Self> {
        let written: Vec<String> =
            phrases.iter().map(|phrase| folded(phrase)).filter(|phrase| !phrase.is_empty()).collect();
        if written.is_empty() {
            return None;
        }
        let phrases = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(written).ok()?;
        Some(Self { phrases })
    }

    /// Whether a phrase stands in a stretch of text as whole words; `before` is the text that precedes it.
    pub(crate) fn stands_in(&self, before: &str, text: &str) -> bool {
        let from = before.ceil_char_boundary(before.len().saturating_sub(OVERLAP));
        let looked_at = folded(&format!("{}{text}", &before[from..]));
        let is_letter = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        self.phrases.find_iter(&looked_at).any(|found| {
            !is_letter(looked_at[..found.start()].chars().next_back())
                && !is_letter(looked_at[found.end()..].chars().next())
        })
    }
}

/// Lower case, each run of blanks one blank, nothing invisible.
fn folded(text: &str) -> String {
    let (plain, _) = crate::normalise::plain(text);
    let mut folded = String::with_capacity(plain.text.len());
    for word in plain.text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}
