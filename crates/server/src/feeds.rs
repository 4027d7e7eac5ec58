//! Keeps feeds fresh while the server runs: every feed is refreshed when its schedule says so, one at a time, beside
//! the network threads. What a run did or why it failed is recorded by `ingest`; a failed run is tried again at its
//! next turn.

use crate::app::App;
use ingest::{FeedJob, How, Ingest};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use usecase::Timestamp;
use usecase::declared::Feed;

/// How often the schedules are looked at: finer than the finest schedule that makes sense.
const LOOK_EVERY: Duration = Duration::from_secs(5);

pub(crate) async fn keep_fresh(app: Arc<App>) {
    let complaints = Arc::new(Complaints::default());
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    // A long run is followed by a pause, not by all the turns that it took the time of.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (working, complaining) = (Arc::clone(&app), Arc::clone(&complaints));
        let looked = tokio::task::spawn_blocking(move || refresh_due(&working, &complaining)).await;
        if looked.is_err() {
            tracing::error!("refreshing the feeds stopped in the middle; it goes on at the next turn");
        }
    }
}

/// What is wrong with schedules and files, by place: told once when it changes, not at every turn.
#[derive(Default)]
struct Complaints(Mutex<HashMap<String, String>>);

impl Complaints {
    /// Notes how it stands with a place, and says whether its complaint is new.
    fn is_new(&self, place: &str, complaint: Option<&str>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match complaint {
            None => {
                known.remove(place);
                false
            }
            Some(text) if known.get(place).is_some_and(|before| before == text) => false,
            Some(text) => {
                known.insert(place.to_owned(), text.to_owned());
                true
            }
        }
    }
}

fn refresh_due(app: &App, complaints: &Complaints) {
    let project = &app.parts.project;
    for name in project.use_case_names().unwrap_or_default() {
        let use_case = match project.use_case(&name) {
            Ok(use_case) => use_case,
            // It may be edited right now; its feeds wait.
            Err(problems) => {
                let text = problems.to_string();
                if complaints.is_new(&name, Some(&text)) {
                    tracing::warn!(use_case = name, problems = text, "its feeds wait until its files can be read");
                }
                continue;
            }
        };
        complaints.is_new(&name, None);
        for (feed_name, feed) in &use_case.declared.feeds {
            let due = is_due(&app.parts.ingest, &name, feed_name, feed);
            let complaint = due.as_ref().err().map(ToString::to_string);
            if complaints.is_new(&format!("{name}/{feed_name}"), complaint.as_deref()) {
                tracing::warn!(use_case = name, feed = feed_name, error = complaint, "no telling when the feed is due");
            }
            if !due.unwrap_or(false) {
                continue;
            }
            let folder = project.use_case_folder(&name);
            let job = FeedJob { use_case: &name, feed_name, feed, folder: &folder, how: How::default() };
            match app.parts.ingest.run(&job, &|_| {}) {
                Ok(report) => {
                    let changed = report.added + report.changed + report.deleted;
                    tracing::info!(use_case = name, feed = feed_name, changed, "feed refreshed");
                }
                // The whole reason may quote a document; `shipway feed` shows it.
                Err(error) => {
                    let error = error.told();
                    tracing::warn!(use_case = name, feed = feed_name, error, "feed not refreshed");
                }
            }
        }
    }
}

fn is_due(ingest: &Ingest, use_case: &str, feed_name: &str, feed: &Feed) -> Result<bool, ingest::Error> {
    let last = ingest.last_attempt(use_case, feed_name)?;
    let due = ingest.next_due(feed, last)?;
    Ok(due.is_some_and(|due| due <= Timestamp::now()))
}

#[cfg(test)]
mod tests;
