//! The body of an upstream's response, read piece by piece under the clock and a limit of size.

use crate::error::{Error, Upstream, Wait};
use crate::provider::clock::Clock;
use crate::reply::Running;
use bytes::{Bytes, BytesMut};
use usecase::declared::ModelRef;

pub(super) struct Body {
    model: ModelRef,
    response: reqwest::Response,
    clock: Clock,
    running: Running,
}

impl Body {
    pub(super) fn new(model: &ModelRef, response: reqwest::Response, clock: Clock, running: &Running) -> Self {
        Self { model: model.clone(), response, clock, running: running.clone() }
    }

    /// The next piece; `None` after the last. A body that ends short of its announced length is an error.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        match self.clock.limit(self.response.chunk()).await? {
            Ok(Some(bytes)) => {
                self.clock.note_first_byte();
                self.running.note_first_byte();
                Ok(Some(bytes))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(Error::CutOff { model: self.model.clone(), what: innermost(&error) }),
        }
    }

    /// All of it, up to a limit in bytes.
    pub(super) async fn whole(&mut self, limit_bytes: usize) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(bytes) = self.next().await? {
            if whole.len() + bytes.len() > limit_bytes {
                return Err(Error::TooLarge { model: self.model.clone(), limit_bytes, place: "in one answer" });
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.freeze())
    }
}

/// What a failed send means: whether anything went out decides whether it may be sent again.
pub(super) fn send_error(model: &ModelRef, error: &reqwest::Error, connect_limit: std::time::Duration) -> Error {
    let model = model.clone();
    if error.is_connect() && error.is_timeout() {
        return Error::Timeout { model, wait: Wait::Connect, limit: connect_limit };
    }
    if error.is_connect() {
        return Error::Connect { model, reason: innermost(error) };
    }
    Error::CutOff { model, what: format!("the connection ended before an answer began ({})", innermost(error)) }
}

/// The cause at the bottom of a chain of errors: it names the fault without the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Takes our own key out of the upstream's words, and all of them where they speak about the key: some upstreams quote
/// it.
pub(super) fn without_key(mut upstream: Upstream, key: Option<&str>) -> Upstream {
    if matches!(upstream.status, Some(401 | 403)) {
        upstream.message.clear();
    }
    if let Some(key) = key {
        for text in
            [Some(&mut upstream.message), upstream.code.as_mut(), upstream.kind.as_mut(), upstream.param.as_mut()]
        {
            if let Some(text) = text.filter(|text| text.contains(key)) {
                *text = text.replace(key, "[key]");
            }
        }
    }
    upstream
}
