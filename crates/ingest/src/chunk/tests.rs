//! Texts and their passages; and what holds for every text.

use super::points::Points;
use super::{Cut, passages};
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn slice(text: &str, (start, end): (usize, usize)) -> String {
    text.chars().skip(start).take(end - start).collect()
}

fn words(text: &str, cut: &Cut) -> String {
    slice(text, (cut.start, cut.end))
}

fn check(text: &str, limit: usize, expected: &[&str]) {
    let found: Vec<String> = passages(text, limit).iter().map(|cut| words(text, cut)).collect();
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
    check("今日は「晴れ。」明日は雨。", 8, &["今日は「晴れ。」", "明日は雨。"]);
    check("ééééé ééééé", 5, &["ééééé", "ééééé"]);
}

#[test]
fn tables_are_cut_between_rows_and_know_their_header() {
    let table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |";
    check(&format!("before\n\n{table}\n\nafter"), 20, &["before", table, "after"]);
    check(table, 19, &["| a | b |\n|---|---|", "| 1 | 2 |\n| 3 | 4 |"]);
    let headers = |text: &str, limit| -> Vec<Option<String>> {
        passages(text, limit).into_iter().map(|cut| cut.header.map(|header| slice(text, header))).collect()
    };
    let header = Some("| a | b |\n|---|---|".to_owned());
    assert_eq!(headers(table, 100), [None]);
    assert_eq!(headers(&format!("é\n\n{table}"), 19), [None, None, header]);
    // A header that is longer than a passage is cut like any row, and not repeated.
    assert!(headers(table, 9).iter().all(Option::is_none), "{:?}", headers(table, 9));
    // A row is kept whole up to twice the limit, however many sentences it has.
    let row = "| One. Two. | Three. Four. |";
    check(&format!("| a | b |\n|---|---|\n{row}\n{row}"), 20, &["| a | b |\n|---|---|", row, row]);
}

#[test]
fn code_is_cut_between_lines() {
    let code = "```\nlet a;\n\nlet b;\n```";
    check(&format!("{code}\n\nwords"), 12, &[code, "words"]);
    let line = "call(one. two. three);";
    check(&format!("```\n{line}\n{line}\n```"), 15, &["```", line, line, "```"]);
}

#[test]
fn lists_are_cut_between_items() {
    check("- one item\n- two\n  goes on\n- three", 16, &["- one item", "- two\n  goes on", "- three"]);
    check("- one item\n\n  of two parts\n\n- two", 28, &["- one item\n\n  of two parts", "- two"]);
    let nested = "- fruit\n  - apple\n  - pear\n- roots\n  - beet";
    check(nested, 27, &["- fruit\n  - apple\n  - pear", "- roots\n  - beet"]);
    // Too long together: the item above goes with the first of those below it.
    check(nested, 18, &["- fruit\n  - apple", "- pear", "- roots\n  - beet"]);
    check("- a long item\n  - b also long", 14, &["- a long item", "- b also long"]);
}

/// Every passage as its words, its path, and its section's words.
fn sections(text: &str, limit: usize, expected: &[(&str, &str, Option<&str>)]) {
    let cuts = passages(text, limit);
    let found: Vec<(String, &str, Option<String>)> = cuts
        .iter()
        .map(|cut| (words(text, cut), cut.path.as_str(), cut.section.map(|section| slice(text, section))))
        .collect();
    let found: Vec<(&str, &str, Option<&str>)> =
        found.iter().map(|(words, path, section)| (words.as_str(), *path, section.as_deref())).collect();
    assert_eq!(found, expected, "sections of {text:?}");
}

#[test]
fn passages_know_their_section() {
    sections("no heading", 100, &[("no heading", "", None)]);
    let text = "before\n\n# Größe\na\n\n## Maß\nb\n\nc\n\n# End\n\n### Deep\nd\n";
    let all = "# Größe\na\n\n## Maß\nb\n\nc";
    let inner = "## Maß\nb\n\nc";
    let end = "# End\n\n### Deep\nd";
    sections(
        text,
        8,
        &[
            ("before", "", None),
            ("# Größe\na", "Größe", Some(all)),
            ("## Maß\nb", "Größe > Maß", Some(inner)),
            ("c", "Größe > Maß", Some(inner)),
            ("# End", "End", Some(end)),
            ("### Deep\nd", "End > Deep", Some(end)),
        ],
    );
    sections(
        "Title\n=====\n\n#\n\nx\n\n# Other\ny",
        100,
        &[("Title\n=====\n\n#\n\nx", "", Some("Title\n=====\n\n#\n\nx")), ("# Other\ny", "Other", Some("# Other\ny"))],
    );
    let long = format!("# {}\nx", "w".repeat(500));
    assert_eq!(passages(&long, 600)[0].path.chars().count(), 120);
}

#[test]
fn no_text_takes_more_than_linear_time() {
    // Each is a tenth of a megabyte. What is quadratic in any of them takes minutes; all together take seconds.
    let texts = [
        "a\n\n".repeat(30_000),
        "a. ".repeat(30_000),
        "é。".repeat(30_000),
        "- a\n".repeat(20_000),
        "- a\n\n".repeat(20_000),
        (0..450).map(|depth| format!("{}- a\n", " ".repeat(depth))).collect(),
        "# a\n".repeat(20_000),
        "# a\nb\n".repeat(10_000),
        "###### a\n##### b\n#### c\n### d\n## e\n# f\nx\n".repeat(2_000),
        format!("|a|\n|-|\n{}", "|b|\n".repeat(20_000)),
        "|a|\n|-|\n".repeat(10_000),
        "```\n".repeat(20_001),
        format!("```\n{}", "x\n".repeat(30_000)),
        "[".repeat(100_000),
        "`".repeat(100_000),
        "|".repeat(100_000),
        "|\n".repeat(40_000),
        "` ".repeat(40_000),
        "```a`\n".repeat(10_000),
        "*_".repeat(40_000),
        "> ".repeat(40_000),
        "\n".repeat(100_000),
        format!("a{}b", " ".repeat(100_000)),
        format!("- a{}b", "\n".repeat(100_000)),
        format!("a {}", "c".repeat(100_000)),
        "=\n".repeat(40_000),
    ];
    let begun = Instant::now();
    for text in &texts {
        for limit in [1, 100_000] {
            passages(text, limit);
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", text.chars().take(20).collect::<String>());
    }
}

/// Bits of Markdown in any order, so that random texts have structure.
fn texts() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        "[a-zé。 .!?]{0,40}",
        "\\PC{0,12}",
        Just("# Heading\n".to_owned()),
        Just("\n## Größe\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("- item one\n  - item two\n".to_owned()),
        Just("\n    - deeper\n\n      and more\n".to_owned()),
        Just("| a | b |\n|---|---|\n| 1 | 2 |\n".to_owned()),
        Just("| 3 | 4 |\n".to_owned()),
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
        for Cut { start, end, section, path, header } in passages(&text, limit) {
            prop_assert!(last <= start && start < end && end <= characters.len(), "{last} {start} {end}");
            prop_assert!(end - start <= 2 * limit, "{} characters, limit {limit}", end - start);
            prop_assert!(!characters[start].is_whitespace() && !characters[end - 1].is_whitespace());
            if let Some((from, to)) = section {
                prop_assert!(from <= start && end <= to && to <= characters.len(), "{from} {start} {end} {to}");
                prop_assert!(matches!(characters[from], '#' | ' ') || characters[from..to].contains(&'\n'));
            }
            prop_assert!(section.is_some() || path.is_empty(), "{path}");
            if let Some((from, to)) = header {
                prop_assert!(from < to && to <= start && to - from <= limit, "{from} {to} {start}");
                prop_assert!(characters[from..to].contains(&'|'));
            }
            covered[start..end].fill(true);
            last = end;
        }
        for (place, character) in characters.iter().enumerate() {
            prop_assert!(covered[place] || character.is_whitespace(), "{character:?} at {place} is in no passage");
        }
    }

    #[test]
    fn bytes_and_code_points(text in "(\\PC|[a-z]{30}){0,40}") {
        let points = Points::of(&text);
        for (count, (byte, _)) in text.char_indices().enumerate() {
            prop_assert_eq!(points.at(byte), count);
        }
        prop_assert_eq!(points.at(text.len()), text.chars().count());
    }
}

#[test]
fn headings_lose_what_is_not_seen() {
    let text = "# Pay \u{202E}gnp\u{2066}\n\nwords\n\n## \u{200B}Now\n\nmore";
    let paths: Vec<String> = super::passages(text, 900).into_iter().map(|cut| cut.path).collect();
    assert_eq!(paths, ["Pay gnp", "Pay gnp > Now"]);
}
