//! What a process used, as Linux tells it in `/proc`.

use crate::error::Error;
use serde::Serialize;
use std::fs;
use std::io;

/// `/proc/PID/stat` counts CPU time in hundredths of a second on every architecture (USER_HZ); in µs.
const TICK: u64 = 10_000;

/// A process at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Snapshot {
    /// User and system time since its start, all threads, in µs.
    pub cpu_us: u64,
    pub resident_kib: u64,
    /// The most that was resident since its start.
    pub peak_kib: u64,
    pub threads: u64,
    /// Open files and sockets.
    pub files: usize,
}

impl Snapshot {
    /// # Errors
    /// `Process` when there is no such process, or it may not be looked at, or this is not Linux.
    pub fn of(pid: u32) -> Result<Self, Error> {
        Self::read(pid).map_err(|error| Error::Process { pid, error })
    }

    fn read(pid: u32) -> io::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let files = fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        let line = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap_or(0)
        };
        Ok(Self {
            cpu_us: TICK * ticks(&stat),
            resident_kib: line("VmRSS"),
            peak_kib: line("VmHWM"),
            threads: line("Threads"),
            files,
        })
    }
}

/// Fields 14 and 15 of `/proc/PID/stat` (proc_pid_stat(5)), counted behind the name, which may hold spaces.
pub(crate) fn ticks(stat: &str) -> u64 {
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// What a process used between two moments.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Profile {
    pub before: Snapshot,
    pub after: Snapshot,
    /// µs of CPU for each request, user and system.
    pub cpu_us_per_request: Option<f64>,
}

impl Profile {
    #[expect(clippy::cast_precision_loss, reason = "counts and times of a measurement are far below 2^52")]
    pub fn between(before: Snapshot, after: Snapshot, requests: u64) -> Self {
        let cpu_us = after.cpu_us.saturating_sub(before.cpu_us) as f64;
        Self { before, after, cpu_us_per_request: (requests > 0).then(|| cpu_us / requests as f64) }
    }
}
