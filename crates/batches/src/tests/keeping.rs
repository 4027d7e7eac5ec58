//! Files: whose they are, what limits them, when they go.

use super::{LIMITS, Room, app, asked, line};
use crate::{Error, NewBatch, NewFile, Page, Status, store};
use usecase::{Principal, Timestamp};

#[test]
fn a_file_is_its_keys_own_and_encrypted() {
    let room = Room::new();
    let (ann, bob, admin) = (app("ann"), app("bob"), Principal::developer());
    let text = line("secret-name", "m");
    let file = room.upload(&ann, &text);
    assert_eq!(room.content(&ann, &file.id), text);
    assert_eq!(room.content(&admin, &file.id), text);
    assert!(matches!(room.batches.content(&bob, &file.id), Err(Error::NoSuchFile(_))));
    assert!(matches!(room.batches.delete(&bob, &file.id), Err(Error::NoSuchFile(_))));
    assert!(matches!(room.batches.create(&bob, asked(&file.id)), Err(Error::NoSuchFile(_))));
    let listed = |who| room.batches.files(who, &Page::default()).expect("a list").0.len();
    assert_eq!((listed(&ann), listed(&bob), listed(&admin)), (1, 0, 1));

    let sealed = std::fs::read(room.folder.path().join("files").join(&file.id)).expect("what lies on disk");
    assert!(!String::from_utf8_lossy(&sealed).contains("secret-name"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(room.folder.path().join("files.key")).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    room.batches.delete(&ann, &file.id).expect("deleted");
    assert!(matches!(room.batches.file(&ann, &file.id), Err(Error::NoSuchFile(_))));
    assert_eq!(std::fs::read_dir(room.folder.path().join("files")).expect("a folder").count(), 0);
}

#[test]
fn a_lost_key_is_not_made_anew() {
    let room = Room::new();
    room.upload(&app("ann"), "x");
    std::fs::remove_file(room.folder.path().join("files.key")).expect("lost");
    let again = crate::Batches::open(room.batches.storage(), LIMITS).expect("the room");
    assert!(matches!(again.files(&app("ann"), &Page::default()), Err(Error::KeyMissing(_))));
}

#[test]
fn limits_hold() {
    let (room, ann) = (Room::new(), app("ann"));
    let mut upload = room.batches.upload(&ann).expect("begins");
    assert!(matches!(upload.write(&[b'x'; 100_001]), Err(Error::TooLarge(100_000))));
    drop(upload);
    room.upload(&ann, &"x".repeat(100_000));
    room.upload(&ann, &"x".repeat(100_000));
    let mut third = room.batches.upload(&ann).expect("there is a little left");
    third.write(&[b'x'; 100_000]).expect("it fits a file");
    let new = NewFile { name: "third".to_owned(), purpose: "batch".to_owned(), expires_after: None };
    assert!(matches!(room.batches.keep(third, &ann, &new), Err(Error::KeyFull(250_000))));
    let many: Vec<_> = (0..16).map(|_| room.batches.upload(&app("bob")).expect("a place")).collect();
    assert!(matches!(room.batches.upload(&app("bob")), Err(Error::TooManyUploads(16))));
    drop(many);
    room.upload(&app("bob"), "bob has his own");
    assert_eq!(std::fs::read_dir(room.folder.path().join("files")).expect("a folder").count(), 3);

    let refused = |new: NewFile, param: &str| {
        let bob = app("bob");
        let mut upload = room.batches.upload(&bob).expect("begins");
        upload.write(b"x").expect("written");
        let refused = room.batches.keep(upload, &bob, &new);
        assert!(matches!(refused, Err(Error::Invalid { param: given, .. }) if given == param), "{param}: {refused:?}");
    };
    refused(NewFile { purpose: "assistants".to_owned(), ..new.clone() }, "purpose");
    refused(NewFile { name: String::new(), ..new.clone() }, "file");
    refused(NewFile { expires_after: Some(60), ..new }, "expires_after");
}

#[test]
fn what_a_batch_may_be_asked() {
    let (room, ann) = (Room::new(), app("ann"));
    let file = room.upload(&ann, &line("a", "m"));
    let refused = |new: NewBatch, param: &str| {
        let refused = room.batches.create(&ann, new);
        assert!(matches!(refused, Err(Error::Invalid { param: given, .. }) if given == param), "{param}: {refused:?}");
    };
    let good = || asked(&file.id);
    refused(NewBatch { endpoint: "/v1/messages".to_owned(), ..good() }, "endpoint");
    refused(NewBatch { completion_window: "7d".to_owned(), ..good() }, "completion_window");
    refused(NewBatch { output_expires_after: Some(1), ..good() }, "output_expires_after");
    let metadata = (0..17).map(|at| (at.to_string(), "x".into())).collect();
    refused(NewBatch { metadata, ..good() }, "metadata");

    let batch = room.create(&ann, &file.id);
    assert!(matches!(room.batches.delete(&ann, &file.id), Err(Error::InUse { .. })));
    assert!(matches!(room.batches.cancel(&app("bob"), &batch.id), Err(Error::NoSuchBatch(_))));
    assert_eq!(room.batches.cancel(&ann, &batch.id).expect("cancelled").status, Status::Cancelling);
    (1..64).for_each(|_| drop(room.create(&ann, &file.id)));
    assert!(matches!(room.batches.create(&ann, asked(&file.id)), Err(Error::TooManyOpen(64))));
}

#[test]
fn pages_of_a_list() {
    let (room, ann) = (Room::new(), app("ann"));
    let ids: Vec<String> = (0..5).map(|_| room.upload(&ann, "x").id).collect();
    let mut sorted = ids;
    sorted.sort();
    let (mut seen, mut page) = (Vec::new(), Page { limit: Some(2), ascending: true, ..Page::default() });
    loop {
        let (files, more) = room.batches.files(&ann, &page).expect("a page");
        page.after = files.last().map(|file| file.id.clone());
        seen.extend(files.into_iter().map(|file| file.id));
        if !more {
            break;
        }
    }
    assert_eq!(seen, sorted);
}

#[test]
fn the_sweep_takes_what_is_over_and_what_nobody_knows() {
    let (room, ann) = (Room::new(), app("ann"));
    let (old, used, young) = (room.upload(&ann, "x"), room.upload(&ann, "x"), room.upload(&ann, "x"));
    room.create(&ann, &used.id);
    for id in [&old.id, &used.id] {
        let row = room.batches.storage().read(|connection| store::file(connection, id)).expect("read").expect("a row");
        let row = store::FileRow { expires: Timestamp::now().0 - 1, ..row };
        let change = move |transaction: &rusqlite::Transaction<'_>| {
            store::delete_file(transaction, &row.id)?;
            store::insert_file(transaction, &row)
        };
        room.batches.storage().write_blocking(change).expect("changed");
    }
    let orphan = room.folder.path().join("files/file-orphan");
    let file = std::fs::File::create(&orphan).expect("an orphan");
    file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(4_000)).expect("an old one");
    crate::conclusion::sweep(&room.batches).expect("swept");
    assert!(!orphan.exists());
    assert!(matches!(room.batches.file(&ann, &old.id), Err(Error::NoSuchFile(_))));
    assert_eq!(room.content(&ann, &young.id), "x");
    assert!(room.batches.input(&used.id).is_ok(), "a batch still reads it");
}
