//! What is wrong with the user's files, shown as a compiler shows it: where, what, what was expected, and what to do.
//! A diagnostic carries the text of its line, so that it can be printed long after the file was read.

use crate::fault::{Fault, Remedy};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One mistake in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Path relative to the project's root, with `/` between its parts.
    pub file: String,
    /// From 1; 0 when the mistake is the file as a whole (it is missing, too large, not UTF-8).
    pub line: usize,
    /// From 1, in code points; 0 like `line`.
    pub column: usize,
    /// One sentence without a full stop.
    pub message: String,
    /// What would have been right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line itself, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Box<Excerpt>>,
}

/// The line that a mistake is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// The text of the line, with whatever looks like a secret blotted out.
    pub text: String,
    /// How many code points of it are meant, at least 1.
    pub width: usize,
}

impl Diagnostic {
    /// A mistake that is the file as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), message: message.into(), ..Self::default() }
    }

    /// A mistake in the text of a file; `start` and `end` are byte offsets into `text`, and are clamped to it.
    pub fn in_text(file: &str, text: &str, start: usize, end: usize, message: impl Into<String>) -> Self {
        let start = floor_char_boundary(text, start);
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let meant = &text[start..floor_char_boundary(text, end.min(line_end)).max(start)];
        Self {
            file: file.to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            message: message.into(),
            excerpt: Some(Box::new(Excerpt {
                text: without_secrets(text[line_start..line_end].trim_end_matches('\r')),
                width: meant.chars().count().max(1),
            })),
            ..Self::default()
        }
    }

    /// A mistake at a line and column (from 1, in code points) that another parser found.
    pub fn at_line(file: &str, text: &str, line: usize, column: usize, message: impl Into<String>) -> Self {
        let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &text[line_start.min(text.len())..];
        let into: usize =
            rest.chars().take(column.saturating_sub(1)).take_while(|c| *c != '\n').map(char::len_utf8).sum();
        let start = line_start + into;
        Self::in_text(file, text, start, start + 1, message)
    }

    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the help when there is one.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(excerpt) = self.excerpt.as_deref().filter(|excerpt| !excerpt.text.trim().is_empty()) {
            let (shown, caret) = underline(&excerpt.text, self.column, excerpt.width);
            let number = self.line.to_string();
            let margin = " ".repeat(number.len());
            write!(f, "\n {number} | {shown}\n {margin} | {caret}")?;
        }
        for (label, text) in [("expected", &self.expected), ("help", &self.help)] {
            if let Some(text) = text {
                write!(f, "\n   {label}: {text}")?;
            }
        }
        Ok(())
    }
}

/// Code points of a line that are shown; a longer line is cut around its mistake.
const SHOWN: usize = 120;

/// The line as it may be printed on a terminal, and the carets for the line below it.
fn underline(line: &str, column: usize, width: usize) -> (String, String) {
    let characters: Vec<char> = line.chars().collect();
    let mistake = column.saturating_sub(1).min(characters.len());
    let first = if characters.len() <= SHOWN { 0 } else { mistake.saturating_sub(SHOWN / 3) };
    let last = characters.len().min(first + SHOWN);
    // A control character could steer the terminal; a tab is kept, above and below, so that the carets stay in line.
    let visible = |c: &char| if c.is_control() && *c != '\t' { '\u{FFFD}' } else { *c };
    let mut shown: String = characters[first..last].iter().map(visible).collect();
    let mut caret: String = characters[first..mistake].iter().map(|c| if *c == '\t' { '\t' } else { ' ' }).collect();
    if first > 0 {
        shown.insert(0, '…');
        caret.insert(0, ' ');
    }
    if last < characters.len() {
        shown.push('…');
    }
    caret.push_str(&"^".repeat(width.min(last.saturating_sub(mistake)).max(1)));
    (shown, caret)
}

/// Words in a key's name that say that its value is not for everyone's eyes.
const SECRET_WORDS: [&str; 4] = ["key", "secret", "token", "password"];

/// Blots out, sign for sign, quoted values behind a key such as `api_key` unless they are references (`env:…`,
/// `file:…`). It works on the text alone, so that it holds for a file that is not even TOML.
fn without_secrets(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(equals) = rest.find(['=', ':']) {
        let (before, after) = rest.split_at(equals + 1);
        shown.push_str(before);
        let value = after.trim_start();
        shown.push_str(&after[..after.len() - value.len()]);
        rest = value;
        let key = before[..equals].trim_end().trim_end_matches(['"', '\'']);
        let name_start = key.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).map_or(0, |at| at + 1);
        let name = key.get(name_start..).unwrap_or(key).to_lowercase();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
        let text = value[1..].trim_start_matches(quote);
        let length = text.find(quote).unwrap_or(text.len());
        let is_reference = text.starts_with("env:") || text.starts_with("file:");
        if SECRET_WORDS.iter().any(|word| name.contains(word)) && !is_reference {
            shown.push_str(&value[..value.len() - text.len()]);
            shown.extend(text[..length].chars().map(|_| '*'));
            rest = &text[length..];
        }
    }
    shown + rest
}

/// The largest place not after `at` where a code point begins.
fn floor_char_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// All mistakes found in one reading, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    pub fn extend(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `value` when nothing was found, else what was found: sorted by place, each said once.
    ///
    /// # Errors
    /// When there is at least one diagnostic.
    pub fn or_value<T>(mut self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            return Ok(value);
        }
        self.0.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        self.0.dedup();
        Err(self)
    }

    /// A wrong file is for whoever runs this installation to repair.
    pub fn fault(&self) -> Fault {
        Fault::Operator
    }

    pub fn remedy(&self) -> Remedy {
        Remedy::Fail
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests;
