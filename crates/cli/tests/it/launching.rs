//! Further sessions of a workspace: launched, shown, stopped and deleted, whatever keeps them.

use std::{
    fs,
    process::{Child, Stdio},
};

use abide_testkit::{env::TestEnv, programs};

use crate::{
    agents::{AGENT, install, json, wait_for},
    terminal::{abide, size},
    tmux::{env_with_tmux, fails, ok},
};

/// Processes that launch the same at once.
const PROCESSES: usize = 10;

/// Writes down each start, then does as an agent does.
fn counted(env: &TestEnv) -> String {
    let starts = env.root().join("starts");
    format!("echo start >> '{}'\n{AGENT}", starts.display())
}

fn starts(env: &TestEnv) -> usize {
    let starts = fs::read_to_string(env.root().join("starts"));
    starts.unwrap_or_default().lines().count()
}

/// Does a test with an owner, and where there is one with tmux.
pub(crate) fn with_each_backend(test: impl Fn(TestEnv)) {
    test(TestEnv::new());
    if let Some(env) = env_with_tmux() {
        test(env);
    }
}

fn sessions(env: &TestEnv) -> Vec<String> {
    let listed = json(env, &["list", "--json"]);
    let workspaces = listed["workspaces"].as_array().unwrap().iter();
    let sessions = workspaces.flat_map(|workspace| workspace["sessions"].as_array().unwrap());
    let state = |session: &serde_json::Value| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        format!(
            "{} {}",
            text(&session["name"]),
            text(&session["status"]["state"])
        )
    };
    sessions.map(state).collect()
}

/// proves A4
#[test]
fn ten_processes_that_launch_one_session_make_one_process() {
    with_each_backend(|mut env| {
        let script = counted(&env);
        install(&mut env, &[("claude", &script)]);
        ok(env.run(["new", "api", "--shell", "--no-attach"]));
        let launch = |_| -> Child {
            let words = ["launch", "api/agent", "--agent", "claude", "--no-attach"];
            let mut command = env.command(words);
            command.stdin(Stdio::null()).stdout(Stdio::piped());
            command.stderr(Stdio::piped()).spawn().unwrap()
        };
        let launches: Vec<_> = (0..PROCESSES).map(launch).collect();
        for child in launches {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
            assert_eq!(output.stdout, b"api/agent\n");
        }
        wait_for(&env, "api/agent", "is here");
        assert_eq!(starts(&env), 1);
        assert_eq!(sessions(&env), ["agent running", "main running"]);

        // Once more, when it has ended.
        ok(env.run(["send", "api/agent", "end", "--enter"]));
        ok(env.run(["wait", "api/agent", "--exit", "--timeout", "20s"]));
        let launches: Vec<_> = (0..PROCESSES).map(launch).collect();
        for child in launches {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{said}");
        }
        wait_for(&env, "api/agent", "is here");
        assert_eq!(starts(&env), 2);
        ok(env.run(["delete", "api", "--force"]));
        env.finish();
    });
}

/// proves A1, A4
#[test]
fn a_session_is_launched_shown_detached_from_and_gone_back_to() {
    let mut env = TestEnv::new();
    install(&mut env, &[("claude", AGENT)]);
    ok(env.run(["new", "api", "--shell", "--no-attach"]));
    let words = ["launch", "api/agent", "--agent", "claude"];
    let screen = abide(&env, words, size(100, 20));
    screen.wait_for_text("is here");
    screen.type_bytes(b"\x1c");
    screen.wait_for_text("[detached from api/agent]");
    assert_eq!(screen.wait_exit(), 0);
    for verb in ["launch", "resume", "attach"] {
        let screen = abide(&env, [verb, "api/agent"], size(100, 20));
        screen.wait_for_text("is here");
        screen.type_text(&format!("{verb}\r"));
        screen.wait_for_text(&format!("got {verb}"));
        screen.type_bytes(b"\x1c");
        assert_eq!(screen.wait_exit(), 0);
    }
    let other = env.run(["launch", "api/agent", "--no-attach", "--", "sleep", "1"]);
    fails(&other, 4, "runs `claude`");
    fails(
        &env.run(["launch", "api/agent", "--shell", "--no-attach"]),
        4,
        "claude",
    );
    ok(env.run(["delete", "api", "--force"]));
    env.finish();
}

/// proves A1
#[test]
fn opening_goes_to_a_shell_beside_what_runs_there() {
    let mut env = TestEnv::new();
    install(&mut env, &[("claude", AGENT)]);
    ok(env.run(["new", "api", "--agent", "claude", "--no-attach"]));
    ok(env.run(["new", "plain", "--no-attach"]));
    assert_eq!(ok(env.run(["open", "plain", "--no-attach"])), "plain\n");
    assert_eq!(ok(env.run(["open", "api", "--no-attach"])), "api/shell\n");
    assert_eq!(ok(env.run(["open", "api", "--no-attach"])), "api/shell\n");
    assert_eq!(ok(env.run(["open", "api/two", "--no-attach"])), "api/two\n");
    fails(&env.run(["open", "api/main", "--no-attach"]), 4, "claude");
    let screen = abide(&env, ["open", "api"], size(80, 20));
    screen.type_text("echo $((6 * 7))$ABIDE_NAME\r");
    screen.wait_for_text("42api");
    screen.type_text("exit\r");
    assert_eq!(screen.wait_exit(), 0);
    ok(env.run(["wait", "api/shell", "--exit", "--timeout", "20s"]));
    assert_eq!(ok(env.run(["open", "api", "--no-attach"])), "api/shell\n");
    let running = [
        "main running",
        "shell running",
        "two running",
        "main running",
    ];
    assert_eq!(sessions(&env), running);
    env.finish();
}

/// proves A4
#[test]
fn all_sessions_of_a_workspace_are_stopped_and_one_is_deleted_alone() {
    with_each_backend(|mut env| {
        install(&mut env, &[("claude", AGENT)]);
        ok(env.run(["new", "api", "--shell", "--no-attach"]));
        ok(env.run(["launch", "api/a", "--agent", "claude", "--no-attach"]));
        ok(env.run(["launch", "api/ab", "--no-attach", "--", "sleep", "1000"]));
        ok(env.run(["stop", "api/a", "--grace", "1s"]));
        assert_eq!(sessions(&env), ["a ended", "ab running", "main running"]);

        ok(env.run(["delete", "api/a"]));
        fails(&env.run(["delete", "api/a"]), 3, "api/ab");
        fails(&env.run(["delete", "api/ab"]), 4, "--force");
        fails(
            &env.run(["delete", "api/main", "--force"]),
            1,
            "abide delete 'api'",
        );
        fails(&env.run(["delete", "ap/ab", "--force"]), 3, "api");
        assert_eq!(sessions(&env), ["ab running", "main running"]);

        let stopped = env.run(["stop", "api", "--all", "--grace", "1s"]);
        assert!(stopped.stderr.contains("`api/ab`") && stopped.stderr.contains("`api` "));
        ok(stopped);
        assert_eq!(sessions(&env), ["ab ended", "main ended"]);
        fails(&env.run(["stop", "api/ab", "--all"]), 2, "--all");
        ok(env.run(["delete", "api/ab", "--force"]));
        assert_eq!(sessions(&env), ["main ended"]);
        ok(env.run(["delete", "api"]));
        assert!(sessions(&env).is_empty());
        env.finish();
    });
}

/// proves A4
#[test]
fn launches_are_refused_while_a_workspace_is_being_stopped() {
    let env = TestEnv::new();
    ok(env.run(["new", "api", "--no-attach", "--", "sleep", "1000"]));
    // Lets every request to end pass, so the stop takes as long as it may.
    let deaf = programs::path("testkit-deaf");
    let launch = ["launch", "api/deaf", "--no-attach", "--"].map(std::ffi::OsString::from);
    ok(env.run(launch.into_iter().chain([deaf.into()])));
    let mut stop = env
        .command(["stop", "api", "--all", "--grace", "6s"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It ends at once, so from here on the stop waits for the other one.
    ok(env.run(["wait", "api", "--exit", "--timeout", "20s"]));
    let late = ["launch", "api/late", "--no-attach", "--", "sleep", "1000"];
    fails(&env.run(late), 4, "stopped");
    fails(&env.run(["resume", "api", "--no-attach"]), 4, "stopped");
    fails(&env.run(["info", "api/late"]), 3, "late");
    assert!(
        stop.try_wait().unwrap().is_none(),
        "it was waiting meanwhile"
    );
    assert!(stop.wait().unwrap().success());
    ok(env.run(late));
    ok(env.run(["delete", "api", "--force"]));
    env.finish();
}
