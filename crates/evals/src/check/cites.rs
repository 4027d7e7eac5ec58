//! `cites`: the answer rests on a document, named by its id; on all of them, when a list is given; on any at all, when
//! no value is given. `not-cites` with a list means none of them.

use super::{Observed, Rejected, Seen, Written, listed, text_list};
use std::collections::BTreeSet;

#[derive(Debug)]
pub(super) struct Cites {
    /// Empty: any document.
    documents: Vec<String>,
    /// Turned around, "all" would mean "not all of them": a secret document beside a harmless one would pass.
    any_is_enough: bool,
}

impl Cites {
    pub(super) fn parse(written: &Written) -> Result<Self, Rejected> {
        let documents = text_list(written, "the id of a document, or a list of ids")?.unwrap_or_default();
        Ok(Self { documents, any_is_enough: written.inverse })
    }

    pub(super) fn documents(&self) -> &[String] {
        &self.documents
    }

    pub(super) fn look(&self, observed: &Observed) -> Seen {
        let cited: BTreeSet<&str> =
            observed.citations.iter().map(|citation| citation.source.document.as_str()).collect();
        let got = match cited.is_empty() {
            true => "no citation".to_owned(),
            false => format!("cites {}", cited.iter().copied().collect::<Vec<_>>().join(", ")),
        };
        let mut wanted = self.documents.iter();
        let holds = match (self.documents.is_empty(), self.any_is_enough) {
            (true, _) => !cited.is_empty(),
            (false, true) => wanted.any(|document| cited.contains(document.as_str())),
            (false, false) => wanted.all(|document| cited.contains(document.as_str())),
        };
        Seen::new(holds, got)
    }

    pub(super) fn expected(&self) -> String {
        match (self.documents.as_slice(), self.any_is_enough) {
            ([], _) => "to cite a document".to_owned(),
            ([one], _) => format!("to cite \"{one}\""),
            (several, true) => format!("to cite any of {}", listed(several)),
            (several, false) => format!("to cite all of {}", listed(several)),
        }
    }
}
