//! The collections that a use case searches, and which version of each answers.

use crate::error::Error;
use retrieval::{At, Collections, Version};
use std::sync::Arc;
use usecase::declared::{Feed, SnapshotChoice};
use usecase::project::UseCase;
use usecase::{BundleId, Period, Timestamp};

/// A collection of this kind of bundle. Collections are named for the use case that feeds them.
pub(crate) struct Searched {
    collection: String,
    /// The bundle that may hold a version of its own.
    pinned_for: Option<String>,
    /// How old the access groups may be before the collection is closed.
    rights_within: Option<Period>,
}

impl Searched {
    /// Every collection of the use case. A bundle that was released with `snapshot = "pinned"` holds the version of that
    /// moment; what was never released has none and reads what is served.
    pub(crate) fn all(use_case: &UseCase) -> Vec<Self> {
        let Some(settings) = &use_case.declared.retrieval else { return Vec::new() };
        let pinned = settings.snapshot == SnapshotChoice::Pinned;
        let one = |feed: &String| Self {
            collection: format!("{}/{feed}", use_case.name),
            pinned_for: pinned.then(|| use_case.bundle.to_string()),
            rights_within: use_case.declared.feeds.get(feed).and_then(Feed::access_within),
        };
        settings.collections.iter().map(one).collect()
    }

    /// The version to answer from.
    ///
    /// # Errors
    /// [`Error::Closed`] when nobody has confirmed the access groups for longer than the feed allows: what a person may
    /// no longer see must not be found because a feed stands still.
    pub(crate) fn version(&self, collections: &Collections, now: Timestamp) -> Result<Arc<dyn Version>, Error> {
        if let Some(within) = self.rights_within
            && let Some(head) = collections.head(&self.collection)?
            && head.rights_as_of.is_none_or(|known| known.plus(within) < now)
        {
            return Err(Error::Closed { collection: self.collection.clone(), within });
        }
        let at = match &self.pinned_for {
            None => At::Serving,
            // Asked every time: a bundle that is released once more gets the version of that moment.
            Some(holder) => pinned(collections, &self.collection, holder)?,
        };
        Ok(collections.version(&self.collection, at)?)
    }
}

/// Keeps what the use case's collections serve now for this bundle, when it says `snapshot = "pinned"`, and lets go of what
/// was kept for bundles that no longer count. Gives the versions that are kept.
///
/// # Errors
/// The collections cannot be read or written.
pub fn pin(collections: &Collections, use_case: &UseCase, counting: &[BundleId]) -> Result<Vec<(String, u64)>, Error> {
    let mut kept = Vec::new();
    for Searched { collection, pinned_for, .. } in Searched::all(use_case) {
        let (Some(holder), Some(head)) = (pinned_for, collections.head(&collection)?) else { continue };
        collections.pin(&collection, &holder, Some(head.serving))?;
        for version in collections.versions(&collection)? {
            let counts = |by: &str| by == holder || !is_bundle(by) || counting.iter().any(|id| id.to_string() == by);
            for gone in version.pinned_by.iter().filter(|by| !counts(by)) {
                collections.pin(&collection, gone, None)?;
            }
        }
        kept.push((collection, head.serving));
    }
    Ok(kept)
}

/// Whether a version is held for a bundle, not for a person.
fn is_bundle(holder: &str) -> bool {
    let hex = holder.strip_prefix("b-").unwrap_or_default();
    hex.len() == 16 && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn pinned(collections: &Collections, collection: &str, holder: &str) -> Result<At, Error> {
    let versions = collections.versions(collection)?;
    let held = versions.iter().find(|version| version.pinned_by.iter().any(|by| by == holder));
    Ok(held.map_or(At::Serving, |version| At::Pinned(version.number)))
}
