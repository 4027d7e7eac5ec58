//! The topics file: names, each with example questions.

use crate::diagnostic::{Diagnostic, Diagnostics};
use serde_saphyr::Spanned;
use std::collections::BTreeMap;

/// Reads a YAML map from topic to example sentences. `file` is relative to the project's root, for the messages.
///
/// # Errors
/// When it is not such a map, has no topic, or a topic has no sentence.
pub(crate) fn read_topics(file: &str, text: &str) -> Result<BTreeMap<String, Vec<String>>, Diagnostics> {
    let shape = "topic names, each with a list of example questions";
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(Diagnostic::of_file(file, "there is no topic in this file").expected(shape).into());
    }
    let read: Result<BTreeMap<String, Spanned<Vec<Spanned<String>>>>, _> = serde_saphyr::from_str(text);
    let topics = read.map_err(|error| {
        let place = error.location().map(|place| (number(place.line()), number(place.column())));
        let (line, column) = place.unwrap_or((1, 1));
        let message = in_plain_words(&error.without_snippet().to_string());
        Diagnostics::from(Diagnostic::at_line(file, text, line, column, message).expected(shape))
    })?;
    let mut found = Diagnostics::default();
    if topics.is_empty() {
        found.push(Diagnostic::of_file(file, "there is no topic in this file").expected(shape));
    }
    for (topic, sentences) in &topics {
        let at = |place: serde_saphyr::Location, message: String| {
            Diagnostic::at_line(file, text, number(place.line()), number(place.column()), message)
        };
        if sentences.value.is_empty() {
            let wrong = at(sentences.referenced, format!("the topic `{topic}` has no example"));
            found.push(wrong.expected("at least one example question; ten or more work well"));
        }
        for sentence in sentences.value.iter().filter(|sentence| sentence.value.trim().is_empty()) {
            found.push(at(sentence.referenced, format!("an example of the topic `{topic}` is empty")));
        }
    }
    let plain = |sentences: Spanned<Vec<Spanned<String>>>| sentences.value.into_iter().map(|s| s.value).collect();
    found.or_value(topics.into_iter().map(|(topic, sentences)| (topic, plain(sentences))).collect())
}

/// The parser's message without its place, which is shown anyway, and without its advice to programmers.
fn in_plain_words(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let end = [" at line ", ", set DuplicateKeyPolicy"].iter().filter_map(|tail| line.find(tail)).min();
    match &line[..end.unwrap_or(line.len())] {
        "" => "this is not YAML".to_owned(),
        "expected mapping start" => "here should be a table, `name: …`".to_owned(),
        "expected sequence start" => "here should be a list, each item after a `-`".to_owned(),
        "expected string scalar" => "here should be a text".to_owned(),
        other => other.to_owned(),
    }
}

fn number(of_parser: u64) -> usize {
    usize::try_from(of_parser).unwrap_or(usize::MAX)
}
