//! Edits that must be found, however well they hide, and files that are not read for nothing.

use std::{
    fs::{self, File, FileTimes},
    time::{Duration, SystemTime},
};

use abide_core::{
    clock::{Clock as _, SystemClock},
    manifest::{Manifest, What},
};
use abide_workspace::walk::{Hashing, Ignored, Purpose, WalkOptions, walk};

use super::tree::{BASELINE, Tree, said};

/// Writes other words of the same length, and sets the time back.
fn edit_in_secret(tree: &Tree, name: &str, content: &str) {
    let path = tree.path(name);
    let before = fs::metadata(&path).unwrap();
    assert_eq!(before.len(), content.len() as u64);
    fs::write(&path, content).unwrap();
    let times = FileTimes::new().set_modified(before.modified().unwrap());
    let file = File::options().write(true).open(&path).unwrap();
    file.set_times(times).unwrap();
    let after = fs::metadata(&path).unwrap();
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
}

fn hashed(manifest: &Manifest) -> usize {
    let has_content = |entry: &abide_core::manifest::Entry| entry.content.is_some();
    let files = manifest.entries().iter();
    files.filter(|(_, entry)| has_content(entry)).count()
}

/// proves M1, M2
#[cfg(unix)]
#[test]
fn a_same_size_edit_with_its_time_set_back_is_found() {
    let tree = Tree::new();
    tree.write("file", "old words");
    tree.write("other", "old words");
    let baseline = tree.settled_baseline();
    assert_eq!(hashed(&baseline), 0, "times suffice");
    edit_in_secret(&tree, "file", "new words");
    assert_eq!(said(&tree.since(&baseline)), ["modified file"]);
}

/// proves M1, M2
#[test]
fn a_same_size_edit_with_its_time_set_back_is_found_by_content_where_all_was_read() {
    let tree = Tree::new();
    tree.write("file", "old words");
    tree.write("touched", "old words");
    tree.settled_baseline();
    let baseline = tree.walk(Purpose::Baseline(Hashing::All), None).manifest;
    assert_eq!(hashed(&baseline), 2);
    edit_in_secret(&tree, "file", "new words");
    edit_in_secret(&tree, "touched", "old words");
    let diff = tree.since(&baseline);
    // Where the system keeps no time of its own, nothing tells that the file is to be read.
    if cfg!(unix) {
        assert_eq!(said(&diff), ["modified file"]);
    }
}

/// proves M1, M2
#[test]
fn an_edit_right_after_the_baseline_is_found_in_every_round() {
    let tree = Tree::new();
    for round in 0..200 {
        tree.write("file", &format!("{round:06}"));
        let baseline = tree.baseline();
        edit_in_secret(&tree, "file", &format!("{:06}", round + 1));
        assert_eq!(
            said(&tree.since(&baseline)),
            ["modified file"],
            "round {round}"
        );
    }
}

/// proves M2
#[test]
fn a_file_that_was_read_and_only_touched_is_not_shown() {
    let tree = Tree::new();
    tree.write("file", "words");
    let baseline = tree.baseline();
    assert_eq!(hashed(&baseline), 1, "it is too new to trust its times");
    tree.write("file", "words");
    let diff = tree.since(&baseline);
    assert_eq!(said(&diff), [""; 0]);
    assert!(
        diff.changes
            .iter()
            .all(|change| matches!(change.what, What::Touched { .. }))
    );
}

/// proves M2
#[test]
fn files_that_move_are_renamed_and_copies_are_known_by_content() {
    let tree = Tree::new();
    for name in ["dir/a", "dir/b", "copied"] {
        tree.write(name, &format!("content of {name}"));
    }
    let baseline = tree.baseline();
    assert_eq!(hashed(&baseline), 3);
    tree.rename("dir", "moved");
    fs::copy(tree.path("copied"), tree.path("new name")).unwrap();
    tree.remove("copied");
    tree.write("unrelated", "words of another length altogether");
    assert_eq!(
        said(&tree.since(&baseline)),
        [
            "renamed dir/a to moved/a",
            "renamed dir/b to moved/b",
            "renamed copied to new name",
            "added unrelated",
        ]
    );
}

/// proves M1
#[test]
fn what_did_not_move_keeps_its_hash_and_is_not_read_again() {
    let tree = Tree::new();
    tree.write("still", "words");
    tree.write("edited", "words");
    tree.settled_baseline();
    let all = Purpose::Baseline(Hashing::All);
    let first = tree.walk(all, None).manifest;
    tree.write("edited", "other");
    let second = tree
        .walk(Purpose::Baseline(Hashing::Unsettled), Some(&first))
        .manifest;
    let content = |manifest: &Manifest, name: &str| {
        let path = abide_core::manifest::TreePath::new(name.into()).unwrap();
        manifest.get(&path).unwrap().content
    };
    assert!(content(&first, "still").is_some());
    assert_eq!(content(&first, "still"), content(&second, "still"));
    assert_ne!(content(&first, "edited"), content(&second, "edited"));
    assert_eq!(said(&first.diff(&second)), ["modified edited"]);
}

/// proves M1
#[test]
fn a_manifest_survives_the_disk() {
    let tree = Tree::new();
    tree.write("a/b", "words");
    let baseline = tree.baseline();
    let mut bytes = Vec::new();
    baseline.write_to(&mut bytes).unwrap();
    let read = Manifest::read_from(&bytes[..]).unwrap();
    assert_eq!(read, baseline);
    tree.write("a/b", "other words");
    assert_eq!(said(&tree.since(&read)), ["modified a/b"]);
}

/// proves M1
#[cfg(unix)]
#[test]
fn a_time_that_somebody_sets_ahead_vouches_for_no_file_and_without_any_all_are_read() {
    let tree = Tree::new();
    tree.write("file", "old words");
    let walk = || {
        let options = WalkOptions {
            purpose: BASELINE,
            earlier: None,
            ignored: Ignored::LeftOut,
        };
        let walked = walk(&tree.path(""), SystemClock.now(), &options);
        walked.unwrap().manifest
    };
    assert_eq!(hashed(&walk()), 1, "nothing tells what time it is");
    assert!(!tree.path(".abide").exists(), "nothing is made to learn it");
    tree.write(".abide/journal.jsonl", "");
    let journal = tree.path(".abide/journal.jsonl");
    let journal = File::options().write(true).open(journal).unwrap();
    let ahead = SystemTime::UNIX_EPOCH + Duration::from_secs(100_000_000_000);
    let times = FileTimes::new().set_modified(ahead);
    journal.set_times(times).unwrap();
    assert_eq!(hashed(&walk()), 1);
}
