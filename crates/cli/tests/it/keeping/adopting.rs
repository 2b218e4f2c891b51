//! Sessions whose keeper is gone: whoever comes next adopts them, and of many one.

use std::{
    fs,
    process::{Child, Stdio},
};

use abide_core::record::{Baseline, Ownership, Summary};
use abide_testkit::{env::TestEnv, gate::ProcessGate};
use rustix::process::Signal;

use super::desk::{
    DEADLINE, TALKER, changed, complete_record, epoch, keeper, keepers, kill, lease, own_dir,
    picture, records, signal, wait, wait_left, wait_written,
};
use crate::{
    attaching::{delete, job},
    terminal::{abide, size},
    tmux::{fails, ok, session},
};

/// Processes that adopt at once.
const ADOPTERS: usize = 10;

/// proves L3, L6, L7
#[test]
fn an_orphan_is_adopted_by_whoever_attaches_and_keeps_its_baseline() {
    let env = TestEnv::new();
    fs::write(env.work_dir().join("old"), "before").unwrap();
    job(&env, TALKER);
    kill(keeper(&env));
    fs::write(env.work_dir().join("old"), "changed while nobody looked").unwrap();
    let screen = abide(&env, ["attach", "job"], size(80, 24));
    screen.wait_for_text("here");
    assert_eq!(epoch(&env), 2);
    assert_eq!(lease(&env).unwrap()["keeper"]["pid"], keeper(&env));
    screen.type_bytes(b"\x1c");
    assert_eq!(screen.wait_exit(), 0);
    let said = "adopting `job`: its keeper is dead";
    let shown = screen.text();
    assert_eq!(shown.matches(said).count(), 1, "it can be read: {shown}");
    let printed = String::from_utf8_lossy(&screen.output()).into_owned();
    assert_eq!(printed.matches(said).count(), 2, "{printed}");
    assert_eq!(session(&env, "job")["status"]["state"], "running");

    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let record = complete_record(&env);
    assert!(
        matches!(record.ownership, Ownership::Adopted { .. }),
        "{record:?}"
    );
    assert_eq!(record.baseline, Some(Baseline::Kept { files: 1 }));
    assert_eq!(changed(&record), ["old"]);
    delete(&env);
    env.finish();
}

/// proves L7, M5
#[test]
fn a_baseline_that_is_lost_with_its_keeper_is_taken_anew_and_the_record_says_so() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill(keeper(&env));
    fs::write(env.work_dir().join("earlier"), "").unwrap();
    for baseline in fs::read_dir(own_dir(&env).join("baselines"))
        .unwrap()
        .flatten()
    {
        fs::write(baseline.path(), "nonsense").unwrap();
    }
    ok(env.run(["resume", "job", "--no-attach"]));
    fs::write(env.work_dir().join("later"), "").unwrap();
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let record = complete_record(&env);
    let Some(Baseline::Late { files: 1, why }) = &record.baseline else {
        panic!("{:?}", record.baseline);
    };
    assert!(!why.is_empty());
    assert_eq!(changed(&record), ["later"]);
    delete(&env);
    env.finish();
}

/// proves L5
#[test]
fn attaching_under_a_live_keeper_writes_nothing() {
    let env = TestEnv::new();
    job(&env, TALKER);
    ok(env.run(["wait", "job", "--match", "here", "--timeout", "20s"]));
    let database = || {
        let path = env.state_dir().join("abide.db");
        let changes = path.with_extension("db-wal");
        (fs::read(path).unwrap(), fs::read(changes).ok())
    };
    wait_written(&env);
    let before = (picture(&own_dir(&env)), database());
    for words in [
        &["attach", "job"][..],
        &["attach", "job", "--view"],
        &["resume", "job"],
        &["last"],
    ] {
        let screen = abide(&env, words, size(80, 24));
        screen.wait_for_text("here");
        screen.type_bytes(b"\x1c");
        assert_eq!(screen.wait_exit(), 0, "{words:?}");
        assert!(!screen.text().contains("adopting"), "{words:?}");
    }
    ok(env.run(["resume", "job", "--no-attach"]));
    let after = (picture(&own_dir(&env)), database());
    assert_eq!(before.0, after.0);
    assert!(before.1 == after.1, "the database changed");
    delete(&env);
    env.finish();
}

fn adopter(env: &TestEnv) -> Child {
    let mut command = env.command(["resume", "job", "--no-attach"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn many_adopt(rounds: u64) {
    let env = TestEnv::new();
    job(&env, TALKER);
    let generation = session(&env, "job")["generation"].clone();
    for round in 1..=rounds {
        kill(keeper(&env));
        let adopters: Vec<Child> = (0..ADOPTERS).map(|_| adopter(&env)).collect();
        for adopter in adopters {
            let output = adopter.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "round {round}: {said}");
        }
        let one = keeper(&env);
        let held = lease(&env).unwrap();
        assert_eq!(held["keeper"]["pid"], one, "round {round}");
        assert_eq!(held["epoch"], 1 + round, "one of them was granted it");
        let found = records(&env);
        assert_eq!(found.len(), 1, "round {round}: {found:?}");
    }
    assert_eq!(session(&env, "job")["generation"], generation);
    delete(&env);
    let record = complete_record(&env);
    assert!(matches!(record.ownership, Ownership::Adopted { .. }));
    assert!(matches!(record.baseline, Some(Baseline::Kept { .. })));
    env.finish();
}

/// proves L6, L10
#[test]
fn of_ten_adopters_at_once_one_adopts() {
    many_adopt(5);
}

/// proves L6, L10
#[test]
#[ignore = "starts two thousand processes"]
fn heavy_of_ten_adopters_at_once_one_adopts_a_hundred_times() {
    many_adopt(100);
}

/// proves M3, M5
#[test]
fn an_adoption_that_cannot_be_recorded_fails_and_leaves_the_session_running() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill(keeper(&env));
    let journal = own_dir(&env).join("journal.jsonl");
    let aside = own_dir(&env).join("aside");
    fs::rename(&journal, &aside).unwrap();
    fs::create_dir(&journal).unwrap();
    let before = lease(&env);
    let refused = env.run(["resume", "job", "--no-attach"]);
    fails(&refused, 1, "journal");
    assert_eq!(lease(&env), before, "nothing was granted");
    assert!(keepers(&env).is_empty());
    assert_eq!(session(&env, "job")["status"]["state"], "running");

    fs::remove_dir(&journal).unwrap();
    fs::rename(&aside, &journal).unwrap();
    ok(env.run(["resume", "job", "--no-attach"]));
    delete(&env);
    complete_record(&env);
    env.finish();
}

/// proves M3
#[test]
fn a_session_that_ended_with_its_keeper_gets_its_record_completed_by_the_next_entry() {
    for verb in ["attach", "resume"] {
        let env = TestEnv::new();
        job(&env, "echo here; read x; exit 4");
        kill(keeper(&env));
        ok(env.run(["send", "job", "x", "--enter"]));
        ok(env.run(["wait", "job", "--exit", "--timeout", "20s"]));
        match verb {
            "attach" => {
                let screen = abide(&env, ["attach", "job"], size(80, 24));
                assert_eq!(screen.wait_exit(), 0);
            }
            _ => drop(ok(env.run(["resume", "job", "--no-attach"]))),
        }
        delete(&env);
        let found = records(&env);
        assert!(found.iter().all(Summary::is_complete), "{found:?}");
        let ended = found[0].ended.clone().unwrap();
        assert_eq!(ended.outcome.shell_code(), 4);
        assert_eq!(ended.detected, abide_core::record::Detected::AtAdoption);
        env.finish();
    }
}

/// proves L1, L6
#[test]
fn a_session_that_the_database_lost_is_kept_by_whoever_works_in_its_directory() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let id = session(&env, "job")["id"].as_str().unwrap().to_owned();
    kill(keeper(&env));
    for file in ["abide.db", "abide.db-wal", "abide.db-shm"] {
        let _ = fs::remove_file(env.state_dir().join(file));
    }
    ok(env.run(["new", "other", "--no-attach", "--", "sh", "-c", TALKER]));
    ok(env.run(["stop", "other", "--grace", "200ms"]));
    let found = records(&env);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(!found[0].is_complete(), "its session runs: {found:?}");
    ok(env.run(["reap", &id, "--force"]));
    wait_left(&env);
    let found = records(&env);
    assert!(found.iter().all(Summary::is_complete), "{found:?}");
    assert!(matches!(found[0].ownership, Ownership::Adopted { .. }));
    env.finish();
}

/// proves W7, L6
#[test]
fn a_session_that_is_taken_into_a_workspace_gets_a_keeper() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let id = session(&env, "job")["id"].as_str().unwrap().to_owned();
    kill(keeper(&env));
    for file in ["abide.db", "abide.db-wal", "abide.db-shm"] {
        let _ = fs::remove_file(env.state_dir().join(file));
    }
    let dir = env.work_dir();
    let words = [
        "adopt",
        &id,
        "--name",
        "job",
        "--dir",
        dir.to_str().unwrap(),
    ];
    ok(env.run(words));
    assert_eq!(lease(&env).unwrap()["keeper"]["pid"], keeper(&env));
    delete(&env);
    let record = complete_record(&env);
    assert!(matches!(record.ownership, Ownership::Adopted { .. }));
    env.finish();
}

/// proves W7, M5
#[test]
fn a_live_keeper_that_cannot_record_one_more_says_so_and_tries_again() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let command = ["--no-record", "--no-attach", "--", "sh", "-c", TALKER];
    ok(env.run(["new", "lost"].into_iter().chain(command)));
    let of = |name: &str| session(&env, name)["id"].as_str().unwrap().to_owned();
    let (job, lost) = (of("job"), of("lost"));
    for file in ["abide.db", "abide.db-wal", "abide.db-shm"] {
        let _ = fs::remove_file(env.state_dir().join(file));
    }
    let journal = own_dir(&env).join("journal.jsonl");
    let aside = own_dir(&env).join("aside");
    fs::rename(&journal, &aside).unwrap();
    fs::create_dir(&journal).unwrap();
    let dir = env.work_dir();
    let adopt = |id: &str, name: &str| {
        let dir = dir.to_str().unwrap();
        env.run(["adopt", id, "--name", name, "--dir", dir])
    };
    fails(&adopt(&lost, "lost"), 1, "journal");
    assert_eq!(session(&env, "lost")["status"]["state"], "running");

    fs::remove_dir(&journal).unwrap();
    fs::rename(&aside, &journal).unwrap();
    assert_eq!(records(&env).len(), 1);
    signal(keeper(&env), Signal::CONT);
    wait("both sessions are recorded", &env, || {
        (records(&env).len() == 2).then_some(())
    });
    ok(adopt(&job, "job"));
    assert_eq!(records(&env).len(), 2);
    ok(env.run(["delete", "lost", "--force"]));
    delete(&env);
    wait_left(&env);
    assert!(records(&env).iter().all(Summary::is_complete));
    env.finish();
}

/// proves L7
#[test]
fn whoever_starts_a_session_beside_an_orphan_is_told_that_it_is_adopted() {
    let env = TestEnv::new();
    job(&env, TALKER);
    kill(keeper(&env));
    let launched = env.run(["launch", "job/two", "--no-attach", "--", "sleep", "60"]);
    let said = |told: &str| format!("adopting `{told}`: its keeper is dead\n");
    assert_eq!(launched.stderr, said("job"));
    assert_eq!(ok(launched), "job/two\n");
    kill(keeper(&env));
    let made = env.run(["new", "more", "--no-attach", "--", "sleep", "60"]);
    assert_eq!(made.stderr, said(env.work_dir().to_str().unwrap()));
    ok(made);
    let again = env.run(["launch", "job/three", "--no-attach", "--", "sleep", "60"]);
    assert_eq!(again.stderr, "", "somebody is responsible");

    kill(keeper(&env));
    let words = ["launch", "job/four", "--", "sh", "-c", TALKER];
    let screen = abide(&env, words, size(80, 24));
    screen.wait_for_text("here");
    screen.type_bytes(b"\x1c");
    screen.wait_for_text("[detached from job/four]");
    assert_eq!(screen.wait_exit(), 0);
    let shown = screen.text();
    assert!(
        shown.contains("adopting `job`: its keeper is dead"),
        "{shown}"
    );
    ok(env.run(["delete", "more", "--force"]));
    delete(&env);
    wait_left(&env);
    env.finish();
}

/// proves L4, L6
#[test]
fn a_running_session_that_is_launched_again_with_variables_is_adopted() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let launch = || {
        let words = ["launch", "job/second", "--env", "MORE=1", "--no-attach"];
        let talker = ["--", "sh", "-c", TALKER];
        env.run(words.into_iter().chain(talker))
    };
    ok(launch());
    let generation = session(&env, "job/second")["generation"].clone();
    wait_written(&env);
    let before = picture(&own_dir(&env));
    ok(launch());
    assert_eq!(picture(&own_dir(&env)), before, "its keeper lives");
    kill(keeper(&env));
    ok(launch());
    assert_eq!(epoch(&env), 2);
    assert_eq!(lease(&env).unwrap()["keeper"]["pid"], keeper(&env));
    assert_eq!(session(&env, "job/second")["generation"], generation);
    assert_eq!(records(&env).len(), 2);
    delete(&env);
    wait_left(&env);
    let found = records(&env);
    assert!(found.iter().all(Summary::is_complete), "{found:?}");
    env.finish();
}

/// proves L4, L6
#[test]
fn a_session_whose_making_was_interrupted_is_adopted_when_it_is_entered() {
    for with_keeper in [true, false] {
        let env = TestEnv::new();
        let gate = ProcessGate::new(&env.probe_dir(), "create.started");
        let mut creator = env.command(["new", "job", "--no-attach", "--", "sh", "-c", TALKER]);
        creator.stdin(Stdio::null()).stdout(Stdio::null());
        let mut creator = creator.stderr(Stdio::null()).spawn().unwrap();
        let _ = gate.wait_reached(DEADLINE);
        creator.kill().unwrap();
        creator.wait().unwrap();
        gate.release();
        drop(gate);
        wait("the start was found", &env, || {
            records(&env).first()?.generation
        });
        if !with_keeper {
            kill(keeper(&env));
        }
        let resumed = env.run(["resume", "job", "--no-attach"]);
        assert!(resumed.success(), "{resumed:?}");
        assert_eq!(resumed.stderr.contains("adopting"), !with_keeper);
        assert_eq!(lease(&env).unwrap()["keeper"]["pid"], keeper(&env));
        assert_eq!(epoch(&env), if with_keeper { 1 } else { 2 });
        let listed = ok(env.run(["list", "--json"]));
        assert!(!listed.contains("error"), "{listed}");
        delete(&env);
        complete_record(&env);
        env.finish();
    }
}
