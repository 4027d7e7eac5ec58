//! Stand-ins: in the value's form, the same for the same seed, and nobody's.

use super::super::{TYPES, fake};
use proptest::prelude::*;

/// Kind, value, and what its stand-in must be.
type Case = (&'static str, &'static str, fn(&str) -> bool);

#[test]
fn reserved_ranges_in_the_form_of_the_value() {
    let cases: &[Case] = &[
        ("EMAIL", "ann@mail.de", |fake| fake.contains("@example.")),
        ("PHONE", "+49 30 1234567", |fake| fake.starts_with("+49 30 23125 ")),
        ("PHONE", "+44 20 7946 0958", |fake| fake.starts_with("+44 7700 900")),
        ("PHONE", "(212) 867-5309", |fake| fake.starts_with("(212) 555-01") && fake.len() == 14),
        ("PHONE", "020 7123 4567", |fake| fake.starts_with("020 7946 00")),
        ("PHONE", "06 12 34 56 78", |fake| fake.contains("555")),
        ("CREDIT_CARD", "4929 1234 5678 9012", |fake| fake.len() == 19 && fake.matches(' ').count() == 3),
        ("IBAN", "DE89 3704 0044 0532 0130 00", |fake| fake.starts_with("DE") && fake[4..].starts_with(" 0000 0000 ")),
        ("IP", "8.8.8.8", |fake| ["192.0.2.", "198.51.100.", "203.0.113."].iter().any(|net| fake.starts_with(net))),
        ("IP", "2a00:1450::1", |fake| fake.starts_with("2001:db8::")),
        ("US_SSN", "536-90-4399", |fake| fake.starts_with('9') && fake.len() == 11 && fake.as_bytes()[3] == b'-'),
        ("MAC", "00-1B-44-11-3A-B7", |fake| fake.starts_with("00-00-5E-00-53-")),
        ("URL", "https://shop.de/ann", |fake| fake.starts_with("https://example.")),
        ("PERSON", "Ann Smith", |fake| fake.split(' ').count() == 2),
        ("PERSON", "Ann", |fake| !fake.contains(' ')),
        ("BIC", "DEUTDEFF", |fake| fake == "XXXXXXXX"),
        ("DATE_OF_BIRTH", "1986-08-09", |fake| fake.len() == 10 && fake.starts_with("19")),
    ];
    for (kind, value, right) in cases {
        for seed in 0..50 {
            let fake = fake(kind, value, seed);
            assert!(right(&fake), "{kind} {value}: {fake}");
            assert_ne!(fake, *value);
        }
    }
}

#[test]
fn a_number_with_a_check_digit_gets_a_wrong_one() {
    for (kind, value) in
        [("ES_DNI", "12345678Z"), ("PL_PESEL", "44051401359"), ("AADHAAR", "2341 2341 2346"), ("NPI", "1234567893")]
    {
        for seed in 0..50 {
            let fake = fake(kind, value, seed);
            assert_eq!(fake.len(), value.len());
            let mut findings = Vec::new();
            super::find(&format!("it is {fake}"), &mut findings);
            assert!(!findings.iter().any(|found| found.kind == kind), "{kind}: {fake}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_a_stand_in(place in 0..TYPES.len(), value in "\\PC{0,40}", seed: u64) {
        let kind = TYPES[place].kind;
        let one = fake(kind, &value, seed);
        prop_assert_eq!(&one, &fake(kind, &value, seed));
        prop_assert!(one.chars().count() <= value.chars().count() + 64);
    }
}
