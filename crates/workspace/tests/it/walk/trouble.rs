//! What cannot be seen.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use abide_core::manifest::TreePath;
use abide_testkit::namespaces::{Namespaces, is_alone};
use abide_workspace::walk::Purpose;

use super::tree::{BASELINE, Tree, said};

/// Tells whether permissions hold this process back; else a copy of the test `name` was run that
/// they do, and passed, or there is no such thing here.
fn is_held_back(name: &str) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let closed = dir.path().join("closed");
    fs::write(&closed, "").unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    fs::read(&closed).is_err() || is_alone(name, Namespaces::Nobody)
}

fn set_mode(tree: &Tree, name: &str, mode: u32) {
    fs::set_permissions(tree.path(name), Permissions::from_mode(mode)).unwrap();
}

/// proves M2
#[test]
fn what_cannot_be_seen_any_more_is_a_problem_and_not_gone() {
    if !is_held_back("walk::trouble::what_cannot_be_seen_any_more_is_a_problem_and_not_gone") {
        return;
    }
    let tree = Tree::new();
    for name in ["closed/a", "closed/deep/b", "listed/c", "open/d"] {
        tree.write(name, name);
    }
    let baseline = tree.settled_baseline();
    set_mode(&tree, "closed", 0o000);
    // Names can be had, and nothing else.
    set_mode(&tree, "listed", 0o444);
    let walked = tree.walk(Purpose::Compare, Some(&baseline));
    // Before anything can fail: what is closed cannot be removed at the end.
    for name in ["closed", "listed"] {
        set_mode(&tree, name, 0o755);
    }
    let problems: Vec<_> = walked.problems.iter().map(ToString::to_string).collect();
    assert!(
        problems.iter().any(|one| one.contains("closed")),
        "{problems:?}"
    );
    assert!(
        problems.iter().any(|one| one.contains("listed/c")),
        "{problems:?}"
    );
    assert_eq!(said(&baseline.diff(&walked.manifest)), [""; 0]);
    tree.remove("closed/deep/b");
    assert_eq!(said(&tree.since(&baseline)), ["removed closed/deep/b"]);
}

/// proves M1
#[test]
fn a_file_that_cannot_be_read_is_listed_all_the_same() {
    if !is_held_back("walk::trouble::a_file_that_cannot_be_read_is_listed_all_the_same") {
        return;
    }
    let tree = Tree::new();
    tree.write("file", "words");
    set_mode(&tree, "file", 0o000);
    let walked = tree.walk(BASELINE, None);
    assert_eq!(walked.problems.len(), 1, "{:?}", walked.problems);
    let file = TreePath::new(b"file".to_vec()).unwrap();
    let entry = walked.manifest.get(&file).unwrap();
    assert_eq!((entry.size, entry.content), (5, None));
}
