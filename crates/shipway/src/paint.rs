//! How the terminal looks: a few colours with one meaning each, and none where nobody looks (a pipe, `NO_COLOR`).

use anstyle::{AnsiColor, Style};
use anyhow::Context;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write};

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
    if let Err(error) = print(&text) {
        // Nothing more can be said there; what the command does is done all the same.
        let _ = writeln!(anstream::stderr(), "standard output cannot be written: {error}");
    }
}

/// Whoever closed the pipe has read enough (`shipway … | head`): that is no failure.
fn print(text: &impl Display) -> io::Result<()> {
    let mut output = anstream::stdout();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// What a command was asked for, as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string_pretty(value)?).context("standard output cannot be written")
}

/// An error and its causes on standard error.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut output = anstream::stderr();
    // Where standard error is closed too, the exit code still tells.
    let _ = writeln!(output, "{} {error}", bad("error:"));
    let mut shown = error.to_string();
    for cause in error.chain().skip(1) {
        // Many errors already tell their cause in their own sentence.
        let cause = cause.to_string();
        if !shown.contains(&cause) {
            let _ = writeln!(output, "  {} {cause}", quiet("because"));
        }
        shown = cause;
    }
}
