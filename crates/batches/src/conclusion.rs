//! The last step of a batch: its answers are written into files, in the order of the lines, and everything else of it goes.
//! The files, the state and what is deleted change in one transaction: killed before it, the step is done anew.

use crate::asking::request_id;
use crate::batch::{Batch, Status};
use crate::error::{Error, Result, answer};
use crate::file::{self, FileInfo, Upload};
use crate::handle::Batches;
use crate::line;
use crate::lines::Lines;
use crate::sealed::{self, Secret};
use crate::store::{self, FileRow};
use crate::validation::unreadable;
use rusqlite::Transaction;
use serde_json::json;
use std::collections::HashSet;
use std::time::{Duration, SystemTime};
use usecase::Timestamp;

/// Answers that are held in memory at a time.
const AT_A_TIME: i64 = 64;
/// A content without a record is somebody's upload under way, until it is as old as this.
const ORPHANED_AFTER: Duration = Duration::from_secs(3_600);

/// The two files that come out.
struct Outputs<'a> {
    room: &'a Batches,
    batch: &'a Batch,
    /// Answers, then errors; made with their first line.
    files: [Option<Upload>; 2],
}

impl Outputs<'_> {
    fn write(&mut self, failed: bool, json: &[u8]) -> Result<()> {
        let slot = &mut self.files[usize::from(failed)];
        let file = match slot {
            Some(file) => file,
            None => slot.insert(self.room.begin(u64::MAX, None)?),
        };
        file.write(json)?;
        file.write(b"\n")
    }

    /// Closes both files; their rows are still to be written.
    fn close(&mut self) -> Result<[Option<FileRow>; 2]> {
        let now = Timestamp::now();
        let mut rows = [None, None];
        for (at, upload) in self.files.iter_mut().enumerate() {
            let Some(upload) = upload else { continue };
            let what = ["output", "error"][at];
            let info = FileInfo {
                id: upload.id.clone(),
                key: self.batch.key.clone(),
                name: format!("{}_{what}.jsonl", self.batch.id),
                purpose: file::OUTPUT.to_owned(),
                bytes: upload.close()?,
                created: now,
                expires: now.plus(self.batch.keep_output),
            };
            rows[at] = Some(self.room.file_row(&info, &upload.secret)?);
        }
        Ok(rows)
    }
}

/// Ends a batch. `why` says what stood in the way of one that failed on its way. Blocks on the disk.
pub(crate) fn conclude(room: &Batches, batch: &Batch, end: Status, why: Option<&Error>) -> Result<()> {
    if end == Status::Completed && batch.status == Status::InProgress {
        let begun = room.change(&batch.id, |batch| batch.become_now(Status::Finalizing, Timestamp::now()));
        match begun {
            // It was cancelled in the last moment, and will be met again as such.
            Err(Error::WrongTurn { .. }) => return Ok(()),
            other => other?,
        };
    }
    let row = room.storage().read(|connection| store::batch(connection, &batch.id))?;
    let Some(wrapped) = row.and_then(|row| row.secret) else { return Err(Error::Damaged(batch.id.clone())) };
    let secret = room.key()?.unwrap(&batch.id, &wrapped)?;
    let mut outputs = Outputs { room, batch, files: [None, None] };
    let (answered, failed) = write_answers(&mut outputs, &secret)?;
    let missing = match end {
        Status::Completed => 0,
        _ => write_missing(&mut outputs, &answered, end)?,
    };
    let rows = outputs.close()?;
    finish(room, batch, end, rows, failed + missing, why.map(unreadable))?;
    outputs.files.iter_mut().flatten().for_each(|file| file.kept = true);
    Ok(())
}

/// Which lines have an answer, and how many of these are failures.
fn write_answers(outputs: &mut Outputs<'_>, secret: &Secret) -> Result<(HashSet<u64>, i64)> {
    let (room, id) = (outputs.room, &outputs.batch.id);
    let (mut answered, mut failed, mut line) = (HashSet::new(), 0, -1);
    loop {
        let rows = room.storage().read(|connection| store::results(connection, id, line, AT_A_TIME))?;
        let Some(last) = rows.last() else { return Ok((answered, failed)) };
        line = last.line;
        for row in rows {
            let json = sealed::open(secret, id, &row.result).ok_or_else(|| Error::Damaged(id.clone()))?;
            outputs.write(row.failed, &json)?;
            failed += i64::from(row.failed);
            answered.insert(row.line.unsigned_abs());
        }
    }
}

/// Every line that was never answered stands among the errors, with the reason.
fn write_missing(outputs: &mut Outputs<'_>, answered: &HashSet<u64>, end: Status) -> Result<i64> {
    let (code, message) = match end {
        Status::Expired => {
            ("batch_expired", "This request could not be executed before the completion window expired.")
        }
        Status::Cancelled => ("batch_cancelled", "This request was not executed, because the batch was cancelled."),
        _ => ("batch_failed", "This request was not executed, because the batch failed."),
    };
    let batch = outputs.batch;
    let mut missing = 0;
    // What cannot be read any more cannot be named.
    let Ok(content) = outputs.room.input(&batch.input_file) else { return Ok(0) };
    let mut lines = Lines::new(content.reader, outputs.room.limits().line_bytes);
    while let Ok(Some(raw)) = lines.next() {
        let Ok(line) = line::read(&raw, batch.endpoint) else { continue };
        if !answered.contains(&line.number) {
            let error = json!({ "code": code, "message": message });
            let id = request_id(&batch.id, line.number);
            let json = json!({ "id": id, "custom_id": line.custom_id, "response": null, "error": error });
            outputs.write(true, json.to_string().as_bytes())?;
            missing += 1;
        }
    }
    Ok(missing)
}

fn finish(
    room: &Batches,
    batch: &Batch,
    end: Status,
    rows: [Option<FileRow>; 2],
    failed: i64,
    problem: Option<line::LineProblem>,
) -> Result<()> {
    let (within, id) = (room.clone(), batch.id.clone());
    let work = move |transaction: &Transaction<'_>| -> Result<()> {
        let [output, errors] = rows;
        let named = |row: &Option<FileRow>| row.as_ref().map(|row| row.id.clone());
        let (output_file, error_file) = (named(&output), named(&errors));
        within.change_within(transaction, &id, |batch| {
            batch.become_now(end, Timestamp::now())?;
            (batch.output_file, batch.error_file) = (output_file, error_file);
            batch.problems.extend(problem);
            Ok(())
        })?;
        for row in output.iter().chain(&errors) {
            store::insert_file(transaction, row)?;
        }
        Ok(store::settle(transaction, &id, failed)?)
    };
    room.storage().write_blocking(move |transaction| answer(work(transaction)))?
}

/// Deletes files whose time is over, and contents that nobody has on record. Blocks on the disk.
pub(crate) fn sweep(room: &Batches) -> Result<()> {
    let expired = room.storage().read(|connection| store::expired_files(connection, Timestamp::now().0))?;
    for id in expired {
        let row = id.clone();
        room.storage().write_blocking(move |transaction| store::delete_file(transaction, &row))?;
        room.remove(&id);
    }
    let Ok(entries) = std::fs::read_dir(room.folder()) else { return Ok(()) };
    for entry in entries.flatten() {
        let old = entry
            .metadata()
            .and_then(|about| about.modified())
            .is_ok_and(|changed| SystemTime::now().duration_since(changed).is_ok_and(|age| age >= ORPHANED_AFTER));
        let Some(id) = entry.file_name().to_str().filter(|_| old).map(str::to_owned) else { continue };
        if room.storage().read(|connection| store::file(connection, &id))?.is_none() {
            room.remove(&id);
        }
    }
    Ok(())
}
