//! Numbers of Germany, Austria, France, the Netherlands, Belgium and Ireland.

use super::checksum::{digit, is_repeated, luhn, mod11_10, number, weighted};
use super::context::{AT_SVNR, BE_NUMBER, DE_CARD, DE_TAX, FR_NIR, FR_SIREN, IE_PPS, NATIONAL, NL_BSN, TAX};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "de_tax_id",
        forms: &["99999999999", "99 999 999 999"],
        check: is_german_tax_id,
        topics: DE_TAX | TAX,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "de_id_card",
        forms: &["**********", "*********9"],
        check: is_german_id_card,
        topics: DE_CARD | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "at_svnr",
        forms: &["9999 999999", "9999999999"],
        check: is_austrian_insurance,
        topics: AT_SVNR | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "fr_nir",
        forms: &["99999**99999999", "9 99 99 ** 999 999 99", "99999**999999 99"],
        check: is_nir,
        topics: FR_NIR | NATIONAL,
        need: Need::Nothing,
        rank: 3,
    },
    Rule {
        name: "fr_siren",
        forms: &["999 999 999", "999999999", "999 999 999 99999", "99999999999999"],
        check: |digits| luhn(digits) && !is_repeated(digits),
        topics: FR_SIREN,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "nl_bsn",
        forms: &["999999999", "9999 99 999", "999 999 999"],
        check: is_bsn,
        topics: NL_BSN | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "be_national_number",
        forms: &["99 99 99 999 99", "99999999999"],
        check: is_belgian,
        topics: BE_NUMBER | NATIONAL,
        need: Need::Groups,
        rank: 3,
    },
    Rule {
        name: "ie_pps",
        forms: &["9999999A", "9999999AA", "9999999 A"],
        check: is_pps,
        topics: IE_PPS | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
];

/// ISO 7064 MOD 11,10; of the first ten digits exactly one stands there twice or thrice (Bundeszentralamt für Steuern).
fn is_german_tax_id(digits: &[u8]) -> bool {
    let mut counts = [0_u8; 10];
    digits[..10].iter().for_each(|byte| counts[digit(*byte) as usize] += 1);
    let repeated = counts.iter().filter(|count| **count > 1).count();
    digits[0] != b'0' && repeated == 1 && counts.iter().all(|count| *count <= 3) && mod11_10(digits)
}

/// Letters without vowels, weights 7 3 1 with letters from 10 (ICAO Doc 9303, part 3); the card's tenth place is the check.
fn is_german_id_card(code: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte);
    let value = |byte: u8| if byte.is_ascii_digit() { digit(byte) } else { u32::from(byte - b'A') + 10 };
    let sum: u32 =
        code[..9].iter().zip([7, 3, 1].into_iter().cycle()).map(|(byte, weight)| value(*byte) * weight).sum();
    code[0].is_ascii_alphabetic() && code.iter().all(allowed) && code[9].is_ascii_digit() && sum % 10 == digit(code[9])
}

/// The fourth digit checks the rest, weights 3 7 9 and 5 8 4 2 1 6 (Dachverband der Sozialversicherungsträger).
fn is_austrian_insurance(digits: &[u8]) -> bool {
    let check = weighted(digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    let (day, month) = (number(&digits[4..6]), number(&digits[6..8]));
    digits[0] != b'0' && check == digit(digits[3]) && (1..=31).contains(&day) && (1..=15).contains(&month)
}

/// The key is 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18 (INSEE).
fn is_nir(code: &[u8]) -> bool {
    let mut plain = [0_u8; 15];
    plain.copy_from_slice(code);
    match &code[5..7] {
        b"2A" => plain[5..7].copy_from_slice(b"19"),
        b"2B" => plain[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    let month = number(&plain[3..5]);
    let plausible = matches!(month, 1..=12 | 20..=42 | 50..=99) && matches!(code[0], b'1'..=b'4' | b'7' | b'8');
    plausible && plain.iter().all(u8::is_ascii_digit) && 97 - number(&plain[..13]) % 97 == number(&plain[13..])
}

/// The «elfproef»: weights 9 to 2 and minus 1 (Rijksdienst voor Identiteitsgegevens).
pub(super) fn is_bsn(digits: &[u8]) -> bool {
    let sum = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) + 11 - digit(digits[8]);
    !is_repeated(digits) && sum.is_multiple_of(11)
}

/// 97 minus the first nine digits modulo 97, with a 2 before them for births from 2000 (Royal Decree of 3 April 1984).
fn is_belgian(digits: &[u8]) -> bool {
    let (body, check) = (number(&digits[..9]), number(&digits[9..]));
    let month = number(&digits[2..4]) % 20;
    let right = 97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check;
    right && month <= 12 && number(&digits[4..6]) <= 31
}

/// Weights 8 to 2, a second letter counts nine times; modulo 23, W is nought (Department of Social Protection).
pub(super) fn is_pps(code: &[u8]) -> bool {
    let value = |byte: u8| if byte == b'W' { 0 } else { u32::from(byte - b'A') + 1 };
    let second = code.get(8).map_or(0, |byte| value(*byte) * 9);
    (weighted(&code[..7], &[8, 7, 6, 5, 4, 3, 2]) + second) % 23 == value(code[7])
}
