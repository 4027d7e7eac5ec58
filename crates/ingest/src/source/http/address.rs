//! Which addresses are fetched, each once, in the order in which they became known.

use crate::source::reach::origin;
use reqwest::Url;
use std::collections::{HashSet, VecDeque};

/// A longer address is a trap, or a mistake.
const MAX_ADDRESS_BYTES: usize = 2_048;

/// The parts of the web that may be fetched.
pub(super) struct Within {
    /// Origin, and what path and query begin with.
    places: Vec<(String, String)>,
}

impl Within {
    pub(super) fn new(places: &[Url]) -> Self {
        Self { places: places.iter().map(|url| (origin(url), path_of(url))).collect() }
    }

    pub(super) fn origins_of<'a>(given: impl Iterator<Item = &'a Url>) -> Self {
        Self { places: given.map(|url| (origin(url), "/".to_owned())).collect() }
    }

    /// Compared by origin first: `https://example.com` does not cover `https://example.com.evil.org`.
    pub(super) fn covers(&self, url: &Url) -> bool {
        let (origin, path) = (origin(url), path_of(url));
        self.places.iter().any(|(place, begin)| *place == origin && path.starts_with(begin))
    }
}

fn path_of(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// A page that is to be fetched.
pub(super) struct Page {
    pub(super) url: Url,
    /// So many steps may be taken from its links.
    pub(super) steps: u32,
    /// So many redirects and canonical addresses led here.
    pub(super) hops: usize,
    /// Where it was first heard of.
    pub(super) from: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// The feed's declaration.
    Declaration,
    Sitemap,
    /// Another page.
    Link,
}

/// Pages to fetch, and all addresses that were ever among them.
pub(super) struct Frontier {
    waiting: VecDeque<Page>,
    known: HashSet<Box<str>>,
    limit: usize,
    /// An address did not fit any more.
    pub(super) overflowed: bool,
}

impl Frontier {
    pub(super) fn new(limit: usize) -> Self {
        Self { waiting: VecDeque::new(), known: HashSet::new(), limit, overflowed: false }
    }

    /// Takes a page up that is not known yet, as far as the limit goes.
    pub(super) fn add(&mut self, page: Page) {
        let address = page.url.as_str();
        if address.len() > MAX_ADDRESS_BYTES || self.known.contains(address) {
            return;
        }
        if self.known.len() >= self.limit {
            self.overflowed = true;
            return;
        }
        self.known.insert(address.into());
        self.waiting.push_back(page);
    }

    pub(super) fn next(&mut self) -> Option<Page> {
        self.waiting.pop_front()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}
