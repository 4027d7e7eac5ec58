//! What a source no longer has is found no more, after whatever kind of run, while the server runs.

use super::home::{Home, answer, found, head, holding, ingest, page, search};
use testkit::TestProject;

const WORDS: [&str; 3] = ["walrus", "narwhal", "beluga"];

/// Each of the words: whether some passage still holds it.
fn kept(project: &TestProject) -> [bool; 3] {
    let searched = search(project, "", &WORDS.join(" "));
    WORDS.map(|word| holding(&searched, word).expect("a term of the question") > 0)
}

fn long_page() -> String {
    let filler = "Here stands a sentence about lamps and their delivery, as on any page. ".repeat(20);
    format!("# Lamps\n\nThe walrus lamp is blue.\n\n{filler}\n\n## Later\n\n{filler}\n\nThe narwhal lamp is green.")
}

pub(super) fn what_is_gone_is_found_no_more(home: &Home) {
    let project = home.shop("files = \"pages/**/*.md\"\npassage_chars = 300");
    page(&project, "lamps", None, &long_page());
    page(&project, "gone", None, "The beluga lamp is red.");
    page(&project, "stays", None, "You can return any lamp within 45 days of delivery.");
    ingest(&project);
    let server = project.serve();
    let client = server.client();
    assert_eq!(kept(&project), [true, true, true]);
    assert!(answer(&client, "Which colour has the narwhal lamp?").contains("green"));
    let passages = head(&project)["passages"].as_u64();

    page(&project, "lamps", None, "# Lamps\n\nThe walrus lamp is blue.");
    let report = ingest(&project);
    assert_eq!((&report["changed"], &report["deleted"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(kept(&project), [true, false, true], "the end of a shortened page is still there");
    assert!(!answer(&client, "Which colour has the narwhal lamp?").contains("green"));
    assert!(head(&project)["passages"].as_u64() < passages);

    std::fs::remove_file(project.path("usecases/shop/pages/gone.md")).expect("the page goes");
    assert_eq!(ingest(&project)["deleted"], 1);
    assert_eq!(kept(&project), [true, false, false], "a deleted page is still there");
    assert!(!answer(&client, "Which colour has the beluga lamp?").contains("red"));
    project.must(&["feed", "replay", "shop"]);
    assert_eq!(kept(&project), [true, false, false], "a replay brought something back");

    // A page comes back under its old id, with other words.
    page(&project, "gone", None, "The narwhal lamp is white now.");
    ingest(&project);
    assert_eq!(kept(&project), [true, true, false]);
    assert!(answer(&client, "Which colour has the narwhal lamp?").contains("white"));

    project.must(&["collection", "erase", "shop/pages", "gone"]);
    assert_eq!(kept(&project), [true, false, false]);
    let version = head(&project)["serving"].to_string();
    for earlier in 1..version.parse::<u64>().expect("a version") {
        project.must(&["collection", "rollback", "shop/pages", "--to", &earlier.to_string()]);
        assert!(
            !found(&search(&project, "", "beluga narwhal lamp")).contains(&"gone"),
            "erased, yet in version {earlier}"
        );
    }
}
