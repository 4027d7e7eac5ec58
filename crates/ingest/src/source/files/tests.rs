//! What a glob lists, in which order, and what is refused.

use super::{FilesSource, MAX_FILE_BYTES};
use crate::source::{Content, Source};
use std::fs;
use std::path::Path;
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
    fs::write(path, file).expect("the file is written");
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
        let listing = FilesSource::new(folder.path(), glob).and_then(|source| source.list()).expect("it lists");
        assert_eq!(listing.items, *expected, "{glob}");
        assert!(listing.complete && listing.refused.is_empty() && listing.warnings.is_empty(), "{listing:?}");
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
fn a_file_too_large_is_refused_and_a_missing_one_has_vanished() {
    let folder = folder(&["small.txt"]);
    let file = fs::File::create(folder.path().join("large.txt")).expect("created");
    file.set_len(MAX_FILE_BYTES + 1).expect("a sparse file");
    let source = FilesSource::new(folder.path(), "*.txt").expect("a good glob");
    assert!(matches!(source.read("small.txt"), Content::Bytes(bytes) if bytes == b"small.txt"));
    assert!(matches!(source.read("large.txt"), Content::Refused(reason) if reason.contains("32 MiB")));
    assert!(matches!(source.read("gone.txt"), Content::Vanished));
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
    let listing = source.list().expect("it lists");
    assert_eq!(listing.items, ["docs/a.md", "docs/shared/b.md"]);
    let refused: Vec<&str> = listing.refused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(refused, ["docs/dangling.md", "docs/leak.md"]);
    assert!(listing.complete);
    assert_eq!(listing.warnings.len(), 2, "{:?}", listing.warnings);
    // Reading asks again, for a file that became a link after the listing.
    assert!(matches!(source.read("docs/leak.md"), Content::Refused(_)));

    symlink(outside.path().join("many"), inside.path().join("feed")).expect("a link");
    let error = FilesSource::new(inside.path(), "feed/*.md").and_then(|source| source.list()).expect_err("refused");
    assert!(error.to_string().contains("feed is a symbolic link"), "{error}");
}
