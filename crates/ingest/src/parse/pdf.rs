//! PDF: the text that its pages show. The format is read by a library that panics on some broken files and loops on
//! others, so it runs on a thread of its own, with a time limit and its panics silenced; a file it fails on is
//! quarantined like any other.

use super::text::plain;
use super::{Parsed, ParsedDocument};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Once, mpsc};
use std::thread;
use std::time::Duration;

const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Deeply nested objects are read by recursion.
const STACK_BYTES: usize = 64 * 1024 * 1024;

const THREAD_NAME: &str = "pdf-reader";

/// A thread cannot be stopped from outside: one that ran out of time goes on. With this many of them running, no
/// further PDF is begun, so that a feed that runs every minute does not fill the machine.
const MAX_READERS: usize = 4;

static READERS: AtomicUsize = AtomicUsize::new(0);

pub(super) fn parse(path: &str, bytes: &[u8]) -> Parsed {
    Parsed::whole(read(path, bytes), path)
}

fn read(path: &str, bytes: &[u8]) -> Result<ParsedDocument, String> {
    // The library would search megabytes of anything else for a table of objects.
    if !bytes[..bytes.len().min(1024)].windows(5).any(|window| window == b"%PDF-") {
        return Err("it is not a PDF: it does not begin with %PDF-".to_owned());
    }
    let owned = bytes.to_vec();
    let extract = move || pdf_extract::extract_text_from_mem(&owned).map_err(|error| error.to_string());
    let text = tidy(&guarded(TIME_LIMIT, extract)?);
    if text.is_empty() {
        return Err("no text (a scanned PDF holds pictures of text; run it through text recognition first)".to_owned());
    }
    plain(path, &text)
}

/// Counts a reader as long as it lives, whichever way it ends.
struct Reader;

impl Drop for Reader {
    fn drop(&mut self) {
        READERS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Runs the work apart and waits for it.
///
/// # Errors
/// One sentence: it failed, panicked, or took longer than `limit`.
fn guarded(limit: Duration, work: impl FnOnce() -> Result<String, String> + Send + 'static) -> Result<String, String> {
    if READERS.fetch_add(1, Ordering::Relaxed) >= MAX_READERS {
        READERS.fetch_sub(1, Ordering::Relaxed);
        return Err("earlier PDFs are still being read after their time limit; restart to try again".to_owned());
    }
    let reader = Reader;
    silence_panics();
    let (sender, receiver) = mpsc::sync_channel(1);
    let body = move || {
        let _reader = reader;
        let result = panic::catch_unwind(panic::AssertUnwindSafe(work));
        let result = result.unwrap_or_else(|_| Err("its structure is broken".to_owned()));
        // Nobody listens any more when the time ran out.
        let _ = sender.send(result);
    };
    let builder = thread::Builder::new().name(THREAD_NAME.to_owned()).stack_size(STACK_BYTES);
    builder.spawn(body).map_err(|error| format!("no thread could be started to read it: {error}"))?;
    match receiver.recv_timeout(limit) {
        Ok(result) => result.map_err(|reason| format!("the PDF cannot be read: {reason}")),
        Err(_) => Err(format!("the PDF could not be read within {} s", limit.as_secs_f32())),
    }
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

/// The library sets every line of a page apart; three line breaks and more mean no more than two.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank < 2 {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    // Zero bytes come from fonts without a table of characters.
    tidied.replace('\0', "").trim().to_owned()
}

#[cfg(test)]
mod tests;
