//! Whole walks over small APIs on the loopback: every kind of paging, what changed only, and what goes wrong.

use super::ApiPages;
use super::paging::{next_link, with_query};
use super::position::later;
use crate::error::Error;
use crate::source::Content;
use crate::source::reach::Patience;
use crate::source::reach::served::{Question, Reply, Served};
use crate::source::walked::{Seen, walk};
use proptest::prelude::*;
use reqwest::Url;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use usecase::declared::{ApiSource, HeaderValue, Paging};

fn declared(url: &str) -> ApiSource {
    ApiSource {
        url: url.to_owned(),
        headers: BTreeMap::new(),
        items: "/items".to_owned(),
        id: "id".to_owned(),
        text: "text".to_owned(),
        title: "title".to_owned(),
        html: false,
        paging: None,
        since: None,
        since_key: None,
        deleted: None,
        max_pages: 100,
        allow_private: vec!["127.0.0.1".to_owned()],
    }
}

fn source(declared: &ApiSource) -> ApiPages {
    let first_wait = Duration::from_millis(1);
    ApiPages::patient(declared, Patience { first_wait, ..Patience::default() }).expect("a good declaration")
}

fn error_of(declared: &ApiSource) -> String {
    Seen::default().try_again(&source(declared)).expect_err("it fails").to_string()
}

fn parameter(question: &Question, name: &str) -> Option<String> {
    let url = Url::parse(&format!("http://x{}", question.path)).expect("a path");
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// Seven documents, three on a page; which, the closure reads from the question.
fn seven(start: impl Fn(&Question) -> usize + Send + Sync + 'static) -> Served {
    Served::new(move |question| {
        let start = start(question);
        let items: Vec<Value> =
            (start..7.min(start + 3)).map(|id| json!({"id": id, "text": format!("words {id}")})).collect();
        let next = (start + 3 < 7).then(|| start + 3);
        let link = next.map(|next| format!("<?x=0>; rel=\"prev, first\", </?at={next}>; title=\"a, b\"; rel=next"));
        let address = next.map(|next| format!("/?at={next}"));
        let body = json!({"items": items, "next": address, "meta": {"token": next}});
        let reply = Reply::of(200, body.to_string()).with("Content-Type", "application/json");
        link.map_or(Reply::of(200, body.to_string()), |link| reply.with("Link", &link))
    })
}

#[test]
fn every_way_from_page_to_page() {
    let read = |name: &'static str, times: usize, less: usize| {
        move |question: &Question| {
            parameter(question, name)
                .map_or(0, |value| value.parse::<usize>().expect("a number").saturating_sub(less) * times)
        }
    };
    let name = |text: &str| text.to_owned();
    let cases = [
        (Paging::NextUrl(name("/next")), seven(read("at", 1, 0)), 3),
        (Paging::LinkHeader(true), seven(read("at", 1, 0)), 3),
        (Paging::Cursor { pointer: name("/meta/token"), parameter: name("after") }, seven(read("after", 1, 0)), 3),
        (Paging::Page { parameter: name("page"), first: 1 }, seven(read("page", 3, 1)), 4),
        (Paging::Offset { parameter: name("skip") }, seven(read("skip", 1, 0)), 4),
    ];
    for (paging, served, questions) in cases {
        let api = ApiSource { paging: Some(paging.clone()), ..declared(&format!("{}/?kind=faq", served.base)) };
        let seen = walk(&source(&api));
        assert_eq!(seen.names(), ["0", "1", "2", "3", "4", "5", "6"], "{paging:?}");
        assert_eq!(served.asked().len(), questions, "{paging:?}: {:?}", served.paths());
        assert!(seen.walked.whole && seen.walked.cursor.is_none() && !seen.walked.more, "{:?}", seen.walked);
        assert_eq!(seen.text("4"), r#"{"id":"4","text":"words 4"}"#);
    }
    let served = seven(|_| 0);
    assert_eq!(walk(&source(&declared(&served.base))).names().len(), 3, "without paging there is one page");
}

#[test]
fn documents_get_the_names_that_the_parser_knows() {
    let served = Served::new(|question| {
        assert_eq!(question.headers["x-key"], "k");
        let documents = json!([
            {"sku": 7, "content": {"rendered": "<p>Some <b>words</b></p>"}, "title": {"rendered": "T"}, "lang": "en"},
            {"sku": "8", "gone": "2025-01-01"},
            {"content": {"rendered": "no id"}},
            "no object",
            {"sku": "7", "content": {"rendered": "again"}},
            {"sku": "9"},
        ]);
        Reply::of(200, documents.to_string())
    });
    let api = ApiSource {
        items: String::new(),
        id: "sku".to_owned(),
        text: "/content/rendered".to_owned(),
        title: "/title/rendered".to_owned(),
        deleted: Some("gone".to_owned()),
        html: true,
        headers: BTreeMap::from([("X-Key".to_owned(), HeaderValue::Plain("k".to_owned()))]),
        ..declared(&served.base)
    };
    let seen = walk(&source(&api));
    let document: Value = serde_json::from_str(&seen.text("7")).expect("JSON");
    assert_eq!(document["title"], "T");
    assert_eq!(document["lang"], "en");
    assert_eq!(document["text"], "Some **words**");
    assert!(matches!(seen.content("8"), Content::Deleted));
    assert!(matches!(seen.content("9"), Content::Refused(reason) if reason.contains("no text")));
    assert_eq!(seen.items.len(), 5, "{:?}", seen.names());
    assert!(!seen.walked.whole, "nobody knows which document had no id");
}

#[test]
fn only_what_changed_is_asked_for() {
    let served = Served::new(|question| {
        let all = [("a", "2025-01-01T00:00:00Z"), ("b", "2025-01-02T00:00:00+02:00"), ("c", "2025-01-01T23:00:00Z")];
        let since = parameter(question, "updated_since").unwrap_or_default();
        let items = all.iter().filter(|(_, at)| *at >= since.as_str());
        let items: Vec<Value> = items.map(|(id, at)| json!({"id": id, "text": "x", "at": at})).collect();
        Reply::of(200, json!({"items": items}).to_string())
    });
    let api = ApiSource {
        since: Some("updated_since".to_owned()),
        since_key: Some("at".to_owned()),
        ..declared(&served.base)
    };
    let pages = source(&api);
    let first = walk(&pages);
    assert_eq!(first.names(), ["a", "b", "c"]);
    assert!(first.walked.whole, "the first time everything is seen");
    assert_eq!(first.walked.cursor, Some(json!({"since": "2025-01-01T23:00:00Z"})));
    let second = first.again(&pages);
    assert_eq!(second.names(), ["b", "c"]);
    assert!(!second.walked.whole, "what did not change is not gone");
    assert_eq!(second.walked.cursor, first.walked.cursor);
    assert_eq!(served.paths(), ["/", "/?updated_since=2025-01-01T23%3A00%3A00Z"]);
    // Nothing changed any more: the cursor stays.
    let mut third = second;
    third.walked.cursor = Some(json!({"since": "2030-01-01T00:00:00Z"}));
    let fourth = third.again(&pages);
    assert_eq!((fourth.items.len(), &fourth.walked.cursor), (0, &third.walked.cursor));
}

#[test]
fn a_walk_that_ended_early_goes_on_where_it_ended() {
    let broken = Arc::new(AtomicBool::new(false));
    let of_server = Arc::clone(&broken);
    let served = Served::new(move |question| {
        let page: u64 = parameter(question, "page").expect("a page").parse().expect("a number");
        if page == 2 && of_server.load(Ordering::SeqCst) {
            return Reply::of(500, "");
        }
        let items = if page < 5 { json!([{"id": page, "text": "x", "at": 10 - page}]) } else { json!([]) };
        Reply::of(200, json!({"items": items}).to_string())
    });
    let api = ApiSource {
        paging: Some(Paging::Page { parameter: "page".to_owned(), first: 0 }),
        since: Some("after".to_owned()),
        since_key: Some("at".to_owned()),
        max_pages: 3,
        ..declared(&served.base)
    };
    let first = walk(&source(&api));
    assert_eq!(first.names(), ["0", "1", "2"]);
    assert!(first.walked.more && !first.walked.whole && first.walked.warnings[0].contains("max_pages = 3"));
    let second = first.again(&source(&api));
    assert_eq!(second.names(), ["3", "4"]);
    assert!(!second.walked.more && !second.walked.whole);
    assert_eq!(second.walked.cursor, Some(json!({"since": 10})), "the largest of all pages, not of the last ones");

    broken.store(true, Ordering::SeqCst);
    let half = walk(&source(&api));
    assert_eq!(half.names(), ["0", "1"]);
    assert!(!half.walked.whole && half.walked.warnings[0].contains("answered 500"), "{:?}", half.walked);
    // It still fails there: everything begins anew, and ends there again.
    let again = half.again(&source(&api));
    assert_eq!(again.names(), ["0", "1"]);
    broken.store(false, Ordering::SeqCst);
    assert_eq!(again.again(&source(&api)).names(), ["2", "3", "4"]);
}

#[test]
fn what_stops_a_walk() {
    let page = |body: Value| Served::new(move |_| Reply::of(200, body.to_string()));
    let item = json!([{"id": 1, "text": "x"}]);
    let circle = Served::new(|question| {
        let next = if question.path == "/b" { "/?key=s3cret" } else { "/b" };
        Reply::of(200, json!({"items": [{"id": question.path, "text": "x"}], "next": next}).to_string())
    });
    let cursor = Paging::Cursor { pointer: "/token".to_owned(), parameter: "token".to_owned() };
    let cases = [
        (page(json!({"items": item, "token": "same"})), Some(cursor.clone()), "two pages are the same"),
        (circle, Some(Paging::NextUrl("/next".to_owned())), "in a circle"),
        (page(json!({"items": item})), Some(Paging::Offset { parameter: "skip".to_owned() }), "two pages are the same"),
        (
            page(json!({"items": item, "next": "https://other.example/"})),
            Some(Paging::NextUrl("/next".to_owned())),
            "another place",
        ),
        (page(json!({"things": item})), None, "no list at `items = \"/items\"`"),
        (Served::new(|_| Reply::of(200, "<html>")), None, "no JSON"),
        (Served::new(|_| Reply::of(401, "{}")), None, "answered 401"),
    ];
    for (served, paging, expected) in cases {
        let api = ApiSource { paging, ..declared(&format!("{}/?key=s3cret", served.base)) };
        let told = error_of(&api);
        assert!(told.contains(expected) && !told.contains("s3cret"), "{told}");
    }
    // A token that is given even on the last, empty page is the end.
    let served = page(json!({"items": [], "token": "same"}));
    let api = ApiSource { paging: Some(cursor), ..declared(&served.base) };
    assert!(walk(&source(&api)).walked.whole);
    let served = seven(|_| 0);
    let told = error_of(&ApiSource { allow_private: Vec::new(), ..declared(&served.base) });
    assert!(told.contains("`allow_private`") && served.asked().is_empty(), "{told}");
    assert!(matches!(ApiPages::new(&declared("example.com")).err(), Some(Error::Source { .. })));
}

#[test]
fn links_and_queries() {
    let url = Url::parse("https://example.com/a?page=1&x=%26").expect("an address");
    assert_eq!(with_query(&url, "page", "a b&c").as_str(), "https://example.com/a?x=%26&page=a+b%26c");
    for (header, expected) in [
        ("<https://e.com/?a=1,2>; rel=\"next\"", Some("https://e.com/?a=1,2")),
        ("</1>; rel=prev, </2>; rel=\"last next\"", Some("/2")),
        ("</1>; title=\"x, <y>; rel=next\"; rel=prev", None),
        ("</1>", None),
        ("<", None),
    ] {
        assert_eq!(next_link(header).as_deref(), expected, "{header}");
    }
}

#[test]
fn marks_of_change_are_compared_as_what_they_are() {
    for (mark, than, expected) in [
        (json!(10), json!(9), true),
        (json!(9), json!(10), false),
        (json!("2025-01-02T00:00:00+02:00"), json!("2025-01-01T23:00:00Z"), false),
        (json!("b"), json!("a"), true),
        (json!("a"), json!(1), false),
    ] {
        assert_eq!(later(&mark, Some(&than)), expected, "{mark} {than}");
    }
    assert!(later(&json!(1), None) && !later(&Value::Null, None));
}

proptest! {
    #[test]
    fn no_link_header_panics(header in "[<>;,\"= a-z]{0,40}") {
        let _ = next_link(&header);
    }
}
