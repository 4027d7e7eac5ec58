//! The tables of this room: released bundles, the pointer of each use case, the decisions.

use crate::decision::{Decision, Pointer};
use crate::error::Error;
use rusqlite::{OptionalExtension, params};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::path::Path;
use storage::Storage;
use usecase::BundleId;
use usecase::bundle::Bundle;

const STEPS: &[&str] = &["
    CREATE TABLE release_bundles (
        id TEXT PRIMARY KEY,
        use_case TEXT NOT NULL,
        content TEXT NOT NULL
    ) STRICT;
    CREATE TABLE release_pointers (
        use_case TEXT PRIMARY KEY,
        pointer TEXT NOT NULL
    ) STRICT;
    CREATE TABLE release_decisions (
        number INTEGER PRIMARY KEY,
        use_case TEXT NOT NULL,
        decision TEXT NOT NULL
    ) STRICT;
    CREATE INDEX release_decisions_by_use_case ON release_decisions (use_case, number);
"];

#[derive(Clone)]
pub(crate) struct Store {
    storage: Storage,
}

impl Store {
    pub(crate) fn open(storage: &Storage) -> Result<Self, Error> {
        storage.migrate("releases", STEPS)?;
        Ok(Self { storage: storage.clone() })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.storage.folder()
    }

    /// One decision at a time, also across processes: held from reading the pointer until it has moved. The lock is the
    /// operating system's and goes with the process.
    pub(crate) fn turn(&self) -> Result<File, Error> {
        let path = self.storage.folder().join("releases.lock");
        let taken = File::create(&path).and_then(|file| file.lock().map(|()| file));
        taken.map_err(|error| Error::NoTurn(format!("{}: {error}", path.display())))
    }

    pub(crate) fn keep_bundle(&self, bundle: &Bundle) -> Result<(), Error> {
        let (id, use_case) = (bundle.id.to_string(), bundle.use_case.clone());
        let content = text(bundle);
        self.storage.write_blocking(move |transaction| {
            let sql = "INSERT OR IGNORE INTO release_bundles (id, use_case, content) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![id, use_case, content])?;
            Ok(())
        })?;
        Ok(())
    }

    pub(crate) fn bundle(&self, id: &BundleId) -> Result<Option<Bundle>, Error> {
        let sql = "SELECT content FROM release_bundles WHERE id = ?1";
        let content: Option<String> = self.storage.read(|connection| {
            Ok(connection.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0)).optional()?)
        })?;
        content.map(|content| parse(id, &content)).transpose()
    }

    pub(crate) fn pointer(&self, use_case: &str) -> Result<Option<Pointer>, Error> {
        let sql = "SELECT pointer FROM release_pointers WHERE use_case = ?1";
        let content: Option<String> = self.storage.read(|connection| {
            Ok(connection.prepare_cached(sql)?.query_row([use_case], |row| row.get(0)).optional()?)
        })?;
        content.map(|content| parse(&BundleId::from_stored(use_case), &content)).transpose()
    }

    pub(crate) fn history(&self, use_case: &str) -> Result<Vec<Decision>, Error> {
        let sql = "SELECT decision FROM release_decisions WHERE use_case = ?1 ORDER BY number DESC";
        let rows: Vec<String> = self.storage.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map([use_case], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })?;
        rows.iter().map(|content| parse(&BundleId::from_stored(use_case), content)).collect()
    }

    /// The flip: the pointer and the decision that moved it, in one transaction.
    pub(crate) fn move_pointer(&self, decision: &Decision, pointer: &Pointer) -> Result<(), Error> {
        let (use_case, decision, pointer) = (decision.use_case.clone(), text(decision), text(pointer));
        self.storage.write_blocking(move |transaction| {
            let sql = "INSERT INTO release_pointers (use_case, pointer) VALUES (?1, ?2)
                       ON CONFLICT (use_case) DO UPDATE SET pointer = excluded.pointer";
            transaction.execute(sql, params![use_case, pointer])?;
            let sql = "INSERT INTO release_decisions (use_case, decision) VALUES (?1, ?2)";
            transaction.execute(sql, params![use_case, decision])?;
            Ok(())
        })?;
        Ok(())
    }
}

fn text(value: &impl serde::Serialize) -> String {
    // Only maps with keys that are not text fail to serialize, and none of ours has such keys.
    serde_json::to_string(value).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(id: &BundleId, content: &str) -> Result<T, Error> {
    serde_json::from_str(content).map_err(|error| Error::Damaged(id.clone(), error.to_string()))
}
