//! The command is killed at every stage of making and deleting; the next one goes on.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use abide_testkit::{env::TestEnv, gate::ProcessGate};

use super::{assert_untouched, git, kept_records, listed, make, new, repository};

const DEADLINE: Duration = Duration::from_secs(20);

/// Points of making a workspace, in order, and the stage that each is in.
const MAKING: [(&str, &str); 5] = [
    ("create.added", "make-worktree"),
    ("setup.stored", "make-worktree"),
    ("setup.branch", "make-worktree"),
    ("setup.worktree", "make-worktree"),
    ("create.started", "start-session"),
];

/// Points of deleting one, in order, and the stage that each is in.
const DELETING: [(&str, &str); 10] = [
    ("delete.blocked", "stop-sessions"),
    ("delete.stopped", "stop-sessions"),
    ("delete.keeping", "keep-work"),
    ("delete.kept", "keep-work"),
    ("delete.copied", "keep-records"),
    ("delete.recorded", "keep-records"),
    ("delete.aside", "remove-worktree"),
    ("delete.forgotten", "remove-worktree"),
    ("delete.worktree", "remove-worktree"),
    ("delete.branch", "remove-branch"),
];

fn start(mut command: Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a command until it reaches a point, and kills it there.
fn killed_at(env: &TestEnv, point: &str, command: Command) {
    let gate = ProcessGate::new(&env.probe_dir(), point);
    let mut child = start(command);
    assert_eq!(gate.wait_reached(DEADLINE), child.id(), "{point}");
    child.kill().unwrap();
    child.wait().unwrap();
    gate.release();
}

/// proves W2, W3
#[test]
fn making_that_is_killed_anywhere_is_shown_in_error_and_entered_or_deleted() {
    for next in ["resume", "delete"] {
        for (point, stage) in MAKING {
            let env = TestEnv::new();
            let repo = repository(&env);
            killed_at(&env, point, new(&env, &repo));
            let workspace = listed(&env);
            assert_eq!(workspace["state"], "error", "{point}: {workspace}");
            assert_eq!(workspace["stage"], stage, "{point}: {workspace}");
            if point != "create.added" {
                let info = env.run(["info", "api"]).stdout;
                let shown = format!("stage       {stage} interrupted");
                assert!(info.contains(&shown), "{point}: {info}");
            }
            if next == "resume" {
                let resumed = env.run(["resume", "api", "--no-attach"]);
                assert!(resumed.success(), "{point}: {resumed:?}");
                let workspace = listed(&env);
                assert_eq!(workspace["state"], "ready", "{point}: {workspace}");
                let session = &workspace["sessions"][0];
                assert_eq!(
                    session["status"]["state"], "running",
                    "{point}: {workspace}"
                );
                let dir = env.state_dir().join("worktrees/api");
                assert!(dir.join("tracked").exists(), "{point}");
                assert_eq!(git(&env, &dir, ["branch", "--show-current"]), "abide/api");
            }
            let deleted = env.run(["delete", "api", "--force"]);
            assert!(deleted.success(), "{point}: {deleted:?}");
            assert_untouched(&env, &repo);
            env.finish();
        }
    }
}

/// proves W2, W5
#[test]
fn deleting_that_is_killed_anywhere_is_shown_in_error_and_goes_on_without_losing_work() {
    for (point, stage) in DELETING {
        let env = TestEnv::new();
        let repo = repository(&env);
        make(&env, &repo);
        let dir = env.state_dir().join("worktrees/api");
        fs::write(dir.join("precious"), "work").unwrap();
        killed_at(&env, point, env.command(["delete", "api", "--force"]));
        let workspace = listed(&env);
        assert_eq!(workspace["state"], "error", "{point}: {workspace}");
        assert_eq!(workspace["stage"], stage, "{point}: {workspace}");
        let deleted = env.run(["delete", "api", "--force"]);
        assert!(deleted.success(), "{point}: {deleted:?}");
        assert_untouched(&env, &repo);
        let kept = git(
            &env,
            &repo,
            ["for-each-ref", "--format=%(refname)", "refs/abide"],
        );
        assert_eq!(kept.lines().count(), 1, "{point}: {kept}");
        assert!(deleted.stderr.contains(&kept), "{point}: {deleted:?}");
        let precious = git(&env, &repo, ["show", &format!("{kept}:precious")]);
        assert_eq!(precious, "work", "{point}");
        let kept = kept_records(&env);
        assert_eq!(kept.len(), 1, "{point}: {kept:?}");
        assert_eq!(kept[0]["state"], "complete", "{point}: {kept:?}");
        env.finish();
    }
}

/// A git that outlives the command that ran it keeps the workspace from others until it has ended.
///
/// proves W8
#[test]
fn a_git_that_goes_on_alone_is_waited_for_and_what_it_made_is_taken_away() {
    let env = TestEnv::new();
    let repo = repository(&env);
    let gate = ProcessGate::new(&env.probe_dir(), "hook");
    let hook = repo.join(".git/hooks/post-checkout");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let at = env.probe_dir().join("hook");
    let text = format!("#!/bin/sh\necho $$ > '{0}'\ncat '{0}.go'\n", at.display());
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut child = start(new(&env, &repo));
    let _hook = gate.wait_reached(DEADLINE);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(listed(&env)["state"], "creating");
    let busy = env.run(["delete", "api", "--force"]);
    assert!(busy.stderr.contains("by another process"), "{busy:?}");
    gate.release();
    drop(gate);
    fs::remove_file(&hook).unwrap();
    // The hook and git end by themselves; the kernel says when.
    let begun = std::cell::Cell::new(0);
    while listed(&env)["state"] == "creating" {
        begun.set(begun.get() + 1);
        assert!(begun.get() < 1000, "git holds the workspace still");
    }
    assert_eq!(listed(&env)["stage"], "make-worktree");
    let deleted = env.run(["delete", "api"]);
    assert!(deleted.success(), "{deleted:?}");
    assert_untouched(&env, &repo);
    env.finish();
}
