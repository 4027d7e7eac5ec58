//! Numbers of Poland, Czechia, Slovakia, Hungary, Romania, Bulgaria, Croatia and Slovenia.

use super::checksum::{digit, is_month_and_day, is_repeated, mod11_10, number, weighted};
use super::context::{
    BG_EGN, CZ_NUMBER, HR_OIB, HU_NUMBER, NATIONAL, PL_NIP, PL_PESEL, PL_REGON, RO_CNP, SI_EMSO, TAX, Topics, VAT,
};
use super::rules::{Need, Rule};

const fn rule(
    name: &'static str,
    forms: &'static [&'static str],
    check: fn(&[u8]) -> bool,
    topics: Topics,
    need: Need,
) -> Rule {
    Rule { name, forms, check, topics, need, rank: 3 }
}

pub(super) const RULES: &[Rule] = &[
    rule("pl_pesel", &["99999999999"], is_pesel, PL_PESEL | NATIONAL, Need::Word),
    rule("pl_nip", &["9999999999", "999-999-99-99", "999-99-99-999"], is_nip, PL_NIP | TAX | VAT, Need::Word),
    rule("pl_regon", &["999999999"], is_regon, PL_REGON, Need::Word),
    rule("cz_rodne_cislo", &["999999/9999", "999999/999"], is_birth_number, CZ_NUMBER | NATIONAL, Need::Groups),
    rule("cz_rodne_cislo", &["9999999999"], is_birth_number, CZ_NUMBER | NATIONAL, Need::Word),
    rule("hu_personal_number", &["9-999999-9999", "99999999999"], is_hungarian, HU_NUMBER | NATIONAL, Need::Word),
    rule("hu_tax_id", &["9999999999"], is_hungarian_tax, HU_NUMBER | TAX, Need::Word),
    rule("hu_taj", &["999999999", "999 999 999"], is_taj, HU_NUMBER, Need::Word),
    rule("ro_cnp", &["9999999999999"], is_cnp, RO_CNP | NATIONAL, Need::Word),
    rule("bg_egn", &["9999999999"], is_egn, BG_EGN | NATIONAL, Need::Word),
    rule("hr_oib", &["99999999999"], mod11_10, HR_OIB | NATIONAL | TAX, Need::Word),
    rule("si_emso", &["9999999999999"], is_emso, SI_EMSO | NATIONAL, Need::Word),
];

/// Weights 1 3 7 9; the month carries the century in steps of 20 (Act on population registration, 2010).
fn is_pesel(digits: &[u8]) -> bool {
    let check = (10 - weighted(&digits[..10], &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
    is_month_and_day(number(&digits[2..4]) % 20, number(&digits[4..6])) && check == digit(digits[10])
}

/// Weights 6 5 7 2 3 4 5 6 7 modulo 11 (Ministerstwo Finansów).
pub(super) fn is_nip(digits: &[u8]) -> bool {
    weighted(&digits[..9], &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(digits[9]) && !is_repeated(digits)
}

/// Weights 8 9 2 3 4 5 6 7 modulo 11, ten counts as nought (Główny Urząd Statystyczny).
fn is_regon(digits: &[u8]) -> bool {
    weighted(&digits[..8], &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == digit(digits[8]) && !is_repeated(digits)
}

/// Divisible by eleven since 1954, nine digits without a check before; women's months are 50 higher, and 20 or 70 when a
/// day's numbers run out (Act 133/2000).
pub(super) fn is_birth_number(digits: &[u8]) -> bool {
    let month = match number(&digits[2..4]) {
        month @ 1..=12 => month,
        month @ (21..=32 | 51..=62 | 71..=82) => (month - 1) % 10 + 1,
        _ => return false,
    };
    is_month_and_day(month, number(&digits[4..6])) && (digits.len() == 9 || number(digits).is_multiple_of(11))
}

/// Weights 1 to 10 for births before 1997, 10 to 1 after, modulo 11 (Act XX of 1996).
fn is_hungarian(digits: &[u8]) -> bool {
    let rising = weighted(&digits[..10], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
    let falling = weighted(&digits[..10], &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
    let dated = is_month_and_day(number(&digits[3..5]), number(&digits[5..7]));
    let wanted = if matches!(digits[0], b'3' | b'4') { falling } else { rising };
    dated && wanted == digit(digits[10])
}

/// Begins with 8; weights 1 to 9 modulo 11 (Act XX of 1996, annex).
fn is_hungarian_tax(digits: &[u8]) -> bool {
    digits[0] == b'8' && weighted(&digits[..9], &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == digit(digits[9])
}

/// Weights 3 and 7 in turn, modulo 10 (Nemzeti Egészségbiztosítási Alapkezelő).
fn is_taj(digits: &[u8]) -> bool {
    weighted(&digits[..8], &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == digit(digits[8]) && !is_repeated(digits)
}

/// Weights 2 7 9 1 4 6 3 5 8 2 7 9 modulo 11, ten counts as one (Government decision 295/2021).
fn is_cnp(digits: &[u8]) -> bool {
    let remainder = weighted(&digits[..12], &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let check = if remainder == 10 { 1 } else { remainder };
    digits[0] != b'0' && is_month_and_day(number(&digits[3..5]), number(&digits[5..7])) && check == digit(digits[12])
}

/// Weights 2 4 8 5 10 9 7 3 6 modulo 11 modulo 10; months carry the century (ГД «ГРАО»).
fn is_egn(digits: &[u8]) -> bool {
    let check = weighted(&digits[..9], &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    is_month_and_day(number(&digits[2..4]) % 20, number(&digits[4..6])) && check == digit(digits[9])
}

/// Weights 7 to 2 twice; eleven minus the remainder (Central Population Register Act).
fn is_emso(digits: &[u8]) -> bool {
    let check = 11 - weighted(&digits[..12], &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let dated = is_month_and_day(number(&digits[2..4]), number(&digits[..2]));
    dated && check != 10 && check % 11 == digit(digits[12])
}
