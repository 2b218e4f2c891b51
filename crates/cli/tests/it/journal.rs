//! What the commands show of a session whose owner was killed.

use std::{path::PathBuf, thread};

use abide_core::clock::{Clock as _, SystemClock};
use abide_testkit::{env::TestEnv, output::CommandOutput};
use rustix::process::{Pid, Signal, kill_process};

/// Longest wait for a process or the disk, in milliseconds.
const DEADLINE_MS: u64 = 20_000;

const SCRIPT: &str = "echo some words; read x";

#[track_caller]
fn ok(output: CommandOutput) -> String {
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout
}

fn start(env: &TestEnv, name: &str, options: &[&str]) -> PathBuf {
    let words = [
        &["new", name, "--no-attach"],
        options,
        &["--", "sh", "-c", SCRIPT],
    ]
    .concat();
    ok(env.run(words));
    ok(env.run(["wait", name, "--match", "some words", "--timeout", "20s"]));
    let info: serde_json::Value =
        serde_json::from_str(&ok(env.run(["info", name, "--json"]))).unwrap();
    env.owners_dir()
        .join(info["session"]["id"].as_str().unwrap())
}

fn until(what: &str, reached: impl Fn() -> bool) {
    let begin = SystemClock.now();
    while !reached() {
        let waited = SystemClock.now().since(begin).as_millis();
        assert!(waited < DEADLINE_MS.into(), "{what} did not come about");
        thread::yield_now();
    }
}

fn kill_owner(env: &TestEnv, name: &str, dir: &std::path::Path) {
    let owner = std::fs::read_to_string(dir.join("owner.json")).unwrap();
    let owner: serde_json::Value = serde_json::from_str(&owner).unwrap();
    let pid = i32::try_from(owner["pid"].as_i64().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    env.tolerate_stale_sockets();
    until("the end", || {
        ok(env.run(["info", name, "--json"])).contains("\"lost\"")
    });
}

/// proves O20
#[test]
fn a_session_whose_owner_was_killed_is_captured_as_it_was_if_it_has_a_journal() {
    let env = TestEnv::new();
    let with = start(&env, "with", &[]);
    let without = start(&env, "without", &["--no-journal"]);
    std::fs::write(env.config_file(), "journal = false\n").unwrap();
    let configured = start(&env, "configured", &[]);
    std::fs::write(env.config_file(), "").unwrap();
    // By the time that this one's is written, that of the others would be.
    let later = start(&env, "later", &[]);
    for dir in [&with, &later] {
        until("the journal", || {
            let mut files = std::fs::read_dir(dir.join("journal")).into_iter().flatten();
            files.any(|file| file.unwrap().path().extension().unwrap() == "segment")
        });
    }
    for dir in [&without, &configured] {
        assert!(!dir.join("journal").exists());
    }
    kill_owner(&env, "with", &with);
    kill_owner(&env, "without", &without);
    assert_eq!(ok(env.run(["capture", "with"])).trim_end(), "some words");
    assert_eq!(ok(env.run(["capture", "without"])).trim_end(), "");
    for name in ["with", "without", "configured", "later"] {
        // A child that lost its terminal with its owner is not gone at once.
        until("the deletion", || {
            env.run(["delete", name, "--force"]).code == Some(0)
        });
    }
    env.finish();
}
