//! Non-disclosure as a property: a project in which the forbidden documents never existed answers the very same, to the
//! last digit of a score. Generated documents, groups and questions; the seed is fixed.

use super::home::Home;
use crate::{SHIPWAY, ask, ask_streamed};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use testkit::{Reply, Server, TestProject};

const CASES: usize = 32;
const FEEDS: [&str; 2] = ["pages", "notes"];
const GROUPS: [&str; 3] = ["staff", "board", "audit"];
const KINDS: [&str; 3] = ["policy", "guide", "news"];
/// Stands in id, title, text and field of every forbidden document, and in no question.
const MARKER: &str = "quagga";
/// Stands in forbidden texts too, and some questions ask for it.
const WANTED: &str = "okapi";
const WORDS: [&str; 24] = [
    "lamp", "return", "delivery", "refund", "invoice", "warranty", "shelf", "customer", "parcel", "courier", "price",
    "discount", "voucher", "store", "repair", "battery", "cable", "switch", "colour", "size", "weight", "order",
    "week", "month",
];

/// SplitMix64 (Steele, Lea and Flood 2014): all that a seeded test needs.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        of.iter().copied().filter(|_| self.below(2) == 0).collect()
    }

    fn words(&mut self, count: usize) -> String {
        let mut words = (0..count).map(|_| self.one(&WORDS)).collect::<Vec<_>>();
        // Two paragraphs with a heading, so that a document can have several passages in sections.
        words.insert(count / 2, "\n\n## More\n\n");
        words.join(" ")
    }
}

/// One use case of both projects.
struct Case {
    name: String,
    caller: Vec<&'static str>,
    question: String,
    filter: Option<Value>,
    /// Of each feed: all its documents, and those that the caller may see.
    feeds: Vec<(Vec<Value>, Vec<Value>)>,
}

fn case(number: usize) -> Case {
    let mut chance = Chance(number as u64 + 1);
    // Half of the callers have no group: these can ask over the API without a key.
    let caller = if number.is_multiple_of(2) { Vec::new() } else { chance.some(&GROUPS) };
    let feeds = FEEDS.iter().map(|feed| documents(&mut chance, number, feed, &caller)).collect();
    let mut question = (0..2 + chance.below(4)).map(|_| chance.one(&WORDS)).collect::<Vec<_>>();
    if chance.below(3) == 0 {
        question.push(WANTED);
    }
    let filter = match chance.below(4) {
        0 => Some(json!({ "kind": chance.one(&KINDS) })),
        1 => Some(json!({ "not": { "kind": chance.one(&KINDS) } })),
        _ => None,
    };
    Case { name: format!("case-{number}"), caller, question: question.join(" "), filter, feeds }
}

fn documents(chance: &mut Chance, case: usize, feed: &str, caller: &[&str]) -> (Vec<Value>, Vec<Value>) {
    let (mut all, mut permitted) = (Vec::new(), Vec::new());
    for number in 0..6 + chance.below(8) {
        // The first one is everyone's, so that both projects have every collection.
        let groups = match chance.below(5) {
            _ if number == 0 => None,
            0 | 1 => None,
            2 => Some(Vec::new()),
            _ => Some(chance.some(&GROUPS)),
        };
        let seen = groups.as_ref().is_none_or(|groups| groups.iter().any(|group| caller.contains(group)));
        let length = 8 + chance.below(120);
        let (text, title, kind) = (chance.words(length), chance.words(2).replace(['\n', '#'], ""), chance.one(&KINDS));
        let mut document = json!({ "id": format!("{feed}-{number}"), "title": title, "text": text, "kind": kind });
        if !seen {
            let marker = format!("{MARKER}{case}x{number}");
            document = json!({ "id": format!("{feed}-{marker}"), "title": format!("{title} {marker}"), "kind": marker,
                               "text": format!("{text} {marker} {WANTED} {WANTED}") });
        }
        if let Some(groups) = groups {
            document["groups"] = json!(groups);
        }
        if seen {
            permitted.push(document.clone());
        }
        all.push(document);
    }
    (all, permitted)
}

fn use_case(number: usize) -> String {
    let feeds = FEEDS.map(|feed| {
        format!("[feeds.{feed}]\nfiles = \"{feed}.jsonl\"\nevery = \"1h\"\naccess = \"front-matter:groups\"\npassage_chars = 200\n")
    });
    let expand = if number.is_multiple_of(3) { "expand = \"section\"" } else { "" };
    format!(
        "[usecase]\nsummary = \"A case\"\nowner = {{ team = \"Shop\", contact = \"shop@example.com\" }}\n\
         [retrieval]\ncollections = [\"pages\", \"notes\"]\nfacets = [\"kind\"]\ntop = 4\n{expand}\n\
         [cache]\nexact = true\n{}",
        feeds.concat()
    )
}

fn project(home: &Home, cases: &[Case], whole: bool) -> TestProject {
    let project = home.of(TestProject::empty(SHIPWAY));
    for (number, case) in cases.iter().enumerate() {
        project.write(&format!("usecases/{}/usecase.toml", case.name), use_case(number));
        for (feed, (all, permitted)) in FEEDS.iter().zip(&case.feeds) {
            let documents = if whole { all } else { permitted };
            let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
            project.write(&format!("usecases/{}/{feed}.jsonl", case.name), lines);
        }
    }
    project
}

/// The server's schedule fills every collection; waits until it has.
fn filled(project: &TestProject) -> Server {
    let server = project.serve_with(&["--log", "debug"]);
    let begun = Instant::now();
    loop {
        let listed = project.must(&["collection", "list", "--json"]).json();
        let good =
            listed["collections"].as_object().map_or(0, |all| all.values().filter(|head| head["newest"] == 1).count());
        if good == CASES * FEEDS.len() {
            return server;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "only {good} collections were filled: {}", server.logged());
        std::thread::sleep(Duration::from_millis(400));
    }
}

pub(super) fn the_forbidden_changes_nothing(home: &Home) {
    let cases: Vec<Case> = (0..CASES).map(case).collect();
    let forbidden: usize = cases.iter().flat_map(|case| &case.feeds).map(|(all, seen)| all.len() - seen.len()).sum();
    assert!(forbidden > CASES * 4, "only {forbidden} forbidden documents");
    let other = home.another();
    let (whole, twin) = (project(home, &cases, true), project(&other, &cases, false));
    let servers = std::thread::scope(|scope| {
        let filling = scope.spawn(|| filled(&twin));
        (filled(&whole), filling.join().expect("the twin's server"))
    });
    let answered: usize = std::thread::scope(|scope| {
        let check =
            |cases: &[Case]| -> usize { cases.iter().map(|case| check_case(case, &whole, &twin, &servers)).sum() };
        let (first, second) = cases.split_at(CASES / 2);
        let checking = scope.spawn(move || check(second));
        check(first) + checking.join().expect("the other half holds")
    });
    assert!(answered > CASES, "only {answered} passages were found in all: the questions are badly chosen");
    for path in ["/metrics", "/v1/models", "/v1/use_cases"] {
        let reply = servers.0.client().get(path);
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.text().contains(MARKER), "{path} tells of a forbidden document: {}", reply.text());
    }
    let logged = servers.0.logged();
    let told: Vec<&str> = logged.lines().filter(|line| line.contains(MARKER)).collect();
    assert!(told.is_empty(), "the log tells of forbidden documents: {told:?}");
}

/// Asks both projects in every way, and says how many passages were found.
fn check_case(case: &Case, whole: &TestProject, twin: &TestProject, servers: &(Server, Server)) -> usize {
    let searched = (searched(whole, case), searched(twin, case));
    assert_eq!(searched.0, searched.1, "{} of {:?}: {}", case.name, case.caller, case.question);
    if case.caller.is_empty() {
        let mut bodies = [ask(&case.name, &case.question), ask_streamed(&case.name, &case.question)];
        for body in &mut bodies {
            if let Some(filter) = &case.filter {
                body["metadata"] = json!({ "filter": filter });
            }
            // Twice: the second answer is the cache's.
            for _ in 0..2 {
                let reply = |server: &Server| steady(&server.client().post("/v1/chat/completions", body));
                let replies = (reply(&servers.0), reply(&servers.1));
                assert_eq!(replies.0, replies.1, "{}: {}", case.name, case.question);
                assert!(!replies.0.contains(MARKER), "{}", replies.0);
            }
        }
    }
    searched.0["passages"].as_array().map_or(0, Vec::len)
}

fn searched(project: &TestProject, case: &Case) -> Value {
    let (groups, filter) = (case.caller.join(","), case.filter.as_ref().map(Value::to_string));
    let mut arguments =
        vec!["search", &case.name, &case.question, "--explain", "--json", "--facets", "kind", "--log", "debug"];
    if !groups.is_empty() {
        arguments.extend(["--groups", &groups]);
    }
    if let Some(filter) = &filter {
        arguments.extend(["--filter", filter]);
    }
    let output = project.must(&arguments);
    assert!(!format!("{}{}", output.stdout, output.stderr).contains(MARKER), "{output:?}");
    output.json()
}

/// An answer without what differs between any two: its id and its times.
fn steady(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let trace = reply.header("x-shipway-trace").expect("a trace");
    let passing = |name: &str| ["server-timing", "date"].contains(&name);
    let headers: Vec<_> = reply.headers().iter().filter(|(name, _)| !passing(name)).collect();
    let shown = format!("{headers:?}\n{}", reply.text()).replace(trace, "TRACE");
    ["\"created\":", " own_us="].iter().fold(shown, |shown, name| without_number(&shown, name))
}

/// The text without the digits behind this name.
fn without_number(text: &str, name: &str) -> String {
    let mut pieces = text.split(name);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |all, piece| all + name + piece.trim_start_matches(|c: char| c.is_ascii_digit()))
}
