//! Payment cards (ISO/IEC 7812), bank accounts (ISO 13616) and banks (ISO 9362).

use super::checksum::{iban_mod97, is_repeated, luhn};
use super::context::{BIC, CARD, Context};
use super::rules::{Need, Rule, Run};
use super::surroundings::is_whole;

pub(super) const RULES: &[Rule] = &[
    Rule { name: "payment_card", forms: CARDS, check: is_card, topics: CARD, need: Need::Nothing, rank: 3 },
    // New ranges come every year: beside the word, a right check digit is enough.
    Rule {
        name: "payment_card",
        forms: CARDS,
        check: |digits| luhn(digits) && !is_repeated(digits),
        topics: CARD,
        need: Need::Word,
        rank: 3,
    },
];

const CARDS: &[&str] = &[
    "999999999999",
    "9999999999999",
    "99999999999999",
    "999999999999999",
    "9999999999999999",
    "99999999999999999",
    "999999999999999999",
    "9999999999999999999",
    "9999 9999 9999 9",
    "9999 9999 9999 99",
    "9999 9999 9999 999",
    "9999 9999 9999 9999",
    "9999 9999 9999 9999 9",
    "9999 9999 9999 9999 99",
    "9999 9999 9999 9999 999",
    "9999 999999 9999",
    "9999 999999 99999",
];

fn is_card(digits: &[u8]) -> bool {
    digits.len() >= 13 && is_issued(digits) && luhn(digits)
}

/// Issuer ranges and the lengths that go with them: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay,
/// Maestro. A check digit alone accepts every tenth number.
fn is_issued(numbers: &[u8]) -> bool {
    let prefix =
        |length: usize| numbers.iter().take(length).fold(0_u32, |value, digit| value * 10 + u32::from(*digit - b'0'));
    let length = numbers.len();
    match (prefix(1), prefix(2), prefix(3), prefix(4)) {
        (4, ..) => matches!(length, 13 | 16 | 19),
        (_, 51..=55, ..) | (_, _, _, 2221..=2720) => length == 16,
        (_, 34 | 37, ..) => length == 15,
        (_, _, 300..=305, _) | (_, 36 | 38 | 39, ..) => matches!(length, 14 | 16),
        (_, _, _, 3528..=3589 | 6011) | (_, _, 644..=649, _) | (_, 65, ..) => matches!(length, 16 | 19),
        (_, _, _, 1800 | 2131) => length == 15,
        (_, 62, ..) => (16..=19).contains(&length),
        (_, 50 | 56..=61 | 63 | 64 | 66..=69, ..) => matches!(length, 13 | 16 | 18 | 19),
        _ => false,
    }
}

/// Country and length of its IBANs (SWIFT IBAN registry, release 99).
#[rustfmt::skip]
pub(super) const IBAN_LENGTHS: &[(&[u8; 2], usize)] = &[
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22),
    (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24),
    (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18),
    (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27),
    (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26),
    (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20),
    (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24),
    (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25),
    (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20),
    (b"YE", 30),
];

/// The account number that begins with the run: two letters, two digits, and as many more as the country has, in groups or not.
pub(super) fn iban(text: &str, run: Run) -> Option<usize> {
    let bytes = text.as_bytes();
    let head = bytes.get(run.start..run.start + 4)?;
    let formed = head[..2].iter().all(u8::is_ascii_alphabetic) && head[2..].iter().all(u8::is_ascii_digit);
    let country = [head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()];
    let (_, length) = IBAN_LENGTHS.iter().find(|(name, _)| formed && **name == country)?;
    let mut compact = Vec::with_capacity(*length);
    let (mut end, mut separated) = (run.start, false);
    for byte in &bytes[run.start..] {
        if compact.len() == *length {
            break;
        }
        if byte.is_ascii_alphanumeric() {
            compact.push(*byte);
            separated = false;
        } else if separated || !matches!(byte, b' ' | b'-') {
            return None;
        } else {
            separated = true;
        }
        end += 1;
    }
    (compact.len() == *length && is_whole(text, run.start, end) && iban_mod97(&compact)).then_some(end)
}

/// A bank's code after a word that names it: four letters, a country, two of place and, maybe, three of branch. Returns where it
/// lies.
pub(super) fn bic(text: &str, context: &Context<'_>) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for from in context.ends(BIC) {
        let window = &bytes[from..(from + 48).min(bytes.len())];
        let mut at = 0;
        while at < window.len() {
            let length = window[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let word = &window[at..at + length];
            let place = (from + at, from + at + length);
            if is_bic(word) && context.label(place.0) & BIC != 0 && is_whole(text, place.0, place.1) {
                found.push(place);
                break;
            }
            at += length.max(1);
        }
    }
    found
}

fn is_bic(word: &[u8]) -> bool {
    let upper = |byte: &u8| byte.is_ascii_uppercase();
    matches!(word.len(), 8 | 11)
        && word[..6].iter().all(upper)
        && word[6..].iter().all(|byte| upper(byte) || byte.is_ascii_digit())
        && (IBAN_LENGTHS.iter().any(|(country, _)| word[4..6] == country[..]) || OTHER_BANKS.contains(&&word[4..6]))
}

/// Large countries without IBANs.
const OTHER_BANKS: &[&[u8]] = &[
    b"US", b"CA", b"AU", b"NZ", b"JP", b"CN", b"HK", b"SG", b"IN", b"KR", b"ZA", b"MX", b"TH", b"MY", b"PH", b"TW",
    b"AR",
];
