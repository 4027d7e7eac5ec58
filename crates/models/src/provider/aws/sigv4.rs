//! AWS Signature Version 4, for a request with its whole body at hand
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html>).
//!
//! The path is encoded a second time for the signature, as every AWS service but S3 wants it. Checked against botocore's
//! own signer: `scripts/sigv4-vectors` makes the table that the tests read.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use usecase::Timestamp;
use usecase::ids::hex;

pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    /// Of temporary credentials.
    pub(crate) session_token: Option<String>,
}

/// What is signed.
pub(crate) struct Signing<'a> {
    pub(crate) method: &'a str,
    /// Path and query as they go over the wire.
    pub(crate) path: &'a str,
    /// Headers to be signed, names in lower case, `host` among them.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) body: &'a [u8],
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) at: Timestamp,
}

/// The headers that a signature adds, names in lower case.
pub(crate) fn sign(signing: &Signing<'_>, credentials: &Credentials) -> Vec<(&'static str, String)> {
    let moment = moment(signing.at);
    let scope = format!("{}/{}/{}/aws4_request", &moment[..8], signing.region, signing.service);
    let mut added = vec![("x-amz-date", moment.clone())];
    added.extend(credentials.session_token.iter().map(|token| ("x-amz-security-token", token.clone())));
    let added_headers = added.iter().map(|(name, value)| (*name, value.as_str()));
    let headers: BTreeMap<&str, &str> = signing.headers.iter().copied().chain(added_headers).collect();
    let signed = headers.keys().copied().collect::<Vec<_>>().join(";");
    let canonical = canonical(signing, &headers, &signed);
    let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let secret = format!("AWS4{}", credentials.secret_access_key);
    let key = [&moment[..8], signing.region, signing.service, "aws4_request"]
        .into_iter()
        .fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()).to_vec());
    let signature = hex(&hmac(&key, text.as_bytes()));
    let id = &credentials.access_key_id;
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}");
    added.push(("authorization", authorization));
    added
}

fn canonical(signing: &Signing<'_>, headers: &BTreeMap<&str, &str>, signed: &str) -> String {
    let (path, query) = signing.path.split_once('?').unwrap_or((signing.path, ""));
    let mut canonical = format!("{}\n{}\n{}\n", signing.method, canonical_path(path), canonical_query(query));
    for (name, value) in headers {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        canonical.push_str(&format!("{name}:{value}\n"));
    }
    canonical.push_str(&format!("\n{signed}\n{}", hex(&Sha256::digest(signing.body))));
    canonical
}

/// The path without dots and doubled slashes (RFC 3986 §5.2.4), encoded once more.
fn canonical_path(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    let last = if path.ends_with('/') && !steps.is_empty() { "/" } else { "" };
    let steps: Vec<String> = steps.into_iter().map(crate::provider::exchange::path_step).collect();
    format!("/{}{last}", steps.join("/"))
}

/// The query as it is, its fields in order.
fn canonical_query(query: &str) -> String {
    let mut fields: Vec<(&str, &str)> = query
        .split('&')
        .filter(|_| !query.is_empty())
        .map(|field| field.split_once('=').unwrap_or((field, "")))
        .collect();
    fields.sort_unstable();
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// `20261120T142605Z`.
fn moment(at: Timestamp) -> String {
    let text: String = at.to_string().chars().filter(|c| c.is_ascii_digit() || *c == 'T').take(15).collect();
    text + "Z"
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0_u8; BLOCK];
    match key.len() <= BLOCK {
        true => padded[..key.len()].copy_from_slice(key),
        false => padded[..32].copy_from_slice(&Sha256::digest(key)),
    }
    let with = |pad: u8| Sha256::new().chain_update(padded.map(|byte| byte ^ pad));
    let inner = with(0x36).chain_update(text).finalize();
    with(0x5c).chain_update(inner).finalize().into()
}
