//! Sessions in tmux and sessions of the owner, side by side, while tmux comes and goes.

use std::{fs, os::unix::fs::PermissionsExt};

use abide_testkit::env::TestEnv;
use serde_json::Value;

use crate::{
    terminal::{abide, size},
    tmux::{
        answers, configure, env_with_tmux, fails, ok, path_without_tmux, session, talker, tmux,
    },
};

/// Name, backend and state of each session.
fn listed(env: &TestEnv) -> Vec<(String, String, String)> {
    let list: Value = serde_json::from_str(&ok(env.run(["list", "--json"]))).unwrap();
    let workspaces = list["workspaces"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    workspaces
        .iter()
        .map(|workspace| {
            let session = &workspace["sessions"][0];
            let state = &session["status"]["state"];
            (
                text(&workspace["name"]),
                text(&session["backend"]),
                text(state),
            )
        })
        .collect()
}

fn rows(expected: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    let owned = |(a, b, c): &(&str, &str, &str)| ((*a).into(), (*b).into(), (*c).into());
    expected.iter().map(owned).collect()
}

/// proves S1, S2, S4
#[test]
fn tmux_goes_and_comes_back_and_every_session_stays_where_it_is() {
    let Some(mut env) = env_with_tmux() else {
        return;
    };
    talker(&env, "in-tmux", &[]);
    talker(&env, "owned", &["--backend", "owner"]);
    let both = [
        ("in-tmux", "tmux", "running"),
        ("owned", "owner", "running"),
    ];
    assert_eq!(listed(&env), rows(&both));
    let table = ok(env.run(["list"]));
    assert!(table.contains("BACKEND"), "{table}");
    let doctor = ok(env.run(["doctor"]));
    assert!(doctor.contains("tmux for new sessions: `auto`"), "{doctor}");
    let before = [session(&env, "in-tmux"), session(&env, "owned")];

    let with_tmux = std::env::var_os("PATH").unwrap();
    let without = path_without_tmux(&env);
    env.set("PATH", without);
    let list = env.run(["list"]);
    assert!(
        list.stderr.contains("warning: the backend `tmux`"),
        "{list:?}"
    );
    assert!(ok(list).contains("unavailable"));
    for words in [
        &["capture", "in-tmux"][..],
        &["send", "in-tmux", "x"],
        &["stop", "in-tmux"],
        &["resume", "in-tmux", "--no-attach"],
        &["wait", "in-tmux", "--exit"],
        &["delete", "in-tmux", "--force"],
    ] {
        let refused = env.run(words);
        fails(
            &refused,
            5,
            "made by the backend `tmux`, which cannot be used now",
        );
        assert!(refused.stderr.contains("hint: "), "{refused:?}");
    }
    assert_eq!(session(&env, "in-tmux")["status"]["state"], "unavailable");
    answers(&env, "owned", "meanwhile");
    talker(&env, "new", &[]);
    assert_eq!(session(&env, "new")["backend"], "owner");
    fails(
        &env.run(["new", "x", "--no-attach", "--backend", "tmux"]),
        5,
        "`tmux`",
    );
    let doctor = env.run(["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("owner for new sessions: tmux cannot be used"),
        "{doctor:?}"
    );

    env.set("PATH", with_tmux);
    let all = [both[0], ("new", "owner", "running"), both[1]];
    assert_eq!(listed(&env), rows(&all));
    for (name, before) in ["in-tmux", "owned"].into_iter().zip(&before) {
        let now = session(&env, name);
        for key in ["backend", "generation"] {
            assert_eq!(now[key], before[key], "{name}");
        }
        assert_eq!(now["status"]["pid"], before["status"]["pid"], "{name}");
    }
    answers(&env, "in-tmux", "again");
    for name in ["in-tmux", "owned", "new"] {
        ok(env.run(["delete", name, "--force"]));
    }
    env.finish();
}

/// proves S1
#[test]
fn an_option_is_asked_before_the_environment_and_that_before_the_configuration() {
    let Some(mut env) = env_with_tmux() else {
        return;
    };
    configure(&env, "tmux", "backend = 'owner'");
    talker(&env, "by-file", &[]);
    env.set("ABIDE_BACKEND", "tmux");
    talker(&env, "by-variable", &[]);
    talker(&env, "by-option", &["--backend", "owner"]);
    for (name, backend) in [
        ("by-file", "owner"),
        ("by-variable", "tmux"),
        ("by-option", "owner"),
    ] {
        assert_eq!(session(&env, name)["backend"], backend, "{name}");
        ok(env.run(["delete", name, "--force"]));
    }
    env.set("ABIDE_BACKEND", "screen");
    fails(&env.run(["list"]), 2, "ABIDE_BACKEND");
    env.set("ABIDE_BACKEND", "");
    env.finish();
}

/// proves T6, C4
#[test]
fn a_session_in_tmux_is_shown_by_tmux_in_our_place() {
    let Some(mut env) = env_with_tmux() else {
        return;
    };
    talker(&env, "job", &[]);
    let screen = abide(&env, ["attach", "job"], size(80, 24));
    screen.wait_for_text("here");
    screen.type_text("word\r");
    screen.wait_for_text("got word");
    if cfg!(target_os = "linux") {
        let name = fs::read_to_string(format!("/proc/{}/comm", screen.pid())).unwrap();
        assert!(name.starts_with("tmux"), "it is {name}");
    }
    let refused = abide(&env, ["attach", "job"], size(80, 24));
    assert_eq!(refused.wait_exit(), 4);
    refused.wait_for_text("--steal");
    screen.type_bytes(b"\x02d");
    screen.wait_for_text("[detached");
    assert_eq!(screen.wait_exit(), 0);
    let printed = String::from_utf8_lossy(&screen.output()).into_owned();
    assert!(!printed.contains("inside tmux"), "{printed}");
    answers(&env, "job", "more");

    let ours = abide(
        &env,
        ["attach", "job", "--detach-keys", "ctrl-x,d"],
        size(80, 24),
    );
    ours.wait_for_text("got more");
    ours.type_bytes(b"\x18d");
    ours.wait_for_text("[detached from job]");
    assert_eq!(ours.wait_exit(), 0);

    // A tmux of the person's own, in which this one is shown.
    env.set("TMUX", "/nonexistent,1,0");
    let to_its_end = abide(&env, ["attach", "job", "--exit-code"], size(80, 24));
    to_its_end.wait_for_text("got more");
    to_its_end.wait_for_text("this is inside tmux, which takes its prefix key first");
    to_its_end.type_text("end\r");
    to_its_end.wait_for_text("[job: exited with code 7]");
    assert_eq!(to_its_end.wait_exit(), 7);
    let last = abide(&env, ["attach", "job"], size(80, 24));
    last.wait_for_text("got more");
    last.wait_for_text("[job: exited with code 7]");
    assert_eq!(last.wait_exit(), 0);
    ok(env.run(["delete", "job"]));
    env.finish();
}

/// proves W7
#[test]
fn sessions_in_tmux_outlive_the_database_too_and_what_is_not_ours_is_left_alone() {
    let Some(env) = env_with_tmux() else { return };
    talker(&env, "kept", &[]);
    talker(&env, "ended", &[]);
    // Somebody else's session in the same server.
    tmux(&env, &["new-session", "-d", "-s", "foreign", "sleep 1000"]);
    let before = session(&env, "kept");
    for file in ["abide.db", "abide.db-wal", "abide.db-shm"] {
        let _ = fs::remove_file(env.state_dir().join(file));
    }
    let printed = ok(env.run(["list", "--orphans", "--json"]));
    let found: Value = serde_json::from_str(&printed).unwrap();
    let found = found["orphans"].as_array().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found.iter().all(|orphan| orphan["backend"] == "tmux"),
        "{found:?}"
    );
    let id = before["id"].as_str().unwrap();
    let dir = env.work_dir();
    ok(env.run([
        "adopt",
        id,
        "--name",
        "kept",
        "--dir",
        dir.to_str().unwrap(),
    ]));
    let now = session(&env, "kept");
    assert_eq!(now["generation"], before["generation"]);
    answers(&env, "kept", "again");
    fails(&env.run(["reap", "--all"]), 4, "--force");
    ok(env.run(["reap", "--all", "--force"]));
    answers(&env, "kept", "still");
    ok(env.run(["delete", "kept", "--force"]));
    assert_eq!(tmux(&env, &["list-sessions", "-F", "#S"]), "foreign\n");
    tmux(&env, &["kill-session", "-t", "=foreign"]);
    env.finish();
}

#[test]
fn a_list_runs_tmux_twice_however_many_sessions_there_are() {
    let Some(env) = env_with_tmux() else { return };
    let (script, log) = (env.root().join("tmux.sh"), env.root().join("tmux.log"));
    let text = format!(
        "#!/bin/sh\necho \"$*\" >> {}\nexec tmux \"$@\"\n",
        log.display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    configure(&env, script.to_str().unwrap(), "");
    let names: Vec<_> = (0..5).map(|number| format!("w{number}")).collect();
    for name in &names {
        ok(env.run(["new", name, "--no-attach", "--", "sleep", "1000"]));
    }
    fs::write(&log, "").unwrap();
    let states = listed(&env);
    assert!(
        states.iter().all(|(_, _, state)| state == "running"),
        "{states:?}"
    );
    let ran = fs::read_to_string(&log).unwrap();
    assert!(ran.lines().count() <= 2, "{ran}");
    for name in &names {
        ok(env.run(["delete", name, "--force"]));
    }
    env.finish();
}
