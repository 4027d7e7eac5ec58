//! Compares what was checked with what is served, and says what has to change: documents to index, documents to
//! delete, and for every quarantined one whether its old version keeps serving.
//!
//! A document that is not in the source any more is deleted, unless it may still be there: its file could not be read,
//! or the listing was not complete. A quarantined document's old version keeps serving, with one exception: when the new
//! version takes away rights that the old one gave, or states them in a way nobody can read, the old one is withdrawn.
//! Being found by someone who must not see it is worse than not being found.

use crate::chunk::passages;
use crate::content_hash::content_hash;
use crate::contract::{Checked, Groups, Refused, Rights};
use crate::gather::Gathered;
use crate::report::{Change, Quarantined, TouchedDocument};
use retrieval::{Changes, DocumentPut};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use usecase::Timestamp;

/// A longer text of a field is not kept as something to filter by.
const MAX_FILTER_BYTES: usize = 500;

/// What this room remembers of a document that is served: retrieval knows its text, only we know its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) path: String,
    pub(crate) groups: Groups,
}

/// How things stood before the run.
pub(crate) struct Before {
    /// Content hash by id, as retrieval serves them.
    pub(crate) served: BTreeMap<String, String>,
    pub(crate) known: BTreeMap<String, Known>,
    pub(crate) quarantined: Vec<Quarantined>,
}

#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) changes: Changes,
    pub(crate) touched: Vec<TouchedDocument>,
    pub(crate) quarantined: Vec<Quarantined>,
    /// What is to be remembered anew; what was remembered otherwise stays.
    pub(crate) remember: Vec<(String, Known)>,
    pub(crate) unchanged: usize,
    /// Passages of what is put.
    pub(crate) passages: usize,
}

impl Plan {
    pub(crate) fn count(&self, change: Change) -> usize {
        self.touched.iter().filter(|document| document.change == change).count()
    }
}

/// What the contract said of everything that was gathered.
pub(crate) struct Judged {
    pub(crate) passed: Vec<Checked>,
    pub(crate) refused: Vec<Refused>,
}

/// Makes the plan. `gathered` has given its candidates to the contract and still knows what was not readable.
pub(crate) fn plan(before: &Before, gathered: &Gathered, judged: &Judged, feed: &str, passage_chars: usize) -> Plan {
    let mut plan = Plan::default();
    for checked in &judged.passed {
        put(&mut plan, before, checked, passage_chars);
    }
    delete(&mut plan, before, gathered, judged);
    quarantine(&mut plan, before, gathered, judged, feed);
    plan
}

fn put(plan: &mut Plan, before: &Before, checked: &Checked, passage_chars: usize) {
    let document = checked.document();
    let known = Known { path: checked.path().to_owned(), groups: checked.groups().clone() };
    let content_hash = content_hash(checked, passage_chars);
    let change = match before.served.get(&document.id) {
        None => Some(Change::Added),
        Some(served) if *served == content_hash => None,
        Some(_) => Some(Change::Changed),
    };
    if before.known.get(&document.id) != Some(&known) {
        plan.remember.push((document.id.clone(), known));
    }
    let Some(change) = change else {
        plan.unchanged += 1;
        return;
    };
    let places = passages(&document.text, passage_chars);
    plan.passages += places.len();
    plan.touched.push(TouchedDocument {
        document: document.id.clone(),
        path: Some(checked.path().to_owned()),
        change,
        content_hash: Some(content_hash.clone()),
    });
    plan.changes.upsert.push(DocumentPut {
        id: document.id.clone(),
        title: document.title.clone(),
        url: document.url.clone(),
        text: document.text.clone(),
        metadata: filterable(&document.fields),
        groups: checked.groups().clone(),
        content_hash,
        passages: (0..).zip(places).map(|(ordinal, (start, end))| (ordinal, start, end)).collect(),
    });
}

/// The fields without long texts (a row's own body is one): nobody filters by an essay, and it is stored already.
fn filterable(fields: &Map<String, Value>) -> Map<String, Value> {
    let short = |value: &Value| value.as_str().is_none_or(|text| text.len() <= MAX_FILTER_BYTES);
    let kept = fields.iter().filter(|(_, value)| short(value));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn delete(plan: &mut Plan, before: &Before, gathered: &Gathered, judged: &Judged) {
    let passed: BTreeSet<&str> = judged.passed.iter().map(|checked| checked.document().id.as_str()).collect();
    let mut withdrawn: BTreeMap<&str, bool> = BTreeMap::new();
    for (_, rejected) in gathered.rejected.iter().filter(|(_, rejected)| rejected.identified) {
        withdrawn.insert(&rejected.document, false);
    }
    for Refused { document, rights, .. } in &judged.refused {
        *withdrawn.entry(document).or_default() |= withdraws(before.known.get(document), rights);
    }
    for id in before.served.keys().filter(|id| !passed.contains(id.as_str())) {
        let known = before.known.get(id);
        let gone = withdrawn.get(id.as_str()).copied().unwrap_or_else(|| !may_be_there(known, gathered));
        if gone {
            plan.changes.delete.push(id.clone());
            plan.touched.push(TouchedDocument {
                document: id.clone(),
                path: known.map(|known| known.path.clone()),
                change: Change::Deleted,
                content_hash: None,
            });
        }
    }
}

/// Whether a document that was not seen may be in the part of the source that could not be read.
fn may_be_there(known: Option<&Known>, gathered: &Gathered) -> bool {
    !gathered.complete
        || match known {
            Some(known) => gathered.doubtful.contains(&known.path),
            // Nothing tells its file: any doubtful one may be it.
            None => !gathered.doubtful.is_empty(),
        }
}

/// Whether the rights stated by the refused new version forbid to serve the old one on.
fn withdraws(known: Option<&Known>, rights: &Rights) -> bool {
    match (rights, known.map(|known| &known.groups)) {
        (Rights::NotItsOwn | Rights::Now(None), _) => false,
        (Rights::Unreadable, _) | (Rights::Now(Some(_)), None | Some(None)) => true,
        (Rights::Now(Some(now)), Some(Some(old))) => old.iter().any(|group| !now.contains(group)),
    }
}

fn quarantine(plan: &mut Plan, before: &Before, gathered: &Gathered, judged: &Judged, feed: &str) {
    let now = Timestamp::now();
    let deleted: BTreeSet<&str> = plan.changes.delete.iter().map(String::as_str).collect();
    let serves = |id: &str| before.served.contains_key(id) && !deleted.contains(id);
    let entry = |document: &str, path: &str, reason: String, old_version_serves: bool| {
        let earlier = before.quarantined.iter().find(|earlier| earlier.document == document && earlier.path == path);
        let since = earlier.map_or(now, |earlier| earlier.since);
        let (feed, document, path) = (feed.to_owned(), document.to_owned(), path.to_owned());
        Quarantined { feed, document, path, reason, old_version_serves, since }
    };
    let mut all = Vec::new();
    for (path, rejected) in &gathered.rejected {
        let from_here = |id: &&String| before.known.get(*id).is_some_and(|known| known.path == *path) && serves(id);
        let old = if rejected.identified {
            serves(&rejected.document)
        } else {
            before.served.keys().any(|id| from_here(&id))
        };
        all.push(entry(&rejected.document, path, rejected.reason.clone(), old));
    }
    for refused in &judged.refused {
        let served = before.served.contains_key(&refused.document);
        let old = refused.rights != Rights::NotItsOwn && serves(&refused.document);
        let mut reason = refused.reason.clone();
        if served && !old && refused.rights != Rights::NotItsOwn {
            reason.push_str("; the version before was withdrawn, because it may no longer be seen by all who could");
        }
        all.push(entry(&refused.document, &refused.path, reason, old));
    }
    all.sort_by(|left, right| (&left.path, &left.document).cmp(&(&right.path, &right.document)));
    plan.quarantined = all;
}
