//! The pieces of a passage that can be quoted on their own: sentences, list items with the line that leads to them,
//! table rows with their header. Every piece is a stretch of the passage, so that a quote is the passage's very words.

use std::ops::Range;

/// One quotable piece. All ranges are bytes of the passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) span: Range<usize>,
    /// What has to be quoted before it to be understood: a table's header, the line that leads to a list.
    pub(super) lead: Option<Range<usize>>,
    /// The headings above it, from the outermost.
    pub(super) headings: Vec<Range<usize>>,
    /// Counts paragraphs, lists and tables: units of one block belong together.
    pub(super) block: usize,
}

/// One line, without its line end.
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

enum Kind {
    Blank,
    Heading(usize),
    TableRow,
    Item,
    Fence,
    Text,
}

/// Cuts a passage into its units, in order. Markdown is understood, plain text too.
pub(super) fn units(text: &str) -> Vec<Unit> {
    let lines = lines(text);
    let mut reader = Reader { text, units: Vec::new(), headings: Vec::new(), block: 0 };
    let mut at = 0;
    while at < lines.len() {
        let from = at;
        at = match kind(&lines[at]) {
            Kind::Blank => at + 1,
            Kind::Heading(level) => {
                reader.heading(level, &lines[at]);
                at + 1
            }
            Kind::TableRow => {
                at += run(&lines[at..], |line| matches!(kind(line), Kind::TableRow));
                reader.table(&lines[from..at]);
                at
            }
            Kind::Item => {
                at += 1 + run(&lines[at + 1..], |line| matches!(kind(line), Kind::Text));
                reader.item(&lines[from..at]);
                at
            }
            Kind::Fence => {
                at += 1 + run(&lines[at + 1..], |line| !matches!(kind(line), Kind::Fence));
                at = (at + 1).min(lines.len());
                reader.whole(&lines[from..at]);
                at
            }
            Kind::Text => {
                at += run(&lines[at..], |line| matches!(kind(line), Kind::Text));
                reader.paragraph(&lines[from..at]);
                at
            }
        };
    }
    reader.units
}

struct Reader<'a> {
    text: &'a str,
    units: Vec<Unit>,
    /// Level and place of the headings that hold here.
    headings: Vec<(usize, Range<usize>)>,
    block: usize,
}

impl Reader<'_> {
    fn heading(&mut self, level: usize, line: &Line<'_>) {
        self.headings.retain(|(other, _)| *other < level);
        self.headings.push((level, line.start..line.end()));
        self.block += 1;
    }

    fn add(&mut self, span: Range<usize>, lead: Option<Range<usize>>) {
        let span = trimmed(self.text, span);
        if !span.is_empty() {
            let headings = self.headings.iter().map(|(_, range)| range.clone()).collect();
            self.units.push(Unit { span, lead, headings, block: self.block });
        }
    }

    fn paragraph(&mut self, lines: &[Line<'_>]) {
        self.block += 1;
        for sentence in sentences(self.text, span(lines)) {
            self.add(sentence, None);
        }
    }

    /// An item is one unit: its sentences lean on each other. The line before the list, ending in a colon, leads to it.
    fn item(&mut self, lines: &[Line<'_>]) {
        let lead = self.units.last().and_then(|last| {
            let leads = self.text[last.span.clone()].trim_end_matches(['*', '_', ' ']).ends_with(':');
            let follows = last.block == self.block && last.lead.is_some();
            if leads { Some(last.span.clone()) } else { last.lead.clone().filter(|_| follows) }
        });
        self.add(span(lines), lead);
    }

    /// Rows under a delimiter row (`|---|`) have the rows above it as their header.
    fn table(&mut self, lines: &[Line<'_>]) {
        self.block += 1;
        let delimiter = lines.iter().take(3).position(|line| {
            line.text.contains('-') && line.text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
        });
        let header = delimiter.filter(|at| *at > 0).map(|at| span(&lines[..=at]));
        for row in &lines[delimiter.map_or(0, |at| at + 1)..] {
            self.add(row.start..row.end(), header.clone());
        }
    }

    fn whole(&mut self, lines: &[Line<'_>]) {
        self.block += 1;
        self.add(span(lines), None);
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let pieces = text.split_inclusive('\n').map(|piece| {
        let line = Line { start, text: piece.trim_end_matches(['\n', '\r']) };
        start += piece.len();
        line
    });
    pieces.collect()
}

fn kind(line: &Line<'_>) -> Kind {
    let text = line.text.trim();
    let hashes = text.bytes().take_while(|byte| *byte == b'#').count();
    let is_bold_line =
        text.len() > 4 && text.starts_with("**") && text.ends_with("**") && !text[2..text.len() - 2].contains("**");
    match text.as_bytes() {
        [] => Kind::Blank,
        _ if (1..=6).contains(&hashes) && text[hashes..].starts_with(' ') => Kind::Heading(hashes),
        _ if text.starts_with("```") || text.starts_with("~~~") => Kind::Fence,
        // A line that is all bold heads what follows, below any real heading.
        _ if is_bold_line => Kind::Heading(7),
        [b'|', ..] => Kind::TableRow,
        _ if is_item(text) => Kind::Item,
        _ => Kind::Text,
    }
}

fn is_item(text: &str) -> bool {
    let after_digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (1..=3).contains(&(text.len() - after_digits.len()))
        && (after_digits.starts_with(". ") || after_digits.starts_with(") "));
    numbered || ["- ", "* ", "+ ", "• "].iter().any(|marker| text.starts_with(marker))
}

fn run(lines: &[Line<'_>], belongs: impl Fn(&Line<'_>) -> bool) -> usize {
    lines.iter().take_while(|line| belongs(line)).count()
}

fn span(lines: &[Line<'_>]) -> Range<usize> {
    match lines {
        [first, .., last] => first.start..last.end(),
        [only] => only.start..only.end(),
        [] => 0..0,
    }
}

fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let piece = &text[span.clone()];
    let start = span.start + (piece.len() - piece.trim_start().len());
    start..start.max(span.start + piece.trim_end().len())
}

/// Words that end in a full stop without ending a sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "rev", "gen", "col", "sgt", "capt", "lt", "hon", "sen", "rep", "gov", "st", "mt",
    "jr", "sr", "vs", "no", "nos", "fig", "vol", "pp", "ed", "eds", "al", "approx", "ca", "cf", "e.g", "i.e", "inc",
    "ltd", "co", "corp", "dept", "est", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov",
    "dec",
];

/// Cuts a stretch of prose into sentences. A sentence ends at `.`, `!`, `?` (and closing quotes or brackets) when
/// space and the beginning of another one follow; initials, abbreviations and numbers do not end it.
pub(super) fn sentences(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let prose = &text[span.clone()];
    let mut found = Vec::new();
    let mut start = 0;
    let mut marks = prose.char_indices().peekable();
    while let Some((at, mark)) = marks.next() {
        let wide = matches!(mark, '。' | '！' | '？');
        if !wide && !matches!(mark, '.' | '!' | '?') {
            continue;
        }
        let mut end = at + mark.len_utf8();
        while let Some((at, closing)) =
            marks.next_if(|(_, c)| matches!(c, '.' | '!' | '?' | '"' | '\'' | '”' | '’' | ')' | ']' | '*' | '_'))
        {
            end = at + closing.len_utf8();
        }
        let is_stop = mark == '.' && end == at + 1;
        if wide || (begins_another(&prose[end..]) && !(is_stop && is_abbreviated(&prose[start..at]))) {
            found.push(span.start + start..span.start + end);
            start = end;
        }
    }
    found.push(span.start + start..span.end);
    found.into_iter().map(|piece| trimmed(text, piece)).filter(|piece| !piece.is_empty()).collect()
}

/// Whether a new sentence begins here: space, then a capital, a digit, or something that opens.
fn begins_another(rest: &str) -> bool {
    let begins = rest.trim_start();
    let spaced = begins.len() < rest.len();
    spaced
        && begins
            .chars()
            .next()
            .is_some_and(|first| !first.is_lowercase() && !matches!(first, ',' | ';' | ')' | '-' | '–'))
}

fn is_abbreviated(before: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“')).next().unwrap_or_default();
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let is_acronym = word.contains('.') && word.split('.').all(|part| part.chars().count() == 1);
    is_initial || is_acronym || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}
