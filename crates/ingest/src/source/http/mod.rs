//! Pages of web sites: those that are named, those that sitemaps name, and those that pages link to, as far as declared.
//!
//! A page is named by its address, in one form. A redirect and a page that calls another address its canonical one count
//! as links: the page is that other one, and it is read once. A page that did not change is told by its server (`304`)
//! or by its `ETag`; where its links are wanted it must be fetched all the same.

mod address;
mod crawl;
mod links;
mod robots;
mod sitemap;

use crate::error::{Error, Result};
use crate::source::reach::{Patience, Reach, read_address};
use crate::source::{Since, Source, Taker, Walked};
use address::Within;
use crawl::Crawl;
use reqwest::Url;
use std::time::Duration;
use usecase::declared::HttpSource;

pub(crate) struct HttpPages {
    reach: Reach,
    urls: Vec<Url>,
    sitemaps: Vec<Url>,
    within: Within,
    depth: u32,
    max_pages: usize,
    pause: Duration,
    ignore_robots: bool,
}

impl HttpPages {
    /// # Errors
    /// An address is none, or a secret is not there.
    pub(crate) fn new(declared: &HttpSource) -> Result<Self> {
        Self::patient(declared, Patience::default())
    }

    fn patient(declared: &HttpSource, patience: Patience) -> Result<Self> {
        let urls = read_all(&declared.urls)?;
        let sitemaps = read_all(&declared.sitemaps)?;
        let given = urls.iter().chain(&sitemaps);
        let within = match declared.within.is_empty() {
            true => Within::origins_of(given.clone()),
            false => Within::new(&read_all(&declared.within)?),
        };
        let home: Vec<Url> = given.cloned().collect();
        let reach = Reach::new(&declared.allow_private, patience)?.with_headers(&declared.headers, home)?;
        Ok(Self {
            reach,
            urls,
            sitemaps,
            within,
            depth: declared.depth,
            max_pages: declared.max_pages,
            pause: declared.pause.as_duration(),
            ignore_robots: declared.ignore_robots,
        })
    }
}

fn read_all(addresses: &[String]) -> Result<Vec<Url>> {
    let read = |text: &String| {
        let reason = "it is no address of http or https".to_owned();
        read_address(text, None).ok_or_else(|| Error::Source { place: text.clone(), reason })
    };
    addresses.iter().map(read).collect()
}

impl Source for HttpPages {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let mut crawl = Crawl::new(self, since, taker);
        crawl.read_sitemaps();
        crawl.visit_all()?;
        crawl.finish()
    }
}

#[cfg(test)]
mod tests;
