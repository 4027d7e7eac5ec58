//! `shipway bench NAME`: load on a use case or a model, and what came of it. Without `--url` everything happens in a
//! throw-away copy of the project with a server of its own, so that no record, budget or outcome of the project is touched.

mod copy;
mod questions;

use super::Ground;
use crate::cli::{Arrivals, Bench};
use crate::paint;
use ::bench::{Measured, Pace, Plan, Profile, Progress, Projection, Request, Search, Snapshot, Step, Target, Volume};
use ::bench::{histogram, steps, table};
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::watch;
use usecase::Period;

/// How long one request may take before it counts as failed.
const LONGEST_REQUEST: Duration = Duration::from_secs(120);
/// How long a rate is held on the way to the knee, at the most.
const LONGEST_STEP: Duration = Duration::from_secs(5);

/// What is measured: a server, what to ask it, and whose resources it uses.
struct Site {
    url: String,
    requests: Vec<Request>,
    pid: Option<u32>,
    /// Ended and removed with the site.
    _copy: Option<copy::Serving>,
}

pub(crate) fn run(ground: &Ground<'_>, bench: &Bench) -> anyhow::Result<ExitCode> {
    if !(bench.rps.is_finite() && bench.rps > 0.0) {
        bail!("--rps is {}: it has to be above zero", bench.rps);
    }
    let length = period("--for", &bench.length)?;
    let limit = period("--p99", &bench.p99)?;
    let volume = bench.volume.as_deref().map(Volume::parse).transpose()?;
    let site = match &bench.url {
        Some(url) => there(ground, bench, url)?,
        None => copy::serve(ground, bench, length)?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("the runtime")?;
    runtime.block_on(async {
        let (stopper, stop) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                // Nobody listens only when everything is measured.
                let _ = stopper.send(true);
            }
            std::future::pending::<()>().await;
        });
        let plan = Plan {
            target: Target::resolve(&site.url).await?,
            requests: site.requests.clone(),
            pace: pace(bench, bench.rps),
            length,
            connections: usize::from(bench.connections),
            timeout: LONGEST_REQUEST,
            stream: bench.stream,
            expected_text: None,
        };
        let before = site.pid.map(Snapshot::of).transpose()?;
        let measured = shown(ground, &plan, &stop).await?;
        let after = site.pid.map(Snapshot::of).transpose()?;
        let profile = before.zip(after).map(|(before, after)| Profile::between(before, after, measured.answered()));
        let search = if bench.find_knee { Some(knee(ground, bench, &plan, limit, &stop).await?) } else { None };
        let figures = Figures { measured, profile, search, limit, volume };
        figures.tell(ground, bench)
    })
}

/// A server that runs already.
fn there(ground: &Ground<'_>, bench: &Bench, url: &str) -> anyhow::Result<Site> {
    if !bench.yes {
        bail!(
            "the server at {url} records what it is asked, and its models may cost money: say --yes when that is meant"
        );
    }
    let asked = questions::of(ground, bench)?;
    let requests = asked.iter().map(|asked| asked.request(bench.key.clone())).collect();
    Ok(Site { url: url.to_owned(), requests, pid: bench.pid, _copy: None })
}

fn period(flag: &str, text: &str) -> anyhow::Result<Duration> {
    let length = Period::parse(text).map(Period::as_duration).filter(|length| !length.is_zero());
    length.with_context(|| format!("{flag} is `{text}`: write a length of time like 500ms, 30s or 5m"))
}

fn pace(bench: &Bench, per_second: f64) -> Pace {
    match bench.arrivals {
        Arrivals::Poisson => Pace::Poisson { per_second, seed: bench.seed },
        Arrivals::Even => Pace::Constant { per_second },
        Arrivals::Closed => Pace::Closed,
    }
}

/// Measures, and shows meanwhile how far it is.
async fn shown(ground: &Ground<'_>, plan: &Plan, stop: &watch::Receiver<bool>) -> anyhow::Result<Measured> {
    let length = u64::try_from(plan.length.as_millis()).unwrap_or(u64::MAX);
    let bar = if ground.json { ProgressBar::hidden() } else { ProgressBar::new(length) };
    if let Ok(style) = ProgressStyle::with_template("  {msg:34} {wide_bar} {elapsed}") {
        bar.set_style(style);
    }
    let progress = Progress::default();
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let mut running = std::pin::pin!(::bench::run(plan, &progress, stop));
    let measured = loop {
        tokio::select! {
            measured = &mut running => break measured?,
            _ = ticks.tick() => {
                let (answered, failed) =
                    (progress.answered.load(Ordering::Relaxed), progress.failed.load(Ordering::Relaxed));
                bar.set_message(format!("{answered} answered, {failed} failed"));
                bar.set_position(u64::try_from(bar.elapsed().as_millis()).unwrap_or(length).min(length));
            }
        }
    };
    bar.finish_and_clear();
    Ok(measured)
}

/// Tries rates until the highest that holds is known, or the person has seen enough.
async fn knee(
    ground: &Ground<'_>,
    bench: &Bench,
    plan: &Plan,
    limit: Duration,
    stop: &watch::Receiver<bool>,
) -> anyhow::Result<Search> {
    let mut search = Search::from(bench.rps);
    while let Some(rate) = search.next().filter(|_| !*stop.borrow()) {
        // The search is of rates, whatever the first measurement was of.
        let pace = match pace(bench, rate) {
            Pace::Closed => Pace::Constant { per_second: rate },
            paced => paced,
        };
        let plan = Plan { pace, length: plan.length.min(LONGEST_STEP), ..plan.clone() };
        let measured = shown(ground, &plan, stop).await?;
        if *stop.borrow() {
            break;
        }
        let step = Step::judge(rate, limit, &measured);
        if !ground.json {
            steps(std::slice::from_ref(&step)).iter().for_each(paint::line);
        }
        search.told(step);
    }
    Ok(search)
}

struct Figures {
    measured: Measured,
    profile: Option<Profile>,
    search: Option<Search>,
    limit: Duration,
    volume: Option<Volume>,
}

impl Figures {
    fn tell(&self, ground: &Ground<'_>, bench: &Bench) -> anyhow::Result<ExitCode> {
        let summary = self.measured.summary();
        let projection = Projection::of(self.measured.cost, self.measured.priced, self.volume);
        if ground.json {
            let knee = self.search.as_ref().map(|search| {
                json!({ "per_second": search.knee(), "p99_limit_us": self.limit.as_micros(), "steps": search.steps })
            });
            paint::json(&json!({
                "asked": bench.name, "summary": summary, "profile": self.profile, "knee": knee,
                "projection": projection,
            }))?;
        } else {
            paint::line(paint::loud(format!("\n{}", bench.name)));
            table(&summary, self.profile.as_ref(), projection.as_ref()).iter().for_each(paint::line);
            paint::line("");
            histogram(&self.measured.latency).iter().for_each(paint::line);
            if let Some(search) = &self.search {
                paint::line(format!("\n  {}", knee_sentence(search, self.limit)));
            }
        }
        Ok(if summary.answered > 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn knee_sentence(search: &Search, limit: Duration) -> String {
    match search.knee() {
        Some(rate) => format!(
            "{} {rate:.1} requests a second, without errors and with p99 under {} ms",
            paint::good("holds up to"),
            limit.as_millis()
        ),
        None => format!("{} at no rate that was tried", paint::bad("holds")),
    }
}
