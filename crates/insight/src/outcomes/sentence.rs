//! The figures in one sentence that says what is not known.

use super::OutcomeFigures;
use std::fmt::Write;

pub(super) fn of(figures: &OutcomeFigures) -> String {
    let mut text = match (figures.per_good, figures.per_good_at_least) {
        (Some(per_good), _) => format!("{per_good} per good outcome"),
        (None, Some(at_least)) => format!("at least {at_least} per good outcome"),
        (None, None) => format!("unknown: {}", why_unknown(figures)),
    };
    if figures.good == 0 {
        return text;
    }
    match (figures.per_good, figures.interval95) {
        (Some(_), Some((low, high))) => push(&mut text, format_args!(" (95 % interval {low} to {high})")),
        (Some(_), None) => text.push_str(" (no interval under 5 good outcomes)"),
        (None, _) => {}
    }
    push(&mut text, format_args!(", {} good of {} matured", figures.good, figures.matured));
    if figures.waiting > 0 {
        push(&mut text, format_args!(", {}", waiting(figures)));
    }
    if figures.with_outcome < figures.subjects {
        push(&mut text, format_args!("; {} of {} subjects have an outcome", figures.with_outcome, figures.subjects));
    }
    if figures.per_good_at_least.is_some() {
        push(&mut text, format_args!("; {}", unknown_part(figures)));
    }
    text
}

fn why_unknown(figures: &OutcomeFigures) -> String {
    if figures.subjects == 0 {
        return "no app has asked yet".to_owned();
    }
    if figures.with_outcome == 0 {
        let subjects = figures.subjects;
        return format!("no outcome was reported yet for {subjects} subjects (POST /v1/outcomes)");
    }
    if figures.matured == 0 {
        return format!("no matured good outcome yet ({})", waiting(figures));
    }
    if figures.good == 0 {
        let mut text =
            format!("no matured good outcome yet: 0 of {} came out well, and cost {}", figures.matured, figures.cost);
        if figures.waiting > 0 {
            push(&mut text, format_args!(" ({})", waiting(figures)));
        }
        return text;
    }
    unknown_part(figures)
}

fn waiting(figures: &OutcomeFigures) -> String {
    match figures.next_matures {
        Some(moment) if figures.waiting == 1 => format!("1 waits until {moment}"),
        Some(moment) => format!("{} wait, the first until {moment}", figures.waiting),
        None => "none waits".to_owned(),
    }
}

fn unknown_part(figures: &OutcomeFigures) -> String {
    let mut text =
        format!("a part of the cost is unknown for {} of {}", figures.unknown_cost_subjects, figures.matured);
    if figures.human_cost.is_none() {
        text.push_str("; `outcome.baseline.per_hour` would price the human minutes");
    }
    text
}

fn push(text: &mut String, more: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(more);
}
