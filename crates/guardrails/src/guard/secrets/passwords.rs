//! Passwords, which may be words: behind a name and a sign, in an address, on a command line, in a constructor's call.

use super::shape::{Level, is_key, is_placeholder};
use std::ops::Range;

pub(super) const PASSWORD_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "contraseña",
    "mot de passe",
    "pwd",
    "_pass",
    "userpass",
    "passcode",
    " pass",
];

/// What forms and schemas write behind `password:` and what is no secret to anyone.
const STOP: &[&str] = &[
    "password",
    "passwd",
    "string",
    "required",
    "token",
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "hidden",
    "optional",
    "username",
    "incorrect",
    "invalid",
    "wrong",
    "text",
    "field",
    "input",
    "varchar",
    "empty",
    "missing",
    "forgot",
    "reset",
    "pass",
    "passwords",
];

/// Longest password, in bytes.
const LONGEST: usize = 128;

/// The password that a name at `name` speaks of.
pub(super) fn password_after(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let flag = name.start > 0 && bytes[name.start - 1] == b'-';
    let tag = name.start > 0 && bytes[name.start - 1] == b'<';
    let mut at = name.end;
    while at < bytes.len() && at - name.end < 4 && matches!(bytes[at], b'"' | b'\'' | b']' | b'\\' | b'0'..=b'9') {
        at += 1;
    }
    let mut signed = false;
    let from = at;
    while at < bytes.len() && at - from < 16 {
        match bytes[at] {
            b' ' | b'\t' => {}
            b'=' | b':' => signed = true,
            b'>' if signed || tag => signed = true,
            _ => break,
        }
        at += 1;
    }
    if !signed
        && bytes
            .get(at..at + 3)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"is ") || word.eq_ignore_ascii_case(b"is:"))
    {
        (at, signed) = (at + 3, true);
    }
    let quote = bytes.get(at).copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'`')).or_else(|| {
        (bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'"' | b'\''))).then_some(b'\\')
    });
    if !signed && !(at > from && (flag || quote.is_some())) {
        return None;
    }
    at += usize::from(quote.is_some()) + usize::from(quote == Some(b'\\'));
    let stop = |byte: u8| match quote {
        Some(quote) => byte == quote || byte == b'\n',
        None => {
            byte.is_ascii_whitespace()
                || matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'(' | b')' | b'&' | b'{')
        }
    };
    let length = bytes[at.min(bytes.len())..].iter().take(LONGEST + 1).take_while(|byte| !stop(**byte)).count();
    let value = at..at + length;
    let unquoted = quote.is_none() && matches!(bytes.get(value.end), Some(b'(' | b'{'));
    ((4..=LONGEST).contains(&length) && !unquoted && is_password(text, name.start, value.clone(), quote.is_some()))
        .then_some(value)
}

/// A secret that is a quoted phrase with signs in it: `jwtSecret: 'development#product'`.
pub(super) fn phrase_after(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let found = password_after(text, name)?;
    let quoted = matches!(text.as_bytes()[found.start - 1], b'"' | b'\'');
    let secret = &text[found.clone()];
    let signs = secret.bytes().filter(u8::is_ascii_punctuation).count();
    let phrase = !secret.contains(' ') && (!secret.contains(['/', ':', '.']) || 5 * signs >= secret.len());
    (quoted && secret.len() >= 10 && phrase).then_some(found)
}

fn is_password(text: &str, name: usize, value: Range<usize>, quoted: bool) -> bool {
    let Some(secret) = text.get(value.clone()) else { return false };
    let core = secret.trim_end_matches(['.', '!', '?', ':', '@', ',']);
    let lower = core.to_ascii_lowercase();
    if core.len() < 4
        || is_placeholder(secret)
        || STOP.contains(&lower.as_str())
        || secret.contains('<')
        || secret.starts_with('\\')
        || lower.starts_with("arn:")
        || secret.contains("://")
    {
        return false;
    }
    let bytes = secret.as_bytes();
    let sign = |byte: &u8| {
        byte.is_ascii_punctuation()
            && !matches!(byte, b'.' | b'-' | b'_' | b'/' | b'(' | b')' | b'[' | b']' | b' ' | b',')
    };
    let (digits, letters) = (bytes.iter().any(u8::is_ascii_digit), bytes.iter().any(u8::is_ascii_alphabetic));
    let mixed = (digits || core.bytes().any(|byte| sign(&byte))) && letters;
    let spaced = secret.contains(' ');
    let path = core.contains('/') && !digits;
    if mixed && !spaced && !path && core.len() >= 5 {
        return quoted
            || !(secret.contains("->")
                || secret.starts_with(['&', '@', '#'])
                || secret.contains('.') && secret.ends_with(')'));
    }
    // A word: only where a user's name or the settings of a connection stand beside it.
    let plain = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' '));
    let before = &text.as_bytes()[name.saturating_sub(120)..name];
    let setting = !quoted && text.as_bytes().get(value.end) == Some(&b';') && before.contains(&b';');
    let shouted = name >= 4
        && before[before.len() - 4..].iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
        && !spaced;
    plain && core.len() >= 6 && (setting || (!spaced || quoted) && (has_user(before) || shouted && !quoted))
}

/// Whether a user is named just before: `user = "…"`; one that everybody may use does not count.
fn has_user(before: &[u8]) -> bool {
    let lower = before.to_ascii_lowercase();
    let find = |word: &[u8]| lower.windows(word.len()).rposition(|window| window == word);
    let named = [&b"user"[..], b"uid", b"login"].iter().filter_map(|word| find(word)).max();
    named.is_some_and(|at| lower[at..].iter().any(|byte| matches!(byte, b'=' | b':')))
        && find(b"anonymous").is_none()
        && find(b"(").is_none()
}

/// `://user:password@host`, from the place of `://` on.
pub(super) fn password_in_address(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let user = bytes[at + 3..]
        .iter()
        .take(80)
        .take_while(|byte| !matches!(byte, b' ' | b'\n' | b'/' | b':' | b'@' | b'"' | b'\'' | b'<' | b'>'))
        .count();
    let colon = at + 3 + user;
    if bytes.get(colon) != Some(&b':') {
        return None;
    }
    let stretch = bytes[colon + 1..]
        .iter()
        .take(LONGEST)
        .take_while(|byte| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b','))
        .count();
    let end = colon + 1 + bytes[colon + 1..colon + 1 + stretch].iter().rposition(|byte| *byte == b'@')?;
    let host = bytes.get(end + 1).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'[');
    let secret = &text[colon + 1..end];
    (host && secret.len() >= 3 && !is_placeholder(secret) && !secret.starts_with("[") && !secret.contains(['{', '(']))
        .then_some(colon + 1..end)
}

/// `curl -u name:password`, from behind `-u` or `--user` on.
pub(super) fn password_of_curl(text: &str, option: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let before = &bytes[option.start.saturating_sub(200)..option.start];
    if !before.windows(4).any(|window| window.eq_ignore_ascii_case(b"curl")) {
        return None;
    }
    let start = option.end
        + bytes[option.end..]
            .iter()
            .take(8)
            .take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'=' | b'\\'))
            .count();
    let length = bytes[start..].iter().take(200).take_while(|byte| byte.is_ascii_graphic() && **byte != b'"').count();
    let pair = text.get(start..start + length)?;
    let (user, secret) = pair.split_once(':')?;
    let secret = if secret.trim_matches(['\'', '"']).is_empty() { user } else { secret.trim_matches(['\'', '"']) };
    let made_up = is_placeholder(secret)
        || pair.contains(['$', '[', '(', '{', '@'])
        || STOP.contains(&secret.to_ascii_lowercase().as_str());
    let place = start + pair.find(secret)?;
    (secret.len() >= 4 && !made_up && !secret.starts_with('/')).then_some(place..place + secret.len())
}

/// The last quoted value of a call that takes credentials: `NetworkCredential("user", "password")`.
pub(super) fn password_of_call(text: &str, call: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let reach = bytes[call.end..].iter().take(240).take_while(|byte| !matches!(byte, b')' | b';')).count();
    let end = call.end + bytes[call.end..call.end + reach].iter().rposition(|byte| *byte == b'"')?;
    let start = call.end + bytes[call.end..end].iter().rposition(|byte| *byte == b'"')? + 1;
    let secret = text.get(start..end)?;
    (secret.len() >= 5 && !secret.contains(' ') && !is_placeholder(secret)).then_some(start..end)
}

/// `psexec \\host -u user -p password`, from the program's name on.
pub(super) fn password_of_option(text: &str, program: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let line = bytes[program.end..].iter().take(160).take_while(|byte| **byte != b'\n').count();
    let option = bytes[program.end..program.end + line].windows(4).position(|window| window == b" -p ")?;
    let start = program.end + option + 4;
    let length = bytes[start..].iter().take(LONGEST).take_while(|byte| byte.is_ascii_graphic()).count();
    let secret = text.get(start..start + length)?;
    (length >= 5 && !is_placeholder(secret)).then_some(start..start + length)
}

/// What follows `Basic` in a header: base64 of `name:password`.
pub(super) fn basic_credentials(text: &str, scheme: Range<usize>) -> Option<Range<usize>> {
    use base64::Engine as _;
    let bytes = text.as_bytes();
    let length = bytes[scheme.end..]
        .iter()
        .take(2048)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        .count();
    let secret = &text[scheme.end..scheme.end + length];
    let decoded = base64::engine::general_purpose::STANDARD.decode(secret).ok();
    let pair = decoded.is_some_and(|plain| plain.contains(&b':') && plain.iter().take(6).all(u8::is_ascii_graphic));
    (length >= 8 && (pair || is_key(secret, Level::Loose))).then_some(scheme.end..scheme.end + length)
}

/// The account in `APP_DB_USER=postgres`: only in capitals and without a quote, as environments are written.
pub(super) fn user_after(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let shouted = name.start > 0 && bytes[name.start - 1..name.end].iter().all(|byte| !byte.is_ascii_lowercase());
    let length = bytes[name.end..]
        .iter()
        .take(64)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    let ends = bytes.get(name.end + length).is_none_or(u8::is_ascii_whitespace);
    let secret = &text[name.end..name.end + length];
    (shouted && ends && length >= 4 && !is_placeholder(secret) && !STOP.contains(&secret.to_ascii_lowercase().as_str()))
        .then_some(name.end..name.end + length)
}
