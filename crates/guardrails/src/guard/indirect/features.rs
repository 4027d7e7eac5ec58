//! What the model looks at in a unit: its words, the sequence of their classes, how its clauses begin, and how it stands to
//! the rest of the document (is it about the same things? does a table's page speak to its reader? does code follow that the
//! document does not know?). All features are hashed into one table of [`WIDTH`] weights.
//!
//! Two kinds: words and their sequences, whose sum is divided by the square root of their number so that long units do not
//! outshout short ones, and traits, which count as they are.

use super::lexicon::{
    ANSWER, ASKS, AUXILIARY, ByWord, CLASSES, Class, DANGER, EMPTY, FUNCTION, LEXICON, MAKE, NEXT, NONE, NUMBER,
    READER, TASK, URGENT, YOU, grown, orders,
};
use super::units::{Form, Unit};

/// Weights in the table.
pub(crate) const BITS: u32 = 18;
pub(crate) const WIDTH: usize = 1 << BITS;

#[derive(Clone, Copy, Debug)]
struct Token {
    word: u32,
    class: Class,
    /// Begins a clause: the unit itself, or what follows a colon, a dash, a full stop within a line.
    begins: bool,
    /// Says what a unit is about: no function word, no word of a class, not a number.
    content: bool,
}

/// What is known of a unit before its surroundings are looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Outline {
    tokens: (usize, usize),
    /// A bit per class that occurs.
    classes: u32,
    /// A bit per trait of the writing (see the `WRITES_` constants).
    writing: u32,
    /// Which content words occur, as a Bloom filter.
    bloom: [u64; 4],
}

const WRITES_QUESTION: u32 = 1;
const WRITES_SHOUT: u32 = 1 << 1;
const WRITES_CAPITALS: u32 = 1 << 2;
const WRITES_SIGNS: u32 = 1 << 3;
const WRITES_LONG_WORD: u32 = 1 << 4;
const WRITES_COLON: u32 = 1 << 5;
const WRITES_FOREIGN: u32 = 1 << 6;
const WRITES_LINK: u32 = 1 << 7;
const WRITES_QUOTE: u32 = 1 << 8;
const WRITES_SPEAKER: u32 = 1 << 9;
/// A clause begins with an order, a question word, an auxiliary.
const OPENS_ORDER: u32 = 1 << 10;
const OPENS_QUESTION: u32 = 1 << 11;
const OPENS_AUXILIARY: u32 = 1 << 12;
/// The unit itself begins with an order.
const BEGINS_ORDER: u32 = 1 << 13;

/// What the document is, as far as its layout tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Prose,
    Table,
    Code,
    Dialogue,
    Short,
}

/// A document in words, ready to be asked for the features of each of its units.
pub(crate) struct Pages {
    tokens: Vec<Token>,
    outlines: Vec<Outline>,
    forms: Vec<(Form, bool)>,
    kind: Kind,
    /// The first and the last unit that a content word stands in.
    places: ByWord<(u32, u32)>,
}

/// Features of one unit: those that are normed, and those that count as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Features {
    pub(crate) words: Vec<u32>,
    pub(crate) traits: Vec<u32>,
}

impl Features {
    /// What a word feature counts.
    pub(crate) fn norm(&self) -> f32 {
        1.0 / (self.words.len().max(4) as f32).sqrt()
    }
}

fn feature(tag: u32, one: u32, two: u32) -> u32 {
    let mixed = (one ^ tag.wrapping_mul(0x9E37_79B9)).wrapping_mul(0x85EB_CA6B) ^ two.rotate_left(13);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0xC2B2_AE35);
    (mixed ^ (mixed >> 16)) & (WIDTH as u32 - 1)
}

impl Pages {
    pub(crate) fn new(text: &str, units: &[Unit]) -> Self {
        let mut pages = Self {
            tokens: Vec::with_capacity(text.len() / 5),
            outlines: Vec::with_capacity(units.len()),
            forms: units.iter().map(|unit| (unit.form, unit.begins_line)).collect(),
            kind: Kind::Prose,
            places: ByWord::default(),
        };
        pages.places.reserve(text.len() / 24);
        for unit in units {
            let outline = pages.outline(&text[unit.range.clone()]);
            pages.outlines.push(outline);
        }
        pages.kind = pages.kind();
        for (place, outline) in pages.outlines.iter_mut().enumerate() {
            for token in &pages.tokens[outline.tokens.0..outline.tokens.1] {
                if token.content {
                    let bit = token.word.wrapping_mul(0x9E37_79B9) >> 24;
                    outline.bloom[(bit >> 6) as usize] |= 1 << (bit & 63);
                    let places = pages.places.entry(token.word).or_insert((place as u32, place as u32));
                    places.1 = place as u32;
                }
            }
        }
        pages
    }

    /// Reads the words of one unit.
    fn outline(&mut self, text: &str) -> Outline {
        let first = self.tokens.len();
        let mut reader =
            Reader { tokens: &mut self.tokens, writing: 0, capitals: 0, signs: 0, foreign: 0, begins: true };
        reader.read(text);
        let (capitals, signs, foreign, mut writing) = (reader.capitals, reader.signs, reader.foreign, reader.writing);
        let tokens = &self.tokens[first..];
        let classes = tokens.iter().fold(0, |mask, token| mask | 1 << token.class);
        for token in tokens.iter().filter(|token| token.begins) {
            writing |= match token.class {
                class if orders(class) => OPENS_ORDER,
                ASKS => OPENS_QUESTION,
                AUXILIARY => OPENS_AUXILIARY,
                _ => 0,
            };
        }
        let bit = |set: bool, bit: u32| if set { bit } else { 0 };
        writing |= bit(tokens.first().is_some_and(|token| orders(token.class)), BEGINS_ORDER)
            | bit(text.ends_with('?') || text.ends_with("?\""), WRITES_QUESTION)
            | bit(text.ends_with(':'), WRITES_COLON)
            | bit(capitals >= 3 || (capitals >= 2 && tokens.len() <= 4), WRITES_CAPITALS)
            | bit(signs >= 3, WRITES_SIGNS)
            | bit(foreign * 3 > text.len(), WRITES_FOREIGN);
        Outline { tokens: (first, self.tokens.len()), classes, writing, bloom: [0; 4] }
    }

    fn kind(&self) -> Kind {
        let units = self.forms.len();
        let share = |count: usize, of: usize| count * of >= units;
        let rows = self.forms.iter().filter(|(form, _)| *form == Form::Row).count();
        let code = self.forms.iter().filter(|(form, _)| *form == Form::Code).count();
        let speakers = self.outlines.iter().filter(|outline| outline.writing & WRITES_SPEAKER != 0).count();
        match () {
            () if units >= 3 && share(rows, 2) => Kind::Table,
            () if code >= 1 && share(code, 12) => Kind::Code,
            () if speakers >= 2 && share(speakers, 4) => Kind::Dialogue,
            () if units <= 4 => Kind::Short,
            () => Kind::Prose,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.outlines.len()
    }

    /// Whether a unit has the words for an order: fewer than three hold none, unless one is long enough to be encoded.
    pub(crate) fn says_enough(&self, place: usize) -> bool {
        let outline = &self.outlines[place];
        outline.tokens.1 - outline.tokens.0 >= LEAST_WORDS || outline.writing & WRITES_LONG_WORD != 0
    }

    /// The features of a unit, written over what was there.
    pub(crate) fn features(&self, place: usize, into: &mut Features) {
        into.words.clear();
        into.traits.clear();
        let outline = &self.outlines[place];
        self.words(&self.tokens[outline.tokens.0..outline.tokens.1], self.forms[place].0, &mut into.words);
        self.traits(place, &mut into.traits);
    }

    /// Words, pairs of words, and sequences of symbols: a symbol is a function word, or the class of another word.
    fn words(&self, tokens: &[Token], form: Form, into: &mut Vec<u32>) {
        let mut symbols = [0_u32; 3];
        let mut before: Option<&Token> = None;
        let code = u32::from(form == Form::Code);
        for token in tokens {
            let symbol = if token.class == FUNCTION { token.word } else { u32::from(token.class) };
            symbols = [symbols[1], symbols[2], symbol];
            into.push(feature(1 + code, token.word, 0));
            if let Some(before) = before {
                into.push(feature(3 + code, before.word, token.word));
                into.push(feature(5 + code, symbols[1], symbols[2]));
                into.push(feature(7 + code, symbols[0].wrapping_mul(31) ^ symbols[1], symbols[2]));
            }
            if token.begins && code == 0 {
                into.push(feature(9, token.word, 0));
            }
            if before.is_some_and(|before| before.begins) && code == 0 {
                into.push(feature(10, symbols[1], symbols[2]));
            }
            before = Some(token);
        }
    }

    fn traits(&self, place: usize, into: &mut Vec<u32>) {
        let outline = &self.outlines[place];
        let (form, begins_line) = self.forms[place];
        let kind = self.kind as u32;
        let stance = stance_of(outline);
        let has = |class: Class| outline.classes >> class & 1 == 1;
        let length = match outline.tokens.1 - outline.tokens.0 {
            0..=2 => 0,
            3..=5 => 1,
            6..=12 => 2,
            13..=25 => 3,
            _ => 4,
        };
        let position = match place {
            0 => 0,
            place if place + 1 == self.len() => 1,
            1 => 2,
            _ => 3,
        };
        into.push(feature(20, kind, stance));
        into.push(feature(21, form as u32 * 8 + kind, u32::from(begins_line)));
        into.push(feature(22, length, stance));
        into.push(feature(23, position, stance));
        for class in (0..CLASSES as u32).filter(|class| outline.classes >> class & 1 == 1) {
            into.push(feature(24, class, 0));
        }
        for bit in (0..14).filter(|bit| outline.writing >> bit & 1 == 1) {
            into.push(feature(25, bit, 0));
            into.push(feature(26, bit, kind));
        }
        // Which classes stand together: an order and "your answer", "the following" and "code".
        let addressed = [YOU, ANSWER, READER, TASK, NEXT, URGENT].map(has);
        let together = addressed.iter().fold(0_u32, |mask, has| mask << 1 | u32::from(*has));
        into.push(feature(27, together, stance));
        into.push(feature(28, together, 0));
        let (elsewhere, nearby) = self.overlaps(place);
        into.push(feature(29, elsewhere, stance));
        into.push(feature(30, nearby, stance));
        into.push(feature(31, elsewhere * 8 + nearby, kind));
        into.push(feature(32, elsewhere * 8 + length, u32::from(form == Form::Code)));
        self.neighbours(place, into);
    }

    /// What the units before and after are like.
    fn neighbours(&self, place: usize, into: &mut Vec<u32>) {
        const TOLD: u32 = 1 << TASK | 1 << URGENT | 1 << NEXT | 1 << ANSWER | 1 << DANGER | 1 << MAKE | 1 << YOU;
        let none = Outline::default();
        let before = place.checked_sub(1).map_or(&none, |before| &self.outlines[before]);
        let after = self.outlines.get(place + 1).unwrap_or(&none);
        let stance = stance_of(&self.outlines[place]);
        for (tag, other, form) in [
            (40, before, place.checked_sub(1).map(|before| self.forms[before].0)),
            (50, after, self.forms.get(place + 1).map(|form| form.0)),
        ] {
            let form = form.map_or(3, |form| form as u32);
            into.push(feature(tag, form, stance));
            into.push(feature(tag + 1, stance_of(other), stance));
            let mask = other.classes & TOLD;
            for class in (0..CLASSES as u32).filter(|class| mask >> class & 1 == 1) {
                into.push(feature(tag + 2, class, form));
            }
        }
    }

    /// How much of what the unit is about stands elsewhere in the document, and how much in the units next to it, both in
    /// steps from 0 (nothing) to 4 (all); 5 where the unit is about nothing, 6 where there is nothing else.
    fn overlaps(&self, place: usize) -> (u32, u32) {
        let outline = &self.outlines[place];
        let bloom = |at: Option<usize>| at.and_then(|at| self.outlines.get(at)).map_or([0; 4], |other| other.bloom);
        let (before, after) = (bloom(place.checked_sub(1)), bloom(Some(place + 1)));
        let (mut all, mut known, mut near) = (0_usize, 0_usize, 0_usize);
        for token in self.tokens[outline.tokens.0..outline.tokens.1].iter().filter(|token| token.content) {
            all += 1;
            let alone = Some(&(place as u32, place as u32));
            known += usize::from(self.places.get(&token.word) != alone);
            let bit = token.word.wrapping_mul(0x9E37_79B9) >> 24;
            let (at, mask) = ((bit >> 6) as usize, 1_u64 << (bit & 63));
            near += usize::from((before[at] | after[at]) & mask != 0);
        }
        if self.len() == 1 {
            return (6, 6);
        }
        let step = |count: usize| if all == 0 { 5 } else { (count * 4).div_ceil(all) as u32 };
        (step(known), step(near))
    }
}

/// How a unit speaks, in one number: as an order, as a question, to a reader.
fn stance_of(outline: &Outline) -> u32 {
    let writes = |bit: u32| outline.writing & bit != 0;
    let order = if writes(BEGINS_ORDER) {
        2
    } else if writes(OPENS_ORDER) {
        1
    } else {
        0
    };
    let question = match (writes(WRITES_QUESTION), writes(OPENS_QUESTION | OPENS_AUXILIARY)) {
        (true, true) => 2,
        (true, false) => 1,
        _ => 0,
    };
    order * 6 + question * 2 + (outline.classes >> YOU & 1)
}

/// Reads the words of a unit.
struct Reader<'a> {
    tokens: &'a mut Vec<Token>,
    writing: u32,
    capitals: usize,
    signs: usize,
    /// Bytes that are not ASCII.
    foreign: usize,
    begins: bool,
}

/// A colon so near to the beginning, in bytes, ends the name of who speaks, or of a field.
const LONGEST_SPEAKER: usize = 24;
const LEAST_WORDS: usize = 3;
/// A word of so many bytes is an encoded text, a hash or a path.
const LONG_WORD: usize = 24;

impl Reader<'_> {
    fn read(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        let mut run = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte.is_ascii_alphanumeric() || (byte >= 0x80 && is_letter(bytes, at)) {
                at = self.word(bytes, at);
                run = 0;
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' => {}
                b'\n' => self.begins = true,
                _ => {
                    run += 1;
                    self.sign(byte, run, bytes, at);
                }
            }
            at += 1;
        }
    }

    fn sign(&mut self, byte: u8, run: usize, bytes: &[u8], at: usize) {
        match byte {
            b'?' | b'.' | b';' | b'|' | b'-' | b'*' | b'#' | b'>' | b'(' | b'[' => self.begins = true,
            b'!' => {
                self.begins = true;
                self.writing |= WRITES_SHOUT;
            }
            b':' => {
                self.begins = true;
                if at <= LONGEST_SPEAKER {
                    self.writing |= WRITES_SPEAKER;
                }
                if bytes.get(at + 1..at + 3) == Some(b"//") {
                    self.writing |= WRITES_LINK;
                }
            }
            b'"' => {
                self.begins = true;
                self.writing |= WRITES_QUOTE;
            }
            0x80.. => {
                self.foreign += 1;
                // Dashes and quotes beyond ASCII begin a clause as well; emoji do.
                self.begins = true;
            }
            _ => {}
        }
        if run >= 3 && byte < 0x80 && !matches!(byte, b'|' | b'.') {
            self.signs = self.signs.max(run);
        }
    }

    /// One word from `at`; returns where it ends.
    fn word(&mut self, bytes: &[u8], from: usize) -> usize {
        let (mut at, mut hash, mut upper, mut digits, mut length) = (from, EMPTY, 0, 0, 0);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'A'..=b'Z' => {
                    upper += 1;
                    hash = grown(hash, byte | 0x20);
                }
                b'a'..=b'z' => hash = grown(hash, byte),
                b'0'..=b'9' => {
                    digits += 1;
                    hash = grown(hash, byte);
                }
                // An apostrophe or hyphen within a word, also the typographic one (U+2019).
                b'\'' if bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => hash = grown(hash, b'\''),
                0xE2 if bytes.get(at..at + 3) == Some(&[0xE2, 0x80, 0x99]) => {
                    if !bytes.get(at + 3).is_some_and(u8::is_ascii_alphabetic) {
                        break;
                    }
                    hash = grown(hash, b'\'');
                    at += 2;
                }
                0x80.. if is_letter(bytes, at) => {
                    self.foreign += 1;
                    hash = grown(hash, byte);
                }
                _ => break,
            }
            length += 1;
            at += 1;
        }
        let number = digits * 2 >= length;
        let class = if number { NUMBER } else { LEXICON.get(&hash).copied().unwrap_or(NONE) };
        let content = class == NONE && length >= 3;
        self.capitals += usize::from(upper >= 3 && upper == length);
        if length >= LONG_WORD {
            self.writing |= WRITES_LONG_WORD;
        }
        let word = if number { u32::from(NUMBER) } else { hash };
        self.tokens.push(Token { word, class, begins: self.begins, content });
        self.begins = false;
        at
    }
}

/// Whether the byte belongs to a letter beyond ASCII. Punctuation (U+2000 to U+2FFF), fullwidth forms and emoji do not.
fn is_letter(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        0xC3..=0xDF | 0xE0..=0xE1 | 0xE3..=0xEE => true,
        // What continues a letter: look at what began it.
        0x80..=0xBF => {
            let lead = bytes[..at].iter().rev().take(3).find(|byte| **byte >= 0xC0);
            lead.is_some_and(|lead| matches!(lead, 0xC3..=0xDF | 0xE0..=0xE1 | 0xE3..=0xEE))
        }
        _ => false,
    }
}
