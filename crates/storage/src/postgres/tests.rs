//! A real Postgres: jobs that are whole or not at all, processes that start at once, servers that go away and come back, and
//! errors that say what to do without saying a password.

use super::{Connection, Error, Options, Postgres, Result};
use crate::Blame;
use std::thread;
use std::time::Duration;
use testkit::TestPostgres;
use testkit::postgres::{OwnServer, is_here};

const TABLE: &[&str] = &["CREATE TABLE note (number integer PRIMARY KEY, text text NOT NULL)"];

fn options(test: &TestPostgres) -> Options {
    Options { schema: test.schema.clone(), connections: 4, ..Options::default() }
}

fn connect(test: &TestPostgres) -> Postgres {
    let postgres = Postgres::connect(&test.url, options(test)).expect("the server of the tests answers");
    postgres.migrate("notes", TABLE).expect("the table can be made");
    postgres
}

fn note(connection: &mut Connection, number: i32) -> Result<()> {
    connection.execute("INSERT INTO note VALUES ($1, 'text')", &[&number]).map(drop)
}

fn notes(postgres: &Postgres) -> Vec<i32> {
    let read = |connection: &mut Connection| {
        Ok(connection.query("SELECT number FROM note ORDER BY 1", &[])?.iter().map(|row| row.get(0)).collect())
    };
    postgres.read(read).expect("notes can be read")
}

#[test]
fn an_address_is_read_or_refused_without_a_word_of_its_password() {
    let refused = |url: &str| {
        let error = Postgres::connect(url, Options::default()).expect_err("it is wrong").to_string();
        assert!(!error.contains("s3cret"), "{error}");
        error
    };
    for url in [
        "mysql://app:s3cret@localhost/db",
        "postgres://app:s3cret?pa@ss@localhost/db",
        "postgres://app:s3cret@localhost/db?sslmode=perhaps",
        "postgres://app:s3cret@localhost/db?sslcert=mine.pem",
        "postgres://app:s3cret@localhost:many/db",
        "postgres:///db?user=app&password=s3cret",
    ] {
        assert!(refused(url).starts_with("the address of Postgres cannot be read"), "{url}");
    }
    // Nobody listens on port 1.
    for mode in ["disable", "prefer", "require", "verify-ca", "verify-full"] {
        let error = refused(&format!("postgres://app:s3cret@127.0.0.1:1/db?sslmode={mode}"));
        assert!(error.starts_with("Postgres at 127.0.0.1:1/db cannot be reached"), "{error}");
    }
    let error = refused("postgres://app:s3cret@127.0.0.1:1/db?sslmode=require&sslrootcert=%2Fnowhere%2Froot.pem");
    assert!(error.contains("/nowhere/root.pem"), "{error}");
    let schema = Options { schema: "a\"b".to_owned(), ..Options::default() };
    let error = Postgres::connect("postgres://app@127.0.0.1:1/db", schema).expect_err("no such schema");
    assert!(matches!(error, Error::Schema(_)), "{error}");
}

#[test]
fn a_job_is_whole_or_not_at_all() {
    if !is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let postgres = connect(&test);
    postgres.write(|connection| note(connection, 1)).expect("it can be written");
    let twice = postgres.write(|connection| note(connection, 2).and_then(|()| note(connection, 1)));
    assert!(matches!(twice, Err(Error::Query(_))), "{twice:?}");
    let refused: Result<()> = postgres.write(|connection| {
        note(connection, 3)?;
        Err(Error::refuse(std::io::Error::other("no")))
    });
    assert!(refused.expect_err("it was refused").refusal::<std::io::Error>().is_some());
    assert_eq!(notes(&postgres), [1]);
    let reading = postgres.read_moment(|connection| note(connection, 4));
    assert!(matches!(reading, Err(Error::ReadOnly(_))), "{reading:?}");
    assert!(!format!("{postgres:?}").contains("password"));
}

#[test]
fn processes_that_start_at_once_make_the_tables_once() {
    if !is_here() {
        return;
    }
    let test = TestPostgres::schema();
    thread::scope(|threads| {
        for _ in 0..5 {
            threads.spawn(|| connect(&test));
        }
    });
    let postgres = connect(&test);
    assert_eq!(notes(&postgres), [0; 0]);
    for (steps, expected) in
        [(&["CREATE TABLE other (n integer)"][..], "another version of step 1"), (&[], "newer Shipway")]
    {
        let error = postgres.migrate("notes", steps).expect_err("they do not belong together");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.blame(), Blame::Operator);
    }
}

#[test]
fn writes_that_block_each_other_both_happen() {
    if !is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let postgres = connect(&test);
    postgres.write(|connection| note(connection, 1).and_then(|()| note(connection, 2))).expect("it can be written");
    let meet = std::sync::Barrier::new(2);
    thread::scope(|threads| {
        for order in [[1, 2], [2, 1]] {
            let (postgres, meet) = (&postgres, &meet);
            threads.spawn(move || {
                let mut first = true;
                let done = postgres.write(|connection| {
                    let append = "UPDATE note SET text = text || '+' WHERE number = $1";
                    connection.execute(append, &[&order[0]])?;
                    if std::mem::take(&mut first) {
                        meet.wait();
                    }
                    connection.execute(append, &[&order[1]])
                });
                done.expect("the one that is given up begins again");
            });
        }
    });
    let texts = |connection: &mut Connection| {
        Ok(connection.query("SELECT text FROM note", &[])?.iter().map(|row| row.get(0)).collect())
    };
    let texts: Vec<String> = postgres.read(texts).expect("they can be read");
    assert_eq!(texts, ["text++", "text++"]);
}

#[test]
fn limits_are_errors_that_may_pass_and_leave_a_sound_connection() {
    if !is_here() {
        return;
    }
    let mut test = TestPostgres::database();
    let role = test.role();
    test.client()
        .batch_execute(&format!(
            "ALTER ROLE {role} SET temp_file_limit = '1MB'; ALTER ROLE {role} SET work_mem = '64kB'"
        ))
        .expect("an administrator may");
    let few = Options { connections: 1, wait: Duration::from_millis(50), ..options(&test) };
    let few = Options { statement_timeout: Duration::from_secs(3), ..few };
    let postgres = Postgres::connect(&test.url_of(&role, ""), few).expect("it may log in");
    let check = |found: Result<()>, expected: fn(&Error) -> bool| {
        let error = found.expect_err("it is beyond a limit");
        assert!(expected(&error) && error.may_pass() && error.blame() == Blame::Operator, "{error:?}");
    };
    let sorted =
        "SELECT count(*) FROM (SELECT n FROM generate_series(1, 300000) AS n ORDER BY md5(n::text) OFFSET 0) AS all_of";
    check(postgres.read(|connection| connection.query(sorted, &[]).map(drop)), |error| matches!(error, Error::Full(_)));
    check(postgres.read(|_| postgres.read(|_| Ok(()))), |error| matches!(error, Error::Busy(_)));
    let slow = |connection: &mut Connection| connection.query("SELECT pg_sleep(60)", &[]).map(drop);
    check(postgres.read(slow), |error| matches!(error, Error::TimedOut));
    assert_eq!(
        postgres.read(|connection| Ok(connection.query_one("SELECT 7", &[])?.get::<_, i32>(0))).expect("it reads"),
        7
    );
    let error = postgres.migrate("notes", TABLE).expect_err("it may make no schema");
    assert!(matches!(error, Error::Permission(_)) && error.to_string().contains("denied"), "{error}");
}

#[test]
fn settings_go_with_the_handle() {
    if !is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let postgres = Postgres::connect(&test.url, Options { connections: 1, ..options(&test) }).expect("it answers");
    let told = postgres.with_settings(vec![("shipway.groups".to_owned(), "{\"it's\"}".to_owned())]);
    let setting = |postgres: &Postgres| -> String {
        let ask = "SELECT coalesce(current_setting('shipway.groups', true), '')";
        postgres.read(|connection| Ok(connection.query_one(ask, &[])?.get(0))).expect("it reads")
    };
    for _ in 0..2 {
        assert_eq!((setting(&told), setting(&postgres)), ("{\"it's\"}".to_owned(), String::new()));
    }
}

#[test]
fn a_lock_is_one_holders_until_it_goes() {
    if !is_here() {
        return;
    }
    let test = TestPostgres::schema();
    let (one, other) = (connect(&test), connect(&test));
    let lock = one.lock("feed").expect("it can be asked").expect("it is free");
    assert!(lock.is_held());
    assert!(other.lock("feed").expect("it can be asked").is_none());
    let second = other.lock("another").expect("it can be asked").expect("it is free");
    assert!(second.is_held());
    drop(lock);
    assert!(other.lock("feed").expect("it can be asked").is_some(), "it is free at once");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async { drop(second) });
    assert!(one.lock("another").expect("it can be asked").is_some(), "wherever it is dropped");
}

#[test]
fn an_extension_is_made_or_asked_for() {
    if !is_here() {
        return;
    }
    let mut test = TestPostgres::database();
    let role = test.role();
    test.client().batch_execute("DROP EXTENSION vector").expect("an administrator may");
    let stranger = Postgres::connect(&test.url_of(&role, ""), options(&test)).expect("it may log in");
    let error = stranger.demand_extension("vector").expect_err("it may not");
    assert!(matches!(error, Error::Extension { .. }), "{error:?}");
    assert!(error.to_string().contains("CREATE EXTENSION vector") && error.blame() == Blame::Operator, "{error}");
    let owner = Postgres::connect(&test.url, options(&test)).expect("it may log in");
    owner.demand_extension("vector").expect("it may");
    stranger.demand_extension("vector").expect("it is there");
    let error = owner.demand_extension("no_such_extension").expect_err("there is none");
    assert!(matches!(error, Error::Extension { .. }), "{error:?}");
}

/// One server for both, since it takes a while to start.
#[test]
fn a_server_that_was_killed_is_met_again_and_a_wrong_password_is_not_shown() {
    if !is_here() {
        return;
    }
    let server = OwnServer::start();
    let postgres = Postgres::connect(&server.url, Options::default()).expect("it answers");
    postgres.migrate("notes", TABLE).expect("the table can be made");
    let lock = postgres.lock("feed").expect("it can be asked").expect("it is free");
    thread::scope(|threads| {
        let waiting =
            threads.spawn(|| postgres.read(|connection| connection.query("SELECT pg_sleep(20)", &[]).map(drop)));
        thread::sleep(Duration::from_millis(300));
        server.restart();
        let during = waiting.join().expect("no panic");
        assert!(during.as_ref().map_or_else(Error::may_pass, |()| true), "{during:?}");
    });
    assert_eq!(notes(&postgres), [0; 0]);
    server.restart();
    postgres.write(|connection| note(connection, 1)).expect("nothing was sent to the server that went away");
    assert_eq!(notes(&postgres), [1]);
    assert!(!lock.is_held());

    let (_, place) = server.url.split_once('@').expect("a user");
    let mut administrator = ::postgres::Client::connect(&server.url, ::postgres::NoTls).expect("it answers");
    administrator.batch_execute("CREATE ROLE guarded LOGIN PASSWORD 'right'").expect("an administrator may");
    server.demand_password("guarded");
    let login =
        |password: &str| Postgres::connect(&format!("postgres://guarded:{password}@{place}"), Options::default());
    let refused = (0..50).find_map(|_| {
        thread::sleep(Duration::from_millis(20));
        login("wr0ng").err()
    });
    let error = refused.expect("the rule is read soon");
    assert!(matches!(error, Error::Login { .. }) && !error.may_pass(), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("wr0ng"), "{error}");
    login("right").expect("the right one");
}
