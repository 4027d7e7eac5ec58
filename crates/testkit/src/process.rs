//! What the kernel says of a process: its memory and its open file handles (Linux's `/proc`).

/// Resident memory of a process in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the resident size");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// How many files and sockets a process holds open.
pub fn open_files(pid: u32) -> usize {
    let path = format!("/proc/{pid}/fd");
    std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}")).count()
}
