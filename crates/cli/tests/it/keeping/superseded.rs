//! A keeper that was stopped for longer than its lease holds, and goes on when another was granted it.

use std::fs;

use abide_core::record::Ownership;
use abide_testkit::{env::TestEnv, sys};
use rustix::process::Signal;

use super::desk::{
    DEADLINE, TALKER, complete_record, epoch, keeper, keepers, log, own_dir, picture, signal,
    wait_left,
};
use crate::{
    attaching::{delete, job},
    tmux::ok,
};

/// Moves the clocks of all that runs here ahead, by more than a lease holds.
fn let_leases_expire(env: &TestEnv) {
    fs::write(env.probe_dir().join("clock"), "120000").unwrap();
}

/// proves L2, L8
#[test]
fn a_keeper_that_was_stopped_and_superseded_changes_nothing_and_ends() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let old = keeper(&env);
    signal(old, Signal::STOP);
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
    let old = keeper(&env);
    signal(old, Signal::STOP);
    let_leases_expire(&env);
    ok(env.run(["resume", "job", "--no-attach"]));
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    super::desk::wait("the record is complete", &env, || {
        let found = super::desk::records(&env);
        found.first()?.finalized_at
    });
    super::desk::wait("the new keeper has left", &env, || {
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
    let old = keeper(&env);
    signal(old, Signal::STOP);
    let resumed = env.run(["resume", "job", "--no-attach"]);
    assert!(resumed.success(), "{resumed:?}");
    assert!(!resumed.stderr.contains("adopting"), "{resumed:?}");
    assert_eq!(epoch(&env), 1);
    signal(old, Signal::CONT);
    delete(&env);
    complete_record(&env);
    env.finish();
}
