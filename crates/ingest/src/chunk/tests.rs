//! Texts and their passages; and what holds for every text.

use super::passages;
use proptest::prelude::*;

fn slice(text: &str, (start, end): (usize, usize)) -> String {
    text.chars().skip(start).take(end - start).collect()
}

fn check(text: &str, limit: usize, expected: &[&str]) {
    let found: Vec<String> = passages(text, limit).into_iter().map(|place| slice(text, place)).collect();
    assert_eq!(found, expected, "{text:?} cut to {limit}");
}

#[test]
fn structure_decides() {
    check("", 100, &[]);
    check(" \n\t\n", 100, &[]);
    check("one\n\ntwo", 100, &["one\n\ntwo"]);
    check("one word\n\ntwo words", 10, &["one word", "two words"]);
    check("# A\nx\n\n# B\ny\n", 100, &["# A\nx", "# B\ny"]);
    check("# A\n\n## B\n\nx", 100, &["# A\n\n## B\n\nx"]);
    check("intro\n# A\nx", 100, &["intro", "# A\nx"]);
    check("x\n\n# Last", 100, &["x", "# Last"]);
}

#[test]
fn a_heading_stays_with_what_follows() {
    let body = "123456789 ".repeat(2);
    check(&format!("# Heading\n\n{body}"), 20, &["# Heading\n\n123456789 123456789"]);
}

#[test]
fn long_words_are_cut_at_sentences_then_spaces_then_anywhere() {
    check("First here. Second one! Third? Yes.", 24, &["First here. Second one!", "Third? Yes."]);
    check("She said \"stop.\" Then 3.14 more.", 18, &["She said \"stop.\"", "Then 3.14 more."]);
    check("alpha beta gamma delta", 11, &["alpha beta", "gamma delta"]);
    check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
    check("今日は晴れ。明日は雨。", 6, &["今日は晴れ。", "明日は雨。"]);
    check("ééééé ééééé", 5, &["ééééé", "ééééé"]);
}

#[test]
fn tables_lists_and_code() {
    let table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |";
    check(&format!("before\n\n{table}\n\nafter"), 20, &["before", table, "after"]);
    check(table, 19, &["| a | b |\n|---|---|", "| 1 | 2 |\n| 3 | 4 |"]);
    let code = "```\nlet a;\n\nlet b;\n```";
    check(&format!("{code}\n\nwords"), 12, &[code, "words"]);
    check("- one item\n- two\n  goes on\n- three", 16, &["- one item", "- two\n  goes on", "- three"]);
}

/// Bits of Markdown in any order, so that random texts have structure.
fn texts() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        "[a-zé。 .!?]{0,40}",
        "\\PC{0,12}",
        Just("# Heading\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("- item one\n- item two\n".to_owned()),
        Just("| a | b |\n|---|---|\n| 1 | 2 |\n".to_owned()),
        Just("```\ncode here\n\n```\n".to_owned()),
        Just("```\n".to_owned()),
        Just("\n=====\n".to_owned()),
        Just("\u{a0}\u{2003}".to_owned()),
        Just("👩‍👩‍👧 ".to_owned()),
    ];
    proptest::collection::vec(bit, 0..40).prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn passages_cover_the_text_in_order(text in texts(), limit in 1_usize..120) {
        let characters: Vec<char> = text.chars().collect();
        let mut covered = vec![false; characters.len()];
        let mut last = 0;
        for (start, end) in passages(&text, limit) {
            prop_assert!(last <= start && start < end && end <= characters.len(), "{last} {start} {end}");
            prop_assert!(end - start <= 2 * limit, "{} characters, limit {limit}", end - start);
            prop_assert!(!characters[start].is_whitespace() && !characters[end - 1].is_whitespace());
            covered[start..end].fill(true);
            last = end;
        }
        for (place, character) in characters.iter().enumerate() {
            prop_assert!(covered[place] || character.is_whitespace(), "{character:?} at {place} is in no passage");
        }
    }
}
