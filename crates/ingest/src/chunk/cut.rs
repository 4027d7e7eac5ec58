//! Cutting a stretch of words that is too long: at sentence ends, else between words, else anywhere between two
//! characters. All ranges are bytes; all sizes are code points.

use std::ops::Range;

pub(super) fn length(text: &str, span: &Range<usize>) -> usize {
    text[span.clone()].chars().count()
}

/// The range without white space at its ends.
pub(super) fn trim(text: &str, span: Range<usize>) -> Range<usize> {
    let inner = &text[span.clone()];
    let start = span.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// Pieces of at most `limit` code points, each as many sentences as fit.
pub(super) fn cut_words(text: &str, span: Range<usize>, limit: usize) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for sentence in sentences(text, trim(text, span)) {
        match pieces.last_mut() {
            Some(last) if length(text, &(last.start..sentence.end)) <= limit => last.end = sentence.end,
            _ => pieces.extend(cut_long(text, sentence, limit)),
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
    for (offset, character) in text[span.clone()].char_indices() {
        let here = span.start + offset;
        // The marks of Chinese and Japanese need no space after them; ours do, as in "3.14".
        let wide = text[start..here].ends_with(['。', '！', '？']) && !closes(character);
        if (ended && character.is_whitespace()) || wide {
            found.push(trim(text, start..here));
            start = here;
            ended = false;
        } else if matches!(character, '.' | '!' | '?' | '…') {
            ended = true;
        } else if !closes(character) {
            ended = false;
        }
    }
    found.push(trim(text, start..span.end));
    found.retain(|sentence| !sentence.is_empty());
    found
}

fn closes(character: char) -> bool {
    matches!(character, '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」' | '』' | '）' | '*' | '_')
}

/// Pieces of one sentence: cut at the last white space within the limit, else hard.
fn cut_long(text: &str, span: Range<usize>, limit: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
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
    pieces
}
