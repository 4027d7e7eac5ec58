//! What guards a feed, and what is told of its history: `shipway feed diff`, `lineage`, `twins`, `quarantine`, `replay`.

use super::home::{Home, found, head, ingest, page, search};
use serde_json::{Value, json};
use testkit::TestProject;

fn lines(project: &TestProject, count: usize) {
    let line = |number| {
        format!("{{\"id\": \"n{number}\", \"title\": \"Note {number}\", \"text\": \"Note {number} is on lamps.\"}}\n")
    };
    project.write("usecases/shop/pages/notes.jsonl", (0..count).map(line).collect::<String>());
}

pub(super) fn a_drop_halts_and_asks(home: &Home) {
    let project = home.shop("files = \"pages/*.jsonl\"\nmax_drop = \"30%\"");
    lines(&project, 40);
    ingest(&project);
    lines(&project, 5);
    let halted = project.shipway(&["ingest", "shop"]);
    assert_eq!(halted.code, 1, "{}", halted.stdout);
    assert!(halted.stdout.contains("--allow-drop"), "it does not say what to do: {}", halted.stdout);
    assert_eq!(head(&project)["documents"], 40);
    assert_eq!(found(&search(&project, "", "note 33 on lamps"))[0], "n33");
    let runs = project.must(&["feed", "runs", "shop", "--json"]).json();
    assert!(runs[0]["state"] == "failed" && runs[0]["reason"].as_str().is_some_and(|why| !why.is_empty()), "{runs}");

    // A source that is suddenly empty, and a folder that is gone.
    lines(&project, 0);
    assert_eq!(project.shipway(&["ingest", "shop"]).code, 1);
    std::fs::remove_dir_all(project.path("usecases/shop/pages")).expect("the folder goes");
    assert_eq!(project.shipway(&["ingest", "shop"]).code, 1);
    assert_eq!(head(&project)["documents"], 40);

    lines(&project, 5);
    let allowed = project.must(&["ingest", "shop", "--allow-drop", "--json"]).json();
    assert_eq!(allowed[0]["deleted"], 35, "{allowed}");
    assert_eq!(head(&project)["documents"], 5);
}

const POLICY: &str = "Lamps may be sent back at our cost. Please keep the box and the receipt, and name the number of your \
    order. We pay the money back by the same way in which you paid. Shades made to measure are excluded from this.";

pub(super) fn the_history_of_a_feed_is_told(home: &Home) {
    let project = home.shop("files = \"pages/**/*.md\"\nchecks = [{ not_null = \"title\" }]");
    let told = |arguments: &[&str]| project.must(&[&["feed"], arguments, &["--json"]].concat()).json();
    page(&project, "old", None, &format!("{POLICY} You may return a lamp within 30 days of its delivery to you."));
    page(&project, "new", None, &format!("{POLICY} You may return a lamp within 45 days of its delivery to you."));
    page(&project, "other", None, "Desks are delivered by two people on weekdays between eight and noon.");
    project.write("usecases/shop/pages/untitled.md", "---\nid: untitled\n---\nIt has no title.\n");
    ingest(&project);

    let held = told(&["quarantine", "shop"]);
    assert_eq!(held[0]["document"], "untitled", "{held}");
    assert!(held[0]["reason"].as_str().is_some_and(|why| why.contains("title")), "{held}");
    assert_eq!((held.as_array().map(Vec::len), &held[0]["old_version_serves"]), (Some(1), &json!(false)));

    let twins = told(&["twins", "shop"]);
    let pair: [&Value; 2] = [&twins[0]["one"]["document"], &twins[0]["other"]["document"]];
    assert!(pair.contains(&&json!("old")) && pair.contains(&&json!("new")), "{twins}");
    let disagreements = twins[0]["disagreements"].to_string();
    assert!(disagreements.contains("30 days") && disagreements.contains("45 days"), "{twins}");

    page(&project, "other", None, "Desks are delivered by three people on Sundays.");
    std::fs::remove_file(project.path("usecases/shop/pages/old.md")).expect("the old policy goes");
    let report = ingest(&project);
    let diff = told(&["diff", "shop"]);
    assert_eq!((&diff["run"], &diff["version"]), (&report["run"], &json!(2)), "{diff}");
    let touched: Vec<String> = diff["touched"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| format!("{} {}", one["change"], one["document"]))
        .collect();
    assert_eq!(touched, ["\"changed\" \"other\"", "\"deleted\" \"old\""], "{diff}");
    let text = told(&["diff", "shop", "--document", "other"]);
    assert!(text["before"].as_str().is_some_and(|text| text.contains("two people")), "{text}");
    assert!(text["after"].as_str().is_some_and(|text| text.contains("three people")), "{text}");
    assert_eq!(told(&["twins", "shop"]), json!([]), "the old policy is gone");

    let lineage = told(&["lineage", "shop", "old"]);
    let changes: Vec<&Value> = lineage.as_array().into_iter().flatten().map(|one| &one["document"]["change"]).collect();
    assert_eq!(changes, ["deleted", "added"], "{lineage}");
    assert!(lineage[1]["document"]["content_hash"].as_str().is_some_and(|hash| hash.len() == 64), "{lineage}");
    assert_eq!((&lineage[1]["source"], &lineage[1]["version"]), (&json!("pages/**/*.md"), &json!(1)));
    assert_eq!(lineage[1]["document"]["path"], "pages/old.md");

    // An ordinary run does not even read what is unchanged (but what it holds back, and a file that was written just now); a
    // replay reads all of it.
    ["new", "other", "untitled"].iter().for_each(|id| settle(&project, id));
    ingest(&project);
    let read = ingest(&project)["bytes"].as_u64();
    let replayed = told(&["replay", "shop"]);
    assert!(read < Some(60) && replayed[0]["bytes"].as_u64() > Some(300), "{read:?} and {replayed}");
    assert_eq!((&replayed[0]["unchanged"], &replayed[0]["changed"]), (&json!(2), &json!(0)), "{replayed}");
    project.write("usecases/shop/pages/untitled.md", "---\nid: untitled\ntitle: Now\n---\nIt has a title.\n");
    ingest(&project);
    assert_eq!(told(&["quarantine", "shop"]), json!([]));
}

/// Makes the page an hour old.
fn settle(project: &TestProject, id: &str) {
    let path = project.path(&format!("usecases/shop/pages/{id}.md"));
    let file = std::fs::File::options().write(true).open(path).expect("a page");
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    file.set_modified(before).expect("its owner may say so");
}
