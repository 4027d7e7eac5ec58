//! Numbers of the United States.

use super::checksum::{digit, luhn, number, weighted};
use super::context::{DEA, EIN, ITIN, NATIONAL, NPI, RECORD, ROUTING, SSN, TAX};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "us_ssn",
        forms: &["999-99-9999", "999999999"],
        check: is_ssn,
        topics: SSN | NATIONAL,
        need: Need::Groups,
        rank: 3,
    },
    Rule { name: "us_ssn", forms: &["999 99 9999"], check: is_ssn, topics: SSN | NATIONAL, need: Need::Word, rank: 3 },
    Rule {
        name: "us_itin",
        forms: &["999-99-9999", "999999999"],
        check: is_itin,
        topics: ITIN | SSN | TAX,
        need: Need::Groups,
        rank: 3,
    },
    Rule { name: "us_ein", forms: &["99-9999999", "999999999"], check: is_ein, topics: EIN, need: Need::Word, rank: 2 },
    Rule { name: "us_npi", forms: &["9999999999"], check: is_npi, topics: NPI, need: Need::Word, rank: 3 },
    // Whatever a field of that name holds is meant as one, right or mistyped.
    Rule { name: "us_npi", forms: &["9999999999"], check: |_| true, topics: NPI, need: Need::Label, rank: 2 },
    Rule { name: "us_dea", forms: &["AA9999999", "A99999999"], check: is_dea, topics: DEA, need: Need::Word, rank: 3 },
    Rule { name: "us_routing", forms: &["999999999"], check: is_routing, topics: ROUTING, need: Need::Word, rank: 3 },
    Rule { name: "medical_record", forms: MARKED_RECORDS, check: |_| true, topics: RECORD, need: Need::Never, rank: 3 },
    Rule { name: "medical_record", forms: RECORDS, check: |_| true, topics: RECORD, need: Need::Word, rank: 1 },
];

/// Record numbers that name themselves.
const MARKED_RECORDS: &[&str] = &[
    "MRN-99999",
    "MRN-999999",
    "MRN-9999999",
    "MRN-99999999",
    "MRN-999999999",
    "MRN-9999999999",
    "MRN99999",
    "MRN999999",
    "MRN9999999",
    "MRN99999999",
    "MRN999999999",
    "MRN9999999999",
    "MED999999",
    "MED9999999",
    "MED99999999",
    "MED999999999",
    "MED-999999",
    "MED-9999999",
    "MED-99999999",
];

/// Every hospital has its own form; only a word tells.
const RECORDS: &[&str] = &[
    "99999",
    "999999",
    "9999999",
    "99999999",
    "999999999",
    "9999999999",
    "A99999",
    "A999999",
    "A9999999",
    "A99999999",
    "AA999999",
    "AA9999999",
    "AA99999999",
    "A-99999",
    "A-999999",
    "A-9999999",
    "A-99999999",
    "AA-999999",
    "AA-99999",
    "999-999",
    "999-999-999",
    "999-999-9999",
    "99-99-99",
    "999-99-999",
    "9999-9999",
    "AAA-999999",
    "AAA999999",
    "AAAA-99999",
];

/// Ranges of the Social Security Administration: no area 000, 666 or from 900, no group 00, no serial 0000.
fn is_ssn(digits: &[u8]) -> bool {
    let (area, group, serial) = (number(&digits[..3]), number(&digits[3..5]), number(&digits[5..]));
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0
}

/// Area 900 to 999 and the groups that the IRS has opened (Internal Revenue Manual 3.21.263).
fn is_itin(digits: &[u8]) -> bool {
    digits[0] == b'9' && matches!(number(&digits[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// The prefixes that the IRS gives out («How EINs are assigned and valid EIN prefixes»).
fn is_ein(digits: &[u8]) -> bool {
    matches!(number(&digits[..2]), 1..=6 | 10..=16 | 20..=27 | 30..=48 | 50..=68 | 71..=77 | 80..=88 | 90..=95 | 98 | 99)
}

/// Luhn with the prefix 80840 before it (45 CFR 162.406); the first digit is 1 or 2.
fn is_npi(digits: &[u8]) -> bool {
    let mut whole = *b"808400000000000";
    whole[5..].copy_from_slice(digits);
    matches!(digits[0], b'1' | b'2') && luhn(&whole)
}

/// Registrant code, then seven digits: the last is that of (1st + 3rd + 5th) + 2 × (2nd + 4th + 6th) (21 CFR 1301).
fn is_dea(code: &[u8]) -> bool {
    let digits = &code[2..];
    let kind = b"ABCDEFGHJKLMPRSTUX".contains(&code[0]);
    let name = code[1].is_ascii_alphabetic() || code[1] == b'9';
    kind && name && weighted(&digits[..6], &[1, 2, 1, 2, 1, 2]) % 10 == digit(digits[6])
}

/// Weights 3 7 1 (American Bankers Association) and the ranges of the Federal Reserve.
fn is_routing(digits: &[u8]) -> bool {
    let district = number(&digits[..2]);
    matches!(district, 0..=12 | 21..=32 | 61..=72 | 80)
        && number(digits) != 0
        && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}
