//! Where sentences begin and end.

use super::sentences;
use proptest::prelude::*;

#[test]
fn texts_are_cut_where_a_reader_would() {
    let cases: [(&str, &[&str]); 14] = [
        ("One. Two! Three?", &["One.", "Two!", "Three?"]),
        ("Dr. Smith paid 3.50 EUR to Mr. Jones. He left.", &["Dr. Smith paid 3.50 EUR to Mr. Jones.", "He left."]),
        ("Use e.g. version 1.2.3 from a.b.com. Done.", &["Use e.g. version 1.2.3 from a.b.com.", "Done."]),
        (
            "It opens at 9 a.m. on Monday. J. R. Tolkien wrote it.",
            &["It opens at 9 a.m. on Monday.", "J. R. Tolkien wrote it."],
        ),
        ("It costs 5 EUR.[1] It is blue. [2] Red too.", &["It costs 5 EUR.[1]", "It is blue. [2]", "Red too."]),
        ("He said \"Stop.\" Then he left.", &["He said \"Stop.\"", "Then he left."]),
        ("# Title\nText goes\non here. End", &["# Title", "Text goes\non here.", "End"]),
        ("- one\n- two\n  goes on\n1. three", &["- one", "- two\n  goes on", "1. three"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", &["| a | b |", "|---|---|", "| 1 | 2 |"]),
        ("Run:\n```\nlet x = 1. y\nok\n```\nThen. Go.", &["Run:", "```", "let x = 1. y", "ok", "```", "Then.", "Go."]),
        ("第一。第二！終わり", &["第一。", "第二！", "終わり"]),
        ("Wait... what? Yes.", &["Wait... what?", "Yes."]),
        ("Is it plan B? No. 5 is right.", &["Is it plan B?", "No. 5 is right."]),
        ("  \n\n ", &[]),
    ];
    for (text, expected) in cases {
        let found: Vec<&str> = sentences(text).iter().map(|sentence| sentence.text).collect();
        assert_eq!(found, expected, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_but_blanks_is_lost(text in "([A-Za-z. !?\n#|*-]|\\[1\\]|```|é|。){0,80}") {
        let mut at = 0;
        for sentence in sentences(&text) {
            prop_assert!(text[at..sentence.start].trim().is_empty());
            prop_assert_eq!(&text[sentence.start..sentence.start + sentence.text.len()], sentence.text);
            at = sentence.start + sentence.text.len();
        }
        prop_assert!(text[at..].trim().is_empty());
    }
}

#[test]
fn runs_of_marks_and_long_words_are_looked_at_once() {
    // Each of these took time that grew with the square of its length.
    let long = 100_000;
    for text in [
        format!("{}{}b", ".".repeat(long), " ".repeat(long)),
        format!("{}a", ".".repeat(long)),
        "a.[ ".repeat(long),
        format!("{}{}", " ".repeat(long), "1. a ".repeat(long)),
        format!("{} a", "x.".repeat(long)),
    ] {
        let found = sentences(&text);
        assert!(found.windows(2).all(|pair| pair[0].start + pair[0].text.len() <= pair[1].start));
        assert!(!found.is_empty());
    }
    let abbreviated = format!("{} e.g. this. Dr. Who... went. Then", "x".repeat(long));
    assert_eq!(sentences(&abbreviated).len(), 3);
}
