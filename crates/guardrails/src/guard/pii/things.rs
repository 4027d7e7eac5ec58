//! Numbers of papers, accounts and devices that lead to a person.

use super::checksum::{digit, is_repeated, luhn};
use super::context::{ACCOUNT, CRYPTO, IMEI, LICENCE, PASSPORT, VIN};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "imei",
        forms: &["999999999999999", "99-999999-999999-9", "99 999999 999999 9", "99999999 999999 9"],
        check: |digits| luhn(digits) && !is_repeated(digits),
        topics: IMEI,
        need: Need::Word,
        rank: 4,
    },
    Rule { name: "vin", forms: &["*****************"], check: is_vin, topics: VIN, need: Need::Nothing, rank: 3 },
    // Europe's makers do not use the check digit.
    Rule {
        name: "vin",
        forms: &["*****************"],
        check: has_vin_letters,
        topics: VIN,
        need: Need::Label,
        rank: 2,
    },
    Rule {
        name: "mac_address",
        forms: &["**-**-**-**-**-**"],
        check: |code| code.iter().all(u8::is_ascii_hexdigit),
        topics: 0,
        need: Need::Never,
        rank: 3,
    },
    // An Ethereum account (the address is the end of a Keccak hash, so that no form beyond its length is left).
    Rule {
        name: "crypto_address",
        forms: &["0x****************************************"],
        check: |code| code[2..].iter().all(u8::is_ascii_hexdigit),
        topics: CRYPTO,
        need: Need::Nothing,
        rank: 3,
    },
];

/// Papers and accounts whose numbers have a form only within their country: a word must directly name them, and it does so in
/// any country.
pub(super) const LABELLED: &[Rule] = &[
    Rule {
        name: "passport",
        forms: &[
            "********",
            "*********",
            "AA9999999",
            "A9999999",
            "A 9999999",
            "AA 999999",
            "AA 9999999",
            "AA999999",
            "99 9999999",
            "99 99 999999",
            "999999999",
            "A99999999",
            "99AA99999",
            "AAA999999",
        ],
        check: |code| mostly_digits(code, 5),
        topics: PASSPORT,
        need: Need::Label,
        rank: 2,
    },
    Rule {
        name: "driver_licence",
        forms: &[
            "******",
            "*******",
            "********",
            "*********",
            "**********",
            "***********",
            "************",
            "*************",
            "**************",
            "****************",
            "A999-9999-9999",
            "A999-999-99-999-9",
            "A999-999-999-999",
            "A999 9999 9999",
            "999-999-999",
            "999 999 999",
            "A999-9999-9999-99",
            "A9999-99999-99999",
            "99-999-9999",
            "A 999 999 999 999",
        ],
        check: |code| mostly_digits(code, 4),
        topics: LICENCE,
        need: Need::Label,
        rank: 1,
    },
    Rule {
        name: "bank_account",
        forms: &[
            "999999",
            "9999999",
            "99999999",
            "999999999",
            "9999999999",
            "99999999999",
            "999999999999",
            "9999999999999",
            "99999999999999",
            "999999999999999",
            "9999999999999999",
            "99999999999999999",
            "9999 9999",
            "9999-9999",
            "999-999999",
            "9999 9999 9999",
            "9999-9999-9999",
            "999-999-999",
            "99-99999999",
            "9999 9999 99",
            "999999-999",
            "A99999999",
            "AA99999999",
        ],
        check: |code| !is_repeated(code),
        topics: ACCOUNT,
        need: Need::Label,
        rank: 1,
    },
];

fn mostly_digits(code: &[u8], least: usize) -> bool {
    code.iter().filter(|byte| byte.is_ascii_digit()).count() >= least
}

/// No I, O or Q; letters and digits (ISO 3779), the serial number's last four are digits.
fn has_vin_letters(code: &[u8]) -> bool {
    let letters = code.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    letters >= 2
        && mostly_digits(code, 5)
        && !code.iter().any(|byte| b"IOQ".contains(byte))
        && code[13..].iter().all(u8::is_ascii_digit)
}

/// The ninth place is the weighted sum modulo 11, X for ten (49 CFR 565.15).
fn is_vin(code: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    const LETTERS: [u32; 26] = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9];
    let value = |byte: u8| if byte.is_ascii_digit() { digit(byte) } else { LETTERS[usize::from(byte - b'A')] };
    let sum: u32 = code.iter().zip(WEIGHTS).map(|(byte, weight)| value(*byte) * weight).sum();
    has_vin_letters(code) && b"0123456789X"[(sum % 11) as usize] == code[8]
}
