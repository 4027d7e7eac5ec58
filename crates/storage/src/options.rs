//! What the one who opens the data folder may decide.

use std::time::Duration;

/// How to open a data folder. `Options::default()` suits a server.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long a write waits for a lock that another process holds before it fails with `Locked`.
    pub busy_timeout: Duration,
    /// Upper limit of the database file in bytes, rounded down to whole pages of 8 KiB; `None` leaves it to the disk.
    /// A file that is larger already keeps its size but grows no more. The write-ahead log beside it (usually a few
    /// MB) is not counted.
    pub max_bytes: Option<u64>,
    /// Jobs that may wait for the writer before `write` makes its callers wait for room.
    pub queue: usize,
    /// Jobs that one transaction takes at most, which bounds how long the first of them waits.
    pub batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), max_bytes: None, queue: 10_000, batch: 512 }
    }
}
