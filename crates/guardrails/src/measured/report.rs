//! The table of figures.

use serde::Serialize;
use statistics::{Interval, Scored, Z_95, area_interval, wilson};

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What is measured: `injection, English`.
    pub capability: String,
    /// All of it, or a part: a source, a language, a kind.
    pub part: String,
    /// Which figure: `recall`, `false alarms`, `AUC`, `F1`.
    pub measure: String,
    /// A share or an area, 0 to 1, or a time in µs, as `measure` says; `None` where the rows do not allow it.
    pub value: Option<f64>,
    /// 95 %.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// The rows that it rests on.
    pub rows: usize,
    /// Only the lines of the goals' table have one.
    pub goal: Option<Goal>,
}

impl Figure {
    /// A share with Wilson's interval.
    pub fn share(capability: &str, part: &str, measure: &str, hits: usize, rows: usize) -> Self {
        let value = (rows > 0).then(|| hits as f64 / rows as f64);
        let interval = value.map(|_| wilson(hits, rows, Z_95));
        Self::new(capability, part, measure, value, interval, rows)
    }

    /// An area under the ROC curve with Hanley and McNeil's interval.
    pub fn area(capability: &str, part: &str, scored: &[Scored]) -> Self {
        let known = area_interval(scored, Z_95);
        Self::new(
            capability,
            part,
            "AUC",
            known.map(|(area, _)| area),
            known.map(|(_, interval)| interval),
            scored.len(),
        )
    }

    pub fn new(
        capability: &str,
        part: &str,
        measure: &str,
        value: Option<f64>,
        interval: Option<Interval>,
        rows: usize,
    ) -> Self {
        Self {
            capability: capability.to_owned(),
            part: part.to_owned(),
            measure: measure.to_owned(),
            value,
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            rows,
            goal: None,
        }
    }

    #[must_use]
    pub fn goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// `None` without a goal or without a value.
    pub fn is_met(&self) -> Option<bool> {
        Some(self.goal?.is_met(self.value?))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    pub figures: Vec<Figure>,
    /// What was not measured, and why; and what a reader must know to read a figure right.
    pub notes: Vec<String>,
}

impl Report {
    pub fn push(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}
