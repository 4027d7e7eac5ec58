//! All that a [`Ledger`] reads: requests, outcomes, events, sums, and the check of the whole record.

use crate::begun;
use crate::body::{self, RequestBody};
use crate::error::{Error, Result};
use crate::handle::{Inner, Ledger};
use crate::row::{EventFilter, EventRow, OutcomeRow, RequestDetail, RequestFilter, RequestRow, Spent};
use crate::seal;
use crate::store::{self, events::StoredPayload};
use crate::verify::{self, VerifyReport};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::cmp::Reverse;
use usecase::{Timestamp, TraceId};

impl Ledger {
    /// Checks the whole record. Reads and decrypts everything: about 0.1 ms an event.
    ///
    /// # Errors
    /// Only when the database cannot be read; what was tampered with is in the report.
    pub fn verify(&self) -> Result<VerifyReport> {
        verify::verify(&self.inner.storage, &self.inner.keyring)
    }

    /// Those that ended, as recorded, and those that run, in whatever process, as noted. A stale note of a process that was
    /// killed counts as running until the ledger is opened next.
    ///
    /// # Errors
    /// The storage's.
    pub fn requests(&self, filter: &RequestFilter) -> Result<Vec<RequestRow>> {
        let conversation = filter.conversation.as_deref().map(|name| self.inner.keyring.conversation(name));
        // Noted first: what ends in between is then found recorded, and missed by neither.
        let noted = begun::all_noted(self.inner.storage.folder())?;
        let fitting = noted.into_iter().filter(|row| filter.lets_through(row, conversation.as_deref()));
        let mut rows = self.inner.storage.read(|connection| {
            let mut rows = Vec::new();
            for row in fitting {
                if !store::requests::is_recorded(connection, row.trace)? {
                    rows.push(row);
                }
            }
            rows.extend(store::requests::list(connection, filter, conversation.as_deref())?);
            Ok(rows)
        })?;
        rows.sort_by_key(|row| Reverse((row.at, row.trace)));
        rows.truncate(filter.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// # Errors
    /// The storage's; `Unreadable` when the record was changed.
    pub fn request(&self, trace: &TraceId) -> Result<Option<RequestDetail>> {
        let noted = begun::all_noted(self.inner.storage.folder())?;
        let found = self.inner.storage.read(|connection| {
            let Some(row) = store::requests::one(connection, *trace)? else { return Ok(None) };
            let body = store::requests::body(connection, *trace)?;
            Ok(Some((row, body, store::requests::payload(connection, *trace)?)))
        })?;
        let Some((row, text, stored)) = found else {
            return Ok(noted.into_iter().find(|row| row.trace == *trace).map(RequestDetail::of));
        };
        let mut detail = RequestDetail::of(row);
        if let Some(text) = text {
            let told: RequestBody = body::parse(&text)?;
            detail.attempts = told.attempts;
            detail.verdicts = told.verdicts;
            detail.spans = told.spans;
            detail.citations = told.citations;
            detail.snapshots = told.snapshots;
        }
        if let Some(stored) = stored {
            detail.payload = self.inner.unseal(&stored)?;
        }
        Ok(Some(detail))
    }

    /// All outcomes of a use case in the order of recording, each with its requests and their cost.
    ///
    /// # Errors
    /// The storage's.
    pub fn outcomes(&self, use_case: &str) -> Result<Vec<OutcomeRow>> {
        Ok(self.inner.storage.read(|connection| store::outcomes::list(connection, use_case))?)
    }

    /// What finished requests that began at this moment or later have cost.
    ///
    /// # Errors
    /// The storage's.
    pub fn spent_since(&self, since: Timestamp) -> Result<Vec<Spent>> {
        Ok(self.inner.storage.read(|connection| store::requests::spent_since(connection, since))?)
    }

    /// # Errors
    /// The storage's.
    pub fn events(&self, filter: &EventFilter) -> Result<Vec<EventRow>> {
        Ok(self.inner.storage.read(|connection| store::events::list(connection, filter))?)
    }

    /// The encrypted part of a decision; `None` when it has none, or its subject was erased.
    ///
    /// # Errors
    /// The storage's; `Unreadable` when the record was changed.
    pub fn event_payload(&self, event: &EventRow) -> Result<Option<Value>> {
        let read = |connection: &_| store::events::payload(connection, event);
        match self.inner.storage.read(read)? {
            Some(stored) => self.inner.unseal(&stored),
            None => Ok(None),
        }
    }
}

impl Inner {
    fn unseal<T: DeserializeOwned>(&self, stored: &StoredPayload) -> Result<Option<T>> {
        let changed = || Error::Unreadable("a payload does not open".to_owned());
        let mark: body::PayloadMark = body::parse(&stored.body)?;
        let secret = match (stored.subject_key, &stored.salt) {
            (Some(number), _) => {
                let key = self.storage.read(|connection| store::keys::by_number(connection, number))?;
                let (Some(handle), Some(wrapped)) = key.ok_or_else(changed)? else { return Ok(None) };
                self.keyring.unwrap(&handle, &wrapped)?
            }
            (None, Some(salt)) => {
                let trace = stored.trace.as_deref().ok_or_else(changed)?;
                self.keyring.key_from_salt(&self.storage, trace, salt)?.ok_or_else(changed)?
            }
            (None, None) => return Ok(None),
        };
        let digest = mark.payload.ok_or_else(changed)?;
        let json = seal::open_payload(&secret, &stored.sealed, &digest).ok_or_else(changed)?;
        serde_json::from_slice(&json).map(Some).map_err(|error| Error::Unreadable(error.to_string()))
    }
}
