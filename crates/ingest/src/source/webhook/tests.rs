//! Which messages are taken, and what they hold.

use super::{PushedItem, Refusal, Remembered, Signed, WebhookSource, verify};
use crate::source::Content;
use crate::source::walked::walk;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use proptest::prelude::*;
use sha2::Sha256;
use usecase::{Period, Timestamp};

const NOW: i64 = 1_614_265_330;
const TOLERANCE: Period = Period::from_secs(300);

fn now() -> Timestamp {
    Timestamp(NOW * 1_000_000)
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn push(body: &str) -> Result<Vec<PushedItem>, Refusal> {
    let (timestamp, key) = (NOW.to_string(), b"raw secret");
    let signature = sign(key, "msg_1", &timestamp, body.as_bytes());
    let signed = Signed { id: "msg_1", timestamp: &timestamp, signature: &signature };
    verify(key, signed, body.as_bytes(), now(), TOLERANCE).map(|pushed| pushed.items)
}

/// The example of the specification's reference libraries, which pins the form of the signature.
#[test]
fn the_published_example_is_verified() {
    let signed = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    let secret = b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    // It is signed well; as a document it lacks an id.
    let told = verify(secret, signed, br#"{"test": 2432232314}"#, now(), TOLERANCE);
    assert!(matches!(told, Err(Refusal::Body(_))), "{told:?}");
    let told = verify(secret, signed, br#"{"test": 2432232315}"#, now(), TOLERANCE);
    assert_eq!(told, Err(Refusal::Signature));
}

#[test]
fn what_is_not_signed_by_the_secret_now_is_refused() {
    let (key, body) = (b"raw secret".as_slice(), br#"{"id": "a", "text": "words"}"#.as_slice());
    let at = |seconds: i64| (NOW + seconds).to_string();
    let good = sign(key, "m", &at(0), body);
    let other = sign(b"another", "m", &at(0), body);
    let both = format!("{other} v2,zzz v1a,zzz {good}");
    let cases: &[(&str, &str, i64, &str, Option<Refusal>)] = &[
        ("good", "m", 0, &good, None),
        ("one of several fits", "m", 0, &both, None),
        ("another secret", "m", 0, &other, Some(Refusal::Signature)),
        ("another id", "n", 0, &good, Some(Refusal::Signature)),
        ("another time", "m", 1, &good, Some(Refusal::Signature)),
        ("no version", "m", 0, good.trim_start_matches("v1,"), Some(Refusal::Signature)),
        ("cut off", "m", 0, &good[..good.len() - 4], Some(Refusal::Signature)),
        ("nothing", "m", 0, "", Some(Refusal::Signature)),
        ("no id", " ", 0, &good, Some(Refusal::Header("webhook-id"))),
    ];
    for (name, id, seconds, signature, expected) in cases {
        let timestamp = at(*seconds);
        let told = verify(key, Signed { id, timestamp: &timestamp, signature }, body, now(), TOLERANCE);
        assert_eq!(told.err(), *expected, "{name}");
    }
    for (seconds, fits) in [(-300, true), (300, true), (-301, false), (301, false), (i64::MIN / 2, false)] {
        let timestamp = NOW.saturating_add(seconds).to_string();
        let signature = sign(key, "m", &timestamp, body);
        let told =
            verify(key, Signed { id: "m", timestamp: &timestamp, signature: &signature }, body, now(), TOLERANCE);
        assert_eq!(told.err(), (!fits).then_some(Refusal::Time(TOLERANCE)), "{seconds}");
    }
    let signed = Signed { id: "m", timestamp: "soon", signature: &good };
    assert_eq!(verify(key, signed, body, now(), TOLERANCE), Err(Refusal::Header("webhook-timestamp")));
    for secret in [b"".as_slice(), b"whsec_", b"whsec_***"] {
        let signed = Signed { id: "m", timestamp: &at(0), signature: &good };
        assert_eq!(verify(secret, signed, body, now(), TOLERANCE), Err(Refusal::Secret));
    }
}

#[test]
fn three_forms_of_messages() {
    let ids = |body: &str| {
        let items = push(body).unwrap_or_else(|told| panic!("{body}: {told}"));
        items.into_iter().map(|item| (item.id, item.document.is_some())).collect::<Vec<_>>()
    };
    let is = |all: &[(&str, bool)]| all.iter().map(|(id, put)| ((*id).to_owned(), *put)).collect::<Vec<_>>();
    assert_eq!(ids(r#"{"id": "a", "text": "x", "delete": "a field"}"#), is(&[("a", true)]));
    assert_eq!(ids(r#"[{"id": "a"}, {"id": 7}]"#), is(&[("a", true), ("7", true)]));
    assert_eq!(ids(r#"{"upsert": [{"id": "a"}], "delete": ["b", 8]}"#), is(&[("a", true), ("b", false), ("8", false)]));
    assert_eq!(ids(r#"{"delete": []}"#), is(&[]));
    assert_eq!(ids("[]"), is(&[]));
    for body in [
        "",
        "7",
        "{}",
        "[[]]",
        r#"{"text": "no id"}"#,
        r#"{"upsert": {}}"#,
        r#"{"delete": [null]}"#,
        "[{\"id\": \"\"}]",
    ] {
        assert!(matches!(push(body), Err(Refusal::Body(_))), "{body}");
    }
    let many = format!("[{}]", vec!["{\"id\":1}"; 10_001].join(","));
    assert!(matches!(push(&many), Err(Refusal::Body(_))));
}

#[test]
fn a_message_is_taken_once_within_the_tolerance() {
    let remembered = Remembered::default();
    assert!(remembered.is_first("a", now(), TOLERANCE));
    assert!(!remembered.is_first("a", now(), TOLERANCE));
    assert!(remembered.is_first("b", now(), TOLERANCE));
    remembered.forget("b");
    assert!(remembered.is_first("b", now(), TOLERANCE), "its first try failed");
    let within = now().plus(TOLERANCE).plus(TOLERANCE);
    assert!(!remembered.is_first("a", within, TOLERANCE));
    let after = within.plus(Period::from_secs(1));
    assert!(remembered.is_first("a", after, TOLERANCE));
    assert!(!remembered.is_first("a", after, TOLERANCE));
}

#[test]
fn what_was_received_is_walked_each_document_once() {
    let received = push(
        r#"{"upsert": [{"id": "a", "text": "1"}, {"id": "b", "text": "2"}, {"id": "a", "text": "3"}], "delete": ["b"]}"#,
    );
    let seen = walk(&WebhookSource::new(received.expect("a good message")));
    assert_eq!(seen.names(), ["a", "b"]);
    assert_eq!(seen.text("a"), r#"{"id":"a","text":"3"}"#);
    assert!(matches!(seen.content("b"), Content::Deleted));
    assert!(!seen.walked.whole, "what was not pushed is still there");
}

proptest! {
    #[test]
    fn nothing_that_is_sent_panics(id in ".{0,20}", timestamp in ".{0,20}", signature in ".{0,60}", body in ".{0,60}") {
        let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert!(verify(b"secret", signed, body.as_bytes(), now(), TOLERANCE).is_err());
        let _ = push(&body);
    }
}
