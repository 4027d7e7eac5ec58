//! Where a page of HTML leads, by its tags alone: no tree is built, so that no nesting can make it slow. A tag with very
//! many attributes can, since each is compared with all before it; so there is a limit of time too.

use crate::source::reach::read_address;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use reqwest::Url;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Of a page with more links the first ones are followed.
const MAX_LINKS: usize = 10_000;

/// For one page.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(5);

/// The time is looked at after so many bytes.
const PIECE_BYTES: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(super) struct Links {
    /// The page has more than were read.
    pub(super) cut: bool,
    /// The address that the page itself says is its own.
    pub(super) canonical: Option<Url>,
    /// In the page's order.
    pub(super) links: Vec<Url>,
}

/// Reads a page that came from `page`. Addresses are ASCII, so that the page's encoding does not matter.
pub(super) fn read(html: &[u8], page: &Url, limit: Duration) -> Links {
    let html = String::from_utf8_lossy(html);
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let (input, began) = (BufferQueue::default(), Instant::now());
    let mut rest = html.as_ref();
    while !rest.is_empty() && began.elapsed() < limit {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        input.push_back(StrTendril::from(piece));
        let _ = tokenizer.feed(&input);
        rest = after;
    }
    if rest.is_empty() {
        tokenizer.end();
    }
    let found = tokenizer.sink.found.into_inner();
    let base = found.base.and_then(|base| read_address(&base, Some(page))).unwrap_or_else(|| page.clone());
    Links {
        cut: !rest.is_empty() || found.overflowed,
        canonical: found.canonical.and_then(|address| read_address(&address, Some(&base))),
        links: found.links.iter().filter_map(|link| read_address(link, Some(&base))).collect(),
    }
}

#[derive(Default)]
struct Found {
    base: Option<String>,
    canonical: Option<String>,
    links: Vec<String>,
    overflowed: bool,
}

#[derive(Default)]
struct Sink {
    found: RefCell<Found>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            TagToken(tag) if tag.kind == StartTag => {
                self.found.borrow_mut().take(&tag);
                inside(&tag.name)
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

/// What stands in these elements is text, whatever it looks like.
fn inside(element: &str) -> TokenSinkResult<()> {
    match element {
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => TokenSinkResult::RawData(RawKind::Rawtext),
        "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}

impl Found {
    fn take(&mut self, tag: &Tag) {
        let attribute = |name: &str| {
            let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.trim().to_owned())
        };
        let Some(address) = attribute("href") else { return };
        match &*tag.name {
            "a" | "area" if self.links.len() == MAX_LINKS => self.overflowed = true,
            "a" | "area" => self.links.push(address),
            "base" => self.base = self.base.take().or(Some(address)),
            "link" => {
                let rel = attribute("rel").unwrap_or_default();
                if rel.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("canonical")) {
                    self.canonical = self.canonical.take().or(Some(address));
                }
            }
            _ => {}
        }
    }
}
