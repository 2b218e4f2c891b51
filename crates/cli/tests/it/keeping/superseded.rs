//! A keeper that was stopped for longer than its lease holds, and goes on when another was granted it.

use std::fs;

use abide_core::{
    lock::{KernelLock, LockState},
    record::Ownership,
};
use abide_testkit::{env::TestEnv, sys};
use rustix::process::Signal;

use super::desk::{
    DEADLINE, TALKER, complete_record, epoch, keeper, keepers, log, own_dir, picture, records,
    signal, wait, wait_left,
};
use crate::{
    attaching::{delete, job},
    tmux::ok,
};

/// Stops the keeper while it holds no lock: others would wait for that and fail, by its name.
fn stop_keeper(env: &TestEnv) -> u32 {
    let pid = keeper(env);
    let lock = own_dir(env).join("lock");
    wait("the keeper is stopped between two writes", env, || {
        signal(pid, Signal::STOP);
        wait("every thread of it is stopped", env, || {
            is_stopped(pid).then_some(())
        });
        match KernelLock::look(&lock).unwrap() {
            LockState::Free => Some(pid),
            LockState::Held => {
                signal(pid, Signal::CONT);
                None
            }
        }
    })
}

/// A signal takes its time to stop every thread.
fn is_stopped(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let mut stats =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok());
    let is_in_state_t = |stat: String| {
        let after_name = stat.rsplit_once(") ");
        after_name.is_some_and(|(_, rest)| rest.starts_with('T'))
    };
    stats.all(is_in_state_t)
}

/// Moves the clocks of all that runs here ahead, by more than a lease holds.
fn let_leases_expire(env: &TestEnv) {
    fs::write(env.probe_dir().join("clock"), "120000").unwrap();
}

/// proves L2, L8
#[test]
fn a_keeper_that_was_stopped_and_superseded_changes_nothing_and_ends() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let old = stop_keeper(&env);
    let_leases_expire(&env);
    let resumed = env.run(["resume", "job", "--no-attach"]);
    assert!(
        resumed
            .stderr
            .contains("adopting `job`: it was not renewed for 12"),
        "{resumed:?}"
    );
    assert_eq!(epoch(&env), 2);
    assert_eq!(keepers(&env).len(), 2);
    let before = picture(&own_dir(&env));
    signal(old, Signal::CONT);
    assert!(sys::wait_until_gone(old, DEADLINE), "{}", log(&env));
    assert_eq!(picture(&own_dir(&env)), before);
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let record = complete_record(&env);
    assert!(matches!(record.ownership, Ownership::Adopted { .. }));
    delete(&env);
    env.finish();
}

/// proves L8
#[test]
fn a_stopped_keeper_that_learns_of_the_end_after_it_was_superseded_records_nothing() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let old = stop_keeper(&env);
    let_leases_expire(&env);
    ok(env.run(["resume", "job", "--no-attach"]));
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait("the record is complete", &env, || {
        let found = records(&env);
        found.first()?.finalized_at
    });
    wait("the new keeper has left", &env, || {
        (keepers(&env) == [old]).then_some(())
    });
    let before = picture(&own_dir(&env));
    signal(old, Signal::CONT);
    assert!(sys::wait_until_gone(old, DEADLINE), "{}", log(&env));
    assert_eq!(picture(&own_dir(&env)), before);
    complete_record(&env);
    delete(&env);
    env.finish();
}

/// proves L3
#[test]
fn a_keeper_that_is_stopped_counts_as_alive_until_its_lease_expires() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let old = stop_keeper(&env);
    let resumed = env.run(["resume", "job", "--no-attach"]);
    assert!(resumed.success(), "{resumed:?}");
    assert!(!resumed.stderr.contains("adopting"), "{resumed:?}");
    assert_eq!(epoch(&env), 1);
    signal(old, Signal::CONT);
    delete(&env);
    complete_record(&env);
    env.finish();
}
