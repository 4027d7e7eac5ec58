//! The first step of a batch: every line is read and checked before the first is asked, and one that is wrong fails the
//! whole batch, as OpenAI has it.

use crate::batch::{Batch, Status};
use crate::error::{Error, Result};
use crate::handle::Batches;
use crate::line::{self, LineProblem};
use crate::lines::Lines;
use crate::runner::Door;
use crate::store;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use usecase::Timestamp;

/// OpenAI's limit of lines.
const MOST_LINES: u64 = 50_000;
/// Problems that are told; whoever mends these finds the next.
const MOST_PROBLEMS: usize = 100;
/// Different models of one batch.
const MOST_MODELS: usize = 256;

/// What the lines of a file are.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    pub(crate) total: u64,
    pub(crate) problems: Vec<LineProblem>,
    /// Each model with the first line that names it.
    pub(crate) models: BTreeMap<String, u64>,
}

/// Reads all lines once.
pub(crate) fn survey<R: Read>(lines: &mut Lines<R>, batch: &Batch) -> std::io::Result<Survey> {
    let mut survey = Survey::default();
    let mut names: HashSet<[u8; 32]> = HashSet::new();
    while let Some(raw) = lines.next()? {
        survey.total += 1;
        if survey.total > MOST_LINES {
            let message = format!("A batch has at most {MOST_LINES} lines.");
            survey.problems.push(LineProblem::new("too_many_tasks", raw.number, None, message));
        } else {
            match line::read(&raw, batch.endpoint) {
                Err(problem) => survey.problems.push(problem),
                Ok(line) if !names.insert(Sha256::digest(&line.custom_id).into()) => {
                    let message = "An earlier line has this `custom_id`; each must be another.";
                    survey.problems.push(LineProblem::new(
                        "duplicate_custom_id",
                        line.number,
                        Some("custom_id"),
                        message,
                    ));
                }
                Ok(line) => {
                    survey.models.entry(line.model).or_insert(line.number);
                }
            }
        }
        if survey.models.len() > MOST_MODELS {
            let message = format!("A batch may name at most {MOST_MODELS} different models.");
            survey.problems.push(LineProblem::new("too_many_models", raw.number, Some("body.model"), message));
        }
        if survey.problems.len() >= MOST_PROBLEMS || survey.total > MOST_LINES || survey.models.len() > MOST_MODELS {
            return Ok(survey);
        }
    }
    if survey.total == 0 {
        let message = "The file has no line.".to_owned();
        survey.problems.push(LineProblem { code: "empty_file".to_owned(), line: None, message, param: None });
    }
    Ok(survey)
}

/// Checks a batch and lets it begin, or fail.
pub(crate) async fn validate(room: Batches, door: &dyn Door, batch: Batch) -> Result<()> {
    let (id, key) = (batch.id.clone(), batch.key.clone());
    let reading = room.clone();
    let survey = beside(move || {
        let content = reading.input(&batch.input_file)?;
        let mut lines = Lines::new(content.reader, reading.limits().line_bytes);
        survey(&mut lines, &batch).map_err(|cause| Error::folder("reading", &content.path, cause))
    });
    let mut survey = match survey.await {
        Err(Error::Storage(cause)) => return Err(cause.into()),
        Err(error) => Survey { problems: vec![unreadable(&error)], ..Survey::default() },
        Ok(survey) => survey,
    };
    for (model, line) in &survey.models {
        if survey.problems.len() < MOST_PROBLEMS
            && let Err(message) = door.knows(&key, model).await
        {
            survey.problems.push(LineProblem::new("model_not_found", *line, Some("body.model"), message));
        }
    }
    survey.problems.sort_by_key(|problem| problem.line);
    beside(move || room.begin_or_fail(&id, survey)).await
}

/// What is said of a batch whose input cannot be read.
pub(crate) fn unreadable(error: &Error) -> LineProblem {
    let message = format!("The input file cannot be read: {error}");
    LineProblem { code: "input_unreadable".to_owned(), line: None, message, param: Some("input_file_id".to_owned()) }
}

impl Batches {
    fn begin_or_fail(&self, id: &str, survey: Survey) -> Result<()> {
        let failed = !survey.problems.is_empty();
        let begun = self.change(id, move |batch| {
            batch.counts.total = survey.total;
            batch.problems = survey.problems;
            batch.become_now(if failed { Status::Failed } else { Status::InProgress }, Timestamp::now())
        });
        match begun {
            // It was cancelled while it was read.
            Err(Error::WrongTurn { .. }) => Ok(()),
            Err(error) => Err(error),
            Ok(_) if failed => {
                let id = id.to_owned();
                Ok(self.storage().write_blocking(move |transaction| store::settle(transaction, &id, 0))?)
            }
            Ok(_) => Ok(()),
        }
    }
}

/// Runs what waits for the disk beside the network threads.
pub(crate) async fn beside<T: Send + 'static>(job: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(job).await.map_err(|_| Error::WorkerStopped)?
}
