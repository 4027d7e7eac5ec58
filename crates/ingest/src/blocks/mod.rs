//! The block structure of Markdown and of plain text, line by line: headings, fenced code, tables, lists, paragraphs.
//! It is a scanner for places, after the block rules of CommonMark 0.31 and the tables of GitHub's dialect, not a
//! renderer: every block is a byte range of the text, and together they hold all of its non-blank lines.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Heading,
    Fence,
    Table,
    List,
    Paragraph,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// Bytes of the text, from the start of its first line to the end of its last, without the last line break.
    pub(crate) span: Range<usize>,
}

/// The blocks of a text, in order. The time is linear in the text, whatever stands in it: every line is looked at a
/// fixed number of times.
pub(crate) fn blocks(text: &str) -> impl Iterator<Item = Block> {
    let lines = lines(text);
    let mut at = 0;
    std::iter::from_fn(move || {
        at += lines[at..].iter().take_while(|line| text[(*line).clone()].trim().is_empty()).count();
        let first = lines.get(at)?.start;
        let (kind, count) = block_at(text, &lines[at..]);
        at += count;
        Some(Block { kind, span: first..lines[at - 1].end })
    })
}

/// The level (1 to 6) of a block that is a heading, and its words without the marks.
pub(crate) fn heading(block: &str) -> (usize, &str) {
    let (line, rule) = block.split_once('\n').unwrap_or((block, ""));
    let line = line.trim();
    let marks = line.len() - line.trim_start_matches('#').len();
    match (marks, rule.trim_start().starts_with('=')) {
        (0, true) => (1, line),
        (0, false) => (2, line),
        _ => (marks.min(6), unclosed(line[marks..].trim())),
    }
}

/// A heading's words without the marks that close it, which stand apart from them: `C#` keeps its own.
fn unclosed(words: &str) -> &str {
    let bare = words.trim_end_matches('#');
    if bare.is_empty() || bare.ends_with([' ', '\t']) { bare.trim_end() } else { words }
}

/// The words of the first heading.
pub(crate) fn first_heading(text: &str) -> Option<String> {
    let span = blocks(text).find(|block| block.kind == Kind::Heading)?.span;
    let (_, words) = heading(&text[span]);
    (!words.is_empty()).then(|| words.to_owned())
}

/// Line ranges without their line break.
pub(crate) fn lines(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let range = start..start + line.trim_end_matches(['\n', '\r']).len();
            start += line.len();
            range
        })
        .collect()
}

/// Which block begins at the first of these lines (which is not blank), and how many lines it has.
fn block_at(text: &str, lines: &[Range<usize>]) -> (Kind, usize) {
    let line = |at: usize| lines.get(at).map(|range| &text[range.clone()]);
    let first = line(0).unwrap_or_default();
    if let Some(fence) = fence_mark(first) {
        let closes = |range: &Range<usize>| closes_fence(&text[range.clone()], fence);
        let inside = lines[1..].iter().position(closes);
        return (Kind::Fence, inside.map_or(lines.len(), |inside| inside + 2));
    }
    if is_heading(first) {
        return (Kind::Heading, 1);
    }
    if is_setext(first, line(1)) {
        return (Kind::Heading, 2);
    }
    let run = |belongs: &dyn Fn(usize, &str) -> bool| {
        let goes_on = |at: &usize| line(*at).is_some_and(|line| !line.trim().is_empty() && belongs(*at, line));
        1 + (1..lines.len()).take_while(goes_on).count()
    };
    let starts_other = |line: &str| is_heading(line) || fence_mark(line).is_some();
    if first.contains('|') && line(1).is_some_and(is_table_rule) {
        return (Kind::Table, run(&|_, line| line.contains('|') && !starts_other(line)));
    }
    if is_list_item(first) {
        return (Kind::List, list_lines(text, lines, &starts_other));
    }
    let table_at = |at: usize, here: &str| here.contains('|') && line(at + 1).is_some_and(is_table_rule);
    let in_paragraph = |at: usize, here: &str| {
        !(starts_other(here) || is_list_item(here) || table_at(at, here) || is_setext(here, line(at + 1)))
    };
    (Kind::Paragraph, run(&in_paragraph))
}

/// How many lines a list has. Blank lines part its items or the paragraphs of one item, as long as what follows is
/// another item or indented below one.
fn list_lines(text: &str, lines: &[Range<usize>], starts_other: &dyn Fn(&str) -> bool) -> usize {
    let (mut count, mut blank) = (1, 0);
    for range in &lines[1..] {
        let line = &text[range.clone()];
        if line.trim().is_empty() {
            blank += 1;
        } else if starts_other(line) || (blank > 0 && indent(line) < 2 && !is_list_item(line)) {
            break;
        } else {
            count += blank + 1;
            blank = 0;
        }
    }
    count
}

/// The width of the white space that a line begins with; a tab counts as four.
pub(crate) fn indent(line: &str) -> usize {
    let width = |character| match character {
        ' ' => Some(1),
        '\t' => Some(4),
        _ => None,
    };
    line.chars().map_while(width).sum()
}

/// The fence's character and how often it stands, for a line that opens a fenced block.
fn fence_mark(line: &str) -> Option<(char, usize)> {
    let line = unindented(line)?;
    let mark = line.chars().next().filter(|first| matches!(first, '`' | '~'))?;
    let count = line.chars().take_while(|character| *character == mark).count();
    // "```like this```" is code within a paragraph, not a fence.
    let inline = mark == '`' && line[count..].contains('`');
    (count >= 3 && !inline).then_some((mark, count))
}

fn closes_fence(line: &str, (mark, count): (char, usize)) -> bool {
    unindented(line).is_some_and(|line| {
        let line = line.trim_end();
        line.len() >= count && line.chars().all(|character| character == mark)
    })
}

/// The line without up to three leading spaces; `None` when it is indented further.
fn unindented(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= 3).then_some(rest)
}

fn is_heading(line: &str) -> bool {
    unindented(line).is_some_and(|line| {
        let marks = line.len() - line.trim_start_matches('#').len();
        let after = &line[marks..];
        (1..=6).contains(&marks) && (after.is_empty() || after.starts_with([' ', '\t']))
    })
}

/// A single line of words underlined with `=` or `-`.
fn is_setext(line: &str, next: Option<&str>) -> bool {
    let rule = next.and_then(unindented).map(str::trim_end).unwrap_or_default();
    let underlined = rule.len() >= 2 && (rule.bytes().all(|b| b == b'=') || rule.bytes().all(|b| b == b'-'));
    underlined && !line.contains('|') && !is_list_item(line) && line.chars().any(char::is_alphanumeric)
}

/// The line under a table's header: `|---|:-:|`.
fn is_table_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('-') && line.contains('|') && line.chars().all(|character| matches!(character, '|' | '-' | ':' | ' '))
}

/// Whether the line begins an item: `-`, `*`, `+`, `1.` or `1)` and a space, at any indentation.
pub(crate) fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.len() - line.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let after = match digits {
        0 => line.strip_prefix(['-', '*', '+']),
        1..=9 => line[digits..].strip_prefix(['.', ')']),
        _ => None,
    };
    after.is_some_and(|after| after.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests;
