//! Kept connections, per thread and provider. A connection comes back when its response was read to the end, and never
//! otherwise.

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// How long a connection may be idle and still be used: shorter than what servers and balancers commonly allow.
const LONGEST_IDLE: Duration = Duration::from_secs(50);
/// Idle connections that a thread keeps for one provider.
const MOST_IDLE: usize = 512;

static NEXT: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IDLE: RefCell<HashMap<u64, Vec<Idle>>> = RefCell::default();
}

struct Idle {
    sender: Sender,
    since: Instant,
}

/// The kept connections of one provider: a name for what each thread holds.
pub(super) struct Pool {
    name: u64,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { name: NEXT.fetch_add(1, Ordering::Relaxed) }
    }

    /// The connection that came back last, if one is fit for use. Those that waited too long are closed.
    pub(super) fn take(&self) -> Option<Sender> {
        IDLE.with_borrow_mut(|idle| {
            let kept = idle.get_mut(&self.name)?;
            while let Some(Idle { sender, since }) = kept.pop() {
                if since.elapsed() > LONGEST_IDLE {
                    // All others have waited longer still.
                    kept.clear();
                } else if sender.is_ready() {
                    return Some(sender);
                }
            }
            None
        })
    }

    /// A connection in use, to be given back when its response is over.
    pub(super) fn lease(&self, sender: Sender) -> Lease {
        Lease { name: self.name, sender }
    }
}

/// A connection whose response is being read. Dropped, it closes.
pub(crate) struct Lease {
    name: u64,
    sender: Sender,
}

impl Lease {
    /// The response was read to its end: the connection may serve another.
    pub(super) fn give_back(self) {
        if self.sender.is_closed() {
            return;
        }
        IDLE.with_borrow_mut(|idle| {
            let kept = idle.entry(self.name).or_default();
            if kept.len() < MOST_IDLE {
                kept.push(Idle { sender: self.sender, since: Instant::now() });
            }
        });
    }
}
