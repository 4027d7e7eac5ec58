//! Rows of cells as a Markdown table, the first row as its header. Columns are not lined up: one long cell would fill
//! every row of its column with spaces, and passages are measured in characters.

pub(super) fn markdown(rows: &[Vec<&str>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        text.push('|');
        for cell in row {
            let cell = one_line(cell).replace('|', "\\|");
            text.push_str(&if cell.is_empty() { "  |".to_owned() } else { format!(" {cell} |") });
        }
        text.push('\n');
        if index == 0 {
            text.push_str(&format!("|{}\n", " --- |".repeat(columns)));
        }
    }
    text
}

/// Words with single spaces between them.
pub(super) fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
