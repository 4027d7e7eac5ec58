//! Letters written one by one (`i g n o r e`, `i-g-n-o-r-e`, a letter a line) and words cut into pieces (`ig-no-re`).
//!
//! The sign alone is not enough: enumerations, tickers, sequences and tables are single letters too. Letters are joined
//! only if what comes out reads as words, or, where the list of words does not help, as the letters of some language.

use super::dictionary::{rank, segment};
use super::leet::letter;
use super::signs::{FEWEST_PIECES, SHORTEST_SPACED, WIDEST_GAP};
use super::{Builder, View};
use std::ops::Range;

/// Letters of one text that are cut into words; what comes after them is joined without blanks.
const MOST_CUT: usize = 8192;
/// Letters of the shortest run that need not read as English words.
const SHORTEST_FOREIGN: usize = 12;
/// Letters of a piece between wide gaps that is taken for one word, and of such pieces on average.
const LONGEST_WORD: usize = 20;
/// Bytes to each side that a word in pieces may have.
const LONGEST_PIECED: usize = 40;
const LONGEST_MEAN: usize = 9;
/// One digit among so many letters is a number and not leet.
const MOST_NUMBERS: usize = 12;

/// A stretch that is written anew: each character with the byte that it comes from.
type Change = (Range<usize>, Vec<(char, usize)>);

/// One letter that stands alone: where it is, what it is.
#[derive(Clone, Copy)]
struct Single {
    start: usize,
    end: usize,
    letter: char,
}

/// The view with spaced writing joined; `None` when nothing that reads comes out.
pub(super) fn joined(plain: &View, spaced: bool, syllables: &[usize]) -> Option<View> {
    let mut changes: Vec<Change> = Vec::new();
    let mut left = MOST_CUT;
    for run in if spaced { runs(&plain.text) } else { Vec::new() } {
        if let Some(written) = joined_run(&plain.text, &run, &mut left)
            && let (Some(first), Some(last)) = (run.first(), run.last())
        {
            changes.push((first.start..last.end, written));
        }
    }
    changes.extend(pieced_words(&plain.text, syllables));
    changes.sort_by_key(|(range, _)| range.start);
    if changes.is_empty() {
        return None;
    }
    let mut view = Builder::with_capacity(plain.text.len());
    let mut at = 0;
    for (range, written) in changes {
        if range.start < at {
            continue;
        }
        view.copy(plain, at..range.start);
        written.iter().for_each(|(letter, from)| view.push(*letter, plain.place(*from)));
        at = range.end;
    }
    view.copy(plain, at..plain.text.len());
    Some(view.view("joined"))
}

/// Runs of at least five letters that stand alone, near to each other. Digits count between letters (`1 g n 0 r 3`).
fn runs(text: &str) -> Vec<Vec<Single>> {
    let mut runs: Vec<Vec<Single>> = Vec::new();
    let mut run: Vec<Single> = Vec::new();
    let mut characters = text.char_indices().peekable();
    let mut after_word = false;
    while let Some((at, character)) = characters.next() {
        let inside = is_part(character);
        let next_inside = characters.peek().is_some_and(|(_, next)| is_part(*next));
        if inside && !after_word && !next_inside {
            if run.last().is_some_and(|last| at - last.end > WIDEST_GAP) {
                close(&mut run, &mut runs);
            }
            run.push(Single { start: at, end: at + character.len_utf8(), letter: character });
        } else if inside {
            close(&mut run, &mut runs);
        }
        after_word = inside;
    }
    close(&mut run, &mut runs);
    runs
}

fn is_part(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '@' | '$')
}

fn close(run: &mut Vec<Single>, runs: &mut Vec<Vec<Single>>) {
    let run = std::mem::take(run);
    let letters = run.iter().filter(|single| single.letter.is_alphabetic()).count();
    if run.len() >= SHORTEST_SPACED && letters * 2 > run.len() {
        runs.push(run);
    }
}

/// The run's letters, with a blank where its gaps or its words say so; each with the byte that it comes from.
fn joined_run(text: &str, run: &[Single], left: &mut usize) -> Option<Vec<(char, usize)>> {
    let wide = wide_gaps(text, run);
    // Where wide gaps are as frequent as blanks are, what stands between them is one word, be it listed or not.
    let words_apart =
        (wide.iter().flatten().count() + 1) * LONGEST_MEAN >= run.len() && wide.iter().any(Option::is_some);
    // A few digits are numbers, many are leet.
    let signs = run.iter().filter(|single| letter(single.letter) != single.letter).count();
    let read = |sign: char| if signs * MOST_NUMBERS > run.len() { letter(sign) } else { sign };
    let letters: Vec<u8> = run.iter().map(|single| u8::try_from(read(single.letter)).unwrap_or(b'?')).collect();
    let mut written: Vec<(char, usize)> = Vec::with_capacity(run.len() * 2);
    let (mut known, mut longest, mut cut) = (0.0, 0, 0);
    let mut start = 0;
    for end in 1..=run.len() {
        if end < run.len() && wide[end - 1].is_none() {
            continue;
        }
        let piece = &letters[start..end];
        if let Some(Some(between)) = start.checked_sub(1).and_then(|gap| wide.get(gap)) {
            written.extend(between.chars().map(|sign| (sign, run[start - 1].end)));
        }
        let taken = piece.len().min(*left);
        *left -= taken;
        let words = segment(&piece[..taken]);
        known += words.known * taken as f64;
        longest = longest.max(words.longest);
        cut += taken;
        let whole = words_apart && piece.len() <= LONGEST_WORD;
        let mut ends = if whole { Vec::new() } else { words.ends };
        ends.reverse();
        for (place, single) in run[start..end].iter().enumerate() {
            if ends.last() == Some(&place) && place > 0 {
                ends.pop();
                written.push((' ', single.start));
            }
            let ascii = letters[start + place];
            written.push((if ascii == b'?' { single.letter } else { char::from(ascii) }, single.start));
        }
        start = end;
    }
    let reads = cut > 0 && known / cut as f64 >= 0.6 && longest >= 4;
    (reads || looks_foreign(run)).then_some(written)
}

/// For each gap of a run what it puts between words, if it does: it is longer than the usual gap, or has a blank or line
/// break where the usual one has none. Punctuation in it (`w o r d .  N e x t`) is kept, unless the usual gap has it.
fn wide_gaps(text: &str, run: &[Single]) -> Vec<Option<String>> {
    let gaps: Vec<&str> = run.windows(2).map(|pair| &text[pair[0].end..pair[1].start]).collect();
    let shortest = gaps.iter().map(|gap| gap.chars().count()).min().unwrap_or(0);
    let usual = |gap: &&&str| gap.chars().count() == shortest;
    let narrow = gaps.iter().filter(usual).count();
    let blanks = gaps.iter().filter(usual).filter(|gap| gap.contains(' ')).count();
    let breaks = gaps.iter().filter(usual).filter(|gap| gap.contains('\n')).count();
    let mut sorted: Vec<&str> = gaps.iter().filter(usual).copied().collect();
    sorted.sort_unstable();
    let most_common = sorted.chunk_by(|one, other| one == other).max_by_key(|alike| alike.len());
    let own = most_common.and_then(|alike| alike.first()).copied().unwrap_or_default();
    let wide = |gap: &str| {
        gap.chars().count() > shortest
            || (gap.contains(' ') && blanks * 2 < narrow)
            || (gap.contains('\n') && breaks * 2 < narrow)
    };
    gaps.iter().map(|gap| wide(gap).then(|| between(gap, own))).collect()
}

/// What a wide gap stands for: a blank, with its punctuation on the side on which it is written.
fn between(gap: &str, usual: &str) -> String {
    let signs: String = gap.chars().filter(|sign| !sign.is_whitespace() && !usual.contains(*sign)).collect();
    match signs.as_str() {
        "" => " ".to_owned(),
        "'" | "-" | "/" | "_" => signs,
        "(" | "[" | "{" | "<" | "#" | "$" => format!(" {signs}"),
        _ => format!("{signs} "),
    }
}

/// Letters of a language whose words are not listed: many different ones, not in the order of the alphabet, and in
/// Latin script with vowels as often as languages have them and hardly four consonants in a row.
fn looks_foreign(run: &[Single]) -> bool {
    if run.len() < SHORTEST_FOREIGN || run.iter().any(|single| !single.letter.is_alphabetic()) {
        return false;
    }
    let mut different: Vec<char> = run.iter().map(|single| single.letter).collect();
    let rising = different.windows(2).filter(|pair| pair[0] <= pair[1]).count();
    let is_written_apart = different.iter().all(|letter| matches!(letter, '\u{0E00}'..='\u{0EFF}' | '\u{2E80}'..));
    let is_latin = different.iter().all(char::is_ascii_alphabetic);
    let vowels = different.iter().filter(|letter| "aeiouy".contains(**letter)).count();
    let mut row = 0;
    let clustered = different.iter().any(|letter| {
        row = if "aeiouy".contains(*letter) { 0 } else { row + 1 };
        row > 4
    });
    different.sort_unstable();
    different.dedup();
    let natural = !is_latin || (!clustered && (3..=6).contains(&(vowels * 10 / run.len())));
    !is_written_apart && natural && different.len() >= 6 && rising * 10 <= run.len() * 7
}

/// Words in at least three pieces with one and the same sign between them that are listed once they are joined:
/// `ig-no-re`, `in.struc.tions`. `places` are bytes within such words.
fn pieced_words(text: &str, places: &[usize]) -> Vec<Change> {
    let bytes = text.as_bytes();
    let is_hyphen = |byte: u8| matches!(byte, b'-' | b'.' | b'_' | b'*' | b'~');
    let is_part = |byte: &&u8| byte.is_ascii_lowercase() || is_hyphen(**byte);
    let mut found: Vec<Change> = Vec::new();
    for place in places {
        if found.last().is_some_and(|(range, _)| *place <= range.end) {
            continue;
        }
        let start = place - bytes[..*place].iter().rev().take(LONGEST_PIECED).take_while(is_part).count();
        let end = place + bytes[*place..].iter().take(LONGEST_PIECED).take_while(is_part).count();
        let token = text[start..end].trim_end_matches(['-', '.', '_', '*', '~']);
        let start = start + token.len() - token.trim_start_matches(['-', '.', '_', '*', '~']).len();
        let token = token.trim_start_matches(['-', '.', '_', '*', '~']);
        let Some(sign) = token.bytes().find(|byte| is_hyphen(*byte)) else { continue };
        let pieces: Vec<&str> = token.split(char::from(sign)).collect();
        let word: String = pieces.concat();
        let short = pieces.iter().all(|piece| (1..=5).contains(&piece.len()));
        // `state-of-the-art` consists of words; a disguised word does not.
        let honest = pieces.iter().all(|piece| piece.len() > 1 && rank(piece.as_bytes()).is_some());
        if pieces.len() >= FEWEST_PIECES && short && !honest && word.len() >= 5 && rank(word.as_bytes()).is_some() {
            let letters = token.bytes().enumerate().filter(|(_, byte)| *byte != sign);
            found.push((
                start..start + token.len(),
                letters.map(|(offset, byte)| (char::from(byte), start + offset)).collect(),
            ));
        }
    }
    found
}
