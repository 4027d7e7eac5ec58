//! Whole walks over a small site on the loopback, and the readers of sitemaps and links.

use super::address::Within;
use super::sitemap::{self, Named};
use super::{HttpPages, links};
use crate::error::Error;
use crate::source::Content;
use crate::source::reach::served::{Question, Reply, Served};
use crate::source::reach::{Patience, read_address};
use crate::source::walked::{Seen, walk};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use reqwest::Url;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use usecase::Period;
use usecase::declared::HttpSource;

fn quick() -> Patience {
    Patience { first_wait: Duration::from_millis(1), longest_wait: Duration::from_millis(50), ..Patience::default() }
}

fn declared() -> HttpSource {
    HttpSource {
        urls: Vec::new(),
        sitemaps: Vec::new(),
        depth: 0,
        within: Vec::new(),
        max_pages: 1_000,
        pause: Period::from_millis(0),
        headers: std::collections::BTreeMap::new(),
        allow_private: vec!["127.0.0.1".to_owned()],
        ignore_robots: false,
    }
}

fn source(declared: &HttpSource) -> HttpPages {
    HttpPages::patient(declared, quick()).expect("a good declaration")
}

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

/// Names without the server's address.
fn below(seen: &Seen, served: &Served) -> Vec<String> {
    seen.names().iter().map(|name| name.replacen(&served.base, "", 1)).collect()
}

fn site(question: &Question) -> Reply {
    match question.path.as_str() {
        "/robots.txt" => Reply::of(200, "User-agent: *\nDisallow: /private\n"),
        "/" => Reply::html(
            "<title>x</title><a href='a#top'>a</a> <a href=/b?>b</a> <a href='/private/c'>c</a> <a href=/pic.PNG>p</a>
             <a href='https://elsewhere.example/'>e</a> <a href='/gone'>g</a> <script>'<a href=/script>'</script>",
        ),
        "/a" => Reply::html("<a href='/deep'>deep</a><a href='/'>home</a>"),
        "/b" => Reply::redirect("/moved"),
        "/moved" => Reply::html("moved"),
        "/deep" => Reply::html("<a href='/deeper'>deeper</a>"),
        "/deeper" => Reply::html("deeper"),
        "/same" => Reply::html("<link rel='canonical' href='/a'>again"),
        "/photo" => Reply::of(200, "…").with("Content-Type", "image/png"),
        _ => Reply::of(404, "no"),
    }
}

#[test]
fn links_are_followed_so_many_steps_within_the_given_site() {
    let served = Served::new(site);
    let at = |path: &str| format!("{}{path}", served.base);
    let expected: &[(u32, &[&str])] = &[
        (0, &["/"]),
        (1, &["/", "/a", "/moved"]),
        (2, &["/", "/a", "/deep", "/moved"]),
        (3, &["/", "/a", "/deep", "/moved", "/deeper"]),
    ];
    for (depth, pages) in expected {
        let seen = walk(&source(&HttpSource { urls: vec![at("/")], depth: *depth, ..declared() }));
        let mut found = below(&seen, &served);
        let mut pages = pages.to_vec();
        found.sort_unstable();
        pages.sort_unstable();
        assert_eq!(found, pages, "{depth}");
        assert!(seen.walked.whole && !seen.walked.more, "{:?}", seen.walked);
        let forbidden = seen
            .walked
            .warnings
            .iter()
            .any(|warning| warning.contains("1 addresses were left out, because the robots"));
        assert_eq!(forbidden, *depth > 0, "{:?}", seen.walked);
    }
    for path in ["/private/c", "/pic.PNG", "/script"] {
        assert!(!served.paths().contains(&path.to_owned()), "{path} was fetched");
    }
    let seen = walk(&source(&HttpSource { urls: vec![at("/")], depth: 1, within: vec![at("/a")], ..declared() }));
    assert_eq!(below(&seen, &served), ["/", "/a"]);
}

#[test]
fn an_item_is_named_by_where_it_is_in_the_end() {
    let served = Served::new(site);
    let at = |path: &str| format!("{}{path}", served.base);
    let urls = vec![at("/b"), at("/same"), at("/a#x"), at("/moved")];
    let seen = walk(&source(&HttpSource { urls, ..declared() }));
    assert_eq!(below(&seen, &served), ["/a", "/moved"]);
    let Content::Bytes { bytes, media, url } = seen.content(&at("/moved")) else { panic!("{seen:?}") };
    assert_eq!((bytes.as_slice(), url.as_deref()), (b"moved".as_slice(), Some(at("/moved").as_str())));
    assert_eq!(media.as_deref(), Some("text/html; charset=utf-8"));
    assert!(seen.walked.warnings.iter().any(|warning| warning.contains("canonical")), "{:?}", seen.walked);
}

#[test]
fn an_unchanged_page_is_told_by_its_server() {
    let edition = Arc::new(AtomicUsize::new(1));
    let of_server = Arc::clone(&edition);
    let served = Served::new(move |question| {
        let edition = of_server.load(Ordering::SeqCst);
        let tag = format!("\"{edition}\"");
        let date = "Wed, 21 Oct 2015 07:28:00 GMT";
        let headers = &question.headers;
        match question.path.as_str() {
            "/tag" if headers.get("if-none-match") == Some(&tag) => Reply::of(304, ""),
            "/tag" => Reply::html(format!("edition {edition} <a href=/date>d</a>")).with("ETag", &tag),
            "/date" if headers.get("if-modified-since").is_some_and(|since| since == date) => Reply::of(304, ""),
            "/date" => Reply::html("dated").with("Last-Modified", date),
            "/none" => Reply::html("nothing to tell it by"),
            _ => Reply::of(404, ""),
        }
    });
    let at = |path: &str| format!("{}{path}", served.base);
    let pages = source(&HttpSource { urls: vec![at("/tag"), at("/date"), at("/none")], ..declared() });
    let first = walk(&pages);
    assert!(first.items.iter().all(|item| matches!(item.content, Content::Bytes { .. })));
    let second = first.again(&pages);
    assert!(matches!(second.content(&at("/tag")), Content::Unchanged));
    assert!(matches!(second.content(&at("/date")), Content::Unchanged));
    assert!(matches!(second.content(&at("/none")), Content::Bytes { .. }));
    assert_eq!(second.version(&at("/tag")), first.version(&at("/tag")));
    edition.store(2, Ordering::SeqCst);
    assert_eq!(second.again(&pages).text(&at("/tag")), "edition 2 <a href=/date>d</a>");

    // Where links are followed the page is fetched whole, and still counts as unchanged.
    let pages = source(&HttpSource { urls: vec![at("/tag")], depth: 1, ..declared() });
    let first = walk(&pages);
    let second = first.again(&pages);
    assert_eq!(below(&second, &served), ["/tag", "/date"]);
    assert!(second.items.iter().all(|item| matches!(item.content, Content::Unchanged)), "{second:?}");
}

#[test]
fn what_is_gone_is_gone_and_what_fails_is_doubtful() {
    let served = Served::new(|question| match question.path.as_str() {
        "/fails" => Reply::of(500, ""),
        "/denied" => Reply::of(403, ""),
        "/busy" => Reply::of(503, ""),
        "/good" => Reply::html("good"),
        "/gone" => Reply::of(410, ""),
        _ => Reply::of(404, ""),
    });
    let at = |path: &str| format!("{}{path}", served.base);
    let seen = walk(&source(&HttpSource { urls: vec![at("/good"), at("/gone"), at("/absent")], ..declared() }));
    assert_eq!(below(&seen, &served), ["/good"]);
    assert!(seen.walked.whole);
    assert_eq!(seen.walked.warnings.len(), 2, "{:?}", seen.walked.warnings);
    for (path, status) in [("/fails", "500"), ("/denied", "403"), ("/busy", "503")] {
        let seen = walk(&source(&HttpSource { urls: vec![at("/good"), at(path)], ..declared() }));
        assert!(matches!(seen.content(&at(path)), Content::Refused(reason) if reason.contains(status)), "{seen:?}");
        assert!(!seen.walked.whole, "{path}");
    }
    let nothing = source(&HttpSource { urls: vec![at("/fails")], ..declared() });
    let error = Seen::default().try_again(&nothing).expect_err("nothing could be fetched");
    assert!(matches!(&error, Error::Source { reason, .. } if reason.contains("500")), "{error}");
}

#[test]
fn a_page_that_redirects_to_a_private_address_is_refused_with_its_reason() {
    for target in
        ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[fd00::1]/", "http://0x7f.2/"]
    {
        let served = Served::new(move |question| match question.path.as_str() {
            "/robots.txt" => Reply::of(404, ""),
            _ => Reply::redirect(target),
        });
        let at = format!("{}/", served.base);
        let within = vec![at.clone(), target.to_owned()];
        let seen = walk(&source(&HttpSource { urls: vec![at.clone()], within, ..declared() }));
        assert_eq!(seen.names(), [&at]);
        let Content::Refused(reason) = seen.content(&at) else { panic!("{seen:?}") };
        assert!(reason.contains("private or reserved") && reason.contains("allow_private"), "{reason}");
    }
    // A private site is not asked at all unless it is allowed.
    let served = Served::new(site);
    let strict = HttpSource { urls: vec![format!("{}/", served.base)], allow_private: Vec::new(), ..declared() };
    let error = Seen::default().try_again(&source(&strict)).expect_err("refused");
    assert!(error.to_string().contains("allow_private"), "{error}");
    assert_eq!(served.asked().len(), 0);
}

#[test]
fn redirects_outside_in_circles_and_without_end_are_refused() {
    let served = Served::new(|question| match question.path.as_str() {
        "/robots.txt" => Reply::of(404, ""),
        "/self" => Reply::redirect("/self"),
        "/ping" => Reply::redirect("/pong"),
        "/pong" => Reply::redirect("/ping"),
        "/out" => Reply::redirect("https://elsewhere.example/x"),
        "/good" => Reply::html("good"),
        path => Reply::redirect(&format!("{path}x")),
    });
    let at = |path: &str| format!("{}{path}", served.base);
    for (path, named, expected) in [
        ("/self", "/self", "circle"),
        ("/ping", "/pong", "circle"),
        ("/out", "/out", "`within`"),
        ("/x", "/xxxxxx", "more than 5"),
    ] {
        let seen = walk(&source(&HttpSource { urls: vec![at("/good"), at(path)], ..declared() }));
        assert!(matches!(seen.content(&at(named)), Content::Refused(reason) if reason.contains(expected)), "{seen:?}");
    }
}

#[test]
fn robots_are_heard() {
    let rules = |text: &'static str, status: u16| {
        Served::new(move |question| match question.path.as_str() {
            "/robots.txt" => Reply::of(status, text),
            _ => Reply::html("page"),
        })
    };
    let ask = |served: &Served, ignore_robots: bool| {
        let urls = vec![format!("{}/a", served.base), format!("{}/b", served.base)];
        Seen::default().try_again(&source(&HttpSource { urls, ignore_robots, ..declared() }))
    };
    let served = rules("User-agent: shipway\nDisallow: /a\n\nUser-agent: *\nDisallow: /", 200);
    let seen = ask(&served, false).expect("walked");
    assert!(matches!(&seen.items[0].content, Content::Refused(reason) if reason.contains("robots.txt")), "{seen:?}");
    assert!(matches!(&seen.items[1].content, Content::Bytes { .. }), "{seen:?}");
    assert_eq!(served.paths(), ["/robots.txt", "/b"]);
    assert!(ask(&served, true).expect("walked").items.iter().all(|item| matches!(item.content, Content::Bytes { .. })));

    assert_eq!(ask(&rules("", 404), false).expect("walked").items.len(), 2);
    let told = ask(&rules("", 500), false).expect_err("nothing is allowed while nobody knows").to_string();
    assert!(told.contains("/robots.txt cannot be read: its server answered 500"), "{told}");

    let served = Served::new(|question| match question.path.as_str() {
        "/map" => Reply::of(200, "<urlset><url><loc>/a</loc></url><url><loc>/b</loc></url></urlset>"),
        _ => Reply::of(500, ""),
    });
    let mapped = HttpSource { sitemaps: vec![format!("{}/map", served.base)], ..declared() };
    let told = Seen::default().try_again(&source(&mapped)).expect_err("nothing is allowed").to_string();
    assert!(told.contains("/robots.txt cannot be read"), "{told}");

    let served = Served::new(|_| Reply::of(200, format!("User-agent: *\n{}", "Disallow: /$\n".repeat(5_001))));
    assert!(ask(&served, false).expect_err("too many rules").to_string().contains("5000 rules"));

    let served = rules("User-agent: *\nCrawl-delay: 0.2", 200);
    let began = Instant::now();
    ask(&served, false).expect("walked");
    assert!(began.elapsed() >= Duration::from_millis(200), "{:?}", began.elapsed());
}

#[test]
fn a_host_that_fails_is_left_alone() {
    let served = Served::new(|question| match question.path.as_str() {
        "/robots.txt" => Reply::of(404, ""),
        "/0" => Reply::html("good"),
        _ => Reply::of(500, ""),
    });
    let urls = (0..20).map(|index| format!("{}/{index}", served.base)).collect();
    let seen = walk(&source(&HttpSource { urls, ..declared() }));
    assert_eq!(seen.items.len(), 6);
    assert!(!seen.walked.whole);
    assert!(seen.walked.warnings[0].starts_with("14 addresses were not asked for"), "{:?}", seen.walked);
}

#[test]
fn more_pages_than_allowed_are_left_for_later() {
    let served = Served::new(|question| {
        let next: usize = question.path.trim_start_matches('/').parse::<usize>().unwrap_or(0) + 1;
        Reply::html(format!("<a href='/{next}'>on</a> <a href='/{}'>on</a>", next + 1))
    });
    let urls = vec![format!("{}/0", served.base)];
    let limited = HttpSource { urls, depth: 20, max_pages: 7, ignore_robots: true, ..declared() };
    let seen = walk(&source(&limited));
    assert_eq!(seen.items.len(), 7);
    assert!(seen.walked.more && !seen.walked.whole, "{:?}", seen.walked);
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("packed");
    encoder.finish().expect("packed")
}

#[test]
fn sitemaps_name_pages_directly_packed_and_through_an_index() {
    let served = Served::new(|question| {
        match question.path.as_str() {
        "/robots.txt" => Reply::of(404, ""),
        "/index.xml" => Reply::of(
            200,
            "<?xml version='1.0'?><sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>
             <sitemap><loc>/one.xml</loc></sitemap><sitemap><loc> /two.xml.gz </loc></sitemap>
             <sitemap><loc>/index.xml</loc></sitemap></sitemapindex>",
        ),
        "/one.xml" => Reply::of(
            200,
            "<urlset xmlns:image='i'><url><loc>/a?x=1&amp;y=2</loc><image:image><image:loc>/p</image:loc></image:image></url>
             <url><loc><![CDATA[/b]]></loc></url><url><loc>https://elsewhere.example/</loc></url></urlset>",
        ),
        "/two.xml.gz" => Reply::of(200, packed("<urlset><url><loc>/c</loc></url><url><loc>/b</loc></url></urlset>")),
        "/broken.xml" => Reply::of(200, "<urlset><url><loc>/z</loc>"),
        "/robots" => Reply::of(200, "no addresses here"),
        "/page" | "/a?x=1&y=2" | "/b" | "/c" => Reply::html("page"),
        _ => Reply::of(404, ""),
    }
    });
    let at = |path: &str| format!("{}{path}", served.base);
    let indexed = HttpSource { sitemaps: vec![at("/index.xml")], urls: vec![at("/page")], ..declared() };
    let seen = walk(&source(&indexed));
    assert_eq!(below(&seen, &served), ["/page", "/a?x=1&y=2", "/b", "/c"]);
    assert!(seen.walked.whole && seen.expected == 4, "{:?}", seen.walked);
    for path in ["/broken.xml", "/absent.xml", "/robots"] {
        let both = HttpSource { sitemaps: vec![at(path)], ..indexed.clone() };
        let seen = walk(&source(&both));
        assert!(!seen.walked.whole && seen.walked.warnings[0].contains(path), "{path}: {:?}", seen.walked);
        let alone = HttpSource { urls: Vec::new(), ..both };
        assert!(Seen::default().try_again(&source(&alone)).is_err(), "{path}");
    }
}

#[test]
fn a_sitemap_cannot_grow() {
    let base = url("https://example.com/");
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>
        <urlset><url><loc>/&b;x</loc></url></urlset>";
    let named = sitemap::read(bomb.as_bytes(), &base, 10).expect("read");
    assert_eq!(named.pages, [url("https://example.com/x")]);
    let deep = "<a>".repeat(100_000);
    assert!(sitemap::read(deep.as_bytes(), &base, 10).is_err());
    let inflated = packed(&" ".repeat(33 * 1024 * 1024));
    assert!(sitemap::read(&inflated, &base, 10).is_err());
    let many: String = (0..100).map(|index| format!("<url><loc>/{index}</loc></url>")).collect();
    assert_eq!(sitemap::read(format!("<urlset>{many}</urlset>").as_bytes(), &base, 10).expect("read").pages.len(), 10);
    let list = sitemap::read(b"https://example.com/a\nhttps://example.com/b\n", &base, 10).expect("read");
    assert_eq!(list.pages.len(), 2);
    assert_eq!(sitemap::read(b"", &base, 10), Ok(Named::default()));
}

#[test]
fn links_of_a_page() {
    let found = links::read(
        b"<base href='/docs/'><a href='a'>a</a><A HREF=\"b?x=1&amp;y=2\">b</A><area href=c><link rel='Canonical' href=d>
          <textarea><a href=no></textarea><!-- <a href=no> --><a href='mailto:x@example.com'>m</a><a>none</a>",
        &url("https://example.com/x/y"),
        links::TIME_LIMIT,
    );
    let links: Vec<&str> = found.links.iter().map(Url::as_str).collect();
    assert_eq!(
        links,
        ["https://example.com/docs/a", "https://example.com/docs/b?x=1&y=2", "https://example.com/docs/c"]
    );
    assert_eq!(found.canonical, Some(url("https://example.com/docs/d")));
    assert!(!found.cut);
    let many =
        links::read("<a href=x><b><table>".repeat(10_001).as_bytes(), &url("https://example.com/"), links::TIME_LIMIT);
    assert!(many.cut && many.links.len() == 10_000);
    // One tag whose attributes are compared with each other for hours.
    let attributes: String = (0..300_000).map(|index| format!(" a{index}")).collect();
    let began = Instant::now();
    let slow = links::read(
        format!("<p{attributes}><a href=x>").as_bytes(),
        &url("https://example.com/"),
        Duration::from_millis(300),
    );
    assert!(slow.cut && began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn a_place_covers_its_own_origin_only() {
    let within = Within::new(&[url("https://example.com/docs"), url("https://a.example:8443/")]);
    for (text, expected) in [
        ("https://example.com/docs/x", true),
        ("https://example.com/blog", false),
        ("https://example.com.evil.example/docs", false),
        ("http://example.com/docs", false),
        ("https://a.example:8443/any?q", true),
        ("https://a.example/any", false),
    ] {
        assert_eq!(within.covers(&url(text)), expected, "{text}");
    }
}

#[test]
fn addresses_that_are_none_are_refused() {
    for text in ["example.com", "ftp://example.com/", "https://user:secret@example.com/", ""] {
        let declared = HttpSource { urls: vec![text.to_owned()], ..declared() };
        assert!(matches!(HttpPages::new(&declared).err(), Some(Error::Source { .. })), "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_that_a_server_sends_panics(body in prop::collection::vec(any::<u8>(), 0..300), text in "(<[a-z]{1,5}( href='?[^>]{0,9})?>|&[a-z#0-9]{0,5};|</loc>|<!\\[CDATA\\[|.){0,40}") {
        let base = url("https://example.com/a");
        for body in [body.as_slice(), text.as_bytes(), format!("<urlset>{text}").as_bytes()] {
            let _ = sitemap::read(body, &base, 10);
            let found = links::read(body, &base, links::TIME_LIMIT);
            prop_assert!(found.links.iter().all(|link| read_address(link.as_str(), None).as_ref() == Some(link)));
        }
    }
}
