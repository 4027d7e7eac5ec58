//! Attacks and honest sentences in other languages, as patterns: for each language the same matters in the same proportion, honest
//! ones in the attacks' words among them, so that a foreign language is no sign of an attack.

use super::grammar::Slots;

mod asian;
mod european;
pub(super) mod everyday;
mod latin;

pub(super) struct Language {
    pub(super) slots: Slots,
    pub(super) attacks: &'static [&'static str],
    pub(super) honest: &'static [&'static str],
}

/// German, Dutch, Polish, Russian, Turkish, Greek; French, Spanish, Portuguese, Italian, Romanian; Arabic, Hindi, Bengali,
/// Chinese, Japanese, Korean, Thai, Vietnamese, Indonesian, Filipino.
pub(super) fn languages() -> impl Iterator<Item = &'static Language> {
    european::LANGUAGES.iter().chain(latin::LANGUAGES).chain(asian::LANGUAGES)
}
