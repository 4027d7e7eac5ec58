//! What is to go, and what is quarantined: judged when the whole source has been seen.
//!
//! A document that is not in the source any more is deleted, unless it may still be there: its item could not be read,
//! or not everything was listed. A quarantined document's old version keeps serving, with one exception: when the new
//! version takes away rights that the old one gave, or states them in a way nobody can read, the old one is withdrawn.
//! Being found by someone who must not see it is worse than not being found.

use crate::contract::{Groups, Refused, Rights};
use crate::intake::Learned;
use crate::report::Quarantined;
use std::collections::{BTreeMap, BTreeSet};
use usecase::Timestamp;

/// What this room remembers of a document that is served: retrieval knows its text, only we know its item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) path: String,
    pub(crate) groups: Groups,
}

/// What this room wrote down at the end of the feed's last good run, and how far that still holds.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) known: BTreeMap<String, Known>,
    /// Versions of items; none when every item has to be looked at again.
    pub(crate) items: BTreeMap<String, String>,
    pub(crate) quarantined: Vec<Quarantined>,
    /// Whether the collection is as that run left it: not after a rollback, nor when the process died between the
    /// collection's commit and ours.
    pub(crate) as_left: bool,
    /// Whether the contract is the one of that run.
    pub(crate) same_contract: bool,
}

/// How things stood before the run.
#[derive(Default)]
pub(crate) struct Before {
    /// Content hash by id, as retrieval serves them.
    pub(crate) served: BTreeMap<String, String>,
    /// Content hash by id of what a run staged before it died.
    pub(crate) staged: BTreeMap<String, String>,
    pub(crate) remembered: Remembered,
    /// Served ids by the item they came from.
    by_item: BTreeMap<String, Vec<String>>,
    /// Places in `remembered.quarantined` by item.
    held_by_item: BTreeMap<String, Vec<usize>>,
}

impl Before {
    pub(crate) fn new(
        served: BTreeMap<String, String>,
        staged: BTreeMap<String, String>,
        mut remembered: Remembered,
    ) -> Self {
        // A document that was erased comes back when its item is read again, though nothing about the item changed.
        for (_, lost) in remembered.known.iter().filter(|(id, _)| !served.contains_key(*id)) {
            remembered.items.remove(&lost.path);
        }
        let mut by_item: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, known) in remembered.known.iter().filter(|(id, _)| served.contains_key(*id)) {
            by_item.entry(known.path.clone()).or_default().push(id.clone());
        }
        let mut held_by_item: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, held) in remembered.quarantined.iter().enumerate() {
            held_by_item.entry(held.path.clone()).or_default().push(place);
        }
        Self { served, staged, remembered, by_item, held_by_item }
    }

    /// The served documents that came from an item.
    pub(crate) fn ids_of(&self, item: &str) -> impl Iterator<Item = &str> {
        self.by_item.get(item).into_iter().flatten().map(String::as_str)
    }

    /// What was quarantined of an item.
    pub(crate) fn held_of(&self, item: &str) -> impl Iterator<Item = &Quarantined> {
        self.held_by_item.get(item).into_iter().flatten().map(|place| &self.remembered.quarantined[*place])
    }

    /// The version by which an item is known to be unchanged. None for one of which something is staged: whether that is
    /// still right only reading it can tell.
    pub(crate) fn version_of(&self, item: &str) -> Option<String> {
        let staged = self.ids_of(item).any(|id| self.staged.contains_key(id));
        self.remembered.items.get(item).filter(|_| !staged).cloned()
    }

    /// What is known for sure of a document that is served.
    pub(crate) fn known(&self, id: &str) -> Option<&Known> {
        self.remembered.known.get(id).filter(|_| self.remembered.as_left)
    }

    /// Whether something of this id is in the collection, seen by readers or not.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.served.contains_key(id) || self.staged.contains_key(id)
    }
}

/// The ids that are to go. `whole`: everything that exists was seen.
pub(crate) fn deletions(before: &Before, learned: &Learned, whole: bool) -> Vec<String> {
    let refused = learned.refused.values().flatten().map(|refused| refused.document.as_str());
    let rejected = learned.rejected.values().flatten().filter(|rejected| rejected.identified);
    let stays_as_it_was: BTreeSet<&str> = refused.chain(rejected.map(|rejected| rejected.document.as_str())).collect();
    let missing = |id: &str| whole && !stays_as_it_was.contains(id) && !may_be_there(before.known(id), learned);
    let goes = |id: &String| match (learned.gone.contains(id), learned.kept.contains(id)) {
        (true, _) => true,
        (false, true) => false,
        // What a dead run staged was never seen by anybody: nothing is lost with it.
        (false, false) => !before.served.contains_key(id) || missing(id),
    };
    let all: BTreeSet<&String> = before.served.keys().chain(before.staged.keys()).chain(&learned.gone).collect();
    all.into_iter().filter(|id| goes(id)).cloned().collect()
}

/// Whether a document that was not seen may be in the part of the source that could not be read.
fn may_be_there(known: Option<&Known>, learned: &Learned) -> bool {
    match known {
        Some(known) => learned.doubtful.contains(&known.path),
        // Nothing tells its item: any doubtful one may be it.
        None => !learned.doubtful.is_empty(),
    }
}

/// Whether the rights stated by the refused new version forbid to serve the old one on.
pub(crate) fn withdraws(known: Option<&Known>, rights: &Rights) -> bool {
    match (rights, known.map(|known| &known.groups)) {
        (Rights::NotItsOwn | Rights::Now(None), _) => false,
        (Rights::Unreadable | Rights::Revoked, _) | (Rights::Now(Some(_)), None | Some(None)) => true,
        (Rights::Now(Some(now)), Some(Some(old))) => old.iter().any(|group| !now.contains(group)),
    }
}

/// Everything that is quarantined now, by item and document. `whole`: what was not seen is no longer there to be held.
pub(crate) fn quarantine(
    before: &Before,
    learned: &Learned,
    deleted: &[String],
    whole: bool,
    feed: &str,
) -> Vec<Quarantined> {
    let now = Timestamp::now();
    let deleted: BTreeSet<&str> = deleted.iter().map(String::as_str).collect();
    let there = |id: &str| before.served.contains_key(id) || learned.put.contains_key(id);
    let serves = |id: &str| there(id) && !deleted.contains(id);
    let entry = |document: &str, path: &str, reason: String, old_version_serves: bool| {
        let since = before.held_of(path).find(|held| held.document == document).map_or(now, |held| held.since);
        let (feed, document, path) = (feed.to_owned(), document.to_owned(), path.to_owned());
        Quarantined { feed, document, path, reason, old_version_serves, since }
    };
    let mut all = Vec::new();
    for held in &before.remembered.quarantined {
        let unseen = !whole && !learned.items.contains_key(&held.path);
        let refused = learned.refused.get(&held.path).into_iter().flatten();
        let judged = refused.map(|refused| &refused.document).any(|document| *document == held.document);
        if unseen || (learned.unchanged_items.contains(&held.path) && !judged) {
            let serves = held.old_version_serves && (serves(&held.document) || before.ids_of(&held.path).any(serves));
            all.push(Quarantined { old_version_serves: serves, ..held.clone() });
        }
    }
    for (path, rejected) in learned.rejected.iter().flat_map(|(path, all)| all.iter().map(move |one| (path, one))) {
        let old = if rejected.identified { serves(&rejected.document) } else { before.ids_of(path).any(serves) };
        all.push(entry(&rejected.document, path, rejected.reason.clone(), old));
    }
    for refused in learned.refused.values().flatten() {
        let Refused { path, document, reason, rights } = refused;
        let own = *rights != Rights::NotItsOwn;
        let withdrawn = own && before.served.contains_key(document) && learned.gone.contains(document);
        let reason = if withdrawn { format!("{reason}; {}", why_withdrawn(rights)) } else { reason.clone() };
        all.push(entry(document, path, reason, own && serves(document)));
    }
    all.sort_by(|left, right| (&left.path, &left.document).cmp(&(&right.path, &right.document)));
    all
}

fn why_withdrawn(rights: &Rights) -> &'static str {
    match rights {
        Rights::Revoked => "the version before was withdrawn, because it was never looked through for this",
        _ => "the version before was withdrawn, because it may no longer be seen by all who could",
    }
}
