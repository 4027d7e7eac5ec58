//! Web addresses, postcodes, dates of birth, spoken numbers: found in the whole scope, whatever is masked.

use super::{Scope, find_in, resolve_overlaps};

fn check(cases: &[(&str, &[(&str, &str)])]) {
    for (text, wanted) in cases {
        let mut findings = Vec::new();
        find_in(text, Scope::all(), &mut findings);
        let found: Vec<(&str, &str)> =
            resolve_overlaps(findings).iter().map(|found| (found.kind, &text[found.start..found.end])).collect();
        assert_eq!(found, *wanted, "{text:?}");
    }
}

#[test]
fn web_addresses() {
    check(&[
        ("see https://example.com/a?b=c.", &[("URL", "https://example.com/a?b=c")]),
        ("(http://www.Example.de/)", &[("URL", "http://www.Example.de/")]),
        ("www.example.museum, or example.org!", &[("URL", "www.example.museum"), ("URL", "example.org")]),
        ("write to ann@example.com", &[("EMAIL", "ann@example.com")]),
        ("std::io::Read e.g. this.that() v1.2 file.rs", &[]),
        ("https://x", &[]),
    ]);
}

#[test]
fn postcodes() {
    check(&[
        ("ZIP: 3520", &[("ZIP", "3520")]),
        ("zip code is 394 13", &[("ZIP", "394 13")]),
        ("Postcode: 7412 SL", &[("ZIP", "7412 SL")]),
        ("Austin, TX 78701", &[("ZIP", "78701")]),
        ("Austin, TX 78701-1234.", &[("ZIP", "78701-1234")]),
        ("London SW1A 1AA", &[("ZIP", "SW1A 1AA")]),
        ("Ottawa K1A 0B1", &[("ZIP", "K1A 0B1")]),
        ("room QX1 1AA and 78701 people", &[]),
    ]);
}

#[test]
fn dates_of_birth() {
    check(&[
        ("born on 1986-08-09 in Rome", &[("DATE_OF_BIRTH", "1986-08-09")]),
        ("DOB: 03/15/1987", &[("DATE_OF_BIRTH", "03/15/1987")]),
        ("geboren am 15.03.1987", &[("DATE_OF_BIRTH", "15.03.1987")]),
        ("Date of Birth: March 12, 1987", &[("DATE_OF_BIRTH", "March 12, 1987")]),
        ("née le 3 août 1990", &[("DATE_OF_BIRTH", "3 août 1990")]),
        ("signed on 1986-08-09", &[]),
    ]);
}

#[test]
fn telephone_numbers_by_their_words() {
    check(&[
        (
            "call me at five one oh, five five five, one two three four",
            &[("PHONE", "five one oh, five five five, one two three four")],
        ),
        ("one two three four five six seven eight", &[]),
        ("416 60 039 office\n781 1704 fax", &[("PHONE", "416 60 039"), ("PHONE", "781 1704")]),
        ("(978)645-9740x11144", &[("PHONE", "(978)645-9740x11144")]),
        ("reach our support team at 1234567890 for help", &[("PHONE", "1234567890")]),
        ("the years 2010-2015, 10 20 30 40, 2019-2020", &[]),
        ("during 01/2000 - 12/2006, 71.1 (101.9-50.9), 0110000001 00", &[]),
        ("employee 81234567 and e29b-41d4-a716", &[]),
    ]);
}
