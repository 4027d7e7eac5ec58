//! Source and parse: everything that the source has now, as documents, together with all that could not be read.

use crate::contract::Candidate;
use crate::error::Result;
use crate::parse::{Parsed, Rejected, parse};
use crate::report::Progress;
use crate::source::{Content, Source};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use usecase::ids::hex;

#[derive(Default)]
pub(crate) struct Gathered {
    /// In path order, and in the file's order within a path.
    pub(crate) candidates: Vec<Candidate>,
    /// Each with the file it stands in.
    pub(crate) rejected: Vec<(String, Rejected)>,
    /// Files whose documents may be there although none was seen: gone while being read, or not readable. What came
    /// from them before is left as it is.
    pub(crate) doubtful: BTreeSet<String>,
    /// Files that were listed, readable or not.
    pub(crate) files: usize,
    /// False when a part of the source could not be listed.
    pub(crate) complete: bool,
    pub(crate) warnings: Vec<String>,
    /// SHA-256 over the path and content of every file that was read, in hex.
    pub(crate) inputs: String,
}

impl Gathered {
    /// Documents found, good and bad.
    pub(crate) fn seen(&self) -> usize {
        self.candidates.len() + self.rejected.len()
    }

    fn take(&mut self, path: &str, parsed: Parsed) {
        let candidates = parsed.documents.into_iter();
        self.candidates.extend(candidates.map(|document| Candidate { path: path.to_owned(), document }));
        for rejected in parsed.rejected {
            if !rejected.identified {
                self.doubtful.insert(path.to_owned());
            }
            self.rejected.push((path.to_owned(), rejected));
        }
    }

    fn refuse(&mut self, path: String, reason: String) {
        self.doubtful.insert(path.clone());
        self.rejected.push((path.clone(), Rejected { document: path, identified: false, reason }));
    }
}

/// Lists the source and reads all of it.
///
/// # Errors
/// The source cannot be listed. What cannot be read of it is no error.
pub(crate) fn gather(source: &dyn Source, progress: &(dyn Fn(Progress) + Sync)) -> Result<Gathered> {
    progress(Progress::Listing);
    let listing = source.list()?;
    let total = listing.items.len();
    let mut gathered = Gathered {
        files: total + listing.refused.len(),
        complete: listing.complete,
        warnings: listing.warnings,
        ..Gathered::default()
    };
    let mut inputs = Sha256::new();
    progress(Progress::Parsing { done: 0, total });
    for (index, path) in listing.items.into_iter().enumerate() {
        match source.read(&path) {
            Content::Bytes(bytes) => {
                inputs.update(Sha256::digest(path.as_bytes()));
                inputs.update(Sha256::digest(&bytes));
                gathered.take(&path, parse(&path, &bytes));
            }
            Content::Vanished => {
                gathered
                    .warnings
                    .push(format!("{path} vanished while the feed was read; its documents stay until the next run"));
                gathered.doubtful.insert(path);
            }
            Content::Refused(reason) => gathered.refuse(path, reason),
        }
        progress(Progress::Parsing { done: index + 1, total });
    }
    for (path, reason) in listing.refused {
        gathered.refuse(path, reason);
    }
    gathered.inputs = hex(&inputs.finalize());
    Ok(gathered)
}
