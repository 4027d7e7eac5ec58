//! A topic's messages, from librdkafka's mock cluster, written there by librdkafka.

use super::KafkaTopic;
use super::message::Message;
use crate::source::object::Keys;
use crate::source::peers::Peer;
use crate::source::walked::{Seen, walk};
use crate::source::{Content, Item};
use rskafka::record::Record;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use usecase::declared::KafkaSource;

fn topic(broker: &str, more: &Value) -> KafkaTopic {
    let mut declared = json!({ "brokers": [broker], "topic": "handbook", "text": "body" });
    for (key, value) in more.as_object().into_iter().flatten() {
        declared[key] = value.clone();
    }
    KafkaTopic::new(&serde_json::from_value::<KafkaSource>(declared).expect("a good declaration"))
}

/// Writes to the topic, and gives the messages' offsets.
fn write(peer: &mut Peer, partition: i32, compression: &str, messages: &Value) -> Vec<i64> {
    let line = json!({ "topic": "handbook", "partition": partition, "messages": messages, "compression": compression });
    serde_json::from_value(peer.tell(&line)).expect("offsets")
}

fn shown(item: &Item) -> String {
    let content = match &item.content {
        Content::Bytes { bytes, .. } => String::from_utf8_lossy(bytes).into_owned(),
        Content::Refused(reason) => format!("refused, {reason}"),
        other => format!("{other:?}"),
    };
    format!("{}: {content}", item.name)
}

fn all(seen: &Seen) -> Vec<String> {
    seen.items.iter().map(shown).collect()
}

#[test]
fn messages_become_items() {
    let keys = Keys { id: "id".to_owned(), text: "text".to_owned(), title: "title".to_owned(), deleted: None };
    let check = |key: Option<&[u8]>, value: Option<&[u8]>, expected: &str| {
        let (key, value) = (key.map(<[u8]>::to_vec), value.map(<[u8]>::to_vec));
        let record = Record { key, value, headers: [].into(), timestamp: rskafka::chrono::DateTime::UNIX_EPOCH };
        let item = Message { partition: 3, offset: 17, record }.into_item(&keys);
        let found = shown(&item);
        assert!(found.starts_with(expected), "{found}");
    };
    check(Some(b"k"), Some(br#"{"text": "t"}"#), r#"k: {"id":"k","text":"t"}"#);
    check(Some(b"k"), Some(br#"{"id": 5, "text": "t", "a": [1]}"#), r#"k: {"id":"5","text":"t","a":[1]}"#);
    check(None, Some(br#"{"id": "own", "text": "t"}"#), r#"own: {"id":"own","text":"t"}"#);
    check(Some(b""), Some(br#"{"id": "own", "text": "t"}"#), r#"own: {"id":"own","text":"t"}"#);
    // Behind a schema's number.
    check(Some(b"k"), Some(b"\0\0\0\0\x07{\"text\": \"t\"}"), r#"k: {"id":"k","text":"t"}"#);
    check(Some(b"k"), None, "k: Deleted");
    check(Some(b"k"), Some(b"{}"), "k: refused, it has no text");
    check(Some(b"k"), Some(b"{bad"), "k: refused, partition 3, offset 17: its value is not a JSON object");
    check(Some(b"k"), Some(b"[1]"), "k: refused, partition 3, offset 17: its value is not a JSON object");
    check(None, Some(b""), "partition 3, offset 17: refused, partition 3, offset 17: its value is not a JSON");
    check(None, None, "partition 3, offset 17: refused, it has neither key nor value");
    check(None, Some(br#"{"text": "t"}"#), "partition 3, offset 17: refused, it has no key, and no `id`");
    check(Some(b"\xff"), None, "partition 3, offset 17: refused, its key is not UTF-8");
}

#[test]
fn a_topic_is_read_from_where_the_last_run_left_off() {
    let Some(mut peer) = Peer::start("kafka") else { return };
    let first = json!([
        ["tent", r#"{"body": "Peg it."}"#],
        ["boot", r#"{"body": "Wax it.", "title": "Boots", "groups": ["staff"]}"#],
        ["poison", "{bad"],
        ["tent", r#"{"body": "Peg it well."}"#],
        ["boot", null],
    ]);
    assert_eq!(write(&mut peer, 0, "snappy", &first), [0, 1, 2, 3, 4]);
    write(&mut peer, 2, "gzip", &json!([[null, r#"{"id": "rope", "body": "Coil it."}"#], [{ "hex": "ff" }, "{}"]]));

    let source = topic(&peer.address, &json!({}));
    let seen = walk(&source);
    let bad = "its value is not a JSON object (key must be a string at line 1 column 2)";
    let expected = [
        r#"tent: {"id":"tent","text":"Peg it."}"#.to_owned(),
        r#"boot: {"id":"boot","title":"Boots","text":"Wax it.","groups":["staff"]}"#.to_owned(),
        format!("poison: refused, partition 0, offset 2: {bad}"),
        r#"tent: {"id":"tent","text":"Peg it well."}"#.to_owned(),
        "boot: Deleted".to_owned(),
        r#"rope: {"id":"rope","text":"Coil it."}"#.to_owned(),
        "partition 2, offset 1: refused, its key is not UTF-8".to_owned(),
    ];
    assert_eq!(all(&seen), expected);
    assert!(!seen.walked.whole && !seen.walked.more && seen.walked.warnings.is_empty(), "{:?}", seen.walked);
    assert_eq!(seen.expected, 7);
    let offsets = &seen.walked.cursor.as_ref().expect("a cursor")["offsets"];
    assert_eq!((&offsets["0"], &offsets["1"], &offsets["2"]), (&json!(5), &json!(0), &json!(2)));

    // The run that died before its commit: from the old offsets, the same again.
    assert_eq!(all(&walk(&source)), expected);
    assert_eq!(all(&seen.again(&source)), Vec::<String>::new());
    write(&mut peer, 1, "none", &json!([["lamp", r#"{"body": "Charge it."}"#]]));
    let later = seen.again(&source);
    assert_eq!(all(&later), [r#"lamp: {"id":"lamp","text":"Charge it."}"#]);
    assert_eq!(later.walked.cursor.as_ref().expect("a cursor")["offsets"]["0"], json!(5));
}

#[test]
fn a_run_takes_so_many_messages_and_no_partition_waits_for_ever() {
    let Some(mut peer) = Peer::start("kafka") else { return };
    let messages = |from: i32| {
        let made =
            (from..from + 40).map(|n| json!([format!("k{n}"), json!({ "body": format!("text {n}") }).to_string()]));
        Value::Array(made.collect())
    };
    write(&mut peer, 0, "gzip", &messages(0));
    write(&mut peer, 3, "gzip", &messages(100));
    let source = topic(&peer.address, &json!({ "max_messages": 30 }));
    let (mut names, mut seen) = (Vec::new(), Seen::default());
    let mut takes = Vec::new();
    loop {
        seen = seen.again(&source);
        // The first partition has enough for a whole run, and the last has its turn in the first.
        assert!(
            !names.is_empty() || seen.names().contains(&"k0") && seen.names().contains(&"k100"),
            "{:?}",
            seen.names()
        );
        takes.push(seen.items.len());
        names.extend(seen.names().into_iter().map(str::to_owned));
        if !seen.walked.more {
            break;
        }
    }
    let unique: std::collections::BTreeSet<&String> = names.iter().collect();
    assert_eq!((names.len(), unique.len()), (80, 80), "{takes:?}");
    assert!(takes.iter().all(|taken| *taken <= 30), "{takes:?}");
}

#[test]
fn what_retention_removed_is_told_and_passed_over() {
    let Some(mut peer) = Peer::start("kafka") else { return };
    let source = topic(&peer.address, &json!({}));
    write(&mut peer, 0, "none", &json!([["first", r#"{"body": "x"}"#]]));
    let seen = walk(&source);
    assert_eq!(seen.names(), ["first"]);
    // The mock keeps some five megabytes of a partition.
    let large = json!({ "body": "x".repeat(700_000) }).to_string();
    for n in 0..12 {
        write(&mut peer, 0, "none", &json!([[format!("large{n}"), large]]));
    }
    let later = seen.again(&source);
    let lost = 12 - later.items.len();
    assert!((1..12).contains(&lost), "{lost}");
    assert_eq!(later.names().last(), Some(&"large11"));
    let warning = format!("{lost} messages of partition 0 (offsets 1 to {lost}) were removed by the topic's retention");
    assert!(later.walked.warnings.iter().any(|told| told.starts_with(&warning)), "{:?}", later.walked.warnings);
    // An offset beyond the end: the topic is another one than it was.
    let mut strange = later;
    strange.walked.cursor = Some(json!({ "offsets": { "0": 4_000 } }));
    let anew = strange.again(&source);
    assert_eq!(anew.names().last(), Some(&"large11"));
    assert!(anew.walked.warnings[0].contains("the topic was made anew"), "{:?}", anew.walked.warnings);
}

#[test]
fn what_cannot_be_reached_is_told_in_time() {
    let begun = Instant::now();
    // A port that was just free.
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|found| found.local_addr()).expect("a port");
    let source = KafkaTopic { patience: Duration::from_secs(1), ..topic(&free.to_string(), &json!({})) };
    let error = Seen::default().try_again(&source).expect_err("nobody is there");
    assert!(error.to_string().starts_with(&format!("Kafka at {free} cannot be read: ")), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());

    let Some(mut peer) = Peer::start("kafka") else { return };
    write(&mut peer, 0, "none", &json!([]));
    let error = Seen::default().try_again(&topic(&peer.address, &json!({ "topic": "absent" }))).expect_err("no topic");
    assert!(error.to_string().contains("there is no topic `absent`"), "{error}");
}

#[test]
fn what_is_silent_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    let source = KafkaTopic { patience: Duration::from_millis(300), ..topic(&address, &json!({})) };
    let error = Seen::default().try_again(&source).expect_err("it says nothing");
    assert!(error.to_string().contains("no broker answered within 0.3 s"), "{error}");
}

#[test]
fn compressions_that_are_not_read_are_named() {
    let Some(mut peer) = Peer::start("kafka") else { return };
    let many: Vec<Value> =
        (0..20).map(|n| json!([format!("k{n}"), json!({ "body": "x".repeat(500) }).to_string()])).collect();
    write(&mut peer, 0, "lz4", &Value::Array(many));
    let error = Seen::default().try_again(&topic(&peer.address, &json!({}))).expect_err("it is packed");
    assert!(error.to_string().contains("compressed in a way that cannot be read here"), "{error}");
}
