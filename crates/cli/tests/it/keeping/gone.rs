//! Workspaces whose directory was removed or moved away, under a session and without one.

use std::{fs, path::PathBuf};

use abide_testkit::{env::TestEnv, output::CommandOutput};

use super::desk::wait;
use crate::{
    agents::{json, wait_for},
    launching::with_each_backend,
    terminal::{abide, size},
    tmux::{fails, ok, session},
};

/// Says a line, then each line again.
const TALKER: &str = "echo here; while read x; do echo got $x; done";

/// Starts a talker in a directory of its own, and returns that.
fn start(env: &TestEnv) -> PathBuf {
    let dir = env.root().join("api");
    fs::create_dir(&dir).unwrap();
    let at = dir.to_str().unwrap();
    let words = [
        "new",
        "api",
        "--no-attach",
        "--dir",
        at,
        "--",
        "sh",
        "-c",
        TALKER,
    ];
    ok(env.run(words));
    wait_for(env, "api", "here");
    dir
}

#[track_caller]
fn says_so(output: &CommandOutput, dir: &str) {
    let told = format!("the directory `{dir}` of workspace `api` is not there any more");
    fails(output, 1, &told);
    assert!(output.stderr.contains("`abide delete 'api'`"), "{output:?}");
}

/// proves W10
#[test]
fn a_directory_that_was_removed_is_named_by_whatever_needs_it() {
    with_each_backend(|env| {
        let dir = start(&env);
        ok(env.run(["stop", "api", "--grace", "200ms"]));
        wait("its keeper has left", &env, || {
            let mut places = fs::read_dir(env.state_dir().join("keepers")).unwrap();
            let is_at =
                |entry: fs::DirEntry| entry.path().extension().is_some_and(|end| end == "at");
            (!places.any(|entry| is_at(entry.unwrap()))).then_some(())
        });
        let away = env.root().join("away");
        fs::rename(&dir, &away).unwrap();
        let path = dir.to_str().unwrap();
        for words in [
            &["resume", "api", "--no-attach"][..],
            &["launch", "api", "--no-attach"],
            &["launch", "api/two", "--no-attach", "--", "sleep", "9"],
            &["open", "api", "--no-attach"],
            &["diff", "api"],
            &["log", "api"],
            &["summary", "api"],
        ] {
            says_so(&env.run(words), path);
        }
        assert!(!dir.exists(), "nothing was made in its place");
        let listed = json(&env, &["list", "--json"]);
        let listed = &listed["workspaces"][0];
        assert_eq!(listed["dir_gone"], true);
        assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
        for words in [&["list"][..], &["info", "api"]] {
            let shown = ok(env.run(words));
            assert!(shown.contains(&format!("{path} (gone)")), "{shown}");
        }

        fs::rename(&away, &dir).unwrap();
        let listed = json(&env, &["info", "api", "--json"]);
        assert_eq!(listed["dir_gone"], false);
        ok(env.run(["resume", "api", "--no-attach"]));
        wait_for(&env, "api", "here");
        ok(env.run(["delete", "api", "--force"]));
        env.finish();
    });
}

/// proves W10
#[test]
fn a_session_whose_directory_was_removed_is_shown_as_long_as_it_runs() {
    let env = TestEnv::new();
    let dir = start(&env);
    fs::rename(&dir, env.root().join("away")).unwrap();
    let path = dir.to_str().unwrap();
    says_so(&env.run(["diff", "api"]), path);
    assert_eq!(ok(env.run(["resume", "api", "--no-attach"])), "api\n");
    let screen = abide(&env, ["attach", "api"], size(200, 20));
    screen.wait_for_text("here");
    screen.type_text("word\r");
    screen.wait_for_text("got word");
    screen.type_bytes(b"\x1c");
    screen.wait_for_text("[detached from api]");
    assert_eq!(screen.wait_exit(), 0);
    let shown = screen.text();
    let told = format!("warning: the directory `{path}`");
    assert!(shown.contains(&told), "it can be read afterwards: {shown}");
    assert!(!dir.exists());
    assert_eq!(session(&env, "api")["status"]["state"], "running");
    ok(env.run(["delete", "api", "--force"]));
    env.finish();
}
