//! Deleting a worktree: what goes, what stays, what is refused.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
};

use abide_core::backend::ErrorKind;
use abide_testkit::backend::Op;
use abide_workspace::{
    WorkspaceError, WorkspaceErrorKind,
    record::{Workspace, WorkspaceState},
    service::{Deleted, Force},
};

use super::repo::{Repo, chain, commit, git, make, wanted, with_branch};
use crate::fixture::{Fixture, target};

/// Ends the session of a workspace, and deletes it without force.
async fn delete(fixture: &Fixture, name: &str) -> Result<Deleted, WorkspaceError> {
    end(fixture, name).await;
    fixture.workspaces.delete(&target(name), Force::No).await
}

async fn end(fixture: &Fixture, name: &str) {
    let found = fixture.workspaces.resolve(&target(name)).await.unwrap();
    let grace = std::time::Duration::from_secs(1);
    fixture.workspaces.stop(&found, grace).await.unwrap();
}

fn assert_gone(fixture: &Fixture, workspace: &Workspace) {
    assert!(!workspace.dir.exists());
    let worktrees = fixture.state_dir().join("worktrees");
    let left: Vec<_> = worktrees.read_dir().unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_clean_worktree_goes_with_its_branch_and_nothing_else_does() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    repo.git(["worktree", "add", "-q", "../mine", "-b", "mine"]);
    repo.write("uncommitted", "stays");
    let made = make(&fixture, &repo, "api").await.workspace;
    fs::write(made.dir.join("ignored.log"), "goes").unwrap();
    let error = fixture.workspaces.delete(&target("api"), Force::No).await;
    assert!(matches!(error, Err(WorkspaceError::Running { .. })));
    let deleted = delete(&fixture, "api").await.unwrap();
    assert_eq!((deleted.recovered, deleted.left), (None, Vec::new()));
    assert_gone(&fixture, &made);
    assert_eq!(repo.branches(), ["main", "mine"]);
    assert_eq!(repo.worktrees(), 1);
    assert!(repo.dir.join("uncommitted").exists());
    assert!(fixture.names().await.is_empty());
}

/// proves W6
#[tokio::test]
async fn a_branch_that_was_there_before_survives_also_by_force() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    repo.git(["branch", "there"]);
    let new = with_branch(wanted(&fixture, &repo.dir, "api"), "there");
    let made = fixture.workspaces.create(new).await.unwrap().workspace;
    fs::write(made.dir.join("new"), "x").unwrap();
    commit(&made.dir, "on it");
    let tip = repo.git(["rev-parse", "there"]);
    fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap();
    assert_gone(&fixture, &made);
    assert_eq!(repo.git(["rev-parse", "there"]), tip);
}

/// proves W4
#[tokio::test]
async fn a_dirty_worktree_is_refused_with_its_files_and_can_be_used_on() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await;
    let dir = &made.workspace.dir;
    // The user's settings hide what would be lost.
    repo.git(["config", "status.showUntrackedFiles", "no"]);
    fs::write(dir.join("tracked"), "changed").unwrap();
    fs::create_dir(dir.join("deep")).unwrap();
    fs::write(dir.join("deep/new\nline"), "x").unwrap();
    fs::write(dir.join(OsStr::from_bytes(b"\xff")), "x").unwrap();
    fs::write(dir.join("ignored"), "x").unwrap();
    fs::create_dir(dir.join(".abide")).unwrap();
    fs::write(dir.join(".abide/lease.json"), "x").unwrap();
    let error = delete(&fixture, "api").await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Refused);
    let text = error.to_string();
    assert!(text.contains(r"`tracked`, `deep/new\nline`"), "{text}");
    let WorkspaceError::HasWork { work, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(work.files.len(), 3, "{work:?}");
    assert!(error.hint().unwrap().contains("--force"), "{error}");
    let found = fixture.workspaces.resolve(&target("api")).await.unwrap();
    assert_eq!(found.workspace, made.workspace, "nothing was changed");
    // Its final screen is there still, and it can be started again.
    assert!(fixture.state(&found).await.is_some());
    let env = abide_core::env_policy::Environment::new();
    assert!(
        fixture
            .workspaces
            .restart(&found, env)
            .await
            .unwrap()
            .1
            .started
    );
    assert_eq!(repo.branches(), ["abide/api", "main"]);
}

#[tokio::test]
async fn commits_on_the_own_branch_alone_keep_the_branch_and_those_on_none_the_worktree() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    fs::write(made.dir.join("new"), "x").unwrap();
    commit(&made.dir, "on the branch");
    let deleted = delete(&fixture, "api").await.unwrap();
    assert!(
        deleted.left[0].contains("`abide/api` was left"),
        "{:?}",
        deleted.left
    );
    assert_gone(&fixture, &made);
    assert_eq!(repo.branches(), ["abide/api", "main"]);

    let made = make(&fixture, &repo, "api").await.workspace;
    git(&made.dir, ["checkout", "-q", "--detach"]);
    fs::write(made.dir.join("new"), "x").unwrap();
    commit(&made.dir, "on nothing");
    let error = delete(&fixture, "api").await.unwrap_err();
    assert!(
        error.to_string().contains("1 commit(s) on no branch"),
        "{error}"
    );
    // Once a branch has it, it is no longer nowhere else; and what is merged is not either.
    git(&made.dir, ["branch", "saved"]);
    let deleted = delete(&fixture, "api").await.unwrap();
    assert!(deleted.left.is_empty(), "{:?}", deleted.left);
    assert_eq!(repo.branches(), ["abide/api", "main", "saved"]);
}

#[tokio::test]
async fn an_own_branch_that_is_checked_out_elsewhere_stays() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    git(&made.dir, ["checkout", "-q", "--detach"]);
    repo.git(["checkout", "-q", "abide/api"]);
    let deleted = delete(&fixture, "api").await.unwrap();
    assert!(
        deleted.left[0].contains("it is checked out at"),
        "{:?}",
        deleted.left
    );
    assert_eq!(repo.git(["branch", "--show-current"]), "abide/api");
}

#[tokio::test]
async fn a_locked_worktree_is_refused_and_a_vanished_one_is_no_obstacle() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    git(
        &made.dir,
        ["worktree", "lock", "--reason", "on a stick", "."],
    );
    end(&fixture, "api").await;
    for force in [Force::No, Force::Yes] {
        let error = fixture
            .workspaces
            .delete(&target("api"), force)
            .await
            .unwrap_err();
        assert!(
            error.to_string().contains("is locked: on a stick"),
            "{error}"
        );
        assert!(
            error.hint().unwrap().contains("git worktree unlock"),
            "{error}"
        );
    }
    git(&made.dir, ["worktree", "unlock", "."]);
    fs::remove_dir_all(&made.dir).unwrap();
    let deleted = delete(&fixture, "api").await.unwrap();
    assert!(deleted.left.is_empty(), "{:?}", deleted.left);
    assert_eq!(
        (repo.worktrees(), repo.branches()),
        (0, vec!["main".to_owned()])
    );
}

#[tokio::test]
async fn what_took_the_place_of_a_worktree_is_left_and_one_that_was_moved_is_found() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    let path = made.dir.to_str().unwrap();
    repo.git(["worktree", "remove", path]);
    repo.git(["worktree", "add", "-q", "-b", "mine", path]);
    let deleted = delete(&fixture, "api").await.unwrap();
    assert!(
        deleted.left[0].contains("was left as it is"),
        "{:?}",
        deleted.left
    );
    assert!(made.dir.join("tracked").exists());
    assert_eq!(repo.branches(), ["main", "mine"]);
    repo.git(["worktree", "remove", path]);

    let made = make(&fixture, &repo, "web").await.workspace;
    let elsewhere = fixture.root.path().join("else where");
    repo.git([
        "worktree",
        "move",
        made.dir.to_str().unwrap(),
        elsewhere.to_str().unwrap(),
    ]);
    fs::write(elsewhere.join("new"), "x").unwrap();
    let error = delete(&fixture, "web").await.unwrap_err();
    assert!(error.to_string().contains("else where"), "{error}");
    fs::remove_file(elsewhere.join("new")).unwrap();
    delete(&fixture, "web").await.unwrap();
    assert!(!elsewhere.exists());

    let made = make(&fixture, &repo, "gone").await.workspace;
    fs::rename(repo.dir.join(".git"), repo.dir.join("elsewhere")).unwrap();
    let deleted = delete(&fixture, "gone").await.unwrap();
    assert!(deleted.left[0].contains("is gone"), "{:?}", deleted.left);
    assert!(made.dir.join("tracked").exists());
}

#[tokio::test]
async fn directories_that_may_not_be_written_to_go_and_one_that_cannot_go_keeps_the_row() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    let cache = made.dir.join("ignored-cache");
    fs::create_dir(&cache).unwrap();
    fs::write(cache.join("file"), "x").unwrap();
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(&cache, 0o555);
    let worktrees = fixture.state_dir().join("worktrees");
    mode(&worktrees, 0o555);
    if fs::write(worktrees.join("probe"), "").is_ok() {
        // This user may write everywhere.
        mode(&worktrees, 0o755);
        return;
    }
    let error = delete(&fixture, "api").await.unwrap_err();
    let text = chain(&error);
    assert!(text.contains("`remove-worktree` failed"), "{text}");
    assert!(text.contains("cannot move away"), "{text}");
    let found = fixture.workspaces.resolve(&target("api")).await.unwrap();
    assert_eq!(found.workspace.state, WorkspaceState::Error);
    let problem = found.workspace.problem.unwrap();
    assert!(problem.contains("stopped at remove-worktree"), "{problem}");
    mode(&worktrees, 0o755);
    delete(&fixture, "api").await.unwrap();
    assert_gone(&fixture, &made);
    assert_eq!(repo.branches(), ["main"]);
}

/// proves W5
#[tokio::test]
async fn a_session_that_cannot_be_stopped_keeps_row_worktree_and_branch() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "api").await.workspace;
    fs::write(made.dir.join("new"), "x").unwrap();
    fixture.backend.fail_next(Op::Stop, ErrorKind::Broken);
    let yes = async || fixture.workspaces.delete(&target("api"), Force::Yes).await;
    let error = yes().await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::Failed);
    let found = fixture.workspaces.resolve(&target("api")).await.unwrap();
    assert_eq!(found.workspace, made, "it is as it was");
    assert!(made.dir.join("new").exists());
    assert_eq!(repo.branches(), ["abide/api", "main"]);
    assert!(repo.git(["for-each-ref", "refs/abide"]).is_empty());
    assert!(yes().await.unwrap().recovered.is_some());
    assert_gone(&fixture, &made);
}

#[tokio::test]
async fn a_directory_that_is_no_worktree_of_ours_is_never_deleted() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let mut new = fixture.spec(Some("api"), "testkit-echo");
    new.dir = repo.dir.clone();
    fixture.workspaces.create(new).await.unwrap();
    repo.write("uncommitted", "x");
    let deleted = fixture
        .workspaces
        .delete(&target("api"), Force::Yes)
        .await
        .unwrap();
    assert_eq!((deleted.recovered, deleted.left), (None, Vec::new()));
    assert!(repo.dir.join("uncommitted").exists());
}
