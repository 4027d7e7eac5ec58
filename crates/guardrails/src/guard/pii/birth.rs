//! Dates of birth: a date is one when a word says so.

use super::Sink;
use super::context::{BIRTH, Context};
use regex::Regex;
use std::sync::LazyLock;

/// A date in digits, or with the name of its month in one of the languages whose words for birth are known.
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let month = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|janv|févr|mars|avr|juin|juil|août|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|mrt|mei|fev|out)\p{L}*\.?";
    let pattern = format!(
        r"(?i)\b(?:[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}|[0-9]{{1,2}}[-/. ][0-9]{{1,2}}[-/. ](?:[0-9]{{4}}|[0-9]{{2}})|[0-9]{{1,2}}(?:st|nd|rd|th|\.|º)? (?:of |de |d')?{month}(?: de)?,? [0-9]{{4}}|{month} [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}})\b"
    );
    Regex::new(&pattern).expect("a fixed pattern that the tests compile")
});

/// How many bytes after the word the date may end.
const REACH: usize = 64;

pub(super) fn find(text: &str, context: &Context<'_>, sink: &mut Sink<'_>) {
    for from in context.ends(BIRTH) {
        let mut to = (from + REACH).min(text.len());
        while !text.is_char_boundary(to) {
            to -= 1;
        }
        let Some(date) = DATE.find(&text[from..to]) else { continue };
        let (start, end) = (from + date.start(), from + date.end());
        if context.label(start) & BIRTH != 0 {
            sink.push("date_of_birth", start, end, 2);
        }
    }
}
