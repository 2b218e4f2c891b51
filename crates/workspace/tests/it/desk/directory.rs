//! The directory, what git makes of it, and its removal.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use abide_core::id::RecordId;
use abide_workspace::desk::{Measured, OwnDir, OwnDirError, list_files};
use tempfile::TempDir;

use super::fixture::{Site, new_record, wanted};

fn git(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn repository() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    git(dir.path(), &["init", "-q", "-b", "main"]);
    fs::write(dir.path().join("a"), "1").unwrap();
    git(dir.path(), &["add", "a"]);
    git(dir.path(), &["commit", "-q", "-m", "first"]);
    dir
}

fn is_unseen(top: &Path, below: &Path) -> bool {
    fs::write(below.join(".abide/file"), "").unwrap();
    git(top, &["status", "--porcelain", "--untracked-files=all"]).is_empty()
}

#[test]
fn git_leaves_the_directory_out_and_is_told_so_once() {
    let dir = repository();
    fs::write(dir.path().join(".git/info/exclude"), "# mine\n*.log").unwrap();
    for _ in 0..3 {
        OwnDir::prepare(dir.path()).unwrap();
    }
    let list = fs::read_to_string(dir.path().join(".git/info/exclude")).unwrap();
    assert_eq!(list, "# mine\n*.log\n/.abide/\n");
    assert!(is_unseen(dir.path(), dir.path()));
}

#[test]
fn a_list_that_is_missing_is_made_and_one_that_cannot_be_written_is_done_without() {
    let dir = repository();
    fs::remove_dir_all(dir.path().join(".git/info")).unwrap();
    OwnDir::prepare(dir.path()).unwrap();
    assert!(is_unseen(dir.path(), dir.path()));
    let dir = repository();
    fs::remove_dir_all(dir.path().join(".git/info")).unwrap();
    fs::write(dir.path().join(".git/info"), "in the way").unwrap();
    OwnDir::prepare(dir.path()).unwrap();
    assert!(is_unseen(dir.path(), dir.path()));
}

#[test]
fn a_linked_worktree_and_a_directory_below_are_left_out_too() {
    let dir = repository();
    let linked = dir.path().join("linked here");
    git(
        dir.path(),
        &["worktree", "add", "-q", "-b", "other", "linked here"],
    );
    OwnDir::prepare(&linked).unwrap();
    assert!(is_unseen(&linked, &linked));
    for name in ["below", "a [b]*c", "wie ü \"q\""] {
        let below = dir.path().join("x").join(name);
        fs::create_dir_all(&below).unwrap();
        OwnDir::prepare(&below).unwrap();
        let seen = git(dir.path(), &["status", "--porcelain", "x"]);
        fs::write(below.join(".abide/file"), "").unwrap();
        assert_eq!(seen, "", "{name}");
    }
    let list = fs::read_to_string(dir.path().join(".git/info/exclude")).unwrap();
    assert_eq!(list.matches("/.abide/\n").count(), 4, "{list}");
}

#[test]
fn a_directory_that_git_tracks_is_refused_with_what_to_do() {
    let dir = repository();
    fs::create_dir(dir.path().join(".abide")).unwrap();
    fs::write(dir.path().join(".abide/summary.json"), "{}").unwrap();
    git(dir.path(), &["add", "-f", ".abide"]);
    let refused = OwnDir::prepare(dir.path()).unwrap_err();
    assert!(matches!(refused, OwnDirError::Tracked { .. }), "{refused}");
    assert!(refused.hint().contains("git rm -r --cached .abide"));
    git(dir.path(), &["rm", "-q", "-r", "--cached", ".abide"]);
    OwnDir::prepare(dir.path()).unwrap();
}

#[test]
fn what_is_no_repository_is_prepared_without_git() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(OwnDir::find(dir.path()).unwrap(), None);
    let own = OwnDir::prepare(dir.path()).unwrap();
    assert_eq!(OwnDir::find(dir.path()).unwrap(), Some(own.clone()));
    assert_eq!(fs::read_dir(own.path()).unwrap().count(), 0);
    let missing = OwnDir::prepare(&dir.path().join("missing")).unwrap_err();
    assert!(matches!(missing, OwnDirError::RootGone { .. }), "{missing}");
    assert!(!dir.path().join("missing").exists());
}

/// proves L8
#[test]
fn listing_the_files_writes_nothing_and_makes_nothing_of_a_directory_that_is_gone() {
    let site = Site::new();
    let held = site.claim(1);
    held.open_record(&new_record("s-1")).unwrap();
    let before = site.all();
    let now = held.tools().timepiece.moment().now;
    let listed = list_files(site.path(), now).unwrap();
    assert_eq!(listed.entries().len(), 2);
    assert_eq!(site.all(), before);

    fs::remove_dir_all(site.path()).unwrap();
    list_files(site.path(), now).unwrap_err();
    assert!(held.open_record(&new_record("s-2")).unwrap_err().is_over());
    let claimed = site.desk(2).claim(wanted()).unwrap_err();
    assert!(claimed.to_string().ends_with("is gone"), "{claimed}");
    assert!(claimed.hint().is_some());
    assert!(!site.path().exists());
}

#[test]
fn what_belongs_to_abide_is_removed_and_the_rest_stays() {
    let site = Site::new();
    let held = site.claim(1);
    let record: RecordId = held.open_record(&new_record("s-1")).unwrap();
    let now = held.tools().timepiece.moment().now;
    let manifest = list_files(site.path(), now).unwrap();
    held.put_baseline(&record, &Measured::Taken(&manifest))
        .unwrap();
    drop(held);
    fs::write(site.own("notes"), "mine").unwrap();
    fs::write(site.own("keepers/notes"), "mine").unwrap();
    let contents = site.dir().contents().unwrap();
    assert_eq!(
        contents.others,
        [PathBuf::from("keepers/notes"), PathBuf::from("notes")]
    );
    assert_eq!(contents.own.len(), 5, "{contents:?}");
    site.dir().remove().unwrap();
    let left = site.dir().contents().unwrap();
    assert_eq!(left.own, [] as [PathBuf; 0]);
    assert_eq!(left.others, contents.others);
    fs::remove_file(site.own("notes")).unwrap();
    fs::remove_file(site.own("keepers/notes")).unwrap();
    site.dir().remove().unwrap();
    assert!(!site.own("").exists());
}
