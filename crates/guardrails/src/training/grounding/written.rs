//! Sentences that are known to be supported or not, because they were made so: taken from a context as they are or cut
//! down, or with one number, name, negation, opposite or other word changed, or taken from another document. Everything is
//! drawn from one seed.

use super::examples::{Example, Labelled, Row, family, passage};
use super::fit::FOLDS;
use crate::guard::grounding::opposites;
use crate::sentences::sentences;
use statistics::{Random, digest, fold_of};
use std::collections::{BTreeMap, HashMap};

const SEED: u64 = 20;
/// Sentences of a context that something is made of.
const PER_CONTEXT: usize = 3;
/// Bytes of a sentence that is used.
const LENGTHS: std::ops::Range<usize> = 30..260;

const LEADS: &[&str] = &["", "", "", "According to the text, ", "Yes, ", "The document says that "];
const VERBS: &[&str] = &["is", "was", "are", "were", "can", "will", "has", "have", "does", "did", "should", "must"];

struct Writer<'a> {
    random: Random,
    contexts: Vec<&'a Row>,
    opposites: HashMap<&'static str, &'static str>,
    names: Vec<&'a str>,
    words: Vec<&'a str>,
}

pub(super) fn write(rows: &[Row]) -> Vec<Example> {
    let mut different: BTreeMap<&str, &Row> = BTreeMap::new();
    rows.iter().for_each(|row| {
        different.entry(&row.context).or_insert(row);
    });
    let contexts: Vec<&Row> = different.into_values().collect();
    let all_words = || contexts.iter().flat_map(|row| row.context.split_whitespace().skip(1));
    let plain = |word: &&str| word.len() > 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let names = all_words().filter(plain).filter(|word| word.starts_with(char::is_uppercase)).step_by(7).collect();
    let words = all_words().filter(plain).filter(|word| word.starts_with(char::is_lowercase)).step_by(31).collect();
    let both = opposites().flat_map(|(one, other)| [(one, other), (other, one)]);
    let mut writer =
        Writer { random: Random::new(SEED), contexts: contexts.clone(), opposites: both.collect(), names, words };
    contexts.iter().flat_map(|row| writer.of_context(row)).collect()
}

impl Writer<'_> {
    fn of_context(&mut self, row: &Row) -> Vec<Example> {
        let mut usable: Vec<&str> =
            sentences(&row.context).iter().map(|sentence| sentence.text).filter(|text| usable(text)).collect();
        self.random.shuffle(&mut usable);
        let mut passages = vec![passage(&row.context)];
        // Half of them among other passages, as answers of a search are.
        if self.random.below(2) == 0 {
            for _ in 0..3 {
                let other = self.random.one_of(&self.contexts).expect("there are contexts");
                passages.push(passage(other.context.get(..1500).unwrap_or(&other.context)));
            }
            self.random.shuffle(&mut passages);
        }
        let mut made = Vec::new();
        for text in usable.into_iter().take(PER_CONTEXT) {
            let text = text.trim_end_matches(['.', ' ']);
            let kept = self.kept(text);
            let mut changed = vec![(self.dressed(&kept), false)];
            if let Some(spoilt) = self.spoilt(&kept) {
                changed.push((self.dressed(&spoilt), true));
            }
            for (answer, bad) in changed {
                let labelled = Labelled { question: None, answer: &answer, passages: &passages, bad, spans: &[] };
                made.push(Example {
                    family: "written".to_owned(),
                    source: "written".to_owned(),
                    origin: family(&row.source),
                    shape: "",
                    fold: fold_of(&row.context, FOLDS),
                    document: digest(&row.context),
                    label: bad,
                    weight: 1.0,
                    sentences: labelled.sentences(),
                });
            }
        }
        made
    }

    /// As it is, or without what stands before or behind a comma, or without an adverb.
    fn kept(&mut self, text: &str) -> String {
        let mut body = text;
        match self.random.below(4) {
            0 => body = text.split_once(", ").map_or(text, |(_, rest)| rest),
            1 => body = text.rsplit_once(", ").map_or(text, |(rest, _)| rest),
            _ => {}
        }
        let body = if body.len() < LENGTHS.start { text } else { body };
        if self.random.below(3) == 0 { without_one(body, self.random.below(2)) } else { body.to_owned() }
    }

    /// With a lead, a marker or in lower case: none of them says whether it is supported.
    fn dressed(&mut self, text: &str) -> String {
        let body = if self.random.below(4) == 0 { text.to_lowercase() } else { text.to_owned() };
        let lead = self.random.one_of(LEADS).expect("there are leads");
        let marker = if self.random.below(3) == 0 { " [1]." } else { "." };
        format!("{lead}{body}{marker}")
    }

    /// With one thing changed; `None` where there is nothing of the kind that was drawn.
    fn spoilt(&mut self, text: &str) -> Option<String> {
        let kinds = ["number", "name", "negation", "opposite", "word", "foreign", "inserted"];
        let kind = *self.random.one_of(&kinds)?;
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        let places: Vec<usize> = (1..words.len()).filter(|at| self.fits(kind, &words[*at])).collect();
        match kind {
            "foreign" => {
                let other = self.random.one_of(&self.contexts)?;
                let sentence =
                    sentences(&other.context).iter().map(|sentence| sentence.text).find(|text| usable(text))?;
                return Some(sentence.trim_end_matches(['.', ' ']).to_owned());
            }
            "negation" => {
                if let Some(at) = words.iter().position(|word| matches!(word.as_str(), "not" | "never")) {
                    words.remove(at);
                } else {
                    let at = *self.random.one_of(&places)?;
                    words.insert(at + 1, "not".to_owned());
                }
                return Some(words.join(" "));
            }
            _ => {}
        }
        let at = *self.random.one_of(&places)?;
        let tail: String = words[at].chars().rev().take_while(|c| !c.is_alphanumeric()).collect();
        let bare = words[at].trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        let new = match kind {
            "number" => {
                let value: u64 = bare.parse().ok()?;
                let step = 1 + self.random.below(9) as u64;
                if value > 20 && self.random.below(2) == 0 { value - step } else { value + step }.to_string()
            }
            "name" => (*self.random.one_of(&self.names)?).to_owned(),
            "opposite" => self.opposites.get(bare.as_str()).map(|word| (*word).to_owned())?,
            "inserted" => format!("{} {bare}", self.random.one_of(&self.words)?),
            _ => (*self.random.one_of(&self.words)?).to_owned(),
        };
        if new == bare {
            return None;
        }
        words[at] = new + &tail;
        Some(words.join(" "))
    }

    /// Whether a word can be changed in this way.
    fn fits(&self, kind: &str, word: &str) -> bool {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        match kind {
            "number" => bare.len() < 9 && bare.parse::<u64>().is_ok(),
            "name" => bare.len() > 3 && bare.starts_with(char::is_uppercase),
            "negation" => VERBS.contains(&word),
            "opposite" => self.opposites.contains_key(bare),
            _ => bare.len() > 4 && bare.bytes().all(|byte| byte.is_ascii_lowercase()),
        }
    }
}

fn usable(text: &str) -> bool {
    LENGTHS.contains(&text.len()) && text.split(' ').count() >= 5 && !text.ends_with('?')
}

/// Without an adjective-like word: the given one of the short words that end as adverbs do.
fn without_one(text: &str, which: usize) -> String {
    let adverb = |word: &&str| word.ends_with("ly") && word.len() > 4;
    let Some(gone) = text.split(' ').filter(adverb).nth(which) else { return text.to_owned() };
    text.split(' ').filter(|word| *word != gone).collect::<Vec<_>>().join(" ")
}
