//! Stand-ins that look like the value and cannot be anybody's: names and ranges that a standard or regulator has set aside, and
//! numbers whose check digit is wrong. The same value and seed give the same stand-in.
//!
//! Set aside are: example.com, .org, .net (RFC 2606); 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737) and 2001:db8::/32
//! (RFC 3849); 555-0100 to 555-0199 in North America (ATIS-0300115); 020 7946 0xxx, 01632 960xxx and 07700 900xxx in the United
//! Kingdom (Ofcom, numbers for drama); 030 23125 xxx in Germany (Bundesnetzagentur, Rufnummern für Medienproduktionen);
//! 01 99 00 xx xx in France (Arcep, décision 2018-0881); 900 to 999 as the area of a Social Security number (Social Security
//! Administration: never given out); MAC 00-00-5E-00-53-xx (RFC 7042). Cards are the test numbers that payment processors
//! publish. A bank of the code `XXXX` or 00000000 does not exist.

use super::checksum;
use statistics::{Random, digest};

/// A stand-in for a value of that kind, in the writing of the value where there is one. Names of people, places and
/// organisations come from short neutral lists.
pub(crate) fn fake(kind: &str, value: &str, seed: u64) -> String {
    let mut random = Random::new(seed ^ digest(kind) ^ digest(value).rotate_left(17));
    match kind {
        "EMAIL" => email(&mut random),
        "PHONE" => phone(value, &mut random),
        "CREDIT_CARD" => card(value, &mut random),
        "IBAN" => iban(value, &mut random),
        "IP" => ip(value, &mut random),
        "MAC" => mac(value, &mut random),
        "URL" => format!("https://{}/{}", one(DOMAINS, &mut random), one(WORDS, &mut random)),
        "PERSON" => person(value, &mut random),
        "LOCATION" | "ADDRESS" | "GPE" => one(PLACES, &mut random).to_owned(),
        "ORG" | "ORGANIZATION" => one(BODIES, &mut random).to_owned(),
        "US_SSN" | "SSN" => never_issued(value, &mut random),
        "DATE_OF_BIRTH" => date(value, &mut random),
        _ => wrong(kind, value, &mut random),
    }
}

const DOMAINS: &[&str] = &["example.com", "example.org", "example.net"];
const WORDS: &[&str] = &["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "inlet", "juniper"];
const FIRST: &[&str] =
    &["Alex", "Sam", "Robin", "Kim", "Jordan", "Noa", "Charlie", "Sasha", "Morgan", "Lou", "Andrea", "Toni"];
const LAST: &[&str] = &[
    "Birch", "Hill", "Lake", "Stone", "Field", "Brook", "Wood", "Marsh", "Ford", "Vale", "Reed", "Heath", "Moor",
    "Glen",
];
const PLACES: &[&str] =
    &["Northbridge", "Westford", "Lakeside", "Millbrook", "Ashby", "Greenvale", "Stonefield", "Riverton"];
const BODIES: &[&str] =
    &["Example Works", "Sample Group", "Placeholder Partners", "Model Industries", "Specimen Services"];

fn one<'a>(list: &[&'a str], random: &mut Random) -> &'a str {
    random.one_of(list).copied().unwrap_or_default()
}

fn email(random: &mut Random) -> String {
    let number = random.below(9000) + 1000;
    format!("{}{number}@{}", one(WORDS, random), one(DOMAINS, random))
}

/// As many words as the value has: a first name alone stays one.
fn person(value: &str, random: &mut Random) -> String {
    if value.split_whitespace().count() < 2 {
        return one(FIRST, random).to_owned();
    }
    format!("{} {}", one(FIRST, random), one(LAST, random))
}

/// The digits of the value, written anew in its own separators; what does not fit any more is left out.
fn rewritten(value: &str, digits: &str) -> String {
    let mut next = digits.chars();
    let written: String = value.chars().map_while(|c| if c.is_ascii_digit() { next.next() } else { Some(c) }).collect();
    written + next.as_str()
}

fn phone(value: &str, random: &mut Random) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let international = value.trim_start_matches('(').starts_with('+') || digits.starts_with("00");
    let code = digits.trim_start_matches("00");
    let (three, two, four) = (random.below(1000), random.below(100), random.below(10_000));
    match code {
        _ if international && code.starts_with("44") => format!("+44 7700 900{three:03}"),
        _ if international && code.starts_with("49") => format!("+49 30 23125 {three:03}"),
        _ if international && code.starts_with("33") => format!("+33 1 99 00 {:02} {:02}", four / 100, four % 100),
        _ if international && code.starts_with('1') => {
            let area = 201 + random.below(700);
            format!("+1 {area} 555 01{two:02}")
        }
        // No range is known to be set aside there: a country's code that none has (ITU-T E.164 keeps 999 in reserve).
        _ if international => format!("+999 {:03} {four:04}", random.below(1000)),
        _ if digits.len() == 11 && digits.starts_with("07") => rewritten(value, &format!("07700900{three:03}")),
        _ if digits.len() == 11 && digits.starts_with("02") => rewritten(value, &format!("020794600{two:02}")),
        _ if digits.len() == 10 && digits.starts_with("01") => rewritten(value, &format!("019900{four:04}")),
        _ if digits.len() == 10 && !digits.starts_with('0') => {
            rewritten(value, &format!("{}55501{two:02}", &digits[..3]))
        }
        _ => format!("555-01{two:02}"),
    }
}

/// Test numbers that Visa, Mastercard, American Express and Discover publish through the processors; they are no one's.
fn card(value: &str, random: &mut Random) -> String {
    const LONG: &[&str] =
        &["4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100", "6011111111111117"];
    const AMEX: &[&str] = &["378282246310005", "371449635398431"];
    const DINERS: &[&str] = &["30569309025904", "38520000023237"];
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let list = match digits {
        14 => DINERS,
        15 => AMEX,
        _ => LONG,
    };
    let number = one(list, random);
    if digits == number.len() { rewritten(value, number) } else { number.to_owned() }
}

/// The country's length with right check digits, and a bank code of noughts: no bank has it.
fn iban(value: &str, random: &mut Random) -> String {
    let compact: String = value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
    let country = compact.get(..2).unwrap_or("DE");
    let bank: usize = 10.min(compact.len().saturating_sub(4));
    let body: String = compact
        .chars()
        .skip(4)
        .enumerate()
        .map(|(place, sign)| match sign {
            '0'..='9' if place >= bank => char::from(b'0' + random.below(10) as u8),
            '0'..='9' => '0',
            _ => 'X',
        })
        .collect();
    let check = (0..97)
        .map(|check| format!("{country}{:02}{body}", 98 - check % 97))
        .find(|iban| checksum::iban_mod97(iban.as_bytes()));
    let fake = check.unwrap_or_else(|| format!("{country}00{body}"));
    let mut signs = fake.chars();
    value.chars().map(|c| if c.is_ascii_alphanumeric() { signs.next().unwrap_or(c) } else { c }).collect()
}

fn ip(value: &str, random: &mut Random) -> String {
    if value.contains(':') {
        return format!("2001:db8::{:x}:{:x}", random.below(0xFFFF) + 1, random.below(0xFFFF) + 1);
    }
    let network = one(&["192.0.2", "198.51.100", "203.0.113"], random);
    format!("{network}.{}", random.below(254) + 1)
}

fn mac(value: &str, random: &mut Random) -> String {
    let sign = if value.contains('-') { "-" } else { ":" };
    ["00", "00", "5E", "00", "53", &format!("{:02X}", random.below(256))].join(sign)
}

fn never_issued(value: &str, random: &mut Random) -> String {
    // Groups 66 to 69 belong to no taxpayer number either.
    let digits = format!("9{:02}{}{:04}", random.below(100), 66 + random.below(4), random.below(10_000));
    rewritten(value, &digits)
}

/// A day in the writing of the value: numbers stay numbers of the same length.
fn date(value: &str, random: &mut Random) -> String {
    let (year, month, day) = (1950 + random.below(50), 1 + random.below(12), 1 + random.below(28));
    let groups: Vec<usize> = value.split(|c: char| !c.is_ascii_digit()).map(str::len).collect();
    match groups.as_slice() {
        [4, 2, 2] => rewritten(value, &format!("{year}{month:02}{day:02}")),
        // Both may be the month.
        [2, 2, 4] => rewritten(value, &format!("{month:02}{:02}{year}", 1 + random.below(12))),
        _ => format!("{year}-{month:02}-{day:02}"),
    }
}

/// Letters and digits in the value's own form that no rule of the kind accepts: the check digit is wrong. Kinds without one get
/// noughts, which no office gives out.
fn wrong(kind: &str, value: &str, random: &mut Random) -> String {
    let checks = super::rules::checks_of(kind);
    let drawn = |random: &mut Random| -> String {
        let mut fake = String::with_capacity(value.len());
        for sign in value.chars() {
            fake.push(match sign {
                '0'..='9' => char::from(b'0' + random.below(10) as u8),
                'A'..='Z' => char::from(b'A' + random.below(26) as u8),
                'a'..='z' => char::from(b'a' + random.below(26) as u8),
                other => other,
            });
        }
        fake
    };
    for _ in 0..64 {
        let fake = drawn(random);
        if fake != value && !checks.is_empty() && !super::rules::is_right(&checks, &fake) {
            return fake;
        }
    }
    let letters = !value.bytes().any(|byte| byte.is_ascii_digit());
    let nought = |sign: char| match sign {
        '0'..='9' => '0',
        'A'..='Z' | 'a'..='z' if letters => 'X',
        other => other,
    };
    value.chars().map(nought).collect()
}
