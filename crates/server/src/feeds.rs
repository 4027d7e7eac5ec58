//! Keeps feeds fresh while the server runs: every feed is refreshed when its schedule says so, one at a time, beside
//! the network threads. What a run did or why it failed is recorded by `ingest`; a failed run is tried again at its
//! next turn.

use crate::app::App;
use ingest::{FeedJob, Ingest};
use std::sync::Arc;
use std::time::Duration;
use usecase::Timestamp;
use usecase::declared::Feed;

/// How often the schedules are looked at: finer than the finest schedule that makes sense.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(crate) async fn keep_fresh(app: Arc<App>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let working = Arc::clone(&app);
        let looked = tokio::task::spawn_blocking(move || refresh_due(&working)).await;
        if looked.is_err() {
            tracing::error!("refreshing the feeds stopped in the middle; it goes on at the next turn");
        }
    }
}

fn refresh_due(app: &App) {
    let project = &app.parts.project;
    for name in project.use_case_names().unwrap_or_default() {
        // A use case that is being edited may not parse right now; its feeds wait.
        let Ok(use_case) = project.use_case(&name) else { continue };
        for (feed_name, feed) in &use_case.declared.feeds {
            if !is_due(&app.parts.ingest, &name, feed_name, feed) {
                continue;
            }
            let folder = project.use_case_folder(&name);
            let job = FeedJob { use_case: &name, feed_name, feed, folder: &folder };
            match app.parts.ingest.run(&job, &|_| {}) {
                Ok(report) => {
                    let changed = report.added + report.changed + report.deleted;
                    tracing::info!(use_case = name, feed = feed_name, changed, "feed refreshed");
                }
                Err(error) => tracing::warn!(use_case = name, feed = feed_name, %error, "feed not refreshed"),
            }
        }
    }
}

/// A schedule that cannot be read, or a database that is away, makes nothing due: `check` shows the feed as stale.
fn is_due(ingest: &Ingest, use_case: &str, feed_name: &str, feed: &Feed) -> bool {
    let last = ingest.last_attempt(use_case, feed_name).ok();
    let due = last.and_then(|last| ingest.next_due(feed, last).ok().flatten());
    due.is_some_and(|due| due <= Timestamp::now())
}
