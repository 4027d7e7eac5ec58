//! Lines as data, and ids of every format.

use super::plain;
use crate::parse::parse;

#[test]
fn a_line_shows_what_it_holds() {
    let table = [
        ("Returns", "Returns"),
        ("pay \u{202E}gnp.exe\u{202C} now", "pay gnp.exe now"),
        ("\u{2066}a\u{2069}\u{200B}b\u{AD}c\u{FEFF}\0", "abc"),
        ("one\ntwo\u{2028}three\tfour ", "one two three four"),
        ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("\u{200D}a \u{200D}b\u{200C} c\u{200D}\u{200D}", "a b c"),
        ("👩\u{200D}💻", "👩\u{200D}💻"),
        ("\u{E0041}\u{E0042}tag", "tag"),
        ("\u{600}١٢", "\u{600}١٢"),
        ("\u{202E}", ""),
    ];
    for (line, expected) in table {
        assert_eq!(plain(line), expected, "{line:?}");
    }
}

#[test]
fn titles_and_headings_of_every_format_are_plain() {
    for (name, text) in [
        ("a.md", "---\ntitle: \"a\u{202E}b\"\n---\nwords"),
        ("a.md", "# a\u{202E}b\n\nwords"),
        ("a.html", "<title>a\u{202E}b</title>words"),
        ("a.csv", "id,title,text\n1,a\u{202E}b,words\n"),
        ("a.json", "{\"id\": 1, \"title\": \"a\\u202eb\", \"text\": \"words\"}"),
        ("a.eml", "Subject: a\u{202E}b\n\nwords"),
    ] {
        let parsed = parse(name, None, text.as_bytes());
        let Some(document) = parsed.documents.first() else { panic!("{name}: {parsed:?}") };
        assert_eq!(document.title, "ab", "{name}");
    }
}

#[test]
fn ids_with_control_characters_are_refused_without_being_told() {
    for (name, text) in [
        ("a.md", "---\nid: \"a\\0b\"\n---\nwords"),
        ("a.json", "{\"id\": \"a\\nb\", \"text\": \"words\"}"),
        ("a.jsonl", "{\"id\": \"a\\u202eb\", \"text\": \"words\"}\n"),
        ("a.csv", "id,text\n\"a\nb\",words\n"),
        ("a.html", "<meta name=id content='a\u{85}b'>words"),
        ("a\nb.txt", "words"),
        ("a\u{2028}b.eml", "Subject: x\n\nwords"),
        ("a\0b.md", "words"),
    ] {
        let parsed = parse(name, None, text.as_bytes());
        assert!(parsed.documents.is_empty(), "{name:?}: {parsed:?}");
        let reason = &parsed.rejected[0].reason;
        assert!(reason.contains("control or invisible characters") && !reason.contains(char::is_control), "{reason:?}");
    }
}
