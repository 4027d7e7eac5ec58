//! `kill -9` during an ingest, at any moment: readers have the last whole version, the next run completes what was begun,
//! and nothing of a change that never came about stays behind.

use super::home::{Home, head, holding, ingest, page, search};
use crate::SHIPWAY;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::Duration;
use testkit::TestProject;

const KILLS: u64 = 10;
const DOCUMENTS: usize = 2_000;
/// A word for each state of the source, in every document of that state and in no other.
const STATES: [&str; 6] = ["alfa", "delta", "foxtrot", "juliett", "tango", "zulu"];

fn write(project: &TestProject, state: &str) {
    for file in 0..20 {
        let line = |number: usize| {
            let id = file * DOCUMENTS / 20 + number;
            format!(
                "{{\"id\": \"n{id}\", \"title\": \"Note {id}\", \"text\": \"The {state} note {id} speaks of lamps.\"}}\n"
            )
        };
        let lines: String = (0..DOCUMENTS / 20).map(line).collect();
        project.write(&format!("usecases/shop/pages/{file}.jsonl"), lines);
    }
}

/// The one state whose every document is found, and nothing of another.
fn whole(project: &TestProject) -> &'static str {
    let searched = search(project, "", &STATES.join(" "));
    let counts = STATES.map(|state| holding(&searched, state).expect("a term of the question") as usize);
    let full: Vec<usize> = (0..STATES.len()).filter(|at| counts[*at] > 0).collect();
    let [only] = full.as_slice() else { panic!("no version of the source looked like this: {counts:?}") };
    assert_eq!(counts[*only], DOCUMENTS, "a part of a version is served");
    STATES[*only]
}

fn killed_after(project: &TestProject, patience: Duration) {
    let mut command = Command::new(SHIPWAY);
    command.args(["ingest", "shop", "--json"]).current_dir(project.root());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    std::thread::sleep(patience);
    // It may have ended by itself, which is a moment like any other.
    let _ = child.kill();
    child.wait().expect("it is gone");
}

pub(super) fn an_ingest_can_be_killed_at_any_moment(home: &Home) {
    let project = home.shop("files = \"pages/*.jsonl\"");
    let mut state = 0;
    write(&project, STATES[state]);
    assert_eq!(ingest(&project)["added"], DOCUMENTS);
    let server = project.serve();
    let client = server.client();
    let mut served = STATES[0];
    for round in 0..KILLS {
        // Most runs find what the one before had begun; every third finds another state again.
        if served == STATES[state] || round % 3 == 2 {
            state = (state + 1) % STATES.len();
            write(&project, STATES[state]);
        }
        killed_after(&project, Duration::from_millis(30 + round * 613 % 800));
        let now = whole(&project);
        assert!(now == served || now == STATES[state], "round {round}: {now} is served, after {served}");
        served = now;
        let text = super::home::answer(&client, &format!("Which {served} note speaks of lamps?"));
        assert!(text.contains(served), "round {round}: the server says {text:?}, and {served} is served");
    }
    state = (state + 1) % STATES.len();
    write(&project, STATES[state]);
    // A killed session may hold a lock for a moment until its server notices.
    ingest(&project);
    assert_eq!(whole(&project), STATES[state]);
    let (standing, runs) = (head(&project), project.must(&["feed", "runs", "shop", "--json"]).json());
    assert_eq!(standing["documents"], DOCUMENTS, "{standing}");
    assert_eq!(standing["serving"], standing["newest"]);
    let states: Vec<&str> = runs.as_array().into_iter().flatten().filter_map(|run| run["state"].as_str()).collect();
    assert!(states.contains(&"interrupted"), "no kill met a run: {states:?}");
    assert!(!states.contains(&"running") && states[0] == "good", "{states:?}");
    assert_eq!(staged(home, &project), 0, "a change that was given up is still there");

    // The next run finds nothing to do, and one page is one page.
    let again = ingest(&project);
    assert_eq!([&again["added"], &again["changed"], &again["deleted"]].map(Value::as_u64), [Some(0); 3], "{again}");
    page(&project, "unread", None, "The glob does not name it.");
    assert_eq!(head(&project)["serving"], standing["serving"]);
}

/// Rows of documents that are no version's.
fn staged(home: &Home, project: &TestProject) -> i64 {
    match home {
        Home::Embedded => {
            let script = "import sqlite3, sys\n\
                          print(sqlite3.connect(sys.argv[1]).execute('''select count(*) from retrieval_document d \
                          join retrieval_collection c on c.key = d.collection where d.from_version > c.newest''').fetchone()[0])";
            let database = project.path(".shipway/shipway.db");
            let output = Command::new("python3").args(["-c", script]).arg(&database).output().expect("python3 counts");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.trim().parse().unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
        }
        Home::Postgres(postgres) => {
            let schema = &postgres.schema;
            let count = format!(
                "select count(*) from {schema}.retrieval_document d join {schema}.retrieval_collection c \
                 on c.key = d.collection where d.valid_from > c.newest"
            );
            postgres.client().query_one(&count, &[]).expect("an administrator may look").get(0)
        }
    }
}
