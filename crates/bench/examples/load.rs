//! The load generator alone, for `scripts/bench`: `load URL BODIES [key=value …]` asks the JSON bodies of a file, a line
//! each, and prints the figures as JSON.
//!
//! Values: `connections` (1), `rate` (a second; 0, the default, is as fast as it goes), `seconds` (5), `key`, `pid` (whose
//! resources to measure), `expect` (what every stream has to say; asks for streams).

use bench::{Pace, Plan, Profile, Progress, Request, Snapshot, Target, run};
use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "load URL BODIES [key=value …]";
    let (url, bodies) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);
    let options: HashMap<String, String> = arguments
        .filter_map(|argument| argument.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    let number = |name: &str, otherwise: f64| -> Result<f64, Box<dyn Error>> {
        Ok(options.get(name).map(|text| text.parse()).transpose()?.unwrap_or(otherwise))
    };
    let key = options.get("key").cloned();
    let bodies = std::fs::read_to_string(bodies)?;
    let request = |body: &str| Request { body: body.as_bytes().to_vec().into(), key: key.clone() };
    let rate = number("rate", 0.0)?;
    let (connections, seconds) = (number("connections", 1.0)?, number("seconds", 5.0)?);
    let pid = options.get("pid").map(|pid| pid.parse()).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let plan = Plan {
        target: runtime.block_on(Target::resolve(&url))?,
        requests: bodies.lines().map(request).collect(),
        pace: if rate > 0.0 { Pace::Constant { per_second: rate } } else { Pace::Closed },
        length: Duration::try_from_secs_f64(seconds)?,
        connections: connections.to_string().parse()?,
        timeout: Duration::from_secs(60),
        stream: options.contains_key("expect"),
        expected_text: options.get("expect").cloned(),
    };
    let before = pid.map(Snapshot::of).transpose()?;
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let measured = runtime.block_on(run(&plan, &Progress::default(), &stop))?;
    let after = pid.map(Snapshot::of).transpose()?;
    let profile = before.zip(after).map(|(before, after)| Profile::between(before, after, measured.answered()));
    println!("{}", serde_json::json!({ "measured": measured.summary(), "profile": profile }));
    Ok(())
}
