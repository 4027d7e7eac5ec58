//! Numbers of Spain, Portugal, Italy and Greece.

use super::checksum::{digit, is_month_and_day, is_repeated, luhn, number, weighted};
use super::context::{ES_CIF, ES_DNI, GR_AFM, GR_AMKA, IT_CODE, IT_VAT, NATIONAL, PT_NIF, TAX, VAT};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "es_dni",
        forms: &["99999999A", "99999999 A", "99.999.999-A", "99.999.999A", "A9999999A", "A 9999999 A", "A 9999999A"],
        check: is_dni,
        topics: ES_DNI | NATIONAL,
        need: Need::Nothing,
        rank: 3,
    },
    Rule {
        name: "es_cif",
        forms: &["A9999999*", "A-9999999*", "A-99999999"],
        check: is_cif,
        topics: ES_CIF | TAX | VAT,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "pt_nif",
        forms: &["999999999", "999 999 999"],
        check: is_portuguese_nif,
        topics: PT_NIF | TAX,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "it_codice_fiscale",
        forms: &["AAAAAA**A**A***A", "AAAAAA **A** A***A"],
        check: is_codice_fiscale,
        topics: IT_CODE | NATIONAL | TAX,
        need: Need::Nothing,
        rank: 3,
    },
    Rule {
        name: "it_partita_iva",
        forms: &["99999999999"],
        check: |digits| luhn(digits) && !is_repeated(digits),
        topics: IT_VAT | VAT,
        need: Need::Word,
        rank: 3,
    },
    Rule { name: "gr_afm", forms: &["999999999"], check: is_afm, topics: GR_AFM | TAX, need: Need::Word, rank: 3 },
    Rule {
        name: "gr_amka",
        forms: &["99999999999"],
        check: |digits| luhn(digits) && is_month_and_day(number(&digits[2..4]), number(&digits[..2])),
        topics: GR_AMKA | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
];

/// The letter is the number modulo 23; X, Y, Z of foreigners count 0, 1, 2 (Ministerio del Interior).
pub(super) fn is_dni(code: &[u8]) -> bool {
    let (body, letter) = (&code[..8], code[8]);
    let first = match body[0] {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        digit if digit.is_ascii_digit() => u64::from(digit - b'0'),
        _ => return false,
    };
    let number = first * 10_000_000 + number(&body[1..]);
    number != 0 && b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize] == letter
}

/// Luhn over seven digits; the check is a digit or, for some kinds of bodies, a letter (Orden EHA/451/2008).
pub(super) fn is_cif(code: &[u8]) -> bool {
    let doubled = |byte: u8| digit(byte) * 2 / 10 + digit(byte) * 2 % 10;
    let sum: u32 =
        code[1..8].iter().enumerate().map(|(at, byte)| if at % 2 == 0 { doubled(*byte) } else { digit(*byte) }).sum();
    let check = (10 - sum % 10) % 10;
    let right = digit(code[8]) == check || b"JABCDEFGHI"[check as usize] == code[8];
    b"ABCDEFGHJNPQRSUVW".contains(&code[0]) && right
}

/// Weights 9 to 2, eleven minus the remainder, nought when that is ten or eleven (Decreto-Lei 14/2013).
pub(super) fn is_portuguese_nif(digits: &[u8]) -> bool {
    let remainder = weighted(&digits[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if remainder < 2 { 0 } else { 11 - remainder };
    digits[0] != b'0' && !is_repeated(digits) && check == digit(digits[8])
}

/// Odd places by the table of the decree of 23 December 1976, even places by value.
fn is_codice_fiscale(code: &[u8]) -> bool {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let places =
        |range: std::ops::Range<usize>| code[range].iter().all(|b| b.is_ascii_digit() || b"LMNPQRSTUV".contains(b));
    let sum: u32 = code[..15]
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let value = u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
            if place % 2 == 0 { ODD[value as usize] } else { value }
        })
        .sum();
    let form = places(6..8) && places(9..11) && places(12..15) && b"ABCDEHLMPRST".contains(&code[8]);
    form && sum % 26 + u32::from(b'A') == u32::from(code[15])
}

/// Powers of two from 256 down to 2, modulo 11, modulo 10 (ΑΑΔΕ).
pub(super) fn is_afm(digits: &[u8]) -> bool {
    weighted(&digits[..8], &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digit(digits[8]) && !is_repeated(digits)
}
