//! Small PDFs written by hand, broken ones, and those that would never end.

use crate::parse::{Parsed, parse};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use std::io::Write;

/// The catalog is object 1, the pages object 2, the font object 4; `rest` are the others, from 5 on.
fn pdf(kids: &str, page: &str, rest: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!("<< /Type /Pages /Kids [{kids}] /Count 1 /MediaBox [0 0 612 792] >>").into_bytes(),
        page.as_bytes().to_vec(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
    ];
    objects.extend(rest.iter().cloned());
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{} 0 obj\n", index + 1).bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let (start, count) = (pdf.len(), objects.len() + 1);
    let trailer = format!("<< /Size {count} /Root 1 0 R /Info {} 0 R >>", count - 1);
    pdf.extend(format!("xref\n0 {count}\n{table}trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n").bytes());
    pdf
}

fn page(contents: usize, xobjects: &str) -> String {
    format!(
        "<< /Type /Page /Parent 2 0 R /Contents {contents} 0 R \
         /Resources << /Font << /F1 4 0 R >> /XObject << {xobjects} >> >> >>"
    )
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut stream = format!("<< {dictionary} /Length {} >>\nstream\n", content.len()).into_bytes();
    stream.extend(content);
    stream.extend(b"\nendstream");
    stream
}

fn words(words: &str) -> Vec<u8> {
    stream("", format!("BT /F1 24 Tf 72 720 Td ({words}) Tj ET").as_bytes())
}

/// A form that draws.
fn form(xobjects: &str, content: &str) -> Vec<u8> {
    stream(&format!("/Type /XObject /Subtype /Form /Resources << /XObject << {xobjects} >> >>"), content.as_bytes())
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("written to memory");
    encoder.finish().expect("finished in memory")
}

/// The smallest PDF that shows a line of text.
fn small_pdf(line: &str) -> Vec<u8> {
    pdf("3 0 R", &page(5, ""), &[words(line)])
}

fn refused(bytes: &[u8], part: &str) -> Parsed {
    let parsed = parse("a.pdf", None, bytes);
    assert!(parsed.documents.is_empty(), "{} bytes gave {:?}", bytes.len(), parsed.documents);
    assert!(parsed.rejected[0].reason.contains(part), "{:?} should name {part:?}", parsed.rejected);
    parsed
}

#[test]
fn a_small_pdf_is_read() {
    let parsed = parse("docs/Warranty terms.pdf", None, &small_pdf("Two years of warranty."));
    assert!(parsed.rejected.is_empty() && parsed.warnings.is_empty(), "{parsed:?}");
    let document = &parsed.documents[0];
    assert_eq!((document.id.as_str(), document.title.as_str()), ("docs/Warranty terms.pdf", "Warranty terms"));
    assert_eq!((document.text.as_str(), document.pages.as_slice()), ("Two years of warranty.", &[0][..]));
}

#[test]
fn pages_know_their_place() {
    // Pages 3, 6, 7 and 8; the third is empty, and the first begins with white space.
    let others: Vec<Vec<u8>> = vec![
        words("  F\\374r den Anfang"),
        page(9, "").into_bytes(),
        page(10, "").into_bytes(),
        page(11, "").into_bytes(),
        words("Second"),
        words(" "),
        words("Last"),
        b"<< /Title (Terms) /Author <FEFF00C40062> /Subject () >>".to_vec(),
    ];
    let file = pdf("3 0 R 6 0 R 7 0 R 8 0 R", &page(5, ""), &others);
    let parsed = parse("a.pdf", None, &file);
    let document = &parsed.documents[0];
    assert_eq!(document.text, "Für den Anfang\n\nSecond\n\nLast");
    assert_eq!(document.pages, [0, 16, 22, 24]);
    assert_eq!(document.text.chars().skip(24).collect::<String>(), "Last");
    assert_eq!(Value::Object(document.fields.clone()), json!({"title": "Terms", "author": "Äb"}));
    assert_eq!(document.title, "Terms");
}

#[test]
fn a_page_that_is_broken_costs_only_itself() {
    let broken = stream("", b"BT /F9 24 Tf (x) Tj ET");
    let others = vec![words("First"), page(8, "").into_bytes(), page(9, "").into_bytes(), broken, words("Third")];
    let parsed = parse("a.pdf", None, &pdf("3 0 R 6 0 R 7 0 R", &page(5, ""), &others));
    let document = &parsed.documents[0];
    assert_eq!((document.text.as_str(), document.pages.as_slice()), ("First\n\nThird", &[0, 5, 7][..]));
    assert!(parsed.warnings[0].contains("1 of its pages cannot be read and were left out: 2"), "{:?}", parsed.warnings);
}

#[test]
fn pdfs_that_never_end() {
    let draw = b"/A Do".to_vec();
    let drawing = |forms: &[Vec<u8>]| {
        let mut rest = vec![stream("", &draw)];
        rest.extend(forms.iter().cloned());
        pdf("3 0 R", &page(5, "/A 6 0 R"), &rest)
    };
    refused(&drawing(&[form("/A 6 0 R", "/A Do")]), "draws itself");
    refused(&drawing(&[form("/B 7 0 R", "/B Do"), form("/A 6 0 R", "/A Do")]), "draws itself");
    // Without resources of its own, a form draws from those of the page around it.
    refused(&drawing(&[stream("/Subtype /Form", b"/A Do")]), "draws itself");
    // Ten forms, each drawing the next ten times; and one that is drawn too often.
    let tenfold: Vec<Vec<u8>> =
        (7..17).map(|next| form(&format!("/N {next} 0 R"), &"/N Do ".repeat(10))).chain([form("", "BT ET")]).collect();
    refused(&drawing(&tenfold), "over and over");
    let chain: Vec<Vec<u8>> =
        (7..107).map(|next| form(&format!("/N {next} 0 R"), "/N Do")).chain([form("", "")]).collect();
    refused(&drawing(&chain), "draws itself");
    // Pages above pages, in a circle; and as their own children.
    let circle = page(5, "").replace("/Parent 2 0 R", "/Parent 6 0 R");
    let above = |parent| format!("<< /Type /Pages /Parent {parent} 0 R >>").into_bytes();
    refused(&pdf("3 0 R", &circle, &[words("x"), above(7), above(6)]), "circle");
    refused(&pdf("2 0 R 2 0 R", &page(5, ""), &[words("x")]), "no text");
    // A content that is repeated without end.
    let repeated = page(5, "").replace("5 0 R", &format!("[{}]", "5 0 R ".repeat(20_000)));
    refused(&pdf("3 0 R", &repeated, &[stream("", &b"q Q ".repeat(10_000))]), "over and over");
    let deep =
        format!("<< /Type /Page /Parent 2 0 R /Contents 5 0 R /X {}{} >>", "[".repeat(50_000), "]".repeat(50_000));
    refused(&pdf("3 0 R", &deep, &[words("x")]), "");
    // Forms that end are drawn, and pictures are passed over.
    let picture = stream("/Subtype /Image /Filter /DCTDecode", b"\xFF\xD8 /A Do (");
    let good = form("/P 7 0 R /F 8 0 R", "/P Do /F Do /F Do");
    let inner =
        stream("/Subtype /Form /Resources << /Font << /F1 4 0 R >> >>", b"BT /F1 24 Tf 72 720 Td (Words) Tj ET");
    assert!(parse("a.pdf", None, &drawing(&[good, picture, inner])).documents[0].text.contains("Words"));
}

#[test]
fn pdfs_that_inflate() {
    let bomb = deflated(&vec![b' '; 300_000_000]);
    refused(&pdf("3 0 R", &page(5, ""), &[stream("/Filter /FlateDecode", &bomb)]), "inflates to more than 256 MiB");
    // Nothing refers to it; it might be a table of objects.
    refused(
        &pdf("3 0 R", &page(5, ""), &[words("x"), stream("/Type /ObjStm /Filter /FlateDecode", &bomb)]),
        "inflates",
    );
    let twice = deflated(&bomb);
    refused(&pdf("3 0 R", &page(5, ""), &[stream("/Filter [/FlateDecode /FlateDecode]", &twice)]), "twice");
    let good = deflated(b"BT /F1 24 Tf 72 720 Td (Small) Tj ET");
    let parsed = parse("a.pdf", None, &pdf("3 0 R", &page(5, ""), &[stream("/Filter /FlateDecode", &good)]));
    assert_eq!(parsed.documents[0].text, "Small");
}

#[test]
fn broken_pdfs_are_refused_with_a_reason() {
    let whole = small_pdf("words");
    refused(b"", "not a PDF");
    refused(b"hello", "not a PDF");
    refused(b"%PDF-1.4\n%%EOF", "cannot be read");
    refused(&small_pdf(""), "no text");
    for share in 1..8 {
        refused(&whole[..whole.len() * share / 8], "");
    }
    // Bytes changed in the middle: whatever comes of it, nothing panics through.
    for place in (10..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[place] = b'<';
        parse("a.pdf", None, &bytes);
    }
}
