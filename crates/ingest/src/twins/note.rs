//! Looks among all documents of the use case for those that are nearly the same as one that a run has put. A report, not a
//! step of the path: the version is in place already, so a run is good without it. What two of them disagree on is looked
//! at when somebody asks, in the texts that are served then.

use super::contradiction::disagreements;
use super::{Pairs, Sketch, TwinDocument, Twins};
use crate::error::Result;
use crate::report::FeedJob;
use crate::run::Rooms;
use crate::store::{self, FeedKey};
use retrieval::At;

/// Pairs that one run notes, and that are compared sentence by sentence for one who asks: a report is for a person to read.
const MOST_PAIRS: usize = 1_000;

/// `put`: the documents of the run with their sketches.
pub(crate) fn note(rooms: &Rooms, job: &FeedJob<'_>, put: &[(String, Option<Sketch>)]) {
    let kept = pairs(rooms, job, put).and_then(|pairs| {
        let use_case = job.use_case.to_owned();
        Ok(rooms.storage.write_blocking(move |transaction| store::twins::keep(transaction, &use_case, &pairs))?)
    });
    if let Err(error) = kept {
        tracing::warn!(feed = job.collection(), %error, "documents that are nearly the same could not be looked for");
    }
}

fn pairs(rooms: &Rooms, job: &FeedJob<'_>, put: &[(String, Option<Sketch>)]) -> Result<Pairs> {
    let key = FeedKey { use_case: job.use_case.to_owned(), feed: job.feed_name.to_owned() };
    Ok(rooms.storage.read(|connection| {
        let mut pairs = Pairs::new();
        for (document, sketch) in put.iter().filter_map(|(document, sketch)| Some((document, sketch.as_ref()?))) {
            let this = TwinDocument { feed: job.feed_name.to_owned(), document: document.clone() };
            for (other, similarity) in store::twins::alike(connection, &key, document, sketch)? {
                let pair = if this <= other { (this.clone(), other) } else { (other, this.clone()) };
                pairs.insert(pair, similarity);
            }
            if pairs.len() >= MOST_PAIRS {
                break;
            }
        }
        Ok(pairs)
    })?)
}

/// The pairs of a use case with what they disagree on: those that do first, then by similarity.
pub(crate) fn compared(rooms: &Rooms, use_case: &str) -> Result<Vec<Twins>> {
    let pairs = rooms.storage.read(|connection| store::twins::most_alike(connection, use_case, MOST_PAIRS))?;
    let text = |twin: &TwinDocument| {
        let groups = rooms.storage.read(|connection| store::groups_of(connection, use_case, twin))?;
        let version = rooms.collections.version(&format!("{use_case}/{}", twin.feed), At::Serving)?;
        let document = version.document(&twin.document, groups.as_deref().unwrap_or_default())?;
        Result::Ok(document.map(|document| document.text))
    };
    let mut all = Vec::new();
    for ((one, other), similarity) in pairs {
        // One of them may have gone with its feed.
        let (Some(first), Some(second)) = (text(&one)?, text(&other)?) else { continue };
        all.push(Twins { disagreements: disagreements(&first, &second), one, other, similarity });
    }
    all.sort_by(|left, right| {
        let agree = |twins: &Twins| twins.disagreements.is_empty();
        agree(left).cmp(&agree(right)).then(right.similarity.total_cmp(&left.similarity))
    });
    Ok(all)
}
