//! All the SQL of this room: the keys.

use crate::key::{KeyInfo, SecretHash};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::de::DeserializeOwned;
use usecase::{MicroUsd, PrincipalRole, Timestamp};

/// The steps of this room's tables since its first version. Append only.
pub(crate) const STEPS: &[&str] = &[r"
CREATE TABLE admission_keys (
    id TEXT PRIMARY KEY,
    secret_sha256 BLOB NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    use_cases TEXT,
    access_groups TEXT NOT NULL,
    budget_per_day INTEGER,
    created INTEGER NOT NULL,
    revoked INTEGER
) WITHOUT ROWID;
"];

const COLUMNS: &str = "id, name, role, use_cases, access_groups, budget_per_day, created, revoked";

/// False when the id is taken.
pub(crate) fn insert(transaction: &Transaction<'_>, key: &KeyInfo, hash: &SecretHash) -> storage::Result<bool> {
    let sql = "INSERT INTO admission_keys (id, secret_sha256, name, role, use_cases, access_groups, budget_per_day,
                   created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING";
    let json = |list: &Vec<String>| serde_json::Value::from(list.clone()).to_string();
    let made = transaction.prepare_cached(sql)?.execute(params![
        key.id,
        hash,
        key.name,
        role_word(key.role),
        key.use_cases.as_ref().map(json),
        json(&key.groups),
        key.budget_per_day.map(|budget| budget.0),
        key.created.0,
    ])?;
    Ok(made == 1)
}

/// False when there is no such key, or it was revoked before.
pub(crate) fn revoke(transaction: &Transaction<'_>, id: &str, at: Timestamp) -> storage::Result<bool> {
    let sql = "UPDATE admission_keys SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL";
    Ok(transaction.prepare_cached(sql)?.execute(params![id, at.0])? == 1)
}

pub(crate) fn list(connection: &Connection) -> storage::Result<Vec<KeyInfo>> {
    let sql = format!("SELECT {COLUMNS} FROM admission_keys ORDER BY created, id");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], key_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn find(connection: &Connection, id: &str) -> storage::Result<Option<(KeyInfo, SecretHash)>> {
    // COLUMNS and the hash after them; written out so that no text is built on the path of a request.
    let sql = "SELECT id, name, role, use_cases, access_groups, budget_per_day, created, revoked, secret_sha256
               FROM admission_keys WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([id], |row| Ok((key_row(row)?, row.get(8)?))).optional()?)
}

/// Whether a key was ever made, revoked ones included.
pub(crate) fn any(connection: &Connection) -> storage::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM admission_keys)")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn key_row(row: &Row<'_>) -> rusqlite::Result<KeyInfo> {
    let role: String = row.get(2)?;
    let use_cases: Option<String> = row.get(3)?;
    Ok(KeyInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        role: role_of(&role).ok_or_else(|| unreadable(2, format!("no role: {role:?}").into()))?,
        use_cases: use_cases.map(|text| from_json(3, &text)).transpose()?,
        groups: from_json(4, &row.get::<_, String>(4)?)?,
        budget_per_day: row.get::<_, Option<i64>>(5)?.map(MicroUsd),
        created: Timestamp(row.get(6)?),
        revoked: row.get::<_, Option<i64>>(7)?.map(Timestamp),
    })
}

fn from_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(column, error.into()))
}

fn unreadable(column: usize, error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error)
}

fn role_word(role: PrincipalRole) -> &'static str {
    match role {
        PrincipalRole::App => "app",
        PrincipalRole::Admin => "admin",
    }
}

fn role_of(word: &str) -> Option<PrincipalRole> {
    match word {
        "app" => Some(PrincipalRole::App),
        "admin" => Some(PrincipalRole::Admin),
        _ => None,
    }
}
