//! With the real `git` and repositories in a temporary folder.

use super::GitFiles;
use super::command::Git;
use super::place::{Place, is_branch};
use crate::error::Error;
use crate::source::Content;
use crate::source::walked::{Seen, walk};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use usecase::declared::{GitSource, SecretRef};

struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        repository.git(&["init", "--quiet", "--initial-branch=main", "."]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .args(["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"])
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .output()
            .expect("git is installed");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn put(&self, file: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn declared(&self) -> GitSource {
        let url = format!("file://{}", self.path().display());
        GitSource { url, branch: None, files: "**/*".to_owned(), token: None }
    }
}

fn source(declared: &GitSource, data: &TempDir) -> GitFiles {
    GitFiles::new(declared, Path::new("/nowhere"), &data.path().join("feeds/git")).expect("a good declaration")
}

fn data() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn what_changed_is_read_and_nothing_else() {
    let (repository, data) = (Repository::new(), data());
    repository.put("docs/a.md", "a");
    repository.put("docs/b c.md", "b");
    repository.put("other.txt", "other");
    let first_commit = repository.commit();
    let files = GitSource { files: "docs/**/*.md".to_owned(), ..repository.declared() };
    let first = walk(&source(&files, &data));
    assert_eq!(first.names(), ["docs/a.md", "docs/b c.md"]);
    assert_eq!((first.text("docs/a.md").as_str(), first.text("docs/b c.md").as_str()), ("a", "b"));
    assert!(first.walked.whole && first.walked.warnings.is_empty(), "{:?}", first.walked);
    assert_eq!(first.walked.cursor.as_ref().expect("a cursor")["commit"], first_commit.as_str());

    repository.put("docs/a.md", "a2");
    repository.git(&["rm", "--quiet", "docs/b c.md"]);
    repository.put("docs/d.md", "");
    let second_commit = repository.commit();
    let second = first.again(&source(&files, &data));
    assert_eq!(second.names(), ["docs/a.md", "docs/d.md"]);
    assert_eq!((second.text("docs/a.md").as_str(), second.text("docs/d.md").as_str()), ("a2", ""));
    assert_eq!(second.walked.cursor.as_ref().expect("a cursor")["commit"], second_commit.as_str());
    let third = second.again(&source(&files, &data));
    assert!(third.items.iter().all(|item| matches!(item.content, Content::Unchanged)), "{third:?}");
    // A path relative to the use case's folder, and a lost mirror.
    fs::remove_dir_all(data.path().join("feeds")).expect("removed");
    let (parent, name) =
        (repository.path().parent().expect("a parent"), repository.path().file_name().expect("a name"));
    let relative = GitSource { url: format!("./{}", name.to_string_lossy()), ..files };
    let relative = GitFiles::new(&relative, parent, &data.path().join("feeds")).expect("a good declaration");
    assert_eq!(walk(&relative).names().len(), 2);
}

#[test]
fn a_branch_that_was_pushed_by_force_is_another_commit() {
    let (repository, data) = (Repository::new(), data());
    repository.put("a.md", "first");
    repository.commit();
    repository.put("b.md", "second");
    repository.commit();
    let first = walk(&source(&repository.declared(), &data));
    assert_eq!(first.names(), ["a.md", "b.md"]);
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repository.put("c.md", "another past");
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--amend", "--message=y"]);
    let second = first.again(&source(&repository.declared(), &data));
    assert_eq!(second.names(), ["a.md", "c.md"]);
    assert!(matches!(second.content("a.md"), Content::Unchanged));
    assert_eq!(second.text("c.md"), "another past");
}

#[test]
fn branches_and_tags_and_what_is_not_there() {
    let (repository, data) = (Repository::new(), data());
    let empty = Seen::default().try_again(&source(&repository.declared(), &data)).expect_err("there is nothing yet");
    assert!(empty.to_string().contains("no commit yet"), "{empty}");
    repository.put("a.md", "one");
    repository.commit();
    repository.git(&["tag", "--annotate", "v1", "--message=x"]);
    repository.git(&["checkout", "--quiet", "-b", "team/next"]);
    repository.put("a.md", "two");
    repository.commit();
    repository.git(&["checkout", "--quiet", "main"]);
    let at = |branch: &str| GitSource { branch: Some(branch.to_owned()), ..repository.declared() };
    for (branch, text) in [("v1", "one"), ("team/next", "two"), ("main", "one")] {
        assert_eq!(walk(&source(&at(branch), &data)).text("a.md"), text, "{branch}");
    }
    repository.git(&["branch", "--quiet", "-D", "team/next"]);
    let error = Seen::default().try_again(&source(&at("team/next"), &data)).expect_err("it is gone");
    assert!(error.to_string().contains("no branch or tag `team/next`"), "{error}");
    let absent = GitSource { url: "file:///nowhere/at/all".to_owned(), ..repository.declared() };
    let error = Seen::default().try_again(&source(&absent, &data)).expect_err("it is not there");
    assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
}

#[test]
fn links_pointers_large_files_and_submodules_are_not_read() {
    let (repository, inner, data) = (Repository::new(), Repository::new(), data());
    inner.put("inner.md", "inner");
    inner.commit();
    repository.put("a.md", "good");
    repository.put("lfs.md", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n");
    repository.put("large.md", vec![b'x'; 33 * 1024 * 1024]);
    std::os::unix::fs::symlink("/etc/passwd", repository.path().join("link.md")).expect("a link");
    repository.git(&["submodule", "--quiet", "add", &inner.path().display().to_string(), "module"]);
    repository.commit();
    for filtered in [false, true] {
        repository.git(&["config", "uploadpack.allowFilter", &filtered.to_string()]);
        let seen = walk(&source(&repository.declared(), &self::data()));
        assert_eq!(seen.names(), [".gitmodules", "a.md", "large.md", "lfs.md", "link.md"]);
        for (name, expected) in [("large.md", "32 MiB"), ("lfs.md", "Git LFS"), ("link.md", "symbolic link")] {
            let content = seen.content(name);
            assert!(matches!(content, Content::Refused(reason) if reason.contains(expected)), "{filtered} {content:?}");
        }
        assert_eq!(seen.text("a.md"), "good");
        assert_eq!(seen.walked.warnings.len(), 2, "{:?}", seen.walked.warnings);
    }
    // What was left out by the filter is not fetched later either.
    let seen = walk(&source(&repository.declared(), &data));
    let mut mirror = fs::read_dir(data.path().join("feeds/git")).expect("mirrors").flatten().map(|entry| entry.path());
    let mirror: PathBuf = mirror.find(|path| path.extension().is_some_and(|ending| ending == "git")).expect("one");
    let bytes: u64 = walkdir::WalkDir::new(mirror)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|found| found.len())
        .sum();
    assert!(bytes < 1024 * 1024, "{bytes} bytes for {:?}", seen.names());
}

#[test]
fn nothing_of_a_repository_or_of_the_user_is_run() {
    let (repository, data) = (Repository::new(), data());
    let witness = data.path().join("witness");
    repository.put("a.md", "good");
    repository.put(".gitattributes", "* filter=evil\n");
    repository.commit();
    let mirrors = data.path().join("feeds/git");
    walk(&source(&repository.declared(), &data));
    let mirror =
        fs::read_dir(&mirrors).expect("mirrors").flatten().map(|entry| entry.path()).find(|path| path.is_dir());
    let hooks = mirror.expect("a mirror").join("hooks");
    fs::create_dir_all(&hooks).expect("a folder");
    for hook in ["reference-transaction", "post-update", "pre-auto-gc", "update"] {
        let path = hooks.join(hook);
        fs::write(&path, format!("#!/bin/sh\ntouch {}\n", witness.display())).expect("a hook");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it may run");
    }
    repository.put("a.md", "better");
    repository.commit();
    assert_eq!(walk(&source(&repository.declared(), &data)).text("a.md"), "better");
    assert!(!witness.exists(), "a hook was run");
}

#[test]
fn a_token_goes_to_its_repository_and_is_on_no_command_line() {
    let folder = data();
    let key = folder.path().join("token");
    fs::write(&key, "s3cret-token\n").expect("written");
    let place = Place::read("https://github.com/owner/name.git", folder.path()).expect("a place");
    let git = Git::new(&folder.path().join("m.git"), &place, Some("s3cret-token".to_owned()));
    let matched = |url: &str| git.run(&["config", "--get-urlmatch", "http.extraHeader", url]);
    let expected = "Authorization: Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0LXRva2Vu";
    assert_eq!(matched("https://github.com/owner/name.git/info/refs").expect("a header").trim(), expected);
    for elsewhere in ["https://evil.example/owner/name.git", "https://github.com/other/name.git"] {
        assert!(matched(elsewhere).is_err(), "{elsewhere}");
    }
    // What git says of itself does not tell it either.
    let told = git.run(&["config", "--get-colour", "s3cret-token"]).expect_err("no such option");
    assert!(!told.contains("s3cret"), "{told}");
    let declared = GitSource {
        url: "https://example.com/a/b".to_owned(),
        branch: None,
        files: "**".to_owned(),
        token: Some(SecretRef::File(folder.path().join("absent").display().to_string())),
    };
    let error = GitFiles::new(&declared, folder.path(), folder.path()).err().expect("no token");
    assert!(matches!(error, Error::MissingSecret { .. }));
}

#[test]
fn without_git_one_is_told_so() {
    let folder = data();
    let place = Place::read("https://example.com/a/b", folder.path()).expect("a place");
    let git = Git::new(folder.path(), &place, None).with_program("no-such-git");
    assert!(git.run(&["version"]).expect_err("absent").contains("not installed"));
}

#[test]
fn addresses_of_repositories() {
    let read = |url: &str| Place::read(url, Path::new("/uses/case"));
    let table = [
        (
            "https://github.com/o/n.git",
            "https://github.com/o/n.git",
            Some("https://github.com/o/n/blob/c0/docs/a%20b.md"),
        ),
        (
            "https://me@gitlab.example.com:8443/g/s/n",
            "https://gitlab.example.com:8443/g/s/n",
            Some("https://gitlab.example.com/g/s/n/-/blob/c0/docs/a%20b.md"),
        ),
        (
            "git@github.com:o/n.git",
            "ssh://git@github.com/o/n.git",
            Some("https://github.com/o/n/blob/c0/docs/a%20b.md"),
        ),
        (
            "ssh://git@bitbucket.org/o/n",
            "ssh://git@bitbucket.org/o/n",
            Some("https://bitbucket.org/o/n/src/c0/docs/a%20b.md"),
        ),
        (
            "https://codeberg.org/o/n",
            "https://codeberg.org/o/n",
            Some("https://codeberg.org/o/n/src/commit/c0/docs/a%20b.md"),
        ),
        ("https://notgithub.com/o/n", "https://notgithub.com/o/n", None),
        ("../docs repo", "file:///uses/case/../docs%20repo", None),
        ("/srv/git/n.git", "file:///srv/git/n.git", None),
    ];
    for (url, address, page) in table {
        let place = read(url).unwrap_or_else(|reason| panic!("{url}: {reason}"));
        assert_eq!((place.address.as_str(), place.page("c0", "docs/a b.md").as_deref()), (address, page), "{url}");
    }
    assert_eq!(read("https://me@github.com/o/n").expect("a place").user.as_deref(), Some("me"));
    for url in [
        "",
        "ext::sh -c touch% x",
        "ext://x",
        "http://example.com/a/b",
        "git://example.com/a",
        "--upload-pack=x",
        "fd::7",
        "https://me:pw@example.com/a/b",
        "https://example.com",
        "ssh://-oProxyCommand=x/a",
        "https:///a/b",
        "a@b::c",
        "https://ex ample.com/a",
        "ssh://-x@host/a",
        "file\n://x",
    ] {
        assert!(read(url).is_err(), "{url}: {:?}", read(url));
    }
    for (name, expected) in [
        ("main", true),
        ("team/next-1.2", true),
        ("v1", true),
        ("", false),
        ("-x", false),
        ("a..b", false),
        ("a b", false),
        ("a:b", false),
        ("a^", false),
        ("a/", false),
        ("/a", false),
        ("a.lock", false),
        (".a", false),
        ("@{u}", false),
    ] {
        assert_eq!(is_branch(name), expected, "{name}");
    }
}
