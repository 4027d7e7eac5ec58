//! A real Postgres for tests: the one that `$SHIPWAY_TEST_POSTGRES` names (`scripts/postgres start` prints such a URL; `scripts/test`
//! starts one for all). Each test makes a schema or a database of its own and drops it, so that all may run at once.
//!
//! Without the variable a test that needs Postgres says that it was not run; with `SHIPWAY_POSTGRES=demanded` it fails.

use postgres::{Client, NoTls};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The URL of the server, unless there is none here.
pub fn url() -> Option<String> {
    let url = std::env::var("SHIPWAY_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    let demanded = std::env::var("SHIPWAY_POSTGRES").is_ok_and(|word| word == "demanded");
    assert!(url.is_some() || !demanded, "SHIPWAY_POSTGRES=demanded, but SHIPWAY_TEST_POSTGRES names no server");
    url
}

/// Whether there is a server; says so when there is none.
pub fn is_here() -> bool {
    let here = url().is_some();
    if !here {
        eprintln!("not run: SHIPWAY_TEST_POSTGRES names no Postgres (scripts/postgres start makes one)");
    }
    here
}

/// Where a test is alone: a schema of its own, or a database of its own. Gone with the value.
#[derive(Debug)]
pub struct TestPostgres {
    server: String,
    /// Of the database that the schema is in.
    pub url: String,
    /// Not made yet: whoever uses it does.
    pub schema: String,
    database: Option<String>,
    roles: Vec<String>,
}

impl TestPostgres {
    /// A name for a schema in the server's first database.
    pub fn schema() -> Self {
        let server = url().expect("a test asks `is_here` first");
        Self { url: server.clone(), server, schema: name(), database: None, roles: Vec::new() }
    }

    /// A database, without any schema of ours; it has what the server's template has, the extension `vector` among it.
    pub fn database() -> Self {
        let server = url().expect("a test asks `is_here` first");
        let name = name();
        let test = Self {
            url: with_database(&server, &name),
            server,
            schema: "shipway".to_owned(),
            database: Some(name.clone()),
            roles: Vec::new(),
        };
        test.administer(&[&format!("CREATE DATABASE {name}")]);
        test
    }

    /// A client as the administrator, for what a test sets up or looks at.
    pub fn client(&self) -> Client {
        Client::connect(&self.url, NoTls).expect("the server of the tests answers")
    }

    /// A user without any rights, who may log in. Gone with the value; for databases, which take all that is theirs with them.
    pub fn role(&mut self) -> String {
        let role = name();
        self.administer(&[&format!("CREATE ROLE {role} LOGIN NOSUPERUSER")]);
        self.roles.push(role.clone());
        role
    }

    /// The same place with another user and password.
    pub fn url_of(&self, user: &str, password: &str) -> String {
        let (_, place) = self.url.rsplit_once('@').expect("the URL names a user");
        format!("postgres://{user}:{password}@{place}")
    }

    /// One by one, since some must not stand in a transaction.
    fn administer(&self, statements: &[&str]) {
        let mut client = Client::connect(&self.server, NoTls).expect("the server of the tests answers");
        for statement in statements {
            client.batch_execute(statement).expect("an administrator may");
        }
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        match &self.database {
            Some(name) => {
                self.administer(&[&format!("DROP DATABASE {name} WITH (FORCE)")]);
                let roles: Vec<String> = self.roles.iter().map(|role| format!("DROP ROLE {role}")).collect();
                self.administer(&roles.iter().map(String::as_str).collect::<Vec<_>>());
            }
            None => {
                // A test may have stopped its server; then there is nothing to drop.
                if let Ok(mut client) = Client::connect(&self.url, NoTls) {
                    drop(client.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", self.schema)));
                }
            }
        }
    }
}

/// A server of a test's own, to be killed and to have its rules changed. Takes some seconds to start.
#[derive(Debug)]
pub struct OwnServer {
    folder: TempDir,
    pub url: String,
}

impl OwnServer {
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = script(&["start"], &folder);
        Self { folder, url }
    }

    /// Kills it and starts it again at the same place.
    pub fn restart(&self) {
        script(&["restart"], &self.folder);
    }

    /// Kills it, until it is restarted.
    pub fn crash(&self) {
        let mut client = Client::connect(&self.url, NoTls).expect("the server of the test answers");
        let data: String = client.query_one("SHOW data_directory", &[]).expect("an administrator may ask").get(0);
        let file = Path::new(&data).join("postmaster.pid");
        let process = std::fs::read_to_string(&file).expect("the server's file of its process");
        let process = process.lines().next().expect("its number").to_owned();
        // SIGQUIT: every session is cut at once, and nothing is written down.
        let status = Command::new("kill").args(["-QUIT", &process]).status();
        assert!(status.is_ok_and(|status| status.success()), "the server could not be killed");
        let begun = Instant::now();
        while file.exists() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// From now on this user must give a password to log in.
    pub fn demand_password(&self, user: &str) {
        let mut client = Client::connect(&self.url, NoTls).expect("the server of the test answers");
        let rules: String = client.query_one("SHOW hba_file", &[]).expect("an administrator may ask").get(0);
        let all = "host all all 127.0.0.1/32 trust";
        client
            .batch_execute(&format!(
                "COPY (SELECT unnest(ARRAY['host all {user} 127.0.0.1/32 scram-sha-256', '{all}'])) TO '{rules}';
                 SELECT pg_reload_conf()"
            ))
            .expect("an administrator may change it");
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        script(&["stop"], &self.folder);
    }
}

fn script(arguments: &[&str], folder: &TempDir) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
    let done =
        Command::new(script).args(arguments).arg(folder.path().join("postgres")).output().expect("it can be run");
    assert!(done.status.success(), "scripts/postgres {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn with_database(url: &str, database: &str) -> String {
    let (place, parameters) =
        url.split_once('?').map_or((url, String::new()), |(place, rest)| (place, format!("?{rest}")));
    let (server, _) = place.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{database}{parameters}")
}

/// Its own for each test of each process, however often they run.
fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    format!("test_{}_{}_{started}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
