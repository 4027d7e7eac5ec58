//! Two nodes on one Postgres: two data folders, two processes, one set of collections.

use super::home::{Home, answer, found, in_postgres, page, search};
use crate::SHIPWAY;
use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testkit::{TestPostgres, TestProject};

/// Two projects with the same declaration, each in a folder of its own, on one schema.
fn nodes(more: &str) -> Option<(TestPostgres, [TestProject; 2])> {
    if !testkit::postgres::is_here() {
        return None;
    }
    let postgres = TestPostgres::schema();
    let node = || in_postgres(Home::Embedded.shop(more), &postgres.url, &postgres.schema);
    let nodes = [node(), node()];
    Some((postgres, nodes))
}

/// When the runs of a node began and ended, in µs; of those that ended well.
fn runs(node: &TestProject) -> Vec<(i64, i64)> {
    let runs = node.must(&["feed", "runs", "shop", "--json", "--limit", "50"]).json();
    let good = runs.as_array().into_iter().flatten().filter(|run| run["state"] == "good");
    let moment = |run: &Value, at: &str| run[at].as_i64().expect("a moment");
    good.map(|run| (moment(run, "started"), moment(run, "finished"))).collect()
}

/// All runs of both, in order; no two may have been under way at once.
fn one_at_a_time(nodes: &[TestProject; 2]) -> usize {
    let mut all: Vec<(i64, i64)> = nodes.iter().flat_map(runs).collect();
    all.sort_unstable();
    for pair in all.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "two runs at once: {pair:?}");
    }
    all.len()
}

#[test]
fn what_one_node_took_in_the_other_finds() {
    let Some((_postgres, nodes)) = nodes("files = \"pages/**/*.md\"") else { return };
    let [one, other] = &nodes;
    let servers = [one.serve(), other.serve()];
    let clients = servers.each_ref().map(testkit::Server::client);
    let text = "The okapi lamp costs 77 euros.";
    page(one, "price", None, text);
    one.must(&["ingest", "shop"]);
    for client in &clients {
        assert!(answer(client, "What does the okapi lamp cost?").contains("77"));
    }
    page(one, "price", Some("[staff]"), text);
    one.must(&["ingest", "shop"]);
    for client in &clients {
        assert!(!answer(client, "What does the okapi lamp cost?").contains("77"), "a right that is gone serves on");
    }
    assert_eq!(found(&search(other, "staff", "okapi lamp")), ["price"]);
}

#[test]
fn two_nodes_never_run_a_feed_at_once() {
    let Some((_postgres, nodes)) = nodes("files = \"pages/*.jsonl\"") else { return };
    for (number, node) in nodes.iter().enumerate() {
        let line =
            |id: usize| format!("{{\"id\": \"n{id}\", \"text\": \"Note {id} of node {number} is on lamps.\"}}\n");
        node.write("usecases/shop/pages/notes.jsonl", (0..600).map(line).collect::<String>());
    }
    for _ in 0..3 {
        let start = |node: &TestProject| {
            let mut command = Command::new(SHIPWAY);
            command.args(["feed", "replay", "shop"]).current_dir(node.root()).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
        };
        let both = nodes.each_ref().map(start);
        let ended = both.map(|child| child.wait_with_output().expect("it ends"));
        assert!(ended.iter().any(|output| output.status.success()), "neither ran: {ended:?}");
        for refused in ended.iter().filter(|output| !output.status.success()) {
            let said = String::from_utf8_lossy(&refused.stdout).into_owned();
            assert!(said.contains("running"), "{said}{}", String::from_utf8_lossy(&refused.stderr));
        }
    }
    assert!(one_at_a_time(&nodes) >= 3);
    assert_eq!(super::home::head(&nodes[0])["documents"], 600);
}

#[test]
fn a_schedule_is_kept_once_on_two_nodes() {
    let Some((_postgres, nodes)) = nodes("files = \"pages/**/*.md\"\nevery = \"1h\"") else { return };
    nodes.iter().for_each(|node| page(node, "returns", None, "You can return any lamp within 45 days of delivery."));
    let first = nodes[0].serve();
    let begun = Instant::now();
    while runs(&nodes[0]).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the feed was due and did not run: {}", first.logged());
        std::thread::sleep(Duration::from_millis(50));
    }
    // The other node comes up, looks at once, and finds that the hour has begun.
    let second = nodes[1].serve();
    assert!(answer(&second.client(), "Within how many days can I return a lamp?").contains("45 days"));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(runs(&nodes[1]), [], "the feed ran on both nodes");
    assert_eq!(one_at_a_time(&nodes), 1);
    let status = nodes[1].must(&["feed", "status", "shop", "--json"]).json();
    assert_eq!(status[0]["freshness"]["fresh"], true, "the other node's run counts: {status}");
}

#[test]
fn a_feed_that_is_always_due_runs_on_one_node_at_a_time() {
    let Some((_postgres, nodes)) = nodes("files = \"pages/**/*.md\"\nevery = \"1s\"") else { return };
    nodes.iter().for_each(|node| page(node, "returns", None, "You can return any lamp within 45 days of delivery."));
    let _servers = nodes.each_ref().map(TestProject::serve);
    let begun = Instant::now();
    while one_at_a_time(&nodes) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the feed is due every second and does not run");
        std::thread::sleep(Duration::from_millis(500));
    }
}
