//! What a question asks about (its words) and what would answer it (a name, a time, a number, a place, a reason).

use super::words::{Word, Words, is_function_word};

/// More content words than this are not weighed; no question of a person has them.
const MOST_TERMS: usize = 48;

pub(super) struct Question {
    /// Stems of its content words, each once, in order.
    pub(super) terms: Vec<Term>,
    pub(super) expects: Option<Expects>,
}

pub(super) struct Term {
    pub(super) stem: String,
    /// Names and numbers pin a question down more than other words do.
    pub(super) is_specific: bool,
}

/// What kind of thing answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    Name,
    Time,
    Number,
    Money,
    Place,
    Reason,
}

impl Question {
    pub(super) fn read(words: &Words, text: &str) -> Self {
        let read = words.of(text);
        let expects = expects(text, &read);
        let mut terms: Vec<Term> = Vec::new();
        for (at, word) in read.iter().enumerate() {
            // "How long" asks for a length: what answers it need not say "long".
            let measures = at > 0 && read[at - 1].stem == "how" && MEASURES.contains(&word.stem.as_str());
            let known = terms.iter().any(|term| term.stem == word.stem);
            if terms.len() < MOST_TERMS && !known && !measures && !is_function_word(&word.stem) {
                let is_specific = word.has_digit || (at > 0 && word.is_capitalised);
                terms.push(Term { stem: word.stem.clone(), is_specific });
            }
        }
        Self { terms, expects }
    }
}

fn expects(text: &str, words: &[Word]) -> Option<Expects> {
    let lower = text.to_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let opens = |stems: &[&str]| words.iter().take(3).any(|word| stems.contains(&word.stem.as_str()));
    if has(&["how much does", "how much do ", "how much is", "what does it cost", "price of", "cost of", "what fee"]) {
        return Some(Expects::Money);
    }
    if has(&[
        "how many",
        "how much",
        "how long",
        "how old",
        "how far",
        "how tall",
        "how large",
        "percent",
        "what number",
    ]) {
        return Some(Expects::Number);
    }
    if opens(&["when"])
        || has(&[
            "what year",
            "which year",
            "what date",
            "what day",
            "what time",
            "what month",
            "what decad",
            "what centur",
        ])
    {
        return Some(Expects::Time);
    }
    if opens(&["who", "whom", "whose"]) || has(&["what person", "which person", "whose name"]) {
        return Some(Expects::Name);
    }
    if opens(&["where"]) || has(&["what city", "which city", "what countr", "which countr", "what state", "what place"])
    {
        return Some(Expects::Place);
    }
    (opens(&["whi"]) || has(&["what reason", "for what reason"])).then_some(Expects::Reason)
}

const MEASURES: &[&str] =
    &["long", "old", "far", "tall", "big", "larg", "high", "deep", "fast", "quick", "soon", "late", "earli"];

const MONTHS_AND_DAYS: &[&str] = &[
    "januari",
    "februari",
    "march",
    "april",
    "june",
    "juli",
    "august",
    "septemb",
    "octob",
    "novemb",
    "decemb",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "centuri",
    "decad",
    "hour",
    "minut",
    "day",
    "week",
    "month",
    "year",
    "noon",
    "midnight",
];

const NUMBER_WORDS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelv", "dozen",
    "twenti", "thirti", "forti", "fifti", "sixti", "hundr", "hundred", "thousand", "million", "billion", "half",
    "third", "quarter", "twice", "singl", "doubl", "no", "none", "zero",
];

const REASONS: &[&str] =
    &["becaus", "sinc", "therefor", "due", "reason", "caus", "result", "thus", "prevent", "avoid", "lest"];

impl Expects {
    /// Whether these words of a passage hold such a thing beyond what the question itself says. `text` is the unit's.
    pub(super) fn is_met_by(self, text: &str, words: &[Word], asked: &dyn Fn(&str) -> bool) -> bool {
        let new = |word: &&Word| !asked(&word.stem);
        let any = |list: &[&str]| words.iter().filter(new).any(|word| list.contains(&word.stem.as_str()));
        let digits = || words.iter().filter(new).any(|word| word.has_digit);
        // The first word of a sentence is capitalised anyway; a second one after it is a name.
        let name = || {
            let is_name = |word: &Word| word.is_capitalised && !asked(&word.stem) && !is_function_word(&word.stem);
            words.iter().enumerate().any(|(at, word)| is_name(word) && (at > 0 || words.get(1).is_some_and(is_name)))
        };
        match self {
            Self::Name | Self::Place => name(),
            Self::Time => {
                any(MONTHS_AND_DAYS) || words.iter().filter(new).any(|word| word.has_digit && word.stem.len() == 4)
            }
            Self::Number => digits() || any(NUMBER_WORDS),
            Self::Money => text.contains(['$', '€', '£']) || any(&["usd", "eur", "dollar", "euro", "pound", "free"]),
            Self::Reason => any(REASONS) || text.contains(" to "),
        }
    }
}
