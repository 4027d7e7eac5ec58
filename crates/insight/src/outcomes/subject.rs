//! From rows to subjects: which requests and which reports belong together.

use super::Worked;
use ledger::{OutcomeRow, OutcomeSubject, RequestRow, Source};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use usecase::{BundleId, Cost, TraceId};

/// A conversation, or a request that belongs to none.
#[derive(Default)]
pub(super) struct Subject<'a> {
    /// Of all its requests.
    pub(super) cost: Cost,
    /// The bundles that its requests met; `None` for a request without a bundle.
    bundles: BTreeSet<Option<&'a BundleId>>,
    /// Everything that was reported about it or one of its requests, oldest first.
    reports: Vec<&'a OutcomeRow>,
    reviews: Vec<Worked>,
}

impl<'a> Subject<'a> {
    /// The latest report that no other supersedes.
    pub(super) fn counts(&self) -> Option<&'a OutcomeRow> {
        self.reports.iter().rev().copied().find(|report| !report.superseded)
    }

    pub(super) fn human_minutes(&self) -> f64 {
        let reported = self.reports.iter().map(|report| report.human_minutes);
        reported.chain(self.reviews.iter().map(|review| review.minutes)).sum()
    }

    /// The bundle that all its requests met.
    pub(super) fn only_bundle(&self) -> Option<&'a BundleId> {
        let mut bundles = self.bundles.iter();
        match (bundles.next(), bundles.next()) {
            (Some(only), None) => *only,
            _ => None,
        }
    }
}

/// All subjects of live traffic, by name.
pub(super) fn subjects<'a>(
    outcomes: &'a [OutcomeRow],
    requests: &'a [RequestRow],
    reviews: &[Worked],
) -> BTreeMap<OutcomeSubject, Subject<'a>> {
    let mut subjects: BTreeMap<OutcomeSubject, Subject<'a>> = BTreeMap::new();
    let mut subject_of: HashMap<TraceId, OutcomeSubject> = HashMap::new();
    for row in requests.iter().filter(|row| row.source == Source::Live) {
        let name = match &row.conversation {
            Some(conversation) => OutcomeSubject::Conversation(conversation.clone()),
            None => OutcomeSubject::Trace(row.trace),
        };
        if subject_of.insert(row.trace, name.clone()).is_some() {
            continue; // A row that was handed over twice was paid for once.
        }
        let subject = subjects.entry(name).or_default();
        // What a request costs that still runs nobody knows yet.
        subject.cost += if row.status.is_some() { row.cost } else { row.cost + Cost::UNKNOWN };
        subject.bundles.insert(row.bundle.as_ref());
    }
    for report in outcomes {
        let name = match &report.subject {
            OutcomeSubject::Trace(trace) => subject_of.get(trace),
            conversation @ OutcomeSubject::Conversation(_) => Some(conversation),
        };
        if let Some(subject) = name.and_then(|name| subjects.get_mut(name)) {
            subject.reports.push(report);
        }
    }
    for review in reviews {
        if let Some(subject) = subject_of.get(&review.trace).and_then(|name| subjects.get_mut(name)) {
            subject.reviews.push(*review);
        }
    }
    // Sums of fractions depend on their order; the figures must not depend on that of the rows.
    for subject in subjects.values_mut() {
        subject.reports.sort_by_key(|report| (report.occurred_at, report.recorded_at, &report.id));
        subject.reviews.sort_by(|a, b| a.trace.cmp(&b.trace).then(a.minutes.total_cmp(&b.minutes)));
    }
    subjects
}
