//! A question cut into words, each of a class: what may differ between two questions with one answer, what must not,
//! and what a learned weight decides.
//!
//! Words are those of Unicode's text segmentation (UAX 29), without case, accents and compatibility forms. A number is
//! parted from its unit (`8am` is `8` and `am`), number words and digits are one, contractions are written out.

use std::collections::HashMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Questions with more words are never judged the same: too much can hide in them.
const MOST_WORDS: usize = 64;

/// Longer texts, in bytes, are not read at all.
const MOST_BYTES: usize = 1_024;

/// What a word does in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// What duplicates are free in: prepositions, auxiliaries, the speaker, `way`, `tip`. A learned weight tells how free.
    Function,
    /// `how`, `why`, `when`.
    Asking,
    /// `before`, `more`, `from`, `only`, `still`: stands between things or times, and turns an answer round.
    Relation,
    /// `and`, `most`, `ever`: one more or less is for the trees to weigh, one for the other is not.
    Nuance,
    Negation,
    Number,
    /// A third person, by sex: `he`, `she`.
    Person,
    Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, plural taken off.
    pub(super) text: String,
    /// By Snowball's English stemmer: equal for forms of one word, and sometimes for more than that.
    pub(super) stem: String,
    pub(super) class: Class,
    /// Written like a name: with a capital, and not merely because a sentence begins.
    pub(super) is_name: bool,
}

/// What of a question is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub(super) words: Vec<Word>,
    /// Signs that change a meaning (`+`, `%`, `€`), sorted.
    pub(super) signs: Vec<char>,
    /// Sentences, by their final marks.
    pub(super) sentences: usize,
}

impl Question {
    /// `None` for a text that is too long to be judged, or that has no word to judge by.
    pub fn read(text: &str) -> Option<Self> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let plain: String = text.nfkd().filter(|letter| !is_combining_mark(*letter)).collect();
        let plain = plain.replace(['\u{2019}', '\u{2018}', '`'], "'");
        let mut words = Vec::new();
        let mut begins = true;
        let written: Vec<&str> = plain.split_word_bounds().filter(|piece| !piece.trim().is_empty()).collect();
        let alphabetic = |piece: &&&str| piece.starts_with(char::is_alphabetic);
        let capitals = written.iter().filter(alphabetic).filter(|piece| piece.starts_with(char::is_uppercase)).count();
        // A headline writes every word with a capital: then none of them tells a name.
        let headline = 2 * capitals > written.iter().filter(alphabetic).count() && capitals > 4;
        for (at, piece) in written.iter().enumerate() {
            if piece.starts_with(char::is_alphanumeric) {
                if piece.eq_ignore_ascii_case("to") {
                    end_of_habit(&mut words);
                }
                let minus = at > 0 && written[at - 1] == "-" && plain.contains(&format!(" -{piece}"));
                let is_name = piece.starts_with(char::is_uppercase)
                    && !headline
                    && (!begins || piece.chars().skip(1).any(char::is_uppercase));
                read_word(piece, is_name, minus, &mut words);
                begins = false;
            } else if matches!(*piece, "." | "?" | "!" | ":" | "\"") {
                begins = true;
            }
        }
        let mut signs: Vec<char> = plain.chars().filter(|sign| "+%$€£¥₹#=<>*/^&@~|\\°".contains(*sign)).collect();
        signs.sort_unstable();
        let sentences = written.iter().filter(|piece| matches!(**piece, "." | "?" | "!")).count();
        (!words.is_empty() && words.len() <= MOST_WORDS).then_some(Self { words, signs, sentences })
    }

    pub(super) fn of_class(&self, class: Class) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(move |word| word.class == class)
    }
}

/// `use to` and `used to` speak of a past that is over: another question than the present.
fn end_of_habit(words: &mut [Word]) {
    if let Some(last) = words.last_mut().filter(|last| matches!(last.text.as_str(), "use" | "used")) {
        last.class = Class::Relation;
        last.text = "used to".to_owned();
    }
}

/// Adds a written word: nothing for a filler, several for a contraction or for a number with its unit.
fn read_word(written: &str, is_name: bool, minus: bool, words: &mut Vec<Word>) {
    let lower = written.to_lowercase();
    if let Some(parts) = CONTRACTIONS.iter().find(|(short, _)| *short == lower).map(|(_, parts)| *parts) {
        return parts.split(' ').for_each(|part| add(part, false, words));
    }
    if let Some(verb) = lower.strip_suffix("n't") {
        add(verb, is_name, words);
        return add("not", false, words);
    }
    let lower = lower.split('\'').next().unwrap_or_default();
    if lower.starts_with(|letter: char| letter.is_ascii_digit()) {
        let end = lower.find(|letter: char| !(letter.is_ascii_digit() || ",.".contains(letter))).unwrap_or(lower.len());
        let (number, unit) = lower.split_at(end);
        let number = number.replace(',', "");
        let sign = if minus { "-" } else { "" };
        // An ordinal is another number than its cardinal.
        let ordinal = matches!(unit, "st" | "nd" | "rd" | "th");
        add_as(format!("{sign}{number}{}", if ordinal { "th" } else { "" }), Class::Number, false, words);
        if !unit.is_empty() && !ordinal {
            add(unit, false, words);
        }
    } else {
        add(lower, is_name, words);
    }
}

fn add(text: &str, is_name: bool, words: &mut Vec<Word>) {
    // After a number, a unit is a part of it: five kilograms are not five grams, and `8 am` is no form of `to be`.
    if words.last().is_some_and(|last| last.class == Class::Number) && UNITS.contains(&without_plural(text).as_str()) {
        return add_as(without_plural(text), Class::Number, false, words);
    }
    match KNOWN.get(text) {
        Some(Known::Filler) => {}
        Some(Known::As(class, standing_for)) => add_as((*standing_for).to_owned(), *class, false, words),
        None => add_as(without_plural(text), Class::Content, is_name, words),
    }
}

fn add_as(text: String, class: Class, is_name: bool, words: &mut Vec<Word>) {
    let stem = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English).stem(&text).into_owned();
    words.push(Word { text, stem, class, is_name });
}

/// The S stemmer (D. Harman, JASIS 42 (1991) 7): takes off a plural and nothing else.
fn without_plural(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if word.len() > 4 && word.ends_with("ies") && !ends(&["eies", "aies"]) {
        format!("{}y", &word[..word.len() - 3])
    } else if word.len() > 3 && word.ends_with('s') && !ends(&["us", "ss", "is"]) {
        word[..word.len() - 1].to_owned()
    } else {
        word.to_owned()
    }
}

const UNITS: &[&str] = &[
    "am",
    "pm",
    "mg",
    "g",
    "gram",
    "kg",
    "kilo",
    "kilogram",
    "lb",
    "pound",
    "ounce",
    "oz",
    "ton",
    "mm",
    "cm",
    "m",
    "meter",
    "metre",
    "km",
    "kilometer",
    "kilometre",
    "inch",
    "inche",
    "foot",
    "feet",
    "mile",
    "ml",
    "l",
    "liter",
    "litre",
    "gallon",
    "second",
    "sec",
    "minute",
    "min",
    "hour",
    "day",
    "week",
    "month",
    "year",
    "kb",
    "mb",
    "gb",
    "tb",
    "k",
    "percent",
    "dollar",
    "euro",
    "cent",
    "rupee",
    "watt",
    "kwh",
    "volt",
    "degree",
    "celsius",
    "fahrenheit",
];

enum Known {
    Filler,
    /// A class, and the word that it is written as.
    As(Class, &'static str),
}

static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    known.extend(FILLERS.split(' ').map(|word| (word, Known::Filler)));
    let classes = [
        (FUNCTION, Class::Function),
        (ASKING, Class::Asking),
        (RELATIONS, Class::Relation),
        (NUANCES, Class::Nuance),
        (NEGATIONS, Class::Negation),
    ];
    for (list, class) in classes {
        known.extend(list.split(' ').map(|word| (word, Known::As(class, word))));
    }
    let persons = [("he him his himself", "he"), ("she her hers herself", "she")];
    for (forms, person) in persons {
        known.extend(forms.split(' ').map(|word| (word, Known::As(Class::Person, person))));
    }
    for (value, names) in NUMBERS {
        known.extend(names.split(' ').map(|name| (name, Known::As(Class::Number, value))));
    }
    known
});

const FILLERS: &str = "a an the please kindly just really actually indeed truly very so quite exactly";

const FUNCTION: &str = "i you we me us my your our one it its this that these those there is are am be been being was \
     were do does did done has have had can could will would shall should may might must to of in on at for with as \
     into about any some here also too them they their someone somebody anyone anybody people way thing kind sort tip trick step idea \
     method possible";

const ASKING: &str = "what which how who whom whose when where why";

const RELATIONS: &str = "before after until till since between from by than under over above below beyond more \
     less fewer least only except without against instead unless versus vs per \
     becoming still already yet again anymore always often sometimes usually rarely seldom \
     last next previous today yesterday tomorrow";

const NUANCES: &str = "and or both either if most ever while during within";

const NEGATIONS: &str = "not no never none nobody nothing nowhere neither nor cannot";

const CONTRACTIONS: &[(&str, &str)] = &[
    ("what's", "what is"),
    ("how's", "how is"),
    ("who's", "who is"),
    ("where's", "where is"),
    ("when's", "when is"),
    ("why's", "why is"),
    ("that's", "that is"),
    ("it's", "it is"),
    ("there's", "there is"),
    ("he's", "he is"),
    ("she's", "she is"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("won't", "will not"),
    ("i'm", "i am"),
    ("i've", "i have"),
    ("i'd", "i would"),
    ("i'll", "i will"),
    ("you're", "you are"),
    ("we're", "we are"),
    ("they're", "they are"),
];

const NUMBERS: &[(&str, &str)] = &[
    ("0", "zero"),
    ("2", "two"),
    ("3", "three"),
    ("4", "four"),
    ("5", "five"),
    ("6", "six"),
    ("7", "seven"),
    ("8", "eight"),
    ("9", "nine"),
    ("10", "ten"),
    ("11", "eleven"),
    ("12", "twelve"),
    ("13", "thirteen"),
    ("14", "fourteen"),
    ("15", "fifteen"),
    ("16", "sixteen"),
    ("17", "seventeen"),
    ("18", "eighteen"),
    ("19", "nineteen"),
    ("20", "twenty"),
    ("30", "thirty"),
    ("40", "forty"),
    ("50", "fifty"),
    ("60", "sixty"),
    ("70", "seventy"),
    ("80", "eighty"),
    ("90", "ninety"),
    ("100", "hundred"),
    ("1000", "thousand"),
    ("million", "million"),
    ("billion", "billion"),
    ("1th", "first"),
    ("2th", "second"),
    ("3th", "third"),
    ("4th", "fourth"),
    ("5th", "fifth"),
    ("0.5", "half"),
    ("twice", "twice double"),
    ("dozen", "dozen"),
];
