//! Every format as data: bytes, and the documents or the reasons that come of them.

use super::{Parsed, ParsedDocument, parse};
use serde_json::{Value, json};

fn one(path: &str, bytes: impl AsRef<[u8]>) -> ParsedDocument {
    let Parsed { mut documents, rejected } = parse(path, bytes.as_ref());
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
    let expect = |bytes: &[u8], text: &'static str| {
        let (id, title, text, fields) = words(text);
        check("notes/n.txt", bytes, (id, title, text, fields));
    };
    expect("Größe\r\nzwei ".as_bytes(), "Größe\nzwei");
    expect(b"\xEF\xBB\xBFwith a mark", "with a mark");
    expect(b"\xFF\xFEG\x00r\x00\xF6\x00", "Grö");
    expect(b"\xFE\xFF\x00G\x00r\x00\xF6", "Grö");
    refused("a.txt", b"one\ntwo\nGr\xF6\xDFe", &["not UTF-8", "line 3", "byte 10"]);
    refused("a.txt", b"G\x00r\x00", &["zero bytes", "UTF-16"]);
    refused("a.txt", b"\xFF\xFEG\x00r", &["says UTF-16"]);
    refused("a.txt", b"\xFF\xFE\x00\xD8", &["says UTF-16"]);
    refused("a.txt", b" \n\t\n", &["no text"]);
    refused("a.txt", b"", &["no text"]);
    refused("a.docx", b"PK", &["not known", ".pdf"]);
    refused("Makefile", b"all:", &["not known"]);
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
    refused("p.html", "<div>".repeat(1_000), &["nested"]);
}

#[test]
fn csv_has_a_document_per_row() {
    let table = "id,question,answer,topic\nq1,How long?,30 days.,returns\nq2,\"Where, please?\",\"In\nstore\",\n";
    let Parsed { documents, rejected } = parse("faq.csv", table.as_bytes());
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
    refused("a.csv", b"a,b\n\xFF\xFF,1", &["UTF-"]);
    let mixed = parse("a.csv", b"id,text\n1,good\n2\n3,good too\n");
    assert_eq!(mixed.documents.len(), 2);
    assert_eq!((mixed.rejected[0].document.as_str(), mixed.rejected[0].identified), ("a.csv#2", false));
    assert!(mixed.rejected[0].reason.contains("line 3: 1 values for 2 columns"), "{:?}", mixed.rejected);
    assert!(parse("a.csv", b"id,text\n").documents.is_empty());
}

#[test]
fn jsonl_has_a_document_per_line() {
    let lines = concat!(
        "{\"id\": \"a\", \"title\": \"T\", \"text\": \"words\", \"tags\": [\"x\"]}\n",
        "\n",
        "{\"id\": 7, \"body\": \"First line\\nsecond\"}\n",
        "{\"question\": \"Why?\", \"answer\": \"So.\", \"n\": 3}\n",
    );
    let Parsed { documents, rejected } = parse("d.jsonl", lines.as_bytes());
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
