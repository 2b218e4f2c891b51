//! Making a worktree: its branch, its place, and what is refused.

use std::{fs, os::unix::fs::symlink};

use abide_core::backend::{Command, ErrorKind};
use abide_testkit::backend::Op;
use abide_workspace::{
    WorkspaceErrorKind,
    record::{StageOutcome, WorkspaceState},
};

use super::repo::{Repo, chain, git, make, wanted, with_branch};
use crate::fixture::Fixture;

/// proves W1
#[tokio::test]
async fn a_workspace_of_a_repository_is_a_worktree_on_a_branch_of_its_own() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let made = make(&fixture, &repo, "my api").await.workspace;
    let worktree = made.worktree.clone().unwrap();
    assert_eq!(worktree.repo, repo.dir);
    assert_eq!(worktree.branch, "abide/my-api");
    assert!(worktree.owns_worktree && worktree.owns_branch);
    assert_eq!(worktree.base, Some(repo.git(["rev-parse", "main"])));
    assert!(made.dir.ends_with("worktrees/my-api"), "{:?}", made.dir);
    assert_eq!(made.state, WorkspaceState::Ready);
    assert_eq!(git(&made.dir, ["branch", "--show-current"]), "abide/my-api");
    assert!(git(&made.dir, ["status", "--porcelain"]).is_empty());
    let again = fixture.reopened().await;
    let found = again.resolve(&"my api".parse().unwrap()).await.unwrap();
    assert_eq!(found.workspace, made, "all of it is stored");
}

#[tokio::test]
async fn names_that_are_taken_get_a_number_and_nothing_of_others_is_used() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    repo.git(["branch", "abide/api"]);
    let taken = fixture.state_dir().join("worktrees/api");
    fs::create_dir_all(&taken).unwrap();
    let made = make(&fixture, &repo, "api").await.workspace;
    assert_eq!(made.worktree.unwrap().branch, "abide/api-2");
    assert!(made.dir.ends_with("worktrees/api-2"), "{:?}", made.dir);
    assert_eq!(taken.read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_branch_is_named_checked_out_or_taken_from_the_one_remote_that_has_it() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let origin = Repo::at(&fixture, "origin");
    origin.git(["checkout", "-q", "-b", "theirs"]);
    origin.write("theirs", "x");
    origin.commit("theirs");
    repo.git(["remote", "add", "up", origin.dir.to_str().unwrap()]);
    repo.git(["fetch", "-q", "up"]);
    repo.git(["branch", "there"]);
    for (name, branch, owned) in [
        ("a", "there", false),
        ("b", "new", true),
        ("c", "theirs", true),
    ] {
        let new = with_branch(wanted(&fixture, &repo.dir, name), branch);
        let made = fixture.workspaces.create(new).await.unwrap().workspace;
        let worktree = made.worktree.unwrap();
        assert_eq!((&*worktree.branch, worktree.owns_branch), (branch, owned));
        assert_eq!(git(&made.dir, ["branch", "--show-current"]), branch);
        assert_eq!(made.dir.join("theirs").exists(), name == "c");
    }
    let upstream = ["rev-parse", "--abbrev-ref", "theirs@{upstream}"];
    assert_eq!(repo.git(upstream), "up/theirs");
    // Without a name, the branch gives one.
    let mut new = with_branch(wanted(&fixture, &repo.dir, "x"), "fix/login");
    new.name = None;
    let made = fixture.workspaces.create(new).await.unwrap().workspace;
    assert_eq!(made.name.as_str(), "login");
    let mut new = wanted(&fixture, &repo.dir, "old");
    repo.write("later", "x");
    repo.commit("second");
    new.worktree.as_mut().unwrap().from = Some("main~1".into());
    let made = fixture.workspaces.create(new).await.unwrap().workspace;
    assert!(!made.dir.join("later").exists());
}

/// proves W6
#[tokio::test]
async fn what_git_cannot_use_is_refused_by_name_and_leaves_nothing() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    let plain = fixture.root.path().join("plain");
    fs::create_dir(&plain).unwrap();
    for (branch, expected) in [
        ("-f", "cannot be the name of a branch"),
        ("a..b", "cannot be the name of a branch"),
        ("a b", "cannot be the name of a branch"),
        ("@{-1}", "cannot be the name of a branch"),
        ("x\ny", "cannot be the name of a branch"),
        ("main", "is checked out at `/"),
    ] {
        let new = with_branch(wanted(&fixture, &repo.dir, "api"), branch);
        let error = fixture.workspaces.create(new).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{branch}: {error}");
        assert_eq!(error.kind(), WorkspaceErrorKind::Refused, "{branch}");
        assert!(error.hint().is_some());
    }
    let mut new = with_branch(wanted(&fixture, &repo.dir, "api"), "b");
    new.worktree.as_mut().unwrap().from = Some("nothing".into());
    let error = fixture.workspaces.create(new.clone()).await.unwrap_err();
    assert!(
        error.to_string().contains("`nothing` is no commit"),
        "{error}"
    );
    repo.git(["branch", "b"]);
    let error = fixture.workspaces.create(new).await.unwrap_err();
    assert!(
        error.to_string().contains("already is a branch `b`"),
        "{error}"
    );
    let new = wanted(&fixture, &plain, "api");
    let error = fixture.workspaces.create(new).await.unwrap_err();
    assert!(
        error.to_string().contains("in no git repository"),
        "{error}"
    );
    git(&plain, ["init", "-q"]);
    let new = wanted(&fixture, &plain, "api");
    let error = fixture.workspaces.create(new).await.unwrap_err();
    assert!(error.hint().unwrap().contains("make one first"), "{error}");
    assert!(fixture.names().await.is_empty());
    assert_eq!(repo.branches(), ["b", "main"]);
    assert_eq!(repo.worktrees(), 0);
    assert!(!fixture.state_dir().join("worktrees").exists());
}

#[tokio::test]
async fn repositories_behind_links_bare_and_inside_others_are_the_ones_that_are_meant() {
    let fixture = Fixture::new().await;
    let outer = Repo::new(&fixture);
    let inner = Repo::at(&fixture, "repo/inner");
    inner.write("only inner", "x");
    inner.commit("inner");
    let bare = fixture.root.path().join("bare repo.git");
    outer.git(["clone", "-q", "--bare", ".", bare.to_str().unwrap()]);
    let bare = fs::canonicalize(bare).unwrap();
    let link = fixture.root.path().join("link");
    symlink(&outer.dir, &link).unwrap();
    let below = outer.dir.join("below");
    fs::create_dir(&below).unwrap();
    for (name, dir, repo) in [
        ("a", &inner.dir, &inner.dir),
        ("b", &bare, &bare),
        ("c", &link, &outer.dir),
        ("d", &below, &outer.dir),
    ] {
        let made = fixture.workspaces.create(wanted(&fixture, dir, name)).await;
        let made = made.unwrap().workspace;
        assert_eq!(&made.worktree.unwrap().repo, repo, "{name}");
        assert_eq!(made.dir.join("only inner").exists(), name == "a");
    }
    for name in ["a", "b", "c", "d"] {
        let target = name.parse().unwrap();
        let force = abide_workspace::service::Force::Yes;
        let deleted = fixture.workspaces.delete(&target, force).await.unwrap();
        assert!(!deleted.workspace.dir.exists());
        assert_eq!((deleted.recovered, deleted.left), (None, Vec::new()));
    }
    for repo in [&outer.dir, &inner.dir, &bare] {
        let branches = git(repo, ["for-each-ref", "--format=%(refname)", "refs/heads"]);
        assert_eq!(branches, "refs/heads/main");
    }
}

/// proves W3
#[tokio::test]
async fn a_stage_that_fails_is_named_and_what_was_made_is_taken_away_again() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    repo.git(["branch", "there"]);
    let hook = repo.dir.join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\necho not today >&2\nexit 3\n").unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for branch in ["there", "new"] {
        let new = with_branch(wanted(&fixture, &repo.dir, "api"), branch);
        let error = fixture.workspaces.create(new).await.unwrap_err();
        let text = chain(&error);
        assert!(text.contains("stage `make-worktree` failed"), "{text}");
        assert!(text.contains("not today"), "{text}");
    }
    fs::remove_file(&hook).unwrap();
    fixture
        .backend
        .fail_next(Op::Ensure, ErrorKind::ProgramNotFound);
    let new = with_branch(wanted(&fixture, &repo.dir, "api"), "new");
    let error = fixture.workspaces.create(new).await.unwrap_err();
    assert_eq!(error.kind(), WorkspaceErrorKind::ProgramNotFound);
    let text = chain(&error);
    assert!(text.contains("stage `start-session` failed"), "{text}");
    assert!(fixture.names().await.is_empty());
    assert_eq!(repo.branches(), ["main", "there"]);
    assert_eq!(repo.worktrees(), 0);
    let worktrees = fixture.state_dir().join("worktrees");
    assert_eq!(worktrees.read_dir().unwrap().count(), 0);
    assert_eq!(
        fixture
            .state_dir()
            .join("locks")
            .read_dir()
            .unwrap()
            .count(),
        0
    );
}

/// proves W3
#[tokio::test]
async fn a_session_that_may_run_keeps_its_worktree_and_the_stages_tell_how_far_it_got() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    fixture.backend.fail_next(Op::Ensure, ErrorKind::TimedOut);
    let new = wanted(&fixture, &repo.dir, "api");
    fixture.workspaces.create(new).await.unwrap_err();
    let found = fixture
        .workspaces
        .resolve(&"api".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(found.workspace.state, WorkspaceState::Error);
    assert!(found.workspace.dir.join("tracked").exists());
    let stages = fixture.workspaces.stages(&found.workspace).await.unwrap();
    let shown: Vec<_> = stages
        .iter()
        .map(|s| (s.stage.as_str(), &s.outcome))
        .collect();
    assert_eq!(shown[0], ("make-worktree", &StageOutcome::Done));
    assert!(
        matches!(shown[1], ("start-session", StageOutcome::Failed { .. })),
        "{shown:?}"
    );
}

/// proves W8
#[tokio::test]
async fn one_workspace_that_is_being_made_keeps_no_other_waiting() {
    let fixture = Fixture::new().await;
    let repo = Repo::new(&fixture);
    fixture.backend.hang(Op::Ensure);
    let slow = fixture
        .workspaces
        .create(wanted(&fixture, &repo.dir, "slow"));
    let other = fixture.reopened().await;
    let meanwhile = async {
        let begun = async {
            while fixture.calls(Op::Ensure) == 0 {
                tokio::task::yield_now().await;
            }
        };
        let deadline = std::time::Duration::from_secs(20);
        tokio::time::timeout(deadline, begun)
            .await
            .expect("it gets to its session");
        let quick = abide_workspace::service::NewWorkspace {
            command: Command::new("testkit-echo", Vec::<String>::new()),
            ..wanted(&fixture, &repo.dir, "quick")
        };
        let target = "slow".parse().unwrap();
        let refused = other
            .delete(&target, abide_workspace::service::Force::Yes)
            .await;
        assert_eq!(refused.unwrap_err().kind(), WorkspaceErrorKind::Busy);
        // A directory, a branch and a row of its own come to be meanwhile.
        let made = other.create(quick);
        let is_there = async {
            while !fixture.state_dir().join("worktrees/quick/tracked").exists() {
                tokio::task::yield_now().await;
            }
            fixture.backend.release(Op::Ensure);
        };
        let (made, ()) = tokio::join!(made, is_there);
        made.unwrap();
    };
    let (made, ()) = tokio::join!(slow, meanwhile);
    made.unwrap();
    assert_eq!(repo.worktrees(), 2);
}
