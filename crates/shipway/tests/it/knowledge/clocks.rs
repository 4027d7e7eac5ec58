//! The clock of the access groups: a collection whose groups nobody confirms in time is closed, until somebody does.

use super::home::{Home, ingest, page, question};
use serde_json::json;
use std::time::{Duration, Instant};
use testkit::Reply;

/// Tries until it holds; a slow machine has its time.
fn until(what: &str, mut attempt: impl FnMut() -> Reply, holds: impl Fn(&Reply) -> bool) -> Reply {
    let begun = Instant::now();
    loop {
        let reply = attempt();
        if holds(&reply) {
            return reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "not {what}: {}", reply.text());
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) fn old_access_groups_close_the_collection(home: &Home) {
    let project = home.shop("files = \"pages/**/*.md\"\naccess_fresh_within = \"1s\"\naccess_grace = \"1s\"");
    page(&project, "returns", None, "You can return any lamp within 45 days of delivery.");
    ingest(&project);
    let server = project.serve();
    let client = server.client();
    let ask = || question(&client, "Within how many days can I return a lamp?");
    let closed = until("closed", ask, |reply| reply.status != 200);
    assert_eq!((closed.status, closed.error_code().as_str()), (503, "collection_closed"), "{}", closed.text());
    assert!(!closed.text().contains("45 days"));
    let status = project.must(&["feed", "status", "shop", "--json"]).json();
    assert_eq!(status[0]["open"], json!(false), "{status}");
    let searched = project.shipway(&["search", "shop", "lamp"]);
    assert!(searched.code == 1 && searched.stderr.contains("shop/pages"), "{searched:?}");

    // A run that changes nothing confirms the groups; it may take longer than they are good for.
    let open = until(
        "open again",
        || {
            ingest(&project);
            ask()
        },
        |reply| reply.status == 200,
    );
    assert!(open.text().contains("45 days"), "{}", open.text());
    // A run that fails confirms nothing.
    std::fs::remove_file(project.path("usecases/shop/pages/returns.md")).expect("the page goes");
    let failing = || {
        assert_eq!(project.shipway(&["ingest", "shop"]).code, 1, "an empty source is refused");
        ask()
    };
    until("closed again", failing, |reply| reply.status == 503);
}
