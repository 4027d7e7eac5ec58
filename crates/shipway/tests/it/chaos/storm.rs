//! The storm itself: a project with chains of models that all end at one scripted provider, runs drawn from a seed, and
//! threads that play apps.

use super::eventually;
use crate::{ask, ask_streamed};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::process::open_files;
use testkit::{Client, Fault, Provider, Reply, Script, Server, TestProject};

/// Apps that ask at the same time.
pub(super) const AT_ONCE: usize = 32;
/// Memory is looked at after each.
pub(super) const ROUNDS: usize = 4;
/// What one token of an answer costs, in micro-dollars: of every model, so that a reservation can be foretold.
const TOKEN_COST: usize = 2;
/// `max_tokens` of a run: it reserves 0.40 USD for each model of its chain.
const RUN_TOKENS: usize = 200_000;
/// What the tokens of the questions, which cost next to nothing, may add to all reservations together, in micro-dollars: one
/// lost reservation of a run is more.
const SLACK: usize = 350_000;

/// What is asked, and the models that may answer it, in order.
#[derive(Debug, PartialEq)]
pub(super) struct Chain {
    /// The use case, or the bare model.
    pub(super) asked: &'static str,
    pub(super) models: &'static [&'static str],
}

impl Chain {
    /// A use case has `local/extractive` behind its models: it always answers.
    pub(super) fn is_bare(&self) -> bool {
        self.asked.contains('/')
    }
}

static CHAINS: &[Chain] = &[
    Chain { asked: "scripted/m0", models: &["scripted/m0"] },
    Chain { asked: "one", models: &["scripted/m0"] },
    Chain { asked: "two", models: &["scripted/m0", "scripted/m1"] },
    Chain { asked: "three", models: &["scripted/m0", "scripted/m1", "scripted/m2"] },
    Chain { asked: "shut", models: &["shut/m", "scripted/m0"] },
    Chain { asked: "flapping", models: &["scripted/flapping", "scripted/m1"] },
];

/// So many runs in a row the flapping model is well, then for as many it is not.
const FLAPS_AFTER: usize = 20;

/// One run as the seed drew it.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    pub(super) number: usize,
    pub(super) chain: &'static Chain,
    pub(super) streamed: bool,
    /// The app goes away after so many pieces, or after so long.
    pub(super) leaves: Option<(usize, Duration)>,
    /// Of `m0`, `m1` and `m2`.
    pub(super) faults: [Fault; 3],
    /// A model that is asked a second time answers well.
    pub(super) recovers: bool,
}

/// One run as it went.
pub(super) struct Run {
    pub(super) draw: Draw,
    /// `None` when the app went away.
    pub(super) reply: Option<Reply>,
    /// The record, once it had come to its end; null without a trace.
    pub(super) record: Value,
    /// The models that the provider was asked for, in order.
    pub(super) asked: Vec<String>,
}

/// Sebastiano Vigna's SplitMix64: small, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap_or_default()
    }
}

impl Draw {
    /// With breakers most models are well: else all would be passed over all the time.
    fn new(seed: u64, number: usize, breaker: bool) -> Self {
        let mut dice = Dice(seed.wrapping_add((number as u64).wrapping_mul(0x1_0000_0001)));
        let streamed = dice.roll(2) == 0;
        let leaves = (dice.roll(8) == 0)
            .then(|| (dice.roll(3), Duration::from_millis(u64::try_from(dice.roll(150)).unwrap_or_default())));
        let chain = &CHAINS[dice.roll(CHAINS.len())];
        let mut fault = || {
            let well = if breaker { dice.roll(8) > 0 } else { dice.roll(4) == 0 };
            let drawn = if well { Fault::None } else { Fault::ALL[dice.roll(Fault::ALL.len())] };
            // What ends only by a timeout is drawn less often: it says little more the hundredth time.
            let waits = matches!(drawn, Fault::HangBeforeHeaders | Fault::HangBetweenPieces | Fault::EndlessBody);
            if waits && dice.roll(4) > 0 { Fault::Cut } else { drawn }
        };
        let faults = [fault(), fault(), fault()];
        Self { number, chain, streamed, leaves, faults, recovers: dice.roll(2) == 0 }
    }

    /// The fault of a model, `provider/name`.
    pub(super) fn fault(&self, model: &str) -> Fault {
        match model {
            "scripted/m0" => self.faults[0],
            "scripted/m1" => self.faults[1],
            "scripted/m2" => self.faults[2],
            "scripted/flapping" if (self.number / FLAPS_AFTER).is_multiple_of(2) => Fault::None,
            "scripted/flapping" => Fault::Status(503),
            // This one closes every connection as soon as it has accepted it.
            _ => Fault::ClosesWithoutAnswer,
        }
    }

    fn body(&self) -> Value {
        let question = format!("Please answer {}", mark(self.number));
        let mut body =
            if self.streamed { ask_streamed(self.chain.asked, &question) } else { ask(self.chain.asked, &question) };
        body["max_tokens"] = json!(RUN_TOKENS);
        body
    }
}

/// A storm that went wrong must go wrong again: only who asks for another one gets it.
const USUAL_SEED: u64 = 20_261_120;

/// What tells one run from all others in a question and in its answer.
fn mark(number: usize) -> String {
    format!("run-{number}-mark")
}

/// What a model says when it answers a run. Characters of two and three bytes, for faults that cut them.
pub(super) fn text(number: usize, model: &str) -> String {
    format!("Très bien: here is the answer of {model} to {}, no more — and no less.", mark(number))
}

/// What the provider remembers: the models asked for each run, in order.
type Asked = Arc<Mutex<HashMap<usize, Vec<String>>>>;

pub(super) struct Storm {
    pub(super) seed: u64,
    pub(super) project: TestProject,
    pub(super) server: Server,
    breaker: bool,
    runs: usize,
    app: String,
    admin: String,
    asked: Asked,
    sent: AtomicUsize,
    _providers: (Provider, Provider),
}

impl Storm {
    /// With or without breakers; `runs` in all, unless the environment says otherwise.
    pub(super) fn prepare(binary: &str, breaker: bool, runs: usize) -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let seed = match std::env::var("SHIPWAY_CHAOS_SEED").as_deref() {
            Ok("random") => std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()),
            _ => number("SHIPWAY_CHAOS_SEED").unwrap_or(USUAL_SEED),
        };
        let runs = number("SHIPWAY_CHAOS_RUNS").and_then(|runs| usize::try_from(runs).ok()).unwrap_or(runs);
        let asked = Asked::default();
        let remembered = Arc::clone(&asked);
        let scripted = Provider::choosing(move |body| script(seed, breaker, &remembered, body));
        let shut = Provider::closing_at_once();
        let project = project(binary, &scripted, &shut, breaker);
        let key = |name: &str, more: &[&str]| {
            let line = [&["key", "create", name, "--json"], more].concat();
            project.must(&line).json()["secret"].as_str().expect("a secret").to_owned()
        };
        let app = key("app", &["--budget-per-day", &format!("{} USD", budget(runs) / 1_000_000)]);
        let admin = key("admin", &["--role", "admin"]);
        let server = project.serve();
        let sent = AtomicUsize::new(0);
        Self { seed, project, server, breaker, runs, app, admin, asked, sent, _providers: (scripted, shut) }
    }

    /// Plays one round, `AT_ONCE` at a time.
    pub(super) fn round(&self, round: usize) -> Vec<Run> {
        let (begin, end) = (self.runs * round / ROUNDS, self.runs * (round + 1) / ROUNDS);
        let next = AtomicUsize::new(begin);
        let done = Mutex::new(Vec::with_capacity(end - begin));
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    let (app, admin) = (self.client(), self.server.client_with_key(&self.admin));
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= end {
                            return;
                        }
                        let run = self.play(Draw::new(self.seed, number, self.breaker), &app, &admin);
                        done.lock().expect("no run panics").push(run);
                    }
                });
            }
        });
        done.into_inner().expect("no run panics")
    }

    fn client(&self) -> Client {
        self.server.client_with_key(&self.app)
    }

    fn play(&self, draw: Draw, app: &Client, admin: &Client) -> Run {
        let body = draw.body();
        if let Some((pieces, patience)) = draw.leaves {
            // Whether it was sent at all before the app went away, only the server knows.
            app.post_and_leave("/v1/chat/completions", &body, pieces, patience);
            return Run { draw, reply: None, record: Value::Null, asked: Vec::new() };
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        let reply = app.post("/v1/chat/completions", &body);
        let record = reply.header("x-shipway-trace").map_or(Value::Null, |trace| {
            let found = admin.get(&format!("/v1/traces/{trace}"));
            serde_json::from_slice(&found.body).unwrap_or(Value::Null)
        });
        let asked = self.asked.lock().expect("no run panics").get(&draw.number).cloned().unwrap_or_default();
        Run { draw, reply: Some(reply), record, asked }
    }

    /// The money that should be free, from the records: what a request cost, or all of its reservation where a part
    /// of that is not known. A request that reserves just less than that is let in, and one for just more is not: no
    /// reservation was kept, and no cost was forgotten or counted twice.
    pub(super) fn no_money_is_lost(&self) {
        let booked: usize = self.records().iter().map(booked).sum();
        let free = budget(self.runs) - booked;
        for (amount, refused) in [(free - SLACK, false), (free + SLACK, true)] {
            let mut body = ask("scripted/m0", "Say hello");
            body["max_tokens"] = json!(amount / TOKEN_COST);
            let reply = self.client().post("/v1/chat/completions", &body);
            let (shown, spent) = (reply.text(), reply.error_code() == "budget_spent");
            assert_eq!(spent, refused, "seed {}: of {free} micro-dollars free, {amount}: {shown}", self.seed);
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// All records of requests from outside.
    fn records(&self) -> Vec<Value> {
        let limit = (self.runs * 2 + 1_000).to_string();
        let rows = self.project.must(&["audit", "requests", "--limit", &limit, "--json"]).json();
        rows.as_array().into_iter().flatten().filter(|row| row["source"] == "live").cloned().collect()
    }

    /// What the server holds open, sorted, once that is no more than `idle` and has not changed for a second; or after ten
    /// seconds. Not counted are the database's readers, which stay.
    pub(super) fn open_files(&self, idle: usize) -> Vec<String> {
        let open = || {
            let mut open = open_files(self.server.pid());
            open.retain(|name| !name.contains("shipway.db"));
            open.sort();
            open
        };
        let (mut last, mut since) = (open(), Instant::now());
        eventually(|| {
            let now = open();
            if now != last {
                (last, since) = (now, Instant::now());
            }
            last.len() <= idle && since.elapsed() > Duration::from_secs(1)
        });
        last
    }

    /// Nothing is in flight any more.
    pub(super) fn comes_to_rest(&self) {
        let metrics = || self.server.client_with_key(&self.admin).get("/metrics").text();
        let rested = eventually(|| metrics().contains("shipway_requests_in_flight 0\n"));
        assert!(rested, "requests are in flight after the storm:\n{}", metrics());
    }

    pub(super) fn every_request_has_one_finished_record(&self) {
        eventually(|| self.records().iter().all(|row| row["status"].is_string()));
        let rows = self.records();
        let unfinished = rows.iter().find(|row| !row["status"].is_string());
        assert!(unfinished.is_none(), "a record never came to its end: {unfinished:?}");
        let traces: BTreeSet<&str> = rows.iter().filter_map(|row| row["trace"].as_str()).collect();
        assert_eq!(traces.len(), rows.len(), "a trace has two records");
        let stayed = self.sent.load(Ordering::Relaxed);
        let left = rows.iter().filter(|row| row["status"] == "cancelled").count();
        assert!(rows.len() >= stayed, "{} records of {stayed} requests ({left} were left)", rows.len());
    }
}

/// The app's budget a day in micro-dollars: enough for the dearest storm.
fn budget(runs: usize) -> usize {
    (runs * 2 + 100) * 1_000_000
}

/// What the budget has booked for a request.
fn booked(row: &Value) -> usize {
    // What is no use case of ours was the bare model.
    let chain = CHAINS.iter().find(|chain| row["use_case"] == chain.asked).unwrap_or(&CHAINS[0]);
    let known = row["cost"]["known"].as_u64().and_then(|known| usize::try_from(known).ok()).expect("a cost");
    let reserved = chain.models.len() * RUN_TOKENS * TOKEN_COST;
    if row["cost"]["part_unknown"] == true { known.max(reserved) } else { known }
}

/// The script for a request: the run that its text names decides.
fn script(seed: u64, breaker: bool, asked: &Asked, body: &Value) -> Script {
    let (shown, streamed) = (body["messages"].to_string(), body["stream"] == true);
    let number = shown.split("run-").nth(1).and_then(|rest| rest.split("-mark").next()?.parse::<usize>().ok());
    let Some(number) = number else { return Fault::None.script("Hello", streamed) };
    let model = format!("scripted/{}", body["model"].as_str().unwrap_or_default());
    let draw = Draw::new(seed, number, breaker);
    let mut asked = asked.lock().expect("no run panics");
    let models = asked.entry(number).or_default();
    let again = models.contains(&model);
    models.push(model.clone());
    let fault = if again && draw.recovers { Fault::None } else { draw.fault(&model) };
    fault.script(&text(number, &model), streamed)
}

const EVALS: &str =
    r#"[{ description: it speaks, vars: { question: "Say hello" }, assert: [{ type: contains, value: Hello }] }]"#;

fn project(binary: &str, scripted: &Provider, shut: &Provider, breaker: bool) -> TestProject {
    let mut text = format!("[embedder]\nuse = \"lexical\"\n[limits]\nbreaker = {breaker}\n");
    for (name, provider) in [("scripted", scripted), ("shut", shut)] {
        let url = provider.base_url();
        text += &format!(
            "[providers.{name}]\nkind = \"openai\"\nbase_url = \"{url}\"\n\
             timeouts = {{ connect = \"2s\", first_token = \"2s\", idle = \"2s\", total = \"5s\" }}\n"
        );
    }
    for model in ["scripted/m0", "scripted/m1", "scripted/m2", "scripted/flapping", "shut/m"] {
        text += &format!("[prices.\"{model}\"]\ninput = \"0.01 USD\"\noutput = \"2 USD\"\nas_of = \"2026-11-01\"\n");
    }
    let project = TestProject::empty(binary).file("shipway.toml", &text);
    for chain in CHAINS.iter().filter(|chain| !chain.is_bare()) {
        let (name, first) = (chain.asked, chain.models[0]);
        let others = json!(chain.models[1..].to_vec());
        let use_case = format!(
            "[usecase]\nsummary = \"Answers in a storm\"\nowner = {{ team = \"T\", contact = \"t@example.com\" }}\n\
             [model]\nuse = \"{first}\"\nfallback = {others}\n"
        );
        project.write(&format!("usecases/{name}/usecase.toml"), use_case);
        project.write(&format!("usecases/{name}/evals/cases.yaml"), EVALS);
        project.must(&["release", name, "--by", "chaos", "--override", "a storm is no production"]);
    }
    project
}
