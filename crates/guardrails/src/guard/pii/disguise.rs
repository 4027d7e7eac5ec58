//! One text as it would be typed on a plain keyboard: full-width characters and digits of other scripts as ASCII, every
//! blank a blank, every dash a hyphen, invisible characters gone. People paste such text from typeset pages, input
//! methods for East Asian languages make it, and whoever wants a value to slip through writes it so on purpose.
//!
//! The plain view of `normalise` is not used here: it lowers case and turns `10²` into `102`, which makes numbers out of
//! what is none.

/// A text without disguises, and where its bytes came from.
pub(super) struct Undisguised {
    pub(super) text: String,
    /// Places in this text and in the source, before and after every changed character, in ascending order. Between two
    /// of them both texts are the same bytes.
    steps: Vec<(usize, usize)>,
}

/// Nothing when the text holds no disguise: most texts cost one look at their characters, ASCII not even that.
pub(super) fn undisguised(source: &str) -> Option<Undisguised> {
    if source.is_ascii() || !source.chars().any(|character| !matches!(plain(character), Plain::Same)) {
        return None;
    }
    let mut text = String::with_capacity(source.len());
    let mut steps = vec![(0, 0)];
    for (at, character) in source.char_indices() {
        let change = plain(character);
        if matches!(change, Plain::Same) {
            text.push(character);
            continue;
        }
        steps.push((text.len(), at));
        if let Plain::As(ascii) = change {
            text.push(ascii);
        }
        steps.push((text.len(), at + character.len_utf8()));
    }
    Some(Undisguised { text, steps })
}

impl Undisguised {
    /// The byte of the source at which a stretch of this text begins; invisible characters before it are left out.
    pub(super) fn start_in_source(&self, start: usize) -> usize {
        let after = self.steps.partition_point(|(here, _)| *here <= start);
        self.onwards(after, start)
    }

    /// One past the byte of the source at which a stretch ends; invisible characters after it are left out.
    pub(super) fn end_in_source(&self, end: usize) -> usize {
        let next = self.steps.partition_point(|(here, _)| *here < end);
        match self.steps.get(next) {
            Some((here, source)) if *here == end => *source,
            _ => self.onwards(next, end),
        }
    }

    fn onwards(&self, after: usize, place: usize) -> usize {
        let (here, source) = after.checked_sub(1).and_then(|last| self.steps.get(last)).copied().unwrap_or_default();
        source + (place - here)
    }
}

enum Plain {
    Same,
    As(char),
    Gone,
}

fn plain(character: char) -> Plain {
    if character.is_ascii() {
        return Plain::Same;
    }
    match character {
        // Only what values are made of: a full-width comma or colon ends a sentence's part and needs no blank after it.
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '＠' | '．' | '－' | '＿' | '＋' | '（' | '）' | '／' => {
            ascii(u32::from(character) - 0xFEE0)
        }
        '\u{FE6B}' => Plain::As('@'),
        '\u{FE52}' => Plain::As('.'),
        '\u{660}'..='\u{669}' => digit(character, 0x660),
        '\u{6F0}'..='\u{6F9}' => digit(character, 0x6F0),
        '\u{966}'..='\u{96F}' => digit(character, 0x966),
        '\u{1D7CE}'..='\u{1D7FF}' => digit(character, 0x1D7CE),
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => Plain::As(' '),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => Plain::As('-'),
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' => {
            Plain::Gone
        }
        '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' => Plain::Gone,
        '\u{E0000}'..='\u{E0FFF}' => Plain::Gone,
        _ => Plain::Same,
    }
}

/// The mathematical digits are five alphabets of ten, one after another.
fn digit(character: char, zero: u32) -> Plain {
    ascii(u32::from('0') + (u32::from(character) - zero) % 10)
}

fn ascii(code: u32) -> Plain {
    char::from_u32(code).map_or(Plain::Same, Plain::As)
}
