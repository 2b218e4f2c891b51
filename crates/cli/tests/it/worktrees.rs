//! `abide new --repo` and what `abide delete` makes of it, with real sessions and real kills.

mod kills;
mod story;

use std::{ffi::OsStr, fs, path::Path, path::PathBuf, process::Command};

use abide_testkit::{env::TestEnv, output::CommandOutput, programs};
use serde_json::Value;

/// Makes a repository with one commit on `main` and a branch `mine`.
fn repository(env: &TestEnv) -> PathBuf {
    let dir = env.root().join("repo");
    fs::create_dir(&dir).unwrap();
    git(env, &dir, ["init", "-q", "-b", "main"]);
    fs::write(dir.join("tracked"), "as committed\n").unwrap();
    git(env, &dir, ["add", "-A"]);
    git(env, &dir, ["commit", "-q", "-m", "first"]);
    git(env, &dir, ["branch", "mine"]);
    dir
}

fn git(env: &TestEnv, dir: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> String {
    let mut command = env.program("git");
    command.args(["-c", "user.name=t", "-c", "user.email=t@t"]);
    let output = command.args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn branches(env: &TestEnv, repo: &Path) -> Vec<String> {
    let format = ["for-each-ref", "--format=%(refname:short)", "refs/heads"];
    git(env, repo, format).lines().map(str::to_owned).collect()
}

/// Returns the command that makes a workspace of a repository.
fn new(env: &TestEnv, repo: &Path) -> Command {
    let mut command = env.command(["new", "api", "--no-attach", "--repo"]);
    command
        .arg(repo)
        .arg("--")
        .arg(programs::path("testkit-echo"));
    command
}

fn make(env: &TestEnv, repo: &Path) -> CommandOutput {
    let made = env.run_command(new(env, repo), b"");
    assert!(made.success(), "{made:?}");
    made
}

/// Returns the one workspace that is listed.
fn listed(env: &TestEnv) -> Value {
    let list = env.run(["list", "--json"]);
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list["workspaces"].as_array().unwrap().len(), 1, "{list}");
    list["workspaces"][0].clone()
}

/// Returns the records that are kept of workspaces that were deleted.
fn kept_records(env: &TestEnv) -> Vec<Value> {
    let log = env.run(["log", "--all", "--json"]);
    let log: Value = serde_json::from_str(&log.stdout).unwrap();
    let records = log["records"].as_array().unwrap().iter();
    let kept = records.filter(|record| record["deleted"] == true);
    kept.cloned().collect()
}

/// Checks that nothing is left but what was there before.
fn assert_untouched(env: &TestEnv, repo: &Path) {
    assert_eq!(branches(env, repo), ["main", "mine"]);
    assert_eq!(git(env, repo, ["worktree", "list"]).lines().count(), 1);
    assert_eq!(git(env, repo, ["status", "--porcelain"]), "");
    let worktrees = env.state_dir().join("worktrees");
    let left: Vec<_> = worktrees.read_dir().into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
}
