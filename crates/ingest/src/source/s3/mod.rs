//! Objects of an S3 bucket, or of what speaks S3's protocol (MinIO, Ceph, R2). The bucket is listed page by page; an object
//! whose ETag is the remembered one is not fetched. Requests are signed by address (Signature Version 4 in the query), so
//! no address is ever shown.

mod answers;

use super::reach::{Answer, MAX_BODY_BYTES, Patience, Reach, Trouble};
use super::{Content, Item, Since, Source, Taker, Walked};
use crate::error::{Error, Result};
use answers::{refusal, unlisted};
use globset::{GlobBuilder, GlobMatcher};
use reqwest::Url;
use reqwest::header::{ETAG, HeaderMap};
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::actions::list_objects_v2::ListObjectsContent;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use std::cell::Cell;
use std::net::IpAddr;
use std::time::Duration;
use usecase::declared::{AwsCredentials, S3Source, SecretRef};

/// How long a signed address is good for. It is used at once; the rest is for clocks that go wrong.
const SIGNED_FOR: Duration = Duration::from_secs(15 * 60);

/// How often an answer that the server calls its own failure is asked for again.
const TRIES: u32 = 4;

/// So many objects in a row may fail to come: one that always breaks off must not stop a feed, a server that is gone must.
const BEARABLE: u32 = 3;

pub(crate) struct S3Objects {
    bucket: Bucket,
    /// `None` asks as nobody, as public buckets allow.
    credentials: Option<Credentials>,
    prefix: String,
    matcher: GlobMatcher,
    patience: Patience,
}

impl S3Objects {
    /// # Errors
    /// A secret is not there, the endpoint is no address, or the glob cannot be read.
    pub(crate) fn new(declared: &S3Source) -> Result<Self> {
        let refuse = |reason: &str| Error::Source { place: place(&declared.bucket), reason: reason.to_owned() };
        let glob = GlobBuilder::new(&declared.files).literal_separator(true).build();
        let matcher = glob.map_err(|error| refuse(&error.kind().to_string()))?.compile_matcher();
        let endpoint = declared.endpoint.clone().unwrap_or_else(|| aws_endpoint(&declared.region));
        let endpoint: Url = endpoint.parse().map_err(|_| refuse("its `endpoint` is no address"))?;
        // A name with a dot is none that the certificate of AWS covers, and a bare address takes none before it.
        let path_style = declared.path_style
            || declared.bucket.contains('.')
            || endpoint.host_str().is_none_or(|host| host.starts_with('[') || host.parse::<IpAddr>().is_ok());
        let style = if path_style { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let bucket = Bucket::new(endpoint, style, declared.bucket.clone(), declared.region.clone());
        Ok(Self {
            bucket: bucket.map_err(|error| refuse(&format!("its address cannot be made: {error}")))?,
            credentials: credentials(declared.aws.as_ref())?,
            prefix: declared.prefix.clone(),
            matcher,
            patience: Patience::default(),
        })
    }

    fn asked(&self) -> Result<Asked<'_>> {
        // The bucket's own host may be a private one: whoever declares an endpoint means it.
        let host = self.bucket.base_url().host_str().unwrap_or_default().to_owned();
        Ok(Asked { objects: self, reach: Reach::new(&[host], self.patience)?, failed: Cell::new(0) })
    }

    fn wants(&self, object: &ListObjectsContent) -> bool {
        // Consoles show a "folder" by an empty object whose key ends so.
        let folder = object.key.ends_with('/') && object.size.unwrap_or_default() == 0;
        !folder && self.matcher.is_match(&object.key)
    }
}

fn place(bucket: &str) -> String {
    format!("the bucket {bucket}")
}

fn aws_endpoint(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://s3.{region}.{domain}")
}

/// The declared keys, or those that the environment has; none asks as nobody.
fn credentials(declared: Option<&AwsCredentials>) -> Result<Option<Credentials>> {
    let Some(declared) = declared else {
        let from = |name: &str| SecretRef::Env(name.to_owned()).resolve();
        let (key, secret) = (from("AWS_ACCESS_KEY_ID"), from("AWS_SECRET_ACCESS_KEY"));
        return Ok(key.zip(secret).map(|(key, secret)| signer(key, secret, from("AWS_SESSION_TOKEN"))));
    };
    let read =
        |secret: &SecretRef| secret.resolve().ok_or_else(|| Error::MissingSecret { reference: secret.to_string() });
    let token = declared.session_token.as_ref().map(read).transpose()?;
    Ok(Some(signer(read(&declared.access_key_id)?, read(&declared.secret_access_key)?, token)))
}

fn signer(key: String, secret: String, token: Option<String>) -> Credentials {
    match token {
        Some(token) => Credentials::new_with_token(key, secret, token),
        None => Credentials::new(key, secret),
    }
}

impl Source for S3Objects {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let asked = self.asked()?;
        let (mut token, mut expected) = (None, 0);
        loop {
            let page = asked.list(token.as_deref())?;
            let wanted: Vec<_> = page.contents.into_iter().filter(|object| self.wants(object)).collect();
            expected += wanted.len();
            taker.expect(expected);
            for object in wanted {
                taker.take(asked.item(object, since)?)?;
            }
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(Walked { whole: true, ..Walked::default() });
            }
        }
    }
}

/// A bucket while it is walked.
struct Asked<'a> {
    objects: &'a S3Objects,
    reach: Reach,
    /// How many objects in a row could not be fetched.
    failed: Cell<u32>,
}

impl Asked<'_> {
    fn list(&self, token: Option<&str>) -> Result<rusty_s3::actions::ListObjectsV2Response> {
        let objects = self.objects;
        let fail = |reason: String| Error::Source { place: place(objects.bucket.name()), reason };
        let mut action = objects.bucket.list_objects_v2(objects.credentials.as_ref());
        if !objects.prefix.is_empty() {
            action.with_prefix(objects.prefix.as_str());
        }
        if let Some(token) = token {
            action.with_continuation_token(token);
        }
        let answer = self.ask(|| action.sign(SIGNED_FOR)).map_err(|trouble| fail(trouble.to_string()))?;
        if !answer.is_success() {
            return Err(fail(unlisted(&answer, objects.credentials.is_some(), objects.bucket.region())));
        }
        let text = String::from_utf8_lossy(&answer.body);
        ListObjectsV2::parse_response(&text).map_err(|error| fail(format!("its listing cannot be read: {error}")))
    }

    /// Fetches an object, unless it is known.
    fn item(&self, object: ListObjectsContent, since: &Since<'_>) -> Result<Item> {
        let name = object.key;
        let listed = object.etag.filter(|etag| !etag.is_empty());
        if listed.is_some() && (since.version_of)(&name) == listed {
            return Ok(Item { name, version: listed, content: Content::Unchanged });
        }
        let refused = |name, reason| Ok(Item { name, version: None, content: Content::Refused(reason) });
        if object.size.is_some_and(|size| size > MAX_BODY_BYTES as u64) {
            return refused(name, Trouble::TooLarge.to_string());
        }
        if name.split('/').any(|step| matches!(step, "." | "..")) {
            return refused(name, "its key has a `.` or `..` between slashes, which no address can carry".to_owned());
        }
        let (bucket, credentials) = (&self.objects.bucket, self.objects.credentials.as_ref());
        let given = self.ask(|| bucket.get_object(credentials, &name).sign(SIGNED_FOR));
        let answer = match given.and_then(not_busy) {
            Ok(answer) => answer,
            Err(trouble @ Trouble::TooLarge) => return refused(name, trouble.to_string()),
            Err(trouble) if self.failed.get() < BEARABLE => {
                self.failed.set(self.failed.get() + 1);
                return refused(name, trouble.to_string());
            }
            Err(trouble) => {
                return Err(Error::Source { place: place(bucket.name()), reason: trouble.to_string() });
            }
        };
        self.failed.set(0);
        if !answer.is_success() {
            return Ok(Item { name, version: None, content: refusal(&answer) });
        }
        // The version of what was fetched, which may be newer than what was listed.
        let version = answer.header(&ETAG).map(str::to_owned).or(listed);
        // What an uploader calls a file of no known kind; its name tells more.
        let media = answer.media().filter(|media| !media.ends_with("/octet-stream"));
        let url = Some(bucket.object_url(&name).to_string());
        Ok(Item { name, version, content: Content::Bytes { bytes: answer.body, media, url } })
    }

    /// Asks, and asks again when the server failed by itself. Signed anew each time.
    fn ask(&self, signed: impl Fn() -> Url) -> std::result::Result<Answer, Trouble> {
        let mut wait = self.objects.patience.first_wait;
        for _ in 1..TRIES {
            match self.reach.get_once(&signed(), &HeaderMap::new()) {
                Ok(answer) if matches!(answer.status, 500 | 502 | 504) => {}
                Err(Trouble::Failed(_)) => {}
                settled => return settled,
            }
            std::thread::sleep(wait);
            wait *= 2;
        }
        self.reach.get_once(&signed(), &HeaderMap::new())
    }
}

/// A server that is still busy after all repetitions has failed, as one that does not answer.
fn not_busy(answer: Answer) -> std::result::Result<Answer, Trouble> {
    match answer.status {
        429 | 500.. => Err(Trouble::Failed(format!("the server answers {}, also when asked again", answer.status))),
        _ => Ok(answer),
    }
}

#[cfg(test)]
mod tests;
