//! Places, carets and secrets in the lines that are shown.

use super::{Diagnostic, Diagnostics, without_secrets};
use proptest::prelude::*;

#[test]
fn places_in_a_text() {
    let text = "one\r\nzwölf = 1\n";
    let at = text.find("lf").expect("it is there");
    let found = Diagnostic::in_text("F", text, at, at + 2, "here");
    assert_eq!(found.to_string(), "F:2:4: here\n 2 | zwölf = 1\n   |    ^^");
    assert_eq!(Diagnostic::at_line("F", text, 2, 4, "here").to_string(), "F:2:4: here\n 2 | zwölf = 1\n   |    ^");
    assert_eq!(Diagnostic::in_text("F", text, 0, 1, "").excerpt.map(|excerpt| excerpt.text).as_deref(), Some("one"));
    let end = Diagnostic::at_line("F", "a\n", 9, 9, "beyond the end");
    assert_eq!((end.line, end.column), (2, 1));
}

#[test]
fn a_file_as_a_whole_has_no_place() {
    let found = Diagnostic::of_file("a/b.md", "this file is missing").help("write it");
    assert_eq!(found.to_string(), "a/b.md: this file is missing\n   help: write it");
    let json = serde_json::to_string(&Diagnostics::from(found)).expect("it is plain data");
    insta::assert_snapshot!(json, @r#"[{"file":"a/b.md","line":0,"column":0,"message":"this file is missing","help":"write it"}]"#);
}

#[test]
fn secrets_are_blotted_out() {
    let check = |line: &str, shown: &str| assert_eq!(without_secrets(line), shown);
    check("api_key = \"sk-1\"", "api_key = \"****\"");
    check("\"api_key\"='sk-1' # why", "\"api_key\"='****' # why");
    check("x = { a = 1, password = \"p=1\", b = \"c\" }", "x = { a = 1, password = \"***\", b = \"c\" }");
    check("api_key = \"env:NAME\"", "api_key = \"env:NAME\"");
    check("token = \"\"\"abc", "token = \"\"\"***");
    check("SecretToken: 'ab'", "SecretToken: '**'");
    check("name = \"key\"", "name = \"key\"");
    check("tokens = 200", "tokens = 200");
    check("base_url = \"http://x:1/v1\"", "base_url = \"http://x:1/v1\"");
    check("[providers.x", "[providers.x");
}

proptest! {
    #[test]
    fn any_place_in_any_text_can_be_shown(text in "(\\PC|\n|\t){0,60}", start in 0_usize..80, length in 0_usize..20) {
        let found = Diagnostic::in_text("F", &text, start, start + length, "m");
        prop_assert!(found.line >= 1 && found.column >= 1);
        prop_assert!(found.to_string().starts_with("F:"));
        let line = found.excerpt.expect("a place has a line").text;
        let of_text = text.split('\n').nth(found.line - 1).expect("the line exists").trim_end_matches('\r');
        prop_assert_eq!(line.chars().count(), of_text.chars().count());
        prop_assert!(found.column <= line.chars().count() + 1);
    }

    #[test]
    fn reading_any_text_ends_in_a_value_or_in_diagnostics(text in "[\\[\\]{}=.,\"'a-c0-9_\n #\\-]{0,60}") {
        let _ = crate::reading::read::<crate::declared::UseCaseFile>("F", &text);
        let _ = crate::reading::read::<crate::declared::ProjectFile>("F", &text);
        let _ = crate::meaning::read_topics("F", &text);
        let _ = crate::declared::read_cron(&text);
    }
}
