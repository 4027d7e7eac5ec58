//! The room without the wire: reading lines, sealing, states, and whole batches answered by a scripted door.

mod keeping;
mod reading;
mod running;

use crate::{Batch, Batches, FileInfo, Limits, NewBatch, NewFile};
use storage::Storage;
use tempfile::TempDir;
use usecase::{Principal, PrincipalRole};

const LIMITS: Limits = Limits { file_bytes: 100_000, key_bytes: 250_000, line_bytes: 2_000, workers: 2 };

/// A room in a temporary folder.
struct Room {
    batches: Batches,
    folder: TempDir,
}

impl Room {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let storage = Storage::open(folder.path()).expect("a data folder");
        Self { batches: Batches::open(&storage, LIMITS).expect("the room"), folder }
    }

    fn upload(&self, who: &Principal, content: &str) -> FileInfo {
        let mut upload = self.batches.upload(who).expect("a file begins");
        upload.write(content.as_bytes()).expect("bytes");
        let new = NewFile { name: "in.jsonl".to_owned(), purpose: "batch".to_owned(), expires_after: None };
        self.batches.keep(upload, who, &new).expect("a file")
    }

    fn content(&self, who: &Principal, id: &str) -> String {
        let mut content = self.batches.content(who, id).expect("a content");
        let mut bytes = Vec::new();
        loop {
            let more = content.piece().expect("bytes");
            if more.is_empty() {
                return String::from_utf8(bytes).expect("text");
            }
            bytes.extend(more);
        }
    }

    fn create(&self, who: &Principal, input: &str) -> Batch {
        self.batches.create(who, asked(input)).expect("a batch")
    }
}

fn asked(input: &str) -> NewBatch {
    NewBatch {
        input_file: input.to_owned(),
        endpoint: "/v1/chat/completions".to_owned(),
        completion_window: "24h".to_owned(),
        ..NewBatch::default()
    }
}

/// The holder of a key.
fn app(key: &str) -> Principal {
    Principal { key: key.to_owned(), role: PrincipalRole::App, ..Principal::developer() }
}

/// A request line; the door answers by what `model` says.
fn line(custom_id: &str, model: &str) -> String {
    let body = serde_json::json!({ "model": model, "messages": [{ "role": "user", "content": custom_id }] });
    serde_json::json!({ "custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body })
        .to_string()
}

fn lines(models: &[&str]) -> String {
    models.iter().enumerate().map(|(at, model)| line(&format!("r-{at}"), model) + "\n").collect()
}
