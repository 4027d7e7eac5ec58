//! The body of an upstream's response, read piece by piece under the clock and a limit of size.

use super::Asking;
use super::pool::Lease;
use crate::error::Error;
use crate::provider::clock::Clock;
use crate::reply::Running;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use std::time::Duration;
use usecase::declared::ModelRef;

/// How long the end of a body may take after the end of its answer.
const LONGEST_REST: Duration = Duration::from_millis(100);

pub(crate) struct Body {
    body: hyper::body::Incoming,
    /// The connection, until it is given back.
    lease: Option<Lease>,
    clock: Clock,
    running: Running,
}

impl Body {
    pub(super) fn new(asking: &Asking<'_>, body: hyper::body::Incoming, lease: Option<Lease>, clock: Clock) -> Self {
        Self { body, lease, clock, running: asking.running.clone() }
    }

    /// The next piece; `None` after the last. A body that ends short of its announced length is an error.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            match self.clock.limit(self.body.frame()).await? {
                Some(Ok(frame)) => {
                    let Ok(bytes) = frame.into_data() else { continue };
                    self.clock.note_first_byte();
                    self.running.note_first_byte();
                    self.give_back_at_end();
                    return Ok(Some(bytes));
                }
                Some(Err(error)) => return Err(cut_off(self.running.model(), &error)),
                None => {
                    self.give_back();
                    return Ok(None);
                }
            }
        }
    }

    /// All of it, up to a limit in bytes.
    pub(crate) async fn whole(&mut self, limit_bytes: usize) -> Result<Bytes, Error> {
        let too_large = |running: &Running| Error::TooLarge {
            model: ModelRef::clone(running.model()),
            limit_bytes,
            place: "in one answer",
        };
        if self.body.size_hint().exact().is_some_and(|length| length > limit_bytes as u64) {
            return Err(too_large(&self.running));
        }
        // Most answers come in one piece, which is then taken as it is.
        let Some(first) = self.next().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.next().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second);
        while let Some(bytes) = self.next().await? {
            if whole.len() + bytes.len() > limit_bytes {
                return Err(too_large(&self.running));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole.freeze())
    }

    /// The answer is over before its body is: a chunked one ends with a line of its own. It is read while nobody waits,
    /// so that the connection serves the next request too; one that goes on talking is closed.
    pub(super) fn read_out(mut self) {
        if self.lease.is_some() {
            tokio::spawn(async move {
                let rest = async { while let Ok(Some(_)) = self.next().await {} };
                tokio::time::timeout(LONGEST_REST, rest).await
            });
        }
    }

    fn give_back_at_end(&mut self) {
        if self.body.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.give_back();
        }
    }
}

/// The connection failed in the middle of an exchange.
pub(super) fn cut_off(model: &ModelRef, error: &hyper::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = format!("the connection ended early ({cause})");
    Error::CutOff { model: model.clone(), what }
}
