//! A throw-away copy of the project, on the same disk: its files by link, a data folder of its own, the use case ingested and
//! released there, keys for the askers, and a server that serves it.

use super::super::{Ground, eval};
use super::{Site, questions};
use crate::cli::Bench;
use crate::house::{self, House};
use crate::paint;
use admission::NewKey;
use anyhow::{Context, bail};
use ingest::{FeedJob, How};
use releases::Go;
use serde_json::Value;
use server::evidence;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use usecase::declared::{ModelRef, ProviderKind};
use usecase::project::{PROJECT_FILE, Project, UseCase};
use usecase::{Cost, MicroUsd, PrincipalRole};

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the data folder, where the next look finds it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server over a copy.
pub(super) struct Serving {
    child: Child,
    _folder: Folder,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn serve(ground: &Ground<'_>, bench: &Bench, length: Duration) -> anyhow::Result<Site> {
    let project = house::project(ground.project)?;
    let asked = questions::of(ground, bench)?;
    let folder = copy(&project)?;
    let house = House::open(Some(&folder.0))?;
    agreed(&house, bench, length)?;
    if questions::is_use_case(&bench.name) {
        house.known(&bench.name)?;
        prepare(&house, &bench.name, !ground.json)?;
    }
    let mut keys = BTreeMap::<Vec<String>, String>::new();
    let mut requests = Vec::with_capacity(asked.len());
    for asked in &asked {
        let groups = &asked.groups;
        if !keys.contains_key(groups) {
            keys.insert(groups.clone(), key(&house, groups.clone())?);
        }
        requests.push(asked.request(keys.get(groups).cloned()));
    }
    drop(house);
    let (child, url) = start(&folder.0)?;
    let pid = Some(child.id());
    Ok(Site { url, requests, pid, _copy: Some(Serving { child, _folder: folder }) })
}

/// Everything of the project but its data stands in the copy under its own name.
fn copy(project: &Project) -> anyhow::Result<Folder> {
    let data = Path::new(&project.file.storage.folder);
    let mut parts = data.components().filter(|part| *part != Component::CurDir);
    let (Some(Component::Normal(top)), true) = (parts.next(), parts.all(|part| matches!(part, Component::Normal(_))))
    else {
        bail!(
            "`storage.folder` is {}, outside of the project: a copy would write into it. Run the server and measure it with --url",
            data.display()
        );
    };
    let folder = Folder(project.data_folder().join(format!("bench-{}", std::process::id())));
    let made = fs::create_dir_all(&folder.0).and_then(|()| {
        for entry in fs::read_dir(&project.root)? {
            let entry = entry?;
            match entry.file_name() {
                // The copy makes a data folder of its own, wherever below this one it lies.
                name if name == top => {}
                name if name == PROJECT_FILE => drop(fs::copy(entry.path(), folder.0.join(name))?),
                name => std::os::unix::fs::symlink(entry.path(), folder.0.join(name))?,
            }
        }
        Ok(())
    });
    made.with_context(|| format!("a copy of the project cannot be made in {}", folder.0.display()))?;
    Ok(folder)
}

/// What runs in this process costs nothing that somebody sends a bill for.
fn bills(project: &Project, model: &ModelRef) -> bool {
    let kind = project.provider(&model.provider).map(|provider| provider.kind);
    !matches!(kind, Some(ProviderKind::Local | ProviderKind::Simulated))
}

/// A run against models that cost money says first how much it may be, and waits for a yes.
fn agreed(house: &House, bench: &Bench, length: Duration) -> anyhow::Result<()> {
    let parts = &house.parts;
    let (prepared, chain) = if questions::is_use_case(&bench.name) {
        house.known(&bench.name)?;
        let use_case = parts.project.use_case(&bench.name)?;
        let model = &use_case.declared.model;
        let larger = model.escalate.iter().map(|escalate| escalate.to.clone());
        (parts.pipeline.prepare(&use_case)?, model.chain().into_iter().chain(larger).collect())
    } else {
        let model = ModelRef::parse(&bench.name).with_context(|| format!("`{}` is not provider/model", bench.name))?;
        (parts.pipeline.prepare_bare(&model)?, vec![model])
    };
    let paid: Vec<String> =
        chain.iter().filter(|model| bills(&parts.project, model)).map(ToString::to_string).collect();
    if paid.is_empty() || bench.yes {
        return Ok(());
    }
    let request = usecase::ChatRequest::new(&bench.name, vec![usecase::Message::new(usecase::Role::User, "")]);
    let each = parts.pipeline.estimate(&prepared, &request).cost;
    bail!("this asks {}: {}. Say --yes when that is meant", paid.join(", "), most(each, bench, length))
}

/// The most that a run may cost, as a sentence.
#[expect(clippy::cast_possible_truncation, reason = "a rate times a length is a count of requests")]
fn most(each: Cost, bench: &Bench, length: Duration) -> String {
    let requests = (bench.rps * length.as_secs_f64()).ceil() as i64;
    let evals = if questions::is_use_case(&bench.name) { ", the eval cases once besides" } else { "" };
    let knee = if bench.find_knee { ", and more while the knee is searched" } else { "" };
    let all = Cost { known: MicroUsd(each.known.0.saturating_mul(requests)), ..each };
    format!("about {requests} requests{evals}{knee}, at the most {each} each, {all} together")
}

/// Ingests, runs the evals and releases: only a released use case is served as in production.
fn prepare(house: &House, name: &str, shown: bool) -> anyhow::Result<()> {
    let parts = &house.parts;
    let bundle = parts.project.bundle(name)?;
    let use_case = UseCase::from_bundle(&bundle)?;
    let folder = parts.project.use_case_folder(name);
    if shown {
        paint::line(paint::quiet("preparing a copy: feeds, evals, release"));
    }
    for (feed_name, feed) in &use_case.declared.feeds {
        let job = FeedJob { use_case: name, feed_name, feed, folder: &folder, how: How::default() };
        parts.ingest.run(&job, &|_| {})?;
    }
    let conclusion = eval::conclude(house, &use_case, 2, shown)?;
    let passed = conclusion.gate.map_err(|failed| {
        anyhow::anyhow!("`{name}` is measured as it would be released, and its gate fails: {failed}")
    })?;
    let go = match evidence::gather_for_release(parts, name)?.readiness.proof() {
        Ok(ready) => Go::Ready(ready),
        Err(failing) => Go::Override { failing, reason: "measured, not shipped".to_owned() },
    };
    parts.releases.begin(&bundle, &use_case.declared.release.steps, &passed, &go, "shipway bench")?;
    Ok(())
}

fn key(house: &House, groups: Vec<String>) -> anyhow::Result<String> {
    let key = NewKey {
        name: "bench".to_owned(),
        role: PrincipalRole::App,
        use_cases: None,
        groups,
        budget_per_day: None,
        limits: admission::KeyLimits::default(),
    };
    Ok(house.parts.admission.create(key)?.secret)
}

/// This very program, as a server of the copy. It gets a process group of its own: Ctrl-C is for us, and what was measured
/// until then is to be shown.
fn start(folder: &Path) -> anyhow::Result<(Child, String)> {
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let mut command = Command::new(program);
    command.arg("--project").arg(folder).args(["--json", "--log", "error", "serve", "--listen", "127.0.0.1:0"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).spawn();
    let mut child = child.context("the server does not start")?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let address = serde_json::from_str::<Value>(&line).ok().and_then(|told| Some(told["address"].as_str()?.to_owned()));
    match address {
        Some(address) => Ok((child, format!("http://{address}"))),
        None => {
            let _ = child.kill();
            let _ = child.wait();
            bail!("the server of the copy did not start")
        }
    }
}
