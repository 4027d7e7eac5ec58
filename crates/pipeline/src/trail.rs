//! Step 6, and all along the way: what happens to a request is noted here and written once, at the end. A trail that
//! is dropped before its end was cancelled (the app went away): `Drop` only says so, and the record is written in the
//! background.

use crate::error::Error;
use crate::given::{Call, Facts};
use crate::prepared::Prepared;
use admission::Admitted;
use ledger::{Finished, Ledger, PayloadText, Source, Span, Started, Status, Written};
use models::{Journal, Running};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::Instant;
use tokio::task::JoinHandle;
use usecase::{
    Attempt, AttemptEnd, BundleId, ChatRequest, Citation, Cost, Message, MicroUsd, Timestamp, TraceId, Usage, Verdict,
};

/// Steps of a request with everything on, without the record of it.
const USUAL_STEPS: usize = 8;

/// How a request ended well: answered, refused or abstained.
pub(crate) struct End {
    pub(crate) status: Status,
    pub(crate) citations: Vec<Citation>,
    pub(crate) answer: Written,
}

pub(crate) struct Trail {
    ledger: Ledger,
    /// The reservation, until it is settled.
    admitted: Option<Admitted>,
    groups: Vec<String>,
    trace: TraceId,
    bundle: Option<BundleId>,
    source: Source,
    stream: bool,
    since: Instant,
    spans: Vec<Span>,
    verdicts: Vec<Verdict>,
    attempts: Vec<Attempt>,
    snapshots: Vec<(String, u64)>,
    request: Written,
    sent: Option<String>,
    /// The attempts of the call under way, should the app go away before a model begins to answer.
    journal: Journal,
    /// Those of calls beside it.
    beside: Vec<Journal>,
    /// The attempt that is answering; it is priced when it ends.
    answering: Option<Running>,
    waited_us: u64,
    /// The text of a streamed answer given out so far.
    said: String,
    /// How the answer cache found the answer, and what that saved.
    cache: Option<&'static str>,
    saved: MicroUsd,
    begun: Option<JoinHandle<Result<(), ledger::Error>>>,
    runtime: tokio::runtime::Handle,
    written: bool,
}

/// The request as it is kept.
#[derive(Serialize)]
struct AskedFor<'a> {
    model: &'a str,
    messages: &'a [Message],
    metadata: &'a Map<String, Value>,
    rest: &'a Map<String, Value>,
    subject: Option<&'a str>,
    conversation: Option<&'a str>,
}

/// A step that has begun.
pub(crate) struct Step {
    name: &'static str,
    since: Instant,
}

impl Trail {
    pub(crate) fn begin(ledger: &Ledger, admitted: Admitted, prepared: &Prepared, call: &Call) -> Self {
        let principal = admitted.principal();
        let (key, groups) = (principal.key.clone(), principal.groups.clone());
        let (trace, stream) = (TraceId::random(), call.request.stream);
        let started = Started {
            trace,
            at: Timestamp::now(),
            use_case: prepared.name.clone(),
            bundle: prepared.bundle.clone(),
            arm: call.arm,
            source: call.source,
            key,
            conversation: call.request.conversation.clone(),
            subject: call.request.subject.clone(),
            stream,
        };
        let runtime = tokio::runtime::Handle::current();
        // A streamed answer leaves before its record is complete: that it began must be on disk first.
        let begun = match stream {
            true => Some(runtime.spawn(ledger.begin_durable(started))),
            // A whole answer's record tells everything by itself; without this one only a crash would go unseen.
            false => {
                if let Err(error) = ledger.begin(started) {
                    tracing::warn!(%trace, %error, "the beginning of a request could not be noted");
                }
                None
            }
        };
        Self {
            ledger: ledger.clone(),
            admitted: Some(admitted),
            groups,
            trace,
            bundle: prepared.bundle.clone(),
            source: call.source,
            stream,
            since: Instant::now(),
            spans: Vec::with_capacity(USUAL_STEPS),
            verdicts: Vec::new(),
            attempts: Vec::new(),
            snapshots: Vec::new(),
            request: Written::NULL,
            sent: None,
            journal: Journal::new(),
            beside: Vec::new(),
            answering: None,
            waited_us: 0,
            said: String::new(),
            cache: None,
            saved: MicroUsd(0),
            begun,
            runtime,
            written: false,
        }
    }

    pub(crate) fn trace(&self) -> TraceId {
        self.trace
    }

    pub(crate) fn bundle(&self) -> Option<BundleId> {
        self.bundle.clone()
    }

    /// The caller's access groups.
    pub(crate) fn groups(&self) -> &[String] {
        &self.groups
    }

    pub(crate) fn wants_stream(&self) -> bool {
        self.stream
    }

    /// A line of a batch, and no person, waits for the answer.
    pub(crate) fn may_wait(&self) -> bool {
        self.source == Source::Batch
    }

    /// The request as it came; it is kept encrypted.
    pub(crate) fn asked_for(&mut self, request: &ChatRequest) {
        self.request = ledger::written(&AskedFor {
            model: &request.model,
            messages: &request.messages,
            metadata: &request.metadata,
            rest: &request.rest,
            subject: request.subject.as_deref(),
            conversation: request.conversation.as_deref(),
        });
    }

    /// Whether an app is answered: an eval or a question at the terminal wants the model itself.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.source, Source::Live | Source::Batch)
    }

    /// The answer was given before: what it cost then is saved now.
    pub(crate) fn remembered(&mut self, way: &'static str, saved: MicroUsd) {
        (self.cache, self.saved) = (Some(way), saved);
    }

    /// What leaves for a model, masked.
    pub(crate) fn sent(&mut self, request: &ChatRequest) {
        if !self.serves() {
            self.sent = serde_json::to_string(&request.messages).ok();
        }
    }

    pub(crate) fn step(&self, name: &'static str) -> Step {
        Step { name, since: Instant::now() }
    }

    pub(crate) fn end(&mut self, Step { name, since }: Step) {
        self.spans.push(Span {
            name: name.into(),
            start_us: micros(self.since, since),
            duration_us: micros(since, Instant::now()),
            attributes: Map::new(),
        });
    }

    pub(crate) fn judged(&mut self, verdicts: &[Verdict]) {
        self.verdicts.extend_from_slice(verdicts);
    }

    pub(crate) fn read_from(&mut self, snapshots: Vec<(String, u64)>) {
        self.snapshots.extend(snapshots);
    }

    /// Where a call notes its attempts as they happen.
    pub(crate) fn journal(&self) -> Journal {
        self.journal.clone()
    }

    /// The same for a call beside others.
    pub(crate) fn journal_beside(&mut self) -> Journal {
        let journal = Journal::new();
        self.beside.push(journal.clone());
        journal
    }

    /// The calls beside are over: their attempts are the request's.
    pub(crate) fn gather_beside(&mut self) {
        self.attempts.extend(std::mem::take(&mut self.beside).iter().flat_map(Journal::cancel));
    }

    /// A model was asked and has begun to answer, or none has: the time was theirs.
    pub(crate) fn waited(&mut self, since: Instant) {
        self.end(Step { name: "model", since });
        self.waited_since(since);
    }

    pub(crate) fn waited_since(&mut self, since: Instant) {
        self.waited_us += micros(since, Instant::now());
    }

    /// What providers were asked on the way, and ended: the time was theirs.
    pub(crate) fn asked_on_the_way(&mut self) {
        let attempts = self.journal.drain();
        self.waited_us += attempts.iter().map(|attempt| attempt.duration_us).sum::<u64>();
        self.attempts.extend(attempts);
    }

    pub(crate) fn attempted(&mut self, attempts: Vec<Attempt>) {
        self.attempts.extend(attempts);
    }

    /// A model has begun to answer.
    pub(crate) fn answering(&mut self, running: Running) {
        self.answering = Some(running);
    }

    /// The answering attempt ended: it is priced by what the provider reported, else by our own count.
    pub(crate) fn answered(&mut self, reported: Option<Usage>, end: AttemptEnd) -> Usage {
        // A stream that was continued left those behind that broke off.
        self.attempts.extend(self.journal.drain());
        let Some(running) = self.answering.take() else { return Usage::default() };
        let attempt = running.finish(reported, end);
        let usage = attempt.usage;
        self.attempts.push(attempt);
        usage
    }

    /// `provider/model` of the attempt that was closed last.
    pub(crate) fn answered_by(&self) -> Option<&str> {
        self.attempts.last().map(|attempt| attempt.model.as_str())
    }

    /// A piece of a streamed answer is given out: should the stream break, the record tells how far it came.
    pub(crate) fn said(&mut self, text: &str) {
        self.said.push_str(text);
    }

    /// What of an answer was given out before it broke off.
    fn broken_answer(&mut self) -> Written {
        match std::mem::take(&mut self.said) {
            nothing if nothing.is_empty() => Written::NULL,
            text => ledger::written(&json!({ "text": text })),
        }
    }

    pub(crate) async fn begun_on_disk(&mut self) -> Result<(), Error> {
        match self.begun.take() {
            None => Ok(()),
            Some(begun) => Ok(begun.await.map_err(|_| Error::WorkerStopped)??),
        }
    }

    /// Writes the record and waits until it is on disk; then, and only then, the answer may leave.
    pub(crate) async fn finish(mut self, end: End) -> Result<Facts, Error> {
        let since = self.since;
        let waited_us = self.waited_us;
        let record = self.close(end.status, None, end.citations, end.answer);
        let mut facts = Facts {
            status: end.status,
            citations: record.citations.clone(),
            verdicts: record.verdicts.clone(),
            attempts: record.attempts.clone(),
            usage: record.usage,
            cost: record.cost,
            saved: record.saved,
            cache: self.cache,
            spans: with_room(&record.spans),
            total_us: 0,
            own_us: 0,
            sent: self.sent.take(),
        };
        let writing = Instant::now();
        self.write(record).await?;
        facts.spans.push(Span {
            name: "record".into(),
            start_us: micros(since, writing),
            duration_us: micros(writing, Instant::now()),
            attributes: Map::new(),
        });
        facts.total_us = micros(since, Instant::now());
        facts.own_us = facts.total_us.saturating_sub(waited_us);
        Ok(facts)
    }

    /// Records a failure and gives the error back; when the record itself fails, that is the graver error.
    pub(crate) async fn fail(mut self, error: Error) -> Error {
        self.given_up();
        let answer = self.broken_answer();
        let record = self.close(Status::Failed, Some(error.to_string()), Vec::new(), answer);
        graver(error, self.write(record).await)
    }

    /// An app that goes away now leaves a whole record all the same: what was handed to the ledger is written.
    async fn write(&self, record: Finished) -> Result<(), Error> {
        Ok(finish(&self.ledger, record).await?)
    }

    /// Settles the reservation and makes the record; after this the trail has nothing more to say.
    fn close(&mut self, status: Status, error: Option<String>, citations: Vec<Citation>, answer: Written) -> Finished {
        self.written = true;
        let attempts = std::mem::take(&mut self.attempts);
        let cost: Cost = attempts.iter().map(|attempt| attempt.cost).sum();
        let saved = MicroUsd(attempts.iter().fold(self.saved.0, |sum, attempt| sum.saturating_add(attempt.saved.0)));
        let mut usage = Usage::default();
        attempts.iter().for_each(|attempt| usage += attempt.usage);
        if let Some(mut admitted) = self.admitted.take() {
            admitted.used_tokens(usage.input_tokens.saturating_add(usage.output_tokens));
            admitted.settle(cost);
        }
        let total_us = micros(self.since, Instant::now());
        Finished {
            trace: self.trace,
            at: Timestamp::now(),
            status,
            error,
            attempts,
            verdicts: std::mem::take(&mut self.verdicts),
            spans: std::mem::take(&mut self.spans),
            usage,
            cost,
            saved,
            cache: self.cache.map(str::to_owned),
            citations,
            snapshots: std::mem::take(&mut self.snapshots),
            own_us: total_us.saturating_sub(self.waited_us),
            payload: PayloadText { request: std::mem::replace(&mut self.request, Written::NULL), answer },
        }
    }

    /// The attempts that were under way when the app went away.
    fn given_up(&mut self) {
        self.answered(None, AttemptEnd::Cancelled);
        self.attempts.extend(self.journal.cancel());
        self.gather_beside();
    }
}

impl Drop for Trail {
    fn drop(&mut self) {
        if self.written {
            return;
        }
        self.given_up();
        let answer = self.broken_answer();
        let record = self.close(Status::Cancelled, Some("the app went away".to_owned()), Vec::new(), answer);
        let ledger = self.ledger.clone();
        let trace = self.trace;
        self.runtime.spawn(async move {
            if let Err(error) = finish(&ledger, record).await {
                tracing::error!(%trace, %error, "a cancelled request could not be recorded");
            }
        });
    }
}

/// What is told of a request that failed: why, or that not even this could be recorded.
pub(crate) fn graver(error: Error, recorded: Result<(), Error>) -> Error {
    match recorded {
        Ok(()) => error,
        // Its beginning could not be noted, so there was nothing to end: the first error says why.
        Err(Error::Ledger(ledger::Error::NotOpen(_))) if matches!(error, Error::Ledger(_)) => error,
        Err(graver) => graver,
    }
}

/// Writes a record. One that cannot be written is given up: whoever waits for the answer learns of it and asks anew.
async fn finish(ledger: &Ledger, record: Finished) -> Result<(), ledger::Error> {
    let trace = record.trace;
    ledger.finish(record).await.inspect_err(|_| ledger.forget(trace))
}

/// The spans, with room for the one of the record itself.
fn with_room(spans: &[Span]) -> Vec<Span> {
    let mut copied = Vec::with_capacity(spans.len() + 1);
    copied.extend_from_slice(spans);
    copied
}

/// µs from one moment to another, 0 when they are out of order.
fn micros(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(u64::MAX)
}
