//! What a glob lists, in which order, what is read anew, and what is refused.

use super::{FilesSource, MAX_FILE_BYTES};
use crate::source::walked::{Seen, walk};
use crate::source::{Content, Source};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in files {
        put(folder.path(), file);
    }
    folder
}

fn put(folder: &Path, file: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
    fs::write(&path, file).expect("the file is written");
    let file = File::options().write(true).open(&path).expect("the file opens");
    file.set_modified(SystemTime::now() - Duration::from_secs(3_600)).expect("its time is set");
}

fn all(folder: &Path, glob: &str) -> Seen {
    walk(&FilesSource::new(folder, glob).expect("a good glob"))
}

#[test]
fn globs_list_in_path_order() {
    let folder = folder(&[
        "docs/b.md",
        "docs/a/z.md",
        "docs/a.md",
        "docs/.draft.md",
        "docs/.git/x.md",
        "docs/a/deep/er.txt",
        "evals/e.md",
        "top.md",
    ]);
    let table: &[(&str, &[&str])] = &[
        ("docs/**/*.md", &["docs/a.md", "docs/a/z.md", "docs/b.md"]),
        ("docs/*.md", &["docs/a.md", "docs/b.md"]),
        ("./docs/*.md", &["docs/a.md", "docs/b.md"]),
        ("docs/**/*.{md,txt}", &["docs/a.md", "docs/a/deep/er.txt", "docs/a/z.md", "docs/b.md"]),
        ("**/*.txt", &["docs/a/deep/er.txt"]),
        ("*.md", &["top.md"]),
        ("top.md", &["top.md"]),
        ("nowhere/*.md", &[]),
    ];
    for (glob, expected) in table {
        let seen = all(folder.path(), glob);
        assert_eq!(seen.names(), *expected, "{glob}");
        assert!(seen.walked.whole && seen.walked.warnings.is_empty(), "{seen:?}");
        assert_eq!(seen.expected, expected.len());
        assert!(seen.items.iter().all(|item| matches!(item.content, Content::Bytes { .. })), "{seen:?}");
    }
}

#[test]
fn globs_that_are_refused() {
    let folder = folder(&[]);
    for glob in ["../other/*.md", "/etc/*", "docs/../../*.md", "docs/[a.md", "docs/{a.md", ""] {
        assert!(FilesSource::new(folder.path(), glob).is_err(), "{glob}");
    }
    assert!(FilesSource::new(&folder.path().join("absent"), "*.md").is_err());
}

#[test]
fn a_file_of_two_gigabytes_is_refused_by_its_size() {
    let folder = folder(&["small.txt"]);
    let file = File::create(folder.path().join("large.txt")).expect("created");
    file.set_len(2 * 1024 * 1024 * 1024).expect("a sparse file");
    let source = FilesSource::new(folder.path(), "*.txt").expect("a good glob");
    let seen = walk(&source);
    assert!(matches!(&seen.content("small.txt"), Content::Bytes { bytes, .. } if bytes == b"small.txt"));
    assert!(matches!(&seen.content("large.txt"), Content::Refused(reason) if reason.contains("32 MiB")));
    assert!(matches!(source.read("gone.txt", None).1, Content::Vanished));
    // Its size is judged before a byte is read.
    let unread = source.open(&folder.path().join("large.txt"), None, |_| unreachable!("it must not be read"));
    assert!(matches!(unread, Ok((None, Content::Refused(_)))));
    file.set_len(MAX_FILE_BYTES).expect("shortened");
    assert!(matches!(source.read("large.txt", None).1, Content::Bytes { .. }));
}

#[test]
fn a_file_is_opened_again_only_when_it_changed() {
    let folder = folder(&["a.md", "b.md", "c.md"]);
    let source = FilesSource::new(folder.path(), "*.md").expect("a good glob");
    let first = walk(&source);
    fs::write(folder.path().join("b.md"), "other words").expect("written");
    // The same size, and another file.
    put(folder.path(), "d.md");
    fs::rename(folder.path().join("d.md"), folder.path().join("c.md")).expect("moved");
    let second = first.again(&source);
    assert!(matches!(second.content("a.md"), Content::Unchanged));
    assert!(matches!(second.content("b.md"), Content::Bytes { .. }));
    assert!(matches!(second.content("c.md"), Content::Bytes { .. }));
    assert_eq!(first.version("a.md"), second.version("a.md"));
    assert_ne!(first.version("c.md"), second.version("c.md"));
    assert_eq!(second.version("b.md"), None, "what was written just now may be written again within the same moment");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_read_again_and_then_refused() {
    let folder = folder(&["log.txt"]);
    let path = folder.path().join("log.txt");
    let source = FilesSource::new(folder.path(), "*.txt").expect("a good glob");
    let calls = std::cell::Cell::new(0);
    let grows = |limit: usize| {
        let (path, calls) = (path.clone(), &calls);
        move |_: &File| {
            let bytes = fs::read(&path)?;
            calls.set(calls.get() + 1);
            if calls.get() <= limit {
                File::options().append(true).open(&path)?.write_all(b" more")?;
            }
            Ok(bytes)
        }
    };
    let (version, content) = source.open(&path, None, grows(1)).expect("read");
    assert!(matches!(content, Content::Bytes { bytes, .. } if bytes == b"log.txt more") && version.is_none());
    let (version, content) = source.open(&path, None, grows(usize::MAX)).expect("looked at");
    assert!(matches!(content, Content::Refused(reason) if reason.contains("changes while")) && version.is_none());
}

#[test]
fn many_small_files_are_walked_with_only_their_names_in_memory() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for index in 0..3_000 {
        put(folder.path(), &format!("{:02}/{index}.md", index % 50));
    }
    let source = FilesSource::new(folder.path(), "**/*.md").expect("a good glob");
    let first = walk(&source);
    assert_eq!((first.items.len(), first.expected), (3_000, 3_000));
    assert!(first.again(&source).items.iter().all(|item| matches!(item.content, Content::Unchanged)));
}

/// `cargo test -p ingest a_million -- --ignored --nocapture`: prints seconds and the peak of memory.
#[test]
#[ignore = "makes a million files"]
fn a_million_files() {
    struct Count(usize);
    impl crate::source::Taker for Count {
        fn expect(&mut self, items: usize) {
            assert_eq!(items, 1_000_000);
        }
        fn take(&mut self, _: crate::source::Item) -> crate::error::Result<()> {
            self.0 += 1;
            Ok(())
        }
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    for index in 0..1_000_000 {
        let path = folder.path().join(format!("{:03}", index % 1_000));
        if index < 1_000 {
            fs::create_dir_all(&path).expect("a folder");
        }
        fs::write(path.join(format!("{index}.md")), "words").expect("a file");
    }
    let source = FilesSource::new(folder.path(), "**/*.md").expect("a good glob");
    let (began, mut count) = (std::time::Instant::now(), Count(0));
    let since = crate::source::Since { cursor: None, version_of: &|_| None };
    assert!(source.walk(&since, &mut count).expect("walked").whole);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
    println!("{} files in {:.1} s, {peak}", count.0, began.elapsed().as_secs_f64());
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused() {
    let folder = folder(&["a.md"]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.md")).status();
    assert!(made.expect("mkfifo").success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket.md")).expect("a socket");
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.md")).expect("a link");
    let seen = all(folder.path(), "*.md");
    assert_eq!(seen.names(), ["a.md", "pipe.md", "socket.md", "zero.md"]);
    for name in ["pipe.md", "socket.md", "zero.md"] {
        assert!(matches!(seen.content(name), Content::Refused(reason) if reason.contains("ordinary")), "{name}");
    }
    // One that became a pipe after the listing is not opened: it would never end.
    let source = FilesSource::new(folder.path(), "*.md").expect("a good glob");
    assert!(matches!(source.read("pipe.md", None).1, Content::Refused(_)));
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_inside_the_folder() {
    use std::os::unix::fs::symlink;
    let outside = folder(&["secret.md", "many/one.md"]);
    let inside = folder(&["docs/a.md", "shared/b.md"]);
    let docs = inside.path().join("docs");
    symlink(outside.path().join("secret.md"), docs.join("leak.md")).expect("a link");
    symlink(outside.path().join("many"), docs.join("many")).expect("a link");
    symlink(inside.path().join("shared"), docs.join("shared")).expect("a link");
    symlink(&docs, docs.join("loop")).expect("a link");
    symlink(inside.path().join("nothing.md"), docs.join("dangling.md")).expect("a link");

    let source = FilesSource::new(inside.path(), "docs/**/*.md").expect("a good glob");
    let seen = walk(&source);
    assert_eq!(seen.names(), ["docs/a.md", "docs/dangling.md", "docs/leak.md", "docs/shared/b.md"]);
    for name in ["docs/dangling.md", "docs/leak.md"] {
        assert!(matches!(seen.content(name), Content::Refused(_)), "{name}");
    }
    assert!(seen.walked.whole);
    assert_eq!(seen.walked.warnings.len(), 2, "{:?}", seen.walked.warnings);
    // Reading asks again, for a file that became a link after the listing.
    assert!(matches!(source.read("docs/leak.md", None).1, Content::Refused(_)));

    symlink(outside.path().join("many"), inside.path().join("feed")).expect("a link");
    let source = FilesSource::new(inside.path(), "feed/*.md").expect("a good glob");
    let error = source.list().err().expect("refused");
    assert!(error.to_string().contains("feed is a symbolic link"), "{error}");
}
