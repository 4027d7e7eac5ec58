//! One HTTP call to a provider: HTTP/1.1 over kept connections, with the clock's limits, and nothing else of the app.
//!
//! Connections are kept per thread: a server runs one single-threaded runtime per core, so a call never takes a lock and
//! never wakes another core. Nothing is sent twice here, with one exception: a kept connection that turns out to be
//! closed before it took the request is replaced by a new one.

mod body;
mod connect;
mod decoder;
mod events;
mod pool;
pub(crate) mod sse;

pub(crate) use body::Body;
pub(crate) use decoder::{Decoder, ReadEvents};
pub(crate) use events::{Decode, stream};

use super::Asking;
use super::clock::Clock;
use crate::error::Error;
use bytes::Bytes;
use connect::{Connector, Route};
use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;
use pool::{Pool, Sender};
use usecase::declared::Timeouts;

/// What a provider is reached by.
pub(crate) struct Transport {
    base: Uri,
    /// The base's path without its last slash.
    base_path: String,
    host: HeaderValue,
    connector: Connector,
    pool: Pool,
}

/// A request to a provider. `path` goes behind the base URL's own and may carry a query.
pub(crate) struct Outgoing {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A response whose headers are there.
pub(crate) struct Incoming {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

impl Transport {
    /// Checks the address; opens nothing.
    pub(crate) fn new(name: &str, base_url: &str, timeouts: &Timeouts) -> Result<Self, Error> {
        let bad = |what: String| Error::BadProvider { provider: name.to_owned(), what };
        let base: Uri = base_url.parse().map_err(|error| bad(format!("`base_url` is not a URL: {error}")))?;
        let authority = match (base.scheme_str(), base.authority()) {
            (Some("http" | "https"), Some(authority)) => authority,
            _ => return Err(bad("`base_url` has to begin with http:// or https://".to_owned())),
        };
        if authority.as_str().contains('@') {
            return Err(bad(
                "`base_url` holds a user name or password: give the key as `api_key` by reference".to_owned()
            ));
        }
        if base.query().is_some() {
            return Err(bad("`base_url` holds a query; give the address alone".to_owned()));
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|error| bad(error.to_string()))?;
        let base_path = base.path().trim_end_matches('/').to_owned();
        let connector = Connector::new(&base, timeouts.connect.as_duration()).map_err(bad)?;
        Ok(Self { base, base_path, host, connector, pool: Pool::new() })
    }

    /// The host's name, without the port.
    pub(crate) fn host(&self) -> &str {
        self.base.host().unwrap_or_default()
    }

    /// The host as it stands in the `host` header, with a port where one was declared.
    pub(crate) fn authority(&self) -> &HeaderValue {
        &self.host
    }

    /// The path and query that a request to `path` has on the wire.
    pub(crate) fn full_path(&self, path: &str) -> String {
        [&self.base_path, path].concat()
    }

    /// Sends a request and waits for the headers of its response. Dropping the future, or the body, closes the connection.
    pub(crate) async fn post(&self, outgoing: Outgoing, asking: &Asking<'_>) -> Result<Incoming, Error> {
        self.send(Method::POST, outgoing, asking).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        outgoing: Outgoing,
        asking: &Asking<'_>,
    ) -> Result<Incoming, Error> {
        let clock = Clock::start(asking.running, asking.timeouts);
        let request = self.request(method, outgoing, asking)?;
        let (response, sender) = clock.limit(self.exchange(request, asking)).await??;
        let (parts, body) = response.into_parts();
        let keep = parts.status != StatusCode::SWITCHING_PROTOCOLS;
        let lease = keep.then(|| self.pool.lease(sender));
        let body = Body::new(asking, body, lease, clock);
        Ok(Incoming { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn request(&self, method: Method, outgoing: Outgoing, asking: &Asking<'_>) -> Result<Request<Full<Bytes>>, Error> {
        let path = self.full_path(&outgoing.path);
        // A proxy that is asked for plain HTTP wants the whole address, everyone else the path alone.
        let uri = match self.connector.route() {
            Route::ForwardProxy => format!("http://{}{path}", self.host.to_str().unwrap_or_default()),
            Route::Direct | Route::Tunnel => path,
        };
        let mut request = Request::new(Full::new(outgoing.body));
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_maybe_shared(Bytes::from(uri)).map_err(|error| Error::BadProvider {
            provider: asking.model.provider.clone(),
            what: format!("`{}` makes no address: {error}", outgoing.path),
        })?;
        let length = http_body::Body::size_hint(request.body()).exact().unwrap_or_default();
        *request.headers_mut() = outgoing.headers;
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!("shipway/", env!("CARGO_PKG_VERSION"))));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(authorization) = self.connector.forward_authorization() {
            headers.insert(http::header::PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(request)
    }

    async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        asking: &Asking<'_>,
    ) -> Result<(http::Response<hyper::body::Incoming>, Sender), Error> {
        while let Some(mut sender) = self.pool.take() {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok((response, sender)),
                Err(mut refused) => match refused.take_message() {
                    // It was closed while it was kept: nothing of the request went out.
                    Some(unsent) => request = unsent,
                    None => return Err(body::cut_off(asking.model, refused.error())),
                },
            }
        }
        // Boxed, since it is rare and large: it holds the state of a TLS handshake.
        let mut sender = Box::pin(self.connector.connect(asking.model)).await?;
        let response = sender.send_request(request).await.map_err(|error| body::cut_off(asking.model, &error))?;
        Ok((response, sender))
    }
}
