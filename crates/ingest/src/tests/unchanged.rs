//! What is not read again, and what makes it read again all the same.

use super::scripted::Scripted;
use super::{counts, house};
use crate::How;
use usecase::Period;
use usecase::declared::{ContractCheck, FeedInjection, RowCount};

const ITEMS: [(&str, &str, &str); 3] = [
    ("a.md", "1", "---\nowner: x\n---\nalpha"),
    ("b.csv", "1", "id,owner,text\nr1,x,one\nr2,,two\n"),
    ("c.pdf", "1", "no PDF"),
];

#[test]
fn an_unchanged_item_is_not_read_and_its_quarantine_stays() {
    let mut house = house(&[]);
    house.feed.checks = vec![
        ContractCheck::NotNull("owner".to_owned()),
        ContractCheck::RowCount(RowCount { min: Some(4), max: Some(4) }),
    ];
    let source = Scripted::of(&ITEMS);
    let first = house.run_over(source.clone()).expect("good");
    assert_eq!((counts(&first), source.reads()), ([4, 2, 0, 0, 0, 2], 3));
    let before = house.collections.head("support/handbook").expect("read").expect("a head").rights_as_of;

    let second = house.run_over(source.clone()).expect("good");
    // Good and bad are counted as if they had been read, so that a row count means the same.
    assert_eq!((counts(&second), source.reads()), ([4, 0, 0, 2, 0, 2], 3));
    assert_eq!(second.quarantined, first.quarantined);
    assert_eq!(second.snapshot, first.snapshot);
    // The rights are as the source has them now, though nothing changed.
    let after = house.collections.head("support/handbook").expect("read").expect("a head").rights_as_of;
    assert!(before.is_some() && after > before, "{before:?} {after:?}");

    // One that changed is read alone.
    let changed = [ITEMS[0], ("b.csv", "2", "id,owner,text\nr1,x,one\nr2,x,two\n"), ITEMS[2]];
    let source = Scripted::of(&changed);
    assert_eq!((counts(&house.run_over(source.clone()).expect("good")), source.reads()), ([4, 1, 0, 2, 0, 1], 1));
    house.feed.checks.pop();
    house.run_over(source).expect("good");
    let source = Scripted::of(&changed[..2]);
    assert_eq!(counts(&house.run_over(source.clone()).expect("good")), [3, 0, 0, 3, 0, 0]);
    assert_eq!(source.reads(), 0);
}

#[test]
fn what_makes_everything_be_read_again() {
    let mut house = house(&[]);
    let read = |house: &super::House| {
        let source = Scripted::of(&ITEMS[..2]);
        house.run_over(source.clone()).expect("good");
        source.reads()
    };
    assert_eq!((read(&house), read(&house)), (2, 0));
    // When a feed runs says nothing about its documents; what it demands of them does.
    house.feed.every = Period::parse("1h");
    house.feed.owner = Some("care".to_owned());
    assert_eq!(read(&house), 0);
    house.feed.injection = FeedInjection::Quarantine;
    assert_eq!((read(&house), read(&house)), (2, 0));
    house.feed.checks = vec![ContractCheck::NotNull("title".to_owned())];
    assert_eq!(read(&house), 2);
    house.feed.checks = vec![];
    assert_eq!((read(&house), read(&house)), (2, 0));

    // A check that compares documents, or looks at the clock, sees them all at every run.
    house.feed.checks = vec![ContractCheck::Unique("sku".to_owned())];
    assert_eq!((read(&house), read(&house)), (2, 2));
    house.feed.checks = vec![];
    assert_eq!((read(&house), read(&house)), (2, 0));

    let source = Scripted::of(&ITEMS[..2]);
    let job = crate::FeedJob { how: How { replay: true, ..How::default() }, ..house.job() };
    crate::run::run(&house.ingest.rooms, &job, Ok(Box::new(source.clone())), &|_| ()).expect("good");
    assert_eq!(source.reads(), 2);
}

#[test]
fn after_a_rollback_the_source_is_read_anew() {
    let house = house(&[]);
    let first = house.run_over(Scripted::of(&[("a.md", "1", "alpha"), ("b.md", "1", "beta")])).expect("good").snapshot;
    let now = Scripted::of(&[("a.md", "2", "omega"), ("b.md", "1", "beta")]);
    house.run_over(now.clone()).expect("good");
    house.collections.serve("support/handbook", first).expect("kept");
    assert_eq!(house.found("alpha omega", &[]), ["alpha"]);
    let report = house.run_over(now.clone()).expect("good");
    assert_eq!((counts(&report), now.reads()), ([2, 0, 1, 1, 0, 0], 3));
    assert_eq!(house.found("alpha omega", &[]), ["omega"]);
    assert_eq!(counts(&house.run_over(now).expect("good")), [2, 0, 0, 2, 0, 0]);
}

#[test]
fn rights_that_a_rollback_brought_back_are_not_taken_for_those_that_were() {
    let mut house = house(&[]);
    house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
    let open = Scripted::of(&[("a.md", "1", "---\nowner: x\n---\nalpha")]);
    let first = house.run_over(open).expect("good").snapshot;
    house.run_over(Scripted::of(&[("a.md", "2", "---\nowner: x\ngroups: [hr]\n---\nalpha")])).expect("good");
    house.collections.serve("support/handbook", first).expect("kept");
    // Everyone sees it again, so a refused version for `hr` alone withdraws it.
    let report = house.run_over(Scripted::of(&[("a.md", "3", "---\ngroups: [hr]\n---\nalpha")])).expect("good");
    assert_eq!(counts(&report), [1, 0, 0, 0, 1, 1]);
    assert!(house.found("alpha", &["hr"]).is_empty());
}

#[test]
fn a_document_moves_between_items() {
    let house = house(&[]);
    let row = |rows: &str| format!("id,text\n{rows}");
    let (one, two, both) = (row("r1,one\n"), row("r2,two\n"), row("r1,one\nr2,two\n"));
    let step = |a: (&str, &str), z: (&str, &str)| {
        let source = Scripted::of(&[("a.csv", a.0, a.1), ("z.csv", z.0, z.1)]);
        house.run_over(source.clone()).expect("good");
        let quarantined = house.ingest.quarantined("support").expect("read");
        let held = quarantined.iter().map(|held| format!("{} {}", held.path, held.document)).collect::<Vec<_>>();
        (house.served().join(" "), held.join(", "), source.reads())
    };
    assert_eq!(step(("1", &one), ("1", &two)), ("r1 r2".to_owned(), String::new(), 2));
    // It moves backwards and forwards, with the items that hold it changing.
    assert_eq!(step(("2", &both), ("2", &row(""))).0, "r1 r2");
    assert_eq!(step(("3", &one), ("3", &two)), ("r1 r2".to_owned(), String::new(), 2));
    // It is copied: the first item in order has it, also when the other one is unchanged and is not read.
    assert_eq!(step(("4", &both), ("3", &two)), ("r1 r2".to_owned(), "z.csv r2".to_owned(), 1));
    // The other is looked at again until the copy goes.
    assert_eq!(step(("4", &both), ("3", &two)), ("r1 r2".to_owned(), "z.csv r2".to_owned(), 1));
    assert_eq!(step(("5", &one), ("3", &two)), ("r1 r2".to_owned(), String::new(), 2));
    assert_eq!(step(("5", &one), ("4", &both)).1, "z.csv r1");
    assert_eq!(step(("6", &row("")), ("4", &both)), ("r1 r2".to_owned(), String::new(), 2));
}

#[test]
fn an_erased_document_comes_back_when_its_source_still_has_it() {
    let house = house(&[]);
    let source = Scripted::of(&ITEMS[..2]);
    house.run_over(source.clone()).expect("good");
    let known = |document: &str| {
        let key = crate::store::FeedKey { use_case: "support".to_owned(), feed: "handbook".to_owned() };
        let read = house.ingest.rooms.storage.read(|connection| crate::store::remembered(connection, &key));
        let (remembered, _) = read.expect("read");
        (remembered.known.contains_key(document), remembered.items.len())
    };
    let erased = ["r1".to_owned()];
    // With what is remembered of it, and without (as when another node erased it).
    for (forget, remembered) in [(true, (false, 1)), (false, (true, 2))] {
        house.collections.erase("support/handbook", &erased).expect("erased");
        if forget {
            house.ingest.forget("support", "handbook", Some(&erased)).expect("forgotten");
        }
        assert_eq!((house.served().join(" "), known("r1")), ("a.md r2".to_owned(), remembered));
        let before = source.reads();
        let report = house.run_over(source.clone()).expect("good");
        assert_eq!((counts(&report), source.reads() - before), ([3, 1, 0, 2, 0, 0], 1));
        assert_eq!((house.served().join(" "), known("r1")), ("a.md r1 r2".to_owned(), (true, 2)));
    }
    house.collections.drop_collection("support/handbook").expect("dropped");
    house.ingest.forget("support", "handbook", None).expect("forgotten");
    assert_eq!((known("r1"), known("a.md")), ((false, 0), (false, 0)));
    assert_eq!(counts(&house.run_over(source).expect("good")), [3, 3, 0, 0, 0, 0]);
}
