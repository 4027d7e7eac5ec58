//! Mails as they are sent, and as nobody sends them.

use crate::parse::{Parsed, parse};
use serde_json::{Value, json};

fn ids(parsed: &Parsed) -> Vec<&str> {
    parsed.documents.iter().map(|document| document.id.as_str()).collect()
}

/// A mail with parts between the boundary `b`.
fn mixed(parts: &[&str]) -> String {
    let head = "From: Anna Weiß <anna@example.com>\r\nTo: b@example.com, \"C, D\" <c@example.com>\r\n\
         Subject: =?utf-8?q?R=C3=BCckgabe?= of order 7\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n\
         Message-ID: <7@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let parts: String = parts.iter().map(|part| format!("--b\r\n{part}\r\n")).collect();
    format!("{head}{parts}--b--\r\n")
}

#[test]
fn a_plain_mail() {
    let mail = "From: a@example.com\nSubject: Hello\n there\n\nFirst line.\n\nSecond.\n";
    let parsed = parse("in/1.eml", None, mail.as_bytes());
    let document = &parsed.documents[0];
    assert_eq!((document.id.as_str(), document.title.as_str(), document.titled), ("in/1.eml", "Hello there", true));
    assert_eq!(document.text, "From: a@example.com\n\nFirst line.\n\nSecond.");
    let parsed = parse("x", Some("message/rfc822"), b"From: a@example.com\nContent-Type: text/html\n\n<h1>A</h1><p>b");
    assert_eq!(parsed.documents[0].text, "From: a@example.com\n\n# A\n\nb");
    let body = b"Subject: x\nContent-Type: text/plain; charset=shift_jis\n\n\x93\xFA\x96\x7B";
    assert_eq!(parse("a.eml", None, body).documents[0].text, "日本");
    let body = b"Subject: x\n\nGr\xF6\xDFe";
    assert!(parse("a.eml", None, body).warnings[0].contains("2 of its characters"));
}

#[test]
fn attachments_are_documents_of_their_own() {
    let mail = mixed(&[
        "Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nPlain words.\r\n\
         --c\r\nContent-Type: text/html\r\n\r\n<p>Same in HTML</p>\r\n--c--",
        "Content-Type: text/csv\r\nContent-Disposition: attachment; filename=\"../list.csv\"\r\n\r\nid,text\r\nx,one\r\n",
        "Content-Type: text/markdown\r\nContent-Disposition: attachment; filename=\"list.csv\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\naWQsdGV4dApwb2xpY3ksdHdv\r\n",
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nxyz",
        "Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nno pdf",
        "Content-Type: message/rfc822\r\n\r\nFrom: d@example.com\r\nSubject: Inner\r\n\r\nInner words.",
    ]);
    let parsed = parse("in/7.eml", None, mail.as_bytes());
    let document = &parsed.documents[0];
    assert_eq!(document.title, "Rückgabe of order 7");
    let names = json!(["list.csv", "3-list.csv", "a.bin", "a.pdf", "message-6.eml"]);
    let expected = json!({
        "from": "Anna Weiß <anna@example.com>",
        "to": ["b@example.com", "C, D <c@example.com>"],
        "date": "2026-11-20T10:00:00+01:00",
        "message_id": "7@example.com",
        "attachments": document.fields["attachments"],
    });
    assert_eq!(Value::Object(document.fields.clone()), expected);
    assert_eq!(document.fields["attachments"].as_array().map(Vec::len), names.as_array().map(Vec::len));
    assert!(document.text.ends_with("Plain words.") && document.text.contains("Date: 2026-11-20"), "{}", document.text);
    let found = ids(&parsed);
    assert!(found.contains(&"in/7.eml/list.csv#x"), "{found:?}");
    assert!(found.iter().all(|id| id.starts_with("in/7.eml")), "{found:?}");
    assert_eq!(parsed.documents.iter().filter(|document| document.text.contains("Inner words.")).count(), 1);
    assert_eq!(parsed.rejected.len(), 1);
    assert_eq!(parsed.rejected[0].document, "in/7.eml/a.pdf");
}

#[test]
fn mails_that_nobody_sends() {
    let deep = |depth: usize| -> String {
        let opened =
            (0..depth).map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
        format!("Subject: deep\r\n{}\r\nThe words.\r\n", opened.collect::<String>())
    };
    assert!(parse("a.eml", None, deep(300).as_bytes()).documents[0].text.contains("The words."));
    assert!(parse("a.eml", None, deep(999).as_bytes()).rejected.is_empty());
    let nested =
        |depth: usize| format!("Subject: x\r\n{}\r\nwords", "Content-Type: message/rfc822\r\n\r\n".repeat(depth));
    assert!(parse("a.eml", None, nested(900).as_bytes()).documents.len() <= 5);
    let files = "Subject: x\r\nContent-Disposition: attachment; filename=x.eml\r\n\r\n".repeat(100_000);
    assert!(parse("a.eml", None, files.as_bytes()).documents.len() <= 1);
    for depth in [1_001, 100_000] {
        for mail in [deep(depth), nested(depth)] {
            let parsed = parse("a.eml", None, mail.as_bytes());
            assert!(parsed.documents.is_empty() && parsed.rejected[0].reason.contains("1000 parts"), "{parsed:?}");
        }
    }
    for no_mail in ["", "just words", "\r\n\r\n", "X: y\r\n\r\nbody", "<html>", "\0\0\0"] {
        assert!(parse("a.eml", None, no_mail.as_bytes()).rejected[0].reason.contains("not an e-mail"), "{no_mail:?}");
    }
    let whole = mixed(&["Content-Type: text/plain\r\n\r\nwords", "Content-Type: text/html\r\n\r\n<p>x"]);
    for end in 0..whole.len() {
        parse("a.eml", None, &whole.as_bytes()[..whole.floor_char_boundary(end)]);
    }
}
