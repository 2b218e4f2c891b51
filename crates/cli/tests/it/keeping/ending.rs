//! Sessions that are lost with whoever held them.

use abide_core::record::{EndReason, Ownership};
use abide_testkit::{env::TestEnv, sys};

use super::desk::{DEADLINE, TALKER, complete_record, keeper, kill, records, wait_left};
use crate::{
    attaching::{delete, job},
    races::owners,
    tmux::{self, ok},
};

/// proves M4
#[test]
fn a_session_whose_owner_was_killed_is_recorded_as_lost() {
    let env = TestEnv::new();
    env.tolerate_stale_sockets();
    job(&env, TALKER);
    let owner = owners(&env);
    assert_eq!(owner.len(), 1);
    sys::kill(owner[0]).unwrap();
    assert!(sys::wait_until_gone(owner[0], DEADLINE));
    wait_left(&env);
    let record = complete_record(&env);
    assert_eq!(record.ended.unwrap().reason, EndReason::HostLost);
    assert_eq!(record.ownership, Ownership::Created);
    delete(&env);
    env.finish();
}

/// proves M4, T7
#[test]
fn a_session_whose_tmux_server_was_killed_is_recorded_as_lost() {
    let Some(env) = tmux::env_with_tmux() else {
        return;
    };
    tmux::talker(&env, "job", &[]);
    let _ = keeper(&env);
    let server = tmux::tmux(&env, &["display-message", "-p", "#{pid}"]);
    let server = server.trim().parse().unwrap();
    sys::kill(server).unwrap();
    assert!(sys::wait_until_gone(server, DEADLINE));
    wait_left(&env);
    let record = complete_record(&env);
    assert_eq!(record.ended.unwrap().reason, EndReason::HostLost);
    delete(&env);
    env.finish();
}

/// proves M4, T7
#[test]
fn a_session_in_tmux_is_recorded_with_its_code() {
    let Some(env) = tmux::env_with_tmux() else {
        return;
    };
    tmux::talker(&env, "job", &[]);
    ok(env.run(["send", "job", "end", "--enter"]));
    wait_left(&env);
    let ended = complete_record(&env).ended.unwrap();
    assert_eq!(
        (ended.outcome.shell_code(), ended.reason),
        (7, EndReason::Exited)
    );
    delete(&env);
    env.finish();
}

/// proves M4, L1
#[test]
fn a_session_that_is_deleted_alone_has_its_record_completed_first_also_without_a_keeper() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let second = ["--no-attach", "--", "sh", "-c", TALKER];
    ok(env.run(["launch", "job/second"].into_iter().chain(second)));
    kill(keeper(&env));
    ok(env.run(["delete", "job/second", "--force"]));
    let records = records(&env);
    assert_eq!(records.len(), 2, "{records:?}");
    let over: Vec<_> = records.iter().filter(|one| one.is_complete()).collect();
    assert_eq!(over.len(), 1, "{records:?}");
    let ended = over[0].ended.as_ref().unwrap();
    assert_eq!(ended.reason, EndReason::Stopped);
    delete(&env);
    wait_left(&env);
    env.finish();
}
