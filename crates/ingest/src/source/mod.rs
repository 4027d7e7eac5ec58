//! Where documents come from. A source walks through what it has and hands over one item at a time; it never decides what
//! a document is (`parse`) or whether it is good (`contract`), and it holds no more than one item in memory.

pub(crate) mod api;
pub(crate) mod files;
pub(crate) mod git;
pub(crate) mod http;
pub(crate) mod kafka;
pub(crate) mod object;
#[cfg(test)]
pub(crate) mod peers;
pub(crate) mod reach;
pub(crate) mod s3;
pub(crate) mod sql;
#[cfg(test)]
pub(crate) mod walked;
pub(crate) mod webhook;

use crate::error::{Error, Result};
use crate::report::FeedJob;
use serde_json::Value;
use std::path::Path;
use usecase::declared::FeedSource;

/// One thing that a source has: a file, a page, a row, a message.
#[derive(Debug)]
pub(crate) struct Item {
    /// Its name, the same at every run: the path below the use case's folder, the page's address, the row's key. Documents
    /// that name no id of their own are called so.
    pub(crate) name: String,
    /// What changes when the item does (an ETag, size and time, a blob's hash); `None` when the source cannot tell.
    pub(crate) version: Option<String>,
    pub(crate) content: Content,
}

/// What became of reading an item.
#[derive(Debug)]
pub(crate) enum Content {
    Bytes {
        bytes: Vec<u8>,
        /// The MIME type that the source names, without parameters but `charset`.
        media: Option<String>,
        /// Where a person can open it.
        url: Option<String>,
    },
    /// Its version is the one that was remembered: what came from it stays as it is.
    Unchanged,
    /// The source says that it is gone (a tombstone, a deleted row).
    Deleted,
    /// It was listed and is gone; the next run will tell whether for good.
    Vanished,
    /// It is there and cannot be taken, with the reason.
    Refused(String),
}

/// What is known from the last good run.
pub(crate) struct Since<'a> {
    /// Where that run left off, for sources that go on instead of starting over.
    pub(crate) cursor: Option<&'a Value>,
    /// The remembered version of an item by its name.
    pub(crate) version_of: &'a dyn Fn(&str) -> Option<String>,
}

/// What a source tells when its walk is done.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// Whether everything that exists was seen. Only then is what was not seen gone. A source that gives changes only, and
    /// one of which a part could not be listed, say no.
    pub(crate) whole: bool,
    /// Where the next run goes on; kept in the transaction that makes this run's version visible.
    pub(crate) cursor: Option<Value>,
    pub(crate) warnings: Vec<String>,
    /// More is waiting: a limit of items was reached.
    pub(crate) more: bool,
}

/// What a walk hands its items to.
pub(crate) trait Taker {
    /// So many items are to be expected, once that is known.
    fn expect(&mut self, items: usize);

    /// Takes one item over.
    ///
    /// # Errors
    /// The run must end: the walk gives the error on.
    fn take(&mut self, item: Item) -> Result<()>;
}

pub(crate) trait Source {
    /// Hands over every item that is there (or that changed since), each name once, in an order that is the same when
    /// nothing changed.
    ///
    /// # Errors
    /// The source cannot be listed at all; nothing is changed then.
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked>;
}

/// Opens the one source that a feed declares. `data` is the data folder.
///
/// # Errors
/// What is declared cannot be used.
pub(crate) fn open(job: &FeedJob<'_>, data: &Path) -> Result<Box<dyn Source>> {
    let Some(declared) = job.feed.sources().into_iter().next() else {
        let reason = "it declares no source".to_owned();
        return Err(Error::Source { place: job.collection(), reason });
    };
    Ok(match declared {
        FeedSource::Files(pattern) => Box::new(files::FilesSource::new(job.folder, pattern)?),
        FeedSource::Http(declared) => Box::new(http::HttpPages::new(declared)?),
        FeedSource::Api(declared) => Box::new(api::ApiPages::new(declared)?),
        FeedSource::Sql(declared) => Box::new(sql::SqlRows::new(declared, job.folder)?),
        FeedSource::S3(declared) => Box::new(s3::S3Objects::new(declared)?),
        FeedSource::Kafka(declared) => Box::new(kafka::KafkaTopic::new(declared)),
        FeedSource::Git(declared) => Box::new(git::GitFiles::new(declared, job.folder, &data.join("git"))?),
        // What is pushed comes by itself: there is nothing to fetch.
        FeedSource::Webhook(_) => Box::new(webhook::WebhookSource::new(Vec::new())),
    })
}

/// What a source is called in reports: never with a secret in it.
pub(crate) fn name(source: &FeedSource<'_>) -> String {
    match source {
        FeedSource::Files(pattern) => (*pattern).to_owned(),
        FeedSource::Http(pages) => {
            let addresses = pages.urls.iter().chain(&pages.sitemaps);
            addresses.map(|address| without_query(address)).collect::<Vec<_>>().join(" ")
        }
        FeedSource::Api(api) => without_query(&api.url).to_owned(),
        FeedSource::Sql(sql) => format!("{}: {}", sql.url, sql.query),
        FeedSource::S3(s3) => format!("s3://{}/{}{}", s3.bucket, s3.prefix, s3.files),
        FeedSource::Kafka(kafka) => format!("kafka {} {}", kafka.brokers.join(","), kafka.topic),
        FeedSource::Webhook(_) => "webhook".to_owned(),
        FeedSource::Git(git) => format!("{} {}", git.url, git.files),
    }
}

/// An address as it may be told: in a query, secrets are sent at times.
fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or_default()
}
