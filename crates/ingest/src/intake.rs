//! What becomes of each item that a source hands over: parsed, judged, scanned, cut, compared with what is served, and
//! staged when it is new. One item and one batch are in memory at a time; of everything else only names and hashes.
//!
//! Only documents are staged on the way; what is to go is said with the last part, when the whole source was seen. A run
//! that dies has therefore staged nothing that the next one could overlook.

mod learned;

pub(crate) use learned::{Learned, Put};

use crate::chunk::{Cut, passages};
use crate::content_hash::content_hash;
use crate::contract::{Candidate, Checked, Contract, Refused, Rights, repeats};
use crate::error::Result;
use crate::parse::{ParsedDocument, Rejected, parse};
use crate::plan::{Before, Known, withdraws};
use crate::report::{Change as Touch, FeedJob, Phase, Progress};
use crate::scan::Scan;
use crate::source::{Content, Item, Taker};
use crate::twins::Sketch;
use retrieval::{Change, Changes, Collections, DocumentPut, Place};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use usecase::ids::hex;

/// A longer text of a field is not kept as something to filter by.
const MAX_FILTER_BYTES: usize = 500;
/// A batch is staged when its texts have so many bytes, or it has so many documents.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
pub(crate) const BATCH_DOCUMENTS: usize = 512;
/// The field under which a passage's page can be found.
const PAGE_STARTS: &str = "page_starts";

/// Takes items over.
pub(crate) struct Intake<'a> {
    job: &'a FeedJob<'a>,
    collections: &'a Collections,
    contract: &'a mut Contract,
    scan: Scan,
    before: &'a Before,
    told: &'a (dyn Fn(Progress) + Sync),
    progress: Progress,
    inputs: Sha256,
    /// How many documents make a batch.
    most: usize,
    batch: Vec<DocumentPut>,
    batch_bytes: usize,
    /// Opened when there is something to stage.
    change: Option<Change>,
    /// Whether one document may come several times; the last one counts.
    repeats: bool,
    /// Where it may: ids that this run has put, by item.
    put_of_item: BTreeMap<String, BTreeSet<String>>,
    learned: Learned,
}

/// What an intake ends with.
pub(crate) struct Taken {
    pub(crate) learned: Learned,
    /// SHA-256 over everything that was read, in hex.
    pub(crate) inputs: String,
    /// The change with all that was staged.
    pub(crate) change: Option<Change>,
    /// What is not staged yet.
    pub(crate) rest: Vec<DocumentPut>,
}

impl<'a> Intake<'a> {
    /// `most`: how many documents are staged at once.
    pub(crate) fn begin(
        job: &'a FeedJob<'a>,
        (collections, most): (&'a Collections, usize),
        contract: &'a mut Contract,
        before: &'a Before,
        told: &'a (dyn Fn(Progress) + Sync),
    ) -> Self {
        told(Progress::default());
        Self {
            scan: Scan::of(job.feed.pii, job.feed.injection),
            repeats: repeats(job.feed),
            job,
            collections,
            contract,
            before,
            told,
            progress: Progress::default(),
            inputs: Sha256::new(),
            most,
            batch: Vec::new(),
            batch_bytes: 0,
            change: None,
            put_of_item: BTreeMap::new(),
            learned: Learned::default(),
        }
    }

    pub(crate) fn end(self) -> Taken {
        let inputs = hex(&self.inputs.finalize());
        Taken { learned: self.learned, inputs, change: self.change, rest: self.batch }
    }

    fn tell(&mut self, phase: Phase) {
        self.progress = Progress { phase, bytes: self.learned.bytes, ..self.progress };
        (self.told)(self.progress);
    }

    /// Reads an item, and tells whether its version may be remembered.
    fn read(&mut self, name: &str, media: Option<&str>, url: Option<&str>, bytes: &[u8]) -> Result<bool> {
        self.inputs.update(Sha256::digest(name.as_bytes()));
        self.inputs.update(Sha256::digest(bytes));
        self.learned.bytes += bytes.len() as u64;
        let parsed = parse(name, media, bytes);
        self.learned.warnings.extend(parsed.warnings.into_iter().map(|warning| format!("{name}: {warning}")));
        let some_read = !parsed.documents.is_empty();
        for mut document in parsed.documents {
            if document.url.is_none() {
                document.url = url.map(str::to_owned);
            }
            self.document(name, document)?;
        }
        parsed.rejected.into_iter().for_each(|rejected| self.reject(name, rejected));
        // A document whose id another one has is looked at again: that one may go. So is an item of which nobody knows which
        // of its documents it still has.
        let refused = self.learned.refused.get(name).into_iter().flatten();
        let own = refused.map(|refused| &refused.rights).all(|rights| *rights != Rights::NotItsOwn);
        let unclear = self.learned.doubtful.contains(name) && (some_read || self.before.ids_of(name).next().is_some());
        Ok(own && !unclear)
    }

    fn reject(&mut self, name: &str, rejected: Rejected) {
        self.progress.documents += 1;
        if rejected.identified {
            // An id is used up by its first document, good or bad; a later one is told by its own verdict.
            if self.contract.claim(&rejected.document, name).is_ok() {
                self.stands_in(&rejected.document, name);
            }
        } else {
            self.learned.doubtful.insert(name.to_owned());
        }
        self.learned.rejected.entry(name.to_owned()).or_default().push(rejected);
    }

    fn refuse(&mut self, refused: Refused) {
        let id = &refused.document;
        let known = self.learned.remember.get(id).or_else(|| self.before.known(id));
        if withdraws(known, &refused.rights) {
            self.withdraw(id);
        } else if refused.rights != Rights::NotItsOwn {
            self.stands_in(id, &refused.path);
        }
        self.learned.refused.entry(refused.path.clone()).or_default().push(refused);
    }

    /// The item that has a document's new version is where the document stands, also while the old one serves on.
    fn stands_in(&mut self, id: &str, item: &str) {
        let known = self.learned.remember.get(id).or_else(|| self.before.remembered.known.get(id));
        if let Some(known) = known.filter(|known| known.path != item) {
            let known = Known { path: item.to_owned(), groups: known.groups.clone() };
            self.learned.remember.insert(id.to_owned(), known);
        }
    }

    /// Nobody is to find the document any more.
    fn withdraw(&mut self, id: &str) {
        self.learned.kept.remove(id);
        self.learned.remember.remove(id);
        if let Some(put) = self.learned.put.get_mut(id) {
            (put.change, put.sketch) = (None, None);
            // What is put wins over what is deleted. Of one that is not staged yet an older version may be.
            if let Some(place) = self.batch.iter().position(|put| put.id == id) {
                self.batch.remove(place);
                put.content_hash.clear();
            }
        }
        if self.before.holds(id) || self.learned.put.contains_key(id) {
            self.learned.gone.insert(id.to_owned());
        }
    }

    fn document(&mut self, name: &str, document: ParsedDocument) -> Result<()> {
        self.progress.documents += 1;
        match self.contract.judge(Candidate { path: name.to_owned(), document }) {
            Ok(checked) => self.put(checked),
            Err(refused) => {
                self.refuse(refused);
                Ok(())
            }
        }
    }

    /// Compares a document with what is served and what is staged, and stages it when it is another one.
    fn put(&mut self, mut checked: Checked) -> Result<()> {
        let content_hash = content_hash(&checked, self.job.feed);
        let id = checked.document().id.clone();
        let served = self.before.served.get(&id);
        let change = match served {
            Some(hash) if *hash == content_hash => None,
            Some(_) => Some(Touch::Changed),
            None => Some(Touch::Added),
        };
        let staged = self.staged_hash(&id);
        if change.is_none() && staged.is_none() {
            self.learned.unchanged += 1;
            self.keep(&checked);
            return Ok(());
        }
        let staged = staged == Some(content_hash.as_str());
        checked.retain_fields(can_be_filtered);
        let scanned = self.scan.personal(&mut checked);
        let cuts = passages(&checked.document().text, self.job.feed.passage_chars);
        let (injected, forbidden) = self.scan.injections(&checked.document().text, &cuts);
        for (kind, count) in scanned.personal {
            *self.learned.personal.entry(kind).or_default() += count;
        }
        self.learned.injections += injected;
        let reasons: Vec<String> = scanned.refused.into_iter().chain(forbidden).collect();
        if !reasons.is_empty() {
            let revoke = !self.before.remembered.same_contract;
            self.refuse(checked.refuse(reasons.join("; "), revoke));
            return Ok(());
        }
        self.keep(&checked);
        self.progress.passages += cuts.len();
        self.learned.unchanged += usize::from(change.is_none());
        let (path, sketch) = (checked.path().to_owned(), Sketch::of(&checked.document().text));
        if self.repeats {
            self.put_of_item.entry(path.clone()).or_default().insert(id.clone());
        }
        let put = Put { path, content_hash: content_hash.clone(), change, passages: cuts.len(), sketch };
        self.learned.put.insert(id, put);
        if staged { Ok(()) } else { self.stage(&checked, content_hash, cuts) }
    }

    fn keep(&mut self, checked: &Checked) {
        let id = &checked.document().id;
        let known = Known { path: checked.path().to_owned(), groups: checked.groups().clone() };
        if self.before.remembered.known.get(id) == Some(&known) {
            self.learned.remember.remove(id);
        } else {
            self.learned.remember.insert(id.clone(), known);
        }
        self.learned.gone.remove(id);
        self.learned.kept.insert(id.clone());
    }

    /// The hash under which this run, or one that died, staged a document.
    fn staged_hash(&self, id: &str) -> Option<&str> {
        let here = self.learned.put.get(id).map(|put| put.content_hash.as_str());
        here.or_else(|| self.before.staged.get(id).map(String::as_str))
    }

    fn stage(&mut self, checked: &Checked, content_hash: String, cuts: Vec<Cut>) -> Result<()> {
        let document = checked.document();
        let put = DocumentPut {
            id: document.id.clone(),
            title: document.title.clone(),
            url: document.url.clone(),
            text: document.text.clone(),
            metadata: metadata(document),
            groups: checked.groups().clone(),
            content_hash,
            passages: (0..).zip(cuts).map(|(ordinal, cut)| place(ordinal, cut)).collect(),
        };
        self.batch_bytes += put.text.len();
        let earlier = self.batch.iter_mut().find(|earlier| self.repeats && earlier.id == put.id);
        match earlier {
            Some(earlier) => *earlier = put,
            None => self.batch.push(put),
        }
        if self.batch_bytes >= BATCH_BYTES || self.batch.len() >= self.most { self.flush() } else { Ok(()) }
    }

    /// Stages what was gathered.
    fn flush(&mut self) -> Result<()> {
        let upsert = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        let change = match &mut self.change {
            Some(change) => change,
            none => none.insert(self.collections.change(&self.job.collection())?),
        };
        let (told, progress) = (self.told, self.progress);
        let embedded = |done, total| told(Progress { phase: Phase::Embedding { done, total }, ..progress });
        Ok(change.stage(Changes { upsert, delete: Vec::new() }, &embedded)?)
    }

    /// Whatever came from this item is as it was. Tells whether its version may still be remembered.
    fn leave(&mut self, name: &str) -> bool {
        let before = self.before;
        let held: BTreeSet<&str> = before.held_of(name).map(|held| held.document.as_str()).collect();
        let mut its_own = true;
        for id in before.ids_of(name).chain(held.iter().copied()).collect::<BTreeSet<_>>() {
            if let Err(reason) = self.contract.claim(id, name) {
                let (path, document) = (name.to_owned(), id.to_owned());
                self.refuse(Refused { path, document, reason, rights: Rights::NotItsOwn });
                its_own = false;
                continue;
            }
            if before.served.contains_key(id) {
                self.learned.kept.insert(id.to_owned());
            }
            // What is served of a document that is held is its old version, and is counted there.
            let of_held = before.held_of(name).filter(|held| held.document == id).count();
            self.learned.held += of_held;
            self.learned.unchanged += usize::from(of_held == 0 && !held.contains(name));
            self.progress.documents += 1;
        }
        self.learned.unchanged_items.insert(name.to_owned());
        its_own
    }

    /// Whatever came from this item is gone.
    fn forget(&mut self, name: &str) {
        let before = self.before;
        let path_of = |id: &str| self.learned.remember.get(id).or_else(|| before.remembered.known.get(id));
        let put_here = self.put_of_item.get(name).into_iter().flatten().map(String::as_str);
        let ids = before.ids_of(name).chain(put_here);
        // It may have come from another item since.
        let own = ids.filter(|id| path_of(id).is_none_or(|known| known.path == name));
        let mut ids: BTreeSet<String> = own.map(str::to_owned).collect();
        // A message's key is its document's id, where nothing else is known.
        if ids.is_empty() && path_of(name).is_none_or(|known| known.path == name) {
            ids.insert(name.to_owned());
        }
        ids.iter().for_each(|id| self.withdraw(id));
    }

    /// An item comes again: what was said about it before no longer counts.
    fn begin_anew(&mut self, name: &str) {
        if self.repeats && self.learned.items.contains_key(name) {
            self.learned.refused.remove(name);
            self.learned.rejected.remove(name);
            self.learned.doubtful.remove(name);
        }
    }
}

impl Taker for Intake<'_> {
    fn expect(&mut self, items: usize) {
        self.progress.expected = Some(items);
        self.tell(Phase::Reading);
    }

    fn take(&mut self, item: Item) -> Result<()> {
        let Item { name, version, content } = item;
        self.progress.items += 1;
        self.begin_anew(&name);
        let remembered = match content {
            Content::Bytes { bytes, media, url } => self.read(&name, media.as_deref(), url.as_deref(), &bytes)?,
            Content::Unchanged => self.leave(&name),
            Content::Deleted => {
                self.forget(&name);
                false
            }
            Content::Vanished => {
                let warning = format!("{name} vanished while the feed was read; its documents stay until the next run");
                self.learned.warnings.push(warning);
                self.learned.doubtful.insert(name.clone());
                false
            }
            Content::Refused(reason) => {
                self.reject(&name, Rejected { document: name.clone(), identified: false, reason });
                false
            }
        };
        self.learned.items.insert(name, version.filter(|_| remembered));
        self.tell(Phase::Reading);
        Ok(())
    }
}

fn place(ordinal: u32, cut: Cut) -> Place {
    let Cut { start, end, section, path, header } = cut;
    Place { ordinal, start, end, section, heading: path, header }
}

/// Whether a field is kept. A long text (a row's own body is one) is not: nobody filters by an essay, and it is stored
/// already.
fn can_be_filtered(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.len() <= MAX_FILTER_BYTES)
}

fn metadata(document: &ParsedDocument) -> Map<String, Value> {
    let mut metadata = document.fields.clone();
    if !document.pages.is_empty() {
        metadata.insert(PAGE_STARTS.to_owned(), document.pages.clone().into());
    }
    metadata
}

#[cfg(test)]
mod tests;
