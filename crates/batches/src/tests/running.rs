//! Whole batches, answered by a door that does what a line's model says.

use super::{Room, app, asked, line, lines};
use crate::{Batch, Door, Endpoint, Error, LineAnswer, Status};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use usecase::{Period, Principal, Timestamp};

/// `ok` answers, `bad` is refused with 400, `broken` fails always with 500, `busy` is turned away once with 429,
/// `panics` does, `never` hangs. `away` comes back from its way with 503 always; `full` is turned away before it, a dozen
/// times.
#[derive(Default)]
struct Scripted {
    asked: Mutex<HashMap<String, usize>>,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Door for Scripted {
    fn knows<'a>(&'a self, _: &'a str, model: &'a str) -> BoxFuture<'a, Result<(), String>> {
        let known = if model == "unknown" { Err("There is no such model.".to_owned()) } else { Ok(()) };
        std::future::ready(known).boxed()
    }

    fn has_room(&self) -> bool {
        true
    }

    fn answer(&self, key: String, endpoint: Endpoint, body: Bytes) -> BoxFuture<'static, LineAnswer> {
        assert_eq!((key.as_str(), endpoint), ("ann", Endpoint::ChatCompletions));
        let body: Value = serde_json::from_slice(&body).expect("a body");
        let name = body["messages"][0]["content"].as_str().expect("a name").to_owned();
        let times = {
            let mut asked = self.asked.lock().expect("the count");
            let times = asked.entry(name).or_default();
            *times += 1;
            *times
        };
        let (under_way, most) = (Arc::clone(&self.under_way), Arc::clone(&self.most));
        async move {
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            let model = body["model"].as_str().unwrap_or_default();
            let status = match model {
                "bad" => 400,
                "broken" => 500,
                "busy" if times == 1 => 429,
                "away" => 503,
                "full" if times <= 12 => 503,
                "panics" => panic!("as it was told"),
                "never" => std::future::pending().await,
                _ => 200,
            };
            let body = Bytes::from(format!("{{\n \"said\": {}}}", body["messages"][0]["content"]));
            let retry_after = Some(Duration::from_millis(1));
            let request_id = (model != "full" || status == 200).then(|| "trace".to_owned());
            LineAnswer { status, request_id, retry_after, body }
        }
        .boxed()
    }
}

impl Room {
    /// Runs until the batch is over.
    async fn finish(&self, door: &Arc<Scripted>, who: &Principal, id: &str) -> Batch {
        let (room, asker, id) = (self.batches.clone(), who.clone(), id.to_owned());
        let over = async move {
            while !room.get(&asker, &id).expect("the batch").status.is_over() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            room.get(&asker, &id).expect("the batch")
        };
        let (tell, told) = tokio::sync::oneshot::channel();
        let stop = async move {
            let _ = tell.send(over.await);
        };
        let door: Arc<dyn Door> = Arc::clone(door) as _;
        let ran = tokio::time::timeout(Duration::from_secs(30), self.batches.clone().run(door, stop)).await;
        ran.expect("the batch ends in time");
        told.await.expect("the batch")
    }

    fn output(&self, who: &Principal, file: Option<&String>) -> Vec<Value> {
        let Some(file) = file else { return Vec::new() };
        self.content(who, file).lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

fn names(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["custom_id"].as_str().expect("a custom_id")).collect()
}

#[tokio::test]
async fn every_line_stands_once_where_it_belongs() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let input = room.upload(&ann, &lines(&["ok", "bad", "busy", "ok", "panics", "ok", "busy", "ok"]));
    let batch = room.create(&ann, &input.id);
    let batch = room.finish(&door, &ann, &batch.id).await;
    assert_eq!(batch.status, Status::Completed, "{batch:?}");
    assert_eq!((batch.counts.total, batch.counts.completed, batch.counts.failed), (8, 6, 2));
    let (output, errors) =
        (room.output(&ann, batch.output_file.as_ref()), room.output(&ann, batch.error_file.as_ref()));
    assert_eq!(names(&output), ["r-0", "r-2", "r-3", "r-5", "r-6", "r-7"]);
    assert_eq!(names(&errors), ["r-1", "r-4"]);
    let expected = json!({
        "id": format!("batch_req_{}_1", batch.id.trim_start_matches("batch_")),
        "custom_id": "r-0",
        "response": { "status_code": 200, "request_id": "trace", "body": { "said": "r-0" } },
        "error": null,
    });
    assert_eq!(output[0], expected);
    assert_eq!(
        (&errors[0]["response"]["status_code"], &errors[1]["response"]["status_code"]),
        (&json!(400), &json!(500))
    );
    assert!(door.most.load(Ordering::SeqCst) <= 2, "never more than the workers");
    let asked = door.asked.lock().expect("the count");
    assert_eq!((asked["r-2"], asked["r-4"], asked["r-0"], asked["r-1"]), (2, 3, 1, 1));
    let listed = [Status::Validating, Status::InProgress, Status::Finalizing, Status::Completed];
    assert_eq!(batch.moments.keys().copied().collect::<Vec<_>>(), listed);
    assert!(room.batches.storage().read(|c| crate::store::answered(c, &batch.id)).expect("read").is_empty());
}

#[tokio::test]
async fn what_may_have_been_paid_is_not_asked_for_ever() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let input = room.upload(&ann, &lines(&["away", "full", "ok"]));
    let batch = room.create(&ann, &input.id);
    let batch = room.finish(&door, &ann, &batch.id).await;
    assert_eq!((batch.status, batch.counts.completed, batch.counts.failed), (Status::Completed, 2, 1));
    let errors = room.output(&ann, batch.error_file.as_ref());
    assert_eq!((names(&errors), &errors[0]["response"]["status_code"]), (vec!["r-0"], &json!(503)));
    let asked = door.asked.lock().expect("the count");
    assert_eq!((asked["r-0"], asked["r-1"], asked["r-2"]), (8, 13, 1));
}

#[tokio::test]
async fn one_wrong_line_fails_the_batch_before_anything_is_asked() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let check = async |content: String, expected: &[(&str, Option<u64>)]| {
        let input = room.upload(&ann, &content);
        let batch = room.create(&ann, &input.id);
        let batch = room.finish(&door, &ann, &batch.id).await;
        assert_eq!(batch.status, Status::Failed);
        let problems: Vec<_> = batch.problems.iter().map(|problem| (problem.code.as_str(), problem.line)).collect();
        assert_eq!(problems, expected);
    };
    let (ok, unknown) = (line("a", "ok"), line("c", "unknown"));
    let long = line(&"x".repeat(2_100), "ok");
    check(
        format!("{ok}\n{ok}\nnonsense\n{unknown}\n{long}"),
        &[
            ("duplicate_custom_id", Some(2)),
            ("invalid_json_line", Some(3)),
            ("model_not_found", Some(4)),
            ("invalid_json_line", Some(5)),
        ],
    )
    .await;
    check("\n \n".to_owned(), &[("empty_file", None)]).await;
    let many: Vec<_> = (1..=100).map(|line| ("invalid_json_line", Some(line))).collect();
    check("x\n".repeat(1_000), &many).await;
    assert!(door.asked.lock().expect("the count").is_empty());
}

#[tokio::test]
async fn a_runner_that_is_cut_goes_on_where_it_stood() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let input = room.upload(&ann, &lines(&["ok"; 60]));
    let batch = room.create(&ann, &input.id);
    for _ in 0..200 {
        let cut = Arc::clone(&door) as Arc<dyn Door>;
        // Dropped in the middle, as a kill would.
        let run = room.batches.clone().run(cut, std::future::pending());
        let _ = tokio::time::timeout(Duration::from_millis(20), run).await;
        if room.batches.get(&ann, &batch.id).expect("the batch").counts.completed > 20 {
            break;
        }
    }
    let batch = room.finish(&door, &ann, &batch.id).await;
    let output = room.output(&ann, batch.output_file.as_ref());
    let expected: Vec<String> = (0..60).map(|at| format!("r-{at}")).collect();
    assert_eq!(names(&output), expected);
    let asked: usize = door.asked.lock().expect("the count").values().sum();
    assert!(asked < 60 + 200 * 2, "only what was under way is asked again: {asked}");
}

#[tokio::test]
async fn a_cancelled_batch_names_what_was_not_asked() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let input = room.upload(&ann, &lines(&["ok", "never", "ok"]));
    let batch = room.create(&ann, &input.id);
    let run = tokio::spawn(room.batches.clone().run(Arc::clone(&door) as _, std::future::pending()));
    while room.batches.get(&ann, &batch.id).expect("the batch").counts.completed == 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    room.batches.cancel(&ann, &batch.id).expect("cancelled");
    run.abort();
    let _ = run.await;
    let batch = room.finish(&door, &ann, &batch.id).await;
    assert_eq!(batch.status, Status::Cancelled);
    let (output, errors) =
        (room.output(&ann, batch.output_file.as_ref()), room.output(&ann, batch.error_file.as_ref()));
    assert_eq!(output.len() + errors.len(), 3);
    assert!(errors.iter().all(|line| line["error"]["code"] == "batch_cancelled" && line["response"].is_null()));
    assert_eq!(batch.counts.failed, errors.len() as u64);
    assert!(matches!(room.batches.cancel(&ann, &batch.id), Err(Error::NotCancellable { .. })));
}

#[tokio::test]
async fn a_window_that_ends_expires_the_batch() {
    let (room, ann, door) = (Room::new(), app("ann"), Arc::new(Scripted::default()));
    let input = room.upload(&ann, &lines(&["ok", "ok"]));
    let yesterday = Timestamp::now().minus(Period::from_secs(86_401));
    let batch = room.batches.create_at(&ann, asked(&input.id), yesterday).expect("a batch");
    let batch = room.finish(&door, &ann, &batch.id).await;
    assert_eq!(batch.status, Status::Expired);
    let errors = room.output(&ann, batch.error_file.as_ref());
    assert_eq!(names(&errors), ["r-0", "r-1"]);
    assert_eq!(errors[0]["error"]["code"], "batch_expired");
    assert_eq!(batch.output_file, None);
}
