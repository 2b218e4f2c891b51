//! New sessions: a keeper is responsible before they start, and whoever starts them may be killed.

use std::{fs, process::Stdio};

use abide_core::record::{Baseline, Detected, EndReason, Ownership};
use abide_testkit::{env::TestEnv, gate::ProcessGate, sys};

use super::desk::{
    DEADLINE, TALKER, changed, complete_record, keeper, keepers, lease, log, own_dir, records,
    wait, wait_left,
};
use crate::{
    attaching::{delete, job},
    tmux::{fails, ok, session},
};

/// proves L1, M4
#[test]
fn a_session_has_one_keeper_while_it_runs_and_one_complete_record_afterwards() {
    let env = TestEnv::new();
    fs::write(env.work_dir().join("old"), "before").unwrap();
    job(&env, "echo after > old; echo > new; echo here; read x");
    ok(env.run(["wait", "job", "--match", "here", "--timeout", "20s"]));
    let held = lease(&env).unwrap();
    assert_eq!(held["epoch"], 1);
    assert_eq!(held["keeper"]["pid"], keeper(&env));
    assert_eq!(held["mode"], "command");
    let generation = &session(&env, "job")["generation"];
    wait("the lease names the start", &env, || {
        (lease(&env)?["generation"] == *generation).then_some(())
    });
    assert!(!records(&env)[0].is_complete());

    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let record = complete_record(&env);
    assert_eq!(record.ownership, Ownership::Created);
    assert_eq!(record.baseline, Some(Baseline::Taken { files: 1 }));
    assert_eq!(changed(&record), ["new", "old"]);
    let ended = record.ended.unwrap();
    assert_eq!(ended.reason, EndReason::Stopped);
    assert_eq!(ended.detected, Detected::Told);
    delete(&env);
    assert!(own_dir(&env).join("journal.jsonl").exists(), "records stay");
    env.finish();
}

/// proves L1, M4
#[test]
fn a_program_that_ends_at_once_is_recorded_with_its_code() {
    let env = TestEnv::new();
    job(&env, "exit 3");
    wait_left(&env);
    let ended = complete_record(&env).ended.unwrap();
    assert_eq!(ended.outcome.shell_code(), 3);
    assert_eq!(ended.reason, EndReason::Exited);

    ok(env.run(["resume", "job", "--no-attach"]));
    wait_left(&env);
    let found = records(&env);
    assert_eq!(found.len(), 2, "each start has a record of its own");
    assert!(found.iter().all(abide_core::record::Summary::is_complete));
    assert_ne!(found[0].generation, found[1].generation);
    delete(&env);
    env.finish();
}

/// proves L1
#[test]
fn two_workspaces_of_one_directory_share_its_keeper() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let first = keeper(&env);
    ok(env.run(["new", "other", "--no-attach", "--", "sh", "-c", TALKER]));
    assert_eq!(keeper(&env), first);
    assert_eq!(records(&env).len(), 2);
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait("the first record is complete", &env, || {
        records(&env)[0].is_complete().then_some(())
    });
    assert_eq!(keeper(&env), first, "it keeps the other one");
    ok(env.run(["resume", "job", "--no-attach"]));
    assert_eq!(keeper(&env), first);
    assert_eq!(records(&env).len(), 3);
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    ok(env.run(["stop", "other", "--grace", "200ms"]));
    wait_left(&env);
    assert!(
        records(&env)
            .iter()
            .all(abide_core::record::Summary::is_complete)
    );
    env.finish();
}

/// proves L1
#[test]
fn a_creator_that_is_killed_before_its_session_began_leaves_neither_keeper_nor_record() {
    for point in ["keeper.claimed", "keeper.opened", "keeper.ready"] {
        let env = TestEnv::new();
        let gate = ProcessGate::new(&env.probe_dir(), point);
        let mut creator = env.command(["new", "job", "--no-attach", "--", "sh", "-c", TALKER]);
        let mut creator = creator
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let keeper = gate.wait_reached(DEADLINE);
        creator.kill().unwrap();
        creator.wait().unwrap();
        gate.release();
        drop(gate);
        assert!(
            sys::wait_until_gone(keeper, DEADLINE),
            "{point}: {}",
            log(&env)
        );
        assert_eq!(lease(&env), None, "{point}");
        assert_eq!(records(&env), [], "{point}");
        ok(env.run(["resume", "job", "--no-attach"]));
        assert_eq!(records(&env).len(), 1, "{point}");
        delete(&env);
        complete_record(&env);
        env.finish();
    }
}

/// proves L1
#[test]
fn a_session_whose_creator_was_killed_while_it_started_is_kept_all_the_same() {
    let env = TestEnv::new();
    let gate = ProcessGate::new(&env.probe_dir(), "owner.start_locked");
    let mut creator = env.command(["new", "job", "--no-attach", "--", "sh", "-c", TALKER]);
    let mut creator = creator
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _ = gate.wait_reached(DEADLINE);
    creator.kill().unwrap();
    creator.wait().unwrap();
    gate.release();
    drop(gate);
    wait("the start was found", &env, || {
        records(&env).first()?.generation
    });
    let kept = keeper(&env);
    let resumed = env.run(["resume", "job", "--no-attach"]);
    assert!(!resumed.stderr.contains("adopting"), "{resumed:?}");
    assert_eq!(keeper(&env), kept);
    delete(&env);
    let record = complete_record(&env);
    assert_eq!(record.ownership, Ownership::Created);
    assert!(matches!(record.baseline, Some(Baseline::Taken { .. })));
    env.finish();
}

/// proves M5
#[test]
fn a_directory_that_takes_no_record_is_refused_and_usable_without() {
    let env = TestEnv::new();
    fs::write(own_dir(&env), "not a directory").unwrap();
    let refused = env.run(["new", "job", "--no-attach", "--", "sh", "-c", TALKER]);
    fails(&refused, 1, "is not a directory");
    assert!(refused.stderr.contains("hint: "), "{refused:?}");
    assert_eq!(
        ok(env.run(["list", "--json"])).matches("\"job\"").count(),
        0
    );

    fs::remove_file(own_dir(&env)).unwrap();
    let words = [
        "new",
        "job",
        "--no-record",
        "--no-attach",
        "--",
        "sh",
        "-c",
        TALKER,
    ];
    ok(env.run(words));
    assert!(!own_dir(&env).exists());
    assert!(keepers(&env).is_empty());
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    ok(env.run(["resume", "job", "--no-attach"]));
    assert!(!own_dir(&env).exists(), "it is remembered");
    delete(&env);

    fs::write(env.config_file(), "record = false\n").unwrap();
    job(&env, TALKER);
    assert!(!own_dir(&env).exists());
    delete(&env);
    env.finish();
}

/// proves L1
#[test]
fn a_workspace_without_a_record_beside_one_with_one_stays_without() {
    let env = TestEnv::new();
    let words = [
        "new",
        "other",
        "--no-record",
        "--no-attach",
        "--",
        "sh",
        "-c",
        TALKER,
    ];
    ok(env.run(words));
    job(&env, TALKER);
    ok(env.run(["resume", "other", "--no-attach"]));
    assert_eq!(records(&env).len(), 1);
    delete(&env);
    complete_record(&env);
    wait_left(&env);
    ok(env.run(["delete", "other", "--force"]));
    env.finish();
}

/// proves L1
#[test]
fn a_workspace_that_is_deleted_leaves_its_record_complete() {
    let env = TestEnv::new();
    job(&env, TALKER);
    delete(&env);
    complete_record(&env);
    wait_left(&env);
    env.finish();
}
