//! Letters of other alphabets that look like Latin ones: rows after Unicode's confusables (UTS #39) and after the
//! alphabets that generators of fancy text use.
//!
//! The sign is a word that mixes alphabets and reads once it is folded. Text honestly written in Cyrillic or Greek, units
//! (`μm`), formulas and phonetic writing stay as they are.

use super::dictionary::{is_listed, segment, settle};
use super::{Builder, View};
use std::sync::LazyLock;

/// For each Latin letter what looks like it. Capitals stand for their small letters too.
const LOOKALIKES: &[(char, &str)] = &[
    ('a', "аαɑᴀⱥꭺᎪꓮᗩᗅΑАӑӓǟꭤ🅐🅰🇦"),
    ('b', "ʙвβьƀƃɓϐЪᏏᏴꓐᗷΒВЬ🅑🅱🇧"),
    ('c', "сϲᴄςϹСⅽᏟꓚᑕƈȼↄ🅒🅲🇨"),
    ('d', "ԁᴅɗɖƌꓒᎠᗪᗞⅾժ🅓🅳🇩"),
    ('e', "еεᴇєҽɛɇЄΕЕᎬꓰᗴ℮ҿэ🅔🅴🇪"),
    ('f', "ғꜰƒϝꓝᖴſꞙք🅕🅵🇫"),
    ('g', "ɡցɢɠǥԍᏀᎶꓖġƍ🅖🅶🇬"),
    ('h', "һʜнհɦНΗᎻꓧᕼⱨҺիԋ🅗🅷🇭"),
    ('i', "іιɪїӏɩІΙᎥꓲⅰɨıւ🅘🅸🇮"),
    ('j', "јᴊϳЈᎫꓙᒍʝɉյ🅙🅹🇯"),
    ('k', "кκᴋКΚᏦꓗқҝƙĸⱪᛕ🅚🅺🇰"),
    ('l', "ʟⅼɭłⱡƚɫᏞꓡᒪւⳑ🅛🅻🇱"),
    ('m', "мᴍΜМᎷꓟᗰɱⅿ₥ʍ🅜🅼🇲"),
    ('n', "ηɴпոиΝꓠᑎɲƞŋɳռภ🅝🅽🇳"),
    ('o', "оοᴏσօΟОꓳσөǒסంంᴑօ๏🅞🅾🇴"),
    ('p', "рρᴘРΡᏢꓑᑭƥ🅟🅿🇵"),
    ('q', "ԛգզɋᑫʠ🅠🆀🇶"),
    ('r', "ʀгяɾɍɽᏒᎡꓣᖇꮢ🅡🆁🇷"),
    ('s', "ѕꜱʂЅᏚꓢᔕʃƨ🅢🆂🇸"),
    ('t', "тτᴛТΤᎢꓔŧƭʈէ🅣🆃🇹"),
    ('u', "υᴜսцՍꓴᑌʉմ🅤🆄🇺"),
    ('v', "νᴠѵΝꓦᐯᏙʋⅴש🅥🆅🇻"),
    ('w', "ѡᴡωшаᏔꓪᗯաɯщԝⱳ🅦🆆🇼"),
    ('x', "хχҳХΧꓫ᙭ⅹӽ🅧🆇🇽"),
    ('y', "уγʏүУΥᎩꓬɣყƴɏý🅨🆈🇾"),
    ('z', "ᴢʐζΖᏃꓜƶȥʑʒⱬ🅩🆉🇿"),
];

/// Sorted by the lookalike. A letter that stands in two rows belongs to the first.
static TABLE: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut table: Vec<(char, char)> = Vec::new();
    for (latin, all) in LOOKALIKES {
        for lookalike in all.chars() {
            table.push((lookalike, *latin));
            table.extend(lookalike.to_lowercase().map(|small| (small, *latin)));
        }
    }
    table.sort_by_key(|(lookalike, _)| *lookalike);
    table.dedup_by_key(|(lookalike, _)| *lookalike);
    table
});

/// The Latin letter that a character looks like.
fn latin(character: char) -> Option<char> {
    if character.is_ascii() {
        return None;
    }
    let place = TABLE.binary_search_by_key(&character, |(lookalike, _)| *lookalike).ok()?;
    TABLE.get(place).map(|(_, latin)| *latin)
}

/// The plain view with its lookalikes folded; `None` when no word shows the sign.
pub(super) fn folded(plain: &View) -> Option<View> {
    if plain.text.is_ascii() {
        return None;
    }
    let census = Census::of(&plain.text);
    if !census.shows_disguise() {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    for (at, word) in words(&plain.text) {
        if !word.is_ascii() && (census.mostly_latin || Kind::of(word).mixes) {
            let seen = read(word);
            let places = word.char_indices().map(|(offset, _)| plain.place(at + offset));
            seen.into_iter().zip(places).for_each(|(letter, place)| view.push(letter, place));
        } else {
            view.copy(plain, at..at + word.len());
        }
    }
    Some(view.view("lookalikes"))
}

/// Words and what lies between them, in order.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let first = rest.chars().next().is_some_and(is_part);
        let length = rest.find(|character| is_part(character) != first).unwrap_or(rest.len());
        at += length;
        Some((at - length, &rest[..length]))
    })
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || (!character.is_ascii() && latin(character).is_some())
}

/// What kinds of letters a word has.
#[derive(Default)]
struct Kind {
    ascii: usize,
    /// Lookalikes of other scripts, and of the further reaches of the Latin one.
    foreign: usize,
    extended: usize,
    small_capitals: usize,
    signs: usize,
    others: usize,
    mixes: bool,
}

impl Kind {
    fn of(word: &str) -> Self {
        let mut kind = Self::default();
        for character in word.chars() {
            match character {
                _ if character.is_ascii() => kind.ascii += usize::from(character.is_ascii_alphabetic()),
                '\u{1D00}'..='\u{1D22}' | 'ʀ' | 'ɪ' | 'ɴ' | 'ʙ' | 'ʟ' | 'ʜ' | 'ɢ' | 'ʏ' | 'ꜰ' | 'ꜱ' => {
                    kind.small_capitals += 1;
                }
                '\u{1F100}'..='\u{1F1FF}' => kind.signs += 1,
                _ if latin(character).is_none() => kind.others += 1,
                '\u{00C0}'..='\u{02AF}' => kind.extended += 1,
                _ => kind.foreign += 1,
            }
        }
        let fancy = kind.extended + kind.small_capitals + kind.signs;
        kind.mixes = kind.others == 0 && (kind.foreign > 0 && kind.ascii > 0 || fancy > 0);
        kind
    }
}

/// Counts over the words of a text.
#[derive(Default)]
struct Census {
    mostly_latin: bool,
    /// Words that mix and are listed once they are folded.
    read: usize,
    /// Longer words that mix scripts, listed or not.
    mixed: usize,
    small_capitals: usize,
    /// Letters in boxes and circles that stand apart, as no flag does, folded.
    signs: Vec<u8>,
}

impl Census {
    fn of(text: &str) -> Self {
        let mut census = Self::default();
        let (mut ascii, mut others) = (0, 0);
        for (_, word) in words(text) {
            if !word.starts_with(is_part) {
                continue;
            }
            let kind = Kind::of(word);
            ascii += kind.ascii + kind.small_capitals + kind.signs + if kind.mixes { kind.foreign } else { 0 };
            let letters = word.chars().count();
            let known = |least: usize| letters >= least && reads(word);
            let whole = kind.ascii == 0 && kind.others == 0 && kind.foreign >= 4 && known(4);
            if whole {
                ascii += kind.foreign;
            } else if !kind.mixes {
                others += kind.foreign + kind.others;
            }
            if kind.mixes || whole {
                // Letters of Hausa or Croatian are no disguise of English words, save by chance of short ones.
                census.read += usize::from(known(if kind.foreign > 0 { 3 } else { 5 }));
                // `μmol`, `Δtemp`: one sign before a Latin word is a unit or a difference.
                let inside = word.chars().skip(1).any(|character| latin(character).is_some());
                census.mixed += usize::from(letters >= 4 && kind.foreign > 0 && kind.ascii > 0 && inside);
            }
            census.small_capitals += kind.small_capitals;
            // Flags are pairs of regional indicators, so pairs say nothing.
            let is_flag = letters == 2 && word.chars().all(|sign| ('\u{1F1E6}'..='\u{1F1FF}').contains(&sign));
            if kind.signs > 0 && !is_flag {
                census.signs.extend(word.chars().filter_map(latin).filter_map(|letter| u8::try_from(letter).ok()));
            }
        }
        census.mostly_latin = ascii > others;
        census
    }

    fn shows_disguise(&self) -> bool {
        let boxed = self.signs.len() >= 5 && segment(&self.signs[..self.signs.len().min(512)]).reads();
        self.read >= 1 || self.mixed >= 2 || self.small_capitals > 2 || boxed
    }
}

/// The letters of a word as they are seen. Several lookalikes are `i` to one reader and `l` to another.
fn read(word: &str) -> Vec<char> {
    let mut seen: Vec<char> = word.chars().map(|letter| latin(letter).unwrap_or(letter)).collect();
    let doubtful: Vec<usize> =
        word.chars().enumerate().filter(|(_, letter)| "іιӏɩıꓲⅼ".contains(*letter)).map(|(place, _)| place).collect();
    let ascii: Option<Vec<u8>> = seen.iter().map(|letter| u8::try_from(*letter).ok()).collect();
    if let Some(mut ascii) = ascii.filter(|ascii| !doubtful.is_empty() && !is_listed(ascii)) {
        settle(&mut ascii, &doubtful);
        seen = ascii.into_iter().map(char::from).collect();
    }
    seen
}

fn reads(word: &str) -> bool {
    let seen: Vec<u8> = read(word).into_iter().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
    is_listed(&seen)
}
