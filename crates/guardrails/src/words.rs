//! Words as the grounding guard compares them: lower case, stemmed, with numbers in one notation. Scripts without
//! blanks between words are compared character by character.

use rust_stemmers::{Algorithm, Stemmer};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::LazyLock;

mod numbers;

/// What a word is, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Carries meaning.
    Content,
    /// `the`, `of`: says nothing about what a sentence is about.
    Function,
    /// Digits or a number word, in one notation.
    Number,
    /// Written with a capital within a sentence, or letters and digits mixed: stands for itself and has no synonym.
    Name,
    /// Turns a statement around.
    Negation,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The form that is compared.
    pub(crate) stem: Rc<str>,
    pub(crate) kind: Kind,
}

/// A word where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) word: Word,
    /// Words of one stem have one number within a [`Lexicon`].
    pub(crate) id: u32,
    /// Written with a capital letter, also where it begins the sentence.
    pub(crate) capital: bool,
    /// Bytes of the sentence.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

static FUNCTION_WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let english = "a an the this that these those of in on at by for with from to into onto as is are was were be been being am \
        and or but if then than so because while when where who whom whose which what how why it its he she they them his her \
        their our your my we you i me him us do does did done doing have has had having will would shall should can could may \
        might must there here also just only very too such any some each both all more most other another same own about \
        over under again further once during before after above below up down out off through between against s t d ll re ve \
        m yes well please however therefore thus hence really actually one's itself himself herself themselves";
    let others = "der die das den dem des ein eine einen einem einer und oder aber ist sind war waren im am zu zum zur von mit \
        auf für le la les un une des du de et ou est sont dans pour par sur au aux ce cette el los las una y o es son en por \
        para con del al il lo gli e di che è sono um uma os as do da dos das em het een van";
    english.split_whitespace().chain(others.split_whitespace()).collect()
});

const NEGATIONS: &[&str] = &[
    "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without", "n't", "nicht", "kein",
    "keine", "keinen", "nie", "ohne", "pas", "jamais", "aucun", "aucune", "sin", "nunca", "non", "niet", "geen", "nie",
    "не", "нет",
];

const NUMBER_WORDS: &[(&str, &str)] = &[
    ("zero", "0"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("eleven", "11"),
    ("twelve", "12"),
    ("thirteen", "13"),
    ("fourteen", "14"),
    ("fifteen", "15"),
    ("sixteen", "16"),
    ("seventeen", "17"),
    ("eighteen", "18"),
    ("nineteen", "19"),
    ("twenty", "20"),
    ("thirty", "30"),
    ("forty", "40"),
    ("fifty", "50"),
    ("sixty", "60"),
    ("seventy", "70"),
    ("eighty", "80"),
    ("ninety", "90"),
    ("hundred", "100"),
    ("thousand", "1000"),
    ("first", "1"),
    ("second", "2"),
    ("third", "3"),
];

/// Words as they are written, and whether they begin a sentence, with what they are. A text says most of its words more
/// than once, and stemming one costs much more than looking it up.
#[derive(Default)]
pub(crate) struct Lexicon<'a> {
    known: HashMap<(&'a str, bool), (Word, u32)>,
    ids: HashMap<Rc<str>, u32>,
}

impl<'a> Lexicon<'a> {
    /// The words of a sentence in order. Citation markers such as `[1]` are left out.
    pub(crate) fn words(&mut self, sentence: &'a str) -> Vec<Word> {
        self.placed(sentence).into_iter().map(|placed| placed.word).collect()
    }

    /// The words of a sentence in order, each with its place. Numbers of several words (`1.2 million`, `3 pm`) are one.
    pub(crate) fn placed(&mut self, sentence: &'a str) -> Vec<Placed> {
        let mut found: Vec<Placed> = Vec::with_capacity(sentence.len() / 6 + 1);
        for (start, raw) in raw_words(sentence) {
            let begins = found.is_empty();
            let (word, id) = match self.known.get(&(raw, begins)) {
                Some((word, id)) => (word.clone(), *id),
                None => self.learn(raw, begins),
            };
            let end = start + raw.len();
            if let Some(last) = found.last_mut()
                && let Some(joined) = numbers::joined(&last.word, &sentence[last.end..start], &word, raw)
            {
                last.id = self.number_of(&joined);
                last.word = Word { stem: joined, kind: Kind::Number };
                last.end = end;
                continue;
            }
            found.push(Placed { word, id, capital: raw.starts_with(char::is_uppercase), start, end });
        }
        found
    }

    /// The number of a stem that was seen; `None` for any other.
    pub(crate) fn seen(&self, stem: &str) -> Option<u32> {
        self.ids.get(stem).copied()
    }

    fn learn(&mut self, raw: &'a str, begins: bool) -> (Word, u32) {
        let word = classify(raw, begins);
        let id = self.number_of(&word.stem);
        self.known.insert((raw, begins), (word.clone(), id));
        (word, id)
    }

    fn number_of(&mut self, stem: &Rc<str>) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(Rc::clone(stem)).or_insert(next)
    }
}

/// Every word with the byte at which it begins.
fn raw_words(sentence: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = sentence;
    while let Some(at) = rest.find(|character: char| character.is_alphanumeric()) {
        if let Some(marker) = marker_length(rest, at) {
            rest = &rest[at + marker..];
            continue;
        }
        let raw = word_at(&rest[at..]);
        found.push((sentence.len() - rest.len() + at, raw));
        rest = &rest[at + raw.len()..];
    }
    found
}

/// Length of `1]` when `[` precedes it.
fn marker_length(rest: &str, at: usize) -> Option<usize> {
    let body = rest[..at].ends_with('[').then(|| &rest.as_bytes()[at..])?;
    // Only the next few bytes: looking for the bracket in all of a long sentence, word by word, takes quadratic time.
    let close = body.iter().take(4).position(|byte| *byte == b']').filter(|close| *close > 0)?;
    body[..close].iter().all(u8::is_ascii_digit).then_some(close + 1)
}

/// The word at the beginning of `rest`: letters and digits, with signs that hold a word or number together.
fn word_at(rest: &str) -> &str {
    let mut end = 0;
    let mut previous = ' ';
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map_or(' ', |(_, next)| *next);
        if is_written_without_blanks(character) {
            return if at == 0 { &rest[..character.len_utf8()] } else { &rest[..at] };
        }
        let holds = match character {
            '.' | ',' => previous.is_ascii_digit() && next.is_ascii_digit(),
            '\'' | '’' => previous.is_alphabetic() && next.is_alphabetic(),
            ':' => numbers::is_time(&rest[..at], &rest[at + 1..]),
            '_' => true,
            _ => false,
        };
        if !character.is_alphanumeric() && !holds {
            break;
        }
        end = at + character.len_utf8();
        previous = character;
    }
    &rest[..end.max(rest.chars().next().map_or(0, char::len_utf8))]
}

fn is_written_without_blanks(character: char) -> bool {
    matches!(character, '\u{0E00}'..='\u{0EFF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

/// Bytes of the longest word that is stemmed. The stemmer copies a word for each of its changes, which takes quadratic
/// time on a run of letters as long as a document.
const LONGEST_STEMMED: usize = 128;

fn classify(raw: &str, begins: bool) -> Word {
    let word = classify_form(raw, begins);
    if word.stem.ends_with("n't") { Word { stem: "not".into(), kind: Kind::Negation } } else { word }
}

fn classify_form(raw: &str, begins: bool) -> Word {
    let lower = raw.to_lowercase().replace('’', "'");
    if lower.starts_with(|character: char| character.is_ascii_digit()) && !lower.contains('_') {
        return numbers::number_or_name(&lower);
    }
    if NEGATIONS.contains(&lower.as_str()) || lower.ends_with("n't") {
        return Word { stem: "not".into(), kind: Kind::Negation };
    }
    if let Some((_, digits)) = NUMBER_WORDS.iter().find(|(word, _)| *word == lower) {
        return Word { stem: (*digits).into(), kind: Kind::Number };
    }
    let lower = lower.strip_suffix("'s").unwrap_or(&lower).to_owned();
    if FUNCTION_WORDS.contains(lower.as_str())
        || lower.split('\'').next().is_some_and(|part| part != lower && FUNCTION_WORDS.contains(part))
    {
        return Word { stem: lower.into(), kind: Kind::Function };
    }
    let mixed = lower.bytes().any(|byte| byte.is_ascii_digit() || byte == b'_');
    let capital = !begins && raw.starts_with(char::is_uppercase);
    let kind = if mixed || capital { Kind::Name } else { Kind::Content };
    let stem = if mixed || lower.len() > LONGEST_STEMMED { lower.into() } else { STEMMER.stem(&lower).into() };
    Word { stem, kind }
}

#[cfg(test)]
mod tests;
