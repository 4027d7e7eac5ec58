//! The starter loads without a word against it.

use super::{project, use_case};
use crate::project::Project;

#[test]
fn the_starter_loads_and_is_whole() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |path: std::path::PathBuf, content: &str| {
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the folder is made");
        std::fs::write(path, content).expect("the file is written");
    };
    for (path, content) in project("A \"quoted\" name") {
        write(folder.path().join(path), &content);
    }
    for (path, content) in use_case("support").expect("the name is right") {
        write(folder.path().join("usecases/support").join(path), &content);
    }
    let project = Project::load(folder.path()).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(project.name, "A \"quoted\" name");
    assert_eq!(project.use_case_names().expect("the folder is readable"), ["support"]);
    let use_case = project.use_case("support").unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(use_case.cases.len(), 1);
    assert!(use_case.cases[0].1.contains("`shipway eval support`"), "the name is filled in");
    assert!(use_case.topics.values().map(Vec::len).sum::<usize>() >= 12);
    assert!(use_case.template.is_some_and(|template| template.contains("{{ abstention }}")));
}

#[test]
fn a_name_that_could_not_be_loaded_is_refused() {
    for name in ["", "Support", "a b", "../a", "a/b", &"a".repeat(65)] {
        assert!(use_case(name).is_err(), "{name}");
    }
}
