//! What S3 answers when it gives nothing: an XML document with a code, put into words that say what to do.

use crate::source::Content;
use crate::source::reach::Answer;

/// Why a bucket cannot be listed.
pub(super) fn unlisted(answer: &Answer, signed: bool, region: &str) -> String {
    let code = code(answer);
    let elsewhere = answer.headers.get("x-amz-bucket-region").and_then(|value| value.to_str().ok().map(str::to_owned));
    let elsewhere = elsewhere.or_else(|| element(answer, "Region")).filter(|found| found != region);
    if let Some(found) = elsewhere {
        return format!("it lies in another region; declare `region = \"{found}\"` instead of \"{region}\"");
    }
    match code.as_str() {
        "NoSuchBucket" => "there is no such bucket there; check `bucket` and `endpoint`".to_owned(),
        "InvalidAccessKeyId" => "the access key's id is not known there; check `access_key_id`".to_owned(),
        "SignatureDoesNotMatch" => {
            "the signature is not accepted; check `secret_access_key`, and `region` where the server is not AWS"
                .to_owned()
        }
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => {
            "the session token is not valid (any more); renew the temporary credentials".to_owned()
        }
        "RequestTimeTooSkewed" => "this machine's clock goes wrong; set it".to_owned(),
        _ if !signed && matches!(answer.status, 401 | 403) => {
            "it is not public, and no credentials were found; declare `aws`, or set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY"
                .to_owned()
        }
        "AccessDenied" => "the credentials may not list it (s3:ListBucket)".to_owned(),
        "SlowDown" | "ServiceUnavailable" | "InternalError" => {
            format!("it is busy and answers {code}, also when asked again; the next run tries anew")
        }
        _ if matches!(answer.status, 301 | 307 | 308) => {
            "it is to be reached at another address; check `region` and `endpoint`".to_owned()
        }
        _ => format!("it answers {} {code}", answer.status).trim_end().to_owned(),
    }
}

/// What an object is that was listed and is not given.
pub(super) fn refusal(answer: &Answer) -> Content {
    match (answer.status, code(answer).as_str()) {
        (404, _) => Content::Vanished,
        (_, "InvalidObjectState") => Content::Refused(
            "it is archived (Glacier or the like) and must be restored before it can be read".to_owned(),
        ),
        (403, _) => Content::Refused(
            "the credentials may not read it (s3:GetObject, or the key it is encrypted with)".to_owned(),
        ),
        (status, code) => {
            Content::Refused(format!("it cannot be read: the server answers {status} {code}").trim_end().to_owned())
        }
    }
}

fn code(answer: &Answer) -> String {
    element(answer, "Code").unwrap_or_default()
}

/// The text of an element of the answer, if it is a plain one: what else may stand there is not repeated to anyone.
fn element(answer: &Answer, name: &str) -> Option<String> {
    let text = std::str::from_utf8(&answer.body).ok()?;
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (value.len() <= 64 && value.chars().all(plain)).then(|| value.to_owned())
}
