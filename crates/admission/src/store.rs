//! All the SQL of this room: the keys.

use crate::key::{KeyInfo, SecretHash};
use crate::limits::{KeyLimits, Priority};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, params};
use serde::de::DeserializeOwned;
use usecase::{MicroUsd, PrincipalRole, Timestamp};

/// The steps of this room's tables since its first version. Append only.
pub(crate) const STEPS: &[&str] = &[
    r"
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
",
    r"
ALTER TABLE admission_keys ADD COLUMN requests_per_minute INTEGER;
ALTER TABLE admission_keys ADD COLUMN tokens_per_minute INTEGER;
ALTER TABLE admission_keys ADD COLUMN concurrency INTEGER;
ALTER TABLE admission_keys ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
CREATE TABLE admission_generation (one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL);
INSERT INTO admission_generation VALUES (1, 1);
CREATE TRIGGER admission_key_made AFTER INSERT ON admission_keys
    BEGIN UPDATE admission_generation SET generation = generation + 1; END;
CREATE TRIGGER admission_key_changed AFTER UPDATE ON admission_keys
    BEGIN UPDATE admission_generation SET generation = generation + 1; END;
CREATE TRIGGER admission_key_gone AFTER DELETE ON admission_keys
    BEGIN UPDATE admission_generation SET generation = generation + 1; END;
",
];

const COLUMNS: &str = "id, name, role, use_cases, access_groups, budget_per_day, created, revoked, requests_per_minute,
    tokens_per_minute, concurrency, priority";

/// False when the id is taken.
pub(crate) fn insert(transaction: &Transaction<'_>, key: &KeyInfo, hash: &SecretHash) -> storage::Result<bool> {
    let sql = "INSERT INTO admission_keys (id, secret_sha256, name, role, use_cases, access_groups, budget_per_day,
                   created, requests_per_minute, tokens_per_minute, concurrency, priority)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO NOTHING";
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
        key.limits.requests_per_minute,
        key.limits.tokens_per_minute,
        key.limits.concurrency,
        key.limits.priority.word(),
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

/// A number that another one follows with every change of a key. It is read together with a look at the keys, so that
/// it fails when they cannot be read.
pub(crate) fn generation(connection: &Connection) -> storage::Result<i64> {
    let sql = "SELECT generation, EXISTS (SELECT 1 FROM admission_keys) FROM admission_generation";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// All keys with their hashes.
pub(crate) fn load(connection: &Connection) -> storage::Result<Vec<(KeyInfo, SecretHash)>> {
    let sql = format!("SELECT {COLUMNS}, secret_sha256 FROM admission_keys");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([], |row| Ok((key_row(row)?, row.get("secret_sha256")?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn key_row(row: &Row<'_>) -> rusqlite::Result<KeyInfo> {
    let role: String = row.get(2)?;
    let use_cases: Option<String> = row.get(3)?;
    let priority: String = row.get(11)?;
    let unreadable_priority = || unreadable(11, format!("no priority: {priority:?}").into());
    Ok(KeyInfo {
        id: row.get(0)?,
        name: row.get(1)?,
        role: role_of(&role).ok_or_else(|| unreadable(2, format!("no role: {role:?}").into()))?,
        use_cases: use_cases.map(|text| from_json(3, &text)).transpose()?,
        groups: from_json(4, &row.get::<_, String>(4)?)?,
        budget_per_day: row.get::<_, Option<i64>>(5)?.map(MicroUsd),
        limits: KeyLimits {
            requests_per_minute: row.get(8)?,
            tokens_per_minute: row.get(9)?,
            concurrency: row.get(10)?,
            priority: Priority::of_word(&priority).ok_or_else(unreadable_priority)?,
        },
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
