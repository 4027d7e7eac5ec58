//! Text files that are inlined in a request, as `data:` URLs (RFC 2397) or base64 (RFC 4648): read, so that guards see
//! what a model will, and written again.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use base64::engine::{DecodePaddingMode, general_purpose};

/// Reads what any careful reader would, and some that none would.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    NO_PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// How much of a payload, in bytes, tells media from text: a multiple of four.
const BEGINNING: usize = 4_096;

/// What an inlined file holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Readable text, decoded. What the file is said to be does not matter: a model reads what it can.
    Text(String),
    /// Anything else: a picture, sound.
    Media,
    /// It is not encoded at all.
    Neither,
}

/// The media type (as written, maybe empty) and the content of a text that is a `data:` URL, else `None`.
pub(crate) fn in_url(text: &str) -> Option<(&str, Payload)> {
    let text = text.trim_start();
    let (scheme, rest) = text.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case("data:") {
        return None;
    }
    let (head, content) = rest.split_once(',')?;
    let kind = head.split(';').next().unwrap_or_default();
    let is_head =
        !head.contains(char::is_whitespace) && (head.starts_with(';') || kind.is_empty() || kind.contains('/'));
    if !is_head {
        return None;
    }
    let content = unescaped(content);
    let is_text = kind.is_empty() || kind.get(..5).is_some_and(|kind| kind.eq_ignore_ascii_case("text/"));
    let is_encoded = head.rsplit_once(';').is_some_and(|(_, last)| last.eq_ignore_ascii_case("base64"));
    let payload = if is_encoded { in_base64(&content, is_text) } else { Payload::Text(readable(content)) };
    Some((kind, payload))
}

/// The content of base64, in either alphabet, maybe in lines. `is_text` when it is said to be text, whatever its charset.
pub(crate) fn in_base64(encoded: &[u8], is_text: bool) -> Payload {
    // Media are recognised by their first bytes: megabytes of them are not decoded.
    let may_be_text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    if !encoded.iter().all(|byte| is_of_base64(*byte) || b"\r\n".contains(byte)) {
        return Payload::Neither;
    }
    let beginning = standard(encoded.iter().copied(), BEGINNING);
    match LENIENT.decode(beginning) {
        Err(_) => return Payload::Neither,
        Ok(bytes) if !is_text && !may_be_text(&bytes) => return Payload::Media,
        Ok(_) => {}
    }
    match LENIENT.decode(standard(encoded.iter().copied(), usize::MAX)).map(String::from_utf8) {
        Err(_) => Payload::Neither,
        Ok(Ok(text)) => Payload::Text(text),
        Ok(Err(error)) if is_text => Payload::Text(readable(error.into_bytes())),
        Ok(Err(_)) => Payload::Media,
    }
}

/// Whether a text has no character outside of base64's alphabets.
pub(crate) fn is_base64(text: &str) -> bool {
    text.bytes().all(is_of_base64)
}

pub(crate) fn as_base64(text: &str) -> String {
    general_purpose::STANDARD.encode(text)
}

/// A `data:` URL of UTF-8.
pub(crate) fn as_url(kind: &str, text: &str) -> String {
    let kind = if kind.is_empty() { "text/plain" } else { kind };
    format!("data:{kind};base64,{}", as_base64(text))
}

fn is_of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte)
}

/// The first `most` characters in the standard alphabet, without line breaks and padding.
fn standard(encoded: impl Iterator<Item = u8>, most: usize) -> Vec<u8> {
    let letters = encoded.filter(|byte| !b"\r\n=".contains(byte)).take(most);
    let letters = letters.map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    });
    letters.collect()
}

/// Bytes as text: UTF-8, else UTF-16 that says so, else Latin-1, in which every byte is a character.
fn readable(bytes: Vec<u8>) -> String {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.get(..2) {
        Some([0xFF, 0xFE]) => wide(u16::from_le_bytes),
        Some([0xFE, 0xFF]) => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect()),
    }
}

/// Percent-encoding (RFC 3986) undone; what is none stays.
fn unescaped(content: &str) -> Vec<u8> {
    let bytes = content.as_bytes();
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_read_whatever_it_is_called() {
        let check =
            |url: &str, expected: Option<Payload>| assert_eq!(in_url(url).map(|found| found.1), expected, "{url}");
        let text = |text: &str| Some(Payload::Text(text.to_owned()));
        check("data:text/plain;base64,YW5uQHguZGU=", text("ann@x.de"));
        check("DATA:Text/Plain;charset=utf-8;BASE64,YW5u\r\nQHguZGU%3D", text("ann@x.de"));
        check("data:image/png;base64,YW5uQHguZGU", text("ann@x.de"));
        check("data:text/plain,ann%40x.de", text("ann@x.de"));
        check("data:,ann%40x.de%", text("ann@x.de%"));
        check("data:text/plain;base64,YW7/", text("an\u{ff}"));
        check("data:text/plain;base64,//5hAG4A", text("an"));
        check("data:image/png;base64,iVBORw0KGgo=", Some(Payload::Media));
        check("data:image/png;base64,4111 1111 1111 1111", Some(Payload::Neither));
        check("data: my number is 5, really", None);
        check("date:text/plain,x", None);
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(words in "\\PC{0,40}", noise in "data:[a-z/;]{0,12}(base64)?,\\PC{0,24}") {
            let url = as_url("", &words);
            prop_assert_eq!(in_url(&url), Some(("text/plain", Payload::Text(words.clone()))));
            prop_assert_eq!(in_base64(as_base64(&words).as_bytes(), true), Payload::Text(words));
            let _ = in_url(&noise);
        }
    }
}
