//! The one HTTP client of this room. What an address leads to is not trusted: a name is looked up once, every address that
//! the look-up gives must be a public one (or the host declared as private), and the connection goes to what was checked,
//! on every step of a redirect anew. Proxies are not used, since a proxy would look the name up by itself.

mod public;
#[cfg(test)]
pub(crate) mod served;

use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use public::{Checking, Forbidden};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use reqwest::{Client, Url, header};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::runtime::{Builder, Runtime};
use usecase::declared::HeaderValue;

/// A larger answer is refused, as it comes over the wire and inflated: 32 MiB.
pub(crate) const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// What the client calls itself.
const USER_AGENT: &str = concat!("shipway/", env!("CARGO_PKG_VERSION"));

const MAX_REDIRECTS: usize = 5;

/// How often an answer of 429 or 503 is asked for again.
const MAX_RETRIES: usize = 3;

/// How long to wait, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) connect: Duration,
    /// Between two pieces of an answer.
    pub(crate) idle: Duration,
    /// For one question and its whole answer.
    pub(crate) whole: Duration,
    /// Before the first repetition; doubled for each further one.
    pub(crate) first_wait: Duration,
    /// Whoever asks for a longer wait (`Retry-After`) is not asked again in this run.
    pub(crate) longest_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            whole: Duration::from_secs(120),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// A whole answer, inflated.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The address that gave it: the last one of the redirects.
    pub(crate) url: Url,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim).filter(|value| !value.is_empty())
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The MIME type in lower case, with no parameter but `charset`.
    pub(crate) fn media(&self) -> Option<String> {
        let mut parts = self.header(&CONTENT_TYPE)?.split(';').map(str::trim);
        let kind = parts.next().filter(|kind| kind.contains('/'))?.to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        Some(charset.map_or_else(|| kind.clone(), |charset| format!("{kind}; charset={charset}")))
    }

    /// Where a redirect leads.
    ///
    /// # Errors
    /// It names no address, or one that the answer to an encrypted question may not lead to.
    pub(crate) fn redirect(&self) -> Option<std::result::Result<Url, Trouble>> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let target = self.header(&LOCATION).and_then(|place| self.url.join(place).ok());
        let Some(mut target) = target else {
            return Some(Err(Trouble::Failed(format!("{} redirects to no address", shown(&self.url)))));
        };
        target.set_fragment(None);
        if self.url.scheme() == "https" && target.scheme() != "https" {
            let (from, to) = (shown(&self.url), shown(&target));
            return Some(Err(Trouble::Forbidden(format!("{from} redirects to {to}, which is not encrypted"))));
        }
        Some(Ok(target))
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// This address is not one to be reached from here; asking again changes nothing.
    Forbidden(String),
    /// The answer is larger than [`MAX_BODY_BYTES`].
    TooLarge,
    /// Nothing came, or nothing that could be read.
    Failed(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forbidden(reason) | Self::Failed(reason) => f.write_str(reason),
            Self::TooLarge => write!(f, "it is larger than {} MiB", MAX_BODY_BYTES / 1024 / 1024),
        }
    }
}

/// Asks over HTTP. Blocks; not to be used on a thread that drives async work.
pub(crate) struct Reach {
    runtime: Runtime,
    client: Client,
    allow_private: Arc<BTreeSet<String>>,
    patience: Patience,
    /// Sent to the origins of `home`, and to no others: they may hold secrets.
    headers: HeaderMap,
    home: BTreeSet<String>,
}

impl Reach {
    /// A client that reaches public addresses, and the hosts of `allow_private` wherever they are.
    ///
    /// # Errors
    /// The machine gives no thread, socket or certificates for it.
    pub(crate) fn new(allow_private: &[String], patience: Patience) -> Result<Self> {
        let unusable = |reason: String| Error::Source { place: "the network".to_owned(), reason };
        let allow_private: BTreeSet<String> = allow_private.iter().map(|host| public::host_key(host)).collect();
        let allow_private = Arc::new(allow_private);
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|cause| unusable(cause.to_string()))?;
        // A process-wide choice; when somebody has made it already, theirs stands.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(Checking { allow_private: Arc::clone(&allow_private) }))
            .connect_timeout(patience.connect)
            .read_timeout(patience.idle);
        let client = builder.build().map_err(|cause| unusable(chain(&cause)))?;
        let (headers, home) = (HeaderMap::new(), BTreeSet::new());
        Ok(Self { runtime, client, allow_private, patience, headers, home })
    }

    /// The same client with declared headers, which only the origins of these addresses are sent.
    ///
    /// # Errors
    /// A secret is not there, or a header cannot be sent as it is written.
    pub(crate) fn with_headers(
        mut self,
        declared: &BTreeMap<String, HeaderValue>,
        home: impl IntoIterator<Item = Url>,
    ) -> Result<Self> {
        self.headers = read_headers(declared)?;
        self.home = home.into_iter().map(|url| origin(&url)).collect();
        Ok(self)
    }

    /// Asks, waits and asks again where the server is busy. A redirect is given back like any other answer.
    ///
    /// # Errors
    /// There is no answer.
    pub(crate) fn get_once(&self, url: &Url, extra: &HeaderMap) -> std::result::Result<Answer, Trouble> {
        let mut wait = self.patience.first_wait;
        for _ in 0..MAX_RETRIES {
            let answer = self.ask(url, extra)?;
            if !matches!(answer.status, 429 | 503) {
                return Ok(answer);
            }
            let asked = answer.header(&RETRY_AFTER).and_then(read_retry_after);
            let pause = asked.unwrap_or(wait);
            if pause > self.patience.longest_wait {
                return Ok(answer);
            }
            std::thread::sleep(pause);
            wait *= 2;
        }
        self.ask(url, extra)
    }

    /// Asks, and follows redirects.
    ///
    /// # Errors
    /// There is no answer, or the redirects lead somewhere forbidden or nowhere.
    pub(crate) fn get(&self, url: &Url) -> std::result::Result<Answer, Trouble> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.get_once(&url, &HeaderMap::new())?;
            match answer.redirect() {
                None => return Ok(answer),
                Some(target) => url = target?,
            }
        }
        Err(Trouble::Failed(format!("it redirects more than {MAX_REDIRECTS} times, at last to {}", shown(&url))))
    }

    /// Judges an address as it is written; where a name leads is judged when it is asked.
    ///
    /// # Errors
    /// It is of another scheme, or private.
    pub(crate) fn check(&self, url: &Url) -> std::result::Result<(), Trouble> {
        public::check_written(url, &self.allow_private).map_err(|Forbidden(reason)| Trouble::Forbidden(reason))
    }

    fn ask(&self, url: &Url, extra: &HeaderMap) -> std::result::Result<Answer, Trouble> {
        self.check(url)?;
        let whole = self.patience.whole;
        let exchange = async { tokio::time::timeout(whole, self.exchange(url, extra)).await };
        let late = |_| Trouble::Failed(format!("{} gave no whole answer within {} s", shown(url), whole.as_secs()));
        let mut answer = self.runtime.block_on(exchange).map_err(late)??;
        match answer.header(&CONTENT_ENCODING).map(str::to_ascii_lowercase).as_deref() {
            None | Some("identity") => {}
            Some("gzip" | "x-gzip") => answer.body = inflate(&answer.body)?,
            Some(_) => return Err(Trouble::Failed(format!("{} answers in a coding nobody asked for", shown(url)))),
        }
        Ok(answer)
    }

    async fn exchange(&self, url: &Url, extra: &HeaderMap) -> std::result::Result<Answer, Trouble> {
        let mut headers = extra.clone();
        headers.insert(ACCEPT_ENCODING, header::HeaderValue::from_static("gzip"));
        if self.home.contains(&origin(url)) {
            headers.extend(self.headers.clone());
        }
        let failed = |error: reqwest::Error| failure(url, error);
        let mut response = self.client.get(url.clone()).headers(headers).send().await.map_err(failed)?;
        if response.content_length().is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return Err(Trouble::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > MAX_BODY_BYTES {
                return Err(Trouble::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        let status = response.status().as_u16();
        Ok(Answer { status, headers: std::mem::take(response.headers_mut()), url: url.clone(), body })
    }
}

/// Takes a gzip stream apart, up to the limit.
///
/// # Errors
/// It is broken, or becomes too large.
pub(crate) fn inflate(packed: &[u8]) -> std::result::Result<Vec<u8>, Trouble> {
    let mut body = Vec::new();
    let mut reader = MultiGzDecoder::new(packed).take(MAX_BODY_BYTES as u64 + 1);
    reader.read_to_end(&mut body).map_err(|_| Trouble::Failed("its gzip stream is broken".to_owned()))?;
    if body.len() > MAX_BODY_BYTES { Err(Trouble::TooLarge) } else { Ok(body) }
}

/// Reads an address as it is written in a declaration or on a page: HTTP or HTTPS, without fragment and without an empty
/// query. `None` for everything else, and for an address with a name or password in it.
pub(crate) fn read_address(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    let mut url = base.map_or_else(|| Url::parse(text), |base| base.join(text)).ok()?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    url.set_fragment(None);
    if url.query() == Some("") {
        url.set_query(None);
    }
    (plain && url.has_host()).then_some(url)
}

/// Scheme, host and port: what one site is to a browser.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// An address as it may be told: without a query, in which secrets are sent at times.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}{}", origin(url), url.path())
}

/// The headers with their secrets read now, so that a rotated one is seen. Their values are marked, so that no log shows
/// them.
fn read_headers(declared: &BTreeMap<String, HeaderValue>) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in declared {
        let (text, reference) = match value {
            HeaderValue::Plain(text) => (Some(text.clone()), name.clone()),
            HeaderValue::Secret { secret, prefix } => {
                (secret.resolve().map(|secret| format!("{prefix}{secret}")), secret.to_string())
            }
        };
        let text = text.ok_or_else(|| Error::MissingSecret { reference: reference.clone() })?;
        let unfit = || Error::Source { place: reference.clone(), reason: "it cannot be sent as a header".to_owned() };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unfit())?;
        let mut value = header::HeaderValue::from_str(&text).map_err(|_| unfit())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Seconds, or a moment (RFC 9110 §10.2.3).
fn read_retry_after(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let moment: SystemTime = chrono::DateTime::parse_from_rfc2822(text).ok()?.into();
    Some(moment.duration_since(SystemTime::now()).unwrap_or_default())
}

fn failure(url: &Url, error: reqwest::Error) -> Trouble {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(inner) = cause {
        if let Some(Forbidden(reason)) = inner.downcast_ref::<Forbidden>() {
            return Trouble::Forbidden(reason.clone());
        }
        cause = inner.source();
    }
    Trouble::Failed(format!("{}: {}", shown(url), chain(&error.without_url())))
}

/// An error with what caused it: the outermost alone says only that sending failed.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests;
