//! Sources that give changes only: a document may come several times, and the last message counts.

use super::scripted::{Said, Scripted, stream_feed};
use super::{House, house};
use crate::How;
use serde_json::{Value, json};
use usecase::declared::{AccessRule, ContractCheck};

fn stream_house() -> House {
    let mut house = house(&[]);
    house.feed = stream_feed();
    house
}

fn cursor(house: &House) -> Option<Value> {
    house.collections.head("support/handbook").expect("read").and_then(|head| head.cursor)
}

#[test]
fn the_last_message_of_a_document_counts() {
    // What was served before, the messages of one run, and how it must end.
    let (one, two) = (Some("alpha"), Some("omega"));
    type Messages = &'static [Option<&'static str>];
    let table: [(Option<&str>, Messages, Option<&str>); 12] = [
        (None, &[Some("alpha"), Some("omega")], two),
        (None, &[Some("alpha"), None], None),
        (None, &[Some("alpha"), None, Some("omega")], two),
        (None, &[Some("alpha"), None, Some("alpha")], one),
        (None, &[None, Some("alpha")], one),
        (one, &[None], None),
        (one, &[Some("omega"), Some("alpha")], one),
        (one, &[None, Some("alpha")], one),
        (one, &[Some("omega"), None, Some("alpha")], one),
        (one, &[Some("omega"), None], None),
        (one, &[None, None, Some("omega"), Some("omega")], two),
        (one, &[Some("omega"), Some("alpha"), None], None),
    ];
    for batch in [1, 2, 512] {
        for (before, messages, expected) in table {
            let mut house = stream_house();
            house.ingest.rooms.batch = batch;
            let other = ("other", Some("apart"));
            house.run_over(Scripted::messages(1, &[("x", before.or(Some("seed"))), other])).expect("good");
            if before.is_none() {
                house.run_over(Scripted::messages(2, &[("x", None)])).expect("good");
            }
            let messages: Vec<(&str, Option<&str>)> = messages.iter().map(|text| ("x", *text)).collect();
            let report = house.run_over(Scripted::messages(3, &messages)).expect("good");
            let told = format!("{before:?}, then {messages:?} in batches of {batch}: {report:?}");
            assert_eq!(house.found("alpha omega", &[]), Vec::from_iter(expected), "{told}");
            assert_eq!(house.found("apart", &[]), ["apart"], "{told}");
            assert_eq!(house.served().len(), 1 + usize::from(expected.is_some()), "{told}");
            let touched = usize::from(expected.is_some() && expected != before);
            assert_eq!(report.added + report.changed, touched, "{told}");
            assert_eq!(report.deleted, usize::from(before.is_some() && expected.is_none()), "{told}");
            assert_eq!((cursor(&house), house.staged()), (Some(json!({"at": 3})), 0), "{told}");
        }
    }
}

#[test]
fn the_cursor_is_kept_exactly_when_the_documents_are() {
    let mut house = stream_house();
    house.ingest.rooms.batch = 1;
    let first = Scripted::messages(1, &[("a", Some("alpha")), ("b", Some("beta"))]);
    house.run_over(first.clone().breaking(1)).expect_err("it breaks");
    assert_eq!((cursor(&house), house.served().len(), house.staged()), (None, 0, 1));
    house.run_over(first).expect("good");
    assert_eq!((cursor(&house), house.served().len(), house.staged()), (Some(json!({"at": 1})), 2, 0));
    // A run that is refused at its end leaves the cursor, too.
    house.feed.on_violation = usecase::declared::OnViolation::Stop;
    house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
    let refused = Scripted::messages(2, &[("c", Some("gamma"))]);
    house.run_over(refused).expect_err("a violation");
    assert_eq!(cursor(&house), Some(json!({"at": 1})));
    house.feed = stream_feed();
    let good = Scripted::messages(2, &[]);
    house.run_over(good.clone()).expect("good");
    // It moves although nothing changed.
    assert_eq!(cursor(&house), Some(json!({"at": 2})));
    assert_eq!(*good.began.lock().expect("not poisoned"), [Some(json!({"at": 1}))]);
}

#[test]
fn when_a_stream_begins_from_its_start() {
    let mut house = stream_house();
    let began = |house: &House, how: How| {
        let source = Scripted::messages(7, &[("a", Some("alpha")), ("b", Some("beta"))]);
        let job = crate::FeedJob { how, ..house.job() };
        crate::run::run(&house.ingest.rooms, &job, Ok(Box::new(source.clone())), &|_| ()).expect("good");
        let began = source.began.lock().expect("not poisoned").clone();
        began[0].is_none()
    };
    assert!(began(&house, How::default()));
    assert!(!began(&house, How::default()));
    assert!(began(&house, How { replay: true, ..How::default() }));
    house.feed.passage_chars = 500;
    assert!(began(&house, How::default()), "the documents of before are judged anew");
    assert!(!began(&house, How::default()));
    let served = house.collections.head("support/handbook").expect("read").expect("a head").serving;
    house.run_over(Scripted::messages(8, &[("a", None)])).expect("good");
    house.collections.serve("support/handbook", served).expect("kept");
    assert!(began(&house, How::default()), "what came after the version was taken back");
}

#[test]
fn quarantine_follows_the_last_message() {
    let mut house = stream_house();
    house.feed.access = AccessRule::parse("front-matter:groups");
    house.feed.checks = vec![ContractCheck::NotNull("owner".to_owned())];
    let message = |owner: &str, text: &str, groups: &[&str]| {
        let body = json!({"id": "x", "owner": owner, "text": text, "groups": groups});
        ("key".to_owned(), None, Said::Bytes(body.to_string()))
    };
    let run = |items: &[(String, Option<String>, Said)]| {
        let source = Scripted { items: items.to_vec(), stream: Some(json!(1)), ..Scripted::default() };
        let report = house.run_over(source).expect("good");
        let serves: Vec<bool> = report.quarantined.iter().map(|held| held.old_version_serves).collect();
        (house.found("alpha omega gamma", &["hr", "staff"]).join(" "), serves)
    };
    let (good, bad) = (message("x", "alpha", &["hr", "staff"]), message("", "omega", &["hr", "staff"]));
    let (narrower, tombstone) = (message("", "omega", &["hr"]), ("key".to_owned(), None, Said::Deleted));
    let broken = ("key".to_owned(), None, Said::Refused);
    assert_eq!(run(&[bad.clone(), good.clone()]), ("alpha".to_owned(), vec![]));
    assert_eq!(run(std::slice::from_ref(&bad)), ("alpha".to_owned(), vec![true]));
    assert_eq!(run(&[]), ("alpha".to_owned(), vec![true]), "nobody said anything since");
    assert_eq!(
        run(&[broken.clone(), bad.clone(), message("x", "gamma", &["hr", "staff"])]),
        ("gamma".to_owned(), vec![])
    );
    assert_eq!(run(&[good.clone(), bad.clone()]), ("alpha".to_owned(), vec![true]));
    // The version that this very run took over is withdrawn by the next message.
    assert_eq!(run(&[good.clone(), narrower]), (String::new(), vec![false]));
    assert_eq!(run(&[good.clone(), tombstone.clone(), bad]), (String::new(), vec![false]));
    assert_eq!(run(&[broken, good.clone()]), ("alpha".to_owned(), vec![]));
    // The key of a message need not be the id of its document.
    assert_eq!(run(std::slice::from_ref(&tombstone)), (String::new(), vec![]));
    assert_eq!(run(&[good, tombstone]), (String::new(), vec![]));
}
