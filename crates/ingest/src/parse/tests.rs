//! Every format as data: bytes, and the documents or the reasons that come of them.

use super::{MAX_REJECTED, Parsed, ParsedDocument};
use proptest::prelude::*;
use serde_json::{Value, json};

fn parse(path: &str, bytes: &[u8]) -> Parsed {
    super::parse(path, None, bytes)
}

fn one(path: &str, bytes: impl AsRef<[u8]>) -> ParsedDocument {
    let Parsed { mut documents, rejected, .. } = parse(path, bytes.as_ref());
    assert!(rejected.is_empty(), "{path}: {rejected:?}");
    assert_eq!(documents.len(), 1, "{path}");
    documents.remove(0)
}

/// Checks id, title, text and fields of a file with one document.
fn check(path: &str, bytes: impl AsRef<[u8]>, expected: (&str, &str, &str, Value)) {
    let document = one(path, bytes);
    let (id, title, text, fields) = expected;
    assert_eq!(
        (document.id.as_str(), document.title.as_str(), document.text.as_str(), Value::Object(document.fields)),
        (id, title, text, fields),
        "{path}"
    );
}

/// Checks that nothing comes of a file, and that the reason names each part.
fn refused(path: &str, bytes: impl AsRef<[u8]>, parts: &[&str]) {
    let parsed = parse(path, bytes.as_ref());
    assert!(parsed.documents.is_empty(), "{path}: {:?}", parsed.documents);
    let [rejected] = parsed.rejected.as_slice() else { panic!("{path}: one reason expected, got {parsed:?}") };
    for part in parts {
        assert!(rejected.reason.contains(part), "{path}: {:?} should name {part:?}", rejected.reason);
    }
}

#[test]
fn a_title_as_long_as_a_text_is_cut_between_words() {
    let long = "word ".repeat(10_000);
    for (path, bytes) in [
        ("a.csv", format!("id,text\na,\"{long}\"\n")),
        ("a.md", format!("---\ntitle: {long}\n---\ntext")),
        ("a.html", format!("<title>{long}</title><p>text")),
        ("a.eml", format!("Subject: {long}\n\ntext")),
    ] {
        assert_eq!(one(path, bytes).title, "word ".repeat(60).trim_end(), "{path}");
    }
    assert_eq!(one("a.md", format!("---\ntitle: {}\n---\ntext", "é".repeat(1_000))).title, "é".repeat(300));
}

#[test]
fn markdown() {
    check(
        "docs/a.md",
        "# Returns\n\nWithin 30 days.\n",
        ("docs/a.md", "Returns", "# Returns\n\nWithin 30 days.", json!({})),
    );
    check("docs/plain-words.md", "No heading.", ("docs/plain-words.md", "plain-words", "No heading.", json!({})));
    check(
        "a.md",
        "---\nid: ret-1\ntitle: All about returns\ngroups: [staff, hr]\nversion: 2\n\
         url: https://example.com/r\n---\n# X\ny",
        (
            "ret-1",
            "All about returns",
            "# X\ny",
            json!({
                "id": "ret-1", "title": "All about returns", "groups": ["staff", "hr"], "version": 2,
                "url": "https://example.com/r",
            }),
        ),
    );
    check("a.md", "---\nid: 42\n---\nwords", ("42", "a", "words", json!({"id": 42})));
    check("a.md", "---\n---\nwords", ("a.md", "a", "words", json!({})));
    check("a.md", "---\r\ntitle: T\r\n---\r\none\r\ntwo\r\n", ("a.md", "T", "one\ntwo", json!({"title": "T"})));
    check("a.md", "\u{feff}---\ntitle: T\n...\none", ("a.md", "T", "one", json!({"title": "T"})));
    check("a.md", "words\n\n---\n\nmore", ("a.md", "a", "words\n\n---\n\nmore", json!({})));
    assert_eq!(one("a.md", "---\nurl: https://example.com/r\n---\nx").url.as_deref(), Some("https://example.com/r"));
    assert!(one("a.md", "# Heading\nx").titled && !one("a.md", "x").titled);
}

#[test]
fn front_matter_that_is_wrong_names_its_line() {
    let table: &[(&str, &[&str])] = &[
        ("---\ntitle: [open\n---\nx", &["front matter, line"]),
        ("---\ntitle: ok\nid: 1\n  bad: indent\n---\nx", &["front matter, line 4"]),
        ("---\ntitle: a\ntitle: b\n---\nx", &["front matter, line 3", "duplicate", "title"]),
        ("---\n- a\n- b\n---\nx", &["front matter, line 2", "key: value"]),
        ("---\njust words\n---\nx", &["front matter, line 2"]),
        ("---\ntitle: never closed\n\nwords", &["front matter, line 1", "never closed"]),
        ("---\nid: [a]\n---\nx", &["id is neither"]),
        ("---\ntitle: only\n---\n\n", &["no text"]),
        ("---\na: &a [x]\nb: *nowhere\n---\nx", &["front matter, line 3"]),
    ];
    for (text, parts) in table {
        refused("a.md", text, parts);
    }
    let long = format!("---\nid: {}\n---\nx", "i".repeat(501));
    refused("a.md", long, &["more than 500 characters"]);
}

#[test]
fn text_and_its_encodings() {
    let words = |text: &'static str| ("notes/n.txt", "n", text, json!({}));
    check("notes/n.txt", "Größe\r\nzwei ", words("Größe\nzwei"));
    check("notes/n.txt", b"\xFF\xFEG\x00r\x00\xF6\x00", words("Grö"));
    for nothing in [&b""[..], b" \n\t\n", b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"] {
        for ending in ["txt", "md", "html", "jsonl", "csv", "eml", "docx", "pdf", "json"] {
            assert!(parse(&format!("a.{ending}"), nothing).documents.is_empty(), "{ending}");
        }
        refused("a.txt", nothing, &["no text"]);
    }
    refused("a.txt", b"a\0b\0\0", &["zero bytes"]);
    refused("a.doc", b"PK", &["not known", ".docx"]);
    refused("Makefile", b"all:", &["not known"]);
    let parsed = parse("a.csv", b"id,text\n1,Die Gr\xF6\xDFe der Stra\xDFe\n");
    assert_eq!(parsed.documents[0].text, "Die Größe der Straße");
    assert!(parsed.warnings[0].contains("windows-1252"), "{:?}", parsed.warnings);
    assert_eq!(parse("a.txt", "plain".as_bytes()).warnings, Vec::<String>::new());
}

#[test]
fn a_media_type_decides_where_the_name_does_not() {
    let table: [(&str, &str, &[u8], &str); 10] = [
        ("guide.md", "application/json", b"{\"id\": \"guide.md\", \"text\": \"A\"}", "A"),
        ("https://example.com/a", "text/html; charset=utf-8", b"<h1>A</h1>", "# A"),
        ("https://example.com/a.php?x=b.csv", "text/markdown", b"*a*", "*a*"),
        ("https://example.com/", "text/plain;charset=\"windows-1251\"", b"\xD1\xF0\xEE\xEA", "Срок"),
        ("https://example.com/a.md?raw=1", "application/octet-stream", b"# A", "# A"),
        ("https://example.com/README.md", "text/html", b"<!DOCTYPE html><p>A", "A"),
        ("https://example.com/README.md", "text/html", b"# A", "# A"),
        ("feed", "application/vnd.api+json", b"{\"text\": \"A\"}", "A"),
        ("feed", "text/tab-separated-values", b"a\tb\n1\t2", "a: 1\nb: 2"),
        ("feed", "TEXT/CSV", b"a,b\n1,2", "a: 1\nb: 2"),
    ];
    for (name, media, bytes, text) in table {
        let parsed = super::parse(name, Some(media), bytes);
        assert_eq!(parsed.documents.first().map(|document| document.text.as_str()), Some(text), "{name} {media}");
    }
    let parsed = super::parse("feed", Some("image/png"), b"x");
    assert!(parsed.rejected[0].reason.contains("image/png"), "{parsed:?}");
}

#[test]
fn html() {
    let page = "<!doctype html><html><head><title>Returns &amp;\n more</title>\
        <meta charset=utf-8><meta name=groups content='staff, hr'>\
        <meta name=topic content=a><meta name=topic content=b>\
        <style>p { color: red }</style><script>alert('x')</script></head>\
        <body><h1>Heading</h1><p>Within <b>30</b> days.</p><script>track()</script>\
        <table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>\
        <noscript>no script</noscript><img src='data:image/png;base64,AAAA' alt='a picture'></body></html>";
    let document = one("p.html", page);
    assert_eq!((document.id.as_str(), document.title.as_str(), document.titled), ("p.html", "Returns & more", true));
    assert_eq!(Value::Object(document.fields), json!({"groups": "staff, hr", "topic": ["a", "b"]}));
    let text = &document.text;
    assert!(text.contains("# Heading") && text.contains("Within **30** days."), "{text}");
    assert!(text.contains("a picture") && text.contains("| A "), "{text}");
    for gone in ["alert", "track", "color", "base64", "no script", "Returns"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
    assert_eq!(one("p.htm", "<h2>Only</h2>words").title, "Only");
    assert_eq!(one("p.html", "just words").text, "just words");
    assert_eq!(
        one("p.html", "<p>price_list [old] 2 * 3</p><pre><code>a\\_b\n</code></pre>").text,
        concat!("price_list [old] 2 * 3\n\n", "```\na\\_b\n```",)
    );
    refused("p.html", "<html><script>x</script></html>", &["no text"]);
    assert_eq!(one("p.html", b"<meta charset=shift_jis><p>\x93\xFA\x96\x7B").text, "日本");
    let list = "<ul><li>fruit<ul><li>apple</li></ul></li><li>roots</li></ul><ol><li>one</li></ol>";
    assert_eq!(one("p.html", list).text, "- fruit\n  - apple\n- roots\n\n1. one");
}

#[test]
fn tables_of_pages() {
    let expect = |html: &str, text: &str| assert_eq!(one("p.html", html).text, text, "{html}");
    expect(
        "<table><caption>Prices</caption><thead><tr><th>A<th>B</thead><tbody><tr><td>a very long\ncell<td>x|y</table>",
        "Prices\n\n| A | B |\n| --- | --- |\n| a very long cell | x\\|y |",
    );
    expect("<table><tr><td>a<td>b<tr><td>1<td>2</table>", "| a | b |\n| --- | --- |\n| 1 | 2 |");
    expect("<table><tr><th colspan=2>a<tr><td>1<td>2</table>", "| a |  |\n| --- | --- |\n| 1 | 2 |");
    // A table that lays out the page: uneven, or with blocks, or with a table inside.
    expect("<table><tr><td><h1>Menu</h1><p>x</p></td><td><p>y</p></td></tr></table>", "# Menu\n\nx\n\ny");
    expect(
        "<table><tr><td>left</td><td><table><tr><th>a</th></tr><tr><td>1</td></tr></table></td></tr></table>",
        "left\n\n| a |\n| --- |\n| 1 |",
    );
}

#[test]
fn pages_that_would_never_end() {
    let deep = [
        "<div>".repeat(1_000),
        "<div>".repeat(100_000),
        "<b>".repeat(100_000),
        "<span>x</span>".repeat(10) + &"<ul><li>".repeat(100_000),
        "<blockquote>".repeat(150) + &"a<br>".repeat(100_000),
        (0..1_900).map(|id| format!("<b id={id}>")).collect::<String>() + &"<p>x".repeat(10_000),
        "<table><tr><td>".repeat(50_000),
    ];
    for page in deep {
        refused("p.html", page, &["nested"]);
    }
    // Nothing of this is deep: comments, scripts, elements without an end.
    let flat = format!(
        "<!-- {} --><script>{}</script>{}{}",
        "<div>".repeat(3_000),
        "'<div>' < 3".repeat(3_000),
        "<p>a<br>".repeat(3_000),
        "<div>b</div>".repeat(3_000)
    );
    assert!(one("p.html", flat).text.starts_with("a  \n\na"));
    assert_eq!(one("p.html", format!("{}x{}", "<div>".repeat(150), "</div>".repeat(150))).text, "x");
    for text in ["<".repeat(200_000), "<!--".repeat(50_000), "<a ".repeat(60_000), "&".repeat(200_000)] {
        parse("p.html", text.as_bytes());
    }
    let padded = format!("<table><tr><th>{}</th></tr>{}</table>", "x".repeat(900), "<tr><td>y</td></tr>".repeat(5_000));
    assert!(one("p.html", padded).text.len() < 100_000);
}

#[test]
fn csv_has_a_document_per_row() {
    let table = "id,question,answer,topic\nq1,How long?,30 days.,returns\nq2,\"Where, please?\",\"In\nstore\",\n";
    let Parsed { documents, rejected, .. } = parse("faq.csv", table.as_bytes());
    assert!(rejected.is_empty(), "{rejected:?}");
    let [first, second] = documents.as_slice() else { panic!("two documents: {documents:?}") };
    assert_eq!((first.id.as_str(), first.title.as_str()), ("q1", "How long?"));
    assert_eq!(first.text, "question: How long?\ntopic: returns\n\n30 days.");
    assert_eq!(first.fields.get("topic"), Some(&json!("returns")));
    assert_eq!((second.id.as_str(), second.text.as_str()), ("q2", "question: Where, please?\n\nIn\nstore"));

    check(
        "a.csv",
        "title,text\nT,words",
        ("a.csv#1", "T", "title: T\n\nwords", json!({"title": "T", "text": "words"})),
    );
    check("a.csv", "q;n\nWhy?;1\n", ("a.csv#1", "Why?", "q: Why?\nn: 1", json!({"q": "Why?", "n": "1"})));
    check("a.tsv", "q\tn\nWhy?\t1\n", ("a.tsv#1", "Why?", "q: Why?\nn: 1", json!({"q": "Why?", "n": "1"})));

    refused("a.csv", "a,a\n1,2", &["line 1", "`a` stands twice"]);
    refused("a.csv", "a,\n1,2", &["line 1", "column 2 has no name"]);
    refused("a.csv", "id,text\nx,\n", &["no text"]);
    check("a.csv", "q\tn;m\nWhy?\t1\n", ("a.csv#1", "Why?", "q: Why?\nn;m: 1", json!({"q": "Why?", "n;m": "1"})));
    let wide: Vec<String> = (0..3_000).map(|column| format!("c{column}")).collect();
    refused("a.csv", wide.join(","), &["line 1", "2000 columns"]);
    let mixed = parse("a.csv", b"id,text\n1,good\n2\n3,good too\n");
    assert_eq!(mixed.documents.len(), 2);
    assert_eq!((mixed.rejected[0].document.as_str(), mixed.rejected[0].identified), ("a.csv#2", false));
    assert!(mixed.rejected[0].reason.contains("line 3: 1 values for 2 columns"), "{:?}", mixed.rejected);
    assert!(parse("a.csv", b"id,text\n").documents.is_empty());
}

#[test]
fn a_csv_whose_columns_shift() {
    let parsed = parse("a.csv", b"id,text\n1,good\n2,one, two\n3,fine\n4\n5,\"a\nb\"\n6,x,y\n7,z\n");
    let lines: Vec<&str> = parsed.rejected.iter().filter_map(|rejected| rejected.reason.split(':').next()).collect();
    assert_eq!((lines, parsed.documents.len()), (vec!["line 3", "line 5", "line 8"], 4));
    refused("a.csv", "id,text\n1,a,b\n2,c,d\n3,e\n", &["2 of its 3 rows", "2 values", "header"]);
    refused("a.csv", "id;text,note\n1;a\n2;b\n", &["2 of its 2 rows"]);
}

#[test]
fn reasons_have_an_end() {
    let parsed = parse("a.jsonl", "{\n".repeat(5_000).as_bytes());
    assert_eq!(parsed.rejected.len(), MAX_REJECTED + 1);
    let last = parsed.rejected.last().expect("there are many");
    assert!(last.reason.contains("more than 1000") && !last.identified, "{last:?}");
}

#[test]
fn json_is_an_object_an_array_or_a_wrapped_array() {
    let ids = |text: &str| -> Vec<String> {
        let parsed = parse("d.json", text.as_bytes());
        assert!(parsed.rejected.is_empty(), "{text}: {parsed:?}");
        parsed.documents.into_iter().map(|document| document.id).collect()
    };
    assert_eq!(ids(r#"{"id": 7, "text": "a", "list": [{"text": "b"}]}"#), ["7"]);
    assert_eq!(ids(r#"{"text": "a"}"#), ["d.json"]);
    assert_eq!(ids(r#"[{"id": "x", "text": "a"}, {"text": "b"}]"#), ["x", "d.json#2"]);
    assert_eq!(ids(r#"{"next": 2, "items": [{"id": "x", "text": "a"}], "tags": ["t"]}"#), ["x"]);
    assert_eq!(ids("{\"id\": 1, \"text\": \"a\"}\n{\"id\": 2, \"text\": \"b\"}\n"), ["1", "2"]);
    assert_eq!(ids(r#"{"a": [{"text": "x"}], "b": [{"text": "y"}], "words": "z"}"#), ["d.json"]);
    check(
        "d.json",
        r#"{"text": "a", "n": 1.5, "on": true, "none": null, "in": {"x": [1]}}"#,
        ("d.json", "a", "a", json!({"text": "a", "n": 1.5, "on": true, "none": null, "in": {"x": [1]}})),
    );
    assert!(ids("[]").is_empty());
    refused("d.json", "3", &["neither an object"]);
    refused("d.json", "{\"a\": ", &["not JSON"]);
    refused("d.json", "[".repeat(1_000_000), &["not JSON"]);
    refused("d.json", "{\"a\":".repeat(1_000_000), &["not JSON"]);
    let parsed = parse("d.json", br#"[{"text": "a"}, 3, {"text": 4}]"#);
    let places: Vec<&str> = parsed.rejected.iter().map(|rejected| rejected.document.as_str()).collect();
    assert_eq!((parsed.documents.len(), places), (1, vec!["d.json#2", "d.json#3"]));
}

#[test]
fn front_matter_that_multiplies_itself() {
    let levels = (1..12).map(|level| format!("a{level}: &a{level} [{}]\n", format!("*a{},", level - 1).repeat(9)));
    let bomb = format!("---\na0: &a0 [x,x,x,x]\n{}---\nwords", levels.collect::<String>());
    refused("a.md", bomb, &["front matter"]);
    refused("a.md", format!("---\na: {}\n---\nwords", "[".repeat(100_000)), &["front matter"]);
}

#[test]
fn jsonl_has_a_document_per_line() {
    let lines = concat!(
        "{\"id\": \"a\", \"title\": \"T\", \"text\": \"words\", \"tags\": [\"x\"]}\n",
        "\n",
        "{\"id\": 7, \"body\": \"First line\\nsecond\"}\n",
        "{\"question\": \"Why?\", \"answer\": \"So.\", \"n\": 3}\n",
    );
    let Parsed { documents, rejected, .. } = parse("d.jsonl", lines.as_bytes());
    assert!(rejected.is_empty(), "{rejected:?}");
    let told: Vec<(&str, &str, &str)> =
        documents.iter().map(|d| (d.id.as_str(), d.title.as_str(), d.text.as_str())).collect();
    assert_eq!(
        told,
        [
            ("a", "T", "words"),
            ("7", "First line", "First line\nsecond"),
            ("d.jsonl#4", "question: Why?", "question: Why?\nanswer: So."),
        ]
    );
    assert_eq!(documents[0].fields.get("tags"), Some(&json!(["x"])));

    let broken =
        parse("d.jsonl", b"{\"text\": \"good\"}\n{broken\n[1]\n{\"text\": 5}\n{\"id\": \"e\", \"text\": \"\"}\n");
    assert_eq!(broken.documents.len(), 1);
    let reasons: Vec<(&str, bool)> = broken.rejected.iter().map(|r| (r.document.as_str(), r.identified)).collect();
    assert_eq!(reasons, [("d.jsonl#2", false), ("d.jsonl#3", false), ("d.jsonl#4", false), ("e", true)]);
    assert!(broken.rejected[0].reason.contains("line 2") && broken.rejected[2].reason.contains("`text` is not text"));
    refused("d.jsonl", "[".repeat(100_000), &["line 1"]);
}

/// Bytes with bits of every format's syntax among them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let syntax = [
        "---\n",
        "title: x\n",
        "<p>",
        "<table><tr><td>",
        "</",
        "<!--",
        "{\"text\": \"",
        "\"}\n",
        "[",
        "a,b\n",
        "\"",
        "\r\n",
        "From: a\n",
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
        "%PDF-1.4\n",
        "1 0 obj\n<< /Length 3 >>\nstream\n",
        "PK\u{3}\u{4}",
        "# ",
        "| a |\n|---|\n",
        "```\n",
        "- ",
        "é",
        "\u{FEFF}",
        "\0",
        "&#x41;",
    ];
    let bit = prop_oneof![
        proptest::sample::select(syntax.to_vec()).prop_map(|bit| bit.as_bytes().to_vec()),
        "[a-z .]{0,12}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(bit, 0..30).prop_map(|bits| bits.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_comes_in_is_a_document_or_a_reason(bytes in bytes()) {
        for ending in ["md", "txt", "html", "csv", "tsv", "json", "jsonl", "pdf", "docx", "eml", "bin"] {
            for document in parse(&format!("a.{ending}"), &bytes).documents {
                let text = document.text.as_str();
                prop_assert!(!text.is_empty() && text == text.trim() && !text.contains(['\r', '\0']), "{ending}: {text:?}");
                let places = document.pages.windows(2).all(|pair| pair[0] <= pair[1]);
                prop_assert!(places && document.pages.iter().all(|page| *page <= text.chars().count()), "{ending}");
            }
        }
    }
}
