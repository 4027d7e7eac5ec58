//! One version in memory: immutable segments, shared with the versions before and after it, and which of their documents
//! live in this one. What a search needs is here; texts are read from the store when a passage is opened.

use super::part::Part;
use super::segment::{Permitted, facets};
use super::store::{self, Pointer};
use crate::backend::{DocumentRow, FacetCount, Hit, Opened, PassageKey, Scope, Space, Statistics, Version, WordQuery};
use crate::{Error, Filter};
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::Storage;

pub(super) struct Loaded {
    pub(super) storage: Storage,
    pub(super) collection: String,
    /// The collection's key in the store; 0 where there is none.
    pub(super) key: i64,
    pub(super) number: u64,
    pub(super) edition: u64,
    pub(super) space: Option<Space>,
    pub(super) parts: Vec<Part>,
}

impl Loaded {
    /// Version 0: nothing was ever committed.
    pub(super) fn empty(storage: &Storage, collection: &str) -> Self {
        let (storage, collection) = (storage.clone(), collection.to_owned());
        Self { storage, collection, key: 0, number: 0, edition: 0, space: None, parts: Vec::new() }
    }

    /// Whether this is what the store means by a version's number.
    pub(super) fn is(&self, pointer: &Pointer, number: u64) -> bool {
        self.is_of(pointer) && self.number == number
    }

    /// Whether it is of the same collection, and nothing was erased or moved to another space since.
    pub(super) fn is_of(&self, pointer: &Pointer) -> bool {
        (self.key, self.edition) == (pointer.key, pointer.edition)
    }

    /// The version as a caller of these groups sees it, but for documents by part, where any are named.
    pub(super) fn seen(
        self: Arc<Self>,
        groups: &[String],
        filter: &Filter,
        but: &BTreeMap<usize, RoaringBitmap>,
    ) -> Box<dyn Scope> {
        let none = RoaringBitmap::new();
        let parts = self.parts.iter().enumerate();
        let permitted =
            parts.map(|(index, part)| part.permitted(groups, filter, but.get(&index).unwrap_or(&none))).collect();
        Box::new(Seen { version: self, permitted })
    }
}

/// Whether who belongs to these groups may see what is for those; `None` is for everyone.
pub(super) fn admits(allowed: Option<&Vec<String>>, own: &[String]) -> bool {
    allowed.is_none_or(|allowed| allowed.iter().any(|group| own.contains(group)))
}

impl Version for Loaded {
    fn collection(&self) -> &str {
        &self.collection
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn edition(&self) -> u64 {
        self.edition
    }

    fn space(&self) -> Option<&Space> {
        self.space.as_ref()
    }

    fn scope(self: Arc<Self>, groups: &[String], filter: &Filter) -> Result<Box<dyn Scope>, Error> {
        Ok(self.seen(groups, filter, &BTreeMap::new()))
    }

    fn document(&self, id: &str, groups: &[String]) -> Result<Option<DocumentRow>, Error> {
        let found = self.storage.read(|connection| store::document(connection, self.key, self.number, id))?;
        Ok(found.filter(|document| admits(document.groups.as_ref(), groups)))
    }
}

/// A version as one caller sees it.
struct Seen {
    version: Arc<Loaded>,
    /// By part.
    permitted: Vec<Permitted>,
}

fn key(part: usize, row: u32) -> PassageKey {
    PassageKey((part as u64) << 32 | u64::from(row))
}

impl Seen {
    fn parts(&self) -> impl Iterator<Item = (usize, &Part, &Permitted)> {
        self.version
            .parts
            .iter()
            .zip(&self.permitted)
            .enumerate()
            .map(|(index, (part, permitted))| (index, part, permitted))
    }

    /// The part and row of a passage that may be seen.
    fn place(&self, passage: PassageKey) -> Option<(usize, u32)> {
        let (part, row) = ((passage.0 >> 32) as usize, passage.0 as u32);
        let known = row < self.version.parts.get(part)?.segment().rows();
        (known && self.permitted[part].has_row(row)).then_some((part, row))
    }

    /// The best of what each part gives, each best first.
    fn best(&self, most: usize, of_part: impl Fn(&Part, &Permitted) -> Vec<(u32, f32)>) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (index, part, permitted) in self.parts() {
            let found = of_part(part, permitted);
            hits.extend(found.into_iter().map(|(row, score)| Hit { passage: key(index, row), score }));
        }
        if self.permitted.len() > 1 {
            // A document lives in one part only, so that its passages are told apart by their rows.
            let name = |hit: &Hit| {
                let (part, row) = ((hit.passage.0 >> 32) as usize, hit.passage.0 as u32);
                let segment = self.version.parts[part].segment();
                (segment.id(segment.document_of(row)), row)
            };
            hits.sort_unstable_by(|one, other| {
                other.score.total_cmp(&one.score).then_with(|| name(one).cmp(&name(other)))
            });
            hits.truncate(most);
        }
        hits
    }
}

impl Scope for Seen {
    fn statistics(&self, terms: &[String]) -> Result<Statistics, Error> {
        let mut all = Statistics { holding: vec![0; terms.len()], ..Statistics::default() };
        for (_, part, permitted) in self.parts() {
            let one = part.segment().statistics(terms, permitted);
            all.documents += one.documents;
            all.passages += one.passages;
            all.words += one.words;
            all.holding.iter_mut().zip(one.holding).for_each(|(all, one)| *all += one);
        }
        Ok(all)
    }

    fn by_words(&self, query: &WordQuery, most: usize) -> Result<Vec<Hit>, Error> {
        Ok(self.best(most, |part, permitted| part.segment().by_words(query, permitted, most)))
    }

    fn by_vector(&self, vector: &[f32], most: usize) -> Result<Vec<Hit>, Error> {
        Ok(self.best(most, |part, permitted| part.segment().by_vector(vector, permitted, most)))
    }

    fn word_scores(&self, query: &WordQuery, passages: &[PassageKey]) -> Result<Vec<f32>, Error> {
        let mut scores = vec![0.0; passages.len()];
        for (index, part, _) in self.parts() {
            let (mut rows, mut places) = (Vec::new(), Vec::new());
            for (place, passage) in passages.iter().enumerate() {
                if let Some((_, row)) = self.place(*passage).filter(|(own, _)| *own == index) {
                    rows.push(row);
                    places.push(place);
                }
            }
            let found = part.segment().word_scores(query, &rows);
            places.into_iter().zip(found).for_each(|(place, score)| scores[place] = score);
        }
        Ok(scores)
    }

    fn vectors(&self, passages: &[PassageKey]) -> Result<Vec<Vec<f32>>, Error> {
        let vector = |passage: &PassageKey| {
            let place = self.place(*passage);
            place.map_or_else(Vec::new, |(part, row)| self.version.parts[part].segment().vector(row))
        };
        Ok(passages.iter().map(vector).collect())
    }

    fn open(&self, passages: &[PassageKey], section_within: Option<usize>) -> Result<Vec<Opened>, Error> {
        let gone = || {
            let (collection, number) = (self.version.collection.clone(), self.version.number);
            Error::NoSuchVersion { collection, number }
        };
        let wanted = |passage: &PassageKey| {
            let (part, row) = self.place(*passage)?;
            let segment = self.version.parts[part].segment();
            let document = segment.document_of(row);
            Some((segment.row_id(document), (row - segment.rows_of(document).start) as usize))
        };
        let wanted: Vec<_> = passages.iter().map(wanted).collect::<Option<_>>().ok_or_else(gone)?;
        let opened = self.version.storage.read(|connection| store::open(connection, &wanted, section_within))?;
        // A row that is gone was erased, or its version is no longer kept: who asks again gets another version.
        opened.into_iter().collect::<Option<_>>().ok_or_else(gone)
    }

    fn facets(&self, fields: &[String], most: usize) -> Result<Vec<(String, Vec<FacetCount>)>, Error> {
        let parts: Vec<_> = self.parts().map(|(_, part, permitted)| (part.segment(), permitted)).collect();
        Ok(fields.iter().map(|field| (field.clone(), facets(&parts, field, most))).collect())
    }
}
