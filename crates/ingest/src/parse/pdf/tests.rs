//! A small PDF written by hand, and broken ones.

use crate::parse::parse;

/// The smallest PDF that shows a line of text: catalog, pages, page, font, content, table of objects.
pub(crate) fn small_pdf(words: &str) -> Vec<u8> {
    let content = format!("BT /F1 24 Tf 72 720 Td ({words}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R \
         /Resources << /Font << /F1 4 0 R >> >> >>"
            .to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut table = "0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let (start, count) = (pdf.len(), objects.len() + 1);
    let end = format!("xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    pdf.extend(end.bytes());
    pdf
}

#[test]
fn a_small_pdf_is_read() {
    let parsed = parse("docs/Warranty terms.pdf", &small_pdf("Two years of warranty."));
    assert!(parsed.rejected.is_empty(), "{:?}", parsed.rejected);
    let document = &parsed.documents[0];
    assert_eq!((document.id.as_str(), document.title.as_str()), ("docs/Warranty terms.pdf", "Warranty terms"));
    assert_eq!(document.text, "Two years of warranty.");
}

#[test]
fn broken_pdfs_are_refused_with_a_reason() {
    let whole = small_pdf("words");
    let mut table: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "not a PDF"),
        (b"hello".to_vec(), "not a PDF"),
        (b"%PDF-1.4\n%%EOF".to_vec(), "cannot be read"),
        (small_pdf(""), "no text"),
    ];
    for share in 1..8 {
        table.push((whole[..whole.len() * share / 8].to_vec(), ""));
    }
    for (bytes, part) in table {
        let parsed = parse("a.pdf", &bytes);
        assert!(parsed.documents.is_empty(), "{} bytes gave {:?}", bytes.len(), parsed.documents);
        assert!(parsed.rejected[0].reason.contains(part), "{:?} should name {part:?}", parsed.rejected);
    }
    // Bytes changed in the middle: whatever comes of it, nothing panics through.
    for place in (10..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[place] = b'<';
        parse("a.pdf", &bytes);
    }
}
