//! Work that a forced deletion keeps, brought back by the command that is printed.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{PermissionsExt, symlink},
    },
    path::Path,
    process::Command,
};

use abide_workspace::service::Force;

use super::repo::{Repo, chain, commit, git, make};
use crate::fixture::{Fixture, target};

/// What a file is: its right to be run, or that it is a link, and its content.
type Files = BTreeMap<OsString, (u32, Vec<u8>)>;

fn files(dir: &Path) -> Files {
    let mut found = Files::new();
    collect(dir, dir, &mut found);
    found
}

fn collect(top: &Path, dir: &Path, found: &mut Files) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(top).unwrap().as_os_str().to_owned();
        let metadata = fs::symlink_metadata(&path).unwrap();
        if name == ".git" || name.as_bytes().starts_with(b"ignored") {
            continue;
        } else if metadata.is_dir() {
            collect(top, &path, found);
        } else if metadata.is_symlink() {
            let link = fs::read_link(&path).unwrap().into_os_string().into_vec();
            found.insert(name, (0o120_000, link));
        } else {
            let mode = metadata.permissions().mode() & 0o100;
            found.insert(name, (mode, fs::read(&path).unwrap()));
        }
    }
}

/// Runs the command that brings work back, as a person would.
fn bring_back(command: &str) {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

/// Fills a worktree with every kind of uncommitted work.
fn work(dir: &Path) {
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.extend(b"\r\nmixed\nline ends\r\n");
    fs::write(dir.join("tracked"), &bytes).unwrap();
    fs::write(dir.join("staged"), "staged\n").unwrap();
    git(dir, ["add", "staged"]);
    fs::write(dir.join("staged"), "and changed again\r\n").unwrap();
    fs::write(dir.join("run me"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(dir.join("run me"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.join("it's \"deep\"")).unwrap();
    fs::write(dir.join("it's \"deep\"/new\nline"), "").unwrap();
    fs::write(dir.join(OsStr::from_bytes(b"\xff\xfe")), b"\0\xff").unwrap();
    symlink("nowhere/at all", dir.join("link")).unwrap();
    fs::remove_file(dir.join("to go")).unwrap();
    fs::write(dir.join("ignored"), "goes").unwrap();
}

/// proves W4
#[tokio::test]
async fn all_work_comes_back_byte_for_byte_by_the_command_that_is_printed() {
    let fixture = Fixture::new().await;
    let repo = Repo::at(&fixture, "it's a \"repo\"");
    repo.write("to go", "x");
    // Attributes that change files on their way in and out.
    fs::write(
        repo.dir.join(".gitattributes"),
        "tracked text\nstaged text eol=lf\nutf16 working-tree-encoding=UTF-16LE text\n",
    )
    .unwrap();
    repo.commit("second");
    let made = make(&fixture, &repo, "my api").await.workspace;
    work(&made.dir);
    fs::write(made.dir.join("utf16"), b"a\0\n\0\xe4\0").unwrap();
    let before = files(&made.dir);
    let head = git(&made.dir, ["rev-parse", "HEAD"]);
    let api = target("my api");
    let deleted = fixture.workspaces.delete(&api, Force::Yes).await;
    let recovered = deleted.unwrap().recovered.expect("there was work");
    assert!(!made.dir.exists());
    assert_eq!(repo.branches(), ["main"]);
    let place = "refs/abide/recovered/my-api-";
    assert!(recovered.reference.starts_with(place), "{recovered:?}");
    bring_back(&recovered.command);
    let after = files(&made.dir);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    assert_eq!(before, after);
    assert!(
        after.len() == 9 && !made.dir.join("ignored").exists(),
        "{after:?}"
    );
    // What it was made on, and what was staged, are there as well.
    let parents = git(&made.dir, ["log", "-1", "--format=%P"]);
    let parents: Vec<_> = parents.split(' ').collect();
    assert_eq!((parents[0], parents.len()), (&*head, 2));
    let staged = git(&made.dir, ["show", &format!("{}:staged", parents[1])]);
    assert_eq!(staged, "staged");
}

#[tokio::test]
async fn commits_that_are_nowhere_else_are_kept_and_a_repeated_try_keeps_nothing_twice() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    fs::write(made.dir.join("a"), "on the branch").unwrap();
    commit(&made.dir, "on the branch");
    git(&made.dir, ["checkout", "-q", "--detach", "main"]);
    fs::write(made.dir.join("b"), "on nothing").unwrap();
    commit(&made.dir, "on nothing");
    fs::write(made.dir.join("c"), "in no commit").unwrap();
    git(&made.dir, ["worktree", "lock", "."]);
    let yes = async || fixture.workspaces.delete(&target("api"), Force::Yes).await;
    yes().await.unwrap_err();
    git(&made.dir, ["worktree", "unlock", "."]);
    let recovered = yes().await.unwrap().recovered.unwrap();
    assert_eq!(repo.branches(), ["main"]);
    let log = repo.git(["log", "--format=%s", &recovered.reference]);
    for subject in ["on the branch", "on nothing", "first"] {
        assert!(log.lines().any(|line| line == subject), "{log}");
    }
    bring_back(&recovered.command);
    assert_eq!(fs::read(made.dir.join("c")).unwrap(), b"in no commit");
    let refs = repo.git(["for-each-ref", "refs/abide"]);
    assert_eq!(refs.lines().count(), 1, "{refs}");
}

#[tokio::test]
async fn an_index_in_the_middle_of_a_merge_is_kept_as_the_files_are() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    fs::write(made.dir.join("tracked"), "ours\n").unwrap();
    commit(&made.dir, "ours");
    repo.write("tracked", "theirs\n");
    repo.commit("theirs");
    let merge = Command::new("git")
        .args(["merge", "-q", "main"])
        .current_dir(&made.dir)
        .output();
    assert!(!merge.unwrap().status.success(), "there is a conflict");
    let before = files(&made.dir);
    let deleted = fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap();
    bring_back(&deleted.recovered.unwrap().command);
    assert_eq!(files(&made.dir), before);
}

#[tokio::test]
async fn a_repository_inside_with_work_of_its_own_is_not_removed_also_by_force() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let library = Repo::at(&fixture, "library");
    let path = library.dir.to_str().unwrap().to_owned();
    repo.git(["submodule", "--quiet", "add", &path, "lib"]);
    repo.commit("with a submodule");
    let made = make(&fixture, &repo, "api").await.workspace;
    git(&made.dir, ["submodule", "--quiet", "update", "--init"]);
    let lib = made.dir.join("lib");
    let yes = async || fixture.workspaces.delete(&target("api"), Force::Yes).await;
    let refused = async |expected: &str| {
        let error = yes().await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains("has work that is nowhere else"), "{text}");
        assert!(text.contains(expected), "{text}");
        assert!(made.dir.join(expected).exists());
    };
    fs::write(lib.join("new"), "x").unwrap();
    refused("lib").await;
    // Committed in the submodule and above it: all clean, and still only here.
    commit(&lib, "only here");
    commit(&made.dir, "uses it");
    refused("lib").await;
    git(&lib, ["push", "-q", "origin", "HEAD:refs/heads/pushed"]);
    git(&lib, ["fetch", "-q"]);
    let inner = made.dir.join("inner");
    fs::create_dir(&inner).unwrap();
    git(&inner, ["init", "-q"]);
    fs::write(inner.join("file"), "x").unwrap();
    commit(&inner, "a repository that git does not know");
    refused("inner").await;
    fs::remove_dir_all(&inner).unwrap();
    yes().await.unwrap();
    assert!(!made.dir.exists());
}
