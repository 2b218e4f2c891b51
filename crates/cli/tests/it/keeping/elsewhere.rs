//! Records that were kept for another state directory: a take-over leaves them to it.

use std::fs;

use abide_core::{
    backend::ExitOutcome,
    clock::Timestamp,
    id::{Generation, SessionId},
    lease::{FencingToken, Mode, Place},
    record::{Baseline, Entry, Event, Opened, Origin, Replay, Started},
};
use abide_testkit::env::TestEnv;
use serde_json::Value;

use super::desk::{TALKER, keeper, kill, own_dir, records, wait_left, wait_written};
use crate::{attaching::job, tmux::ok};

/// Runs abide with another state directory, in the same directory.
fn other<const N: usize>(env: &TestEnv, args: [&str; N]) -> String {
    let mut command = env.command(args);
    command.env("ABIDE_STATE_DIR", env.root().join("o"));
    ok(env.run_command(command, b""))
}

fn states(log: &str) -> Vec<String> {
    let log: Value = serde_json::from_str(log).unwrap();
    let records = log["records"].as_array().unwrap();
    let states = records.iter().map(|one| one["state"].as_str().unwrap());
    states.map(str::to_owned).collect()
}

/// proves L6
#[test]
fn a_take_over_for_another_state_directory_leaves_the_record_of_a_live_session_open() {
    let env = TestEnv::new();
    fs::write(env.work_dir().join("old"), "1").unwrap();
    job(&env, TALKER);
    wait_written(&env);
    kill(keeper(&env));
    other(
        &env,
        ["new", "theirs", "--no-attach", "--", "sh", "-c", TALKER],
    );
    let open = records(&env);
    assert!(open.iter().all(|record| record.ended.is_none()), "{open:?}");
    let dir = env.work_dir().to_string_lossy().into_owned();
    let log = other(&env, ["log", "--dir", &dir, "--json"]);
    assert_eq!(states(&log), ["elsewhere", "running"]);
    let log = other(&env, ["log", "--dir", &dir]);
    assert!(log.contains("elsewhere ("), "{log}");
    let log = ok(env.run(["log", "--dir", &dir, "--json"]));
    assert_eq!(states(&log), ["running", "elsewhere"]);
    other(&env, ["delete", "theirs", "--force"]);
    wait_left(&env);

    let [mine, theirs] = &records(&env)[..] else {
        panic!("two sessions were started");
    };
    assert!(theirs.is_complete(), "{theirs:?}");
    assert_eq!((&mine.ended, &mine.changes), (&None, &None));
    ok(env.run(["resume", "job", "--no-attach"]));
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let found = records(&env);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].is_complete());
    assert_eq!(found[0].baseline, Some(Baseline::Kept { files: 1 }));
    let outcome = &found[0].ended.as_ref().unwrap().outcome;
    assert!(!matches!(outcome, ExitOutcome::Lost { .. }), "{outcome}");
    ok(env.run(["delete", "job", "--force"]));
    env.finish();
}

/// proves W5, M5
#[test]
fn a_record_decides_whether_a_session_is_deleted_and_not_who_keeps_the_directory() {
    let env = TestEnv::new();
    job(&env, TALKER);
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    wait_left(&env);
    let second = [
        "launch",
        "job/open",
        "--no-attach",
        "--",
        "sh",
        "-c",
        TALKER,
    ];
    ok(env.run(second));
    kill(keeper(&env));
    let theirs = ["new", "theirs", "--no-attach", "--", "sh", "-c", TALKER];
    other(&env, theirs);
    // Its own record is open still, and nobody here can complete it meanwhile.
    ok(env.run(["stop", "job/open", "--grace", "200ms"]));
    let refused = env.run(["delete", "job/open"]);
    assert!(!refused.success(), "{refused:?}");
    let why = "its record is not complete";
    assert!(refused.stderr.contains(why), "{refused:?}");
    other(&env, ["delete", "theirs", "--force"]);
    wait_left(&env);
    // Nobody keeps the directory now, which is no reason to take the record for complete.
    ok(env.run(["delete", "job/open"]));
    wait_left(&env);
    let found = records(&env);
    assert!(found.iter().all(|one| one.is_complete()), "{found:?}");

    other(&env, theirs);
    ok(env.run(["delete", "job"]));
    other(&env, ["delete", "theirs", "--force"]);
    wait_left(&env);
    env.finish();
}

/// Adds an open record as it was before records said for which state directory they are.
fn add_old(entries: &mut Vec<Entry>, record: &str, session: &SessionId, host: &str) {
    let origin = Origin {
        place: Place {
            machine: None,
            boot: None,
            host: host.to_owned(),
        },
        state: None,
        user: "u".to_owned(),
    };
    let opened = Event::Opened(Opened {
        session: session.clone(),
        origin,
        agent: None,
        mode: Mode::Shell,
    });
    let started = Event::Started(Started {
        generation: Generation::random(),
        started_at: Timestamp::from_millis(1_000),
    });
    for event in [opened, started] {
        entries.push(Entry {
            seq: entries.len() as u64 + 1,
            at: Timestamp::from_millis(1_000),
            epoch: FencingToken::try_from(1).unwrap(),
            record: record.parse().unwrap(),
            event,
        });
    }
}

/// proves L6
#[test]
fn an_old_record_is_closed_if_its_session_is_known_and_left_if_it_may_be_anybodys() {
    let env = TestEnv::new();
    job(&env, TALKER);
    wait_written(&env);
    kill(keeper(&env));
    let journal = own_dir(&env).join("journal.jsonl");
    let mut entries = Replay::read(&fs::read(&journal).unwrap())
        .unwrap()
        .entries()
        .to_vec();
    let opened = records(&env)[0].opened.clone().unwrap();
    let here = &opened.origin.place.host;
    add_old(&mut entries, "r-known", &opened.session, here);
    add_old(&mut entries, "r-other", &"s-other".parse().unwrap(), here);
    add_old(&mut entries, "r-there", &opened.session, "far-away");
    let lines: Vec<u8> = entries.iter().flat_map(Entry::to_line).collect();
    fs::write(&journal, lines).unwrap();
    ok(env.run(["resume", "job", "--no-attach"]));
    ok(env.run(["delete", "job", "--force"]));
    wait_left(&env);
    let is_closed: Vec<_> = records(&env)
        .iter()
        .map(|record| (record.record.to_string(), record.is_complete()))
        .skip(1)
        .collect();
    let expected = [("r-known", true), ("r-other", false), ("r-there", false)];
    assert_eq!(is_closed, expected.map(|(id, is)| (id.to_owned(), is)));
    env.finish();
}

/// proves L6
#[test]
fn a_state_directory_that_cannot_be_told_from_others_records_nothing_and_says_so() {
    let env = TestEnv::new();
    let id = env.state_dir().join("state-id");
    fs::write(&id, "?\n").unwrap();
    let new = ["new", "job", "--no-attach", "--", "sh", "-c", TALKER];
    let refused = env.run(new);
    assert!(!refused.success(), "{refused:?}");
    let path = id.to_str().unwrap();
    assert!(refused.stderr.contains(path), "{refused:?}");
    assert!(
        refused.stderr.contains("hint: put it back from a copy"),
        "{refused:?}"
    );
    assert_eq!(fs::read_to_string(&id).unwrap(), "?\n");
    assert!(!own_dir(&env).join("journal.jsonl").exists());
    fs::remove_file(&id).unwrap();
    ok(env.run(new));
    ok(env.run(["delete", "job", "--force"]));
    env.finish();
}
