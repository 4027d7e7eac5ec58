//! Tables of a page. The converter gives a handler the text of an element's children, so cells and rows arrive as text with separators,
//! which are control characters that no page has reason to hold.

use crate::parse::grid;

const CELL: char = '\u{1F}';
const HEADER_CELL: char = '\u{1D}';
const ROW: char = '\u{1E}';

/// A longer cell (characters) is not data but a part of the page that a table lays out.
const MAX_CELL_CHARS: usize = 1_000;

/// More columns are no table that anyone reads.
const MAX_SPAN: usize = 100;

pub(super) fn cell(content: &str, header: bool, span: Option<&str>) -> String {
    let span = span.and_then(|span| span.parse().ok()).unwrap_or(1).clamp(1, MAX_SPAN);
    let end = if header { HEADER_CELL } else { CELL };
    let content: String =
        content.trim().chars().filter(|character| ![ROW, CELL, HEADER_CELL].contains(character)).collect();
    content + &String::from(end).repeat(span)
}

/// A row, or a caption: a row without cells.
pub(super) fn row(content: &str) -> String {
    format!("{}{ROW}", content.trim())
}

/// A table's rows put together: a Markdown table, or, when the table only lays out the page, its cells one after the
/// other.
pub(super) fn table(content: &str) -> String {
    let mut caption = String::new();
    let mut rows: Vec<Vec<&str>> = Vec::new();
    for row in content.split(ROW) {
        let (cells, outside) = row.rfind([CELL, HEADER_CELL]).map_or(("", row), |end| row.split_at(end + 1));
        caption.push_str(outside.trim());
        let cells: Vec<&str> = cells.split_inclusive([CELL, HEADER_CELL]).collect();
        rows.extend(Some(cells).filter(|cells| !cells.is_empty()));
    }
    let text = if is_data(&rows) {
        let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(|cell| words(cell)).collect()).collect();
        grid::markdown(&rows)
    } else {
        laid_out(&rows)
    };
    format!("\n\n{caption}\n\n{text}\n\n")
}

fn words(cell: &str) -> &str {
    cell.trim_end_matches([CELL, HEADER_CELL]).trim()
}

/// With a header cell, or even rows of short cells; never with a table inside.
fn is_data(rows: &[Vec<&str>]) -> bool {
    let mut cells = rows.iter().flatten().map(|cell| words(cell));
    let short =
        cells.all(|cell| !cell.contains("\n|") && !cell.starts_with('|') && cell.chars().count() <= MAX_CELL_CHARS);
    let header = rows.iter().flatten().any(|cell| cell.ends_with(HEADER_CELL));
    let columns = rows.first().map_or(0, Vec::len);
    let even = rows.len() > 1 && columns > 1 && rows.iter().all(|row| row.len() == columns);
    let one_line = rows.iter().flatten().all(|cell| !words(cell).contains('\n'));
    short && (header || (even && one_line))
}

fn laid_out(rows: &[Vec<&str>]) -> String {
    let cells = rows.iter().flatten().map(|cell| words(cell)).filter(|cell| !cell.is_empty());
    cells.collect::<Vec<_>>().join("\n\n")
}
