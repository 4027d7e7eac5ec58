//! Numbers of the United Kingdom.

use super::checksum::{digit, is_repeated, number, weighted};
use super::context::{LICENCE, NATIONAL, NHS, NINO, SORT_CODE, TAX, UTR};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "uk_nino",
        forms: &["AA999999A", "AA 99 99 99 A", "AA 999999 A", "AA999999 A"],
        check: is_nino,
        topics: NINO | NATIONAL,
        need: Need::Nothing,
        rank: 2,
    },
    Rule {
        name: "uk_nhs",
        forms: &["999 999 9999", "9999999999"],
        check: is_nhs,
        topics: NHS,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "uk_utr",
        forms: &["9999999999", "99999 99999"],
        check: is_utr,
        topics: UTR | TAX,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "uk_sort_code",
        forms: &["99-99-99", "99 99 99", "999999"],
        check: |_| true,
        topics: SORT_CODE,
        need: Need::Word,
        rank: 2,
    },
    Rule {
        name: "uk_driving_licence",
        forms: &["*****999999**9AA"],
        check: is_driving_licence,
        topics: LICENCE,
        need: Need::Nothing,
        rank: 3,
    },
];

/// Letters and prefixes that HMRC does not allocate (manual NIM39110); the suffix is A to D.
fn is_nino(code: &[u8]) -> bool {
    let unused: [&[u8]; 7] = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
    !b"DFIQUV".contains(&code[0])
        && !b"DFIQUVO".contains(&code[1])
        && !unused.contains(&&code[..2])
        && (b'A'..=b'D').contains(&code[8])
}

/// Weights 10 to 2; eleven minus the remainder by eleven (NHS Data Dictionary, «NHS number»).
fn is_nhs(digits: &[u8]) -> bool {
    let check = 11 - weighted(&digits[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    !is_repeated(digits) && check != 10 && check % 11 == digit(digits[9])
}

/// The first digit checks the other nine, weights 6 7 8 9 10 5 4 3 2 (HMRC, «Unique taxpayer reference» validation).
fn is_utr(digits: &[u8]) -> bool {
    let remainder = weighted(&digits[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    b"21987654321"[remainder as usize] == digits[0]
}

/// DVLA driver number: five letters of the name filled with 9, decade, month (plus 50 for women), day, year, initials.
fn is_driving_licence(code: &[u8]) -> bool {
    let letters = code[..5].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let month = number(&code[6..8]) % 50;
    letters > 0
        && code[letters..5].iter().all(|byte| *byte == b'9')
        && number(&code[6..8]) < 63
        && (1..=12).contains(&month)
        && (1..=31).contains(&number(&code[8..10]))
        && code[11].is_ascii_alphabetic()
        && (code[12].is_ascii_alphabetic() || code[12] == b'9')
}
