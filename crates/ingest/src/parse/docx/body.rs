//! The main part of a Word file as Markdown, piece by piece (ECMA-376 part 1, 17).

use super::styles::{Styles, outline_level};
use super::xml::{Piece, attribute};
use crate::parse::grid;
use quick_xml::events::BytesStart;
use std::collections::BTreeMap;

/// Word's own limits.
const MAX_LEVEL: usize = 8;
const MAX_COLUMNS: usize = 63;

/// What lies in these is not part of the text as it reads now: deleted or moved away, said a second time for older
/// programs, or the properties as they were before a change.
const PASSED_OVER: &[&str] = &["del", "moveFrom", "Fallback", "pPrChange", "rPrChange", "numberingChange"];

#[derive(Default)]
struct Paragraph {
    text: String,
    style: Option<String>,
    heading: Option<usize>,
    list: Option<String>,
    level: usize,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<String>>,
    cell: String,
    span: usize,
}

pub(super) struct Body<'a> {
    styles: &'a Styles,
    text: String,
    after_item: bool,
    /// What the next paragraph begins with: the mark of a note.
    mark: String,
    /// Open paragraphs; a text box has paragraphs of its own within one.
    paragraphs: Vec<Paragraph>,
    tables: Vec<Table>,
    /// The numbers that the levels of each list have reached.
    reached: BTreeMap<String, [usize; MAX_LEVEL + 1]>,
    passed_over: usize,
    runs: usize,
    hidden: bool,
    words: bool,
}

impl<'a> Body<'a> {
    pub(super) fn new(styles: &'a Styles) -> Self {
        Self {
            styles,
            text: String::new(),
            after_item: false,
            mark: String::new(),
            paragraphs: Vec::new(),
            tables: Vec::new(),
            reached: BTreeMap::new(),
            passed_over: 0,
            runs: 0,
            hidden: false,
            words: false,
        }
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    pub(super) fn take(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Open(name, _) if PASSED_OVER.contains(name) => self.passed_over += 1,
            Piece::Close(name) if PASSED_OVER.contains(name) => self.passed_over = self.passed_over.saturating_sub(1),
            _ if self.passed_over > 0 => {}
            Piece::Open(name, tag) => {
                self.open_structure(name, tag);
                self.open_words(name, tag);
            }
            Piece::Close(name) => self.close(name),
            Piece::Text(words) if self.words => self.say(words),
            Piece::Text(_) => {}
        }
    }

    fn open_structure(&mut self, name: &str, tag: &BytesStart<'_>) {
        let value = || attribute(tag, "val");
        match (name, self.paragraphs.last_mut(), self.tables.last_mut()) {
            ("p", ..) => self.paragraphs.push(Paragraph::default()),
            ("pStyle", Some(paragraph), _) => paragraph.style = value(),
            ("outlineLvl", Some(paragraph), _) => paragraph.heading = value().as_deref().and_then(outline_level),
            ("numId", Some(paragraph), _) => paragraph.list = value(),
            ("ilvl", Some(paragraph), _) => {
                paragraph.level = value().and_then(|level| level.parse().ok()).unwrap_or(0).min(MAX_LEVEL);
            }
            ("tbl", ..) => self.tables.push(Table::default()),
            ("tr", _, Some(table)) => table.rows.push(Vec::new()),
            ("tc", _, Some(table)) => (table.cell, table.span) = (String::new(), 1),
            ("gridSpan", _, Some(table)) => {
                table.span = value().and_then(|span| span.parse().ok()).unwrap_or(1).clamp(1, MAX_COLUMNS);
            }
            ("footnote", ..) if attribute(tag, "type").is_none() => {
                self.mark = attribute(tag, "id").map_or(String::new(), |id| format!("[^{id}]: "));
            }
            _ => {}
        }
    }

    fn open_words(&mut self, name: &str, tag: &BytesStart<'_>) {
        match name {
            "r" => self.runs += 1,
            "t" => self.words = true,
            "vanish" if self.runs > 0 => {
                self.hidden = !attribute(tag, "val").is_some_and(|value| value == "0" || value == "false");
            }
            "tab" if self.runs > 0 => self.say(" "),
            "br" | "cr" if self.runs > 0 => self.say("\n"),
            "noBreakHyphen" => self.say("-"),
            "footnoteReference" => {
                if let Some(id) = attribute(tag, "id") {
                    self.say(&format!("[^{id}]"));
                }
            }
            _ => {}
        }
    }

    fn say(&mut self, words: &str) {
        if let Some(paragraph) = self.paragraphs.last_mut().filter(|_| !self.hidden) {
            paragraph.text.push_str(words);
        }
    }

    fn close(&mut self, name: &str) {
        match (name, self.tables.last_mut()) {
            ("r", _) => (self.runs, self.hidden) = (self.runs.saturating_sub(1), false),
            ("t", _) => self.words = false,
            ("p", _) => {
                if let Some(paragraph) = self.paragraphs.pop() {
                    self.end_paragraph(&paragraph);
                }
            }
            ("tc", Some(table)) => {
                let (cell, span) = (std::mem::take(&mut table.cell), table.span);
                if let Some(row) = table.rows.last_mut() {
                    row.push(cell);
                    row.extend(std::iter::repeat_n(String::new(), span.saturating_sub(1)));
                }
            }
            ("tbl", _) => {
                if let Some(table) = self.tables.pop() {
                    self.end_table(&table);
                }
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self, paragraph: &Paragraph) {
        let text = paragraph.text.trim();
        if text.is_empty() {
            return;
        }
        if let Some(table) = self.tables.last_mut() {
            table.cell.push_str(text);
            table.cell.push('\n');
            return;
        }
        let style = paragraph.style.as_deref().unwrap_or_default();
        // A list of the number 0 takes the paragraph out of its style's list.
        let list = paragraph.list.as_deref().or_else(|| self.styles.list(style)).filter(|list| *list != "0");
        if let Some(level) = paragraph.heading.or_else(|| self.styles.heading(style)) {
            let words = grid::one_line(text);
            self.block(&format!("{} {words}", "#".repeat(level)), false);
        } else if let Some(list) = list {
            let item = self.item(list, paragraph.level, text);
            self.block(&item, true);
        } else {
            let mark = std::mem::take(&mut self.mark);
            self.block(&format!("{mark}{text}"), false);
        }
    }

    /// An item of a list, with its mark and below its parent.
    fn item(&mut self, list: &str, level: usize, text: &str) -> String {
        let reached = self.reached.entry(list.to_owned()).or_default();
        reached[level] += 1;
        reached[level + 1..].fill(0);
        let mark = if self.styles.numbered(list, level) { format!("{}.", reached[level]) } else { "-".to_owned() };
        let indent = "   ".repeat(level);
        format!("{indent}{mark} {}", text.replace('\n', &format!("\n{indent}   ")))
    }

    fn end_table(&mut self, table: &Table) {
        let rows: Vec<Vec<&str>> = table.rows.iter().map(|row| row.iter().map(|cell| cell.trim()).collect()).collect();
        let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
        if let Some(around) = self.tables.last_mut() {
            let cells = rows.iter().flatten().filter(|cell| !cell.is_empty());
            cells.for_each(|cell| around.cell.extend([cell, "\n"]));
        } else if columns > 1 && rows.len() > 1 {
            self.block(grid::markdown(&rows).trim_end(), false);
        } else {
            // A frame around words, or words set side by side.
            for cell in rows.into_iter().flatten().filter(|cell| !cell.is_empty()) {
                self.block(cell, false);
            }
        }
    }

    fn block(&mut self, block: &str, item: bool) {
        if !self.text.is_empty() {
            self.text.push_str(if item && self.after_item { "\n" } else { "\n\n" });
        }
        self.text.push_str(block);
        self.after_item = item;
    }
}
