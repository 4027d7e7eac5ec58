//! The judgement as it is shown and recorded, and the proof that it was favourable.

use serde::Serialize;
use std::fmt;
use usecase::{BundleId, Timestamp, UseCase};

/// Whether one line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineState {
    Holds,
    Fails,
}

/// One of the six lines. It fails exactly when something is missing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// 1 to 6.
    pub number: u8,
    /// The line in the product's words.
    pub title: &'static str,
    pub state: LineState,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// What to do about it, with the command or the key to write.
    pub missing: Vec<String>,
    /// Limits of what was judged, and facts worth knowing that decide nothing.
    pub notes: Vec<String>,
}

/// The judgement of all six lines. Only `judge` makes one. Its fields are there to be shown; the proof was settled when
/// the judgement was made, and changing them does not change it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Readiness {
    pub use_case: String,
    /// The bundle that was judged.
    pub bundle: BundleId,
    pub at: Timestamp,
    /// Whether all six lines hold.
    pub holds: bool,
    pub lines: Vec<Line>,
    #[serde(skip)]
    proof: Result<Ready, Vec<String>>,
}

impl Readiness {
    pub(super) fn new(use_case: &UseCase, at: Timestamp, lines: Vec<Line>) -> Self {
        let (name, bundle) = (use_case.name.clone(), use_case.bundle.clone());
        let failing: Vec<String> =
            lines.iter().filter(|line| line.state == LineState::Fails).map(|line| line.title.to_owned()).collect();
        let holds = failing.is_empty();
        let ready = Ready { use_case: name.clone(), bundle: bundle.clone(), at, lines: lines.clone() };
        let proof = if holds { Ok(ready) } else { Err(failing) };
        Self { use_case: name, bundle, at, holds, lines, proof }
    }

    /// The proof that a release demands.
    ///
    /// # Errors
    /// The titles of the lines that fail.
    pub fn proof(&self) -> Result<Ready, Vec<String>> {
        self.proof.clone()
    }

    /// Plain text for a terminal, without colours: every line begins with its number and `holds` or `FAILS`; below it
    /// `+` is evidence, `!` is what to do, `~` is a note.
    pub fn render(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, bundle {}", self.use_case, self.bundle)?;
        for line in &self.lines {
            let state = match line.state {
                LineState::Holds => "holds",
                LineState::Fails => "FAILS",
            };
            writeln!(f, "{} {state}  {}", line.number, line.title)?;
            for (mark, texts) in [('+', &line.evidence), ('!', &line.missing), ('~', &line.notes)] {
                texts.iter().try_for_each(|text| writeln!(f, "         {mark} {text}"))?;
            }
        }
        let holding = self.lines.iter().filter(|line| line.state == LineState::Holds).count();
        writeln!(f, "{holding} of {} lines hold", self.lines.len())
    }
}

/// Proof that the six lines held for a bundle. Only `Readiness::proof` makes one, and a release demands it. It can be
/// written out but not read in, so that no file or request can forge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ready {
    use_case: String,
    bundle: BundleId,
    at: Timestamp,
    lines: Vec<Line>,
}

impl Ready {
    pub fn use_case(&self) -> &str {
        &self.use_case
    }

    /// The bundle that was judged.
    pub fn bundle(&self) -> &BundleId {
        &self.bundle
    }

    /// When it was judged.
    pub fn at(&self) -> Timestamp {
        self.at
    }
}
