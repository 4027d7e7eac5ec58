//! What only the disk can tell: missing, foreign, too large and unreadable files.

use super::Project;
use std::fs;
use std::path::Path;

const HEAD: &str = "[usecase]\nsummary = \"Answers\"\nowner = { team = \"Care\", contact = \"care@example.com\" }\n";

/// A project with one use case, `a`, that has these lines after the head and these files.
fn folder(body: &str, files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), "shipway.toml", b"");
    write(folder.path(), "usecases/a/usecase.toml", format!("{HEAD}{body}").as_bytes());
    for (path, content) in files {
        write(folder.path(), &format!("usecases/a/{path}"), content);
    }
    folder
}

fn write(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
    fs::write(path, content).expect("the file is written");
}

fn load(folder: &tempfile::TempDir) -> Project {
    Project::load(folder.path()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// What is said about the use case `a`, or which files its bundle holds.
fn read(folder: &tempfile::TempDir) -> String {
    match load(folder).bundle("a") {
        Ok(bundle) => bundle.files.into_keys().collect::<Vec<_>>().join(" "),
        Err(wrong) => wrong.to_string().replace("usecases/a/usecase.toml", "F"),
    }
}

#[test]
fn a_project_is_found_from_below() {
    let folder = folder("", &[("docs/deep/a.md", b"")]);
    let deep = folder.path().join("usecases/a/docs/deep");
    assert_eq!(Project::find(&deep).as_deref(), Some(folder.path()));
    assert_eq!(Project::find(Path::new("/")), None);
    let name = folder.path().file_name().expect("it has a name").to_string_lossy().into_owned();
    assert_eq!(load(&folder).name, name);
    assert_eq!(load(&folder).data_folder(), folder.path().join(".shipway"));
}

#[test]
fn no_project() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    insta::assert_snapshot!(Project::load(empty.path()).expect_err("there is none"), @r#"
    shipway.toml: there is no file `shipway.toml`
       help: `shipway init NAME` makes a project; `--project` names the folder of one
    "#);
    write(empty.path(), "shipway.toml", b"[server]\nlisten = \"here\"\nport = 1");
    insta::assert_snapshot!(Project::load(empty.path()).expect_err("it is wrong"), @r#"
    shipway.toml:3:1: unknown key `port` in `server`
     3 | port = 1
       | ^^^^
       expected: one of `listen`, `max_body_bytes`, `max_file_bytes`, `max_key_file_bytes`, `batch_workers`, `drain`, `keepalive`
    "#);
}

#[test]
fn no_use_case() {
    let folder = folder("", &[]);
    fs::create_dir_all(folder.path().join("usecases/notes")).expect("the folder is made");
    fs::rename(folder.path().join("usecases/a"), folder.path().join("usecases/support")).expect("it is renamed");
    let project = load(&folder);
    assert_eq!(project.use_case_names().expect("it can be read"), ["support"]);
    insta::assert_snapshot!(project.bundle("suport").expect_err("there is none"), @r#"
    usecases/suport/usecase.toml: there is no use case `suport`
       expected: `support`
       help: did you mean `support`?
    "#);
    insta::assert_snapshot!(project.bundle("../support").expect_err("this is no name"), @r#"
    usecases/../support/usecase.toml: a use case cannot be called `../support`
       expected: 1 to 64 lower-case letters, digits and hyphens
    "#);
    insta::assert_snapshot!(project.bundle("Support").expect_err("this is no name"), @r#"
    usecases/Support/usecase.toml: a use case cannot be called `Support`
       expected: 1 to 64 lower-case letters, digits and hyphens
    "#);
    let none = tempfile::tempdir().expect("a temporary folder");
    write(none.path(), "shipway.toml", b"");
    assert_eq!(load(&none).use_case_names().expect("nothing to read"), [""; 0]);
}

#[test]
fn every_named_file_is_in_the_bundle() {
    let body = "[prompt]\ntemplate = \"./prompt.md\"\n[guard]\ntopics = { allow = \"topics.yaml\" }\n";
    let files: &[(&str, &[u8])] = &[
        ("prompt.md", b"\xEF\xBB\xBFHello\r\n"),
        ("topics.yaml", b"a: [one?]"),
        ("evals/b.yaml", b"[]"),
        ("evals/a.yaml", b"[]"),
        ("evals/deep/c.yaml", b"[]"),
        ("evals/.hidden.yaml", b"[]"),
        ("docs/a.md", b"not part of it"),
    ];
    let folder = folder(body, files);
    insta::assert_snapshot!(read(&folder), @"evals/a.yaml evals/b.yaml prompt.md topics.yaml usecase.toml");
    let use_case = load(&folder).use_case("a").unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(use_case.template.as_deref(), Some("Hello\n"));
    assert_eq!(use_case.topics["a"], ["one?"]);
    assert_eq!(
        use_case.cases.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["evals/a.yaml", "evals/b.yaml"]
    );
}

#[test]
fn missing_files_are_all_named() {
    let files = "[prompt]\ntemplate = \"promt.md\"\n[guard]\ntopics = { allow = \"topics.yaml\" }\n";
    let body = format!("{files}[evals]\ncases = \"evls/*.yaml\"\n[release]\nsteps = [\"5%\"]");
    insta::assert_snapshot!(read(&folder(&body, &[])), @r#"
    F:5:12: there is no file `promt.md`
     5 | template = "promt.md"
       |            ^^^^^^^^^^

    F:7:20: there is no file `topics.yaml`
     7 | topics = { allow = "topics.yaml" }
       |                    ^^^^^^^^^^^^^

    F:9:9: no file matches this pattern
     9 | cases = "evls/*.yaml"
       |         ^^^^^^^^^^^^^
       help: write the first eval case, or leave `cases` out

    F:11:10: a release ends with all of the traffic
     11 | steps = ["5%"]
        |          ^^^^
       expected: "100%" as the last step
    "#);
}

#[test]
fn files_that_cannot_be_used() {
    let body = "[prompt]\ntemplate = \"prompt.md\"";
    insta::assert_snapshot!(read(&folder(body, &[("prompt.md", b"one\ntwo \xFF")])), @r#"
    F:5:12: `prompt.md` is not UTF-8: byte 8, in line 2, begins no character
     5 | template = "prompt.md"
       |            ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(read(&folder(body, &[("prompt.md", &vec![b'a'; 1024 * 1024 + 1])])), @r#"
    F:5:12: `prompt.md` is larger than 1 MiB
     5 | template = "prompt.md"
       |            ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(read(&folder(body, &[("prompt.md/a", b"")])), @r#"
    F:5:12: `prompt.md` is not a file
     5 | template = "prompt.md"
       |            ^^^^^^^^^^^
    "#);
    insta::assert_snapshot!(read(&folder("", &[("evals/a.yaml", &vec![b'#'; 4 * 1024 * 1024 + 1])])), @"usecases/a/evals/a.yaml: `evals/a.yaml` is larger than 4 MiB");
    assert_eq!(read(&folder("", &[("evals/a.yaml", &vec![b'#'; 4 * 1024 * 1024])])), "evals/a.yaml usecase.toml");
    let folder = folder("", &[]);
    write(folder.path(), "usecases/a/usecase.toml", b"[usecase]\nsummary = \"\xFF\"");
    insta::assert_snapshot!(read(&folder), @"F: `usecase.toml` is not UTF-8: byte 21, in line 2, begins no character");
}

#[test]
fn a_wrong_topics_file_and_a_wrong_declaration_are_told_together() {
    let body = "[guard]\ntopics = { allow = \"topics.yaml\" }\n[model]\nuse = \"nobody/m\"";
    insta::assert_snapshot!(read(&folder(body, &[("topics.yaml", b"a: []")])), @r#"
    usecases/a/topics.yaml:1:4: the topic `a` has no example
     1 | a: []
       |    ^
       expected: at least one example question; ten or more work well

    F:7:7: there is no provider `nobody`
     7 | use = "nobody/m"
       |       ^^^^^^^^^^
       expected: a model of `local`, `openai`, `simulated`
       help: declare it in shipway.toml under `[providers.nobody]`
    "#);
}

#[cfg(unix)]
#[test]
fn a_link_may_lead_anywhere_inside_and_nowhere_outside() {
    let body = "[prompt]\ntemplate = \"prompt.md\"";
    let folder = folder(body, &[("parts/real.md", b"inside")]);
    write(folder.path(), "secret.md", b"outside");
    let link = folder.path().join("usecases/a/prompt.md");
    std::os::unix::fs::symlink("parts/real.md", &link).expect("the link is made");
    insta::assert_snapshot!(read(&folder), @"prompt.md usecase.toml");
    fs::remove_file(&link).expect("the link is there");
    std::os::unix::fs::symlink("../../secret.md", &link).expect("the link is made");
    insta::assert_snapshot!(read(&folder), @r#"
    F:5:12: `prompt.md` is a link that leads out of its folder
     5 | template = "prompt.md"
       |            ^^^^^^^^^^^
    "#);
    fs::remove_file(&link).expect("the link is there");
    fs::create_dir_all(folder.path().join("usecases/a/evals")).expect("the folder is made");
    write(folder.path(), "usecases/a/prompt.md", b"");
    let link = folder.path().join("usecases/a/evals/a.yaml");
    std::os::unix::fs::symlink("/etc/hostname", link).expect("the link is made");
    insta::assert_snapshot!(read(&folder), @"usecases/a/evals/a.yaml: `evals/a.yaml` is a link that leads out of its folder");
}
