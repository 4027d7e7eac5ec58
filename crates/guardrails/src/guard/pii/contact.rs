//! E-mail addresses, telephone numbers, network addresses.

use super::neighbours::phone_length;
use super::surroundings::{begins_token, followed_by, preceded_by};
use super::{Candidate, GUARD, Shape, shape};
use crate::guard::Finding;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const SHAPES: &[Shape] = &[
    shape(
        "phone_international",
        "PHONE",
        2,
        r"(?:\+|\b00)[1-9]\d{0,2}<s>?(?:\(0?\d{0,4}\)<s>?)?\d{1,5}(?:[ \u{A0}\u{202F}./\u{2010}\u{2011}-]?\d{1,5}){1,5}",
        accept_international,
    ),
    shape(
        "phone_national",
        "PHONE",
        1,
        concat!(
            r"(?:\+?1<s>)?(?:\([2-9]\d{2}\)<b>?|[2-9]\d{2}<s>)\d{3}<s>\d{4}(?:<b>?(?:x|ext\.?|#)<b>?\d{1,5})?",
            r"|\(?0[1-9]\d{0,3}\)?(?:<s>|/)<b>?\d{2,4}(?:<s>\d{2,4}){1,4}|\(?0[1-9]\d{1,4}\)?[ /-]<b>?\d{5,8}",
            r"|\(0\d{1,4}\)<b>?\d{3,4}<s>?\d{3,4}|[6-9]\d{2}<b>\d{3}<b>\d{3}|[6-9]\d{2}(?:<b>\d{2}){3}",
        ),
        accept_national,
    ),
    shape("phone_named", "PHONE", 1, r"\(?\d(?:[ \u{A0}().x/\u{2011}-]{0,2}\d){6,14}", accept_named),
    shape("ip_address", "IP", 2, r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", accept_ipv4),
];

/// Words after which a number is a telephone number whatever its form.
const PHONE_WORDS: &[&str] = &[
    "phone",
    "phones",
    "telephone",
    "tel",
    "telefon",
    "telefono",
    "teléfono",
    "téléphone",
    "mobile",
    "mobil",
    "móvil",
    "cell",
    "cellphone",
    "fax",
    "whatsapp",
    "handy",
    "hotline",
    "phone number",
    "call me",
    "call us",
    "call",
    "text me",
    "reach me",
    "tlf",
    "ph",
    "messages to",
    "dial",
    "callback",
    "contact number",
];

/// Words that say a number is something else.
pub(super) const OTHER_WORDS: &[&str] = &[
    "order",
    "invoice",
    "ticket",
    "tracking",
    "ref",
    "reference",
    "serial",
    "part",
    "isbn",
    "issn",
    "sku",
    "case",
    "model",
    "version",
    "build",
    "po",
    "item",
    "bestellung",
    "rechnung",
    "bestellnummer",
    "commit",
    "code",
    "batch",
    "lot",
    "doi",
    "article",
    "gtin",
    "ean",
    "upc",
];

fn accept_international(candidate: &Candidate<'_>) -> Option<usize> {
    let certain = candidate.value().starts_with('+');
    let length = phone_length(candidate, 8..=15, 11, certain)?;
    let value = &candidate.value()[..length];
    let doubtful = !certain
        && (candidate.continues_number()
            || !value.contains([' ', '-', '.', '\u{A0}'])
            || preceded_by(candidate.text, candidate.start, 24, OTHER_WORDS));
    (begins_token(candidate.text, candidate.start) && !doubtful).then_some(length)
}

fn accept_national(candidate: &Candidate<'_>) -> Option<usize> {
    if !begins_token(candidate.text, candidate.start) {
        return None;
    }
    let length = phone_length(candidate, 9..=16, 10, false)?;
    let named = preceded_by(candidate.text, candidate.start, 24, PHONE_WORDS);
    let other = || preceded_by(candidate.text, candidate.start, 24, OTHER_WORDS);
    let doubtful = !named && (is_thousands(candidate) || candidate.continues_number() || other());
    (!doubtful).then_some(length)
}

/// `699 956 915` may be an amount: beside a unit or a currency it is.
fn is_thousands(candidate: &Candidate<'_>) -> bool {
    const UNITS: &[&str] = &[
        "€",
        "$",
        "£",
        "usd",
        "eur",
        "gbp",
        "people",
        "inhabitants",
        "km",
        "m",
        "users",
        "units",
        "dollars",
        "euros",
        "%",
        "views",
        "tons",
    ];
    let grouped = candidate.value().split(|c: char| !c.is_ascii_digit()).all(|group| group.len() == 3);
    let unit_before = preceded_by(candidate.text, candidate.start, 8, UNITS);
    let sign = candidate.text[..candidate.start].trim_end().ends_with(['$', '€', '£', '¥']);
    grouped
        && (sign
            || unit_before
            || followed_by(candidate.text, candidate.end, 12, UNITS)
            || candidate.text[candidate.end..].starts_with([',', '.', '%', '€', '$']) && !ends_sentence(candidate))
}

fn ends_sentence(candidate: &Candidate<'_>) -> bool {
    let mut after = candidate.text[candidate.end..].chars();
    matches!(after.next(), Some('.' | ',')) && after.next().is_none_or(char::is_whitespace)
}

/// Bytes before a number in which the word that names it is looked for.
const LONGEST_LABEL: usize = 64;

/// Any writing of 7 to 15 digits, but only directly after a word that names it, as in `Phone: 9498777106`.
fn accept_named(candidate: &Candidate<'_>) -> Option<usize> {
    if !begins_token(candidate.text, candidate.start) {
        return None;
    }
    let length = phone_length(candidate, 7..=15, 10, true)?;
    let candidate = &candidate.until(candidate.start + length);
    // A window: looking back to the line's beginning from each number of a long line takes quadratic time.
    let mut from = candidate.start.saturating_sub(LONGEST_LABEL);
    while !candidate.text.is_char_boundary(from) {
        from += 1;
    }
    let label = &candidate.text[from..candidate.start];
    let line = label.rfind('\n').map_or(label, |at| &label[at..]);
    let gap = line.len() - line.trim_end_matches([' ', ':', '\t', '.', '=', '"', '(', '+', '#', '|']).len();
    let named = preceded_by(candidate.text, candidate.start - gap, 20, PHONE_WORDS)
        && ends_with_phone_word(&candidate.text[..candidate.start - gap]);
    (named && !is_date(candidate.value())).then_some(length)
}

fn ends_with_phone_word(before: &str) -> bool {
    let tail: String =
        before.chars().rev().take(32).collect::<Vec<_>>().into_iter().rev().collect::<String>().to_lowercase();
    let tail = tail.trim_end_matches([' ', ':', '#']);
    ["number", "number is", "no", "nr", "is", "at", "me", "us", "on", ""].iter().any(|filler| {
        let rest = tail.strip_suffix(filler).unwrap_or("").trim_end_matches([' ', '.', ':', '-']);
        PHONE_WORDS.iter().any(|word| {
            rest.strip_suffix(word).is_some_and(|left| left.chars().next_back().is_none_or(|c| !c.is_alphanumeric()))
        })
    })
}

fn is_date(value: &str) -> bool {
    let groups: Vec<usize> = value.split(|c: char| !c.is_ascii_digit()).map(str::len).collect();
    matches!(groups.as_slice(), [4, 2, 2] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4])
}

fn accept_ipv4(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole().or_else(|| is_before_port(candidate))?;
    let address: Ipv4Addr = candidate.value().parse().ok()?;
    let nobody =
        address.is_loopback() || address.is_unspecified() || address.is_broadcast() || address.octets()[0] == 255;
    let versions = ["version", "v", "ver", "release", "build", "firmware", "driver", "section", "chapter"];
    (!nobody && !preceded_by(candidate.text, candidate.start, 16, &versions)).then_some(length)
}

/// `10.1.2.3:8080` and `10.1.2.0/24` are addresses with something behind them.
fn is_before_port(candidate: &Candidate<'_>) -> Option<usize> {
    let rest = candidate.text[candidate.end..].strip_prefix([':', '/'])?;
    rest.starts_with(|c: char| c.is_ascii_alphanumeric()).then_some(())?;
    begins_token(candidate.text, candidate.start).then_some(candidate.end - candidate.start)
}

/// RFC 4291 addresses with at least three written groups; less is a scope operator of some programming language.
pub(super) fn find_ipv6(text: &str, findings: &mut Vec<Finding>) {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !is_part(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len() && is_part(bytes[at]) {
            at += 1;
        }
        let value = text[start..at].trim_end_matches(':');
        let groups = value.split(':').filter(|group| !group.is_empty()).count();
        let end = start + value.len();
        let free = |character: Option<char>| character.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '.');
        if groups >= 3
            && value.parse::<Ipv6Addr>().is_ok()
            && value.bytes().any(|byte| byte.is_ascii_digit())
            && free(text[..start].chars().next_back())
            && text[end..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_')
        {
            findings.push(Finding { start, end, guard: GUARD, rule: "ip_address", kind: "IP", rank: 2 });
        }
    }
}

/// Endings of file names that follow an `@` in web pages (`logo@2x.png`).
const FILE_ENDINGS: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "html", "pdf", "mp4", "ico"];

/// Grows an address to both sides of each `@` (RFC 5321 addresses without quoted local parts; letters of any script).
pub(super) fn find_emails(text: &str, findings: &mut Vec<Finding>) {
    let mut settled = 0;
    for (at, _) in text.match_indices('@') {
        let local_allowed = |c: char| c.is_alphanumeric() || "._%+-'!#$&*=?^`{|}~/".contains(c);
        let raw = &text[settled..at];
        let from =
            raw.char_indices().rev().take_while(|(_, c)| local_allowed(*c)).last().map(|(offset, _)| settled + offset);
        let Some(mut start) = from else { continue };
        // Punctuation before an address belongs to the sentence; `mailto:` and `user=` are cut at their sign.
        let local = &text[start..at];
        let cut = local.rfind(['=', '/', '|', '*', '`', '{', '}', '!', '?', '\'']).map_or(0, |sign| sign + 1);
        start += cut;
        start +=
            text[start..at].len() - text[start..at].trim_start_matches(['.', '-', '#', '&', '~', '^', '$', '%']).len();
        let Some(end) = domain_end(text, at + 1) else { continue };
        let local = &text[start..at];
        let known = local == "git" || local.is_empty() || local.len() > 64 || local.ends_with('.');
        if !known {
            findings.push(Finding { start, end, guard: GUARD, rule: "email", kind: "EMAIL", rank: 2 });
            settled = end;
        }
    }
}

/// One past the last byte of a domain name with a plausible last label.
fn domain_end(text: &str, start: usize) -> Option<usize> {
    let allowed = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let length =
        text[start..].char_indices().take_while(|(_, c)| allowed(*c)).last().map(|(at, c)| at + c.len_utf8())?;
    let mut domain = text[start..start + length].trim_end_matches(['.', '-']);
    let first_dot = domain.find('.')?;
    // A sentence that goes on without a blank (`a@b.com.And`) is rarer than a long domain; keep the whole.
    loop {
        let (rest, last) = domain.rsplit_once('.')?;
        let plausible =
            (last.chars().count() >= 2 && last.chars().all(char::is_alphabetic)) || last.starts_with("xn--");
        if plausible {
            let file = FILE_ENDINGS.contains(&last.to_lowercase().as_str());
            let labels =
                domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
            return (labels && !file && domain.len() <= 253).then_some(start + domain.len());
        }
        domain = rest;
        // `pkg@1.2.beta3` is a version; only a number after a name (`a@b.com.1`) is dropped.
        if domain.len() <= first_dot {
            return None;
        }
    }
}
