//! What a sentence shows of whether it is supported, as numbers for the trees. Each is higher where a sentence is
//! likelier unsupported, or tells the trees what kind of sentence it is.

use super::align::{Aligned, Asked, State};
use super::best::{Best, is_binding};
use super::cues::{Cue, cue};
use super::index::{Index, carries_meaning};
use super::lexicon::KNOWN;
use super::{near, order};
use crate::words::{Kind, Placed};

/// Names of the features, in their order; a model file repeats them, so that one that was trained on others is refused.
pub(crate) const NAMES: &[&str] = &[
    "missing_here",
    "missing_anywhere",
    "missing_soft",
    "missing_rule",
    "names_missing",
    "names_missing_share",
    "names_elsewhere",
    "numbers_missing",
    "numbers_elsewhere",
    "numbers",
    "names",
    "pairs_missing",
    "triples_missing",
    "longest_run",
    "longest_run_share",
    "out_of_order",
    "negation_added",
    "negation_lost",
    "negation_parity",
    "opposites",
    "sisters",
    "alike",
    "absent",
    "absent_unknown",
    "absent_rare",
    "absent_rarest",
    "asked_only",
    "asked_share",
    "first_person",
    "second_person",
    "opinions",
    "hedges_new",
    "extents_new",
    "links_new",
    "question",
    "exclaims",
    "words",
    "content_words",
    "apart",
    "apart_share",
    "swapped",
    "inserted",
    "begins_missing",
    "ends_missing",
    "function_missing",
    "yes_no",
    "has_question",
    "places",
    "place_length",
    "cues",
    "answered_share",
    "vector_missing",
    "vector_worst",
    "vector_mean",
    "far_words",
    "standing_out",
    "lonely",
    "lonely_share",
];

/// Everything that a sentence is judged by.
pub(super) struct Judged<'a> {
    pub(super) index: &'a Index,
    pub(super) text: &'a str,
    pub(super) words: &'a [Placed],
    pub(super) aligned: &'a [Aligned],
    pub(super) best: Option<&'a Best>,
    pub(super) asked: &'a Asked,
    /// Log-odds of the words alone.
    pub(super) cues: f64,
}

/// How rare the rarest word is on the scale of the shipped lexicon.
const RAREST: f64 = 18.0;

impl Judged<'_> {
    /// The features in the order of [`NAMES`].
    pub(super) fn features(&self) -> Vec<f32> {
        let mut found = Vec::with_capacity(NAMES.len());
        self.coverage(&mut found);
        self.bindings(&mut found);
        self.sequence(&mut found);
        self.states(&mut found);
        self.manner(&mut found);
        self.relations(&mut found);
        self.surroundings(&mut found);
        debug_assert_eq!(found.len(), NAMES.len(), "a name for each feature");
        found.into_iter().map(|value| value as f32).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&Placed, &Aligned)> {
        self.words.iter().zip(self.aligned)
    }

    fn content(&self) -> impl Iterator<Item = (&Placed, &Aligned)> {
        self.pairs().filter(|(placed, aligned)| carries_meaning(placed.word.kind) && aligned.first)
    }

    /// A name also where it begins the sentence: a word with a capital that no dictionary has.
    fn is_name(placed: &Placed, aligned: &Aligned) -> bool {
        placed.word.kind == Kind::Name
            || (placed.capital && placed.word.kind == Kind::Content && aligned.known.is_none())
    }

    fn coverage(&self, found: &mut Vec<f64>) {
        let total: f64 = self.content().map(|(_, aligned)| aligned.weight).sum::<f64>().max(1e-9);
        let missing = |worth: &dyn Fn(State) -> f64| {
            let held: f64 = self.content().map(|(_, aligned)| aligned.weight * worth(aligned.state)).sum();
            1.0 - held / total
        };
        found.push(missing(&|state| f64::from(u8::from(state == State::Here))));
        found.push(missing(&|state| f64::from(u8::from(state <= State::Elsewhere))));
        found.push(missing(&|state| match state {
            State::Here => 1.0,
            State::Elsewhere => 0.9,
            State::Alike => 0.8,
            State::Sister => 0.2,
            _ => 0.0,
        }));
        found.push(1.0 - self.best.map_or(0.0, |best| best.support));
    }

    fn bindings(&self, found: &mut Vec<f64>) {
        let names = || self.content().filter(|(placed, aligned)| Self::is_name(placed, aligned));
        let numbers = || self.content().filter(|(placed, _)| placed.word.kind == Kind::Number);
        let all_names = names().count() as f64;
        let gone = names().filter(|(_, aligned)| aligned.state > State::Alike).count() as f64;
        found.push(gone);
        found.push(if all_names > 0.0 { gone / all_names } else { -1.0 });
        found.push(names().filter(|(_, aligned)| aligned.state == State::Elsewhere).count() as f64);
        found.push(numbers().filter(|(_, aligned)| aligned.state > State::Elsewhere).count() as f64);
        found.push(numbers().filter(|(_, aligned)| aligned.state == State::Elsewhere).count() as f64);
        found.push(numbers().count() as f64);
        found.push(all_names);
    }

    fn sequence(&self, found: &mut Vec<f64>) {
        found.extend(order::missing_neighbours(self.index, self.words));
        let (mut run, mut longest, mut content) = (0_u32, 0_u32, 0_u32);
        for (placed, aligned) in self.pairs().filter(|(placed, _)| placed.word.kind != Kind::Function) {
            let held = aligned.state <= State::Alike;
            run = if held { 0 } else { run + 1 };
            longest = longest.max(run);
            content += u32::from(carries_meaning(placed.word.kind));
        }
        found.push(f64::from(longest));
        found.push(f64::from(longest) / f64::from(content.max(1)));
        found.push(order::out_of_order(self.index, self.words, self.best));
        let (added, lost) = order::negations(self.index, self.words, self.best);
        found.push(added);
        found.push(lost);
        let here = self.words.iter().filter(|placed| placed.word.kind == Kind::Negation).count() % 2 == 1;
        let there = self.best.is_some_and(|best| (best.first..=best.last).any(|at| self.index.places[at].negated));
        found.push(f64::from(u8::from(here)) - f64::from(u8::from(there)));
    }

    fn states(&self, found: &mut Vec<f64>) {
        let count = |wanted: State| self.content().filter(|(_, aligned)| aligned.state == wanted).count() as f64;
        found.push(count(State::Opposite));
        found.push(count(State::Sister));
        found.push(count(State::Alike));
        found.push(count(State::Absent));
        let absent = || self.content().filter(|(_, aligned)| aligned.state >= State::Sister);
        let rarity =
            |aligned: &Aligned| aligned.known.map_or(RAREST, |number| RAREST - f64::from(KNOWN.common(number)));
        found.push(absent().filter(|(_, aligned)| aligned.known.is_none()).count() as f64);
        let all = self.content().count().max(1) as f64;
        found.push(absent().map(|(_, aligned)| rarity(aligned)).sum::<f64>() / all);
        found.push(absent().map(|(_, aligned)| rarity(aligned)).fold(0.0, f64::max));
        found.push(count(State::Asked) / all);
        let total: f64 = self.content().map(|(_, aligned)| aligned.weight).sum::<f64>().max(1e-9);
        let asked = self.content().filter(|(placed, _)| self.asked.contains(&placed.id));
        found.push(asked.map(|(_, aligned)| aligned.weight).sum::<f64>() / total);
    }

    fn manner(&self, found: &mut Vec<f64>) {
        let (mut first, mut second, mut opinions, mut hedges, mut extents, mut links) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (placed, aligned) in self.pairs() {
            let raw = &self.text[placed.start..placed.end];
            if raw.len() > 16 {
                continue;
            }
            let new = f64::from(u8::from(aligned.state != State::Here));
            match cue(&raw.to_ascii_lowercase().replace('’', "'")) {
                Some(Cue::FirstPerson) => first += 1.0,
                Some(Cue::SecondPerson) => second += 1.0,
                Some(Cue::Opinion) => opinions += new,
                Some(Cue::Hedge) => hedges += new,
                Some(Cue::Extent) => extents += new,
                Some(Cue::Link) => links += new,
                None => {}
            }
        }
        let text = self.text.trim_end();
        let ends = |mark: char| f64::from(u8::from(text.ends_with(mark)));
        found.extend([first, second, opinions, hedges, extents, links, ends('?'), ends('!')]);
        found.push(self.words.len() as f64);
        found.push(self.content().count() as f64);
    }

    fn relations(&self, found: &mut Vec<f64>) {
        let (apart, share) = order::apart(self.index, self.words, self.aligned);
        found.push(apart);
        found.push(share);
        let (swapped, inserted) = order::swapped_or_inserted(self.index, self.words, self.aligned, self.best);
        found.push(swapped);
        found.push(inserted);
        let content = || self.pairs().filter(|(placed, _)| carries_meaning(placed.word.kind));
        let gone = |pair: Option<(&Placed, &Aligned)>| {
            pair.map_or(0.0, |(placed, aligned)| {
                let binding = if is_binding(placed.word.kind) { 2.0 } else { 1.0 };
                if aligned.state > State::Alike { binding } else { 0.0 }
            })
        };
        found.push(gone(content().next()));
        found.push(gone(content().last()));
        let functions = || self.pairs().filter(|(placed, _)| placed.word.kind == Kind::Function);
        let new = functions().filter(|(_, aligned)| aligned.state != State::Here).count() as f64;
        found.push(new / functions().count().max(1) as f64);
    }

    fn surroundings(&self, found: &mut Vec<f64>) {
        let first = self.words.first().map(|placed| self.text[placed.start..placed.end].len() <= 4);
        let yes_no = first == Some(true)
            && matches!(
                self.text[self.words[0].start..self.words[0].end].to_ascii_lowercase().as_str(),
                "yes" | "no" | "yeah" | "yep" | "nope" | "oh" | "well" | "ah" | "i" | "hi" | "hey"
            );
        found.push(f64::from(u8::from(yes_no)));
        found.push(f64::from(u8::from(!self.asked.is_empty())));
        found.push((1.0 + self.index.places.len() as f64).ln());
        let length = self.best.map_or(0, |best| self.index.places[best.last].to - self.index.places[best.first].from);
        found.push(length as f64 / (1.0 + self.words.len() as f64));
        found.push(self.cues);
        let content = self.content().count().max(1) as f64;
        let new =
            self.content().filter(|(placed, aligned)| aligned.state == State::Here && !self.asked.contains(&placed.id));
        found.push(1.0 - new.count() as f64 / content);
        found.extend(near::missing(self.index, self.text, self.words, self.aligned));
        found.extend(order::lonely(self.index, self.words, self.aligned));
    }
}
