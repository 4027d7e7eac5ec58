//! What is refused, how long one waits, and to whom headers go.

use super::served::{Reply, Served};
use super::{MAX_BODY_BYTES, Patience, Reach, Trouble, inflate, read_address, read_retry_after, shown};
use crate::error::Error;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Url;
use reqwest::header::HeaderMap;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use usecase::declared::{HeaderValue, SecretRef};

pub(crate) fn quick() -> Patience {
    Patience { first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(50), ..Patience::default() }
}

fn reach() -> Reach {
    Reach::new(&["127.0.0.1".to_owned()], quick()).expect("a client")
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

#[test]
fn a_private_address_is_refused_unless_it_is_allowed() {
    let served = Served::new(|_| Reply::html("hello"));
    let strict = Reach::new(&[], quick()).expect("a client");
    let told = strict.get(&url(&served.base)).expect_err("refused");
    assert!(matches!(&told, Trouble::Forbidden(reason) if reason.contains("`allow_private`")), "{told}");
    // A name is judged by where it leads.
    let named = served.base.replace("127.0.0.1", "localhost");
    let told = strict.get(&url(&named)).expect_err("refused");
    assert!(matches!(&told, Trouble::Forbidden(reason) if reason.starts_with("localhost lies at ")), "{told}");
    assert_eq!(served.asked().len(), 0);

    let answer = reach().get(&url(&served.base)).expect("allowed");
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(answer.media().as_deref(), Some("text/html; charset=utf-8"));
    assert!(served.asked()[0].headers["user-agent"].starts_with("shipway/"));
}

#[test]
fn a_redirect_to_a_private_address_is_refused_with_its_reason() {
    for target in ["http://169.254.169.254/latest/meta-data/", "http://[::1]:1/", "http://2130706434/", "file:///etc/x"]
    {
        let served = Served::new(move |_| Reply::redirect(target));
        let told = reach().get(&url(&served.base)).expect_err(target);
        assert!(matches!(told, Trouble::Forbidden(_)), "{target}: {told}");
    }
}

#[test]
fn redirects_are_followed_five_times() {
    let served = Served::new(|question| {
        let step: u32 = question.path.trim_start_matches('/').parse().unwrap_or(0);
        if step == 0 { Reply::html("there") } else { Reply::redirect(&format!("/{}#part", step - 1)) }
    });
    let answer = reach().get(&url(&format!("{}/5", served.base))).expect("five are followed");
    assert_eq!(answer.url.as_str(), format!("{}/0", served.base));
    let told = reach().get(&url(&format!("{}/6", served.base))).expect_err("six are not");
    assert!(told.to_string().contains("more than 5 times"), "{told}");
}

#[test]
fn declared_headers_go_to_their_own_origin_only() {
    let other = Served::new(|_| Reply::html("other"));
    let target = other.base.clone();
    let served = Served::new(move |_| Reply::redirect(&target));
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, "s3cret\n").expect("written");
    let secret = |path: &std::path::Path| HeaderValue::Secret {
        secret: SecretRef::File(path.display().to_string()),
        prefix: "Bearer ".to_owned(),
    };
    let declared = BTreeMap::from([
        ("Authorization".to_owned(), secret(&key)),
        ("X-Team".to_owned(), HeaderValue::Plain("care".to_owned())),
    ]);
    let client = reach().with_headers(&declared, [url(&served.base)]).expect("headers");
    assert_eq!(client.get(&url(&served.base)).expect("an answer").body, b"other");
    assert_eq!(served.asked()[0].headers["authorization"], "Bearer s3cret");
    assert_eq!(served.asked()[0].headers["x-team"], "care");
    assert!(
        !other.asked()[0].headers.contains_key("authorization") && !other.asked()[0].headers.contains_key("x-team")
    );

    let absent = BTreeMap::from([("A".to_owned(), secret(&folder.path().join("absent")))]);
    let error = reach().with_headers(&absent, []).err().expect("refused");
    assert!(matches!(error, Error::MissingSecret { .. }), "{error}");
}

#[test]
fn a_busy_server_is_asked_again_as_it_wishes() {
    let count = AtomicUsize::new(0);
    let served = Served::new(move |question| match (question.path.as_str(), count.fetch_add(1, Ordering::SeqCst)) {
        ("/later", _) => Reply::of(429, "").with("Retry-After", "3600"),
        ("/always", _) => Reply::of(503, "busy"),
        (_, 0) => Reply::of(429, "").with("Retry-After", "0"),
        (_, 1) => Reply::of(503, ""),
        _ => Reply::html("now"),
    });
    let ask = |path: &str| reach().get(&url(&format!("{}{path}", served.base))).expect("an answer").status;
    assert_eq!(ask("/soon"), 200);
    assert_eq!(served.asked().len(), 3);
    assert_eq!(ask("/later"), 429);
    assert_eq!(served.asked().len(), 4, "an hour is not waited, and nobody is asked before it is over");
    assert_eq!(ask("/always"), 503);
    assert_eq!(served.asked().len(), 8);
    assert_eq!(read_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
    assert_eq!(read_retry_after("soon"), None);
}

#[test]
fn answers_are_limited_as_they_come_and_inflated() {
    let bomb = packed(&vec![0; MAX_BODY_BYTES + 1]);
    assert!(bomb.len() < 1024 * 1024);
    let served = Served::new(move |question| match question.path.as_str() {
        "/packed" => Reply::html(packed(b"small")).with("Content-Encoding", "gzip"),
        "/bomb" => Reply::html(bomb.clone()).with("Content-Encoding", "gzip"),
        "/broken" => Reply::html("no gzip").with("Content-Encoding", "gzip"),
        "/strange" => Reply::html("?").with("Content-Encoding", "br"),
        "/told" => Reply::html("").with("Content-Length", "99999999999"),
        _ => Reply::html(vec![b'x'; MAX_BODY_BYTES + 1]),
    });
    let ask = |path: &str| reach().get_once(&url(&format!("{}{path}", served.base)), &HeaderMap::new());
    assert_eq!(ask("/packed").expect("an answer").body, b"small");
    for path in ["/bomb", "/told", "/large"] {
        assert_eq!(ask(path).expect_err(path), Trouble::TooLarge, "{path}");
    }
    for path in ["/broken", "/strange"] {
        assert!(matches!(ask(path).expect_err(path), Trouble::Failed(_)), "{path}");
    }
    assert_eq!(inflate(&packed(b"a")).expect("inflated"), b"a");
}

#[test]
fn a_server_that_hangs_is_left() {
    let served = Served::new(|_| {
        std::thread::sleep(Duration::from_secs(2));
        Reply::html("late")
    });
    let hasty = Patience { idle: Duration::from_millis(50), whole: Duration::from_millis(100), ..quick() };
    let client = Reach::new(&["127.0.0.1".to_owned()], hasty).expect("a client");
    assert!(matches!(client.get(&url(&served.base)), Err(Trouble::Failed(_))));
    // Nobody listens at a port that was given back.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    assert!(
        matches!(client.get(&url(&format!("http://{gone}/?key=s3cret"))), Err(Trouble::Failed(told)) if !told.contains("s3cret"))
    );
}

#[test]
fn addresses_are_brought_into_one_form() {
    let base = url("https://example.com/docs/a");
    let table = [
        ("b#part", Some("https://example.com/docs/b")),
        ("../c?", Some("https://example.com/c")),
        ("HTTPS://EXAMPLE.com:443/x?q=1", Some("https://example.com/x?q=1")),
        ("//other.org", Some("https://other.org/")),
        ("mailto:a@example.com", None),
        ("javascript:alert(1)", None),
        ("https://user:pass@example.com/", None),
        ("http://", None),
    ];
    for (text, expected) in table {
        assert_eq!(read_address(text, Some(&base)).as_ref().map(Url::as_str), expected, "{text}");
    }
    assert_eq!(shown(&url("https://example.com:8443/a?token=1")), "https://example.com:8443/a");
}
