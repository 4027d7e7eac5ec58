//! What stands around a candidate.

/// Whether the stretch is a token of its own: no letter, digit or underscore touches it, and it is not joined to one by
/// a hyphen, dot, slash or colon, as the pieces of GUIDs, versions, paths and longer numbers are.
pub(super) fn is_whole(text: &str, start: usize, end: usize) -> bool {
    begins_token(text, start) && ends_token(text, end)
}

/// As `is_whole`, but a comma ends a field: for values that a word or a heading names.
pub(super) fn is_field(text: &str, start: usize, end: usize) -> bool {
    begins_field(text, start) && ends_field(text, end)
}

/// The left half of `is_field`.
pub(super) fn begins_field(text: &str, start: usize) -> bool {
    begins_token(text, start) || text[..start].ends_with(',')
}

/// The right half of `is_field`.
pub(super) fn ends_field(text: &str, end: usize) -> bool {
    ends_token(text, end) || text[end..].starts_with(',')
}

/// The left half of `is_whole`.
pub(super) fn begins_token(text: &str, start: usize) -> bool {
    let mut before = text[..start].chars().rev();
    match before.next() {
        Some('n' | 't' | 'r') if text[..start].len() > 1 && is_escape(text, start - 1) => true,
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

/// Whether the letter at this byte is the end of an escaped line break or tab (`\\n`), as texts inside of JSON have them.
pub(super) fn is_escape(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    at > 0 && bytes[at - 1] == b'\\' && matches!(bytes.get(at), Some(b'n' | b't' | b'r'))
}
