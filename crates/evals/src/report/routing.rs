//! What tuning found, at the terminal: both models, the curve as a table and as a picture, the pick on seen and on
//! unseen cases, and the lines to paste.

use crate::gate::points;
use crate::routing::{Advice, Point, Policy, Routing};
use crate::statistics::float;
use std::fmt::Write;
use usecase::declared::Signal;

/// Points of the table: those that no other one beats, thinned where they are more.
const MOST_ROWS: usize = 14;
const WIDTH: usize = 56;
const HEIGHT: usize = 12;

/// The whole report, ending with a line break.
pub fn render(routing: &Routing) -> String {
    let mut lines = vec![
        format!("small  {}: {}", routing.small_model, summary(&routing.small_only)),
        format!("large  {}: {}", routing.large_model, summary(&routing.large_only)),
        measured(routing),
    ];
    for (place, reason) in &routing.left_out {
        lines.push(format!("  left out  {place}: {reason}"));
    }
    if routing.small_only.cost.part_unknown || routing.large_only.cost.part_unknown {
        lines.push("  a price is unknown: costs are at least these, and the pick goes by them".to_owned());
    }
    if routing.large_only.cases > 0 {
        lines.push(String::new());
        lines.extend(table(routing));
        lines.push(String::new());
        lines.extend(picture(routing));
    }
    lines.push(String::new());
    lines.extend(verdict(routing));
    lines.join("\n").replace(|c: char| c.is_control() && c != '\n', " ") + "\n"
}

/// `31/40 passed (77.5 %, 95 % interval 62.5 to 87.7 %), $0.0012 a case`
fn summary(point: &Point) -> String {
    let (low, high) = (points(point.interval.low), points(point.interval.high));
    let share = points(point.pass_share());
    let (passed, cases) = (point.passed, point.cases);
    format!("{passed}/{cases} passed ({share} %, 95 % interval {low} to {high} %), {} a case", money(point))
}

fn money(point: &Point) -> String {
    let at_least = if point.cost.part_unknown { "at least " } else { "" };
    format!("{at_least}${:.6}", point.cost_a_case() / 1e6)
}

fn measured(routing: &Routing) -> String {
    let counted = routing.measured.iter().map(|(signal, count)| format!("{signal} {count}"));
    let counted: Vec<String> = counted.collect();
    let (cases, spent) = (routing.large_only.cases, routing.spent);
    format!("measured in {cases} cases: {}; this run cost {spent}", counted.join(", "))
}

/// No other point costs no more and passes more.
fn frontier(routing: &Routing) -> Vec<&Point> {
    let mut best: Vec<&Point> = Vec::new();
    for point in &routing.curve {
        if best.last().is_none_or(|last| point.passed > last.passed) {
            best.push(point);
        }
    }
    let every = best.len().div_ceil(MOST_ROWS).max(1);
    let mut shown: Vec<&Point> = best.into_iter().step_by(every).collect();
    if let Some(pick) = routing.pick.as_ref().filter(|pick| shown.iter().all(|point| point.policy != pick.policy)) {
        shown.push(pick);
        shown.sort_by_key(|point| (point.cost.known, point.escalated));
    }
    shown
}

fn table(routing: &Routing) -> Vec<String> {
    let mut rows =
        vec!["  escalated   passed            95 % interval    a case        of large   when below".to_owned()];
    let mut row = |point: &Point, what: String| {
        let picked = routing.pick.as_ref().is_some_and(|pick| pick.policy == point.policy && what != "large alone");
        rows.push(format!(
            "{} {:>7} %   {:<9} {:>5} %   {:>5} to {:>5} %   {:<12}  {:>8}   {what}",
            if picked { ">" } else { " " },
            points(point.escalated_share()),
            format!("{}/{}", point.passed, point.cases),
            points(point.pass_share()),
            points(point.interval.low),
            points(point.interval.high),
            money(point),
            share_of_large(point, routing),
        ));
    };
    for point in frontier(routing) {
        row(point, words(&point.policy));
    }
    row(&routing.large_only, "large alone".to_owned());
    rows
}

fn share_of_large(point: &Point, routing: &Routing) -> String {
    match routing.large_only.cost.known.0 {
        0 => "unknown".to_owned(),
        large => format!("{} %", points(point.cost.known.0 as f64 / large as f64)),
    }
}

/// `logprobs 0.83, disagreement 0.5`
fn words(policy: &Policy) -> String {
    let written = policy.at_least.iter().map(|(signal, least)| match signal {
        Signal::Schema => signal.to_string(),
        _ => format!("{signal} {least}"),
    });
    let written: Vec<String> = written.collect();
    if written.is_empty() { "small alone".to_owned() } else { written.join(", ") }
}

/// Quality upwards, cost to the right.
fn picture(routing: &Routing) -> Vec<String> {
    let all = || routing.curve.iter().chain([&routing.small_only, &routing.large_only]);
    let most_cost = all().map(Point::cost_a_case).fold(0.0, f64::max);
    let low = all().map(Point::pass_share).fold(1.0, f64::min);
    let high = all().map(Point::pass_share).fold(0.0, f64::max);
    let place = |part: f64, whole: f64, cells: usize| {
        let share = if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 };
        (share * float(cells - 1)).round() as usize
    };
    let mut grid = vec![vec![' '; WIDTH]; HEIGHT];
    let mut put = |point: &Point, mark: char| {
        let column = place(point.cost_a_case(), most_cost, WIDTH);
        let row = HEIGHT - 1 - place(point.pass_share() - low, high - low, HEIGHT);
        grid[row][column] = mark;
    };
    routing.curve.iter().for_each(|point| put(point, '·'));
    put(&routing.small_only, 'S');
    put(&routing.large_only, 'L');
    routing.pick.iter().for_each(|point| put(point, '◆'));
    let last = HEIGHT - 1;
    let mut lines: Vec<String> = Vec::with_capacity(HEIGHT + 2);
    for (at, cells) in grid.into_iter().enumerate() {
        let label = if at == 0 { high } else { low };
        let label = if at == 0 || at == last { format!("{} %", points(label)) } else { String::new() };
        lines.push(format!("  {label:>8} │{}", cells.into_iter().collect::<String>().trim_end()));
    }
    lines.push(format!("           └{}", "─".repeat(WIDTH)));
    lines.push(format!("            $0{:>54}", format!("${:.6} a case", most_cost / 1e6)));
    lines.push("            S small alone, L large alone, ◆ the pick, · what else was tried".to_owned());
    lines
}

fn verdict(routing: &Routing) -> Vec<String> {
    let margin = points(routing.margin);
    let mut lines = Vec::new();
    match (&routing.advice, &routing.pick) {
        (Advice::Nothing, _) => return vec!["no case could be judged with both models: nothing is advised".to_owned()],
        (Advice::LargeOnly, _) | (_, None) => {
            let large = &routing.large_model;
            return vec![format!(
                "no threshold is cheaper than {large} alone without losing quality: `use = \"{large}\"`, and no `escalate`"
            )];
        }
        (advice, Some(pick)) => {
            lines.push(format!("pick: {}", words(&pick.policy)));
            lines.push(format!("  on these cases   {}", judged(pick, routing)));
            let folds = routing.unseen.folds;
            lines.push(format!(
                "  on unseen ones   {}  ({folds}-fold cross-validation)",
                judged(&routing.unseen.point, routing)
            ));
            lines.push(match advice {
                Advice::Take => format!(
                    "with 95 % confidence, on both, it is less than {margin} points worse than {}", routing.large_model
                ),
                Advice::Inconclusive { more_cases_needed: Some(more) } => format!(
                    "inconclusive: these cases cannot show that it is less than {margin} points worse than {}; about {more} \
                     more cases would tell", routing.large_model
                ),
                _ => format!(
                    "inconclusive: on unseen cases it lost more than the {margin} points that `evals.max_drop` allows"
                ),
            });
            lines.push(String::new());
            lines.extend(paste(routing, pick));
        }
    }
    lines
}

fn judged(point: &Point, routing: &Routing) -> String {
    // Rounded first, so that no zero has a sign of its own.
    let signed = |share: f64| format!("{:+.1}", -(share * 1000.0).round() / 10.0 + 0.0);
    let (difference, at_least) = (signed(point.pairs.drop()), signed(point.at_most));
    format!(
        "{}/{} passed ({} %), {difference} points against large (with 95 % confidence {at_least} or more), {} % escalated, \
         {} a case, {} of large",
        point.passed,
        point.cases,
        points(point.pass_share()),
        points(point.escalated_share()),
        money(point),
        share_of_large(point, routing),
    )
}

fn paste(routing: &Routing, pick: &Point) -> Vec<String> {
    if pick.policy.at_least.is_empty() {
        return vec![format!(
            "the small model is enough: leave `escalate` out, with `use = \"{}\"`",
            routing.small_model
        )];
    }
    let when: Vec<String> = pick.policy.at_least.keys().map(|signal| format!("\"{signal}\"")).collect();
    let least = pick.policy.at_least.iter();
    let least: Vec<String> =
        least.filter_map(|(signal, least)| Some(format!("{} = {least:?}", signal.measure()?))).collect();
    let mut toml = format!("[model.escalate]\nto = \"{}\"\nwhen = [{}]", routing.large_model, when.join(", "));
    if !least.is_empty() {
        let _ = write!(toml, "\nat_least = {{ {} }}", least.join(", "));
    }
    toml.lines().map(str::to_owned).collect()
}
