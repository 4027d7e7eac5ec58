//! Payment cards (ISO/IEC 7812) and bank accounts (ISO 13616).

use super::surroundings::{begins_token, digits, ends_token, is_whole, preceded_by};
use super::{Candidate, GUARD, Shape, checksum, shape};
use crate::guard::Finding;

pub(super) const SHAPES: &[Shape] = &[shape(
    "payment_card",
    "CARD",
    3,
    r"\d{4}<s>\d{4}<s>\d{4}<s>\d{4}(?:<s>\d{1,3})?|\d{4}<s>\d{6}<s>\d{4,5}|\d{12,19}|\d{4}<s>\d{4}<s>\d{4}<s>\d{1,3}",
    accept_card,
)];

/// Words that make a number with a right check digit a card whatever its issuer: new ranges come every year.
const CARD_WORDS: &[&str] = &[
    "card",
    "cards",
    "credit card",
    "debit card",
    "cc",
    "visa",
    "mastercard",
    "amex",
    "maestro",
    "atm",
    "kreditkarte",
    "tarjeta",
    "carte",
];

/// The longest beginning of the match, in whole groups, that has a right check digit and an issuer: what follows a card
/// is mostly its expiry and its code. A beginning with more digits behind it gives way to a shorter one, lest it take
/// the first group of the next number.
fn accept_card(candidate: &Candidate<'_>) -> Option<usize> {
    let mut continued = None;
    for end in candidate.group_ends() {
        let shorter = candidate.until(end);
        let numbers = digits(shorter.value());
        if numbers.len() >= 13 && is_issued(&numbers) && checksum::luhn(&numbers) && stands_alone(&shorter) {
            let length = end - candidate.start;
            if shorter.next_number().is_none() {
                return Some(length);
            }
            continued = Some(length);
        }
    }
    continued.or_else(|| {
        let length = candidate.whole()?;
        let named = preceded_by(candidate.text, candidate.start, 40, CARD_WORDS);
        (named && checksum::luhn(&digits(candidate.value()))).then_some(length)
    })
}

/// As `whole`, but lists and forms put the next field directly behind: after a comma, before digits also after a slash
/// or colon (`4111…,12/27,123`), and behind a number in groups after a hyphen.
fn stands_alone(candidate: &Candidate<'_>) -> bool {
    let grouped = candidate.value().bytes().any(|byte| !byte.is_ascii_digit());
    let mut after = candidate.text[candidate.end..].chars();
    let field_after = match after.next() {
        Some(',') => true,
        Some('/' | ':') => after.next().is_some_and(|next| next.is_ascii_digit()),
        Some('-') => grouped,
        _ => false,
    };
    let field_before = candidate.text[..candidate.start].ends_with(',');
    (field_before || begins_token(candidate.text, candidate.start))
        && (field_after || ends_token(candidate.text, candidate.end))
}

/// Issuer ranges and the lengths that go with them: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay,
/// Maestro. A check digit alone accepts every tenth number.
fn is_issued(numbers: &[u8]) -> bool {
    let prefix = |length: usize| numbers.iter().take(length).fold(0_u32, |value, digit| value * 10 + u32::from(*digit));
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
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HN", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// Looks for two letters and two digits and counts on from there: the length is the country's, so no pattern can say
/// where an account number ends.
pub(super) fn find_ibans(text: &str, findings: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + 15 <= bytes.len() {
        let head = &bytes[at..at + 4];
        let fits = head[0].is_ascii_alphabetic()
            && head[1].is_ascii_alphabetic()
            && head[2].is_ascii_digit()
            && head[3].is_ascii_digit();
        match fits.then(|| iban_end(text, at)).flatten() {
            Some(end) => {
                findings.push(Finding { start: at, end, guard: GUARD, rule: "iban", kind: "IBAN", rank: 3 });
                at = end;
            }
            None => at += 1,
        }
    }
}

fn iban_end(text: &str, start: usize) -> Option<usize> {
    let country = text.get(start..start + 2)?.to_ascii_uppercase();
    let (_, length) = IBAN_LENGTHS.iter().find(|(name, _)| *name == country)?;
    let mut compact = String::with_capacity(*length);
    let mut end = start;
    let mut separated = false;
    for (offset, character) in text[start..].char_indices() {
        if compact.len() == *length {
            break;
        }
        if character.is_ascii_alphanumeric() {
            compact.push(character);
            end = start + offset + 1;
            separated = false;
        } else if !separated && matches!(character, ' ' | '-' | '\u{A0}' | '\u{202F}') {
            separated = true;
        } else {
            return None;
        }
    }
    (compact.len() == *length && is_whole(text, start, end) && checksum::iban_mod97(&compact)).then_some(end)
}
