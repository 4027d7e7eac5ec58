//! The plain reading of the rules: documents in a list, `Filter::admits`, sums in a loop. A scope must agree with it.

use super::super::{DocumentRow, FacetCount, Hit, Scope, Version, WordQuery};
use super::vector_of;
use crate::Filter;
use crate::filter::Scalar;
use crate::words::terms;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Scores are sums of few numbers; a home may add them in another order or precision.
const ROUNDING: f32 = 2e-4;
/// Vectors may be kept in fewer bits.
const QUANTISED: f32 = 4e-3;
const ALL: usize = 100_000;

/// A passage by document and position.
pub(super) type Name = (String, u32);

pub(super) fn scope(version: &Arc<dyn Version>, groups: &[String], filter: &Filter) -> Box<dyn Scope> {
    Arc::clone(version).scope(groups, filter).expect("a scope can be made")
}

/// The names of these hits, in their order.
pub(super) fn names(scope: &dyn Scope, hits: &[Hit]) -> Vec<Name> {
    let keys: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
    let opened = scope.open(&keys, None).expect("passages can be opened");
    opened.into_iter().map(|opened| (opened.document, opened.place.ordinal)).collect()
}

/// Documents that are seen, with the number of their passages: whatever is near to a vector or to its opposite.
pub(super) fn seen(version: &Arc<dyn Version>, groups: &[String], filter: &Filter) -> BTreeMap<String, usize> {
    let Some(space) = version.space() else { return BTreeMap::new() };
    let scope = scope(version, groups, filter);
    let hits = scope.by_vector(&vector_of("anything", space.dimensions), ALL).expect("it can be searched");
    let mut seen = BTreeMap::new();
    for (document, _) in names(scope.as_ref(), &hits) {
        *seen.entry(document).or_default() += 1;
    }
    seen
}

/// One permitted passage as the model has it.
struct Passage {
    name: Name,
    terms: Vec<String>,
    vector: Vec<f32>,
}

pub(super) struct Model {
    passages: Vec<Passage>,
    documents: Vec<DocumentRow>,
}

impl Model {
    /// What of these documents one may see.
    pub(super) fn new<'a>(
        documents: impl IntoIterator<Item = &'a DocumentRow>,
        dimensions: usize,
        groups: &[String],
        filter: &Filter,
    ) -> Self {
        let may_see = |document: &&DocumentRow| {
            document.groups.as_ref().is_none_or(|allowed| allowed.iter().any(|group| groups.contains(group)))
        };
        let seen = documents.into_iter().filter(may_see).filter(|document| filter.admits(&document.metadata));
        let mut documents: Vec<DocumentRow> = seen.cloned().collect();
        documents.sort_by(|one, other| one.id.cmp(&other.id));
        let mut passages = Vec::new();
        for document in &documents {
            for passage in &document.passages {
                passages.push(Passage {
                    name: (document.id.clone(), passage.place.ordinal),
                    terms: terms(&passage.indexed),
                    vector: vector_of(&passage.indexed, dimensions),
                });
            }
        }
        Self { passages, documents }
    }

    /// Ids of the documents that may be seen.
    pub(super) fn ids(&self) -> Vec<&str> {
        self.documents.iter().map(|document| document.id.as_str()).collect()
    }

    /// The nearest passages, best first.
    pub(super) fn nearest(&self, asked: &[f32], most: usize) -> Vec<Name> {
        let mut all: Vec<(f32, &Name)> =
            self.passages.iter().map(|passage| (kernels::dot_f32(asked, &passage.vector), &passage.name)).collect();
        all.sort_by(|(one, name), (other, next)| other.total_cmp(one).then_with(|| name.cmp(next)));
        all.into_iter().take(most).map(|(_, name)| name.clone()).collect()
    }

    /// Asks a scope everything, and compares.
    pub(super) fn check(&self, scope: &dyn Scope, question: &str, fields: &[&str], most: usize) {
        let query = self.check_statistics(scope, question);
        if let Some(query) = &query {
            self.check_words(scope, query, most);
        }
        self.check_vectors(scope, question, query.as_ref(), most);
        self.check_facets(scope, fields, most);
    }

    /// Gives the query in words, unless there is nothing to find.
    fn check_statistics(&self, scope: &dyn Scope, question: &str) -> Option<WordQuery> {
        let asked: Vec<String> = terms(question).into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let found = scope.statistics(&asked).expect("it can be counted");
        let holding =
            |term: &String| self.passages.iter().filter(|passage| passage.terms.contains(term)).count() as u64;
        let words: u64 = self.passages.iter().map(|passage| passage.terms.len() as u64).sum();
        let holding: Vec<u64> = asked.iter().map(holding).collect();
        assert_eq!((found.documents, found.passages), (self.documents.len() as u64, self.passages.len() as u64));
        assert_eq!((found.words, &found.holding), (words, &holding), "{asked:?}");
        if words == 0 {
            return None;
        }
        let rarity = |holding: &u64| {
            let (holding, all) = (*holding as f32, self.passages.len() as f32);
            (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
        };
        let terms = asked.into_iter().zip(holding.iter().map(rarity)).collect();
        Some(WordQuery { terms, average_length: words as f32 / self.passages.len() as f32, k1: 1.2, b: 0.75 })
    }

    fn check_words(&self, scope: &dyn Scope, query: &WordQuery, most: usize) {
        let expected: BTreeMap<&Name, f32> =
            self.passages.iter().map(|passage| (&passage.name, word_score(passage, query))).collect();
        let hits = scope.by_words(query, most).expect("it can be searched");
        let matching = expected.values().filter(|score| **score > 0.0).count();
        assert_eq!(hits.len(), matching.min(most), "every passage that holds a term, up to {most}");
        self.check_order(scope, &hits, &expected, ROUNDING);
        let keys: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
        let again = scope.word_scores(query, &keys).expect("they can be scored");
        assert_eq!(again, hits.iter().map(|hit| hit.score).collect::<Vec<_>>(), "one score, however it is asked for");
    }

    fn check_vectors(&self, scope: &dyn Scope, question: &str, query: Option<&WordQuery>, most: usize) {
        let Some(dimensions) = self.passages.first().map(|passage| passage.vector.len()) else { return };
        let asked = vector_of(question, dimensions);
        let cosine = |passage: &Passage| kernels::dot_f32(&asked, &passage.vector);
        let expected: BTreeMap<&Name, f32> =
            self.passages.iter().map(|passage| (&passage.name, cosine(passage))).collect();
        let hits = scope.by_vector(&asked, most).expect("it can be searched");
        assert_eq!(hits.len(), self.passages.len().min(most));
        self.check_order(scope, &hits, &expected, QUANTISED);
        let keys: Vec<_> = hits.iter().map(|hit| hit.passage).collect();
        let vectors = scope.vectors(&keys).expect("they can be read");
        let words = query.map(|query| scope.word_scores(query, &keys).expect("they can be scored"));
        for (index, name) in names(scope, &hits).iter().enumerate() {
            let passage = self.named(name);
            let scale = passage.vector.iter().fold(0.0f32, |most, value| most.max(value.abs()));
            for (found, expected) in vectors[index].iter().zip(&passage.vector) {
                assert!((found - expected).abs() <= 0.01 * scale, "{name:?}: {found} instead of {expected}");
            }
            if let (Some(words), Some(query)) = (&words, query) {
                let (found, expected) = (words[index], word_score(passage, query));
                assert!((found - expected).abs() < ROUNDING * expected.max(1.0), "{name:?}: {found}, not {expected}");
            }
        }
    }

    /// Best first, each score as expected, ties by name, and nothing better left out.
    fn check_order(&self, scope: &dyn Scope, hits: &[Hit], expected: &BTreeMap<&Name, f32>, tolerance: f32) {
        let names = names(scope, hits);
        let mut left: BTreeMap<&Name, f32> = expected.clone();
        for (hit, name) in hits.iter().zip(&names) {
            let score = left.remove(name).unwrap_or_else(|| panic!("{name:?} is forbidden, or found twice"));
            assert!((hit.score - score).abs() <= tolerance * score.abs().max(1.0), "{name:?}: {hit:?}, not {score}");
        }
        for (pair, names) in hits.windows(2).zip(names.windows(2)) {
            let order = pair[1].score.total_cmp(&pair[0].score).then_with(|| names[0].cmp(&names[1]));
            assert!(order.is_lt(), "{names:?} are in the wrong order: {pair:?}");
        }
        if let Some(last) = hits.last() {
            let missed = left.values().copied().fold(f32::MIN, f32::max);
            assert!(missed <= last.score + tolerance * last.score.abs().max(1.0), "{missed} was left out: {last:?}");
        }
    }

    fn named(&self, name: &Name) -> &Passage {
        self.passages.iter().find(|passage| passage.name == *name).expect("a permitted passage")
    }

    fn check_facets(&self, scope: &dyn Scope, fields: &[&str], most: usize) {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        let expected: Vec<_> = fields.iter().map(|field| (field.clone(), self.facet(field, most))).collect();
        assert_eq!(scope.facets(&fields, most).expect("they can be counted"), expected);
    }

    fn facet(&self, field: &str, most: usize) -> Vec<FacetCount> {
        let mut counts: Vec<(Scalar, u64)> = Vec::new();
        for document in &self.documents {
            let mut distinct: Vec<Scalar> = Vec::new();
            for value in document.metadata.get(field).map(Scalar::all_of).unwrap_or_default() {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            for value in distinct {
                match counts.iter_mut().find(|(known, _)| *known == value) {
                    Some((_, count)) => *count += 1,
                    None => counts.push((value, 1)),
                }
            }
        }
        FacetCount::ranked(counts, most)
    }
}

fn word_score(passage: &Passage, query: &WordQuery) -> f32 {
    let part = |(term, weight): &(String, f32)| {
        let count = passage.terms.iter().filter(|own| *own == term).count();
        if count == 0 { 0.0 } else { query.part(*weight, count as f32, passage.terms.len() as f32) }
    };
    query.terms.iter().map(part).sum()
}
