//! Rows of Postgres or SQLite: one query, one row a document. The query is the operator's own; it stands inside a query
//! of ours that only reads, so that it can be nothing but one SELECT.
//!
//! Without a `cursor` column every run sees all rows, ordered by id, and what is not seen any more is gone. With one, a
//! run sees the rows beyond the largest value that the last good run has seen, in the order of the column, which the
//! database knows best; rows are gone only when their `deleted` column says so. A row that is seen again (a query with
//! `>=`, which loses no row of the same moment) costs little: its content is known.

mod store;

use super::object::Keys;
use super::{Content, Item, Since, Source, Taker, Walked};
use crate::error::{Error, Result};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;
use store::Database;
use usecase::declared::{DatabaseRef, SqlSource};

pub(crate) struct SqlRows {
    database: Database,
    question: Question,
    keys: Keys,
    start: Option<String>,
}

/// What the database is asked.
struct Question {
    query: String,
    id: String,
    text: String,
    title: String,
    /// The columns that must be there, beside the two.
    needed: Vec<String>,
    cursor: Option<String>,
    /// How long the database may take for a batch of rows.
    timeout: Duration,
}

/// One row of the answer.
struct Row {
    /// `None` when the id is NULL.
    id: Option<String>,
    /// The cursor's column, in the form in which it can be asked for again; null when it is NULL, or there is none.
    after: Value,
    /// The columns, or why they cannot be taken.
    columns: std::result::Result<Map<String, Value>, String>,
}

/// What takes the rows over.
type TakeRow<'a> = &'a mut dyn FnMut(Row) -> Result<()>;

impl SqlRows {
    /// Relative paths of SQLite count from `folder`.
    ///
    /// # Errors
    /// The secret is not there, or names no database; the file is not below the folder.
    pub(crate) fn new(declared: &SqlSource, folder: &Path) -> Result<Self> {
        let keys = Keys {
            id: declared.id.clone(),
            text: declared.text.clone(),
            title: declared.title.clone(),
            deleted: declared.deleted.clone(),
        };
        // A title is welcome and need not be there, unless somebody says where it is.
        let title = Some(&declared.title).filter(|title| *title != "title");
        let question = Question {
            query: declared.query.trim().trim_end_matches(';').to_owned(),
            id: declared.id.clone(),
            text: declared.text.clone(),
            title: declared.title.clone(),
            needed: title.into_iter().chain(&declared.deleted).chain(&declared.cursor).cloned().collect(),
            cursor: declared.cursor.clone(),
            timeout: declared.timeout.as_duration(),
        };
        Ok(Self { database: database(&declared.url, folder)?, question, keys, start: declared.cursor_start.clone() })
    }
}

fn database(url: &DatabaseRef, folder: &Path) -> Result<Database> {
    let file = match url {
        DatabaseRef::Sqlite(file) => file.clone(),
        DatabaseRef::Secret(secret) => {
            let url = secret.resolve().ok_or_else(|| Error::MissingSecret { reference: secret.to_string() })?;
            match url.strip_prefix("sqlite:") {
                Some(file) => file.trim().to_owned(),
                None => return Ok(Database::Postgres { url, reference: secret.to_string() }),
            }
        }
    };
    Ok(Database::Sqlite { path: below(folder, &file)?, shown: file })
}

/// The file's path with every link resolved, which must lie below the folder.
fn below(folder: &Path, file: &str) -> Result<PathBuf> {
    let refuse = |reason: String| Error::Source { place: format!("the SQLite file `{file}`"), reason };
    let named = Path::new(file).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if file.is_empty() || !named {
        return Err(refuse("it must be named by a path below the use case's folder, without `..`".to_owned()));
    }
    let root = folder.canonicalize().map_err(|cause| Error::Folder { path: folder.to_owned(), cause })?;
    let path = root.join(file).canonicalize().map_err(|cause| refuse(cause.to_string()))?;
    if !path.starts_with(&root) {
        return Err(refuse("it is a link that leaves the use case's folder".to_owned()));
    }
    if !path.is_file() {
        return Err(refuse("it is not an ordinary file".to_owned()));
    }
    Ok(path)
}

impl Source for SqlRows {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let remembered = since.cursor.and_then(|cursor| cursor.get("after")).filter(|after| !after.is_null());
        let start = self.start.as_ref().map(|start| Value::String(start.clone()));
        let after = remembered.cloned().or(start).unwrap_or_default();
        let mut rows = RowsTaken { keys: &self.keys, taker, seen: HashSet::new(), count: 0, largest: Value::Null };
        self.database.read(&self.question, &after, &mut |row| rows.take(row))?;
        let largest = rows.largest;
        Ok(Walked {
            whole: self.question.cursor.is_none(),
            cursor: if largest.is_null() { since.cursor.cloned() } else { Some(json!({ "after": largest })) },
            ..Walked::default()
        })
    }
}

/// The rows so far.
struct RowsTaken<'a> {
    keys: &'a Keys,
    taker: &'a mut dyn Taker,
    /// The ids so far, as 128 bits of their SHA-256: millions of them fit.
    seen: HashSet<[u8; 16]>,
    count: u64,
    largest: Value,
}

impl RowsTaken<'_> {
    fn take(&mut self, row: Row) -> Result<()> {
        self.count += 1;
        // Rows come in the order of the cursor, NULL first.
        if !row.after.is_null() {
            self.largest = row.after;
        }
        let place = format!("row {}", self.count);
        let (name, content) = match (row.id, row.columns) {
            (None, _) => (place, Content::Refused(format!("it has no id: `{}` is NULL", self.keys.id))),
            (Some(id), _) if !self.seen.insert(short_hash(&id)) => {
                let reason = format!("a second row with the id {id}; every document needs an id of its own");
                (format!("{id} ({place})"), Content::Refused(reason))
            }
            (Some(id), Err(reason)) => (id, Content::Refused(reason)),
            (Some(id), Ok(columns)) => {
                let content = self.keys.content(&id, columns);
                (id, content)
            }
        };
        self.taker.take(Item { name, version: None, content })
    }
}

fn short_hash(id: &str) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    std::array::from_fn(|index| whole[index])
}

#[cfg(test)]
mod tests;
