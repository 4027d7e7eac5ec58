//! What every home for collections must do, as tests that each of them runs. A home gives a function that makes a fresh
//! one, which keeps [`KEPT`] versions, and names it in [`backend_suite!`].

mod answers;
mod later;
mod model;
mod spaces;
mod versions;
mod visible;

use super::{At, Backend, Batch, Commit, DocumentRow, PassageRow, Space, TextHash, Version};
use crate::code_points::CodePoints;
use crate::document::{Place, indexed_text};
use sha2::{Digest, Sha256};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use {answers::*, later::*, spaces::*, versions::*, visible::*};

/// How many versions a fresh home keeps.
pub(crate) const KEPT: usize = 3;

/// A home without any collection, and whatever must live as long as it does.
pub(crate) struct Fresh {
    pub(crate) backend: Box<dyn Backend>,
    pub(crate) _keep: Box<dyn Any>,
}

/// Makes a `#[test]` of each topic; `$fresh` is a path to a `fn() -> Fresh`, `$here` one to a `fn() -> bool` that says whether
/// there is what this home needs.
macro_rules! backend_suite {
    ($fresh:path) => {
        $crate::backend::suite::backend_suite!($fresh, $crate::backend::suite::always);
    };
    ($fresh:path, $here:path) => {
        $crate::backend::suite::backend_suite!($fresh, $here:
            a_change_is_seen_when_it_is_committed_and_not_before,
            a_change_that_was_left_open_is_continued_or_abandoned,
            the_last_word_on_a_document_counts,
            an_empty_collection_answers_with_nothing,
            a_rollback_is_a_pointer_and_the_next_change_takes_back_what_came_after,
            a_change_is_given_up_when_another_version_is_served_meanwhile,
            versions_are_kept_as_declared_and_pinned,
            a_cursor_and_the_clock_of_rights_are_kept_with_the_version,
            erased_documents_are_gone_from_every_version,
            a_dropped_collection_begins_anew,
            everything_of_a_document_comes_back,
            readers_see_whole_versions_during_changes,
            what_is_changed_in_any_order_is_what_is_found,
            groups_decide_who_sees_a_document,
            any_filter_finds_what_it_admits,
            nothing_forbidden_changes_an_answer,
            words_are_scored_by_the_formula,
            ties_fall_by_document_and_ordinal,
            the_nearest_are_found_as_by_an_exact_search,
            passages_open_with_what_stands_around_them,
            a_question_that_fits_nothing_is_no_error,
            vectors_are_kept_by_text_and_space,
            a_vector_goes_with_its_last_text,
            another_space_is_refused_until_it_is_swapped,
            rights_taken_away_later_bind_an_older_version,
            the_last_word_on_rights_counts_though_the_document_is_gone,
            an_edition_tells_two_contents_of_one_number_apart,
        );
    };
    ($fresh:path, $here:path: $($topic:ident,)*) => {
        $(#[test]
        fn $topic() {
            if $here() {
                $crate::backend::suite::$topic(&$fresh);
            }
        })*
    };
}
pub(crate) use backend_suite;

pub(crate) fn always() -> bool {
    true
}

/// What a topic is given.
pub(crate) type Make<'a> = &'a dyn Fn() -> Fresh;

pub(crate) fn space() -> Space {
    Space { embedder: "suite-8".to_owned(), dimensions: 8 }
}

pub(crate) fn groups(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A document of these passages, which stand in its text one after the other.
pub(crate) fn document(id: &str, passages: &[&str]) -> DocumentRow {
    let text = passages.join("\n");
    let mut start = 0;
    let mut places = Vec::new();
    for (ordinal, passage) in passages.iter().enumerate() {
        let end = start + passage.chars().count();
        places.push(Place::new(ordinal as u32, start, end));
        start = end + 1;
    }
    with_places(id, "", &text, places)
}

fn with_places(id: &str, title: &str, text: &str, places: Vec<Place>) -> DocumentRow {
    let points = CodePoints::of(text);
    let passage = |place: Place| {
        let header = place.header.map_or("", |(start, end)| &text[points.bytes(start, end)]);
        let indexed = indexed_text(title, &place.heading, header, &text[points.bytes(place.start, place.end)]);
        PassageRow { text_hash: hash(&indexed), indexed, place }
    };
    DocumentRow {
        id: id.to_owned(),
        content_hash: format!("hash of {text}"),
        title: title.to_owned(),
        url: None,
        text: text.to_owned(),
        metadata: serde_json::Map::new(),
        groups: None,
        passages: places.into_iter().map(passage).collect(),
    }
}

fn hash(text: &str) -> TextHash {
    Sha256::digest(text).into()
}

/// A unit vector that depends on the text alone, spread evenly over all directions.
fn vector_of(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = Vec::with_capacity(dimensions);
    for index in 0..dimensions {
        let digest = Sha256::digest(format!("{index} {text}"));
        // The sum of several even numbers is nearly normal, which is what makes the direction even.
        let sum: i32 = digest.iter().take(12).map(|byte| i32::from(*byte) - 128).sum();
        vector.push(sum as f32 + 0.5);
    }
    crate::embedder::normalise(&mut vector);
    vector
}

pub(crate) fn batch(space: &Space, upsert: Vec<DocumentRow>, delete: &[&str]) -> Batch {
    let mut vectors = BTreeMap::new();
    for passage in upsert.iter().flat_map(|document| &document.passages) {
        vectors.entry(passage.text_hash).or_insert_with(|| vector_of(&passage.indexed, space.dimensions));
    }
    Batch { upsert, delete: groups(delete), vectors: vectors.into_iter().collect() }
}

/// One change in one piece; gives its number.
pub(crate) fn apply(backend: &dyn Backend, collection: &str, upsert: Vec<DocumentRow>, delete: &[&str]) -> u64 {
    apply_in(backend, collection, &space(), upsert, delete)
}

fn apply_in(backend: &dyn Backend, collection: &str, space: &Space, upsert: Vec<DocumentRow>, delete: &[&str]) -> u64 {
    let number = backend.open_change(collection, space).expect("a change can be begun");
    let batch = batch(space, upsert, delete);
    backend.stage(collection, number, batch, Some(Commit::default())).expect("it can be committed");
    number
}

fn stage(backend: &dyn Backend, collection: &str, number: u64, upsert: Vec<DocumentRow>, delete: &[&str]) {
    backend.stage(collection, number, batch(&space(), upsert, delete), None).expect("it can be staged");
}

pub(crate) fn serving(backend: &dyn Backend, collection: &str) -> Arc<dyn Version> {
    backend.version(collection, At::Serving).expect("it can be read")
}

/// Ids of all documents of a version that one without groups sees.
pub(crate) fn ids(version: &Arc<dyn Version>) -> Vec<String> {
    model::seen(version, &[], &crate::Filter::default()).into_keys().collect()
}

/// Holds the served version against the plain reading of these documents.
pub(crate) fn check_all(backend: &dyn Backend, collection: &str, documents: &[DocumentRow]) {
    let filter = crate::Filter::default();
    let model = model::Model::new(documents, space().dimensions, &[], &filter);
    model.check(model::scope(&serving(backend, collection), &[], &filter).as_ref(), "kettle shade", &[], 20);
}
