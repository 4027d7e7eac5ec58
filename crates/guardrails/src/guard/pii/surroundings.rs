//! What stands around a candidate.

/// Whether the stretch is a token of its own: no letter, digit or underscore touches it, and it is not joined to one by
/// a hyphen, dot, slash or colon, as the pieces of GUIDs, versions, paths and longer numbers are.
pub(super) fn is_whole(text: &str, start: usize, end: usize) -> bool {
    begins_token(text, start) && ends_token(text, end)
}

/// The left half of `is_whole`.
pub(super) fn begins_token(text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    match before.next() {
        Some(touching) if is_word(touching) => false,
        Some('-' | '.' | '/' | ':' | ',' | '+' | '#' | '=' | '‑' | '\\') => {
            // `card=4111…`, `a:4111…` and `C/4111…` are labels; a digit or a hyphenated word before is a longer token.
            let joint = text[..start].chars().next_back();
            match before.next() {
                Some(digit) if digit.is_ascii_digit() => false,
                Some(letter) if is_word(letter) => !matches!(joint, Some('-' | '.' | '‑')),
                _ => true,
            }
        }
        _ => true,
    }
}

/// The right half of `is_whole`.
pub(super) fn ends_token(text: &str, end: usize) -> bool {
    let mut after = text[end..].chars();
    match after.next() {
        Some(touching) if is_word(touching) => false,
        Some('-' | '.' | '/' | ':' | ',' | '‑') => after.next().is_none_or(|next| !is_word(next)),
        _ => true,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether one of the words or phrases stands, whole, within the `reach` bytes before `start`. Words are lower case.
pub(super) fn preceded_by(text: &str, start: usize, reach: usize, words: &[&str]) -> bool {
    let mut from = start.saturating_sub(reach);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    contains_word(&text[from..start].to_lowercase(), words)
}

/// Whether one of the words stands, whole, within `reach` bytes after `end`.
pub(super) fn followed_by(text: &str, end: usize, reach: usize, words: &[&str]) -> bool {
    let mut to = (end + reach).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    contains_word(&text[end..to].to_lowercase(), words)
}

fn contains_word(window: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        window.match_indices(word).any(|(at, found)| {
            let before = window[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
            let after = window[at + found.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
            before && after
        })
    })
}

/// The digits of a text as numbers.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}
