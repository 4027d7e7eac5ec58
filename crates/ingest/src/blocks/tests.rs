//! Texts and the blocks that they have.

use super::{Kind, blocks, first_heading, heading};
use Kind::{Fence, Heading, List, Paragraph, Table};

fn check(text: &str, expected: &[(Kind, &str)]) {
    let found: Vec<(Kind, &str)> = blocks(text).map(|block| (block.kind, &text[block.span])).collect();
    assert_eq!(found, expected, "blocks of {text:?}");
}

#[test]
fn every_kind_of_block() {
    check("", &[]);
    check("\n  \n\n", &[]);
    check("one\ntwo\n\nthree", &[(Paragraph, "one\ntwo"), (Paragraph, "three")]);
    check("# A\nword\n## B ##\n", &[(Heading, "# A"), (Paragraph, "word"), (Heading, "## B ##")]);
    check("#hash\n####### seven", &[(Paragraph, "#hash\n####### seven")]);
    check("Title\n=====\ntext", &[(Heading, "Title\n====="), (Paragraph, "text")]);
    check("words\n\n---\n\nmore", &[(Paragraph, "words"), (Paragraph, "---"), (Paragraph, "more")]);
    check("- a\n- b\n  more\n\n1. c", &[(List, "- a\n- b\n  more\n\n1. c")]);
    check("- a\n\n\n  more of a\n\n\nafter", &[(List, "- a\n\n\n  more of a"), (Paragraph, "after")]);
    check("- a\n# B\n- c", &[(List, "- a"), (Heading, "# B"), (List, "- c")]);
    check("So:\n* a\n* b", &[(Paragraph, "So:"), (List, "* a\n* b")]);
    check(
        "| a | b |\n|---|---|\n| 1 | 2 |\nafter",
        &[(Table, "| a | b |\n|---|---|\n| 1 | 2 |"), (Paragraph, "after")],
    );
    check("Prices\na | b\n--|--\n1 | 2", &[(Paragraph, "Prices"), (Table, "a | b\n--|--\n1 | 2")]);
    check("```rust\n# no heading\n\n```\nx", &[(Fence, "```rust\n# no heading\n\n```"), (Paragraph, "x")]);
    check("~~~~\n~~~\n~~~~", &[(Fence, "~~~~\n~~~\n~~~~")]);
    check("```\nnever closed\n\nat all", &[(Fence, "```\nnever closed\n\nat all")]);
    check("```not a fence``` here", &[(Paragraph, "```not a fence``` here")]);
    check("a\r\n\r\n# B\r\n", &[(Paragraph, "a"), (Heading, "# B")]);
}

#[test]
fn levels_of_headings() {
    let table = [
        ("# A", (1, "A")),
        ("   ###### F ##", (6, "F")),
        ("#", (1, "")),
        ("# C#", (1, "C#")),
        ("# #", (1, "")),
        ("Title\n=====", (1, "Title")),
        ("Title\r\n---", (2, "Title")),
    ];
    for (block, expected) in table {
        assert_eq!(heading(block), expected, "{block:?}");
    }
}

#[test]
fn headings_as_titles() {
    let table = [
        ("# Returns\ntext", Some("Returns")),
        ("intro\n\n## Second level ##\n", Some("Second level")),
        ("```\n# code\n```\nTitle\n---\n", Some("Title")),
        ("no heading", None),
        ("#\nempty", None),
        ("# Größe & Maß", Some("Größe & Maß")),
    ];
    for (text, title) in table {
        assert_eq!(first_heading(text).as_deref(), title, "{text:?}");
    }
}
