//! How a search came about, for the one who asked: only what the caller may see goes into it.

use super::feedback::Feedback;
use super::fusion::Fused;
use super::legs::Candidate;
use super::question::Weighed;
use super::{Ranked, Searched};
use crate::backend::Opened;
use serde::Serialize;

/// How a search came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// Each collection with the version that answered.
    pub collections: Vec<SearchedCollection>,
    /// The question's terms, function words left out, weightiest first.
    pub terms: Vec<Term>,
    /// What the best of a first pass added; `None` where so few passages may be searched that the first pass is the last.
    pub feedback: Option<Spoken>,
    /// Every candidate that was opened, best first.
    pub candidates: Vec<Explained>,
    /// Candidates that were scored and not opened: too far down.
    pub left_out: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchedCollection {
    pub collection: String,
    pub version: u64,
    /// `None` when it was searched by words alone.
    pub embedder: Option<String>,
    /// Documents and passages that the caller may see under the filter.
    pub documents: u64,
    pub passages: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    pub term: String,
    /// Rarity times how much it is asked.
    pub weight: f32,
    /// Passages that hold it, among those that the caller may see, whatever the filter.
    pub passages: u64,
}

/// What the best of the first pass added to the question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spoken {
    pub passages: Vec<Speaker>,
    /// What was asked for beside the question's own terms, weightiest first.
    pub terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speaker {
    pub collection: String,
    pub document: String,
    pub ordinal: u32,
    /// Its share of what they said, 0 to 1.
    pub weight: f32,
}

/// One candidate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    pub collection: String,
    pub document: String,
    pub ordinal: u32,
    pub score: f32,
    /// Whether it is among the passages that were given.
    pub kept: bool,
    #[serde(flatten)]
    pub leg: Leg,
}

/// What each leg made of it, and the first pass of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Leg {
    /// BM25, and its rank among the candidates from 1.
    pub words: f32,
    pub words_rank: usize,
    pub cosine: Option<f32>,
    pub cosine_rank: Option<usize>,
    /// The fused score before feedback.
    pub first_pass: f32,
}

impl Explanation {
    pub(super) fn begin(searched: &[Searched<'_>], question: &Weighed, ranked: &Ranked) -> Self {
        let collections = searched.iter().map(|one| SearchedCollection {
            collection: one.version.collection().to_owned(),
            version: one.version.number(),
            embedder: one.vector.and(one.version.space()).map(|space| space.embedder.clone()),
            documents: one.seen.documents,
            passages: one.seen.passages,
        });
        Self {
            collections: collections.collect(),
            terms: terms(question),
            feedback: ranked.feedback.as_ref().map(|feedback| spoken(searched, &ranked.candidates, feedback)),
            candidates: Vec::new(),
            left_out: ranked.fused.len(),
        }
    }

    pub(super) fn opened(&mut self, ranked: &Ranked, fused: &Fused, collection: &str, opened: &Opened) {
        self.left_out = self.left_out.saturating_sub(1);
        self.candidates.push(Explained {
            collection: collection.to_owned(),
            document: opened.document.clone(),
            ordinal: opened.place.ordinal,
            score: fused.score,
            kept: false,
            leg: leg(ranked, fused.at),
        });
    }

    /// The candidate that was told last is among the passages that are given.
    pub(super) fn kept(&mut self) {
        if let Some(last) = self.candidates.last_mut() {
            last.kept = true;
        }
    }
}

fn terms(weighed: &Weighed) -> Vec<Term> {
    let terms = weighed.query.terms.iter().zip(&weighed.holding);
    let mut terms: Vec<Term> = terms
        .map(|((term, weight), passages)| Term { term: term.clone(), weight: *weight, passages: *passages })
        .collect();
    terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.term.cmp(&b.term)));
    terms
}

fn spoken(searched: &[Searched<'_>], candidates: &[Candidate], feedback: &Feedback) -> Spoken {
    let passages = feedback.passages.iter().zip(&feedback.opened).map(|((at, weight), opened)| Speaker {
        collection: searched[candidates[*at].spot.0].version.collection().to_owned(),
        document: opened.document.clone(),
        ordinal: opened.place.ordinal,
        weight: *weight,
    });
    Spoken { passages: passages.collect(), terms: terms(&feedback.terms) }
}

fn leg(ranked: &Ranked, at: usize) -> Leg {
    let cosine = |candidate: &Candidate| candidate.near.as_ref().map(|near| near.cosine);
    let above = |beats: &dyn Fn(&Candidate) -> bool| 1 + ranked.candidates.iter().filter(|other| beats(other)).count();
    let one = &ranked.candidates[at];
    Leg {
        words: one.words,
        words_rank: above(&|other| other.words > one.words),
        cosine: cosine(one),
        cosine_rank: cosine(one).map(|own| above(&|other| cosine(other).is_some_and(|other| other > own))),
        first_pass: ranked.first[at],
    }
}
