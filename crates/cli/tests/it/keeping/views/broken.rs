//! What is shown where a record, a baseline or a journal is not as it should be.

use std::fs;

use abide_testkit::{env::TestEnv, sys};

use super::{end, go, json, worker};
use crate::{
    attaching::delete,
    keeping::desk::{DEADLINE, keeper, kill, own_dir},
    races::owners,
    tmux::{fails, ok},
};

fn baseline(env: &TestEnv) -> std::path::PathBuf {
    let baselines = fs::read_dir(own_dir(env).join("baselines")).unwrap();
    let found: Vec<_> = baselines.flatten().collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].path()
}

/// proves M5
#[test]
fn a_damaged_baseline_is_told_by_the_diff_and_by_the_record() {
    let env = TestEnv::new();
    worker(&env, "echo new > created");
    let path = baseline(&env);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    go(&env);
    let diff = env.run(["diff", "job"]);
    fails(&diff, 1, "what `job` changed is unknown");
    assert!(diff.stderr.contains("cannot read the baseline"), "{diff:?}");
    fs::remove_file(&path).unwrap();
    fails(&env.run(["diff", "job"]), 1, "there is no baseline");
    end(&env);
    let summary = ok(env.run(["summary", "job"]));
    assert!(
        summary.contains("changed     unknown: the list of files"),
        "{summary}"
    );
    assert!(ok(env.run(["log", "job"])).contains("unknown"));
    let logged = json(&env, &["log", "job"])["records"][0].clone();
    assert_eq!(
        (&logged["changes_known"], &logged["counts"]),
        (&false.into(), &().into())
    );
    delete(&env);
    env.finish();
}

/// proves M3
#[test]
fn a_journal_with_a_torn_and_a_damaged_line_is_shown_with_what_is_wrong() {
    let env = TestEnv::new();
    worker(&env, "echo new > created");
    go(&env);
    end(&env);
    let path = own_dir(&env).join("journal.jsonl");
    let whole = fs::read(&path).unwrap();
    let torn = [&whole[..], &whole[..40]].concat();
    fs::write(&path, &torn).unwrap();
    let log = env.run(["log", "job"]);
    assert!(log.stderr.contains("cut its last line off"), "{log:?}");
    assert!(ok(log).contains("1A"));
    assert_eq!(json(&env, &["log", "job"])["dirs"][0]["torn_bytes"], 40);

    // The first line says whose record it is.
    let mut damaged = whole;
    damaged[30] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let summary = env.run(["summary", "job"]);
    assert!(
        summary.stderr.contains("line 1 cannot be read"),
        "{summary:?}"
    );
    let summary = ok(summary);
    assert!(summary.contains("session     not known"), "{summary}");
    assert!(summary.contains("  A  created\n"), "{summary}");
    assert_eq!(fs::read(&path).unwrap(), damaged);
    delete(&env);
    env.finish();
}

/// proves M3, M4
#[test]
fn a_record_that_nobody_completed_is_unfinished_and_shown() {
    let env = TestEnv::new();
    env.tolerate_stale_sockets();
    worker(&env, "echo new > created");
    go(&env);
    kill(keeper(&env));
    assert_eq!(
        json(&env, &["log", "job"])["records"][0]["state"],
        "running"
    );
    for owner in owners(&env) {
        sys::kill(owner).unwrap();
        assert!(sys::wait_until_gone(owner, DEADLINE));
    }
    let logged = json(&env, &["log", "job"])["records"][0].clone();
    assert_eq!(logged["state"], "unfinished", "{logged}");
    assert!(ok(env.run(["summary", "job"])).contains("state       unfinished\n"));
    assert_eq!(ok(env.run(["diff", "job"])), "A  created\n");
    delete(&env);
    env.finish();
}

/// proves M4
#[test]
fn a_workspace_that_is_not_recorded_says_so() {
    let env = TestEnv::new();
    let new = ["new", "job", "--no-attach", "--no-record", "--"];
    ok(env.run(new.iter().chain(&["sh", "-c", "read x"])));
    fails(
        &env.run(["diff", "job"]),
        1,
        "nothing is recorded of workspace `job`",
    );
    let log = env.run(["log", "job"]);
    assert!(log.stderr.contains("no session was recorded"), "{log:?}");
    assert_eq!(ok(log), "");
    fails(&env.run(["summary", "job"]), 3, "nothing was recorded");
    assert!(!own_dir(&env).exists());
    delete(&env);
    env.finish();
}

/// proves M5, L4
#[test]
fn a_late_baseline_is_told_with_what_it_cannot_show() {
    let env = TestEnv::new();
    worker(&env, "echo new > created");
    kill(keeper(&env));
    fs::remove_file(baseline(&env)).unwrap();
    ok(env.run(["resume", "job", "--no-attach"]));
    go(&env);
    let diff = env.run(["diff", "job"]);
    assert!(
        diff.stderr.contains("what changed before is unknown"),
        "{diff:?}"
    );
    assert_eq!(ok(diff), "A  created\n");
    let live = json(&env, &["diff", "job"]);
    assert_eq!(live["baseline"]["baseline"], "late", "{live}");
    end(&env);
    let summary = ok(env.run(["summary", "job"]));
    assert!(summary.contains("measured    late, "), "{summary}");
    assert!(summary.contains("keeper      adopted "), "{summary}");
    delete(&env);
    env.finish();
}
