//! The one place that turns bytes into characters, for all text formats. A byte order mark decides, then what is valid
//! UTF-8 is UTF-8, then the encoding that the file or its source declares, then what the bytes look like.
//!
//! A few characters that cannot be read are replaced by U+FFFD and counted in a warning; a file of which more than a
//! small share is unreadable is refused: mangled words would be indexed, and nobody would find them.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// One character in so many may be unreadable; in a short text one, as long as there are ten for it.
const READABLE_PER_UNREADABLE: usize = 100;
const READABLE_FOR_ONE: usize = 10;

/// Fewer bytes say nothing about their encoding.
const MIN_GUESS_BYTES: usize = 4;

/// A longer head of a page or an XML file does not declare its encoding (HTML standard, "prescan": 1024 bytes).
const DECLARATION_BYTES: usize = 1024;

/// The detector looks at so much of a file; the rest of a file is like its beginning.
const DETECTED_BYTES: usize = 256 * 1024;

const REPLACEMENT: char = '\u{FFFD}';

/// A file's text, and what has to be said about how it was read.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) warning: Option<String>,
}

/// Bytes to text. `declared` is a name of an encoding (WHATWG Encoding Standard), by whoever declares it.
///
/// # Errors
/// One sentence: why these bytes are not text.
pub(super) fn decode<'a>(bytes: &'a [u8], declared: Option<&str>) -> Result<Decoded<'a>, String> {
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return known(&bytes[mark..], encoding, "its byte order mark says");
    }
    // The one encoding whose bytes are all ASCII, so that they are valid UTF-8 too.
    if declared == Some(ISO_2022_JP) && bytes.contains(&0x1B) {
        return known(bytes, ISO_2022_JP, "it declares");
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return known(bytes, encoding, "its zero bytes look like");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return judged(Cow::Borrowed(text), 0, "it is UTF-8");
    }
    if let Some(encoding) = declared.filter(|encoding| *encoding != UTF_8) {
        return known(bytes, encoding, "it declares");
    }
    if mostly_utf8(bytes) {
        return known(bytes, UTF_8, "it looks like");
    }
    guessed(bytes)
}

/// The encoding that a page (`<meta charset>`, `<meta http-equiv>`) or an XML declaration names.
pub(super) fn declared_inside(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = match head.strip_prefix("<?xml") {
        Some(declaration) => declaration.split("?>").next()?.split_once("encoding")?.1,
        None => head[head.find("<meta")?..].split_once("charset")?.1,
    };
    let name = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let name: String = name.chars().take_while(|character| !" \t\r\n\"'/>;?".contains(*character)).collect();
    Encoding::for_label(name.as_bytes()).map(|encoding| encoding.name().to_owned())
}

fn known<'a>(bytes: &'a [u8], encoding: &'static Encoding, source: &str) -> Result<Decoded<'a>, String> {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    let replaced = if malformed { replacements(&text).saturating_sub(written(bytes, encoding)) } else { 0 };
    judged(text, replaced, &format!("{source} {}", encoding.name()))
}

/// U+FFFD that the file itself holds, in UTF-8.
fn written(bytes: &[u8], encoding: &'static Encoding) -> usize {
    let mark = REPLACEMENT.to_string();
    if encoding == UTF_8 { bytes.windows(mark.len()).filter(|window| *window == mark.as_bytes()).count() } else { 0 }
}

fn replacements(text: &str) -> usize {
    text.matches(REPLACEMENT).count()
}

/// Says what was replaced, or refuses. A zero byte is no character of any text.
fn judged<'a>(text: Cow<'a, str>, replaced: usize, source: &str) -> Result<Decoded<'a>, String> {
    let zeros = text.bytes().filter(|byte| *byte == 0).count();
    let unreadable = replaced + zeros;
    if unreadable == 0 {
        return Ok(Decoded { text, warning: None });
    }
    let characters = text.chars().count();
    let what = if replaced == 0 { "are zero bytes" } else { "cannot be read" };
    if unreadable > 1.max(characters / READABLE_PER_UNREADABLE) || characters < READABLE_FOR_ONE {
        return Err(format!("{source}, but {unreadable} of its {characters} characters {what}; save it as UTF-8"));
    }
    let warning = format!("{source}, but {unreadable} of its {characters} characters {what} and were replaced");
    let text = if zeros == 0 { text } else { Cow::Owned(text.replace('\0', "\u{FFFD}")) };
    Ok(Decoded { text, warning: Some(warning) })
}

/// UTF-16 of mostly Latin letters has a zero byte beside nearly every letter, always on the same side.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    if !bytes.contains(&0) {
        return None;
    }
    let (pairs, rest) = bytes.as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    let [first, second] = [0, 1].map(|side| pairs.iter().filter(|pair| pair[side] == 0).count());
    match (first * 2 > pairs.len(), second * 2 > pairs.len()) {
        (true, false) if second == 0 => Some(UTF_16BE),
        (false, true) if first == 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-8 with some other bytes in it: at least as many of its characters beyond ASCII are good as are not. In a file
/// of another encoding nearly none is.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 0 && good >= bad
}

fn guessed(bytes: &[u8]) -> Result<Decoded<'_>, String> {
    let unsure = || "it is not UTF-8, and nothing tells what else it is; save it as UTF-8".to_owned();
    if bytes.len() < MIN_GUESS_BYTES {
        return Err(unsure());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // From the first byte that is not ASCII: only those tell encodings apart.
    let tells = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or_default();
    detector.feed(&bytes[tells..bytes.len().min(tells + DETECTED_BYTES)], true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let mut decoded = known(bytes, encoding, "it looks like")?;
    // Every byte is a character in Windows-1252: what is no text at all shows by its control characters.
    let control = decoded.text.chars().filter(|character| character.is_control() && !character.is_whitespace()).count();
    if control * READABLE_PER_UNREADABLE > decoded.text.len() {
        return Err(unsure());
    }
    decoded.warning.get_or_insert_with(|| {
        format!("it does not say its encoding and was read as {}; save it as UTF-8 to be sure", encoding.name())
    });
    Ok(decoded)
}

#[cfg(test)]
mod tests;
