//! Documents that say the same twice, or differently, in one feed or in two.

use super::scripted::Scripted;
use super::{House, house};
use crate::FeedJob;
use usecase::declared::Feed;

const POLICY: &str = "Customers may return an unopened item within 30 days of delivery. The refund goes to the card that \
    paid, usually within five working days. Opened food cannot be returned. Shipping of returns is free inside the union, \
    and costs 9 euros elsewhere. Ask the service desk for a label before you send anything.";

fn run_feed(house: &House, name: &str, items: &[(&str, &str, &str)]) {
    let feed = Feed::of_files("*.md");
    let job = FeedJob { feed_name: name, feed: &feed, ..house.job() };
    crate::run::run(&house.ingest.rooms, &job, Ok(Box::new(Scripted::of(items))), &|_| ()).expect("good");
}

#[test]
fn twins_of_two_feeds_are_told_with_what_they_disagree_on() {
    let house = house(&[]);
    let newer = POLICY.replace("30 days", "45 days");
    run_feed(&house, "faq", &[("old.md", "1", POLICY), ("hours.md", "1", "We open at nine.")]);
    assert!(house.ingest.twins("support").expect("read").is_empty());
    run_feed(&house, "handbook", &[("copy.md", "1", POLICY), ("new.md", "1", &newer)]);
    let pairs = || {
        let twins = house.ingest.twins("support").expect("read");
        twins.into_iter().map(|twins| (twins.one.document, twins.other.document, twins.disagreements.len()))
    };
    let expected = [("copy.md", "new.md", 1), ("old.md", "new.md", 1), ("old.md", "copy.md", 0)];
    let mut told: Vec<_> = pairs().collect();
    told.sort_by_key(|(one, other, disagreements)| (1 - *disagreements, one.clone(), other.clone()));
    assert_eq!(told, expected.map(|(one, other, count)| (one.to_owned(), other.to_owned(), count)));
    let twins = house.ingest.twins("support").expect("read");
    assert!(twins[0].similarity > 0.7 && twins[0].disagreements[0].one.contains("days"), "{twins:?}");

    // Those that are gone, or say something else now, are twins no longer.
    run_feed(&house, "handbook", &[("new.md", "2", "We close at six.")]);
    assert!(house.ingest.twins("support").expect("read").is_empty());
}

#[test]
fn a_form_letter_is_told_and_does_not_hold_up_the_run() {
    let house = house(&[]);
    let letters: Vec<(String, String)> =
        (0..120).map(|number| (format!("l{number:03}.md"), format!("{POLICY} Letter number {number}."))).collect();
    let items: Vec<(&str, &str, &str)> =
        letters.iter().map(|(name, text)| (name.as_str(), "1", text.as_str())).collect();
    run_feed(&house, "letters", &items);
    let twins = house.ingest.twins("support").expect("read");
    assert!((100..=1_100).contains(&twins.len()), "{}", twins.len());
}
