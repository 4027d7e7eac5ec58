//! Numbers with a blank between any two digits (`5 5 5 - 1 2 - 3 4 5 6`), after a word that names them.

use super::Sink;
use super::checksum::luhn;
use super::context::{CARD, Context, PHONE, SSN};
use super::rules::Run;

/// The longest number, in digits.
const MOST: usize = 19;

pub(super) fn find(text: &str, context: &Context<'_>, runs: &[Run], sink: &mut Sink<'_>) {
    let bytes = text.as_bytes();
    let joined = |left: &Run, right: &Run| {
        let between = &bytes[left.end..right.start];
        between.len() <= 3 && !between.is_empty() && between.iter().all(|byte| matches!(byte, b' ' | b'-' | b'.'))
    };
    let single = |run: &Run| run.digits && run.end - run.start == 1;
    let mut at = 0;
    while at < runs.len() {
        let mut last = at;
        while single(&runs[last]) && runs.get(last + 1).is_some_and(|next| single(next) && joined(&runs[last], next)) {
            last += 1;
        }
        let count = last + 1 - at;
        if (7..=MOST).contains(&count) {
            let digits: Vec<u8> = runs[at..=last].iter().map(|run| bytes[run.start]).collect();
            let (start, end) = (runs[at].start, runs[last].end);
            let label = context.label(start);
            let rule = match count {
                9 if label & SSN != 0 => Some("us_ssn"),
                13..=19 if label & CARD != 0 && luhn(&digits) => Some("payment_card"),
                7..=15 if label & PHONE != 0 => Some("phone_named"),
                _ => None,
            };
            if let Some(rule) = rule {
                sink.push(rule, start, end, 2);
            }
        }
        at = last + 1;
    }
}
