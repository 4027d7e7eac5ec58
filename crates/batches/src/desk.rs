//! The batches that are worked on, and whose line is next. One batch of a key at a time, its oldest; the keys take turns,
//! so that a small batch does not wait for somebody else's large one.

use crate::batch::Batch;
use crate::error::{Error, Result};
use crate::handle::Batches;
use crate::line::{self, Line};
use crate::lines::Lines;
use crate::pace::Pace;
use crate::sealed::{OpeningReader, Secret};
use crate::store;
use crate::validation::beside;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

/// Keys whose batches are worked on at the same time; each holds a file open and some lines in memory.
const MOST_WORKS: usize = 32;
/// What is read ahead: lines, and about how many bytes.
const READ_AHEAD: (usize, usize) = (64, 1 << 20);

/// How often a line was asked in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tries {
    /// Answered with a failure that may pass.
    pub(crate) failed: u8,
    /// Answered with "not now" when it was on its way already.
    pub(crate) unavailable: u8,
}

/// A batch that is being answered.
pub(crate) struct Work {
    pub(crate) batch: Batch,
    /// What its answers are sealed with.
    pub(crate) secret: Secret,
    pub(crate) pace: Pace,
    pub(crate) under_way: usize,
    /// The lines that were asked in vain.
    pub(crate) tries: HashMap<u64, Tries>,
    /// A line came back from its way with "not now": whether answers can be recorded is seen to before the next one.
    pub(crate) in_doubt: bool,
    /// No line is begun any more: it was cancelled, or its window ended.
    pub(crate) stopped: bool,
    ready: VecDeque<Line>,
    source: Option<Source>,
}

/// Where the lines come from.
struct Source {
    lines: Lines<OpeningReader>,
    answered: HashSet<u64>,
}

impl Work {
    /// Opens a batch where it stands. Blocks on the disk.
    pub(crate) fn open(room: &Batches, batch: Batch) -> Result<Self> {
        let (row, answered) = room
            .storage()
            .read(|connection| Ok((store::batch(connection, &batch.id)?, store::answered(connection, &batch.id)?)))?;
        let wrapped = row.and_then(|row| row.secret).ok_or_else(|| Error::Damaged(batch.id.clone()))?;
        let secret = room.key()?.unwrap(&batch.id, &wrapped)?;
        let lines = Lines::new(room.input(&batch.input_file)?.reader, room.limits().line_bytes);
        let answered = answered.into_iter().map(i64::unsigned_abs).collect();
        Ok(Self {
            batch,
            secret,
            pace: Pace::new(room.limits().workers),
            under_way: 0,
            tries: HashMap::new(),
            in_doubt: false,
            stopped: false,
            ready: VecDeque::new(),
            source: Some(Source { lines, answered }),
        })
    }

    /// The next line that has no answer yet; `None` when all were begun.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>> {
        if self.ready.is_empty()
            && let Some(mut source) = self.source.take()
        {
            let endpoint = self.batch.endpoint;
            let (source, ready) = beside(move || {
                let mut ready = VecDeque::new();
                let mut bytes = 0;
                while ready.len() < READ_AHEAD.0 && bytes < READ_AHEAD.1 {
                    let read = source.lines.next();
                    let read = read.map_err(|cause| Error::Folder { doing: "reading", path: "input".into(), cause });
                    let Some(raw) = read? else { return Ok((None, ready)) };
                    // Every line was readable when the batch was checked.
                    let Ok(line) = line::read(&raw, endpoint) else { continue };
                    if !source.answered.contains(&line.number) {
                        bytes += line.body.len();
                        ready.push_back(line);
                    }
                }
                Ok((Some(source), ready))
            })
            .await?;
            (self.source, self.ready) = (source, ready);
        }
        Ok(self.ready.pop_front())
    }

    /// A line that has to be asked again.
    pub(crate) fn put_back(&mut self, line: Line) {
        self.ready.push_back(line);
    }

    /// Every line was begun, and none is under way.
    pub(crate) fn is_done(&self) -> bool {
        self.under_way == 0 && (self.stopped || (self.ready.is_empty() && self.source.is_none()))
    }

    fn may_begin(&self, now: Instant) -> bool {
        let more = !self.ready.is_empty() || self.source.is_some();
        more && !self.stopped && self.pace.allows(self.under_way, now)
    }
}

#[derive(Default)]
pub(crate) struct Desk {
    works: Vec<Work>,
    turn: usize,
}

impl Desk {
    pub(crate) fn get(&mut self, batch: &str) -> Option<&mut Work> {
        self.works.iter_mut().find(|work| work.batch.id == batch)
    }

    /// Whether this batch's turn has come: its key has no other on the desk, and there is place.
    pub(crate) fn takes(&self, batch: &Batch) -> bool {
        self.works.len() < MOST_WORKS && self.works.iter().all(|work| work.batch.key != batch.key)
    }

    pub(crate) fn put(&mut self, work: Work) {
        self.works.push(work);
    }

    pub(crate) fn clear(&mut self, batch: &str) {
        self.works.retain(|work| work.batch.id != batch);
    }

    pub(crate) fn done(&self) -> Vec<Batch> {
        self.works.iter().filter(|work| !work.stopped && work.is_done()).map(|work| work.batch.clone()).collect()
    }

    /// The batch that may begin a line now; each has its turn.
    pub(crate) fn next(&mut self, now: Instant) -> Option<&mut Work> {
        let count = self.works.len();
        let at = (0..count).map(|step| (self.turn + step) % count).find(|at| self.works[*at].may_begin(now))?;
        self.turn = at + 1;
        self.works.get_mut(at)
    }

    /// When the first that is held back goes on.
    pub(crate) fn resumes(&self, now: Instant) -> Option<Instant> {
        self.works.iter().filter_map(|work| work.pace.resumes()).filter(|resumes| *resumes > now).min()
    }
}
