//! From `new` to `delete`, as a person sees it.

use std::{fs, process::Command};

use abide_testkit::{env::TestEnv, programs};

use super::{assert_untouched, branches, git, kept_records, listed, make, new, repository};

/// proves W1, W4
#[test]
fn a_worktree_is_made_shown_refused_to_go_with_work_and_its_work_brought_back() {
    let env = TestEnv::new();
    let repo = repository(&env);
    make(&env, &repo);
    let workspace = listed(&env);
    let dir = std::path::PathBuf::from(workspace["dir"].as_str().unwrap());
    assert_eq!(dir, env.state_dir().join("worktrees/api"));
    assert_eq!(workspace["repo"].as_str().unwrap(), repo.to_str().unwrap());
    assert_eq!(workspace["branch"], "abide/api");
    assert_eq!(workspace["base"], git(&env, &repo, ["rev-parse", "main"]));
    let list = env.run(["list"]).stdout;
    assert!(
        list.contains("REPO") && list.contains("abide/api"),
        "{list}"
    );
    let info = env.run(["info", "api"]).stdout;
    assert!(info.contains("branch      abide/api"), "{info}");
    assert!(info.contains("repository  "), "{info}");

    fs::write(dir.join("precious"), "work").unwrap();
    assert!(env.run(["stop", "api"]).success());
    let refused = env.run(["delete", "api"]);
    assert!(!refused.success());
    assert!(refused.stderr.contains("`precious`"), "{refused:?}");
    assert!(refused.stderr.contains("--force"), "{refused:?}");
    assert!(env.run(["resume", "api", "--no-attach"]).success());
    let deleted = env.run(["delete", "api", "--force"]);
    assert!(deleted.success(), "{deleted:?}");
    assert_untouched(&env, &repo);
    let command = deleted.stderr.lines().find(|line| line.contains("git -C"));
    let command = command.expect("it says how to get the work back").trim();
    let brought = env.program("sh").args(["-c", command]).output().unwrap();
    assert!(brought.status.success(), "{brought:?}");
    assert_eq!(fs::read(dir.join("precious")).unwrap(), b"work");
    env.finish();
}

/// proves M4, W5
#[test]
fn what_a_session_changed_is_told_after_its_worktree_is_gone() {
    let env = TestEnv::new();
    let repo = repository(&env);
    for name in ["first", "second"] {
        make(&env, &repo);
        let dir = env.state_dir().join("worktrees/api");
        fs::write(dir.join(name), "work").unwrap();
        let deleted = env.run(["delete", "api", "--force"]);
        assert!(deleted.success(), "{deleted:?}");
        assert_untouched(&env, &repo);
    }
    let dir = env.state_dir().join("worktrees/api");
    let dir = dir.to_str().unwrap();
    assert_eq!(kept_records(&env).len(), 2);
    let ran = |args: &[&str]| {
        let output = env.run(args);
        assert!(output.success(), "{args:?}: {output:?}");
        output.stdout
    };
    let log = ran(&["log", "--dir", dir]);
    assert_eq!(log.matches("api (deleted)").count(), 2, "{log}");
    let link = env.root().join("link");
    std::os::unix::fs::symlink(env.state_dir(), &link).unwrap();
    let linked = link.join("worktrees/api");
    assert_eq!(ran(&["log", "--dir", linked.to_str().unwrap()]), log);
    assert_eq!(ran(&["log", "api"]).matches("api (deleted)").count(), 1);
    let summary = ran(&["summary", "api"]);
    assert!(summary.contains("A  second"), "{summary}");
    assert!(summary.contains("api (deleted)"), "{summary}");
    let first = kept_records(&env)[0]["record"].as_str().unwrap().to_owned();
    let summary = ran(&["summary", "--dir", dir, "--record", &first]);
    assert!(summary.contains("A  first"), "{summary}");

    make(&env, &repo);
    let log = ran(&["log", "api", "--json"]);
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["records"].as_array().unwrap().len(), 1, "{log}");
    assert_eq!(log["records"][0]["deleted"], false, "{log}");
    let log = ran(&["log", "--dir", dir, "--json"]);
    let log: serde_json::Value = serde_json::from_str(&log).unwrap();
    let states = log["records"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|record| &record["state"]).collect();
    assert_eq!(states, ["complete", "complete", "running"]);
    assert!(env.run(["delete", "api", "--force"]).success());
    env.finish();
}

/// proves W6
#[test]
fn inherited_variables_of_git_change_nothing() {
    let mut env = TestEnv::new();
    let repo = repository(&env);
    let other = env.root().join("other");
    fs::create_dir(&other).unwrap();
    git(&env, &other, ["init", "-q", "-b", "main"]);
    let trap = env.root().join("trap");
    let nothing = env.root().join("nothing");
    for (name, value) in [
        ("GIT_DIR", other.join(".git").into_os_string()),
        ("GIT_WORK_TREE", other.clone().into_os_string()),
        ("GIT_INDEX_FILE", nothing.clone().into_os_string()),
        ("GIT_OBJECT_DIRECTORY", nothing.into_os_string()),
        ("GIT_NAMESPACE", "elsewhere".into()),
        ("GIT_CONFIG_COUNT", "1".into()),
        ("GIT_CONFIG_KEY_0", "core.fsmonitor".into()),
        (
            "GIT_CONFIG_VALUE_0",
            format!("touch {}", trap.display()).into(),
        ),
    ] {
        env.set(name, value);
    }
    make(&env, &repo);
    let dir = env.state_dir().join("worktrees/api");
    fs::write(dir.join("precious"), "work").unwrap();
    let deleted = env.run(["delete", "api", "--force"]);
    assert!(
        deleted.success() && deleted.stderr.contains("git -C"),
        "{deleted:?}"
    );
    assert!(!dir.exists() && !trap.exists());
    let plain = |dir: &std::path::Path, args: &[&str]| {
        let output = Command::new("git")
            .args(args)
            .current_dir(dir)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(plain(&repo, &["for-each-ref"]).contains("refs/abide/recovered/api-"));
    assert_eq!(plain(&other, &["for-each-ref"]), "");
    env.finish();
}

#[test]
fn without_git_nothing_is_made_and_the_error_says_what_is_missing() {
    let mut env = TestEnv::new();
    let repo = repository(&env);
    env.set("PATH", "/nonexistent");
    let made = env.run_command(new(&env, &repo), b"");
    assert!(!made.success());
    assert!(made.stderr.contains("cannot find `git`"), "{made:?}");
    assert!(made.stderr.contains("hint: install git"), "{made:?}");
    assert!(!env.state_dir().join("worktrees").exists());
    env.finish();
}

#[test]
fn the_configuration_says_where_worktrees_are_and_options_need_a_repository() {
    let env = TestEnv::new();
    let repo = repository(&env);
    let below = env.root().join("my trees");
    let config = format!("worktrees = '{}'\n", below.display());
    fs::write(env.config_file(), config).unwrap();
    let mut command = env.command(["new", "--no-attach", "--branch", "mine", "--repo"]);
    command
        .arg(&repo)
        .arg("--")
        .arg(programs::path("testkit-echo"));
    let made = env.run_command(command, b"");
    assert_eq!(made.stdout, "mine\n", "{made:?}");
    assert!(below.join("mine/tracked").exists());
    assert!(env.run(["delete", "mine", "--force"]).success());
    assert!(!below.join("mine").exists());
    assert_eq!(branches(&env, &repo), ["main", "mine"]);
    for words in [["--branch", "x"], ["--from", "x"]] {
        let refused = env.run(["new", "--no-attach"].into_iter().chain(words));
        assert!(refused.stderr.contains("--repo"), "{refused:?}");
    }
    env.finish();
}
