//! Secrets that are known only by what they are called: `api_key = …`, `"token": "…"`, `SECRET_KEY …`, and a provider's
//! name before something random. From the name on, signs and at most a few words are passed over; the first value that
//! could be one decides.

use super::services;
use super::shape::{Level, is_key, is_uuid};
use std::ops::Range;

/// What names a key. Matched in any case, within a longer name too; what follows in that name must not say otherwise.
pub(super) const KEY_WORDS: &[&str] = &[
    "key",
    "token",
    "secret",
    "access",
    "private",
    "auth",
    "credential",
    "license",
    "_pat",
    "-pat",
    " pat",
    "credentials",
    "crumb",
    "unseal",
    "login",
    "client_id",
    "clientid",
    "client-id",
    "app_id",
    "appid",
    "application_id",
    "account_id",
    "accountid",
    "session",
    "reporter_id",
    "bearer",
    "api_user",
    "jwt",
    "salt",
    "ssid",
    "creds",
    "apikey",
];

/// What may follow such a word within the same name and leave it a secret's name.
const GOES_ON: &[&str] = &[
    "key",
    "token",
    "secret",
    "access",
    "private",
    "value",
    "code",
    "pass",
    "pat",
    "string",
    "auth",
    "orization",
    "api",
    "data",
];

/// What follows a name, or stands in it, when it names something else: `key_name`, `accessor`, `token_url`, `public_key`.
const ELSE: &[&str] = &[
    "id",
    "ids",
    "name",
    "names",
    "version",
    "hash",
    "file",
    "files",
    "path",
    "size",
    "length",
    "len",
    "type",
    "types",
    "url",
    "uri",
    "label",
    "field",
    "column",
    "index",
    "count",
    "limit",
    "public",
    "vault",
    "alias",
    "format",
    "commit",
    "sha",
    "md5",
    "checksum",
    "digest",
    "integrity",
    "revision",
    "fingerprint",
    "thumbprint",
    "or",
    "expires",
    "expiry",
    "ring",
    "pair",
    "usage",
    "bits",
    "event",
    "pressed",
    "policy",
    "role",
    "user",
    "username",
    "email",
    "host",
    "port",
    "region",
    "scope",
    "endpoint",
    "date",
    "time",
    "at",
    "in",
    "sha1",
    "sha256",
    "tag",
    "selector",
    "store",
    "ref",
    "arn",
    "of",
    "image",
    "issue",
    "page",
    "http",
    "https",
    "class",
    "function",
];

/// Words directly before the name that take its secrecy away.
const OPEN: &[&str] = &[
    "public",
    "primary",
    "foreign",
    "cache",
    "partition",
    "sort",
    "idempotency",
    "pub",
    "object",
    "etag",
    "ssh-rsa ",
    "trace",
];

/// Longest way from a name to its value, in bytes.
const REACH: usize = 72;
/// Longest value, in bytes.
const LONGEST: usize = 4096;

/// The value that a name at `name` speaks of.
///
/// # Errors
/// Up to where (a place in the text) a long value reaches that is no key: names inside of it need no look.
pub(super) fn key_after(text: &str, name: Range<usize>) -> Result<Range<usize>, usize> {
    let bytes = text.as_bytes();
    let word = text[name.clone()].to_ascii_lowercase();
    let left = &text.as_bytes()[name.start.saturating_sub(12)..name.start];
    if OPEN.iter().any(|open| ends_with_word(left, open)) {
        return Err(0);
    }
    let identifies = word.ends_with("id");
    let Some(after) = name_end(bytes, name.end, matches!(word.as_str(), "license" | "session")) else { return Err(0) };
    let named = bytes
        .get(name.start.wrapping_sub(1))
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    let check = |value: &str, level: Level| {
        if identifies && value.len() >= 9 && value.bytes().all(|byte| byte.is_ascii_digit()) {
            return level == Level::Assigned && value.len() <= 20;
        }
        let alone = !named && matches!(word.as_str(), "key" | "access" | "session" | "login") && is_uuid(value);
        !alone && is_key(value, level) && fits_its_mark(value, text, name.start)
    };
    walk(text, after, Level::Spaced, &check)
}

/// The value that stands near a provider's name.
///
/// # Errors
/// As above.
pub(super) fn key_of_service(text: &str, name: Range<usize>) -> Result<Range<usize>, usize> {
    let before = name.start.checked_sub(1).map(|before| text.as_bytes()[before]);
    let host = [".com", ".io", ".net", ".org", ".co", ".site", ".dev", ".app", ".ai", ".so", ".cloud"];
    let address = host.iter().any(|end| text.as_bytes()[name.end..].starts_with(end.as_bytes()));
    if address || before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'@')) {
        return Err(0);
    }
    let check = |value: &str, level: Level| {
        // Short ones must have letters of both cases and digits.
        let classes = [u8::is_ascii_digit, u8::is_ascii_lowercase, u8::is_ascii_uppercase];
        let mixed = classes.iter().all(|class| value.bytes().filter(*class).count() >= 2);
        let floor = if mixed { Level::Assigned } else { Level::Spaced };
        let short_enough = level == Level::Assigned && is_key(value, floor) && !is_uuid(value);
        let key = short_enough
            || is_key(value, Level::Loose)
            || (is_uuid(value) && value.bytes().any(|byte| byte.is_ascii_digit()));
        let number = level == Level::Assigned
            && (15..=19).contains(&value.len())
            && value.bytes().all(|byte| byte.is_ascii_digit());
        (number || key && has_random_part(value)) && fits_its_mark(value, text, name.start)
    };
    walk(text, name.end, Level::Loose, &check)
}

fn ends_with_word(left: &[u8], word: &str) -> bool {
    let left = match left {
        [rest @ .., b'_' | b'-' | b' ' | b'.'] => rest,
        all => all,
    };
    left.len() >= word.len() && left[left.len() - word.len()..].eq_ignore_ascii_case(word.as_bytes())
}

/// Where the rest of the name ends; `None` when it makes the name one of something else.
fn name_end(bytes: &[u8], mut at: usize, whole: bool) -> Option<usize> {
    let shout = at > 0 && bytes[at - 1].is_ascii_uppercase();
    loop {
        let letters = bytes[at..].iter().take(24).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let rest = &bytes[at..at + letters];
        // `SECRETtoken`: after capitals a small letter begins the next word.
        if letters == 0 || (shout && rest[0].is_ascii_lowercase() && !whole) {
            return Some(at);
        }
        let next = GOES_ON
            .iter()
            .find(|word| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes()))?;
        at += next.len();
    }
}

/// Goes from the end of a name to the first value that passes, over signs and a few words.
fn walk(text: &str, from: usize, unsigned: Level, check: &dyn Fn(&str, Level) -> bool) -> Result<Range<usize>, usize> {
    let bytes = text.as_bytes();
    let (mut at, mut signed, mut words, mut lines) = (from, false, 0, 0);
    while at < bytes.len().min(from + REACH) {
        if bytes[at..].starts_with(b"-----") {
            return Err(0);
        }
        match bytes[at] {
            b'=' | b':' => signed = true,
            b'>' => signed |= at > from,
            b'\n' => lines += 1,
            b' ' | b'\t' | b'\r' | b'"' | b'\'' | b'`' | b'(' | b')' | b'[' | b']' | b'{' | b'_' | b'-' | b'.'
            | b',' | b'|' => {}
            b'\\' => at += usize::from(matches!(bytes.get(at + 1), Some(b'n' | b'r' | b't'))),
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'~') => {
                let value = value_at(bytes, at);
                let called = matches!(bytes.get(value.end), Some(b'(' | b'['));
                let level = if words > 0 && !signed {
                    Level::Loose
                } else if signed {
                    Level::Assigned
                } else {
                    unsigned
                };
                let level = if words > 1 { Level::Loose } else { level };
                // A hyphen or a point may also be the value's own first letter, or part a name from it.
                if !called && check(&text[value.clone()], level) {
                    return Ok(value);
                }
                let word = bytes[at..value.end].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                words += 1;
                let joined = bytes.get(at + word).is_some_and(u8::is_ascii_digit);
                if word == 0
                    || word > 18
                    || joined
                    || words > 4
                    || is_else(&bytes[at..at + word])
                    || has_mark(&text[value.clone()])
                {
                    return Err(if value.len() > REACH { value.end } else { 0 });
                }
                at += word;
                continue;
            }
            _ => return Err(0),
        }
        if lines > 2 {
            return Err(0);
        }
        at += 1;
    }
    Err(0)
}

fn is_else(word: &[u8]) -> bool {
    word.ends_with(b"Id")
        || ELSE.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
        || ["vault", "version", "public", "usage", "size", "length", "name"]
            .iter()
            .any(|other| word.len() > other.len() && word[..other.len()].eq_ignore_ascii_case(other.as_bytes()))
}

/// A run of the letters of which keys are made; a sign `=` belongs to it only as padding or deep inside.
fn value_at(bytes: &[u8], start: usize) -> Range<usize> {
    let mut end = start;
    while end < bytes.len().min(start + LONGEST) {
        match bytes[end] {
            b'=' if end - start >= 12 && bytes[start..end].iter().any(u8::is_ascii_digit) => {}
            byte if byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'.' | b'~' | b'%' | b'|') => {}
            _ => break,
        }
        end += 1;
    }
    while end > start && matches!(bytes[end - 1], b'.' | b'|' | b'/') {
        end -= 1;
    }
    start..end
}

/// A value with a known provider's mark, or behind that provider's name, must have that provider's form.
fn fits_its_mark(value: &str, text: &str, name: usize) -> bool {
    if has_mark(value) || value.ends_with("NRAL") {
        return false;
    }
    let mut from = name.saturating_sub(24);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut to = text.len().min(name + 24);
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    let near = text[from..to].to_ascii_lowercase();
    services::FORMS
        .iter()
        .filter(|(names, _)| names.iter().any(|name| near.contains(name)))
        .all(|(_, fits)| fits(value))
}

fn has_mark(value: &str) -> bool {
    services::MARKS.iter().any(|mark| value.starts_with(mark))
}

/// Behind a service's name stand names of its models and plans too, `gpt-4o-mini-2024-07-18`: of what a hyphen or point
/// parts, one part must be long and mixed, or all of it one.
fn has_random_part(value: &str) -> bool {
    let mixed = |part: &str| {
        part.bytes().any(|byte| byte.is_ascii_digit()) && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    let parts = || value.split(['-', '.', '_', '/']);
    is_uuid(value)
        || parts().count() == 1
        || parts().any(|part| part.len() >= 8 && mixed(part))
        || parts().any(|part| part.len() >= 16)
        || parts().count() >= 5 && value.bytes().any(|byte| byte.is_ascii_uppercase())
}
