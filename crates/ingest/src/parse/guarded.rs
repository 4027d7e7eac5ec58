//! Runs a reader that may panic, loop or dig deep on a thread of its own, with a time limit, a large stack and its
//! panics silenced: whatever a file does to it, the run sees a reason and goes on.

use std::panic;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Once, mpsc};
use std::thread;
use std::time::Duration;

pub(super) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Deeply nested objects are read by recursion.
const STACK_BYTES: usize = 64 * 1024 * 1024;

const THREAD_NAME: &str = "document-reader";

/// A thread cannot be stopped from outside: one that ran out of time goes on. With this many of them, no further file
/// is begun, so that a feed that runs every minute does not fill the machine.
const MAX_ABANDONED: usize = 4;

static ABANDONED: AtomicUsize = AtomicUsize::new(0);

/// Who came first: the reader with its result, or the one who waited with giving up.
const READING: u8 = 0;
const GIVEN_UP: u8 = 1;
const ENDED: u8 = 2;

/// Runs the work apart and waits for it.
///
/// # Errors
/// One sentence: it failed, panicked, or took longer than `limit`.
pub(super) fn guarded<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    if ABANDONED.load(Ordering::Relaxed) >= MAX_ABANDONED {
        return Err("earlier files are still being read after their time limit; restart to try again".to_owned());
    }
    silence_panics();
    let (sender, receiver) = mpsc::sync_channel(1);
    let state = Arc::new(AtomicU8::new(READING));
    let of_reader = Arc::clone(&state);
    let body = move || {
        let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
        let result = result.unwrap_or_else(|_| Err("its structure is broken".to_owned()));
        // Nobody listens any more when the time ran out.
        let _ = sender.send(result);
        if of_reader.swap(ENDED, Ordering::SeqCst) == GIVEN_UP {
            ABANDONED.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let builder = thread::Builder::new().name(THREAD_NAME.to_owned()).stack_size(STACK_BYTES);
    builder.spawn(body).map_err(|error| format!("no thread could be started to read it: {error}"))?;
    if let Ok(result) = receiver.recv_timeout(limit) {
        return result;
    }
    // Counted first, so that a reader that ends just now finds itself counted.
    ABANDONED.fetch_add(1, Ordering::SeqCst);
    if state.swap(GIVEN_UP, Ordering::SeqCst) == ENDED {
        ABANDONED.fetch_sub(1, Ordering::SeqCst);
    }
    Err(format!("it could not be read within {} s", limit.as_secs_f32()))
}

/// A panic of the reader is an ordinary bad file; its message on the terminal would read like a crash.
fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().name() != Some(THREAD_NAME) {
                before(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests;
