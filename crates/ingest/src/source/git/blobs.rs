//! The files of a commit, and their contents.

use super::command::Git;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A repository of more files is refused; only their names are held in memory.
const MAX_ENTRIES: usize = 2_000_000;

/// A line about one file.
const MAX_LINE_BYTES: u64 = 16 * 1024;

/// One file of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    /// The hash of its content, in hex.
    pub(super) blob: String,
    /// In bytes; `None` when the content was too large to be fetched.
    pub(super) size: Option<u64>,
    pub(super) is_link: bool,
}

#[derive(Debug, Default)]
pub(super) struct Listed {
    /// In the order of their paths, byte by byte.
    pub(super) entries: Vec<Entry>,
    pub(super) warnings: Vec<String>,
}

/// # Errors
/// The commit cannot be read, or is too large.
pub(super) fn list(git: &Git, commit: &str) -> Result<Listed, String> {
    let mut child = git.start(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit], Stdio::null())?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("git has no output")?);
    let mut listed = Listed::default();
    let (mut submodules, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let length = lines.by_ref().take(MAX_LINE_BYTES).read_until(0, &mut line).map_err(|error| error.to_string())?;
        if length == 0 {
            break;
        }
        if listed.entries.len() == MAX_ENTRIES || line.pop() != Some(0) {
            // It has more to say, and nobody listens.
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it has more than {MAX_ENTRIES} files, or a path that is too long"));
        }
        match read_entry(&line) {
            Ok(Some(entry)) => listed.entries.push(entry),
            Ok(None) => submodules += 1,
            Err(warning) => listed.warnings.push(warning),
        }
    }
    if !child.wait().is_ok_and(|status| status.success()) {
        return Err("its files cannot be listed".to_owned());
    }
    if submodules > 0 {
        listed.warnings.push(format!("{submodules} submodules were not entered; declare a feed for each"));
    }
    Ok(listed)
}

/// `<mode> <kind> <hash> <size>\t<path>`; `None` for a submodule.
fn read_entry(line: &[u8]) -> Result<Option<Entry>, String> {
    let shown = String::from_utf8_lossy(line);
    let unreadable = || format!("{shown} was passed over: it cannot be read");
    let tab = line.iter().position(|byte| *byte == b'\t').ok_or_else(unreadable)?;
    let head = str::from_utf8(&line[..tab]).map_err(|_| unreadable())?;
    let fields: Vec<&str> = head.split_ascii_whitespace().collect();
    let [mode, kind, blob, size] = fields[..] else { return Err(unreadable()) };
    if kind != "blob" {
        return Ok(None);
    }
    let path = str::from_utf8(&line[tab + 1..]);
    let path = path.map_err(|_| {
        format!("{} was passed over: its name is not Unicode", String::from_utf8_lossy(&line[tab + 1..]))
    })?;
    Ok(Some(Entry { path: path.to_owned(), blob: blob.to_owned(), size: size.parse().ok(), is_link: mode == "120000" }))
}

/// Contents by their hash, through one process.
pub(super) struct Blobs {
    child: Child,
    ask: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn open(git: &Git) -> Result<Self, String> {
        let mut child = git.start(&["cat-file", "--batch"], Stdio::piped())?;
        let (ask, answers) = (child.stdin.take(), child.stdout.take().ok_or("git has no output")?);
        Ok(Self { child, ask, answers: BufReader::new(answers) })
    }

    /// # Errors
    /// The mirror does not have it, or is broken.
    pub(super) fn read(&mut self, blob: &str) -> Result<Vec<u8>, String> {
        let broken = |error: std::io::Error| format!("its mirror cannot be read: {error}");
        let ask = self.ask.as_mut().ok_or("git does not listen")?;
        writeln!(ask, "{blob}").and_then(|()| ask.flush()).map_err(broken)?;
        let mut head = String::new();
        self.answers.by_ref().take(MAX_LINE_BYTES).read_line(&mut head).map_err(broken)?;
        let fields: Vec<&str> = head.split_ascii_whitespace().collect();
        let size = match fields[..] {
            [found, "blob", size] if found == blob => size.parse::<u64>().ok(),
            _ => None,
        };
        let size = size.filter(|size| *size <= super::MAX_FILE_BYTES);
        let size =
            size.ok_or_else(|| format!("its mirror lacks the content {blob}; delete the mirror to fetch it anew"))?;
        let mut bytes = Vec::new();
        // With the line break that follows.
        self.answers.by_ref().take(size + 1).read_to_end(&mut bytes).map_err(broken)?;
        if bytes.pop() == Some(b'\n') && bytes.len() as u64 == size {
            Ok(bytes)
        } else {
            Err("its mirror is cut off".to_owned())
        }
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        // It ends when nobody asks any more.
        self.ask = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
