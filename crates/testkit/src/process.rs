//! What the kernel says of a process: its memory and its open file handles (Linux's `/proc`).

/// Resident memory of a process in KiB.
pub fn resident_kib(pid: u32) -> u64 {
    let path = format!("/proc/{pid}/status");
    let status = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the resident size");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// What a process holds open: paths of files, and `socket:[…]` and the like.
pub fn open_files(pid: u32) -> Vec<String> {
    let path = format!("/proc/{pid}/fd");
    let entries = std::fs::read_dir(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    // One may be closed while we look.
    let targets = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    targets.map(|target| target.display().to_string()).collect()
}
