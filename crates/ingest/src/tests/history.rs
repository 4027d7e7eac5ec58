//! Random histories: whatever happens to a source, and whichever runs die, what is found is what a simple model says, and
//! what was refused is in quarantine. The model reads everything at every run; the runs do not.

use super::scripted::{Said, Scripted};
use super::{House, house};
use crate::{FeedJob, How, run};
use proptest::prelude::*;
use retrieval::{At, Filter, Query};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use usecase::declared::{AccessRule, ContractCheck, Feed, RowCount};

const ITEMS: usize = 4;
const IDS: usize = 6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Good,
    /// It fails its contract.
    Bad,
    /// It has no text.
    Empty,
    /// Nobody can tell what it is.
    Broken,
}

#[derive(Clone, Debug)]
struct Document {
    id: usize,
    version: usize,
    groups: Option<Vec<&'static str>>,
    state: State,
}

#[derive(Clone, Debug)]
enum Contents {
    Absent,
    Unreadable,
    Holds(Vec<Document>),
}

#[derive(Clone, Debug)]
enum Kind {
    Whole,
    Replay,
    Killed(usize),
}

#[derive(Clone, Debug)]
struct Step {
    changes: Vec<(usize, Contents)>,
    how: Kind,
}

fn document() -> impl Strategy<Value = Document> {
    let groups = prop_oneof![Just(None), Just(Some(vec!["hr"])), Just(Some(vec!["hr", "staff"])), Just(Some(vec![]))];
    let state =
        prop_oneof![6 => Just(State::Good), 2 => Just(State::Bad), 1 => Just(State::Empty), 1 => Just(State::Broken)];
    (0..IDS, 0..3usize, groups, state).prop_map(|(id, version, groups, state)| Document { id, version, groups, state })
}

fn contents() -> impl Strategy<Value = Contents> {
    prop_oneof![
        1 => Just(Contents::Absent),
        1 => Just(Contents::Unreadable),
        5 => prop::collection::vec(document(), 0..4).prop_map(Contents::Holds),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let how = prop_oneof![4 => Just(Kind::Whole), 1 => Just(Kind::Replay), 3 => (0..ITEMS).prop_map(Kind::Killed)];
    (prop::collection::vec((0..ITEMS, contents()), 0..4), how).prop_map(|(changes, how)| Step { changes, how })
}

fn word(document: &Document) -> String {
    format!("d{}v{}", document.id, document.version)
}

fn item_name(item: usize) -> String {
    format!("i{item}.jsonl")
}

fn line(document: &Document) -> String {
    let mut fields = json!({"id": format!("d{}", document.id), "text": word(document), "owner": "x"});
    if let Some(groups) = &document.groups {
        fields["groups"] = json!(groups);
    }
    match document.state {
        State::Good => {}
        State::Bad => fields["owner"] = json!(""),
        State::Empty => fields["text"] = json!(""),
        State::Broken => return "{broken".to_owned(),
    }
    fields.to_string()
}

fn source(items: &[Contents]) -> Scripted {
    let mut script = Scripted::default();
    for (item, contents) in items.iter().enumerate() {
        let text = match contents {
            Contents::Absent => continue,
            Contents::Unreadable => {
                script.items.push((item_name(item), None, Said::Refused));
                continue;
            }
            Contents::Holds(documents) => documents.iter().map(line).collect::<Vec<_>>().join("\n"),
        };
        // The text itself is its version: what goes back to what it was has its old version, too.
        script.items.push((item_name(item), Some(text.clone()), Said::Bytes(text)));
    }
    script
}

/// What is served, and what is quarantined.
#[derive(Clone, Debug, Default)]
struct Model {
    /// By id: the version that serves, and the item that it came from.
    served: BTreeMap<usize, (Document, usize)>,
    quarantined: BTreeSet<(String, String)>,
}

impl Model {
    /// One good run over the whole source.
    fn run(&mut self, items: &[Contents]) {
        let (mut claimed, mut seen, mut doubtful) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        self.quarantined.clear();
        for (item, contents) in items.iter().enumerate() {
            let name = item_name(item);
            let documents = match contents {
                Contents::Absent => continue,
                Contents::Unreadable => {
                    doubtful.insert(item);
                    self.quarantined.insert((name.clone(), name));
                    continue;
                }
                Contents::Holds(documents) => documents,
            };
            for document in documents.iter().filter(|document| matches!(document.state, State::Good | State::Bad)) {
                let first = claimed.insert(document.id);
                let good = first && document.state == State::Good;
                seen.insert(document.id);
                if good {
                    self.served.insert(document.id, (document.clone(), item));
                } else {
                    self.quarantined.insert((name.clone(), format!("d{}", document.id)));
                }
                if first && !good {
                    if self.withdraws(document) {
                        self.served.remove(&document.id);
                    }
                    self.stands_in(document.id, item);
                }
            }
            for (place, document) in documents.iter().enumerate() {
                if document.state == State::Empty {
                    if claimed.insert(document.id) {
                        self.stands_in(document.id, item);
                    }
                    seen.insert(document.id);
                    self.quarantined.insert((name.clone(), format!("d{}", document.id)));
                } else if document.state == State::Broken {
                    doubtful.insert(item);
                    self.quarantined.insert((name.clone(), format!("{name}#{}", place + 1)));
                }
            }
        }
        self.served.retain(|id, (_, item)| seen.contains(id) || doubtful.contains(item));
    }

    /// The old version that serves belongs to the item that has the new one.
    fn stands_in(&mut self, id: usize, item: usize) {
        if let Some((_, stands)) = self.served.get_mut(&id) {
            *stands = item;
        }
    }

    fn withdraws(&self, new: &Document) -> bool {
        let Some((old, _)) = self.served.get(&new.id) else { return false };
        match (&new.groups, &old.groups) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(now), Some(old)) => old.iter().any(|group| !now.contains(group)),
        }
    }

    fn found_by(&self, groups: &[&str]) -> BTreeSet<String> {
        let sees = |document: &Document| match &document.groups {
            None => true,
            Some(allowed) => allowed.iter().any(|group| groups.contains(group)),
        };
        self.served.values().filter(|(document, _)| sees(document)).map(|(document, _)| word(document)).collect()
    }
}

/// Everything that these groups can find.
fn found_by(house: &House, groups: &[&str]) -> BTreeSet<String> {
    let words: Vec<String> = (0..IDS).flat_map(|id| (0..3).map(move |version| format!("d{id}v{version}"))).collect();
    let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
    let version = house.collections.version("support/handbook", At::Serving).expect("a version");
    let query = Query {
        text: &words.join(" "),
        vectors: &[],
        top: 100,
        groups: &groups,
        filter: &Filter::default(),
        words_weight: 1.0,
        section_within: None,
        rerank: None,
        explain: false,
    };
    let found = retrieval::search(&[version], &query).expect("a search");
    found.passages.into_iter().map(|passage| passage.text).collect()
}

fn replay(house: &House, steps: &[Step]) {
    let mut items = vec![Contents::Absent; ITEMS];
    let mut model = Model::default();
    for (place, step) in steps.iter().enumerate() {
        for (item, contents) in &step.changes {
            items[*item] = contents.clone();
        }
        let how = How { replay: matches!(step.how, Kind::Replay), ..How::default() };
        let job = FeedJob { how, ..house.job() };
        let mut script = source(&items);
        let killed = match step.how {
            Kind::Killed(after) if after < script.items.len() => {
                script = script.breaking(after);
                true
            }
            _ => false,
        };
        let outcome = run::run(&house.ingest.rooms, &job, Ok(Box::new(script)), &|_| ());
        let told = format!("step {place} of {steps:#?}\nended as {outcome:?}");
        assert_eq!(outcome.is_err(), killed, "{told}");
        if let Ok(report) = outcome {
            model.run(&items);
            let parts = report.added + report.changed + report.unchanged + report.quarantined.len();
            assert_eq!((report.seen, house.staged()), (parts, 0), "{told}");
            let held = report.quarantined.iter().map(|held| (held.path.clone(), held.document.clone()));
            assert_eq!(held.collect::<BTreeSet<_>>(), model.quarantined, "{told}");
        }
        let served: BTreeSet<String> = house.served().into_iter().collect();
        assert_eq!(served, model.served.keys().map(|id| format!("d{id}")).collect(), "{told}");
        for groups in [&["hr", "staff"][..], &["hr"], &[]] {
            assert_eq!(found_by(house, groups), model.found_by(groups), "{groups:?}: {told}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 300, ..ProptestConfig::default() })]
    #[test]
    fn any_history_ends_in_what_the_model_serves(steps in prop::collection::vec(step(), 1..8)) {
        let mut house = house(&[]);
        house.ingest.rooms.batch = 1;
        let checks = vec![
            ContractCheck::NotNull("owner".to_owned()),
            ContractCheck::RowCount(RowCount { min: Some(0), max: None }),
        ];
        house.feed = Feed { access: AccessRule::parse("front-matter:groups"), checks, ..Feed::of_files("*.jsonl") };
        replay(&house, &steps);
    }
}
