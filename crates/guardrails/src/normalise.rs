//! The views of one text that the injection guards look at. Whoever hides an instruction writes it so that a model still
//! reads it and a plain search does not: with invisible characters, with letters of another alphabet, letter by letter,
//! with digits for letters, encoded. Each view undoes one of these, and keeps for every byte the place in the caller's
//! text that it came from, so that a finding is told in the caller's own coordinates.
//!
//! The plain view is in lower case, in compatibility form (NFKC without marks: `é` becomes `e`), without invisible
//! characters (zero-width, bidirectional controls, variation selectors, Unicode tags). The others are derived from it,
//! and only when the text gives a strong reason: a sign found in one pass over its bytes (`signs`), and then a result that
//! reads as words (`dictionary`). The strongest view decides about a text, so a view that an honest text did not need is
//! a chance for a false alarm. Most texts have one view, and for ASCII that is a lower-cased copy.
//!
//! What is decoded is looked at like a text of its own: it may be spaced, rotated or backwards as well.

use encoded::Hidden;
use signs::Signs;
use std::ops::Range;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

mod dictionary;
pub(crate) mod dress;
mod encoded;
mod leet;
mod lookalikes;
mod signs;
mod spaced;
mod turned;

/// One way of reading a text.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// `plain`, `tags`, `lookalikes`, `joined`, `leet`, `encoded`, `rot13`, `reversed`.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// For each byte of `text` the byte range's beginning and end in the caller's text; `None` is the identity.
    origin: Option<Vec<(u32, u32)>>,
}

impl View {
    /// The stretch of the caller's text that a stretch of this view came from, in bytes.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        match &self.origin {
            None => range,
            Some(origin) => {
                // Views may run backwards in the source, so the ends of the stretch need not be its ends there.
                let places = origin.get(range).unwrap_or_default();
                let start = places.iter().map(|place| place.0).min().unwrap_or(0);
                let end = places.iter().map(|place| place.1).max().unwrap_or(start);
                start as usize..end as usize
            }
        }
    }

    /// The same for one byte of the view.
    fn place(&self, byte: usize) -> (u32, u32) {
        match &self.origin {
            None => (byte as u32, byte as u32 + 1),
            Some(origin) => origin.get(byte).copied().unwrap_or_default(),
        }
    }
}

/// Collects a view character by character.
struct Builder {
    text: String,
    origin: Vec<(u32, u32)>,
}

impl Builder {
    fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), origin: Vec::with_capacity(bytes) }
    }

    fn push(&mut self, character: char, place: (u32, u32)) {
        self.text.push(character);
        self.origin.resize(self.text.len(), place);
    }

    /// Takes a stretch of another view over as it is.
    fn copy(&mut self, from: &View, range: Range<usize>) {
        self.text.push_str(&from.text[range.clone()]);
        self.origin.extend(range.map(|byte| from.place(byte)));
    }

    fn view(self, name: &'static str) -> View {
        View { name, text: self.text, origin: Some(self.origin) }
    }
}

/// Bytes of encoded text that the plain view leaves out; less does not outweigh what stands around it.
const MUCH_CODE: usize = 64;

/// All views of a text, the plain one first.
pub(crate) fn views(text: &str) -> Vec<View> {
    let (plain, hidden) = plain(text);
    let signs = Signs::of(&plain.text);
    let encoded = Hidden::in_text(text, &plain, &signs);
    // What is decoded is judged decoded: much code reads like nothing, which a model may take for anything.
    let much = encoded.places.iter().map(ExactSizeIterator::len).sum::<usize>() >= MUCH_CODE;
    let (plain, signs) = if much {
        let rest = without(&plain, &encoded.places);
        let signs = Signs::of(&rest.text);
        (rest, signs)
    } else {
        (plain, signs)
    };
    let mut views = vec![plain];
    derive(signs, 0, &mut views);
    for view in hidden.into_iter().chain(encoded.views) {
        let signs = Signs::of(&view.text);
        views.push(view);
        derive(signs, views.len() - 1, &mut views);
    }
    views
}

/// A view with a blank in the place of each stretch of the caller's text; they are in order.
fn without(view: &View, stretches: &[Range<usize>]) -> View {
    let mut rest = Builder::with_capacity(view.text.len());
    let mut stretches = stretches.iter().peekable();
    for (at, character) in view.text.char_indices() {
        let place = view.place(at);
        while stretches.next_if(|stretch| stretch.end <= place.0 as usize).is_some() {}
        if stretches.peek().is_none_or(|stretch| (place.0 as usize) < stretch.start) {
            rest.push(character, place);
        } else if !rest.text.ends_with(' ') {
            rest.push(' ', place);
        }
    }
    rest.view(view.name)
}

/// Appends the views that a view gives reason for. What was written with lookalikes may be spaced or leet as well, so
/// these go on from the folded form.
fn derive(signs: Signs, from: usize, views: &mut Vec<View>) {
    let mut signs = signs;
    let mut base = from;
    if let Some(folded) = lookalikes::folded(&views[from]) {
        signs = Signs::of(&folded.text);
        views.push(folded);
        base = views.len() - 1;
    }
    if let Some(turned) = turned::upside_down(&views[from]) {
        views.push(turned);
    }
    if signs.spaced || !signs.syllables.is_empty() {
        views.extend(spaced::joined(&views[base], signs.spaced, &signs.syllables));
    }
    if !signs.leet.is_empty() {
        views.extend(leet::leet(&views[base], &signs.leet));
    }
    if signs.reversed {
        let turned = turned::reversed(&views[base]);
        views.extend(turned);
    }
    if signs.rotated {
        let turned = turned::rot13(&views[base]);
        views.push(turned);
    }
    if signs.morse {
        views.extend(turned::morse(&views[base]));
    }
}

/// The plain view alone, and the text hidden in Unicode tag characters or variation selectors if there is any.
pub(crate) fn plain(text: &str) -> (View, Option<View>) {
    if text.is_ascii() {
        return (View { name: "plain", text: text.to_ascii_lowercase(), origin: None }, None);
    }
    let places =
        text.char_indices().map(|(at, character)| (character, (at as u32, (at + character.len_utf8()) as u32)));
    let (plain, hidden) = fold(places, text.len());
    let hidden = (hidden.text.len() > 3).then(|| hidden.view("tags"));
    (plain.view("plain"), hidden)
}

/// Folds characters, each with its place in the caller's text: what is seen, and what is hidden between.
fn fold(characters: impl Iterator<Item = (char, (u32, u32))>, bytes: usize) -> (Builder, Builder) {
    let mut plain = Builder::with_capacity(bytes);
    let mut hidden = Builder::with_capacity(0);
    for (character, place) in characters {
        if character.is_ascii() {
            plain.push(character.to_ascii_lowercase(), place);
        } else if let Some(letter) = tag(character) {
            hidden.push(letter.to_ascii_lowercase(), place);
        } else if !is_invisible(character) {
            push_folded(character, place, &mut plain);
        }
    }
    (plain, hidden)
}

fn push_folded(character: char, place: (u32, u32), plain: &mut Builder) {
    // Kana and Hangul fall apart under decomposition; only their full and half width forms need folding.
    if matches!(character, '\u{3040}'..='\u{D7FF}') && !matches!(character, '\u{A640}'..='\u{ABFF}') {
        plain.push(character, place);
        return;
    }
    decompose_compatible(character, |part| {
        if is_mark(part) {
            return;
        }
        let part = match part {
            'ł' | 'Ł' => 'l',
            'ø' | 'Ø' => 'o',
            'ı' if character != 'ı' => 'i',
            '‘' | '’' | 'ʼ' | '´' => '\'',
            '“' | '”' | '«' | '»' => '"',
            '‐'..='―' => '-',
            _ => part,
        };
        for lower in part.to_lowercase() {
            if !is_mark(lower) {
                plain.push(lower, place);
            }
        }
    });
}

/// Marks that are drawn over, under and around a letter. Marks that spell the vowels of Indic and Semitic scripts stay.
fn is_mark(part: char) -> bool {
    matches!(part, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
        || (is_combining_mark(part) && is_invisible(part))
}

/// Unicode tag characters spell ASCII invisibly (Unicode 16, block E0000), and variation selectors can: 16 and 240 of
/// them count the bytes of a text. Those of the first sixteen that honest emoji have are no printable byte.
fn tag(character: char) -> Option<char> {
    match character {
        '\u{E0020}'..='\u{E007E}' => char::from_u32(u32::from(character) - 0xE0000),
        '\u{E0110}'..='\u{E015E}' => char::from_u32(u32::from(character) - 0xE0100 + 16),
        _ => None,
    }
}

fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests;
