//! What is sent where, how fast and for how long.

use crate::arrivals::Pace;
use crate::error::Error;
use bytes::Bytes;
use http::{Uri, header};
use std::net::SocketAddr;
use std::time::Duration;

/// Where to.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) path: String,
}

impl Target {
    /// Reads `http://host:port`, with or without a path: without one, it is that of chat completions.
    ///
    /// # Errors
    /// `BadUrl`: not such a URL, or one with TLS, which this generator does not speak: its own cost would be measured.
    pub async fn resolve(url: &str) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadUrl { url: url.to_owned(), what: what.to_owned() };
        let uri: Uri = url.parse().map_err(|_| bad("it is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            return Err(bad("only plain http:// is measured, in front of whatever ends the TLS"));
        }
        let host = uri.authority().ok_or_else(|| bad("it names no host"))?;
        let name = host.host().trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((name, host.port_u16().unwrap_or(80))).await;
        let address = found.ok().and_then(|mut found| found.next()).ok_or_else(|| bad("its host is not known"))?;
        let base = uri.path().trim_end_matches('/');
        let path = match base {
            "" => "/v1/chat/completions".to_owned(),
            base if base.ends_with("/v1") => format!("{base}/chat/completions"),
            base => base.to_owned(),
        };
        Ok(Self { address, host: host.to_string(), path })
    }
}

/// One request, ready to be sent again and again.
#[derive(Clone, Debug)]
pub struct Request {
    /// JSON.
    pub body: Bytes,
    /// The API key, without `Bearer`.
    pub key: Option<String>,
}

impl Request {
    pub(crate) fn to(&self, target: &Target) -> http::Result<http::Request<http_body_util::Full<Bytes>>> {
        let mut request = http::Request::post(target.path.as_str())
            .header(header::HOST, target.host.as_str())
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        request.body(http_body_util::Full::new(self.body.clone()))
    }
}

/// One measurement.
#[derive(Clone, Debug)]
pub struct Plan {
    pub target: Target,
    /// Asked in turn.
    pub requests: Vec<Request>,
    pub pace: Pace,
    /// How long requests are sent; what runs then comes to its end.
    pub length: Duration,
    /// Connections, each with one request at a time: the most that is in flight.
    pub connections: usize,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether the answers are streams of server-sent events.
    pub stream: bool,
    /// What every stream has to say, word for word, where that is known: what is missing was lost on the way.
    pub expected_text: Option<String>,
}
