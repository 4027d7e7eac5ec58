//! Numbers in one notation: digits with their separators, times of day, and numbers that are written in two words.

use super::{Kind, Word};
use std::rc::Rc;

/// What multiplies the number before it.
const SCALES: &[(&str, f64)] = &[
    ("hundred", 1e2),
    ("thousand", 1e3),
    ("k", 1e3),
    ("million", 1e6),
    ("mln", 1e6),
    ("mio", 1e6),
    ("m", 1e6),
    ("billion", 1e9),
    ("bn", 1e9),
    ("b", 1e9),
    ("trillion", 1e12),
];

/// `1,234.50` is `1234.5`; `3rd` is `3`; `90s` is `90`; `3pm` is `15:00`; `4k` and `2B` stay names.
pub(super) fn number_or_name(lower: &str) -> Word {
    if let Some(time) = ["am", "pm"].iter().find_map(|half| time_of_day(lower.strip_suffix(half)?, half)) {
        return Word { stem: time, kind: Kind::Number };
    }
    if lower.contains(':') {
        return Word { stem: lower.trim_start_matches('0').into(), kind: Kind::Number };
    }
    let suffixless =
        ["st", "nd", "rd", "th", "s"].iter().find_map(|suffix| lower.strip_suffix(suffix)).unwrap_or(lower);
    if !suffixless.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
        return Word { stem: lower.into(), kind: Kind::Name };
    }
    let thousands =
        suffixless.split(',').skip(1).all(|group| group.split('.').next().is_some_and(|digits| digits.len() == 3));
    let plain = if thousands { suffixless.replace(',', "") } else { suffixless.replace(',', ".") };
    let plain = if plain.contains('.') { plain.trim_end_matches('0').trim_end_matches('.') } else { &plain };
    let plain = plain.trim_start_matches('0');
    Word { stem: if plain.is_empty() { "0".into() } else { plain.into() }, kind: Kind::Number }
}

/// Whether a colon between these holds a time together: one or two digits before it, two behind.
pub(super) fn is_time(before: &str, behind: &str) -> bool {
    let digits = |text: &str| text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&before.len()) && digits(before) == before.len() && digits(behind) == 2
}

/// Hours by the 24-hour clock: `3` and `pm` are `15:00`.
fn time_of_day(hours: &str, half: &str) -> Option<Rc<str>> {
    let (hours, minutes) = hours.split_once(':').unwrap_or((hours, "00"));
    let hours: u32 = hours.parse().ok().filter(|hours| (1..=12).contains(hours))?;
    let hours = hours % 12 + if half == "pm" { 12 } else { 0 };
    Some(format!("{hours}:{minutes}").into())
}

/// A number that goes on in the next word: `1.2 million`, `twenty-five`, `3 pm`. `gap` is what stands between.
pub(super) fn joined(last: &Word, gap: &str, next: &Word, raw: &str) -> Option<Rc<str>> {
    if last.kind != Kind::Number || !matches!(gap, " " | "-" | "\u{a0}" | "") || raw.len() > 9 {
        return None;
    }
    let lower = raw.to_lowercase();
    if matches!(lower.as_str(), "am" | "pm") {
        return time_of_day(&last.stem, &lower);
    }
    let value: f64 = last.stem.parse().ok()?;
    if let Some((_, scale)) = SCALES.iter().find(|(word, _)| *word == lower) {
        return Some(plain(value * scale));
    }
    let unit: f64 = next.stem.parse().ok().filter(|_| next.kind == Kind::Number)?;
    let tens = (20.0..100.0).contains(&value) && value % 10.0 == 0.0 && (1.0..10.0).contains(&unit);
    (tens && gap == "-").then(|| plain(value + unit))
}

/// Without a fraction where there is none, and with at most six places.
fn plain(value: f64) -> Rc<str> {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').into()
}
