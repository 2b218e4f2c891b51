//! Sessions that are lost with whoever held them.

use std::fs;

use abide_core::record::{EndReason, Ownership};
use abide_testkit::{env::TestEnv, sys};
use abide_workspace::journal::JOURNAL_FILE;

use super::desk::{DEADLINE, TALKER, complete_record, keeper, kill, own_dir, records, wait_left};
use crate::{
    attaching::{delete, job},
    races::owners,
    terminal::{abide, size},
    tmux::{self, fails, ok},
};

fn kill_owner(env: &TestEnv) {
    let owner = owners(env);
    assert_eq!(owner.len(), 1);
    sys::kill(owner[0]).unwrap();
    assert!(sys::wait_until_gone(owner[0], DEADLINE));
}

fn sockets(env: &TestEnv) -> usize {
    let names = fs::read_dir(env.runtime_dir()).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    // Those of keepers begin otherwise.
    names.filter(|name| !name.starts_with("k-")).count()
}

/// proves C1
#[test]
fn a_session_that_was_lost_is_no_success_to_whoever_waits_for_it() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill_owner(&env);
    for what in [&["--exit"][..], &["--state", "exited"]] {
        let waited = env.run(["wait", "job", "--timeout", "20s"].iter().chain(what));
        fails(&waited, 6, "how it ended is not known");
        assert_eq!(waited.stdout, "lost: the process that held it died\n");
    }
    let screen = abide(&env, ["attach", "job", "--exit-code"], size(80, 24));
    screen.wait_for_text("lost");
    assert_eq!(screen.wait_exit(), 6);
    delete(&env);
    env.finish();
}

/// proves W5
#[test]
fn what_an_owner_left_that_was_killed_goes_with_its_session() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill_owner(&env);
    wait_left(&env);
    assert_eq!(sockets(&env), 1);
    ok(env.run(["resume", "job", "--no-attach"]));
    assert_eq!(sockets(&env), 1, "that of the new one");
    kill_owner(&env);
    wait_left(&env);
    delete(&env);
    assert_eq!(sockets(&env), 0);
    let logs = fs::read_dir(env.state_dir().join("keepers")).unwrap();
    let logs: Vec<_> = logs.flatten().map(|entry| entry.path()).collect();
    assert_eq!(logs, Vec::<std::path::PathBuf>::new());
    env.finish();
}

/// proves W5
#[test]
fn a_keepers_log_stays_for_another_workspace_of_the_directory() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let more = ["new", "more", "--no-attach", "--", "sh", "-c", TALKER];
    ok(env.run(more));
    let logs = || {
        fs::read_dir(env.state_dir().join("keepers"))
            .unwrap()
            .flatten()
    };
    let logs = || logs().filter(|entry| entry.path().extension().is_some_and(|end| end == "log"));
    delete(&env);
    assert_eq!(logs().count(), 1);
    ok(env.run(["delete", "more", "--force"]));
    assert_eq!(logs().count(), 0);
    env.finish();
}

/// proves M4
#[test]
fn a_session_whose_owner_was_killed_is_recorded_as_lost() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill_owner(&env);
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

/// proves M5
#[test]
fn what_is_over_is_not_deleted_before_its_record_is_whole_unless_forced() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill(keeper(&env));
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    let journal = own_dir(&env).join(JOURNAL_FILE);
    let aside = env.work_dir().join("aside");
    fs::rename(&journal, &aside).unwrap();
    fs::create_dir(&journal).unwrap();
    let refused = env.run(["delete", "job"]);
    fails(
        &refused,
        1,
        "session `job` has ended, and its record is not complete",
    );
    assert!(
        refused.stderr.contains("with `--force`"),
        "{}",
        refused.stderr
    );
    ok(env.run(["info", "job"]));

    fs::remove_dir(&journal).unwrap();
    fs::rename(&aside, &journal).unwrap();
    ok(env.run(["delete", "job"]));
    let record = complete_record(&env);
    assert_eq!(record.ended.unwrap().reason, EndReason::Stopped);

    job(&env, TALKER);
    kill(keeper(&env));
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    let forced = env.run(["delete", "job", "--force"]);
    assert!(
        forced.stderr.contains("its record is not complete"),
        "{}",
        forced.stderr
    );
    ok(forced);
    fs::remove_dir(&journal).unwrap();
    // The next keeper takes away what the killed one left.
    job(&env, TALKER);
    delete(&env);
    wait_left(&env);
    env.finish();
}
