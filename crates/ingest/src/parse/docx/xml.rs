//! Walking through an XML part. Entities are never defined or expanded: a part with a document type is refused (the
//! format forbids it, ECMA-376 part 2, 9.1), so a bomb of entities has nowhere to begin.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use quick_xml::{XmlVersion, escape};

/// Word's own documents reach 40 or so.
const MAX_DEPTH: usize = 256;

/// What the walk meets; names are without their prefix.
pub(super) enum Piece<'a> {
    Open(&'a str, &'a BytesStart<'a>),
    Close(&'a str),
    Text(&'a str),
}

/// # Errors
/// It is not well-formed, has a document type, or is nested too deep.
pub(super) fn walk(xml: &str, mut take: impl FnMut(Piece<'_>)) -> Result<(), String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut depth = 0_usize;
    loop {
        match reader.read_event().map_err(|error| format!("its XML is broken: {error}"))? {
            Event::Start(tag) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("its XML is nested more than {MAX_DEPTH} deep"));
                }
                take(Piece::Open(tag.local_name().as_ref(), &tag));
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                take(Piece::Close(tag.local_name().as_ref()));
            }
            Event::Text(text) => take(Piece::Text(&text.xml10_content())),
            Event::CData(text) => take(Piece::Text(&text.xml10_content())),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => take(Piece::Text(character.encode_utf8(&mut [0; 4]))),
                _ => take(Piece::Text(escape::resolve_predefined_entity(&reference).unwrap_or_default())),
            },
            Event::DocType(_) => return Err("its XML has a document type, which no Word file has".to_owned()),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// An attribute's value by its name without prefix.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    // Without the check for duplicates, whose time grows with the square of their number.
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|found| found.key.local_name().as_ref() == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
}
