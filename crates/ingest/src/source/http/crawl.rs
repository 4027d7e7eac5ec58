//! One walk through the pages.

use super::address::{From, Frontier, Page};
use super::robots::{Hosts, Leave};
use super::{HttpPages, links, sitemap};
use crate::error::{Error, Result};
use crate::source::reach::{Answer, Trouble, origin, shown};
use crate::source::{Content, Item, Since, Taker, Walked};
use reqwest::Url;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use std::collections::{HashSet, VecDeque};

/// Redirects and canonical addresses on the way to one page.
const MAX_HOPS: usize = 5;

/// The most sitemaps of a walk.
const MAX_SITEMAPS: usize = 1_000;

/// An index names sitemaps; that one of them is an index too is tolerated once.
const MAX_LEVELS: usize = 3;

/// Links to files of these kinds lead to no words.
const WORDLESS: &[&str] = &[
    "7z", "avi", "bin", "bz2", "css", "dmg", "eot", "exe", "gif", "gz", "ico", "iso", "jpeg", "jpg", "js", "mov",
    "mp3", "mp4", "ogg", "otf", "png", "rar", "svg", "tar", "ttf", "wav", "webm", "webp", "woff", "woff2", "xz", "zip",
];

pub(super) struct Crawl<'a> {
    site: &'a HttpPages,
    since: &'a Since<'a>,
    taker: &'a mut dyn Taker,
    hosts: Hosts<'a>,
    frontier: Frontier,
    /// Addresses that turned out to be others: to be sent back to one of them is to go in a circle.
    moved: HashSet<String>,
    walked: Walked,
    /// Pages that gave an answer, of whatever kind.
    answered: usize,
    /// The first page or sitemap that gave none, and why.
    failed: Option<(String, String)>,
    forbidden: usize,
    outside: usize,
    not_asked: usize,
    canonical: usize,
}

impl<'a> Crawl<'a> {
    pub(super) fn new(site: &'a HttpPages, since: &'a Since<'a>, taker: &'a mut dyn Taker) -> Self {
        let mut frontier = Frontier::new(site.max_pages);
        for url in &site.urls {
            frontier.add(Page { url: url.clone(), steps: site.depth, hops: 0, from: From::Declaration });
        }
        Self {
            site,
            since,
            taker,
            hosts: Hosts::new(&site.reach, site.pause, site.ignore_robots),
            frontier,
            moved: HashSet::new(),
            walked: Walked { whole: true, ..Walked::default() },
            answered: 0,
            failed: None,
            forbidden: 0,
            outside: 0,
            not_asked: 0,
            canonical: 0,
        }
    }

    /// Adds the pages of all sitemaps. One that cannot be read hides pages, so that nothing counts as gone.
    pub(super) fn read_sitemaps(&mut self) {
        let mut open: VecDeque<(Url, usize)> = self.site.sitemaps.iter().map(|url| (url.clone(), 1)).collect();
        let mut known: HashSet<Url> = self.site.sitemaps.iter().cloned().collect();
        while let Some((url, level)) = open.pop_front() {
            let named = match self.read_sitemap(&url) {
                Ok(named) => named,
                Err(reason) => {
                    self.miss(&shown(&url), &reason);
                    self.walked.warnings.push(format!("the sitemap {url} was not read: {reason}; nothing is deleted"));
                    continue;
                }
            };
            for url in named.pages {
                match self.site.within.covers(&url) {
                    true => self.frontier.add(Page { url, steps: self.site.depth, hops: 0, from: From::Sitemap }),
                    false => self.outside += 1,
                }
            }
            for url in named.sitemaps.into_iter().filter(|url| self.site.within.covers(url)) {
                if level == MAX_LEVELS || known.len() == MAX_SITEMAPS {
                    self.walked.whole = false;
                    self.walked.warnings.push(format!("the sitemap {url} was passed over: there are too many"));
                    break;
                }
                if known.insert(url.clone()) {
                    open.push_back((url, level + 1));
                }
            }
        }
    }

    fn read_sitemap(&mut self, url: &Url) -> std::result::Result<sitemap::Named, String> {
        // That its owner declared it stands above what robots.txt says of it; the pause does not.
        if self.hosts.leave(url) == Leave::GivenUp {
            return Err("its host failed too often".to_owned());
        }
        let answer = self.site.reach.get(url);
        self.hosts.asked(url, !matches!(&answer, Ok(answer) if answer.status < 500));
        let answer = answer.map_err(|trouble| trouble.to_string())?;
        if !answer.is_success() {
            return Err(format!("its server answered {}", answer.status));
        }
        sitemap::read(&answer.body, &answer.url, self.site.max_pages + 1).map_err(|trouble| trouble.to_string())
    }

    pub(super) fn visit_all(&mut self) -> Result<()> {
        self.taker.expect(self.frontier.len());
        while let Some(page) = self.frontier.next() {
            match self.hosts.leave(&page.url) {
                Leave::Given => self.visit(&page)?,
                Leave::GivenUp => {
                    self.walked.whole = false;
                    self.not_asked += 1;
                }
                Leave::Unknown(trouble) => self.unknown(&page, &trouble)?,
                Leave::Forbidden if page.from == From::Declaration => {
                    self.refuse(&page, "the robots.txt of its host forbids it".to_owned())?;
                }
                Leave::Forbidden => self.forbidden += 1,
            }
        }
        Ok(())
    }

    fn visit(&mut self, page: &Page) -> Result<()> {
        let remembered = (self.since.version_of)(page.url.as_str());
        // An unchanged page is not sent, and its links with it.
        let conditions = match page.steps {
            0 => remembered.as_deref().map(conditions).unwrap_or_default(),
            _ => HeaderMap::new(),
        };
        let answer = self.site.reach.get_once(&page.url, &conditions);
        self.hosts.asked(&page.url, !matches!(&answer, Ok(answer) if answer.status < 500));
        let answer = match answer {
            Ok(answer) => answer,
            Err(trouble) => return self.trouble(page, &trouble),
        };
        if let Some(target) = answer.redirect() {
            self.answered += 1;
            return match target {
                Ok(target) => self.redirect(page, target),
                Err(trouble) => self.refuse(page, trouble.to_string()),
            };
        }
        match answer.status {
            304 => self.give(page, remembered, Content::Unchanged),
            404 | 410 => {
                self.answered += 1;
                if page.from == From::Declaration {
                    self.walked.warnings.push(format!("{} is not there any more ({})", page.url, answer.status));
                }
                Ok(())
            }
            200..300 => self.page(page, answer, remembered.as_deref()),
            status => self.trouble(page, &Trouble::Failed(format!("its server answered {status}"))),
        }
    }

    fn redirect(&mut self, page: &Page, target: Url) -> Result<()> {
        self.moved.insert(page.url.to_string());
        if self.moved.contains(target.as_str()) {
            return self.refuse(page, "it redirects in a circle".to_owned());
        }
        if page.hops == MAX_HOPS {
            return self.refuse(page, format!("more than {MAX_HOPS} redirects lead here"));
        }
        // Told first, because it is the worse of the two.
        if let Err(trouble) = self.site.reach.check(&target) {
            return self.refuse(page, format!("it redirects to a place that is not reached from here: {trouble}"));
        }
        if !self.site.within.covers(&target) {
            if page.from == From::Link {
                self.outside += 1;
                return Ok(());
            }
            return self.refuse(page, format!("it redirects to {}, which `within` does not cover", shown(&target)));
        }
        self.frontier.add(Page { url: target, hops: page.hops + 1, ..*page });
        Ok(())
    }

    fn page(&mut self, page: &Page, answer: Answer, remembered: Option<&str>) -> Result<()> {
        let media = answer.media();
        let kind = media.as_deref().unwrap_or_default();
        if page.from == From::Link
            && ["image/", "audio/", "video/", "font/"].iter().any(|wordless| kind.starts_with(wordless))
        {
            self.answered += 1;
            return Ok(());
        }
        if kind.is_empty() || kind.starts_with("text/html") || kind.starts_with("application/xhtml") {
            let found = links::read(&answer.body, &page.url, links::TIME_LIMIT);
            if found.canonical.is_some_and(|address| self.is_another(page, address)) {
                self.answered += 1;
                return Ok(());
            }
            if page.steps > 0 {
                self.walked.whole &= !found.cut;
                self.follow(page.steps - 1, found.links);
            }
        }
        let version = version(&answer);
        let content = match version.is_some() && version.as_deref() == remembered {
            true => Content::Unchanged,
            false => Content::Bytes { bytes: answer.body, media, url: Some(page.url.to_string()) },
        };
        self.give(page, version, content)
    }

    /// A page that calls another address its canonical one is left out, and the other is fetched. Only where that can be
    /// done: an address outside, or one that leads back here, is not believed.
    fn is_another(&mut self, page: &Page, canonical: Url) -> bool {
        let here = canonical == page.url || self.moved.contains(canonical.as_str());
        if here || page.hops == MAX_HOPS || !self.site.within.covers(&canonical) {
            return false;
        }
        self.moved.insert(page.url.to_string());
        self.canonical += 1;
        self.frontier.add(Page { url: canonical, hops: page.hops + 1, ..*page });
        true
    }

    fn follow(&mut self, steps: u32, links: Vec<Url>) {
        for url in links {
            let ending = url.path().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
            let wordless = ending.is_some_and(|ending| WORDLESS.contains(&ending.as_str()));
            if !wordless && self.site.within.covers(&url) {
                self.frontier.add(Page { url, steps, hops: 0, from: From::Link });
            }
        }
    }

    fn give(&mut self, page: &Page, version: Option<String>, content: Content) -> Result<()> {
        self.answered += 1;
        self.taker.take(Item { name: page.url.to_string(), version, content })
    }

    /// It is there and cannot be had; its documents stay.
    fn refuse(&mut self, page: &Page, reason: String) -> Result<()> {
        self.taker.take(Item { name: page.url.to_string(), version: None, content: Content::Refused(reason) })
    }

    /// No answer, or none that helps: the page may be there, and so may what it links to.
    fn trouble(&mut self, page: &Page, trouble: &Trouble) -> Result<()> {
        self.miss(page.url.as_str(), &trouble.to_string());
        self.refuse(page, trouble.to_string())
    }

    /// Told once for all pages of a host, and for the declared ones at each.
    fn unknown(&mut self, page: &Page, trouble: &Trouble) -> Result<()> {
        if page.from == From::Declaration {
            return self.trouble(page, trouble);
        }
        self.miss(page.url.as_str(), &trouble.to_string());
        self.not_asked += 1;
        let warning = format!("pages of {} were not asked for: {trouble}", origin(&page.url));
        if !self.walked.warnings.contains(&warning) {
            self.walked.warnings.push(warning);
        }
        Ok(())
    }

    fn miss(&mut self, place: &str, reason: &str) {
        self.walked.whole = false;
        self.failed.get_or_insert_with(|| (place.to_owned(), reason.to_owned()));
    }

    /// # Errors
    /// Nothing at all could be fetched.
    pub(super) fn finish(mut self) -> Result<Walked> {
        if let (0, Some((place, reason))) = (self.answered, self.failed.take()) {
            return Err(Error::Source { place, reason });
        }
        let counts = [
            (self.forbidden, "were left out, because the robots.txt of their host forbids them"),
            (self.outside, "were left out: `within` does not cover them"),
            (self.canonical, "were left out, because they call another address their canonical one"),
            (
                self.not_asked,
                "were not asked for, because their host does not answer as it should; their documents stay",
            ),
        ];
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            self.walked.warnings.push(format!("{count} addresses {what}"));
        }
        if self.frontier.overflowed {
            self.walked.whole = false;
            self.walked.more = true;
            let limit = self.site.max_pages;
            self.walked.warnings.push(format!("there are more pages than max_pages = {limit}; nothing is deleted"));
        }
        Ok(self.walked)
    }
}

/// The validators of an answer (RFC 9110 §8.8), a line each, as they are sent with the next question.
fn version(answer: &Answer) -> Option<String> {
    let line = |name: &HeaderName| answer.header(name).map(|value| format!("{name}: {value}"));
    let lines: Vec<String> = [ETAG, LAST_MODIFIED].iter().filter_map(line).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn conditions(version: &str) -> HeaderMap {
    let read = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        let condition = if name == ETAG.as_str() { IF_NONE_MATCH } else { IF_MODIFIED_SINCE };
        Some((condition, HeaderValue::from_str(value).ok()?))
    };
    version.lines().filter_map(read).collect()
}
