//! Cuts a text into sentences, for judging and citing them one by one. Built for what stands in answers and documents:
//! markdown blocks, lists, tables and fenced code break sentences as full stops do; abbreviations, initials, decimals,
//! version numbers, e-mail addresses and file names do not.

/// One sentence, without the blanks around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    /// First byte in the text.
    pub start: usize,
    pub text: &'a str,
}

/// Words that end in a full stop within a sentence.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "vs", "etc", "e.g", "i.e", "eg", "ie", "cf", "al", "fig", "no",
    "nr", "art", "sec", "vol", "approx", "inc", "ltd", "co", "corp", "dept", "est", "jan", "feb", "mar", "apr", "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec", "a.m", "p.m", "u.s", "u.k", "z.b", "bzw", "ca", "usw", "max",
    "min", "pp", "ed", "rev", "gen", "gov", "col", "capt", "lt", "sgt", "mt", "ave", "blvd", "rd",
];

/// The sentences of a text in order. They do not overlap; blanks, and nothing else, may lie between them.
pub fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let mut found = Vec::new();
    let mut block_start = 0;
    let mut at = 0;
    let mut in_code = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        let breaks_before = fence || in_code || trimmed.is_empty() || begins_block(trimmed);
        if breaks_before {
            cut_block(text, block_start, at, &mut found);
            block_start = at;
        }
        at += line.len();
        // A line of code, a heading and a table row stand alone; a paragraph and a list item may go on.
        if fence || in_code || trimmed.is_empty() || trimmed.starts_with(['#', '|']) {
            push(text, block_start, at, &mut found);
            block_start = at;
        }
        in_code ^= fence;
    }
    cut_block(text, block_start, text.len(), &mut found);
    found
}

/// A heading, list item, quotation, table row or rule.
fn begins_block(line: &str) -> bool {
    let mut characters = line.chars();
    match characters.next() {
        Some('#' | '>' | '|' | '•') => true,
        Some('-' | '*' | '+' | '–') => characters.next() == Some(' '),
        Some(digit) if digit.is_ascii_digit() => {
            let rest = line.trim_start_matches(|character: char| character.is_ascii_digit());
            rest.starts_with(". ") || rest.starts_with(") ")
        }
        _ => false,
    }
}

/// Cuts one paragraph at its full stops.
fn cut_block<'a>(text: &'a str, start: usize, end: usize, found: &mut Vec<Sentence<'a>>) {
    let mut sentence_start = start;
    // A run of marks (`......`) ends at one place for all of its marks, and one text follows all of them: looking for
    // both anew from each mark would take quadratic time.
    let mut run = Run { closed: start, next: None };
    let mut characters = text[start..end].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let after = start + offset + character.len_utf8();
        let wide = matches!(character, '。' | '！' | '？' | '।' | '؟');
        if !wide && !matches!(character, '.' | '!' | '?' | '…') {
            continue;
        }
        // Closing quotes, brackets and citation markers belong to the sentence that they close.
        if run.closed < after {
            let closed = after + closing_length(&text[after..end]);
            run = Run { closed, next: text[closed..end].trim_start().chars().next() };
        }
        let closed = run.closed;
        let at_gap = text[closed..end].chars().next().is_none_or(char::is_whitespace);
        if wide || (at_gap && !(character == '.' && continues(&text[sentence_start..after - 1], run.next))) {
            push(text, sentence_start, closed, found);
            sentence_start = closed;
            while characters.next_if(|(next, _)| start + next < closed).is_some() {}
        }
    }
    push(text, sentence_start, end, found);
}

/// Where a run of end marks and what closes it ends, and the first character behind it that is no blank.
struct Run {
    closed: usize,
    next: Option<char>,
}

/// Bytes of quotes, brackets, further marks and `[1]`-like markers that directly follow an end mark.
fn closing_length(rest: &str) -> usize {
    let mut length = 0;
    loop {
        let left = &rest[length..];
        let marks: usize = left
            .chars()
            .take_while(|c| matches!(c, '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*' | '_' | '.' | '!' | '?'))
            .map(char::len_utf8)
            .sum();
        length += marks;
        let left = &rest[length..];
        let body =
            left.strip_prefix(" [").or_else(|| left.strip_prefix('[')).map(|body| (body, left.len() - body.len()));
        let marker = body.and_then(|(body, opening)| {
            let close = body.bytes().take(12).position(|byte| byte == b']')?;
            let inside = &body[..close];
            let numbers = inside.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | '-' | '^'));
            (numbers && close > 0).then_some(opening + close + 1)
        });
        match marker {
            Some(marker) => length += marker,
            None if marks == 0 => return length,
            None => {}
        }
    }
}

/// Whether the full stop after `before` is part of an abbreviation, an initial or an ordinal.
fn continues(before: &str, next: Option<char>) -> bool {
    let word = last_word(before);
    let lower = word.to_lowercase();
    if ABBREVIATIONS.contains(&lower.as_str()) {
        return !(lower == "no" || lower == "etc" || lower == "a.m" || lower == "p.m")
            || next.is_some_and(|c| c.is_lowercase() || c.is_ascii_digit());
    }
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    let list_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) && word.len() <= 2;
    (initial && next.is_some_and(char::is_uppercase) && word != "I")
        || (list_number && before[..before.len() - word.len()].chars().rev().all(char::is_whitespace))
        || next.is_some_and(char::is_lowercase)
}

/// No abbreviation is longer, in bytes, so a longer word need not be known to its beginning.
const LONGEST_ABBREVIATION: usize = 32;

/// What stands after the last blank or opening bracket; of a word that is too long for an abbreviation, only its end.
fn last_word(before: &str) -> &str {
    let mut from = before.len().saturating_sub(LONGEST_ABBREVIATION);
    while !before.is_char_boundary(from) {
        from += 1;
    }
    let end = &before[from..];
    let word_start = end.rfind(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '[')).map_or(0, |at| at + 1);
    end.get(word_start..).unwrap_or_default()
}

fn push<'a>(text: &'a str, start: usize, end: usize, found: &mut Vec<Sentence<'a>>) {
    let raw = &text[start..end];
    let trimmed = raw.trim();
    if !trimmed.is_empty() {
        found.push(Sentence { start: start + (raw.len() - raw.trim_start().len()), text: trimmed });
    }
}

#[cfg(test)]
mod tests;
