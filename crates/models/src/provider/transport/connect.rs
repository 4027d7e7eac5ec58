//! A new connection: resolved, connected, through the machine's proxy where one is set, with TLS where the address asks
//! for it.

use super::pool::Sender;
use crate::error::{Error, Wait};
use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use usecase::declared::ModelRef;

/// The process's proxy, from the usual environment variables, read once.
static PROXY: LazyLock<Matcher> = LazyLock::new(Matcher::from_env);

/// The largest answer of a proxy to CONNECT, in bytes.
const LARGEST_TUNNEL_ANSWER: usize = 8 * 1024;

/// How requests get to the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Direct,
    /// Through a proxy that is told the whole address (plain HTTP).
    ForwardProxy,
    /// Through a proxy that only passes bytes (`CONNECT`, RFC 9110 §9.3.6).
    Tunnel,
}

pub(super) struct Connector {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    proxy: Option<Intercept>,
    limit: Duration,
}

impl Connector {
    /// Says in one sentence what cannot be.
    pub(super) fn new(base: &Uri, limit: Duration) -> Result<Self, String> {
        let host = base.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_tls = base.scheme_str() == Some("https");
        let port = base.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let proxy = if is_loopback(&host) { None } else { PROXY.intercept(base) };
        let tls = match is_tls {
            true => {
                let name = ServerName::try_from(host.clone());
                Some((tls()?, name.map_err(|error| format!("`base_url` names no host for TLS: {error}"))?))
            }
            false => None,
        };
        Ok(Self { host, port, tls, proxy, limit })
    }

    pub(super) fn route(&self) -> Route {
        match (&self.proxy, &self.tls) {
            (None, _) => Route::Direct,
            (Some(_), None) => Route::ForwardProxy,
            (Some(_), Some(_)) => Route::Tunnel,
        }
    }

    /// What a forwarding proxy wants with every request.
    pub(super) fn forward_authorization(&self) -> Option<&HeaderValue> {
        (self.route() == Route::ForwardProxy).then(|| self.proxy.as_ref()?.basic_auth()).flatten()
    }

    /// A connection that can take a request; its task ends with it.
    pub(super) async fn connect(&self, model: &ModelRef) -> Result<Sender, Error> {
        let connected = tokio::time::timeout(self.limit, self.open()).await;
        let timeout = || Error::Timeout { model: model.clone(), wait: Wait::Connect, limit: self.limit };
        connected.map_err(|_| timeout())?.map_err(|reason| Error::Connect { model: model.clone(), reason })
    }

    async fn open(&self) -> Result<Sender, String> {
        let text = |error: std::io::Error| error.to_string();
        let (host, port) = match self.proxy.as_ref().map(Intercept::uri) {
            Some(proxy) => (proxy.host().unwrap_or_default().to_owned(), proxy.port_u16().unwrap_or(80)),
            None => (self.host.clone(), self.port),
        };
        let mut stream = TcpStream::connect((host, port)).await.map_err(text)?;
        stream.set_nodelay(true).map_err(text)?;
        if self.route() == Route::Tunnel {
            self.tunnel(&mut stream).await?;
        }
        match &self.tls {
            None => handshake(stream).await,
            Some((connector, name)) => handshake(connector.connect(name.clone(), stream).await.map_err(text)?).await,
        }
    }

    async fn tunnel(&self, stream: &mut TcpStream) -> Result<(), String> {
        let proxy = |what: &str| format!("the proxy {what}");
        let authority = format!("{}:{}", self.host, self.port);
        let mut ask = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n");
        if let Some(authorization) = self.proxy.as_ref().and_then(Intercept::basic_auth) {
            ask.push_str(&format!("proxy-authorization: {}\r\n", authorization.to_str().unwrap_or_default()));
        }
        ask.push_str("\r\n");
        stream.write_all(ask.as_bytes()).await.map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        // Byte by byte: what follows the empty line belongs to TLS.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > LARGEST_TUNNEL_ANSWER {
                return Err(proxy("answers without an end"));
            }
            answer.push(stream.read_u8().await.map_err(|_| proxy("closed the connection"))?);
        }
        match answer.starts_with(b"HTTP/1.1 200") || answer.starts_with(b"HTTP/1.0 200") {
            true => Ok(()),
            false => Err(proxy("refuses to connect to the provider")),
        }
    }
}

async fn handshake(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<Sender, String> {
    let made = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = made.map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a provider ended early");
        }
    });
    Ok(sender)
}

/// One TLS configuration for all providers, made at the first that needs it, with the machine's own certificates.
fn tls() -> Result<TlsConnector, String> {
    static CONFIG: LazyLock<Result<Arc<ClientConfig>, String>> = LazyLock::new(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let builder = builder.with_platform_verifier().map_err(|error| error.to_string())?;
        Ok(Arc::new(builder.with_no_client_auth()))
    });
    let config = CONFIG.as_ref().map_err(|error| format!("the machine's certificates cannot be used: {error}"))?;
    Ok(TlsConnector::from(Arc::clone(config)))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
