//! What is personal data, and what only looks like it.

mod fakes;
mod numbers;
mod places;
mod scopes;

use super::{Scope, find, find_in};
use crate::guard::resolve_overlaps;
use proptest::prelude::*;

/// The rules and values found in a text.
fn found(text: &str) -> Vec<(&'static str, &str)> {
    let mut findings = Vec::new();
    find(text, &mut findings);
    resolve_overlaps(findings).into_iter().map(|found| (found.rule, &text[found.start..found.end])).collect()
}

#[test]
fn values_are_found() {
    let cases = [
        // rule, text, value
        ("email", "Write to ann.b+x@mail.example.co.uk, please.", "ann.b+x@mail.example.co.uk"),
        ("email", "<a href=mailto:ann@example.com>", "ann@example.com"),
        ("email", "E-mail:ann_b@example.com.", "ann_b@example.com"),
        ("email", "jürgen@müller.de wrote", "jürgen@müller.de"),
        ("email", "'o'neil@example.org'", "neil@example.org"),
        ("phone_international", "call +49 (0)30 1234567 now", "+49 (0)30 1234567"),
        ("phone_international", "+1-202-555-0143", "+1-202-555-0143"),
        ("phone_international", "Tel. +33 6 12 34 56 78.", "+33 6 12 34 56 78"),
        ("phone_international", "reach 0044 20 7946 0958", "0044 20 7946 0958"),
        ("phone_national", "at (202) 555-0143, ask", "(202) 555-0143"),
        ("phone_national", "at 202-555-0143", "202-555-0143"),
        ("phone_national", "02 99 12 34 56", "02 99 12 34 56"),
        ("phone_national", "030/12345678", "030/12345678"),
        ("phone_national", "020 7946 0958", "020 7946 0958"),
        ("phone_national", "541-714-1388 x204", "541-714-1388 x204"),
        ("phone_named", "Phone: 9498777106", "9498777106"),
        ("phone_named", "Phone: 467 3395", "467 3395"),
        ("phone_named", "call us at 8005550199", "8005550199"),
        ("payment_card", "card 4111 1111 1111 1111 exp", "4111 1111 1111 1111"),
        ("payment_card", "5500-0055-5555-5559", "5500-0055-5555-5559"),
        ("payment_card", "378282246310005", "378282246310005"),
        ("payment_card", "3782 822463 10005", "3782 822463 10005"),
        ("payment_card", "6011111111111117", "6011111111111117"),
        ("iban", "to DE89 3704 0044 0532 0130 00 today", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB82WEST12345698765432.", "GB82WEST12345698765432"),
        ("iban", "FR14 2004 1010 0505 0001 3M02 606", "FR14 2004 1010 0505 0001 3M02 606"),
        ("iban", "NO93 8601 1117 947", "NO93 8601 1117 947"),
        ("us_ssn", "SSN 536-90-4399", "536-90-4399"),
        ("us_ssn", "my social security number is 536904399", "536904399"),
        ("uk_nino", "NI: QQ 12 34 56 C or AB123456C", "AB123456C"),
        ("es_dni", "DNI 12345678Z", "12345678Z"),
        ("es_dni", "NIE X1234567L", "X1234567L"),
        ("fr_nir", "2 55 08 14 168 025 38", "2 55 08 14 168 025 38"),
        ("de_tax_id", "Steuer-ID: 86095742719", "86095742719"),
        ("it_codice_fiscale", "RSSMRA85T10A562S", "RSSMRA85T10A562S"),
        ("in_aadhaar", "2341 2341 2346", "2341 2341 2346"),
        ("in_pan", "PAN: ABCPE1234F", "ABCPE1234F"),
        ("sg_nric", "S1234567D", "S1234567D"),
        ("us_npi", "NPI 1234567893", "1234567893"),
        ("medical_record", "Medical record number MED71236987", "MED71236987"),
        ("ip_address", "from 203.0.113.7.", "203.0.113.7"),
        ("ip_address", "http://203.0.113.7:8080/x", "203.0.113.7"),
        ("ip_address", "via 2001:db8::ff00:42:8329 it", "2001:db8::ff00:42:8329"),
    ];
    for (rule, text, value) in cases {
        assert_eq!(found(text), [(rule, value)], "{text}");
    }
}

#[test]
fn neighbours_and_disguises_are_found() {
    let cases: &[(&str, &[&str])] = &[
        // A card with what usually follows it.
        ("4111 1111 1111 1111 12/27 123", &["4111 1111 1111 1111"]),
        ("card 4111 1111 1111 1111 12 27 123", &["4111 1111 1111 1111"]),
        ("4111-1111-1111-1111 123", &["4111-1111-1111-1111"]),
        ("4111-1111-1111-1111-123", &["4111-1111-1111-1111"]),
        ("3782 822463 10005 12/27 1234", &["3782 822463 10005"]),
        ("Ann,4111111111111111,12/27,123", &["4111111111111111"]),
        ("4111111111111111/12/27", &["4111111111111111"]),
        ("7,4111111111111111:12:27", &["4111111111111111"]),
        // Two side by side.
        ("4111 1111 1111 1111 5500 0055 5555 5559", &["4111 1111 1111 1111", "5500 0055 5555 5559"]),
        ("4111111111111111,5500005555555559", &["4111111111111111", "5500005555555559"]),
        ("2027 4111 1111 1111 1111 1234", &["4111 1111 1111 1111"]),
        ("+49 (0)30 1234567 030/1234567", &["+49 (0)30 1234567", "030/1234567"]),
        ("+49 30 1234567 030 7654321", &["+49 30 1234567", "030 7654321"]),
        ("+43 1 2345678 0664 1234567", &["+43 1 2345678", "0664 1234567"]),
        ("+1 202 555 0143 202 555 0144", &["+1 202 555 0143", "202 555 0144"]),
        ("+33 6 01 02 03 04 06 01 02 03 04", &["+33 6 01 02 03 04", "06 01 02 03 04"]),
        ("030 1234567 030 7654321", &["030 1234567", "030 7654321"]),
        ("(030) 1234567 (030) 7654321", &["(030) 1234567", "(030) 7654321"]),
        ("020 7946 0958 020 7946 0959", &["020 7946 0958", "020 7946 0959"]),
        ("01 23 45 67 89 06 12 34 56 78", &["01 23 45 67 89", "06 12 34 56 78"]),
        ("202-555-0143 202-555-0144", &["202-555-0143", "202-555-0144"]),
        ("020 7946 0958 4111 1111 1111 1111", &["020 7946 0958", "4111 1111 1111 1111"]),
        ("4111 1111 1111 1111 030 1234567", &["4111 1111 1111 1111", "030 1234567"]),
        ("Phone: 9498777106 94987771", &["9498777106"]),
        // Disguises.
        ("é ann＠example.com", &["ann＠example.com"]),
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ，", &["ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ"]),
        ("ann\u{200B}@example.com", &["ann\u{200B}@example.com"]),
        ("\u{200B}a\u{200B}nn@exam\u{AD}ple.com\u{200B} ok", &["a\u{200B}nn@exam\u{AD}ple.com"]),
        ("卡 ４１１１１１１１１１１１１１１１。", &["４１１１１１１１１１１１１１１１"]),
        ("4111\u{200B}1111\u{200B}1111\u{200B}1111", &["4111\u{200B}1111\u{200B}1111\u{200B}1111"]),
        ("4111\u{2009}1111\u{2009}1111\u{2009}1111 é", &["4111\u{2009}1111\u{2009}1111\u{2009}1111"]),
        ("4111\u{A0}1111\u{A0}1111\u{A0}1111\u{A0}12/27", &["4111\u{A0}1111\u{A0}1111\u{A0}1111"]),
        ("4111\u{202F}1111\u{202F}1111\u{202F}1111", &["4111\u{202F}1111\u{202F}1111\u{202F}1111"]),
        ("4111–1111–1111–1111", &["4111–1111–1111–1111"]),
        ("4111\u{2012}1111\u{2012}1111\u{2012}1111", &["4111\u{2012}1111\u{2012}1111\u{2012}1111"]),
        ("SSN 536–90–4399", &["536–90–4399"]),
        ("+49\u{2009}30\u{2009}1234567 ü", &["+49\u{2009}30\u{2009}1234567"]),
        ("DE89\u{2009}3704\u{2009}0044 0532 0130 00", &["DE89\u{2009}3704\u{2009}0044 0532 0130 00"]),
        ("𝟒111 1111 1111 1111", &["𝟒111 1111 1111 1111"]),
    ];
    for (text, values) in cases {
        let found: Vec<&str> = found(text).into_iter().map(|(_, value)| value).collect();
        assert_eq!(found, *values, "{text}");
    }
}

proptest! {
    /// Whatever is mixed, a finding is a stretch of the caller's own text that begins and ends with something visible.
    #[test]
    fn findings_are_stretches_of_the_text(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "4111", "１１１１", "1111", "030", "+49", "(0)", "12/27", "0044", "ann", "@", "＠", "example.com", " ", "-",
                "–", "\u{200B}", "\u{2009}", "\u{A0}", "é", "𝟒", "/", ",", "DE89",
            ]),
            0..40,
        )
    ) {
        let text = pieces.concat();
        for (_, value) in found(&text) {
            prop_assert!(!value.is_empty());
            prop_assert!(!value.starts_with(['\u{200B}', '\u{2009}', ' ']), "{value:?} in {text:?}");
            prop_assert!(!value.ends_with(['\u{200B}', '\u{2009}', ' ']), "{value:?} in {text:?}");
        }
    }
}

#[test]
fn what_only_looks_like_a_value_is_left_alone() {
    let cases = [
        // Wrong check digits.
        "card 4111 1111 1111 1112",
        "378282246310006",
        "DE89 3704 0044 0532 0130 01",
        "GB82WEST12345698765433",
        "ZZ82WEST12345698765432",
        "DNI 12345678A",
        "S1234567A",
        "2341 2341 2345",
        "RSSMRA85T10A562T",
        "Steuer-ID: 86095742718",
        "2 55 08 14 168 025 39",
        // Ranges that are never given out.
        "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
        "GB123456A",
        // Numbers of other things.
        "order 1234567890",
        "Order number: 4521-8890-3345",
        "order 0123-456-789",
        "invoice 2024-000123",
        "id 550e8400-e29b-41d4-a716-446655440000",
        "01234567-89ab-cdef-0123-456789abcdef",
        "version 1.2.3.4 and v10.20.30.40",
        "127.0.0.1 0.0.0.0 255.255.255.0",
        "1.2.3.4.5 999.1.2.3",
        "on 2024-01-15, 15.01.2024 and 01/15/2024 at 12:30:45",
        "2024-01-15T12:30:45Z",
        "1700000000 1700000000000",
        "ISBN 978-3-16-148410-0 and 0-306-40615-2",
        "$1,234,567.89 and 1 234 567 €",
        "EUR 699 956 915",
        "12 345 678 people",
        "π is 3.14159265358979",
        "sha 4111111111111111abc",
        "sku ABCPE1234F",
        "std::vec::Vec a::b::c",
        "12:34:56:78",
        "@ann and a@b and git@github.com:x/y",
        "logo@2x.png pkg@1.2.3",
        "user@ example.com",
        "room 1024, floor 3",
        "2341234123461",
        "the 1990s, 2001-2010, pp. 123-145",
        "call 911",
        // Runs of groups that hold no number of a person, and typeset ranges.
        "0123 4567 8901 2345 6789",
        "4111 1111 1111 1112 12/27 123",
        "4111-1111-1111-1112-123",
        "the years 2001–2010, pp. 123–145, 10²³ and 12\u{2009}345\u{2009}678 people",
        "order 1234\u{200B}567890",
        "https://example.com/photos/4111111111111111/view",
    ];
    for text in cases {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn the_longest_finding_wins() {
    assert_eq!(found("IBAN DE89370400440532013000"), [("iban", "DE89370400440532013000")]);
    assert_eq!(found("tel:+4915123456789@sip.example.com"), [("email", "+4915123456789@sip.example.com")]);
}
