//! How well what was found agrees with labelled rows: a finding is right when it has the type of a labelled span and shares at
//! least half of their union with it (intersection over union), each span being matched once.

use super::tagger::Tagged;
use serde::Deserialize;

/// A labelled row. Places count code points.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Row {
    pub(crate) text: String,
    pub(crate) spans: Vec<Span>,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    #[serde(rename = "type")]
    pub(crate) label: String,
}

/// The number of a labelled type among [`super::KINDS`].
pub(crate) fn kind_of(label: &str) -> Option<usize> {
    match label {
        "PERSON" => Some(0),
        "LOCATION" => Some(1),
        "ADDRESS" => Some(2),
        "ORGANIZATION" | "ORGANISATION" => Some(3),
        _ => None,
    }
}

impl Row {
    /// The labelled names, in bytes.
    pub(crate) fn names(&self) -> Vec<Tagged> {
        let places: Vec<usize> = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]).collect();
        let byte = |point: usize| places.get(point).copied().unwrap_or(self.text.len());
        let name = |span: &Span| {
            let kind = kind_of(&span.label)?;
            let (start, end) = (byte(span.start), byte(span.end));
            (start < end).then_some(Tagged { start, end, kind })
        };
        self.spans.iter().filter_map(name).collect()
    }
}

/// What was found of a kind, and what was to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) right: usize,
    pub(crate) found: usize,
    pub(crate) labelled: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.right += other.right;
        self.found += other.found;
        self.labelled += other.labelled;
    }

    pub(crate) fn precision(self) -> Option<f64> {
        (self.found > 0).then(|| self.right as f64 / self.found as f64)
    }

    pub(crate) fn recall(self) -> Option<f64> {
        (self.labelled > 0).then(|| self.right as f64 / self.labelled as f64)
    }

    /// The harmonic mean of both; `None` where there is nothing to find and nothing found.
    pub(crate) fn f1(self) -> Option<f64> {
        let all = self.found + self.labelled;
        (all > 0).then(|| 2.0 * self.right as f64 / all as f64)
    }
}

/// Compares a row's findings with its labels, per kind.
pub(crate) fn agreement(labelled: &[Tagged], found: &[Tagged]) -> [Counts; 4] {
    let mut counts = [Counts::default(); 4];
    labelled.iter().for_each(|name| counts[name.kind].labelled += 1);
    let mut taken = vec![false; labelled.len()];
    for name in found {
        counts[name.kind].found += 1;
        let fits = |other: &Tagged| {
            let shared = name.end.min(other.end).saturating_sub(name.start.max(other.start));
            let union = name.end.max(other.end) - name.start.min(other.start);
            other.kind == name.kind && shared * 2 >= union
        };
        if let Some(at) = (0..labelled.len()).find(|at| !taken[*at] && fits(&labelled[*at])) {
            taken[at] = true;
            counts[name.kind].right += 1;
        }
    }
    counts
}
