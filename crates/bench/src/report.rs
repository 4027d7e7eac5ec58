//! The figures as text, a line each, and the latencies as a picture.

use crate::knee::Step;
use crate::measured::{Quantiles, Summary, Times};
use crate::profile::Profile;
use crate::projection::Projection;
use std::time::Duration;

/// Bars of the picture, and the width of the longest in characters.
const BARS: usize = 14;
const WIDTH: u64 = 48;

/// µs as people read them.
fn time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => {
            let (millis, digits) = (Duration::from_micros(us).as_secs_f64() * 1e3, if us < 10_000 { 2 } else { 1 });
            format!("{millis:.digits$} ms")
        }
        _ => format!("{:.2} s", Duration::from_micros(us).as_secs_f64()),
    }
}

/// The figures, a line each.
pub fn table(summary: &Summary, profile: Option<&Profile>, projection: Option<&Projection>) -> Vec<String> {
    let mut lines = vec![format!("  {:<22}{:>11}{:>11}{:>11}{:>11}", "", "p50", "p90", "p99", "max")];
    let rows = [
        ("latency", summary.latency),
        ("to the first token", summary.first_token),
        ("between pieces", summary.gaps),
        ("of it Shipway's own", summary.own),
        ("of it models", summary.model),
        ("sent late by", summary.lag.filter(|lag| lag.p99_us > 2_000)),
    ];
    for (name, times) in rows {
        let Some(Quantiles { p50_us, p90_us, p99_us, max_us }) = times else { continue };
        let [p50, p90, p99, max] = [p50_us, p90_us, p99_us, max_us].map(time);
        lines.push(format!("  {name:<22}{p50:>11}{p90:>11}{p99:>11}{max:>11}"));
    }
    lines.push(String::new());
    let Summary { answered, seconds, per_second, most_at_once, .. } = summary;
    lines.push(format!(
        "  {answered} answered in {seconds:.1} s, {per_second:.1} a second, at most {most_at_once} at once"
    ));
    let errors = summary.errors.iter().map(|(kind, count)| format!("{count} × {kind}"));
    lines.push(match summary.failed {
        0 => "  no errors".to_owned(),
        failed => format!("  {failed} failed: {}", errors.collect::<Vec<_>>().join(", ")),
    });
    lines.extend(profile.map(resources));
    lines.push(money(projection));
    lines
}

fn resources(profile: &Profile) -> String {
    let Profile { before, after, cpu_us_per_request } = profile;
    let cpu = cpu_us_per_request.map_or("unknown".to_owned(), |us| format!("{us:.0} µs"));
    let mib = |kib: u64| kib / 1024;
    format!(
        "  server: {cpu} of CPU a request; memory {} MiB before, {} MiB after, {} MiB at the most; {} threads, {} open files",
        mib(before.resident_kib),
        mib(after.resident_kib),
        mib(after.peak_kib),
        after.threads,
        after.files
    )
}

fn money(projection: Option<&Projection>) -> String {
    match projection {
        None => "  cost: the answers do not say".to_owned(),
        Some(Projection { per_request, per_month: None }) => format!("  cost: {per_request} a request"),
        Some(Projection { per_request, per_month: Some((volume, month)) }) => {
            format!("  cost: {per_request} a request; {month} a month at {} requests", volume.0)
        }
    }
}

/// Latencies as a picture: each bar a time half as long again as the one before.
pub fn histogram(times: &Times) -> Vec<String> {
    let Some((low, high)) = times.extremes() else { return Vec::new() };
    let mut bounds = vec![high + 1];
    while bounds.len() < BARS && bounds.last().is_some_and(|bound| *bound > low) {
        let last = bounds[bounds.len() - 1];
        bounds.push((last * 2 / 3).min(last - 1));
    }
    // The lowest bar takes all that is below.
    bounds.extend((bounds.last() > Some(&low)).then_some(low));
    bounds.reverse();
    let bars: Vec<(u64, u64)> = bounds.windows(2).map(|pair| (pair[1], times.between(pair[0], pair[1]))).collect();
    let most = bars.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let draw = |(bound, count): &(u64, u64)| {
        let length = usize::try_from((count * WIDTH).div_ceil(most)).unwrap_or_default();
        format!("  {:>10} {:<48} {count}", format!("≤ {}", time(*bound)), "█".repeat(length))
    };
    bars.iter().map(draw).collect()
}

/// The steps on the way to the knee, a line each.
pub fn steps(steps: &[Step]) -> Vec<String> {
    let line = |step: &Step| {
        let held = if step.held { "held" } else { "did not hold" };
        let Step { rate, answered, failed, .. } = step;
        format!("  {rate:>9.1}/s  {answered:>9.1}/s answered  p99 {:>9}  {failed:>4} failed  {held}", time(step.p99_us))
    };
    steps.iter().map(line).collect()
}
