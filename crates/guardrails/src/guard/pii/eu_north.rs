//! Numbers of Sweden, Finland, Denmark and the Baltic countries.

use super::checksum::{digit, is_month_and_day, luhn, number, weighted};
use super::context::{DK_CPR, EE_CODE, FI_CODE, LT_CODE, LV_CODE, NATIONAL, SE_NUMBER};
use super::rules::{Need, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "se_personnummer",
        forms: &["999999-9999", "999999+9999", "99999999-9999", "9999999999", "999999999999"],
        check: is_swedish,
        topics: SE_NUMBER | NATIONAL,
        need: Need::Groups,
        rank: 3,
    },
    Rule {
        name: "fi_hetu",
        forms: &["999999-999*", "999999+999*", "999999A999*"],
        check: is_hetu,
        topics: FI_CODE | NATIONAL,
        need: Need::Nothing,
        rank: 3,
    },
    // Modulo 11 has not held for all since 2007 (CPR-kontoret), so only the date and a word tell.
    Rule {
        name: "dk_cpr",
        forms: &["999999-9999", "9999999999"],
        check: |digits| is_month_and_day(number(&digits[2..4]), number(&digits[..2])),
        topics: DK_CPR,
        need: Need::Word,
        rank: 2,
    },
    Rule {
        name: "ee_isikukood",
        forms: &["99999999999"],
        check: is_baltic,
        topics: EE_CODE | NATIONAL,
        need: Need::Word,
        rank: 3,
    },
    Rule {
        name: "lt_asmens_kodas",
        forms: &["99999999999"],
        check: is_baltic,
        topics: LT_CODE | NATIONAL,
        need: Need::Word,
        rank: 2,
    },
    Rule {
        name: "lv_personas_kods",
        forms: &["999999-99999", "99999999999"],
        check: is_latvian,
        topics: LV_CODE | NATIONAL,
        need: Need::Word,
        rank: 2,
    },
];

/// Luhn over the last ten digits; the day of a coordination number is 60 higher (Skatteverket, SKV 704).
fn is_swedish(digits: &[u8]) -> bool {
    let ten = &digits[digits.len() - 10..];
    is_month_and_day(number(&ten[2..4]), number(&ten[4..6]) % 60) && luhn(ten)
}

/// The letter or digit at the end is the other nine digits modulo 31 (Digi- ja väestötietovirasto).
fn is_hetu(code: &[u8]) -> bool {
    let (birth, rest) = code.split_at(6);
    let rest = if rest.len() == 5 { &rest[1..] } else { rest };
    let sign_known = code.len() == 10 || b"ABCDEFUVWXY".contains(&code[6]);
    let whole = number(birth) * 1000 + number(&rest[..3]);
    sign_known
        && rest[..3].iter().all(u8::is_ascii_digit)
        && is_month_and_day(number(&birth[2..4]), number(&birth[..2]))
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[(whole % 31) as usize] == rest[3]
}

/// Two rows of weights, the second when the first leaves ten (Estonian standard EVS 585; Lithuanian law I-2237).
fn is_baltic(digits: &[u8]) -> bool {
    let first = weighted(&digits[..10], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(&digits[..10], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
    let check = if first == 10 { second % 10 } else { first };
    (b'1'..=b'8').contains(&digits[0])
        && is_month_and_day(number(&digits[3..5]), number(&digits[5..7]))
        && check == digit(digits[10])
}

/// Weights 1 6 3 7 9 10 5 8 4 2 taken from 1101, modulo 11; codes given out since July 2017 begin with 32 and carry no
/// check (Pilsonības un migrācijas lietu pārvalde).
fn is_latvian(digits: &[u8]) -> bool {
    let check = (1101 - weighted(&digits[..10], &[1, 6, 3, 7, 9, 10, 5, 8, 4, 2])) % 11;
    let dated = is_month_and_day(number(&digits[2..4]), number(&digits[..2]));
    digits.starts_with(b"32") || (dated && check == digit(digits[10]))
}
