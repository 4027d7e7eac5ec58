//! A segment as a version has it: which of its documents live there.

use super::segment::{Permitted, Segment};
use crate::Filter;
use roaring::RoaringBitmap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A segment with the way from the store's rows to its documents.
pub(super) struct Indexed {
    pub(super) segment: Segment,
    /// Documents in order of their rows.
    by_row: Vec<u32>,
    /// The collection's edition when it was made: a segment of an earlier one may hold words that were erased since.
    pub(super) edition: u64,
    /// Where it lies on disk, if it does.
    file: Mutex<Option<PathBuf>>,
}

impl Indexed {
    pub(super) fn new(segment: Segment, edition: u64, file: Option<PathBuf>) -> Self {
        let mut by_row: Vec<u32> = (0..segment.documents()).collect();
        by_row.sort_unstable_by_key(|document| segment.row_id(*document));
        Self { segment, by_row, edition, file: Mutex::new(file) }
    }

    pub(super) fn find(&self, row: i64) -> Option<u32> {
        let found = self.by_row.binary_search_by_key(&row, |document| self.segment.row_id(*document));
        found.ok().map(|index| self.by_row[index])
    }

    fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.segment.documents());
        all
    }

    pub(super) fn file(&self) -> MutexGuard<'_, Option<PathBuf>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
pub(super) struct Part {
    pub(super) indexed: Arc<Indexed>,
    /// `None` while all documents live.
    live: Option<RoaringBitmap>,
}

impl Part {
    /// With every document alive.
    pub(super) fn whole(indexed: Indexed) -> Self {
        Self { indexed: Arc::new(indexed), live: None }
    }

    /// The same segment with no document alive.
    pub(super) fn emptied(&self) -> Self {
        Self { indexed: Arc::clone(&self.indexed), live: Some(RoaringBitmap::new()) }
    }

    pub(super) fn segment(&self) -> &Segment {
        &self.indexed.segment
    }

    /// How many documents live.
    pub(super) fn living(&self) -> u64 {
        self.live.as_ref().map_or(u64::from(self.segment().documents()), RoaringBitmap::len)
    }

    /// How many do not.
    pub(super) fn dead(&self) -> u64 {
        u64::from(self.segment().documents()) - self.living()
    }

    /// The store's rows of the living documents.
    pub(super) fn rows(&self) -> impl Iterator<Item = i64> + '_ {
        let lives = |document: &u32| self.live.as_ref().is_none_or(|live| live.contains(*document));
        (0..self.segment().documents()).filter(lives).map(|document| self.segment().row_id(document))
    }

    /// Lets the document of a row live or die; `false` when it is not in this segment.
    pub(super) fn set(&mut self, row: i64, lives: bool) -> bool {
        let Some(document) = self.indexed.find(row) else { return false };
        let indexed = &self.indexed;
        let live = self.live.get_or_insert_with(|| indexed.all());
        if lives {
            live.insert(document)
        } else {
            live.remove(document)
        };
        true
    }

    /// Forgets the list of the living when it names all.
    pub(super) fn settle(&mut self) {
        self.live = self.live.take().filter(|live| live.len() < u64::from(self.indexed.segment.documents()));
    }

    /// What a caller may see of the living, but for these documents.
    pub(super) fn permitted(&self, groups: &[String], filter: &Filter, but: &RoaringBitmap) -> Permitted {
        if but.is_empty() {
            return self.segment().permitted(groups, filter, self.live.as_ref());
        }
        let live = self.live.clone().unwrap_or_else(|| self.indexed.all()) - but;
        self.segment().permitted(groups, filter, Some(&live))
    }
}
