//! Value added tax numbers with the country's letters before them, where the country publishes a check digit (the algorithms
//! are those of the European Commission's VIES, «VAT identification number structure» and its checks).

use super::checksum::{digit, is_repeated, luhn, mod11_10, number, weighted};
use super::context::VAT;
use super::rules::{Need, Rule};
use super::{eu_east, eu_south, eu_west};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "eu_vat",
        forms: &[
            "AA99999999",
            "AA999999999",
            "AA9999999999",
            "AA99999999999",
            "AA999999999999",
            "AAA99999999",
            "AA9999999A",
            "AA9999999AA",
            "AA999999999A99",
            "AAA9999999*",
            "AA**999999999",
            "AA 999999999",
            "AA 99999999999",
            "AAA 99999999",
            "AA 999 999 999",
            "AA 9999 999 999",
            "AA 999999999A99",
            "AA 99 999999999",
        ],
        check: is_eu_vat,
        topics: VAT,
        need: Need::Nothing,
        rank: 2,
    },
    Rule {
        name: "uk_vat",
        forms: &["AA999999999", "AA 999 9999 99", "AA 999999999"],
        check: is_uk_vat,
        topics: VAT,
        need: Need::Nothing,
        rank: 2,
    },
];

fn is_eu_vat(code: &[u8]) -> bool {
    let (country, body) = code.split_at(2);
    let digits = body.iter().all(u8::is_ascii_digit);
    match (country, body.len()) {
        (b"AT", 9) => body[0] == b'U' && is_austrian(&body[1..]),
        (b"NL", 12) => is_dutch(code, body),
        (b"ES", 9) => body[1..8].iter().all(u8::is_ascii_digit) && (eu_south::is_cif(body) || eu_south::is_dni(body)),
        (b"FR", 11) => body[2..].iter().all(u8::is_ascii_digit) && is_french(body),
        (b"IE", 8 | 9) => {
            body[..7].iter().all(u8::is_ascii_digit) && body[7].is_ascii_alphabetic() && eu_west::is_pps(body)
        }
        _ if !digits || is_repeated(body) => false,
        (b"DE", 9) => body[0] != b'0' && mod11_10(body),
        (b"BE", 10) => matches!(body[0], b'0' | b'1') && 97 - number(&body[..8]) % 97 == number(&body[8..]),
        (b"IT", 11) => luhn(body),
        (b"PT", 9) => eu_south::is_portuguese_nif(body),
        (b"EL" | b"GR", 9) => eu_south::is_afm(body),
        (b"PL", 10) => eu_east::is_nip(body),
        (b"DK", 8) => weighted(body, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
        (b"FI", 8) => eleven_minus(body, &[7, 9, 10, 5, 8, 4, 2]),
        (b"SE", 12) => luhn(&body[..10]) && number(&body[10..]) > 0,
        (b"HU", 8) => (10 - weighted(&body[..7], &[9, 7, 3, 1, 9, 7, 3]) % 10) % 10 == digit(body[7]),
        (b"CZ", 8) => (11 - weighted(&body[..7], &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10 == digit(body[7]),
        (b"CZ", 9 | 10) => eu_east::is_birth_number(body),
        (b"SK", 10) => body[0] != b'0' && number(body).is_multiple_of(11),
        (b"SI", 8) => eleven_minus(body, &[8, 7, 6, 5, 4, 3, 2]),
        (b"HR", 11) => mod11_10(body),
        (b"RO", 8..=10) => is_romanian(body),
        (b"EE", 9) => (10 - weighted(&body[..8], &[3, 7, 1, 3, 7, 1, 3, 7]) % 10) % 10 == digit(body[8]),
        (b"LU", 8) => number(&body[..6]) % 89 == number(&body[6..]),
        (b"MT", 8) => 37 - u64::from(weighted(&body[..6], &[3, 4, 6, 7, 8, 9]) % 37) == number(&body[6..]),
        (b"LT", 9) => rows_of_weights(body, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 4, 5, 6, 7, 8, 9, 1]),
        (b"BG", 9) => rows_of_weights(body, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 4, 5, 6, 7, 8, 9, 10]),
        _ => false,
    }
}

/// Luhn with four added.
fn is_austrian(digits: &[u8]) -> bool {
    let doubled = |byte: u8| digit(byte) * 2 / 10 + digit(byte) * 2 % 10;
    let sum: u32 =
        digits[..7].iter().enumerate().map(|(at, byte)| if at % 2 == 0 { digit(*byte) } else { doubled(*byte) }).sum();
    (10 - (sum + 4) % 10) % 10 == digit(digits[7])
}

/// Until 2019 the number of a person or body, since then ISO 7064 MOD 97-10 over all with letters from 10.
fn is_dutch(code: &[u8], body: &[u8]) -> bool {
    let formed =
        body[..9].iter().all(u8::is_ascii_digit) && body[9] == b'B' && body[10..].iter().all(u8::is_ascii_digit);
    let whole = || {
        code.iter().fold(0_u64, |rest, byte| match byte {
            letter @ b'A'..=b'Z' => (rest * 100 + u64::from(letter - b'A') + 10) % 97,
            other => (rest * 10 + u64::from(digit(*other))) % 97,
        })
    };
    formed && (eu_west::is_bsn(&body[..9]) || whole() == 1)
}

/// The key is 12 plus three times the SIREN modulo 97, modulo 97.
fn is_french(body: &[u8]) -> bool {
    luhn(&body[2..])
        && body[..2].iter().all(u8::is_ascii_digit)
        && (12 + 3 * (number(&body[2..]) % 97)) % 97 == number(&body[..2])
}

fn eleven_minus(digits: &[u8], weights: &[u32]) -> bool {
    let check = 11 - weighted(&digits[..weights.len()], weights) % 11;
    digit(digits[weights.len()]) == if check >= 10 { 0 } else { check }
}

fn rows_of_weights(digits: &[u8], first: &[u32], second: &[u32]) -> bool {
    let body = &digits[..first.len()];
    let check = match weighted(body, first) % 11 {
        10 => weighted(body, second) % 11 % 10,
        remainder => remainder,
    };
    check == digit(digits[first.len()])
}

/// Weights 7 5 3 2 1 7 5 3 2, aligned to the right; ten times the sum modulo 11 modulo 10.
fn is_romanian(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 9] = [7, 5, 3, 2, 1, 7, 5, 3, 2];
    let body = &digits[..digits.len() - 1];
    let sum = weighted(body, &WEIGHTS[9 - body.len()..]);
    digits[0] != b'0' && sum * 10 % 11 % 10 == digit(digits[digits.len() - 1])
}

/// Weights 8 to 2 and the last two digits together are nought modulo 97, or 55 more (HMRC, VATREC11000).
fn is_uk_vat(code: &[u8]) -> bool {
    let body = &code[2..];
    let sum = u64::from(weighted(&body[..7], &[8, 7, 6, 5, 4, 3, 2])) + number(&body[7..]);
    (code.starts_with(b"GB") || code.starts_with(b"XI"))
        && !is_repeated(body)
        && (sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97))
}
