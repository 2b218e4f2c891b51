//! A list of a thousand workspaces, while one session floods and the owner of another is stopped.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    id::{SessionId, WorkspaceId},
    lock::KernelLock,
};
use abide_testkit::{env::TestEnv, output::CommandOutput, sys};
use abide_workspace::DATABASE_FILE;
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Workspaces in all, and those whose sessions live.
const WORKSPACES: usize = 1000;
const LIVE: usize = 30;

/// Of those whose sessions do not live: every how many-th lost its owner, or has no trace left.
const LOST: usize = 10;
const UNTRACED: usize = 25;

/// Lists that are timed; the best of them counts, because the machine may have other things to do.
const ROUNDS: usize = 5;

/// How much longer a list may take while a session floods and another hangs. To ask the one that
/// hangs would take 5 s.
const BESIDE_A_FLOOD: u32 = 5;

/// How much longer a list may take than the test's own look at the same files and locks, beyond
/// what a list of nothing takes. Most of it is the database and the printing.
const OWN_LOOKS: u32 = 5;

fn ok(output: CommandOutput) -> String {
    assert!(output.success(), "{output:?}");
    output.stdout
}

fn new(env: &TestEnv, name: &str, command: &[&str]) {
    let words = ["new", name, "--no-attach", "--"];
    ok(env.run(words.iter().chain(command)));
}

/// Returns the sessions that are listed, with their states, by the names of their workspaces.
fn listed(env: &TestEnv) -> BTreeMap<String, (String, String)> {
    let list: Value = serde_json::from_str(&ok(env.run(["list", "--json"]))).unwrap();
    let workspaces = list["workspaces"].as_array().unwrap().iter();
    let listed = workspaces.map(|workspace| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let session = &workspace["sessions"][0];
        let state = match text(&session["status"]["state"]).as_str() {
            "ended" => session["status"]["outcome"].to_string(),
            state => state.to_owned(),
        };
        (text(&workspace["name"]), (text(&session["id"]), state))
    });
    listed.collect()
}

fn directory(env: &TestEnv, name: &str) -> PathBuf {
    env.owners_dir().join(&listed(env)[name].0)
}

fn owner(env: &TestEnv, name: &str) -> u32 {
    let text = fs::read_to_string(directory(env, name).join("owner.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    u32::try_from(file["pid"].as_u64().unwrap()).unwrap()
}

fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// Makes workspaces whose sessions are over, like the one that is called `ended`: copies of its rows
/// and of its session's directory.
fn make_others(env: &TestEnv) {
    let like = directory(env, "ended");
    let mut database = Connection::open(env.state_dir().join(DATABASE_FILE)).unwrap();
    let rows = database.transaction().unwrap();
    rows.execute_batch(
        "CREATE TEMP TABLE w AS SELECT * FROM workspaces WHERE name = 'ended';
         CREATE TEMP TABLE s AS SELECT * FROM sessions WHERE workspace_id = (SELECT id FROM w);",
    )
    .unwrap();
    for number in LIVE + 1..WORKSPACES {
        let (workspace, session) = (WorkspaceId::random(), SessionId::random());
        rows.execute_batch(&format!(
            "UPDATE w SET id = '{workspace}', name = 'other-{number}';
             UPDATE s SET id = '{session}', workspace_id = '{workspace}';
             INSERT INTO workspaces SELECT * FROM w;
             INSERT INTO sessions SELECT * FROM s;"
        ))
        .unwrap();
        if !number.is_multiple_of(UNTRACED) {
            copy(&like, &env.owners_dir().join(session.as_str()), number);
        }
    }
    rows.commit().unwrap();
}

/// Takes the rows away again, so that nobody tries to stop a thousand sessions that are over.
fn forget_others(env: &TestEnv) {
    let database = Connection::open(env.state_dir().join(DATABASE_FILE)).unwrap();
    let forget = "PRAGMA foreign_keys = ON; DELETE FROM workspaces WHERE name LIKE 'other-%'";
    database.execute_batch(forget).unwrap();
}

fn copy(from: &Path, to: &Path, number: usize) {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    sys::make_private_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() || number.is_multiple_of(LOST) && name(&path) == "exit.json" {
            continue;
        }
        let target = to.join(name(&path));
        match fs::read_to_string(&path) {
            Ok(text) => fs::write(target, text.replace(&name(from), &name(to))).unwrap(),
            // No text, so it names no session.
            Err(_) => drop(fs::copy(&path, target).unwrap()),
        }
    }
}

fn expected(number: usize) -> &'static str {
    match () {
        () if number.is_multiple_of(UNTRACED) => "absent",
        () if number.is_multiple_of(LOST) => r#"{"how":"lost","reason":"holder_died"}"#,
        () => r#"{"code":3,"how":"exited"}"#,
    }
}

fn check(env: &TestEnv) {
    let listed = listed(env);
    assert_eq!(listed.len(), WORKSPACES);
    for (name, (_, state)) in listed {
        let expected = match name.strip_prefix("other-") {
            Some(number) => expected(number.parse().unwrap()),
            None if name == "ended" => r#"{"code":3,"how":"exited"}"#,
            None => "running",
        };
        assert_eq!(state, expected, "{name}");
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the clock of the product counts in milliseconds"
)]
fn best(mut work: impl FnMut()) -> Duration {
    let timed = (0..ROUNDS).map(|_| {
        let begin = std::time::Instant::now();
        work();
        begin.elapsed()
    });
    timed.min().unwrap()
}

/// Looks at every session's files and locks as a list does.
fn look(owners: &Path) {
    for entry in fs::read_dir(owners).unwrap() {
        let dir = entry.unwrap().path();
        let _shared = KernelLock::try_share(&dir.join("start.lock")).unwrap();
        KernelLock::look(&dir.join("owner.lock")).unwrap();
        for name in ["owner.json", "exit.json"] {
            if let Ok(bytes) = fs::read(dir.join(name)) {
                serde_json::from_slice::<Value>(&bytes).unwrap();
            }
        }
    }
}

/// proves W9
#[test]
fn a_thousand_workspaces_are_listed_as_they_are_while_one_floods_and_one_hangs() {
    let mut env = TestEnv::new();
    env.set("ABIDE_BACKEND", "owner");
    let nothing = best(|| drop(ok(env.run(["list"]))));
    new(&env, "ended", &["sh", "-c", "exit 3"]);
    ok(env.run(["wait", "ended", "--exit"]));
    new(&env, "flood", &["sh", "-c", "read go; exec yes"]);
    let live: Vec<String> = (2..LIVE).map(|number| format!("live-{number}")).collect();
    for name in live.iter().map(String::as_str).chain(["hung"]) {
        new(&env, name, &["sleep", "1000"]);
    }
    make_others(&env);
    check(&env);
    let list = || drop(ok(env.run(["list"])));
    let quiet = best(list);
    let own = best(|| look(&env.owners_dir()));
    assert!(quiet <= nothing + own * OWN_LOOKS, "{quiet:?}");

    let hung = owner(&env, "hung");
    signal(hung, Signal::STOP);
    ok(env.run(["send", "flood", "--enter", "go"]));
    let busy = best(list);
    check(&env);
    assert!(busy <= quiet * BESIDE_A_FLOOD, "{busy:?}");
    signal(hung, Signal::CONT);
    for name in live.iter().map(String::as_str).chain(["hung", "flood"]) {
        ok(env.run(["delete", name, "--force"]));
    }
    forget_others(&env);
    env.finish();
}

/// proves W9
#[test]
fn what_a_list_shows_as_running_the_doctor_asks() {
    let mut env = TestEnv::new();
    env.set("ABIDE_BACKEND", "owner");
    new(&env, "hung", &["sleep", "1000"]);
    let hung = owner(&env, "hung");
    signal(hung, Signal::STOP);
    assert_eq!(listed(&env)["hung"].1, "running");
    let doctor = env.run(["doctor"]);
    signal(hung, Signal::CONT);
    assert!(!doctor.success(), "{doctor:?}");
    let told = format!("held by process {hung}");
    let is_told = |line: &str| line.starts_with("! session") && line.contains(&told);
    assert!(doctor.stdout.lines().any(is_told), "{doctor:?}");
    ok(env.run(["delete", "hung", "--force"]));
    env.finish();
}
