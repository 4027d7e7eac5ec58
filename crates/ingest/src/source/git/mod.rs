//! Files of a Git repository, through the `git` command: a bare mirror of one commit is kept in the data folder, and what
//! it holds is read from there. Nothing of the repository is ever checked out or run, nor is any configuration but ours
//! read. A file's version is the hash of its content, so that only what changed is read at all.

mod blobs;
mod command;
mod place;

use crate::error::{Error, Result};
use crate::source::{Content, Item, Since, Source, Taker, Walked};
use blobs::{Blobs, Entry};
use command::Git;
use globset::{GlobBuilder, GlobMatcher};
use place::Place;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use usecase::declared::GitSource;
use usecase::ids::hex;

/// A larger file is quarantined, and not even fetched where the server can leave it out: 32 MiB.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;

/// The first line of what Git LFS puts in place of a file.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// Where the commit that is read stands in the mirror.
const HEAD: &str = "refs/shipway/head";

pub(crate) struct GitFiles {
    place: Place,
    branch: Option<String>,
    matcher: GlobMatcher,
    git: Git,
    mirror: PathBuf,
}

impl GitFiles {
    /// `folder` is the use case's, to which a path is relative; mirrors are kept below `mirrors`.
    ///
    /// # Errors
    /// The address, the branch or the glob cannot be used, or the token is not there.
    pub(crate) fn new(declared: &GitSource, folder: &Path, mirrors: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::Source { place: declared.url.clone(), reason };
        let place = Place::read(&declared.url, folder).map_err(refuse)?;
        if let Some(branch) = declared.branch.as_deref().filter(|branch| !place::is_branch(branch)) {
            return Err(refuse(format!("`{branch}` is no name of a branch or tag")));
        }
        let glob = GlobBuilder::new(&declared.files).literal_separator(true).build();
        let matcher = glob
            .map_err(|error| Error::Pattern { files: declared.files.clone(), reason: error.kind().to_string() })?
            .compile_matcher();
        let token = match &declared.token {
            None => None,
            Some(reference) => {
                let missing = || Error::MissingSecret { reference: reference.to_string() };
                Some(reference.resolve().ok_or_else(missing)?)
            }
        };
        let mirror = mirrors.join(format!("{}.git", &hex(&Sha256::digest(place.address.as_bytes()))[..24]));
        let git = Git::new(&mirror, &place, token);
        Ok(Self { place, branch: declared.branch.clone(), matcher, git, mirror })
    }

    fn failure(&self, reason: String) -> Error {
        Error::Source { place: self.place.shown.clone(), reason }
    }

    /// Two feeds of one repository share its mirror, one after the other.
    fn lock(&self) -> Result<File> {
        let path = self.mirror.with_extension("lock");
        let parent = self.mirror.parent().unwrap_or(Path::new("."));
        let lock =
            fs::create_dir_all(parent).and_then(|()| File::create(&path)).and_then(|file| file.lock().map(|()| file));
        lock.map_err(|cause| Error::Lock { path, cause })
    }

    /// Brings the mirror up to date. A branch that was pushed anew by force is simply another commit; one that is gone
    /// is an error, since nothing says that its documents are.
    fn fetch(&self) -> std::result::Result<String, String> {
        if !self.mirror.join("HEAD").exists() {
            self.git.run(&["init", "--quiet", "--bare", "--", &self.mirror.to_string_lossy()])?;
        }
        self.git.run(&["config", "remote.origin.url", &self.place.address])?;
        let wanted = format!("+{}:{HEAD}", self.branch.as_deref().unwrap_or("HEAD"));
        let filter = format!("--filter=blob:limit={}", MAX_FILE_BYTES + 1);
        let fetched = self.git.run(&[
            "fetch",
            "--quiet",
            "--depth=1",
            "--force",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            &filter,
            "--",
            "origin",
            &wanted,
        ]);
        fetched.map_err(|told| self.explained(told))?;
        // What earlier commits held goes in time; a mirror that cannot be tidied is still right.
        let _ = self.git.run(&["gc", "--quiet", "--auto"]);
        self.git
            .run(&["rev-parse", "--verify", "--quiet", &format!("{HEAD}^{{commit}}")])
            .map(|text| text.trim().to_owned())
    }

    fn explained(&self, told: String) -> String {
        match (&self.branch, told.contains("couldn't find remote ref")) {
            (Some(branch), true) => format!("it has no branch or tag `{branch}` (any more)"),
            (None, true) => "it has no commit yet".to_owned(),
            _ => told,
        }
    }

    fn content(&self, entry: &Entry, blobs: &mut Blobs, commit: &str) -> std::result::Result<Content, String> {
        let refused = |reason: &str| Ok(Content::Refused(reason.to_owned()));
        if entry.is_link {
            return refused("it is a symbolic link; links of a repository are not followed");
        }
        if entry.size.is_none_or(|size| size > MAX_FILE_BYTES) {
            let limit = MAX_FILE_BYTES / 1024 / 1024;
            return refused(&format!("it is larger than {limit} MiB; split it into several documents"));
        }
        let bytes = blobs.read(&entry.blob)?;
        if bytes.starts_with(LFS) {
            return refused("it is a pointer to Git LFS, and what it points to is not fetched");
        }
        Ok(Content::Bytes { bytes, media: None, url: self.place.page(commit, &entry.path) })
    }
}

impl Source for GitFiles {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let _lock = self.lock()?;
        let commit = self.fetch().map_err(|reason| self.failure(reason))?;
        let listed = blobs::list(&self.git, &commit).map_err(|reason| self.failure(reason))?;
        let mut walked = Walked { whole: true, cursor: Some(json!({ "commit": commit })), ..Walked::default() };
        walked.warnings = listed.warnings;
        let entries: Vec<Entry> =
            listed.entries.into_iter().filter(|entry| self.matcher.is_match(&entry.path)).collect();
        taker.expect(entries.len());
        let mut blobs = Blobs::open(&self.git).map_err(|reason| self.failure(reason))?;
        let mut pointers = 0;
        for entry in entries {
            let unchanged = (since.version_of)(&entry.path).is_some_and(|version| version == entry.blob);
            let content = match unchanged {
                true => Content::Unchanged,
                false => self.content(&entry, &mut blobs, &commit).map_err(|reason| self.failure(reason))?,
            };
            let refused = matches!(content, Content::Refused(_));
            pointers += usize::from(matches!(&content, Content::Refused(reason) if reason.contains("Git LFS")));
            let version = (!refused).then_some(entry.blob);
            taker.take(Item { name: entry.path, version, content })?;
        }
        if pointers > 0 {
            walked.warnings.push(format!("{pointers} files are kept in Git LFS, which is not fetched"));
        }
        Ok(walked)
    }
}

#[cfg(test)]
mod tests;
