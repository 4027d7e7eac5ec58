//! One line on its way: asked, its answer judged, and written down.

use crate::batch::Batch;
use crate::desk::Tries;
use crate::handle::Batches;
use crate::line::Line;
use crate::runner::{Door, LineAnswer};
use crate::sealed::{self, Secret};
use crate::store::{self, ResultRow};
use futures_util::FutureExt;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use usecase::Timestamp;

/// How often a line is asked whose answer was a failure of the provider or of ours.
const MOST_TRIES: u8 = 3;
/// How often a line is asked that comes back from its way with 503: a model may have been paid each time.
const MOST_UNAVAILABLE: u8 = 8;
/// The pause after the first of these, when none was asked for; each one more doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The pauses before an answer is written again that could not be.
const WRITE_AGAIN: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// A line that has to be asked again.
pub(crate) struct Again {
    pub(crate) line: Line,
    /// How long to wait first, when somebody said.
    pub(crate) wait: Option<Duration>,
    pub(crate) tries: Tries,
}

/// A line on its way.
pub(crate) struct Asked {
    pub(crate) batch: Batch,
    pub(crate) secret: Secret,
    pub(crate) line: Line,
    pub(crate) tries: Tries,
}

impl Asked {
    /// Asks, and writes down what came. What is to be asked again comes back.
    pub(crate) async fn answer(self, room: Batches, door: Arc<dyn Door>) -> Option<Again> {
        let asking = door.answer(self.batch.key.clone(), self.batch.endpoint, self.line.body.clone());
        let answer = AssertUnwindSafe(asking).catch_unwind().await.unwrap_or_else(|_| LineAnswer::broken());
        let Self { batch, secret, line, tries } = self;
        if let Some((tries, wait)) = again(&answer, tries) {
            return Some(Again { line, wait, tries });
        }
        let json = result_line(&batch.id, &line, &answer);
        let row = ResultRow {
            line: i64::try_from(line.number).unwrap_or(i64::MAX),
            failed: answer.status != 200,
            result: sealed::seal(&secret, &batch.id, json.as_bytes()),
        };
        let kept = keep(&room, &batch, row).await;
        (!kept).then_some(Again { line, wait: None, tries })
    }
}

/// Writes an answer, however often it takes: it is paid for, so it is not asked for again while the disk is full. Meanwhile
/// its worker begins nothing else. False when the batch's time ended first.
async fn keep(room: &Batches, batch: &Batch, row: ResultRow) -> bool {
    let (mut pause, longest) = WRITE_AGAIN;
    loop {
        let (id, row) = (batch.id.clone(), row.clone());
        let line = row.line;
        let written = room.storage().write(move |transaction| store::insert_result(transaction, &id, &row)).await;
        let Err(error) = written else { return true };
        tracing::error!(batch = batch.id, line, %error, "an answer could not be kept and is written again");
        if batch.expires <= Timestamp::now() {
            return false;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Whether a line is asked again, and after which pause: always when it was turned away or money is spent for today, a few
/// times when somebody else's failure may pass, or when it came back from its way (it has a trace) with "not now".
fn again(answer: &LineAnswer, tries: Tries) -> Option<(Tries, Option<Duration>)> {
    let Tries { failed, unavailable } = tries;
    let asked = answer.retry_after;
    match answer.status {
        503 if answer.request_id.is_some() => {
            let pause = asked.unwrap_or(FIRST_PAUSE).saturating_mul(1 << unavailable.min(MOST_UNAVAILABLE));
            let unavailable = unavailable + 1;
            (unavailable < MOST_UNAVAILABLE).then_some((Tries { unavailable, failed }, Some(pause)))
        }
        429 | 503 => Some((tries, asked)),
        408 | 500 | 502 | 504 => {
            let failed = failed + 1;
            (failed < MOST_TRIES).then_some((Tries { failed, unavailable }, asked))
        }
        _ => None,
    }
}

/// The name of a line's answer: the batch's, and the line's number.
pub(crate) fn request_id(batch: &str, line: u64) -> String {
    format!("batch_req_{}_{line}", batch.trim_start_matches("batch_"))
}

fn result_line(batch: &str, line: &Line, answer: &LineAnswer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    // Line breaks between the values of a body would end the line.
    let body = match serde_json::from_str::<&RawValue>(&text) {
        Ok(json) if !json.get().contains(['\n', '\r']) => json.get().to_owned(),
        Ok(json) => serde_json::from_str::<Value>(json.get()).unwrap_or_default().to_string(),
        Err(_) => Value::from(text.as_ref()).to_string(),
    };
    let (id, custom_id, trace) = (request_id(batch, line.number), &line.custom_id, &answer.request_id);
    format!(
        r#"{{"id":{},"custom_id":{},"response":{{"status_code":{},"request_id":{},"body":{body}}},"error":null}}"#,
        json!(id),
        json!(custom_id),
        answer.status,
        json!(trace)
    )
}
