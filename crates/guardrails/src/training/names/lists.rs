//! The word lists: read from their files, and made into the gazetteer together with the common words of the labelled folder.

use crate::guard::names::gazetteer::{Gazetteer, class};
use crate::guard::names::tokens::{Kind, Shape, cut, word_hash};
use std::collections::BTreeMap;

const FIRST: &str = include_str!("first_names.txt");
const LAST: &str = include_str!("last_names.txt");
const PLACES: &str = include_str!("places.txt");
const WORDS: &str = include_str!("words.txt");

/// A first name that so many cultures share is a frequent one.
const SHARED_BY: usize = 5;
/// So many of the census's last names count as frequent.
const FREQUENT: usize = 2500;

pub(super) struct Culture {
    pub(super) first: Vec<&'static str>,
    pub(super) last: Vec<&'static str>,
}

/// All lists, as written.
pub(super) struct Lists {
    pub(super) cultures: Vec<Culture>,
    pub(super) cities: Vec<&'static str>,
    pub(super) countries: Vec<&'static str>,
    pub(super) states: Vec<&'static str>,
    pub(super) jobs: Vec<&'static str>,
    pub(super) titles: Vec<&'static str>,
}

/// The lines of a list: their first word, and the rest.
fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
}

impl Lists {
    pub(super) fn read() -> Self {
        let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
        let mut cultures: BTreeMap<&str, Culture> = BTreeMap::new();
        let census = lines(LAST).find(|(name, _)| *name == "us_census").map_or_else(Vec::new, |(_, line)| words(line));
        for (name, line) in lines(FIRST) {
            cultures.insert(name, Culture { first: words(line), last: Vec::new() });
        }
        for (name, line) in lines(LAST) {
            if let Some(culture) = cultures.get_mut(name) {
                culture.last = words(line);
            }
        }
        if let Some(english) = cultures.get_mut("en_US") {
            english.last = census;
        }
        let named = |wanted: &[&str]| -> Vec<&'static str> {
            lines(PLACES).filter(|(name, _)| wanted.contains(name)).flat_map(|(_, line)| line.split('|')).collect()
        };
        let cities = lines(PLACES).filter(|(name, _)| name.len() == 2).flat_map(|(_, line)| line.split('|')).collect();
        let kind = |wanted: &str| {
            lines(WORDS).find(|(name, _)| *name == wanted).map_or_else(Vec::new, |(_, line)| words(line))
        };
        let complete = |culture: &Culture| !culture.first.is_empty() && !culture.last.is_empty();
        Self {
            cultures: cultures.into_values().filter(complete).collect(),
            cities,
            countries: named(&["country", "region"]),
            states: named(&["state"]),
            jobs: kind("job"),
            titles: kind("title"),
        }
    }
}

/// How often a word stands in lower case and, inside sentences, capitalised.
pub(super) type Frequencies = BTreeMap<String, (u32, u32)>;

/// Counts a text's words.
pub(super) fn count(text: &str, frequencies: &mut Frequencies) {
    for token in cut(text).iter().filter(|token| token.kind == Kind::Word) {
        let (lower, title) = match token.shape {
            Shape::Lower => (1, 0),
            Shape::Title if !token.opens => (0, 1),
            _ => continue,
        };
        let entry = frequencies.entry(text[token.start..token.end].to_lowercase()).or_default();
        entry.0 += lower;
        entry.1 += title;
    }
}

/// Common words, the most frequent first: seen in lower case at least four times, and half as often as capitalised.
pub(super) fn common(frequencies: &Frequencies, most: usize) -> Vec<&str> {
    let mut words: Vec<(&String, u32)> = frequencies
        .iter()
        .filter(|(_, (lower, title))| *lower >= 4 && lower * 2 >= *title)
        .map(|(word, (lower, _))| (word, *lower))
        .collect();
    words.sort_by_key(|(word, times)| (std::cmp::Reverse(*times), *word));
    words.into_iter().take(most).map(|(word, _)| word.as_str()).collect()
}

/// So many of the common words are the most common ones.
const TOP: usize = 600;

/// Names that are far more often function words.
const NO_NAMES: &[&str] = &[
    "the", "in", "an", "so", "do", "to", "he", "she", "my", "me", "no", "on", "or", "by", "be", "we", "us", "can",
    "see",
];

pub(super) fn gazetteer(common: &[&str]) -> Gazetteer {
    let mut words: Vec<(u64, u16)> = Vec::new();
    let mut add = |word: &str, classes: u16| words.push((word_hash(word), classes));
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    for (culture, line) in lines(FIRST) {
        for name in line.split_whitespace() {
            *shared.entry(name).or_default() += if culture == "en_US" { SHARED_BY } else { 1 };
        }
    }
    let is_name = |name: &str| !NO_NAMES.contains(&name.to_lowercase().as_str());
    for (name, times) in shared.into_iter().filter(|(name, _)| is_name(name)) {
        let classes = if times >= SHARED_BY { class::FIRST_TOP | class::FIRST } else { class::FIRST };
        name.split('-').for_each(|part| add(part, classes));
    }
    for (culture, line) in lines(LAST) {
        for (rank, name) in line.split_whitespace().enumerate().filter(|(_, name)| is_name(name)) {
            let frequent = culture == "us_census" && rank < FREQUENT;
            let classes = if frequent { class::LAST_TOP | class::LAST } else { class::LAST };
            name.split('-').for_each(|part| add(part, classes));
        }
    }
    for (group, line) in lines(PLACES) {
        let own = match group {
            "country" | "state" | "region" => class::COUNTRY,
            "abbreviation" => continue,
            _ => class::CITY,
        };
        for place in line.split('|') {
            let parts: Vec<&str> = place.split([' ', '-', '.']).filter(|part| part.len() > 2).collect();
            let classes = if parts.len() == 1 { own } else { class::PLACE_PART | own & class::COUNTRY };
            parts.iter().filter(|part| is_name(part)).for_each(|part| add(part, classes));
        }
    }
    for (group, line) in lines(WORDS) {
        let classes = match group {
            "title" => class::TITLE,
            "street" => class::STREET,
            "organisation" => class::ORGANISATION,
            "calendar" => class::CALENDAR,
            "nation" => class::NATION,
            "job" => class::JOB,
            _ => class::CUE,
        };
        line.split_whitespace().for_each(|word| add(word, classes));
    }
    for (rank, word) in common.iter().enumerate() {
        add(word, if rank < TOP { class::COMMON_TOP | class::COMMON } else { class::COMMON });
    }
    Gazetteer::build(&words)
}
