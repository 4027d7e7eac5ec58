//! Changing single fields of a JSON body in place, so that the rest of it reaches the provider to the letter.

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::ops::Range;

/// A field's own text, told apart from its absence also where it is `null`.
fn written<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    model: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "written")]
    stream_options: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions<'a> {
    #[serde(borrow, default, deserialize_with = "written")]
    include_usage: Option<&'a RawValue>,
}

/// A chat request for another `model`; one that streams also asks for the usage. `None` when the body is not an object
/// with exactly one `model`, so that there is nothing to splice.
pub(crate) fn chat_request(body: &Bytes, model: &str, streamed: bool) -> Option<Bytes> {
    // Serde would take a list for the fields in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    // A field that stands twice is an error to serde, and is left to the slower way of writing.
    let request: Request<'_> = serde_json::from_slice(body).ok()?;
    let mut name = serde_json::to_string(model).ok()?;
    let mut changes = Vec::with_capacity(2);
    if streamed {
        match request.stream_options {
            None => name.push_str(r#","stream_options":{"include_usage":true}"#),
            Some(options) => changes.push(asking_for_usage(body, options)?),
        }
    }
    changes.push((place(body, request.model)?, name));
    changes.sort_by_key(|(place, _)| place.start);
    let grown: usize = changes.iter().map(|(_, text)| text.len()).sum();
    let mut spliced = BytesMut::with_capacity(body.len() + grown);
    let mut at = 0;
    for (place, text) in changes {
        spliced.extend_from_slice(&body[at..place.start]);
        spliced.extend_from_slice(text.as_bytes());
        at = place.end;
    }
    spliced.extend_from_slice(&body[at..]);
    Some(spliced.freeze())
}

/// The change that makes `stream_options` ask for usage: nothing else of it is touched.
fn asking_for_usage(body: &Bytes, options: &RawValue) -> Option<(Range<usize>, String)> {
    let whole = place(body, options)?;
    let Some(members) = options.get().strip_prefix('{') else {
        return Some((whole, r#"{"include_usage":true}"#.to_owned()));
    };
    let inner: StreamOptions<'_> = serde_json::from_str(options.get()).ok()?;
    if let Some(include_usage) = inner.include_usage {
        return Some((place(body, include_usage)?, "true".to_owned()));
    }
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    let start = whole.start + 1;
    Some((start..start, format!(r#""include_usage":true{comma}"#)))
}

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow, default, deserialize_with = "written")]
    usage: Option<&'a RawValue>,
}

/// A piece of a stream without its `usage`; `None` when it has none that could be cut out.
pub(crate) fn without_usage(piece: &[u8]) -> Option<Bytes> {
    let report: Report<'_> = serde_json::from_slice(piece).ok()?;
    let value = place(piece, report.usage?)?;
    let before = piece[..value.start].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
    let before = before.strip_suffix(br#""usage""#)?.trim_ascii_end();
    let after = piece[value.end..].trim_ascii_start();
    let (before, after) = match before.strip_suffix(b",") {
        Some(before) => (before, after),
        None => (before, after.strip_prefix(b",").unwrap_or(after)),
    };
    Some([before, after].concat().into())
}

/// Where in the body a field's text stands.
fn place(body: &[u8], field: &RawValue) -> Option<Range<usize>> {
    let written = field.get();
    let start = (written.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = start.checked_add(written.len()).filter(|end| *end <= body.len())?;
    Some(start..end)
}

/// A body for another `model`, on the same terms.
pub(crate) fn with_model(body: &Bytes, model: &str) -> Option<Bytes> {
    chat_request(body, model, false)
}
