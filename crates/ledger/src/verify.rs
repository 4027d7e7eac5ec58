//! `verify`: walks every chain from its first event, recomputes each hash, opens each payload, and compares the rows
//! with what the events say. The first thing that does not fit is reported with its place and the reason.

use crate::body::{self, ErasureBody, OutcomeBody, PayloadMark, RequestBody};
use crate::chain::{self, Content, GENESIS, Hash};
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::row::RequestRow;
use crate::seal;
use crate::store::{self, audit::Fields, audit::StoredEvent};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use storage::Storage;
use usecase::TraceId;

/// The first place where the record does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Break {
    pub node: String,
    /// Place in the node's chain, from 1; 0 when something lies outside every chain.
    pub seq: u64,
    /// One sentence for a person.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Events that were checked, up to the break if there is one.
    pub events: u64,
    pub nodes: u64,
    pub intact: bool,
    pub first_break: Option<Break>,
    /// Payloads that opened and matched their digest.
    pub payloads_checked: u64,
    /// Payloads whose key was destroyed by a recorded erasure.
    pub payloads_erased: u64,
}

/// Why an event does not hold; `Err(storage::Error)` is kept for a database that cannot be read at all.
type Finding = std::result::Result<(), String>;
/// What a payload is sealed with, and the key unless it was destroyed; or why it cannot be found.
type Found = std::result::Result<(Destroyed, Option<seal::Secret>), String>;

pub(crate) fn verify(storage: &Storage, keyring: &Keyring) -> Result<VerifyReport> {
    Ok(storage.read(|connection| {
        let mut auditor = Auditor::new(storage, connection, keyring);
        store::audit::walk(connection, |event| auditor.visit(&event))?;
        auditor.conclude()
    })?)
}

struct Auditor<'a> {
    storage: &'a Storage,
    connection: &'a Connection,
    keyring: &'a Keyring,
    report: VerifyReport,
    /// The end of each node's chain so far.
    heads: BTreeMap<Vec<u8>, (i64, Hash)>,
    /// Keys by number: one look-up a key, not one a payload. `None` is a destroyed key.
    keys: BTreeMap<i64, Option<seal::Secret>>,
    /// Destroyed keys, and the first event that was sealed with each.
    destroyed: BTreeMap<Destroyed, (String, u64)>,
    erased_on_record: BTreeSet<Destroyed>,
    requests: u64,
    outcomes: u64,
}

/// What was sealed under a key that is gone: all payloads of a subject's key, by its number, or that of one request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Destroyed {
    Key(i64),
    Salt(TraceId),
}

impl<'a> Auditor<'a> {
    fn new(storage: &'a Storage, connection: &'a Connection, keyring: &'a Keyring) -> Self {
        let report = VerifyReport {
            events: 0,
            nodes: 0,
            intact: true,
            first_break: None,
            payloads_checked: 0,
            payloads_erased: 0,
        };
        Self {
            storage,
            connection,
            keyring,
            report,
            heads: BTreeMap::new(),
            keys: BTreeMap::new(),
            destroyed: BTreeMap::new(),
            erased_on_record: BTreeSet::new(),
            requests: 0,
            outcomes: 0,
        }
    }

    fn visit(&mut self, event: &StoredEvent) -> storage::Result<ControlFlow<()>> {
        let (last, before) = self.heads.get(&event.node).copied().unwrap_or((0, GENESIS));
        self.report.nodes += u64::from(last == 0);
        let place = last + 1;
        let finding = match self.check(event, last, &before) {
            Ok(finding) => finding,
            Err(error) => Err(changed_beyond_reading(error)?),
        };
        if let Err(reason) = finding {
            self.stop(&String::from_utf8_lossy(&event.node), place.unsigned_abs(), reason);
            return Ok(ControlFlow::Break(()));
        }
        self.report.events += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn check(&mut self, event: &StoredEvent, last: i64, before: &Hash) -> storage::Result<Finding> {
        let Some(fields) = &event.fields else {
            return Ok(Err("a column of the event holds something of another type".to_owned()));
        };
        let hash = match check_link(event, fields, last, before) {
            Ok(hash) => hash,
            Err(reason) => return Ok(Err(reason)),
        };
        self.heads.insert(event.node.clone(), (fields.seq, hash));
        let Ok(text) = std::str::from_utf8(&fields.body) else { return Ok(Err("the body is no text".to_owned())) };
        let payload = self.check_payload(event, fields, text)?;
        if payload.is_err() {
            return Ok(payload);
        }
        match std::str::from_utf8(&fields.kind) {
            Ok(body::REQUEST) => self.check_request(event.id, fields, text),
            Ok(body::OUTCOME) => self.check_outcome(event.id, text),
            Ok(body::ERASURE) => Ok(self.note_erasure(text)),
            _ => Ok(Ok(())),
        }
    }

    fn check_payload(&mut self, event: &StoredEvent, fields: &Fields, text: &str) -> storage::Result<Finding> {
        let mark: PayloadMark = body::parse(text).map_err(storage::Error::refuse)?;
        let Some(digest) = mark.payload else {
            let nothing = event.sealed.is_none() && event.salt.is_none() && fields.subject_key.is_none();
            let unknown = || Err("it has a payload that its body does not know of".to_owned());
            return Ok(if nothing { Ok(()) } else { unknown() });
        };
        let Some(sealed) = &event.sealed else { return Ok(Err("its payload was taken out".to_owned())) };
        let (mark, secret) = match self.key_of(event, fields)? {
            Ok(found) => found,
            Err(reason) => return Ok(Err(reason)),
        };
        let Some(secret) = secret else {
            self.report.payloads_erased += 1;
            let place = || (String::from_utf8_lossy(&event.node).into_owned(), fields.seq.unsigned_abs());
            self.destroyed.entry(mark).or_insert_with(place);
            return Ok(Ok(()));
        };
        if seal::open_payload(&secret, sealed, &digest).is_none() {
            return Ok(Err("its payload was changed: it does not open, or does not match its digest".to_owned()));
        }
        self.report.payloads_checked += 1;
        Ok(Ok(()))
    }

    /// The key that an event's payload is sealed with, `None` when it was destroyed.
    fn key_of(&mut self, event: &StoredEvent, fields: &Fields) -> storage::Result<Found> {
        if let Some(number) = fields.subject_key {
            let secret = match self.keys.get(&number) {
                Some(secret) => Ok(*secret),
                None => self.look_up(number)?,
            };
            return Ok(secret.map(|secret| (Destroyed::Key(number), secret)));
        }
        let Some((text, trace)) = trace_of(fields) else {
            return Ok(Err("its payload is sealed with no key that could be found".to_owned()));
        };
        let Some(salt) = &event.salt else { return Ok(Ok((Destroyed::Salt(trace), None))) };
        match self.keyring.key_from_salt(self.storage, text, salt).map_err(storage::Error::refuse)? {
            Some(secret) => Ok(Ok((Destroyed::Salt(trace), Some(secret)))),
            None => Ok(Err("the key that its payload's key was made from was taken out".to_owned())),
        }
    }

    fn look_up(&mut self, number: i64) -> storage::Result<std::result::Result<Option<seal::Secret>, String>> {
        let secret = match store::keys::by_number(self.connection, number)? {
            None => return Ok(Err("the row of its payload's key was taken out".to_owned())),
            Some((None, None)) => None,
            Some((Some(handle), Some(wrapped))) => match self.keyring.try_unwrap(&handle, &wrapped) {
                Some(secret) => Some(secret),
                None => {
                    return Ok(Err("the key of its payload was changed: the master key does not open it".to_owned()));
                }
            },
            Some(_) => return Ok(Err("the key of its payload is half destroyed".to_owned())),
        };
        // Many subjects may come once; more than this many are not worth keeping in memory.
        if self.keys.len() >= 10_000 {
            self.keys.clear();
        }
        self.keys.insert(number, secret);
        Ok(Ok(secret))
    }

    fn check_request(&mut self, event: i64, fields: &Fields, text: &str) -> storage::Result<Finding> {
        let request: RequestBody = body::parse(text).map_err(storage::Error::refuse)?;
        let Some((_, trace)) = trace_of(fields) else {
            return Ok(Err("the event of a request has no trace id".to_owned()));
        };
        let Some(row) = store::requests::one(self.connection, trace)? else {
            return Ok(Err(format!("the row of request {trace} was taken out")));
        };
        if store::requests::event_of(self.connection, trace)? != Some(event) {
            return Ok(Err(format!("the row of request {trace} stands for another event")));
        }
        let told = RequestRow::of(trace, &request);
        if row != told {
            return Ok(Err(format!("the row of request {trace} says {}", difference(&row, &told))));
        }
        self.requests += 1;
        Ok(Ok(()))
    }

    fn check_outcome(&mut self, event: i64, text: &str) -> storage::Result<Finding> {
        let told: OutcomeBody = body::parse(text).map_err(storage::Error::refuse)?;
        let Some(row) = store::outcomes::by_event(self.connection, event)? else {
            return Ok(Err(format!("the row of outcome {} was taken out", told.id)));
        };
        let same = row.id == told.id
            && row.use_case == told.use_case
            && row.subject == told.subject
            && row.outcome == told.outcome
            && row.success == told.success
            && row.value == told.value
            // A decimal text read back may differ in the last bit from the number that was stored.
            && (row.human_minutes - told.human_minutes).abs() <= told.human_minutes.abs() * 1e-12
            && row.occurred_at == told.occurred_at
            && row.key == told.key;
        if !same {
            return Ok(Err(format!("the row of outcome {} is not what its event says", told.id)));
        }
        self.outcomes += 1;
        Ok(Ok(()))
    }

    fn note_erasure(&mut self, text: &str) -> Finding {
        let erasure: ErasureBody = body::parse(text).map_err(|error| error.to_string())?;
        self.erased_on_record.extend(erasure.subject_keys.into_iter().map(Destroyed::Key));
        self.erased_on_record.extend(erasure.traces.into_iter().map(Destroyed::Salt));
        Ok(())
    }

    /// What only the whole walk can tell.
    fn conclude(mut self) -> storage::Result<VerifyReport> {
        if self.report.first_break.is_some() {
            return Ok(self.report);
        }
        let unrecorded = self.destroyed.iter().find(|(number, _)| !self.erased_on_record.contains(number));
        if let Some((_, (node, seq))) = unrecorded {
            let (node, seq) = (node.clone(), *seq);
            self.stop(&node, seq, "the key of its payload was destroyed, and no erasure is on record".to_owned());
            return Ok(self.report);
        }
        let rows = store::audit::count_rows(self.connection)?;
        let extra = [("request", rows.requests, self.requests), ("outcome", rows.outcomes, self.outcomes)];
        for (what, stored, told) in extra {
            if stored != told {
                let reason = format!("there are {stored} {what} rows, but the events tell of {told}");
                self.stop("", 0, reason);
                break;
            }
        }
        Ok(self.report)
    }

    fn stop(&mut self, node: &str, seq: u64, reason: String) {
        self.report.intact = false;
        self.report.first_break = Some(Break { node: node.to_owned(), seq, reason });
    }
}

fn check_link(event: &StoredEvent, fields: &Fields, last: i64, before: &Hash) -> std::result::Result<Hash, String> {
    if fields.seq != last + 1 {
        return Err(format!("the chain goes from event {last} to {}: what was between is gone", fields.seq));
    }
    let content = Content {
        node: &event.node,
        at: fields.at,
        kind: &fields.kind,
        trace: fields.trace.as_deref(),
        use_case: fields.use_case.as_deref(),
        body: &fields.body,
    };
    let hash = chain::link(before, fields.seq, fields.subject_key, &content.hash());
    if hash.as_slice() != fields.hash.as_slice() {
        return Err("its hash does not fit: the event, its hash or the one before was changed".to_owned());
    }
    Ok(hash)
}

/// The event's trace as it is written and as it is read.
fn trace_of(fields: &Fields) -> Option<(&str, TraceId)> {
    let text = std::str::from_utf8(fields.trace.as_deref()?).ok()?;
    Some((text, TraceId::parse(text)?))
}

/// A row that cannot be decoded is a finding; a disk that cannot be read is not.
fn changed_beyond_reading(error: storage::Error) -> storage::Result<String> {
    match error {
        storage::Error::Query(problem) => Ok(format!("what belongs to it cannot be read any more: {problem}")),
        other => match other.refusal::<Error>() {
            Some(problem) => Ok(format!("what belongs to it cannot be read any more: {problem}")),
            None => Err(other),
        },
    }
}

/// The first column that differs, in words.
fn difference(row: &RequestRow, told: &RequestRow) -> String {
    if row.status != told.status {
        let word = |row: &RequestRow| row.status.map_or("running", crate::record::Status::as_str);
        return format!("{}, its event says {}", word(row), word(told));
    }
    if row.cost != told.cost {
        return format!("it cost {}, its event says {}", row.cost, told.cost);
    }
    "something else than its event".to_owned()
}
