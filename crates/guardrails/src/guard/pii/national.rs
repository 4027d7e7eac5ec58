//! National numbers of persons. Each has a check digit, or else a form with ranges and a word beside it.

use super::surroundings::{digits, followed_by, preceded_by};
use super::{Candidate, Shape, checksum, shape};

const KIND: &str = "NATIONAL_ID";

pub(super) const SHAPES: &[Shape] = &[
    shape("us_ssn", KIND, 3, r"\d{3}[ \u{2011}-]?\d{2}[ \u{2011}-]?\d{4}", accept_ssn),
    shape("uk_nino", KIND, 2, r"(?i-u)[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z] ?\d{2} ?\d{2} ?\d{2} ?[a-d]", accept_nino),
    shape("es_dni", KIND, 3, r"(?i-u)(?:\d{8}|[xyz][ -]?\d{7})[ -]?[a-z]", accept_dni),
    shape("fr_nir", KIND, 3, r"[12]<b>?\d{2}<b>?[0-9]{2}<b>?(?:\d{2}|2[AaBb])<b>?\d{3}<b>?\d{3}<b>?\d{2}", accept_nir),
    shape("de_tax_id", KIND, 3, r"[1-9]\d<b>?\d{3}<b>?\d{3}<b>?\d{3}", accept_german_tax_id),
    shape(
        "it_codice_fiscale",
        KIND,
        3,
        r"(?i-u)[a-z]{6}\d[\da-z][a-ehlmprst][\da-z]{2}[a-z][\da-z]{3}[a-z]",
        accept_codice_fiscale,
    ),
    shape("in_aadhaar", KIND, 3, r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", accept_aadhaar),
    shape("in_pan", KIND, 1, r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", accept_pan),
    shape("sg_nric", KIND, 3, r"(?i-u)[stfgm]\d{7}[a-z]", accept_nric),
    shape("us_npi", KIND, 3, r"\d{10}", accept_npi),
    shape("medical_record", KIND, 1, r"(?:MRN|MED|M|D|[A-Z]{1,3})?-?\d{5,10}", accept_medical_record),
];

/// Social Security numbers by the ranges of the Social Security Administration: no area 000, 666 or from 900, no group
/// 00, no serial 0000. Without hyphens a word must name them.
fn accept_ssn(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let numbers = digits(candidate.value());
    let part = |from: usize, to: usize| checksum::remainder(&numbers[from..to], 100_000);
    let (area, group, serial) = (part(0, 3), part(3, 5), part(5, 9));
    let possible = area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
    let named =
        || preceded_by(candidate.text, candidate.start, 40, &["ssn", "social security", "social", "ss#", "ssn#"]);
    let hyphens = candidate.value().bytes().filter(|byte| *byte == b'-').count();
    (possible && (hyphens == 2 || named())).then_some(length)
}

/// National Insurance numbers, with the prefixes that HMRC does not allocate (manual NIM39110).
fn accept_nino(candidate: &Candidate<'_>) -> Option<usize> {
    let prefix = candidate.value().get(..2)?.to_ascii_uppercase();
    let unused = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"].contains(&prefix.as_str());
    let upper = candidate.value().bytes().all(|byte| !byte.is_ascii_lowercase());
    let named = || preceded_by(candidate.text, candidate.start, 40, &["nino", "national insurance", "ni number"]);
    if unused || !(upper || named()) {
        return None;
    }
    candidate.whole()
}

/// DNI and NIE: the letter is the number modulo 23.
fn accept_dni(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let compact: Vec<u8> =
        candidate.value().bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let (letter, body) = compact.split_last()?;
    let number = body.iter().map(|byte| match byte {
        b'X' => 0,
        b'Y' => 1,
        b'Z' => 2,
        digit => digit.wrapping_sub(b'0'),
    });
    let place = checksum::remainder(&number.collect::<Vec<u8>>(), 23) as usize;
    (b"TRWAGMYFPDXBNJZSQVHLCKE"[place] == *letter).then_some(length)
}

/// NIR: the key is 97 minus the number modulo 97; Corsica's 2A and 2B count as 19 and 18 (INSEE).
fn accept_nir(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let compact: String =
        candidate.value().chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let department = compact.get(5..7)?;
    let numeric = match department {
        "2A" => compact.replacen("2A", "19", 1),
        "2B" => compact.replacen("2B", "18", 1),
        _ => compact.clone(),
    };
    let numbers = digits(&numeric);
    let month = checksum::remainder(numbers.get(3..5)?, 100);
    let (body, key) = (numbers.get(..13)?, numbers.get(13..15)?);
    let plausible = (1..=12).contains(&month) || (20..=42).contains(&month) || (50..=99).contains(&month);
    (plausible && 97 - checksum::remainder(body, 97) == checksum::remainder(key, 100)).then_some(length)
}

/// Steuerliche Identifikationsnummer: ISO 7064 MOD 11,10 and exactly one digit twice or thrice in the first ten
/// (Bundeszentralamt für Steuern). Eleven digits are common, so a word must name it.
fn accept_german_tax_id(candidate: &Candidate<'_>) -> Option<usize> {
    const NAMES: &[&str] = &[
        "steuer",
        "steuer-id",
        "steuerid",
        "idnr",
        "tin",
        "tax id",
        "identifikationsnummer",
        "steueridentifikationsnummer",
        "steuer-identifikationsnummer",
        "steuernummer",
        "tax number",
    ];
    let length = candidate.whole()?;
    let numbers = digits(candidate.value());
    let mut counts = [0_u8; 10];
    numbers.iter().take(10).for_each(|digit| counts[usize::from(*digit)] += 1);
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let most = counts.iter().max().copied().unwrap_or(0);
    let named = preceded_by(candidate.text, candidate.start, 48, NAMES);
    (named && repeated == 1 && most <= 3 && checksum::mod11_10(&numbers)).then_some(length)
}

/// Codice fiscale: odd places weighted by the table of the decree of 23 December 1976, even places by value.
fn accept_codice_fiscale(candidate: &Candidate<'_>) -> Option<usize> {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let length = candidate.whole()?;
    let code: Vec<u8> = candidate.value().bytes().map(|byte| byte.to_ascii_uppercase()).collect();
    let (check, body) = code.split_last()?;
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(place, byte)| {
            let value = if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A') };
            if place % 2 == 0 { ODD.get(usize::from(value)).copied().unwrap_or(0) } else { u32::from(value) }
        })
        .sum();
    (sum % 26 + u32::from(b'A') == u32::from(*check)).then_some(length)
}

/// Aadhaar: twelve digits with Verhoeff's check. Written in one piece, a word must name it.
fn accept_aadhaar(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let named = || preceded_by(candidate.text, candidate.start, 40, &["aadhaar", "aadhar", "uid", "uidai"]);
    let grouped = candidate.value().contains([' ', '-'])
        && !preceded_by(candidate.text, candidate.start, 24, super::contact::OTHER_WORDS);
    ((grouped || named()) && checksum::verhoeff(&digits(candidate.value()))).then_some(length)
}

/// The Indian tax number has no public check digit, so a word must name it.
fn accept_pan(candidate: &Candidate<'_>) -> Option<usize> {
    let names = ["pan", "permanent account", "income tax", "pan card", "pan number"];
    let named = preceded_by(candidate.text, candidate.start, 40, &names)
        || followed_by(candidate.text, candidate.end, 16, &["pan"]);
    if named { candidate.whole() } else { None }
}

/// NRIC and FIN: weights 2 7 6 5 4 3 2, offset by series, one letter table per series.
fn accept_nric(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let value = candidate.value().to_ascii_uppercase();
    let (series, check) = (value.bytes().next()?, value.bytes().last()?);
    let weights = [2_u32, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits(&value).iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    let (offset, letters) = match series {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        _ => (3, b"KLJNPQRTUWX"),
    };
    let place = (sum + offset) % 11;
    let place = if series == b'M' { 10 - place } else { place };
    (letters[place as usize] == check).then_some(length)
}

/// US National Provider Identifier: Luhn with the prefix 80840 (45 CFR 162.406) and a word near it, or any ten digits
/// directly after the label: a mistyped number is somebody's all the same.
fn accept_npi(candidate: &Candidate<'_>) -> Option<usize> {
    let length = candidate.whole()?;
    let prefixed: Vec<u8> = [8, 0, 8, 4, 0].into_iter().chain(digits(candidate.value())).collect();
    let near = preceded_by(candidate.text, candidate.start, 32, &["npi", "national provider", "provider identifier"]);
    let labelled = preceded_by(candidate.text, candidate.start, 10, &["npi"]);
    (labelled || (near && checksum::luhn(&prefixed))).then_some(length)
}

/// A patient's record number has whatever form its hospital chose; only the label tells.
fn accept_medical_record(candidate: &Candidate<'_>) -> Option<usize> {
    let names = ["mrn", "medical record", "medical record number", "patient id", "patient number", "chart number"];
    let prefixed = candidate.value().starts_with("MRN");
    if prefixed || preceded_by(candidate.text, candidate.start, 28, &names) { candidate.whole() } else { None }
}
