//! Runs that die, and what the next one makes of what they left.

use super::scripted::{Said, Scripted};
use super::{House, counts, house, house_of};
use crate::{Error, RunState};
use usecase::declared::{ContractCheck, FeedPii, OnViolation};
use usecase::{Fault, Remedy};

fn small_batches() -> House {
    let mut house = house(&[]);
    house.ingest.rooms.batch = 3;
    house
}

#[test]
fn a_run_that_dies_in_the_middle_is_taken_up_without_embedding_again() {
    let house = small_batches();
    house.run_over(Scripted::numbered(4)).expect("good");
    assert_eq!(house.embedded(), 4);
    let error = house.run_over(Scripted::numbered(20).breaking(15)).expect_err("it breaks");
    assert_eq!((error.fault(), error.remedy()), (Fault::Operator, Remedy::RetrySame));
    // Readers see the old version whole; eleven new documents came, of which three batches are staged.
    assert_eq!((house.served().len(), house.staged(), house.embedded()), (4, 9, 13));
    assert!(house.found("word9", &[]).is_empty());

    let report = house.run_over(Scripted::numbered(20)).expect("good");
    assert_eq!(counts(&report), [20, 16, 0, 4, 0, 0]);
    assert_eq!((house.served().len(), house.staged(), house.embedded()), (20, 0, 20), "each text was embedded once");
    assert_eq!(house.found("word9", &[]), ["word9 stands alone"]);
    assert_eq!((report.passages, report.lineage.touched.len()), (16, 16));
}

#[test]
fn an_item_that_vanishes_keeps_its_documents_and_not_what_was_staged_of_it() {
    let mut house = small_batches();
    house.ingest.rooms.batch = 1;
    house.run_over(Scripted::of(&[("a.md", "1", "alpha"), ("b.md", "1", "beta")])).expect("good");
    let mut now = Scripted::of(&[("a.md", "2", "omega"), ("b.md", "1", "beta")]);
    house.run_over(now.clone().breaking(1)).expect_err("it breaks");
    now.items[0].2 = Said::Vanished;
    let report = house.run_over(now).expect("good");
    assert_eq!((counts(&report), house.staged()), ([1, 0, 0, 1, 0, 0], 0));
    assert_eq!(house.found("alpha omega", &[]), ["alpha"]);
}

#[test]
fn a_corpus_of_more_than_one_batch_of_the_usual_size() {
    let house = house(&[]);
    let error = house.run_over(Scripted::numbered(1200).breaking(1100)).expect_err("it breaks");
    assert!(matches!(error, Error::Source { .. }), "{error}");
    assert_eq!((house.served().len(), house.staged(), house.embedded()), (0, 1024, 1024));
    assert_eq!(counts(&house.run_over(Scripted::numbered(1200)).expect("good")), [1200, 1200, 0, 0, 0, 0]);
    assert_eq!((house.served().len(), house.staged(), house.embedded()), (1200, 0, 1200));
}

#[test]
fn what_a_dead_run_staged_counts_only_while_it_is_so() {
    let old = ("a.md", "1", "---\nowner: x\n---\nalpha");
    let seen_by_the_dead = ("a.md", "2", "---\nowner: x\n---\nomega");
    let same = ("z.md", "1", "---\nowner: x\n---\nzeta");
    // What the source has of `a.md` when the next run looks, and what is found then.
    let table = [
        (Some(seen_by_the_dead), vec!["omega"], 0),
        // The file is as it was before: its version is one that is remembered.
        (Some(old), vec!["alpha"], 0),
        (Some(("a.md", "3", "---\nowner: x\n---\ngamma")), vec!["gamma"], 0),
        // The dead run's version never served, so the one before it serves on.
        (Some(("a.md", "3", "---\nstate: y\n---\ngamma")), vec!["alpha"], 1),
        (Some(("a.md", "3", "---\nowner: [\n---\ngamma")), vec!["alpha"], 1),
        (None, vec![], 0),
    ];
    for (now, found, quarantined) in table {
        let mut house = small_batches();
        house.ingest.rooms.batch = 1;
        house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
        house.run_over(Scripted::of(&[old, same])).expect("good");
        let new = ("b.md", "1", "---\nowner: x\n---\nbeta");
        house.run_over(Scripted::of(&[seen_by_the_dead, new, same]).breaking(2)).expect_err("it breaks");
        assert_eq!(house.staged(), 2);
        assert_eq!(house.found("alpha omega gamma beta", &[]), ["alpha"]);
        let items: Vec<_> = now.into_iter().chain([same]).collect();
        let report = house.run_over(Scripted::of(&items)).expect("good");
        assert_eq!(house.found("alpha omega gamma beta", &[]), found, "{now:?}");
        assert_eq!((report.quarantined.len(), house.staged()), (quarantined, 0), "{now:?}");
        assert_eq!(report.deleted, usize::from(now.is_none()), "`b.md` was never seen by anybody: {report:?}");
    }
}

#[test]
fn a_stricter_policy_holds_for_what_was_staged_too() {
    let mut house = small_batches();
    house.ingest.rooms.batch = 1;
    let source = Scripted::of(&[("a.md", "1", "Write to jane.roe@example.com."), ("b.md", "1", "beta")]);
    house.run_over(source.clone().breaking(1)).expect_err("it breaks");
    house.feed.pii = FeedPii::Mask;
    house.run_over(source.clone()).expect("good");
    assert_eq!(house.found("write", &[]), ["Write to [EMAIL]."]);

    let mut house = small_batches();
    house.ingest.rooms.batch = 1;
    house.run_over(source.clone().breaking(1)).expect_err("it breaks");
    house.feed.pii = FeedPii::Quarantine;
    assert_eq!(house.run_over(source).expect("good").quarantined.len(), 1);
    assert_eq!(house.served(), ["b.md"]);
}

#[test]
fn a_refused_run_forgets_what_a_dead_one_staged() {
    let mut house = small_batches();
    house.run_over(Scripted::numbered(8).breaking(7)).expect_err("it breaks");
    assert_eq!(house.staged(), 6);
    house.feed.on_violation = OnViolation::Stop;
    house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
    house.run_over(Scripted::numbered(8)).expect_err("a violation");
    assert_eq!((house.served().len(), house.staged()), (0, 0));
}

#[test]
fn a_full_disk_leaves_the_last_version_and_the_room_to_go_on() {
    let options = storage::Options { max_bytes: Some(3 << 20), ..storage::Options::default() };
    let house = house_of(&[], &options);
    house.run_over(Scripted::numbered(4)).expect("good");
    let essay = |number: usize| {
        let text = format!("essay{number} ").repeat(20_000);
        (format!("e{number:03}.md"), None, Said::Bytes(text))
    };
    let mut large = Scripted::numbered(4);
    large.items.extend((0..100).map(essay));
    let error = house.run_over(large).expect_err("the disk is full");
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!((error.fault(), house.served().len()), (Fault::Operator, 4));
    assert_eq!(house.found("word3", &[]), ["word3 stands alone"]);
    // Whoever makes the source smaller gets out of it.
    let report = house.run_over(Scripted::numbered(3)).expect("good");
    assert_eq!((counts(&report), house.staged()), ([3, 0, 0, 3, 1, 0], 0));
}

#[test]
fn a_run_that_could_not_write_down_its_end_is_mended_by_the_next() {
    let mut house = small_batches();
    house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
    let first = Scripted::of(&[("a.md", "1", "---\nowner: x\n---\nalpha")]);
    house.run_over(first).expect("good");
    // The collection's commit is there and the end of the run is not: as if the process had died in between.
    let (head, storage) = (house.collections.head("support/handbook"), &house.ingest.rooms.storage);
    let serving = head.expect("read").expect("a head").serving;
    let put = retrieval::DocumentPut {
        id: "a.md".to_owned(),
        text: "omega".to_owned(),
        passages: vec![retrieval::Place::new(0, 0, 5)],
        ..retrieval::DocumentPut::default()
    };
    let changes = retrieval::Changes { upsert: vec![put], delete: vec![] };
    assert!(house.collections.apply("support/handbook", changes).expect("applied") > serving);
    let key = crate::store::FeedKey { use_case: "support".to_owned(), feed: "handbook".to_owned() };
    crate::store::begin(storage, key, usecase::Timestamp::now()).expect("a run is opened");

    let source = Scripted::of(&[("a.md", "1", "---\nowner: x\n---\nalpha")]);
    let report = house.run_over(source.clone()).expect("good");
    assert_eq!((counts(&report), source.reads()), ([1, 0, 1, 0, 0, 0], 1));
    assert_eq!(house.found("alpha omega", &[]), ["alpha"]);
    assert_eq!(house.ingest.last_runs("support").expect("read")[1].state, RunState::Interrupted);
}
