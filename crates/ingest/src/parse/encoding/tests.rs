//! Bytes and the characters they mean.

use super::{declared_inside, decode};
use encoding_rs::{BIG5, EUC_KR, Encoding, ISO_2022_JP, KOI8_R, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

/// Checks what is read and whether anything has to be said about it.
fn check(bytes: &[u8], declared: Option<&str>, text: &str, warning: Option<&str>) {
    let decoded = decode(bytes, declared).expect("it is text");
    assert_eq!(decoded.text, text);
    match (&decoded.warning, warning) {
        (None, None) => {}
        (Some(said), Some(part)) if said.contains(part) => {}
        (said, _) => panic!("{text}: {said:?} should name {warning:?}"),
    }
}

fn refused(bytes: &[u8], declared: Option<&str>, part: &str) {
    let reason = decode(bytes, declared).expect_err("it is no text");
    assert!(reason.contains(part), "{reason:?} should name {part:?}");
}

#[test]
fn marks_and_utf8() {
    check("Größe".as_bytes(), None, "Größe", None);
    // Who serves UTF-8 and says Latin-1 is common; the other way round is next to impossible.
    check("Größe".as_bytes(), Some("iso-8859-1"), "Größe", None);
    check(b"\xEF\xBB\xBFwith a mark", None, "with a mark", None);
    check(b"\xEF\xBB\xBF", None, "", None);
    check(b"\xFF\xFE", None, "", None);
    check(b"\xFF\xFEG\x00r\x00\xF6\x00", None, "Grö", None);
    check(b"\xFE\xFF\x00G\x00r\x00\xF6", None, "Grö", None);
    check(b"G\x00r\x00o\x00", None, "Gro", None);
    check(b"\x00G\x00r\x00o", None, "Gro", None);
    check(b"", None, "", None);
}

#[test]
fn declared_and_guessed() {
    let german = "Die Größe der Straße ist mäßig, überall hört man Klänge.";
    let russian = "Срок возврата товара составляет тридцать дней с момента покупки.";
    let japanese = "返品は三十日以内に可能です。詳しくは店舗にお問い合わせください。";
    let korean = "반품은 삼십 일 이내에 가능합니다. 자세한 내용은 매장에 문의하세요.";
    let chinese = "退貨必須在三十天內辦理。詳情請洽詢門市人員。";
    let table: [(&'static Encoding, &str); 7] = [
        (WINDOWS_1252, german),
        (WINDOWS_1251, russian),
        (KOI8_R, russian),
        (SHIFT_JIS, japanese),
        (ISO_2022_JP, japanese),
        (EUC_KR, korean),
        (BIG5, chinese),
    ];
    for (encoding, text) in table {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{text}");
        check(&bytes, Some(encoding.name()), text, None);
        if encoding != ISO_2022_JP {
            // KOI8-U has all that KOI8-R has.
            let name = if encoding == KOI8_R { "KOI8-U" } else { encoding.name() };
            check(&bytes, None, text, Some(name));
            check(&bytes, Some("no such encoding"), text, Some(name));
        }
    }
}

#[test]
fn mixed_encodings() {
    let words = "Größe, Maß und Fuß. ".repeat(20);
    let mut mixed = words.clone().into_bytes();
    mixed.extend(b"Gr\xF6\xDFe");
    check(&mixed, None, &format!("{words}Gr\u{FFFD}\u{FFFD}e"), Some("2 of its 405 characters"));
    // What the file itself wrote as U+FFFD is a character like any other.
    check("a\u{FFFD}b".as_bytes(), None, "a\u{FFFD}b", None);
    refused(
        &"Größe \u{1}".repeat(10).bytes().map(|byte| if byte == 1 { 0xFF } else { byte }).collect::<Vec<u8>>(),
        None,
        "10 of its 70 characters",
    );
    check(
        format!("{}\0", "a".repeat(200)).as_bytes(),
        None,
        &format!("{}\u{FFFD}", "a".repeat(200)),
        Some("1 of its 201"),
    );
}

#[test]
fn what_is_no_text() {
    refused(b"\xFF", None, "nothing tells");
    refused(b"\0", None, "zero bytes");
    refused(b"a\0\0\0b\0\0", None, "zero bytes");
    refused(b"\xFF\xFEG\x00\x00\xD8r", None, "its byte order mark says UTF-16LE, but");
    refused(b"\x81\x82\x83\x84\x85\x86\x01\x02\x03", None, "");
    refused(b"\x82", Some("shift_jis"), "it declares Shift_JIS, but 1 of its 1 characters");
}

#[test]
fn declarations_inside() {
    let table = [
        ("<meta charset=shift_jis>", Some("Shift_JIS")),
        ("<html><head><META CHARSET = \"latin1\" />", Some("windows-1252")),
        ("<meta http-equiv=content-type content='text/html; charset=euc-kr'>", Some("EUC-KR")),
        ("<?xml version='1.0' encoding='koi8-r'?><p>", Some("KOI8-R")),
        ("<?xml version='1.0'?><meta charset=big5>", None),
        ("<p>charset=big5", None),
        ("<meta charset=nonsense>", None),
        ("<meta charset", None),
        ("", None),
    ];
    for (page, name) in table {
        assert_eq!(declared_inside(page.as_bytes()).as_deref(), name, "{page}");
    }
}
