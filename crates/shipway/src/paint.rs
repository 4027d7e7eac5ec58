//! How the terminal looks: a few colours with one meaning each, and none where nobody looks (a pipe, `NO_COLOR`).

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::fmt::Display;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default();
const QUIET: Style = Style::new().dimmed();
const LOUD: Style = Style::new().bold();

fn painted(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

pub(crate) fn good(text: impl Display) -> String {
    painted(GOOD, text)
}

pub(crate) fn bad(text: impl Display) -> String {
    painted(BAD, text)
}

pub(crate) fn care(text: impl Display) -> String {
    painted(CARE, text)
}

pub(crate) fn quiet(text: impl Display) -> String {
    painted(QUIET, text)
}

pub(crate) fn loud(text: impl Display) -> String {
    painted(LOUD, text)
}

/// A line of text on standard output, its colours stripped where they would not show.
pub(crate) fn line(text: impl Display) {
    anstream::println!("{text}");
}

/// What a command was asked for, as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    anstream::println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// An error and its causes on standard error.
pub(crate) fn failure(error: &anyhow::Error) {
    anstream::eprintln!("{} {error}", bad("error:"));
    let mut shown = error.to_string();
    for cause in error.chain().skip(1) {
        // Many errors already tell their cause in their own sentence.
        let cause = cause.to_string();
        if !shown.contains(&cause) {
            anstream::eprintln!("  {} {cause}", quiet("because"));
        }
        shown = cause;
    }
}
