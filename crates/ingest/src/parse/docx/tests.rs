//! Word files made by hand, and those that nobody should open.

use crate::parse::{Parsed, parse};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const STYLES: &str = r#"<w:styles xmlns:w="w">
  <w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
  <w:style w:styleId="Mine"><w:name w:val="My own"/><w:basedOn w:val="H1"/></w:style>
  <w:style w:styleId="Deep"><w:name w:val="x"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
  <w:style w:styleId="Bullet"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
  <w:style w:styleId="A"><w:basedOn w:val="B"/></w:style><w:style w:styleId="B"><w:basedOn w:val="A"/></w:style>
</w:styles>"#;

const NUMBERING: &str = r#"<w:numbering xmlns:w="w">
  <w:abstractNum w:abstractNumId="10"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
  <w:abstractNum w:abstractNumId="11"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl>
    <w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
  <w:num w:numId="1"><w:abstractNumId w:val="10"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="11"/></w:num>
</w:numbering>"#;

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a new part");
        zip.write_all(bytes).expect("written to memory");
    }
    zip.finish().expect("finished in memory").into_inner()
}

/// A Word file with this body.
fn word(body: &str) -> Vec<u8> {
    let main = format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    zipped(&[
        ("word/document.xml", main.as_bytes()),
        ("word/styles.xml", STYLES.as_bytes()),
        ("word/numbering.xml", NUMBERING.as_bytes()),
    ])
}

fn p(properties: &str, words: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space=\"preserve\">{words}</w:t></w:r></w:p>")
}

fn check(body: &str, text: &str) {
    let parsed = parse("a.docx", None, &word(body));
    assert!(parsed.rejected.is_empty(), "{body}: {parsed:?}");
    assert_eq!(parsed.documents[0].text, text, "{body}");
}

fn refused(bytes: &[u8], part: &str) -> Parsed {
    let parsed = parse("a.docx", None, bytes);
    assert!(parsed.documents.is_empty(), "{parsed:?}");
    assert!(parsed.rejected[0].reason.contains(part), "{:?} should name {part:?}", parsed.rejected);
    parsed
}

#[test]
fn words_and_headings() {
    check(&p("", "a &amp; b &#228; &unknown;c"), "a & b ä c");
    let style = |style: &str, words| p(&format!("<w:pStyle w:val=\"{style}\"/>"), words);
    check(
        &[style("H1", "One"), style("Mine", "Two"), style("Deep", "Three"), style("A", "plain"), style("?", "x")]
            .concat(),
        "# One\n\n# Two\n\n### Three\n\nplain\n\nx",
    );
    check("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r></w:p>", "a b\nc");
    // Deleted, hidden, and said twice.
    let changed = "<w:p><w:del><w:r><w:delText>old</w:delText><w:t>old</w:t></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins>\
        <w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r><w:r><w:t> words</w:t></w:r></w:p>";
    check(changed, "new words");
    let boxed = "<w:p><w:r><w:t>outer</w:t></w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>inner</w:t></w:r>\
        </w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>inner</w:t></w:r></w:p></mc:Fallback>\
        </mc:AlternateContent></w:p>";
    check(boxed, "inner\n\nouter");
}

#[test]
fn lists_and_tables() {
    let item = |list: usize, level: usize, words| {
        p(&format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr>"), words)
    };
    check(
        &[p("", "So:"), item(2, 0, "a"), item(2, 1, "b"), item(2, 1, "c"), item(2, 0, "d"), item(2, 1, "e")].concat(),
        "So:\n\n1. a\n   1. b\n   2. c\n2. d\n   1. e",
    );
    check(&[item(1, 0, "a"), p("<w:pStyle w:val=\"Bullet\"/>", "b"), item(0, 0, "c")].concat(), "- a\n- b\n\nc");
    let cell = |words: &str| format!("<w:tc>{}</w:tc>", p("", words));
    let row = |cells: &[String]| format!("<w:tr>{}</w:tr>", cells.concat());
    let wide = format!("<w:tc><w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr>{}</w:tc>", p("", "x|y"));
    let inner = format!("<w:tc><w:tbl>{}</w:tbl></w:tc>", row(&[cell("in"), cell("ner")]));
    check(
        &format!("<w:tbl>{}{}{}</w:tbl>", row(&[cell("A"), cell("B")]), row(&[wide]), row(&[inner, cell("2")])),
        "| A | B |\n| --- | --- |\n| x\\|y |  |\n| in ner | 2 |",
    );
    check(&format!("<w:tbl>{}</w:tbl>", row(&[cell("only a frame")])), "only a frame");
}

#[test]
fn properties_become_fields() {
    let core = "<cp:coreProperties><dc:title>Return &amp; policy</dc:title><dc:creator>Anna</dc:creator>\
        <dcterms:created>2026-01-02T03:04:05Z</dcterms:created><dc:subject> </dc:subject></cp:coreProperties>";
    let custom = "<Properties><property name=\"groups\"><vt:lpwstr>staff, hr</vt:lpwstr></property></Properties>";
    let notes = "<w:footnotes><w:footnote w:type=\"separator\"><w:p><w:r><w:t>x</w:t></w:r></w:p></w:footnote>\
        <w:footnote w:id=\"2\"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>";
    let main = "<w:document><w:p><w:r><w:t>Words</w:t><w:footnoteReference w:id=\"2\"/></w:r></w:p></w:document>";
    let file = zipped(&[
        ("word/document.xml", main.as_bytes()),
        ("docProps/core.xml", core.as_bytes()),
        ("docProps/custom.xml", custom.as_bytes()),
        ("word/footnotes.xml", notes.as_bytes()),
    ]);
    let parsed = parse("docs/a.docx", None, &file);
    let document = &parsed.documents[0];
    assert_eq!((document.id.as_str(), document.title.as_str()), ("docs/a.docx", "Return & policy"));
    let fields = json!({
        "title": "Return & policy", "author": "Anna", "created": "2026-01-02T03:04:05Z", "groups": "staff, hr",
    });
    assert_eq!(Value::Object(document.fields.clone()), fields);
    assert!(document.text.starts_with("Words[^2]") && document.text.contains("[^2]: A note."), "{}", document.text);
}

#[test]
fn bombs() {
    let blown = format!("<w:document><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:document>", " ".repeat(20_000_000));
    refused(&zipped(&[("word/document.xml", blown.as_bytes())]), "inflates to more than");
    // A zip within the zip, and parts beside those that are read, are not opened.
    let inner = zipped(&[("x", &vec![0; 5_000_000])]);
    let main = "<w:document><w:p><w:r><w:t>Words</w:t></w:r></w:p></w:document>";
    let beside = zipped(&[
        ("word/document.xml", main.as_bytes()),
        ("word/embeddings/a.zip", &inner),
        ("b", &vec![0; 20_000_000]),
    ]);
    assert_eq!(parse("a.docx", None, &beside).documents[0].text, "Words");
    let entities =
        "<!DOCTYPE w [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:p><w:r><w:t>&b;</w:t></w:r></w:p>";
    refused(&zipped(&[("word/document.xml", entities.as_bytes())]), "document type");
    let undefined = "<w:p><w:r><w:t>x&b;y</w:t></w:r></w:p>";
    assert_eq!(parse("a.docx", None, &zipped(&[("word/document.xml", undefined.as_bytes())])).documents[0].text, "xy");
    refused(&word(&"<w:p>".repeat(100_000)), "nested");
    refused(&word(&"<w:tbl><w:tr><w:tc>".repeat(50_000)), "nested");
    let names: Vec<String> = (0..10_001).map(|name| name.to_string()).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    refused(&zipped(&many), "entries");
}

#[test]
fn what_is_no_word_file() {
    refused(b"", "not a Word file");
    refused(b"PK\x03\x04", "not a Word file");
    refused(&[0xD0, 0xCF, 0x11, 0xE0, 0, 0], "old kind");
    refused(&zipped(&[("a", b"b")]), "no word/document.xml");
    refused(&zipped(&[("word/document.xml", b"<w:p><w:r></w:p>")]), "XML is broken");
    refused(&zipped(&[("word/document.xml", b"\xFF\xFF\xFF")]), "word/document.xml");
    refused(&word(""), "no text");
    let whole = word(&p("", "words"));
    for place in (0..whole.len()).step_by(11) {
        parse("a.docx", None, &whole[..place]);
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        parse("a.docx", None, &bytes);
    }
}
