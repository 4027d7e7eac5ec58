//! Secrets: what is on disk, and the master key.

use super::*;
use crate::seal::{hmac, open_payload, seal_payload, unwrap, wrap};
use crate::{Error, Owner};
use usecase::Fault;

/// All bytes of all files in the data folder.
fn raw(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it is read").path();
        if path.is_file() {
            all.extend(std::fs::read(path).expect("it is read"));
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn nothing_personal_is_readable_on_disk() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    let begun = Started { subject: Some("zebulon@example.com".to_owned()), ..in_conversation("whatsapp-4915112345") };
    serve(&ledger, begun).await;
    let note = (Owner::Subject("zebulon@example.com".to_owned()), json!("asks for Fridays"));
    ledger.append(Event { payload: Some(note), ..decision("review", json!({})) }).await.expect("it is recorded");
    let check = |moment: &str| {
        let bytes = raw(folder.path());
        assert!(holds(&bytes, "local/extractive"), "{moment}: what is meant to be readable is");
        for personal in ["Zebulon", "zebulon@example.com", "Friday", "twelve days", "whatsapp-4915112345"] {
            assert!(!holds(&bytes, personal), "{moment}: {personal}");
        }
    };
    assert!(folder.path().join("shipway.db-wal").exists());
    check("while the log is open");
    drop((ledger, storage));
    check("after closing");
}

#[tokio::test]
async fn a_destroyed_key_is_overwritten_in_the_file() {
    let folder = folder();
    let (storage, ledger) = open(folder.path());
    serve(&ledger, in_conversation("c-1")).await;
    let wrapped: Vec<u8> = storage
        .read(|connection| Ok(connection.query_row("SELECT wrapped FROM ledger_subject_keys", [], |row| row.get(0))?))
        .expect("it reads");
    ledger.erase(&Owner::Conversation("c-1".to_owned())).await.expect("it is erased");
    drop((ledger, storage));
    let bytes = raw(folder.path());
    assert!(!bytes.windows(wrapped.len()).any(|window| window == wrapped));
}

#[tokio::test]
async fn the_master_key_is_private_and_never_replaced() {
    let folder = folder();
    let key = folder.path().join("master.key");
    {
        let (_storage, ledger) = open(folder.path());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&key).expect("it was made").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // No record needs the first key yet, so a lost one may be made anew.
        drop(ledger);
        std::fs::remove_file(&key).expect("it was there");
        let (_storage, ledger) = open(folder.path());
        serve(&ledger, started()).await;
    }
    let text = std::fs::read_to_string(&key).expect("it is there");
    let storage = Storage::open(folder.path()).expect("it opens");
    let check = |content: Option<&str>, expected: fn(&Error) -> bool| {
        match content {
            Some(content) => std::fs::write(&key, content).expect("it is written"),
            None => std::fs::remove_file(&key).expect("it was there"),
        }
        let error = Ledger::open(&storage).expect_err("the key does not fit");
        assert!(expected(&error), "{error:?}");
        assert_eq!(error.fault(), Fault::Operator);
        assert!(error.to_string().contains("master.key"), "{error}");
    };
    check(None, |error| matches!(error, Error::MasterKeyMissing(_)));
    assert!(!key.exists(), "none was made over existing records");
    let short = |error: &Error| error.to_string().contains("it holds 9 characters, a key has 64");
    check(Some("not a key"), short);
    let malformed: fn(&Error) -> bool = |error| matches!(error, Error::MasterKeyMalformed { .. });
    for text in ["", &text[..63], &"+f".repeat(32), &"é".repeat(64)] {
        check(Some(text), malformed);
    }
    check(Some(&"ab".repeat(32)), |error| matches!(error, Error::MasterKeyWrong(_)));
    std::fs::write(&key, text).expect("it is written");
    assert_intact(&Ledger::open(&storage).expect("the right key is back"));
}

#[test]
fn a_sealed_payload_opens_only_whole_and_with_its_key_and_digest() {
    let (key, other) = ([7; 32], [8; 32]);
    let json = br#"{"a":1}"#;
    let sealed = seal_payload(&key, json).expect("it seals");
    let twin = seal_payload(&key, json).expect("it seals");
    assert_ne!(sealed.digest, twin.digest, "equal payloads have different digests");
    assert_eq!(open_payload(&key, &sealed.bytes, &sealed.digest).as_deref(), Some(json.as_slice()));
    assert_eq!(open_payload(&other, &sealed.bytes, &sealed.digest), None);
    assert_eq!(open_payload(&key, &sealed.bytes, &twin.digest), None);
    for end in 0..sealed.bytes.len() {
        assert_eq!(open_payload(&key, &sealed.bytes[..end], &sealed.digest), None, "cut at {end}");
    }
    let wrapped = wrap(&key, &[1; 16], &other).expect("it wraps");
    assert_eq!(unwrap(&key, &[1; 16], &wrapped), Some(other));
    assert_eq!(unwrap(&key, &[2; 16], &wrapped), None, "bound to its subject");
}

#[test]
fn hmac_agrees_with_the_standard() {
    // RFC 4231, test case 2, "Jefe", padded with zeroes to the 32 bytes of our keys, which leaves an HMAC unchanged.
    let mut key = [0; 32];
    key[..4].copy_from_slice(b"Jefe");
    let digest = hmac(&key, &[b"what do ya want ", b"for nothing?"]);
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(usecase::ids::hex(&digest), expected);
}
