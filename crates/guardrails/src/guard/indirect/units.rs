//! Cuts a document into units: the stretches that are judged, and cut out, one by one. A unit is a sentence, a line that
//! stands alone, a long cell of a table, or a whole block of fenced code, because that is how text is smuggled in: as a
//! sentence of its own, wherever the document leaves a gap.
//!
//! Not the sentences that citations use (`crate::sentences`): a paragraph's line breaks and a table's long cells end a unit
//! here, since whoever inserts a line does not care whether the line before was finished.

use std::ops::Range;

/// What a unit is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Prose,
    /// A table's row, or one long cell of it.
    Row,
    /// Fenced code with its fences.
    Code,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Bytes of the text, without the blanks around.
    pub(crate) range: Range<usize>,
    pub(super) form: Form,
    /// Whether it begins a line.
    pub(super) begins_line: bool,
}

/// A cell as long as this, in bytes, is judged by itself: shorter ones hold names and numbers.
const LONG_CELL: usize = 24;
/// So many blanks within a line end a unit, as the padding of a table's cell does.
const GAP: usize = 3;
/// The longest unit in bytes; what is longer is cut at a blank. Keeps one unpunctuated page from being one unit.
const LONGEST: usize = 480;
const LONGEST_CODE: usize = 2_000;

struct Cutter<'a> {
    text: &'a str,
    units: Vec<Unit>,
}

/// The units of a text in order. They do not overlap; only blanks lie between them.
pub(crate) fn units(text: &str) -> Vec<Unit> {
    // In a text without capitals (a view, careless typing) a capital cannot say where a sentence begins.
    let cased = text.bytes().any(|byte| byte.is_ascii_uppercase());
    let mut cutter = Cutter { text, units: Vec::with_capacity(text.len() / 64 + 1) };
    let (mut at, mut block) = (0, 0);
    let mut fence: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let trimmed = line.trim_start();
        let is_fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        match (is_fence, fence) {
            (true, None) => {
                cutter.prose(block, at, cased);
                // Everything on one line: the code ends where it began.
                fence = (trimmed[3..].trim_end().find("```").is_none()).then_some(at);
                if fence.is_none() {
                    cutter.push(at, end, Form::Code, true);
                    block = end;
                }
            }
            (true, Some(start)) => {
                // What stands behind the closing fence is no code.
                let closed =
                    end - trimmed.len() + trimmed.bytes().take_while(|byte| matches!(byte, b'`' | b'~')).count();
                cutter.code(start, closed);
                (fence, block) = (None, closed);
            }
            (false, None) if trimmed.starts_with('|') => {
                cutter.prose(block, at, cased);
                cutter.row(at, end, cased);
                block = end;
            }
            (false, None) => {
                let goes_on = trimmed.starts_with(|c: char| c.is_lowercase()) && cased;
                if !goes_on || line.trim().is_empty() {
                    cutter.prose(block, at, cased);
                    block = at;
                }
            }
            (false, Some(_)) => {}
        }
        at = end;
    }
    match fence {
        Some(start) => cutter.code(start, text.len()),
        None => cutter.prose(block, text.len(), cased),
    }
    cutter.units
}

impl Cutter<'_> {
    fn push(&mut self, start: usize, end: usize, form: Form, begins_line: bool) {
        let raw = &self.text[start..end];
        let trimmed = raw.trim();
        if !trimmed.is_empty() {
            let start = start + (raw.len() - raw.trim_start().len());
            self.units.push(Unit { range: start..start + trimmed.len(), form, begins_line });
        }
    }

    /// Cuts a stretch at the ends of sentences, at wide gaps, and where it grows too long.
    fn cut(&mut self, start: usize, end: usize, form: Form, cased: bool) {
        let bytes = self.text.as_bytes();
        let (mut from, mut at, mut blanks, mut first) = (start, start, 0, true);
        let mut last_blank = start;
        while at < end {
            let byte = bytes[at];
            if byte.is_ascii_whitespace() {
                (blanks, last_blank) = (blanks + 1, at);
            } else {
                if blanks >= GAP && from < at {
                    self.push(from, at, form, first);
                    (from, first) = (at, false);
                }
                blanks = 0;
            }
            let ends = match byte {
                b'.' | b'!' | b'?' => self.ends_here(at + 1, end, cased),
                // The last byte of a wide full stop, question or exclamation mark.
                0x82 | 0x81 | 0x9F if at >= 2 => self.wide_mark(at),
                _ => None,
            };
            if let Some(after) = ends {
                self.push(from, after, form, first);
                (from, at, first, blanks) = (after, after, false, 0);
                continue;
            }
            if at - from >= LONGEST && last_blank > from {
                self.push(from, last_blank, form, first);
                (from, first) = (last_blank, false);
            }
            at += 1;
        }
        self.push(from, end, form, first);
    }

    /// Where a sentence whose mark lies before `at` ends, if it does.
    fn ends_here(&self, at: usize, end: usize, cased: bool) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let closers = bytes[at..end].iter().take(8);
        let length =
            closers.take_while(|byte| matches!(byte, b'"' | b'\'' | b')' | b']' | b'*' | b'.' | b'!' | b'?')).count();
        let after = at + length;
        let rest = &self.text[after..end];
        let next = rest.trim_start().chars().next();
        let at_gap = rest.is_empty() || rest.starts_with(char::is_whitespace);
        let lower = cased && next.is_some_and(char::is_lowercase);
        (at_gap && !lower && !self.is_initial(at - 1)).then_some(after)
    }

    /// A full stop after one or two letters (`J.`, `Dr.`) ends no sentence.
    fn is_initial(&self, stop: usize) -> bool {
        let bytes = self.text.as_bytes();
        if bytes[stop] != b'.' {
            return false;
        }
        let word = bytes[..stop].iter().rev().take(4).take_while(|byte| byte.is_ascii_alphabetic()).count();
        (word == 1 || word == 2) && bytes[stop - word].is_ascii_uppercase()
    }

    fn wide_mark(&self, at: usize) -> Option<usize> {
        let mark = self.text.get(at - 2..=at)?;
        matches!(mark, "。" | "！" | "？").then_some(at + 1)
    }

    fn prose(&mut self, start: usize, end: usize, cased: bool) {
        if start < end {
            self.cut(start, end, Form::Prose, cased);
        }
    }

    /// Short cells stay together; a long one is cut like prose.
    fn row(&mut self, start: usize, end: usize, cased: bool) {
        let (mut from, mut cell) = (start, start);
        for bar in self.text[start..end].match_indices('|').map(|(at, _)| start + at).chain([end]) {
            if self.text[cell..bar].trim().len() >= LONG_CELL {
                self.push(from, cell, Form::Row, from == start);
                self.cut(cell, bar, Form::Row, cased);
                from = bar;
            }
            cell = (bar + 1).min(end);
        }
        self.push(from, end, Form::Row, from == start);
    }

    /// Code in pieces of whole lines.
    fn code(&mut self, start: usize, end: usize) {
        let (mut from, mut at) = (start, start);
        for line in self.text[start..end].split_inclusive('\n') {
            if at + line.len() - from > LONGEST_CODE && at > from {
                self.push(from, at, Form::Code, true);
                from = at;
            }
            at += line.len();
        }
        self.push(from, end, Form::Code, true);
    }
}
