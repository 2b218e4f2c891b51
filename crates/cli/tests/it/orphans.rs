//! A database is lost under live sessions: they are found again, taken in, or ended.

use std::path::Path;

use abide_testkit::{env::TestEnv, output::CommandOutput};
use serde_json::Value;

use crate::{
    agents::{AGENT, install, json, wait_for},
    terminal::{abide, size},
};

#[track_caller]
fn ok(output: CommandOutput) -> String {
    assert!(output.success(), "{output:?}");
    output.stdout
}

#[track_caller]
fn fails(output: &CommandOutput, code: i32, text: &str) {
    assert_eq!(output.code, Some(code), "{output:?}");
    assert!(output.stderr.contains(text), "no `{text}` in {output:?}");
}

/// Starts a shell that says each line again.
fn talker(env: &TestEnv, name: &str, dir: &Path) {
    let script = "echo here; while read word; do echo got $word; done";
    let mut words = vec!["new", name, "--no-attach", "--dir", dir.to_str().unwrap()];
    words.extend(["--", "sh", "-c", script]);
    ok(env.run(words));
    ok(env.run(["wait", name, "--match", "here", "--timeout", "20s"]));
}

fn lose_database(env: &TestEnv) {
    for file in ["abide.db", "abide.db-wal", "abide.db-shm"] {
        let path = env.state_dir().join(file);
        if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }
}

fn orphans(env: &TestEnv) -> Vec<Value> {
    let printed = ok(env.run(["list", "--orphans", "--json"]));
    let listed: Value = serde_json::from_str(&printed).unwrap();
    listed["orphans"].as_array().unwrap().clone()
}

fn pid(env: &TestEnv, name: &str) -> u64 {
    let info: Value = serde_json::from_str(&ok(env.run(["info", name, "--json"]))).unwrap();
    info["session"]["status"]["pid"].as_u64().unwrap()
}

/// proves W7
#[test]
fn sessions_whose_database_was_lost_are_listed_adopted_and_attached_to() {
    let env = TestEnv::new();
    talker(&env, "my api", &env.work_dir());
    let before = pid(&env, "my api");
    assert!(orphans(&env).is_empty());
    lose_database(&env);

    let empty = env.run(["list"]);
    assert!(empty.stderr.contains("abide list --orphans"), "{empty:?}");
    let found = orphans(&env);
    assert_eq!(found.len(), 1, "{found:?}");
    let (id, status) = (found[0]["id"].as_str().unwrap(), &found[0]["status"]);
    assert_eq!(found[0]["backend"], "owner");
    assert_eq!(status["pid"].as_u64(), Some(before), "{status}");
    let table = ok(env.run(["list", "--orphans"]));
    assert!(table.contains(id) && table.contains("running"), "{table}");

    // Its screen is there while it is adopted under our eyes.
    let adopted = env.run(adoption(&id[..6], &env));
    assert_eq!(ok(adopted).trim_end(), expected_name());
    let name = expected_name();
    assert_eq!(pid(&env, name), before, "nothing was started again");
    assert!(orphans(&env).is_empty());
    let screen = abide(&env, ["attach", name], size(80, 24));
    screen.wait_for_text("here");
    screen.type_text("word\r");
    screen.wait_for_text("got word");
    drop(screen);

    ok(env.run(["stop", name, "--grace", "200ms"]));
    ok(env.run(["resume", name, "--no-attach"]));
    assert_ne!(pid(&env, name), before, "it can be started again");
    ok(env.run(["send", name, "more", "--enter"]));
    if cfg!(target_os = "linux") {
        ok(env.run(["wait", name, "--match", "got more", "--timeout", "20s"]));
    }
    ok(env.run(["delete", name, "--force"]));
    env.finish();
}

/// Linux tells what a session was called and where it belongs; elsewhere a person must.
fn adoption(id: &str, env: &TestEnv) -> Vec<String> {
    let mut words = vec!["adopt".to_owned(), id.to_owned()];
    if !cfg!(target_os = "linux") {
        let dir = env.work_dir().display().to_string();
        words.extend(["--name".into(), expected_name().into(), "--dir".into(), dir]);
    }
    words
}

fn expected_name() -> &'static str {
    "my api"
}

/// proves W7
#[test]
fn an_adopted_session_gets_the_name_and_directory_that_are_asked_for() {
    let env = TestEnv::new();
    talker(&env, "first", &env.work_dir());
    talker(&env, "second", &env.work_dir());
    lose_database(&env);
    let ids: Vec<_> = orphans(&env)
        .iter()
        .map(|orphan| orphan["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    fails(&env.run(["adopt", "no-such-id"]), 3, "abide list --orphans");
    let home = env.home_dir();
    let words = [
        "adopt",
        &ids[0],
        "--name",
        "x",
        "--dir",
        home.to_str().unwrap(),
    ];
    ok(env.run(words));
    fails(
        &env.run(["adopt", &ids[0]]),
        1,
        "belongs to the workspace `x`",
    );
    fails(&env.run(["adopt", &ids[1], "--name", "x"]), 1, "`x`");
    fails(
        &env.run(["reap", &ids[0], "--force"]),
        1,
        "belongs to the workspace `x`",
    );
    let info: Value = serde_json::from_str(&ok(env.run(["info", "x", "--json"]))).unwrap();
    assert_eq!(info["workspace"]["dir"].as_str(), home.to_str());
    assert_eq!(info["session"]["status"]["state"], "running");
    ok(env.run(["reap", &ids[1], "--force"]));
    ok(env.run(["delete", "x", "--force"]));
    env.finish();
}

/// proves W7
#[test]
fn orphans_are_reaped_when_they_ended_or_by_force_and_leave_nothing() {
    let env = TestEnv::new();
    talker(&env, "runs", &env.work_dir());
    ok(env.run(["new", "ended", "--no-attach", "--", "sh", "-c", "exit 3"]));
    ok(env.run(["wait", "ended", "--exit", "--timeout", "20s"]));
    lose_database(&env);
    talker(&env, "kept", &env.work_dir());
    assert_eq!(orphans(&env).len(), 2);

    let some = env.run(["reap", "--all"]);
    fails(&some, 4, "1 of 2 orphans could not be reaped");
    assert!(some.stderr.contains("--force"), "{some:?}");
    let left = orphans(&env);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["status"]["state"], "running", "{left:?}");

    ok(env.run(["reap", "--all", "--force"]));
    assert!(orphans(&env).is_empty());
    let owners = std::fs::read_dir(env.owners_dir()).unwrap().count();
    assert_eq!(owners, 1, "what is left is the one that a workspace has");
    ok(env.run(["send", "kept", "hello", "--enter"]));
    ok(env.run(["delete", "kept", "--force"]));
    env.finish();
}

/// proves W7
#[test]
fn what_an_adopted_session_runs_is_known_by_its_name_again() {
    let mut env = TestEnv::new();
    install(&mut env, &[("claude", AGENT)]);
    let words = ["new", "api", "--agent", "claude", "--no-attach"];
    ok(env.run(words));
    wait_for(&env, "api", "is here");
    let home = env.home_dir();
    let words = [
        "new",
        "sh",
        "--shell",
        "--no-attach",
        "--dir",
        home.to_str().unwrap(),
    ];
    ok(env.run(words));
    let of = |name: &str| json(&env, &["info", name, "--json"])["session"].clone();
    let id = |session: Value| session["id"].as_str().unwrap().to_owned();
    let ids = ["api", "sh"].map(|name| id(of(name)));
    lose_database(&env);
    for (id, name, dir) in [(&ids[0], "api", env.work_dir()), (&ids[1], "sh", home)] {
        let dir = dir.to_str().unwrap();
        ok(env.run(["adopt", id, "--name", name, "--dir", dir]));
    }
    assert_eq!(
        (&of("api")["agent"], &of("api")["mode"]),
        (&"claude".into(), &"agent".into())
    );
    assert_eq!(
        (&of("sh")["agent"], &of("sh")["mode"]),
        (&"shell".into(), &"shell".into())
    );
    assert_eq!(ok(env.run(["open", "api", "--no-attach"])), "api/shell\n");
    assert_eq!(ok(env.run(["open", "sh", "--no-attach"])), "sh\n");
    assert_eq!(
        ok(env.run(["launch", "api", "--no-attach"])),
        "api/claude\n"
    );
    for name in ["api", "sh"] {
        ok(env.run(["delete", name, "--force"]));
    }
    env.finish();
}
