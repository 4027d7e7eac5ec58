//! Changing one field of a JSON body in place, so that the rest of it reaches the provider to the letter.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The body with another `model`. `None` when the body is not an object with exactly one, so that there is nothing to
/// splice.
pub(crate) fn with_model(body: &Bytes, model: &str) -> Option<Bytes> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        model: &'a RawValue,
    }
    // A field that stands twice is an error to serde, and is left to the slower way of writing.
    let named: Named<'_> = serde_json::from_slice(body).ok()?;
    let written = named.model.get();
    let start = (written.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = start.checked_add(written.len()).filter(|end| *end <= body.len())?;
    let name = serde_json::to_string(model).ok()?;
    let mut spliced = BytesMut::with_capacity(body.len() + name.len());
    spliced.extend_from_slice(&body[..start]);
    spliced.extend_from_slice(name.as_bytes());
    spliced.extend_from_slice(&body[end..]);
    Some(spliced.freeze())
}
