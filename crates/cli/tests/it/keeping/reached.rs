//! Keepers whose endpoint somebody took away: whoever wants one gets it, or is told that not.

use std::{
    fs,
    path::PathBuf,
    process::{Child, Stdio},
    time::Duration,
};

use abide_core::{
    clock::{Clock as _, SystemClock},
    record::Summary,
};
use abide_testkit::{child::pause, env::TestEnv, gate::ProcessGate};

use super::desk::{
    DEADLINE, TALKER, complete_record, keeper, keepers, records, wait_left, wait_written,
};
use crate::{
    attaching::{delete, job},
    tmux::{fails, ok},
};

/// Time in which somebody who does not wait has long ended.
const MOMENT: Duration = Duration::from_secs(2);

/// Time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Returns the sockets of keepers.
fn sockets(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.runtime_dir()).unwrap().flatten();
    let is_keepers = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("k-")
    };
    entries
        .map(|entry| entry.path())
        .filter(is_keepers)
        .collect()
}

/// Returns the files that say where keepers are.
fn addresses(env: &TestEnv) -> Vec<PathBuf> {
    let entries = fs::read_dir(env.state_dir().join("keepers")).unwrap();
    let paths = entries.flatten().map(|entry| entry.path());
    let is_address = |path: &PathBuf| path.extension().is_some_and(|end| end == "at");
    paths.filter(is_address).collect()
}

fn remove_one(found: Vec<PathBuf>) {
    assert_eq!(found.len(), 1, "{found:?}");
    fs::remove_file(&found[0]).unwrap();
}

/// proves L1
#[test]
fn a_keeper_whose_endpoint_was_taken_away_is_joined_all_the_same() {
    let losses: [fn(&TestEnv); 3] = [
        |env| remove_one(sockets(env)),
        |env| remove_one(addresses(env)),
        |env| fs::remove_dir_all(env.runtime_dir()).unwrap(),
    ];
    for lose in losses {
        let env = TestEnv::new();
        job(&env, TALKER);
        let first = keeper(&env);
        lose(&env);
        ok(env.run(["new", "other", "--no-attach", "--", "sh", "-c", TALKER]));
        assert_eq!(keeper(&env), first);
        assert_eq!(records(&env).len(), 2);
        ok(env.run(["delete", "other", "--force"]));
        delete(&env);
        wait_left(&env);
        assert!(records(&env).iter().all(Summary::is_complete));
        assert_eq!((sockets(&env), addresses(&env)), Default::default());
        env.finish();
    }
}

fn deletion(env: &TestEnv) -> Child {
    let mut command = env.command(["delete", "job", "--force"]);
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null()).spawn().unwrap()
}

/// proves L1, M5
#[test]
fn a_deletion_waits_for_the_record_also_of_a_keeper_whose_endpoint_was_taken_away() {
    let env = TestEnv::new();
    job(&env, TALKER);
    wait_written(&env);
    remove_one(sockets(&env));
    let gate = ProcessGate::new(&env.probe_dir(), "keeper.changed");
    let mut deletion = deletion(&env);
    let _ = gate.wait_reached(DEADLINE);
    let begin = SystemClock.now();
    while SystemClock.now().since(begin) < MOMENT {
        assert!(deletion.try_wait().unwrap().is_none(), "it did not wait");
        pause(LOOK_AGAIN);
    }
    gate.release();
    drop(gate);
    assert!(deletion.wait().unwrap().success());
    complete_record(&env);
    wait_left(&env);
    env.finish();
}

/// proves L1
#[test]
fn a_keeper_of_another_state_directory_is_named_to_whoever_cannot_reach_it() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let first = keeper(&env);
    let elsewhere = env.root().join("s2");
    let mut new = env.command(["new", "other", "--no-attach", "--", "sh", "-c", TALKER]);
    new.env("ABIDE_STATE_DIR", &elsewhere);
    let refused = env.run_command(new, b"");
    fails(&refused, 1, "which keeps the sessions of this directory");
    assert!(
        refused.stderr.contains("another state directory"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains(&first.to_string()), "{refused:?}");
    assert_eq!(keepers(&env), [first]);
    assert_eq!(records(&env).len(), 1);
    delete(&env);
    env.finish();
}
