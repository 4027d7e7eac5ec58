//! An older version as later rights bind it: what a person may no longer see is not found by way of a version in which they
//! still could. The documents in question are known once; which of them a caller lacks is taken out before anything is
//! searched, counted or scored.

use super::store::{self, Pointer};
use super::version::{Loaded, admits};
use crate::backend::{DocumentRow, Scope, Space, Version, mixed};
use crate::{Error, Filter};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Bound {
    version: Arc<Loaded>,
    /// The newest and the served version that it was made for.
    after: (u64, u64),
    pinned: bool,
    later: Vec<Regrouped>,
}

/// A document that is for other groups by now.
struct Regrouped {
    part: usize,
    document: u32,
    groups: Option<Vec<String>>,
}

impl Bound {
    /// Reads what was said of the version's documents since.
    pub(super) fn read(version: Arc<Loaded>, pointer: &Pointer, pinned: bool) -> Result<Self, Error> {
        let number = version.number;
        let later = version.storage.read(|connection| store::later_groups(connection, pointer, number, pinned))?;
        let place = |(row, groups): (i64, Option<Vec<String>>)| {
            let find = |(part, found): (usize, &super::part::Part)| Some((part, found.indexed.find(row)?));
            let (part, document) = version.parts.iter().enumerate().find_map(find)?;
            Some(Regrouped { part, document, groups })
        };
        let later = later.into_iter().filter_map(place).collect();
        Ok(Self { version, after: (pointer.newest, pointer.serving), pinned, later })
    }

    /// Whether this is what binds that version now.
    pub(super) fn is(&self, version: &Arc<Loaded>, pointer: &Pointer, pinned: bool) -> bool {
        Arc::ptr_eq(&self.version, version) && self.is_after(pointer) && self.pinned == pinned
    }

    /// Whether nothing was committed or served since it was made.
    pub(super) fn is_after(&self, pointer: &Pointer) -> bool {
        self.version.is_of(pointer) && self.after == (pointer.newest, pointer.serving)
    }
}

impl Version for Bound {
    fn collection(&self) -> &str {
        self.version.collection()
    }

    fn number(&self) -> u64 {
        self.version.number
    }

    fn edition(&self) -> u64 {
        mixed((self.version.edition, self.after, self.pinned))
    }

    fn space(&self) -> Option<&Space> {
        self.version.space.as_ref()
    }

    fn scope(self: Arc<Self>, groups: &[String], filter: &Filter) -> Result<Box<dyn Scope>, Error> {
        let mut hidden: BTreeMap<usize, RoaringBitmap> = BTreeMap::new();
        for later in self.later.iter().filter(|later| !admits(later.groups.as_ref(), groups)) {
            hidden.entry(later.part).or_default().insert(later.document);
        }
        Ok(Arc::clone(&self.version).seen(groups, filter, &hidden))
    }

    fn document(&self, id: &str, groups: &[String]) -> Result<Option<DocumentRow>, Error> {
        let of_it = |later: &&Regrouped| self.version.parts[later.part].segment().id(later.document) == id;
        match self.later.iter().find(of_it) {
            Some(later) if !admits(later.groups.as_ref(), groups) => Ok(None),
            _ => self.version.document(id, groups),
        }
    }
}
