//! Cutting a stretch of words that is too long: at sentence ends, else between words, else anywhere between two
//! characters. All ranges are bytes; all sizes are code points.

use super::points::Points;
use std::ops::Range;

/// The range without white space at its ends.
pub(super) fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = &text[span.clone()];
    let start = span.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// Pieces of at most `limit` code points, each as many sentences as fit.
pub(super) fn cut_words(points: &Points<'_>, span: Range<usize>, limit: usize) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for sentence in sentences(points.text, trim(points.text, span)) {
        match pieces.last_mut() {
            Some(last) if points.length(&(last.start..sentence.end)) <= limit => last.end = sentence.end,
            _ => cut_long(points.text, sentence, limit, &mut pieces),
        }
    }
    pieces
}

/// Ranges that end after a sentence's mark. "e.g. this" is cut too: a wrong cut costs little here, because pieces are
/// put together again up to the limit.
fn sentences(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = span.start;
    let mut ended = false;
    // The marks of Chinese and Japanese need no space after them; ours do, as in "3.14".
    let mut ended_wide = false;
    for (offset, character) in text[span.clone()].char_indices() {
        let here = span.start + offset;
        if (ended && character.is_whitespace()) || (ended_wide && !closes(character)) {
            found.push(trim(text, start..here));
            start = here;
            ended = false;
        } else if matches!(character, '.' | '!' | '?' | '…') {
            ended = true;
        } else if !closes(character) {
            ended = false;
        }
        ended_wide = matches!(character, '。' | '！' | '？');
    }
    found.push(trim(text, start..span.end));
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn closes(character: char) -> bool {
    matches!(character, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）' | '*' | '_')
}

/// Adds the pieces of one sentence: cut at the last white space within the limit, else hard.
fn cut_long(text: &str, span: Range<usize>, limit: usize, pieces: &mut Vec<Range<usize>>) {
    let mut rest = trim(text, span);
    while !rest.is_empty() {
        let inner = &text[rest.clone()];
        let Some((room, next)) = inner.char_indices().nth(limit) else {
            pieces.push(rest);
            break;
        };
        let cut = match inner[..room].rfind(char::is_whitespace) {
            _ if next.is_whitespace() => room,
            Some(space) => space,
            None => room,
        };
        pieces.push(trim(text, rest.start..rest.start + cut));
        rest = trim(text, rest.start + cut..rest.end);
    }
}
