//! Keeps feeds fresh while the server runs: every feed is refreshed when its schedule says so, one at a time, beside
//! the network threads. What a run did or why it failed is recorded by `ingest`; a failed run is tried again at its
//! next turn.

use crate::app::App;
use ingest::FeedJob;
use std::sync::Arc;
use std::time::Duration;
use usecase::Timestamp;

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
            let due = app.parts.ingest.is_due(&name, feed_name, feed, Timestamp::now());
            if !due.unwrap_or(false) {
                continue;
            }
            let folder = project.use_case_folder(&name);
            let job = FeedJob { use_case: &name, feed_name, feed, folder: &folder };
            match app.parts.ingest.run(&job, &|_| {}) {
                Ok(report) => tracing::info!(use_case = name, feed = feed_name, changed = report.changed, "feed refreshed"),
                Err(error) => tracing::warn!(use_case = name, feed = feed_name, %error, "feed not refreshed"),
            }
        }
    }
}
