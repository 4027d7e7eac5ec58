//! Numbers of India, Singapore and the United Arab Emirates.

use super::checksum::{digit, luhn, verhoeff, weighted};
use super::context::{AADHAAR, EMIRATES, GSTIN, NATIONAL, NRIC, PAN};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "in_aadhaar",
        forms: &["9999 9999 9999", "999999999999"],
        check: |digits| digits[0] > b'1' && verhoeff(digits),
        topics: AADHAAR | NATIONAL,
        need: Need::Groups,
        rank: 3,
    },
    Rule { name: "in_pan", forms: &["AAAAA9999A"], check: is_pan, topics: PAN, need: Need::Word, rank: 2 },
    Rule {
        name: "in_gstin",
        forms: &["99AAAAA9999A*A*"],
        check: is_gstin,
        topics: GSTIN,
        need: Need::Nothing,
        rank: 3,
    },
    Rule {
        name: "sg_nric",
        forms: &["A9999999A"],
        check: is_nric,
        topics: NRIC | NATIONAL,
        need: Need::Nothing,
        rank: 3,
    },
    Rule {
        name: "ae_emirates_id",
        forms: &["784-9999-9999999-9", "784 9999 9999999 9", "784999999999999"],
        check: luhn,
        topics: EMIRATES | NATIONAL,
        need: Need::Groups,
        rank: 3,
    },
];

/// The fourth letter says whose it is: a person, company, trust… There is no public check digit (Income Tax Department).
fn is_pan(code: &[u8]) -> bool {
    b"ABCFGHJLPT".contains(&code[3])
}

/// State, PAN, number, Z and a check over base 36 with factors 1 and 2 (GSTN).
fn is_gstin(code: &[u8]) -> bool {
    let value = |byte: u8| if byte.is_ascii_digit() { digit(byte) } else { u32::from(byte - b'A') + 10 };
    let sum: u32 = code[..14]
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let product = value(*byte) * (1 + place as u32 % 2);
            product / 36 + product % 36
        })
        .sum();
    code[13] == b'Z' && (36 - sum % 36) % 36 == value(code[14])
}

/// Weights 2 7 6 5 4 3 2, offset by series, one letter table per series (Immigration & Checkpoints Authority; series M
/// since 2022).
fn is_nric(code: &[u8]) -> bool {
    let (offset, letters) = match code[0] {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        b'M' => (3, b"XWUTRQPNJLK"),
        _ => return false,
    };
    let place = (weighted(&code[1..8], &[2, 7, 6, 5, 4, 3, 2]) + offset) % 11;
    letters[place as usize] == code[8]
}
