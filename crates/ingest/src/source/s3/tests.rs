//! A bucket's objects, from moto's S3 behind botocore's own check of signatures.

use super::S3Objects;
use crate::source::Content;
use crate::source::peers::Peer;
use crate::source::reach::Patience;
use crate::source::walked::{Seen, walk};
use rusty_s3::Credentials;
use serde_json::{Value, json};
use std::time::Duration;
use usecase::declared::S3Source;

fn declared(endpoint: &str, more: &Value) -> S3Source {
    let mut declared = json!({
        "bucket": "handbooks", "region": "eu-central-1", "endpoint": endpoint, "path_style": true
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        declared[key] = value.clone();
    }
    serde_json::from_value(declared).expect("a good declaration")
}

/// The bucket as somebody with good keys sees it.
fn bucket(peer: &Peer, more: &Value) -> S3Objects {
    let mut objects = S3Objects::new(&declared(&peer.address, more)).expect("it can be used");
    objects.credentials = Some(Credentials::new("AKIDPEER", "peer/secret+key"));
    objects.patience = Patience { first_wait: Duration::from_millis(5), ..Patience::default() };
    objects
}

fn put(peer: &mut Peer, key: &str, text: &str, with: &Value) {
    peer.tell(&json!({ "put": key, "text": text, "with": with }));
}

fn refusal(seen: &Seen, name: &str) -> String {
    match seen.content(name) {
        Content::Refused(reason) => reason.clone(),
        other => panic!("{name} is not refused: {other:?}"),
    }
}

#[test]
fn objects_are_fetched_once_per_version() {
    let Some(mut peer) = Peer::start("s3") else { return };
    let plain = json!({ "ContentType": "text/markdown; charset=UTF-8; x=y" });
    let keys = ["docs/a b+c.md", "docs/größe/日本 & 100%.md", "docs/q?x=1#y~.md", "docs/'quoted'(1)*.md", "top.md"];
    for key in keys {
        put(&mut peer, key, &format!("# {key}"), &plain);
    }
    put(&mut peer, "docs/", "", &json!({}));
    put(&mut peer, "docs/picture.png", "no", &json!({}));
    put(&mut peer, "docs/unknown.md", "x", &json!({ "ContentType": "binary/octet-stream" }));

    let source = bucket(&peer, &json!({ "files": "docs/**/*.md", "prefix": "doc" }));
    peer.tell(&json!({ "asked": true }));
    let seen = walk(&source);
    let wanted =
        ["docs/'quoted'(1)*.md", "docs/a b+c.md", "docs/größe/日本 & 100%.md", "docs/q?x=1#y~.md", "docs/unknown.md"];
    assert_eq!(seen.names(), wanted);
    assert!(seen.walked.whole && seen.walked.cursor.is_none());
    assert_eq!(seen.expected, 5);
    for name in &wanted[..4] {
        assert_eq!(seen.text(name), format!("# {name}"));
    }
    let Content::Bytes { media, url, .. } = seen.content("docs/a b+c.md") else { panic!("{seen:?}") };
    assert_eq!(media.as_deref(), Some("text/markdown; charset=utf-8"));
    assert_eq!(url.as_deref(), Some(&*format!("{}/handbooks/docs/a%20b%2Bc.md", peer.address)));
    assert!(matches!(seen.content("docs/unknown.md"), Content::Bytes { media: None, .. }));
    assert_eq!(peer.tell(&json!({ "asked": true })).as_array().map(Vec::len), Some(6));

    put(&mut peer, "docs/a b+c.md", "# new", &plain);
    peer.tell(&json!({ "delete": "docs/unknown.md" }));
    let later = seen.again(&source);
    assert_eq!(later.names(), &wanted[..4]);
    assert_eq!(later.text("docs/a b+c.md"), "# new");
    assert!(matches!(later.content("docs/q?x=1#y~.md"), Content::Unchanged));
    assert_eq!(later.version("docs/q?x=1#y~.md"), seen.version("docs/q?x=1#y~.md"));
    // The listing and the one that changed.
    assert_eq!(peer.tell(&json!({ "asked": true })).as_array().map(Vec::len), Some(2));
}

#[test]
fn a_bucket_is_listed_page_by_page() {
    let Some(mut peer) = Peer::start("s3") else { return };
    // A page of this server has ten.
    for n in 0..23 {
        put(&mut peer, &format!("{n:02}.bin"), "x", &json!({}));
    }
    let source = bucket(&peer, &json!({ "files": "{0*.bin,2[12].bin}" }));
    peer.tell(&json!({ "asked": true }));
    let seen = walk(&source);
    assert_eq!((seen.items.len(), seen.expected), (12, 12));
    assert_eq!(seen.names()[8..], ["08.bin", "09.bin", "21.bin", "22.bin"]);
    let listings = peer.tell(&json!({ "asked": true })).to_string().matches("/handbooks/\"").count();
    assert_eq!(listings, 3);
}

#[test]
fn what_cannot_be_taken_is_refused() {
    let Some(mut peer) = Peer::start("s3") else { return };
    put(&mut peer, "a.md", "fine", &json!({}));
    put(&mut peer, "archived.md", "cold", &json!({ "StorageClass": "GLACIER" }));
    peer.tell(&json!({ "put": "large.md", "zeros": 32 * 1024 * 1024 + 1 }));
    put(&mut peer, "secret.md", "x", &json!({}));
    put(&mut peer, "gone.md", "x", &json!({}));
    peer.tell(&json!({ "fault": { "status": 403, "code": "AccessDenied", "times": 1, "of": "secret" } }));
    peer.tell(&json!({ "fault": { "status": 404, "code": "NoSuchKey", "times": 1, "of": "gone" } }));
    peer.tell(&json!({ "asked": true }));
    let seen = walk(&bucket(&peer, &json!({})));
    assert_eq!(seen.names(), ["a.md", "archived.md", "gone.md", "large.md", "secret.md"]);
    assert_eq!(seen.text("a.md"), "fine");
    assert!(refusal(&seen, "archived.md").contains("is archived"), "{}", refusal(&seen, "archived.md"));
    assert!(refusal(&seen, "large.md").contains("larger than 32 MiB"), "{}", refusal(&seen, "large.md"));
    assert!(refusal(&seen, "secret.md").contains("may not read it"), "{}", refusal(&seen, "secret.md"));
    assert!(matches!(seen.content("gone.md"), Content::Vanished));
    let asked = peer.tell(&json!({ "asked": true }));
    assert!(!asked.to_string().contains("large"), "it is too large to be fetched: {asked}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let Some(mut peer) = Peer::start("s3") else { return };
    put(&mut peer, "a.md", "text", &json!({}));
    let source = bucket(&peer, &json!({}));
    for (status, code) in [(503, "SlowDown"), (500, "InternalError")] {
        for of in ["/handbooks/", "a.md"] {
            peer.tell(&json!({ "fault": { "status": status, "code": code, "times": 2, "of": of } }));
        }
        assert_eq!(walk(&source).text("a.md"), "text");
    }
    peer.tell(&json!({ "fault": { "status": 503, "code": "SlowDown", "times": 99, "of": "" } }));
    let error = Seen::default().try_again(&source).expect_err("it stays busy");
    assert!(error.to_string().contains("it is busy and answers SlowDown"), "{error}");
}

#[test]
fn one_object_that_never_comes_stops_nothing_and_a_server_that_is_gone_does() {
    let Some(mut peer) = Peer::start("s3") else { return };
    for key in ["a.md", "b.md", "c.md", "d.md", "e.md"] {
        put(&mut peer, key, "text", &json!({}));
    }
    let source = bucket(&peer, &json!({}));
    peer.tell(&json!({ "fault": { "status": 503, "code": "SlowDown", "times": 4, "of": "b.md" } }));
    let seen = walk(&source);
    assert_eq!(refusal(&seen, "b.md"), "the server answers 503, also when asked again");
    assert_eq!((seen.items.len(), seen.text("c.md")), (5, "text".to_owned()));
    peer.tell(&json!({ "fault": { "status": 503, "code": "SlowDown", "times": 99, "of": ".md" } }));
    let error = Seen::default().try_again(&source).expect_err("nothing comes");
    assert!(error.to_string().contains("the server answers 503"), "{error}");
}

#[test]
fn what_is_wrong_with_a_bucket_is_told() {
    let Some(peer) = Peer::start("s3") else { return };
    let good = Credentials::new("AKIDPEER", "peer/secret+key");
    let check = |more: Value, credentials: Option<Credentials>, expected: &str| {
        let mut source = bucket(&peer, &more);
        source.credentials = credentials;
        let told = match Seen::default().try_again(&source) {
            Ok(seen) => format!("{} objects", seen.items.len()),
            Err(error) => error.to_string(),
        };
        assert!(told.contains(expected), "{told}");
        assert!(!told.contains("X-Amz") && !told.contains("secret+key"), "{told}");
    };
    check(json!({}), Some(good.clone()), "0 objects");
    check(json!({}), Some(Credentials::new_with_token("ASIAPEER", "other/secret", "token/of+a==")), "0 objects");
    check(
        json!({}),
        Some(Credentials::new_with_token("ASIAPEER", "other/secret", "old")),
        "session token is not valid",
    );
    check(json!({}), Some(Credentials::new("AKIDPEER", "wrong")), "the signature is not accepted");
    check(json!({}), Some(Credentials::new("AKIDOTHER", "x")), "the access key's id is not known there");
    check(json!({}), None, "it is not public, and no credentials were found");
    check(json!({ "region": "us-east-1" }), Some(good.clone()), "declare `region = \"eu-central-1\"` instead of");
    check(
        json!({ "bucket": "absent" }),
        Some(good.clone()),
        "the bucket absent cannot be read: there is no such bucket",
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|found| found.local_addr()).expect("a port");
    check(json!({ "endpoint": format!("http://{free}") }), Some(good), "the bucket handbooks cannot be read: ");
}

#[test]
fn addresses_of_buckets() {
    let check = |declared: &S3Source, expected: &str| {
        let objects = S3Objects::new(declared).expect("it can be used");
        assert_eq!(objects.bucket.base_url().as_str(), expected);
    };
    let aws = |bucket: &str, region: &str| {
        let declared = json!({ "bucket": bucket, "region": region });
        serde_json::from_value::<S3Source>(declared).expect("a good declaration")
    };
    check(&aws("handbooks", "eu-west-1"), "https://handbooks.s3.eu-west-1.amazonaws.com/");
    check(&aws("hand.books", "eu-west-1"), "https://s3.eu-west-1.amazonaws.com/hand.books/");
    check(&aws("handbooks", "cn-north-1"), "https://handbooks.s3.cn-north-1.amazonaws.com.cn/");
    let with = |endpoint: &str| declared(endpoint, &json!({ "path_style": false }));
    check(&with("https://minio.example:9000"), "https://handbooks.minio.example:9000/");
    check(&with("http://127.0.0.1:9000/s3"), "http://127.0.0.1:9000/s3/handbooks/");
    check(&with("http://[::1]:9000"), "http://[::1]:9000/handbooks/");
}
