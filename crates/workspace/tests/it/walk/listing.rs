//! What is listed, and what is left out.

use std::fs;

use abide_core::clock::{Clock, SystemClock};
use abide_workspace::walk::{Ignored, WalkError, WalkOptions, walk};

use super::tree::{BASELINE, Tree, names, said};

fn with_ignored_files(tree: &Tree) {
    tree.write(".gitignore", "target/\n*.log\n");
    tree.write("a/.gitignore", "!kept.log\nsecret\n");
    for name in [
        "a/x",
        "a/kept.log",
        "a/secret",
        "b.log",
        "target/debug/y",
        ".hidden/z",
    ] {
        tree.write(name, name);
    }
}

/// proves M1
#[test]
fn what_git_ignores_and_abide_s_and_git_s_own_files_are_left_out() {
    let tree = Tree::of_git();
    with_ignored_files(&tree);
    tree.write(".git/info/exclude", "private\n");
    tree.write("private", "");
    tree.write(".abide/lease.json", "{}");
    tree.write("vendor/lib/.git", "gitdir: elsewhere");
    tree.write("vendor/lib/code.c", "");
    assert_eq!(
        names(&tree.baseline()),
        [
            ".gitignore",
            ".hidden/z",
            "a/.gitignore",
            "a/kept.log",
            "a/x",
            "vendor/lib/code.c",
        ]
    );
    let left: Vec<_> = fs::read_dir(tree.path(".abide")).unwrap().collect();
    assert_eq!(left.len(), 1, "the walk leaves nothing behind");
}

/// proves M1
#[test]
fn without_a_repository_nothing_is_ignored_and_on_wish_nothing_is_in_one() {
    let tree = Tree::new();
    with_ignored_files(&tree);
    let all = names(&tree.baseline());
    assert_eq!(all.len(), 8, "{all:?}");
    tree.write(".git/HEAD", "ref: refs/heads/main\n");
    let options = WalkOptions {
        purpose: BASELINE,
        earlier: None,
        ignored: Ignored::Listed,
    };
    let walked = walk(&tree.path(""), SystemClock.now(), &options).unwrap();
    assert_eq!(names(&walked.manifest), all);
}

/// proves M1
#[test]
fn what_becomes_ignored_is_not_gone_and_can_be_removed_or_edited_still() {
    let tree = Tree::of_git();
    for name in ["out/a", "out/b", "out/c", "other"] {
        tree.write(name, name);
    }
    let before = tree.settled_baseline();
    tree.write(".gitignore", "out/\n");
    assert_eq!(said(&tree.since(&before)), ["added .gitignore"]);
    tree.remove("out/a");
    tree.write("out/b", "edited");
    assert_eq!(
        said(&tree.since(&before)),
        ["added .gitignore", "removed out/a", "modified out/b"]
    );
}

/// proves M1
#[cfg(unix)]
#[test]
fn links_are_recorded_and_never_followed_and_no_pipe_is_waited_for() {
    use std::os::unix::fs::symlink;

    use abide_core::manifest::Kind;

    let (tree, outside) = (Tree::new(), Tree::new());
    outside.write("secret", "");
    tree.write("real/file", "");
    symlink(outside.path(""), tree.path("out")).unwrap();
    symlink("real", tree.path("in")).unwrap();
    symlink("nowhere", tree.path("broken")).unwrap();
    symlink(".", tree.path("loop")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(tree.path("pipe"))
        .status();
    assert!(made.unwrap().success());
    let baseline = tree.settled_baseline();
    let kinds: Vec<_> = baseline
        .entries()
        .iter()
        .map(|(path, entry)| (path.to_string(), entry.kind))
        .collect();
    let expected = [
        ("broken", Kind::Symlink),
        ("in", Kind::Symlink),
        ("loop", Kind::Symlink),
        ("out", Kind::Symlink),
        ("pipe", Kind::Other),
        ("real/file", Kind::File),
    ];
    assert_eq!(kinds, expected.map(|(name, kind)| (name.to_owned(), kind)));
    // A directory that becomes a link takes its files along, although they can be reached still.
    tree.rename("real", "moved");
    symlink("moved", tree.path("real")).unwrap();
    tree.remove("broken");
    symlink("anywhere", tree.path("broken")).unwrap();
    assert_eq!(
        said(&tree.since(&baseline)),
        [
            "modified broken",
            "renamed real/file to moved/file",
            "added real"
        ]
    );
}

/// proves M1
#[cfg(unix)]
#[test]
fn every_name_is_listed_as_it_is() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};

    let tree = Tree::new();
    let mut all: Vec<&[u8]> = vec![
        b"a b",
        b"new\nline",
        b"quote\"'",
        b"\xff\xfe",
        "\u{e9}".as_bytes(),
    ];
    for name in &all {
        fs::write(tree.path("").join(OsStr::from_bytes(name)), "").unwrap();
    }
    let baseline = tree.baseline();
    let listed: Vec<_> = baseline
        .entries()
        .iter()
        .map(|(path, _)| path.as_bytes())
        .collect();
    all.sort();
    assert_eq!(listed, all);
    assert_eq!(said(&tree.since(&baseline)), [""; 0]);
    fs::remove_file(tree.path("").join(OsStr::from_bytes(b"\xff\xfe"))).unwrap();
    assert_eq!(said(&tree.since(&baseline)), ["removed \\xff\\xfe"]);
}

/// proves M5
#[test]
fn a_tree_that_cannot_be_walked_is_an_error_that_names_it() {
    let tree = Tree::new();
    let options = WalkOptions {
        purpose: BASELINE,
        earlier: None,
        ignored: Ignored::LeftOut,
    };
    let missing = walk(&tree.path("missing"), SystemClock.now(), &options).unwrap_err();
    assert!(matches!(missing, WalkError::Root { .. }), "{missing}");
    assert!(missing.hint().contains("missing"));
    tree.write(".abide", "a file");
    let refused = walk(&tree.path(""), SystemClock.now(), &options).unwrap_err();
    assert!(matches!(refused, WalkError::Dir(_)), "{refused}");
}
