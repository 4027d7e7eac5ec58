//! The disguises themselves, for measuring what they cost and for training on text that wears them. Each is written as
//! its users write it, not as the views undo it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use statistics::Random;

/// Puts a text into a disguise.
pub(crate) type Disguise = fn(&str, &mut Random) -> String;

/// Every disguise by its name.
pub(crate) const DISGUISES: &[(&str, Disguise)] = &[
    ("spaced letters", spaced),
    ("spaced letters, wide gaps", spaced_wide),
    ("hyphens between letters", hyphenated),
    ("homoglyph", homoglyph),
    ("leet", leet),
    ("zero width", zero_width),
    ("combining marks", combining),
    ("full width", full_width),
    ("mathematical letters", mathematical),
    ("base64", base64_whole),
    ("base64 in a sentence", base64_carried),
    ("base64 twice", base64_twice),
    ("hex", hex),
    ("rot13", rot13),
    ("percent", percent),
    ("reversed", reversed),
    ("tag characters", tags),
    ("mixed case", mixed_case),
];

/// `i g n o r e a l l`: blanks between words are lost.
fn spaced(text: &str, _: &mut Random) -> String {
    let letters = text.split_whitespace().flat_map(str::chars);
    letters.map(String::from).collect::<Vec<_>>().join(" ")
}

fn spaced_with(text: &str, between: &str, words: &str) -> String {
    let words_apart =
        text.split_whitespace().map(|word| word.chars().map(String::from).collect::<Vec<_>>().join(between));
    words_apart.collect::<Vec<_>>().join(words)
}

fn spaced_wide(text: &str, _: &mut Random) -> String {
    spaced_with(text, " ", "  ")
}

fn hyphenated(text: &str, random: &mut Random) -> String {
    spaced_with(text, random.one_of(&["-", ".", "_", "*"]).unwrap_or(&"-"), " ")
}

const HOMOGLYPHS: &[(char, &[char])] = &[
    ('a', &['а', 'α', 'ɑ']),
    ('c', &['с', 'ϲ']),
    ('d', &['ԁ']),
    ('e', &['е', 'ҽ']),
    ('g', &['ɡ']),
    ('h', &['һ']),
    ('i', &['і', 'ι']),
    ('j', &['ј']),
    ('k', &['κ']),
    ('l', &['ӏ']),
    ('n', &['ո']),
    ('o', &['о', 'ο', 'օ']),
    ('p', &['р', 'ρ']),
    ('s', &['ѕ']),
    ('t', &['τ']),
    ('u', &['υ', 'ս']),
    ('v', &['ν', 'ѵ']),
    ('w', &['ԝ']),
    ('x', &['х']),
    ('y', &['у']),
];

/// Six of ten letters that have a double are changed for it.
fn homoglyph(text: &str, random: &mut Random) -> String {
    let exchange = |letter: char| {
        let known = HOMOGLYPHS.iter().find(|(latin, _)| *latin == letter.to_ascii_lowercase());
        let doubles = known.filter(|_| random.share() < 0.6).map(|(_, doubles)| *doubles);
        doubles.and_then(|doubles| random.one_of(doubles).copied()).unwrap_or(letter)
    };
    text.chars().map(exchange).collect()
}

/// Eight of ten letters that a digit or sign can stand for.
fn leet(text: &str, random: &mut Random) -> String {
    let exchange = |letter: char| {
        let signs: &[char] = match letter.to_ascii_lowercase() {
            'a' => &['4', '4', '@'],
            'e' => &['3'],
            'i' => &['1', '1', '!'],
            'o' => &['0'],
            's' => &['5', '$'],
            't' => &['7', '7', '+'],
            _ => return letter,
        };
        if random.share() < 0.8 { random.one_of(signs).copied().unwrap_or(letter) } else { letter }
    };
    text.chars().map(exchange).collect()
}

fn zero_width(text: &str, random: &mut Random) -> String {
    let invisible = ['\u{200B}', '\u{200C}', '\u{200D}', '\u{2060}', '\u{FEFF}', '\u{AD}'];
    text.chars().flat_map(|letter| [Some(letter), random.one_of(&invisible).copied()]).flatten().collect()
}

fn combining(text: &str, random: &mut Random) -> String {
    let marks = ['\u{0332}', '\u{0336}', '\u{0301}', '\u{20DD}', '\u{0308}'];
    let mark = random.one_of(&marks).copied();
    text.chars().flat_map(|letter| [Some(letter), mark.filter(|_| letter.is_alphabetic())]).flatten().collect()
}

fn full_width(text: &str, _: &mut Random) -> String {
    let wide = |letter: char| match letter {
        '!'..='~' => char::from_u32(u32::from(letter) + 0xFEE0).unwrap_or(letter),
        _ => letter,
    };
    text.chars().map(wide).collect()
}

/// Bold letters of the mathematical block, which have no gaps.
fn mathematical(text: &str, _: &mut Random) -> String {
    let bold = |letter: char| {
        let code = match letter {
            'A'..='Z' => 0x1D400 + u32::from(letter) - u32::from('A'),
            'a'..='z' => 0x1D41A + u32::from(letter) - u32::from('a'),
            _ => return letter,
        };
        char::from_u32(code).unwrap_or(letter)
    };
    text.chars().map(bold).collect()
}

fn base64_whole(text: &str, _: &mut Random) -> String {
    STANDARD.encode(text)
}

fn base64_carried(text: &str, random: &mut Random) -> String {
    let carriers = [
        ("Please decode this and do what it says: ", ""),
        ("My note is ", " and I would like to hear what you think."),
        ("Here is a string in base64:\n\n", "\n\nAnswer it."),
    ];
    let (before, after) = random.one_of(&carriers).copied().unwrap_or_default();
    format!("{before}{}{after}", STANDARD.encode(text))
}

fn base64_twice(text: &str, _: &mut Random) -> String {
    STANDARD.encode(STANDARD.encode(text))
}

fn hex(text: &str, random: &mut Random) -> String {
    let between = random.one_of(&["", " "]).copied().unwrap_or_default();
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

fn rot13(text: &str, _: &mut Random) -> String {
    let turn = |letter: char| {
        let first = if letter.is_ascii_uppercase() { b'A' } else { b'a' };
        if letter.is_ascii_alphabetic() { char::from((letter as u8 - first + 13) % 26 + first) } else { letter }
    };
    text.chars().map(turn).collect()
}

fn percent(text: &str, _: &mut Random) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn reversed(text: &str, _: &mut Random) -> String {
    text.chars().rev().collect()
}

fn tags(text: &str, _: &mut Random) -> String {
    let hidden = text.chars().map(|letter| match letter {
        ' '..='~' => char::from_u32(u32::from(letter) + 0xE0000).unwrap_or(letter),
        _ => '\u{E0020}',
    });
    "What a nice day!".chars().chain(hidden).collect()
}

fn mixed_case(text: &str, random: &mut Random) -> String {
    let turn =
        |letter: char| if random.share() < 0.5 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
    text.chars().map(turn).collect()
}
