//! The words around a value that say what it is: "phone", "Steuer-ID", "order". One Aho–Corasick pass finds all of them,
//! whole words only, so that "lic" in "public" says nothing; a rule then asks what stands near its candidate.

use super::context_words::WORDS;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A set of meanings, one bit each.
pub(super) type Topics = u128;

/// Gives each topic its bit.
macro_rules! topics {
    ($($name:ident),+ $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u8)]
        enum Bit { $($name),+ }
        $(pub(super) const $name: Topics = 1 << Bit::$name as u8;)+
    };
}

topics!(
    PHONE,
    PHONE_AFTER,
    OTHER,
    UNIT,
    CARD,
    SSN,
    ITIN,
    EIN,
    NPI,
    DEA,
    RECORD,
    PASSPORT,
    LICENCE,
    ROUTING,
    ACCOUNT,
    NINO,
    NHS,
    UTR,
    SORT_CODE,
    POSTCODE,
    DE_TAX,
    DE_CARD,
    FR_NIR,
    FR_SIREN,
    ES_DNI,
    ES_CIF,
    IT_CODE,
    IT_VAT,
    NL_BSN,
    BE_NUMBER,
    PL_PESEL,
    PL_NIP,
    PL_REGON,
    PT_NIF,
    SE_NUMBER,
    FI_CODE,
    DK_CPR,
    AT_SVNR,
    IE_PPS,
    GR_AFM,
    GR_AMKA,
    CZ_NUMBER,
    HU_NUMBER,
    RO_CNP,
    BG_EGN,
    HR_OIB,
    SI_EMSO,
    EE_CODE,
    LT_CODE,
    LV_CODE,
    VAT,
    AADHAAR,
    PAN,
    GSTIN,
    NRIC,
    EMIRATES,
    BIC,
    CRYPTO,
    IMEI,
    VIN,
    BIRTH,
    VERSION,
    DIGIT,
    NATIONAL,
    TAX,
    HOLDER,
);

/// A word or phrase of the tables in the text.
#[derive(Clone, Copy, Debug)]
struct Hit {
    start: usize,
    end: usize,
    topics: Topics,
}

/// The hits of one text, in its order.
#[derive(Debug, Default)]
pub(super) struct Context<'a> {
    text: &'a str,
    hits: Vec<Hit>,
    tables: Vec<Table>,
}

/// Lines with columns, below a line that names them.
#[derive(Debug)]
struct Table {
    start: usize,
    end: usize,
    separator: u8,
    columns: Vec<Topics>,
}

struct Words {
    automaton: AhoCorasick,
    topics: Vec<Topics>,
}

static AUTOMATON: LazyLock<Words> = LazyLock::new(|| {
    let mut merged: BTreeMap<String, Topics> = BTreeMap::new();
    for (topics, words) in WORDS {
        for word in *words {
            *merged.entry((*word).to_owned()).or_default() |= topics;
            if ABBREVIATED.iter().any(|end| word.ends_with(end)) {
                *merged.entry(format!("{word}.")).or_default() |= topics;
            }
            if !word.is_ascii() {
                // The automaton folds the case of ASCII letters only.
                *merged.entry(word.to_uppercase()).or_default() |= topics;
                let first = word.chars().next().map_or(0, char::len_utf8);
                *merged.entry(word[..first].to_uppercase() + &word[first..]).or_default() |= topics;
            }
        }
    }
    let (words, topics): (Vec<String>, Vec<Topics>) = merged.into_iter().unzip();
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("a fixed table of short words");
    Words { automaton, topics }
});

/// Ends of words that a full stop may follow without ending the sentence.
const ABBREVIATED: &[&str] = &[" no", "nr", "tel", "tlf", "ph", "acct", "mob", "geb", "tél", " id", "č"];

/// How far, in bytes, a word may stand before or after a value that it names.
const BEFORE: usize = 56;
const AFTER: usize = 28;

/// The farthest that a line's beginning is looked for, in bytes: longer lines are no table rows of people's data.
const LONGEST_ROW: usize = 512;

impl<'a> Context<'a> {
    /// Time linear in the text: the words that end at one place are few.
    pub(super) fn of(text: &'a str) -> Self {
        let mut hits: Vec<Hit> = Vec::new();
        for found in AUTOMATON.automaton.find_overlapping_iter(text) {
            let (start, end) = (found.start(), found.end());
            let before = text[..start].chars().next_back();
            let after = text[end..].chars().next();
            let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            // A name in code (`phone_number`, `ssn1`) is the word all the same.
            let inside = letter(after) || (letter(before) && text.as_bytes()[start].is_ascii_alphanumeric());
            if !inside {
                hits.push(Hit { start, end, topics: AUTOMATON.topics[found.pattern().as_usize()] });
            }
        }
        let mut context = Self { text, hits, tables: Vec::new() };
        if !context.hits.is_empty() {
            context.find_tables();
        }
        context
    }

    /// Whether a word of one of these topics stands near: before the value, or closely after it. A word of another topic that
    /// directly names the value ("EIN: 12-3456789") takes it away from words farther off.
    pub(super) fn names(&self, topics: Topics, start: usize, end: usize) -> bool {
        let label = self.label(start);
        if label & topics != 0 {
            return true;
        }
        if label & !(PHONE_AFTER | UNIT | DIGIT) != 0 {
            return false;
        }
        self.before(start, BEFORE) & topics != 0 || self.after(end, AFTER) & topics != 0
    }

    /// The topics of the words within `reach` bytes before a place.
    pub(super) fn before(&self, start: usize, reach: usize) -> Topics {
        let from = start.saturating_sub(reach);
        let last = self.hits.partition_point(|hit| hit.end <= start);
        let near = self.hits[..last].iter().rev().take_while(|hit| hit.end >= from);
        near.filter(|hit| hit.start >= from).fold(0, |topics, hit| topics | hit.topics)
    }

    /// The topics of the words within `reach` bytes after a place, on its line.
    pub(super) fn after(&self, end: usize, reach: usize) -> Topics {
        let first = self.hits.partition_point(|hit| hit.end <= end);
        let near = self.hits[first..].iter().take_while(|hit| hit.end <= end + reach + 24 && hit.start <= end + reach);
        let line = |hit: &&Hit| hit.start >= end && !self.text.as_bytes()[end..hit.start].contains(&b'\n');
        near.filter(line).fold(0, |topics, hit| topics | hit.topics)
    }

    /// The topics of the word that names what begins at `start`: nothing but filling ("number is", `": "`) stands between
    /// them. Longer names win ("bank account" before "account"). A table's heading names what stands below it.
    pub(super) fn label(&self, start: usize) -> Topics {
        let last = self.hits.partition_point(|hit| hit.end <= start);
        let mut named: Option<(usize, Topics)> = None;
        for hit in self.hits[..last].iter().rev() {
            if hit.end + FILLING < start || named.is_some_and(|(end, _)| hit.end < end) {
                break;
            }
            if is_filling(&self.text[hit.end..start]) {
                let topics = named.map_or(0, |(_, topics)| topics) | hit.topics;
                named = Some((hit.end, topics));
            }
        }
        named.map_or_else(|| self.heading(start), |(_, topics)| topics)
    }

    /// Where the words of a topic end.
    pub(super) fn ends(&self, topics: Topics) -> impl Iterator<Item = usize> {
        self.hits.iter().filter(move |hit| hit.topics & topics != 0).map(|hit| hit.end)
    }

    /// Words for digits that follow one another, as where the first begins, where the last ends, and how many they are.
    pub(super) fn spoken_digits(&self) -> Vec<(usize, usize, usize)> {
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for hit in self.hits.iter().filter(|hit| hit.topics & DIGIT != 0) {
            let joined = |end: usize| {
                let gap = self.text.get(end..hit.start);
                gap.is_some_and(|gap| gap.len() <= 3 && gap.bytes().all(|byte| b" ,-.".contains(&byte)))
            };
            match found.last_mut().filter(|(_, end, _)| joined(*end)) {
                Some((_, end, count)) => (*end, *count) = (hit.end, *count + 1),
                None => found.push((hit.start, hit.end, 1)),
            }
        }
        found
    }

    /// The topics of the heading of the column in which a place lies.
    fn heading(&self, place: usize) -> Topics {
        let table = self.tables.partition_point(|table| table.end <= place);
        let Some(table) = self.tables.get(table).filter(|table| table.start <= place) else { return 0 };
        let from = place.saturating_sub(LONGEST_ROW);
        let before = &self.text.as_bytes()[from..place];
        let Some(line) = before.iter().rposition(|byte| *byte == b'\n') else { return 0 };
        let column = before[line..].iter().filter(|byte| **byte == table.separator).count();
        table.columns.get(column).copied().unwrap_or(0)
    }

    /// Blocks of lines with at least one separator each (`|`, tab or comma), whose first line has hits.
    fn find_tables(&mut self) {
        let mut at = 0;
        let mut block: Option<Table> = None;
        let mut next_hit = 0;
        for line in self.text.split_inclusive('\n') {
            let end = at + line.len();
            let first = next_hit;
            while self.hits.get(next_hit).is_some_and(|hit| hit.end <= end) {
                next_hit += 1;
            }
            let bytes = line.as_bytes();
            if let Some(open) = block.as_mut().filter(|open| bytes.contains(&open.separator)) {
                open.end = end;
            } else {
                self.tables.extend(block.take().filter(|table| table.end > table.start));
                let separator = [b'|', b'\t', b','].into_iter().find(|sign| bytes.contains(sign));
                let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
                let heads =
                    |sign: u8| first < next_hit && digits < 4 && bytes.len() <= LONGEST_ROW && is_heading(line, sign);
                block = separator.filter(|sign| heads(*sign)).map(|sign| {
                    let columns = self.columns(at, bytes, sign, &self.hits[first..next_hit]);
                    Table { start: end, end, separator: sign, columns }
                });
            }
            at = end;
        }
        self.tables.extend(block.filter(|table| table.end > table.start));
    }

    /// What each column's heading says.
    fn columns(&self, at: usize, line: &[u8], separator: u8, hits: &[Hit]) -> Vec<Topics> {
        let mut columns = vec![0];
        let mut hits = hits.iter().peekable();
        for (place, byte) in line.iter().enumerate() {
            if *byte == separator {
                columns.push(0);
            }
            while let Some(hit) = hits.next_if(|hit| hit.start <= at + place) {
                if let Some(column) = columns.last_mut() {
                    *column |= hit.topics;
                }
            }
        }
        columns
    }
}

/// Prose has commas too: a heading is of short cells, and three at least.
fn is_heading(line: &str, separator: u8) -> bool {
    separator != b','
        || (line.matches(',').count() >= 2 && line.split(',').all(|cell| cell.len() <= 32) && !line.contains(". "))
}

/// The longest filling between a name and its value, in bytes.
const FILLING: usize = 32;

/// Words that stand between a name and its value and say nothing.
const FILLERS: &[&str] = &[
    "number",
    "numbers",
    "no",
    "nr",
    "num",
    "num.",
    "id",
    "ids",
    "is",
    "was",
    "code",
    "of",
    "my",
    "our",
    "your",
    "the",
    "for",
    "with",
    "at",
    "to",
    "on",
    "me",
    "us",
    "are",
    "it",
    "its",
    "reads",
    "ending",
    "value",
    "line",
    "details",
    "nummer",
    "numéro",
    "numero",
    "número",
    "ist",
    "lautet",
    "est",
    "es",
    "è",
    "e",
    "é",
    "jest",
    "numer",
    "číslo",
    "je",
    "on",
    "and",
    "und",
    "y",
    "et",
    "or",
    "new",
    "registered",
    "valid",
    "actual",
    "provider",
    "prescriber",
    "verification",
    "holder",
    "n",
    "nº",
    "n°",
];

fn is_filling(gap: &str) -> bool {
    let words = gap.split(|c: char| !c.is_alphanumeric() && c != '°' && c != 'º').filter(|word| !word.is_empty());
    let mut count = 0;
    for word in words {
        count += 1;
        if count > 4 || !FILLERS.contains(&word.to_lowercase().as_str()) {
            return false;
        }
    }
    // A sentence that has ended names nothing any more, a line break does: forms put values below their names.
    let ended = gap
        .match_indices(". ")
        .any(|(at, _)| !["no", "nr", "num", "No", "Nr"].iter().any(|word| gap[..at].ends_with(word)));
    !ended && !gap.contains([';', '!', '?', ',']) && !gap.contains("\n\n\n")
}
