//! PDF: the text that its pages show. The format is read by a library that panics on some broken files and loops on
//! others, so it runs guarded; a file it fails on is quarantined like any other.

use super::guarded::{TIME_LIMIT, guarded};
use super::text::plain;
use super::{Parsed, ParsedDocument};

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    Parsed::whole(read(path, bytes), path)
}

fn read(path: &str, bytes: &[u8]) -> Result<ParsedDocument, String> {
    // The library would search megabytes of anything else for a table of objects.
    if !bytes[..bytes.len().min(1024)].windows(5).any(|window| window == b"%PDF-") {
        return Err("it is not a PDF: it does not begin with %PDF-".to_owned());
    }
    let owned = bytes.to_vec();
    let extract =
        move || pdf_extract::extract_text_from_mem(&owned).map_err(|error| format!("the PDF cannot be read: {error}"));
    let text = tidy(&guarded(TIME_LIMIT, extract)?);
    if text.is_empty() {
        return Err("no text (a scanned PDF holds pictures of text; run it through text recognition first)".to_owned());
    }
    plain(path, &text)
}

/// The library sets every line of a page apart; three line breaks and more mean no more than two.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    // Zero bytes come from fonts without a table of characters.
    tidied.replace('\0', "").trim().to_owned()
}

#[cfg(test)]
mod tests;
