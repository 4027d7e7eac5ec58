//! Sitemaps and indexes of sitemaps (<https://www.sitemaps.org/protocol.html>), and plain lists of addresses. Entities that a
//! document declares itself are never resolved, so that none can grow.

use crate::source::reach::{Trouble, inflate, read_address};
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use reqwest::Url;

/// Sitemaps are three elements deep; what stands deeper is of an extension.
const MAX_DEPTH: usize = 32;

/// What a sitemap names, in its order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Named {
    pub(super) pages: Vec<Url>,
    pub(super) sitemaps: Vec<Url>,
}

/// Reads a sitemap, packed or not. Entries that are no addresses are passed over; of pages, `limit` are read.
///
/// # Errors
/// It is no sitemap, or broken, or too large when unpacked.
pub(super) fn read(body: &[u8], base: &Url, limit: usize) -> Result<Named, Trouble> {
    let unpacked;
    let body = match body.starts_with(&[0x1f, 0x8b]) {
        true => {
            unpacked = inflate(body)?;
            &unpacked
        }
        false => body,
    };
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        return list(text, limit);
    }
    xml(text, base, limit).map_err(Trouble::Failed)
}

fn list(text: &str, limit: usize) -> Result<Named, Trouble> {
    let pages: Vec<Url> = text.lines().filter_map(|line| read_address(line, None)).take(limit).collect();
    match pages.is_empty() && !text.trim().is_empty() {
        true => Err(Trouble::Failed("it is no sitemap: neither XML nor a list of addresses".to_owned())),
        false => Ok(Named { pages, sitemaps: Vec::new() }),
    }
}

fn xml(text: &str, base: &Url, limit: usize) -> Result<Named, String> {
    let mut reader = Reader::from_str(text);
    let mut named = Named::default();
    let mut open: Vec<String> = Vec::new();
    let mut place = String::new();
    loop {
        match reader.read_event().map_err(|error| format!("it is no sitemap: {error}"))? {
            Event::Start(tag) => {
                if open.len() == MAX_DEPTH {
                    return Err(format!("its elements are nested more than {MAX_DEPTH} deep"));
                }
                open.push(tag.local_name().as_ref().to_owned());
                place.clear();
            }
            Event::End(_) => {
                take(&open, &place, base, &mut named);
                open.pop();
                if named.pages.len() >= limit {
                    return Ok(named);
                }
            }
            Event::Text(words) => place.push_str(&words),
            Event::CData(words) => place.push_str(&words),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(character)) => place.push(character),
                Ok(None) => place.push_str(resolve_xml_entity(&reference).unwrap_or_default()),
                Err(error) => return Err(format!("it is no sitemap: {error}")),
            },
            Event::Eof if open.is_empty() => return Ok(named),
            Event::Eof => return Err("it is cut off".to_owned()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// `<loc>` counts in `<url>` and `<sitemap>` only: pictures and videos have one of their own.
fn take(open: &[String], place: &str, base: &Url, named: &mut Named) {
    let [.., parent, element] = open else { return };
    if element != "loc" {
        return;
    }
    let Some(url) = read_address(place, Some(base)) else { return };
    match parent.as_str() {
        "url" => named.pages.push(url),
        "sitemap" => named.sitemaps.push(url),
        _ => {}
    }
}
