//! What Bedrock and SageMaker have in common: where they are, who signs the requests, and how a request is sent.

pub(crate) mod eventstream;
pub(crate) mod sigv4;
#[cfg(test)]
pub(super) mod tests;

use super::Asking;
use super::exchange::{self, Key};
use super::refusal;
use super::transport::{Incoming, Outgoing, Transport};
use crate::error::Error;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};
use sigv4::{Credentials, Signing};
use usecase::Timestamp;
use usecase::declared::{AwsCredentials, ModelRef, Provider, SecretRef};

/// The content type of a streamed answer.
const STREAM: &str = "application/vnd.amazon.eventstream";

/// One AWS service in one region.
pub(crate) struct Service {
    transport: Transport,
    region: String,
    /// The name that a signature is for.
    name: &'static str,
    api_key: Option<SecretRef>,
    credentials: AwsCredentials,
}

/// A response, and what of the request must never be shown.
pub(crate) struct Sent {
    pub(crate) incoming: Incoming,
    pub(crate) secrets: Secrets,
}

/// The keys that a request was made with.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn borrowed(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl Sent {
    pub(crate) fn request_id(&self) -> Option<String> {
        refusal::named(&self.incoming.headers, "x-amzn-requestid")
    }
}

impl Service {
    /// Checks what was declared. `host` is the service's host up to the region.
    pub(crate) fn new(provider_name: &str, provider: &Provider, name: &'static str, host: &str) -> Result<Self, Error> {
        let bad = |what: &str| Error::BadProvider { provider: provider_name.to_owned(), what: what.to_owned() };
        let Some(region) = provider.region.clone().filter(|region| is_region(region)) else {
            return Err(bad("`region` is missing: the AWS region, like `eu-central-1`"));
        };
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let home = || format!("https://{host}.{region}.{suffix}");
        let base = provider.base_url.clone().unwrap_or_else(home);
        let transport = Transport::new(provider_name, &base, &provider.timeouts)?;
        let from_environment = || AwsCredentials {
            access_key_id: SecretRef::Env("AWS_ACCESS_KEY_ID".to_owned()),
            secret_access_key: SecretRef::Env("AWS_SECRET_ACCESS_KEY".to_owned()),
            session_token: Some(SecretRef::Env("AWS_SESSION_TOKEN".to_owned())),
        };
        let credentials = provider.aws.clone().unwrap_or_else(from_environment);
        Ok(Self { transport, region, name, api_key: provider.api_key.clone(), credentials })
    }

    pub(crate) fn host(&self) -> &str {
        self.transport.host()
    }

    /// Sends a JSON body, signed or with the API key, and gives the response, if it is one.
    pub(crate) async fn post(
        &self,
        path: String,
        body: Bytes,
        streamed: bool,
        asking: &Asking<'_>,
    ) -> Result<Sent, Error> {
        let (headers, secrets) = self.headers(&path, &body, streamed, asking.model)?;
        let incoming = self.transport.post(Outgoing { path, headers, body }, asking).await?;
        let sent = Sent { incoming, secrets };
        match sent.incoming.status {
            200 => Ok(sent),
            _ => Err(refusal::refused(asking.model, sent.incoming, &sent.secrets.borrowed()).await),
        }
    }

    fn headers(
        &self,
        path: &str,
        body: &[u8],
        streamed: bool,
        model: &ModelRef,
    ) -> Result<(HeaderMap, Secrets), Error> {
        let key = Key::read(model, self.api_key.as_ref(), &AUTHORIZATION, "Bearer ")?;
        let mut headers = exchange::headers(streamed, key.as_ref());
        if streamed {
            headers.insert(ACCEPT, HeaderValue::from_static(STREAM));
        }
        if let Some(key) = key {
            return Ok((headers, Secrets(vec![key.secret])));
        }
        let credentials = self.credentials(model)?;
        let host = self.transport.authority().to_str().unwrap_or_default();
        let signing = Signing {
            method: "POST",
            path: &self.transport.full_path(path),
            headers: &[("content-type", "application/json"), ("host", host)],
            body,
            region: &self.region,
            service: self.name,
            at: Timestamp::now(),
        };
        for (name, value) in sigv4::sign(&signing, &credentials) {
            let mut value = HeaderValue::from_str(&value).map_err(|_| self.missing(model))?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let Credentials { secret_access_key, session_token, .. } = credentials;
        Ok((headers, Secrets([Some(secret_access_key), session_token].into_iter().flatten().collect())))
    }

    /// Read now, so that rotated credentials are seen and none are kept.
    fn credentials(&self, model: &ModelRef) -> Result<Credentials, Error> {
        let declared = &self.credentials;
        let (Some(access_key_id), Some(secret_access_key)) =
            (declared.access_key_id.resolve(), declared.secret_access_key.resolve())
        else {
            return Err(self.missing(model));
        };
        let session_token = declared.session_token.as_ref().and_then(SecretRef::resolve);
        Ok(Credentials { access_key_id, secret_access_key, session_token })
    }

    fn missing(&self, model: &ModelRef) -> Error {
        let AwsCredentials { access_key_id, secret_access_key, .. } = &self.credentials;
        Error::MissingKey { model: model.clone(), reference: format!("{access_key_id}` and `{secret_access_key}") }
    }
}

/// The region becomes a part of a host's name.
fn is_region(region: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !region.is_empty() && region.len() <= 32 && region.bytes().all(allowed)
}
