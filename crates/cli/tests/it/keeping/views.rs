//! What `diff`, `log` and `summary` show of real sessions, live and after their end.

mod broken;
mod git;

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, SystemTime},
};

use abide_testkit::env::TestEnv;
use serde_json::Value;

use super::desk::{own_dir, picture, wait_left};
use crate::{
    attaching::{delete, job},
    tmux::{fails, ok},
};

/// Starts a session that does `work` when it is told to, and ends with 3 when it is told again.
fn worker(env: &TestEnv, work: &str) {
    job(
        env,
        &format!("read x; {work}; echo changed; read y; exit 3"),
    );
}

fn go(env: &TestEnv) {
    ok(env.run(["send", "job", "go", "--enter"]));
    ok(env.run(["wait", "job", "--match", "^changed", "--timeout", "20s"]));
}

fn end(env: &TestEnv) {
    ok(env.run(["send", "job", "end", "--enter"]));
    wait_left(env);
}

/// Writes a file with a time to come, which the baseline therefore does not trust: it is read.
fn write(env: &TestEnv, name: &str, content: &str) {
    const YEAR_2100: Duration = Duration::from_secs(4_102_444_800);
    let mut file = fs::File::create(env.work_dir().join(name)).unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + YEAR_2100)
        .unwrap();
}

#[track_caller]
fn json(env: &TestEnv, args: &[&str]) -> Value {
    let text = ok(env.run(args.iter().chain(&["--json"])));
    serde_json::from_str(&text).unwrap()
}

/// Returns a result with all that differs between two runs named for what it is.
fn settled(env: &TestEnv, mut value: Value) -> String {
    fn settle(value: &mut Value, key: &str, root: &Path) {
        match value {
            Value::Object(fields) => {
                fields
                    .iter_mut()
                    .for_each(|(key, field)| settle(field, key, root));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| settle(item, key, root)),
            Value::String(_)
                if ["record", "session", "generation", "host", "user"].contains(&key) =>
            {
                *value = format!("<{key}>").into();
            }
            Value::String(text) => *text = text.replace(root.to_str().unwrap(), "<root>"),
            Value::Number(_) if key.ends_with("_at") || key.ends_with("_ms") => {
                *value = format!("<{key}>").into();
            }
            Value::Number(_) | Value::Bool(_) | Value::Null => {}
        }
    }
    settle(&mut value, "", env.root());
    serde_json::to_string_pretty(&value).unwrap()
}

const CHANGES: &str = "\
R  after  (was before)
A  created
M  edited
D  gone
T  link
M  permissions  (permissions)
M  restored
";

/// proves M1, M2, M4
#[test]
fn what_a_session_changes_is_shown_while_it_runs_and_after_its_end() {
    let env = TestEnv::new();
    for name in ["before", "edited", "gone", "link", "permissions"] {
        write(&env, name, name);
    }
    write(&env, "restored", "aaaa");
    let times = env.root().join("times").display().to_string();
    worker(
        &env,
        &format!(
            "echo new > created; echo more >> edited; rm gone; mv before after; \
             chmod 600 permissions; rm link; ln -s edited link; \
             touch -r restored {times}; printf bbbb > restored; touch -r {times} restored"
        ),
    );
    let before = env.run(["diff", "job"]);
    assert_eq!(
        (before.code, before.stdout.as_str()),
        (Some(0), ""),
        "{before:?}"
    );
    assert!(
        before.stderr.starts_with("nothing has changed since 2"),
        "{before:?}"
    );
    go(&env);

    let own = own_dir(&env);
    let look = || {
        (
            picture(&own),
            fs::metadata(&own).unwrap().modified().unwrap(),
        )
    };
    let seen = look();
    let shown = ok(env.run(["diff", "job"]));
    assert_eq!(shown, CHANGES);
    let names = ok(env.run(["diff", "job", "--name-only"]));
    let expected = "after\ncreated\nedited\ngone\nlink\npermissions\nrestored\n";
    assert_eq!(names, expected);
    assert_eq!(env.run(["diff", "job", "--exit-code"]).code, Some(1));
    let stat = ok(env.run(["diff", "job", "--stat"]));
    let counted = "7 files: 1 added, 3 modified, 1 removed, 1 renamed, 1 of another type\n";
    assert!(stat.ends_with(counted), "{stat}");
    fails(
        &env.run(["diff", "job", "--patch"]),
        1,
        "not in a git repository",
    );
    let live = json(&env, &["diff", "job"]);
    insta::assert_snapshot!("diff", settled(&env, live));
    let log = ok(env.run(["log", "job"]));
    assert!(log.contains("running") && log.contains("created"), "{log}");
    ok(env.run(["summary", "job"]));
    // Nobody else writes there meanwhile: a lease is renewed each half minute.
    assert_eq!(look(), seen);

    end(&env);
    after_the_end(&env);
    delete(&env);
    deleted(&env);
    env.finish();
}

fn after_the_end(env: &TestEnv) {
    fails(&env.run(["diff", "job"]), 3, "abide summary 'job'");
    insta::assert_snapshot!("log", settled(env, json(env, &["log", "job"])));
    insta::assert_snapshot!("summary", settled(env, json(env, &["summary", "job"])));
    let log = ok(env.run(["log", "job"]));
    let (header, row) = log.split_once('\n').unwrap();
    assert!(header.starts_with("RECORD    STARTED"), "{log}");
    for part in [
        "  job  ",
        "command",
        "exited 3",
        "created",
        "1A 3M 1D 1R 1T",
    ] {
        assert!(row.contains(part), "no `{part}`: {log}");
    }
    let summary = ok(env.run(["summary", "job"]));
    for part in [
        "outcome     exited with code 3\n",
        "because     exited\n",
        "detected    told by the backend\n",
        "changed     7 files: 1 added,",
        "  M  permissions  (permissions)\n",
        "  M  restored\n",
    ] {
        assert!(summary.contains(part), "no `{part}`: {summary}");
    }
    let record = json(env, &["summary", "job"])["record"]["record"].clone();
    let beginning = &record.as_str().unwrap()[..6];
    ok(env.run(["summary", "job", "--record", beginning]));
    fails(
        &env.run(["summary", "job", "--record", "zzz"]),
        3,
        "abide log",
    );
    fails(&env.run(["summary", "nosuch"]), 3, "nosuch");
}

/// A directory keeps its records when its workspace is forgotten.
fn deleted(env: &TestEnv) {
    let dir = env.work_dir();
    let mut command = env.command(["log", "--json", "--dir"]);
    command.arg(&dir);
    let log = ok(env.run_command(command, b""));
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["records"][0]["name"], Value::Null, "{log}");
    assert_eq!(log["records"][0]["counts"]["modified"], 3, "{log}");
    // The current directory is the default, and those above it.
    let inner = dir.join("inner");
    fs::create_dir(&inner).unwrap();
    let mut command = env.command(["summary"]);
    command.current_dir(&inner);
    let summary = ok(env.run_command(command, b""));
    assert!(summary.contains("exited with code 3"), "{summary}");
    fails(
        &env.run(["log", "--dir", "/proc"]),
        3,
        "nothing was recorded",
    );
    let all = json(env, &["log", "--all"]);
    assert_eq!(all["records"], Value::Array(Vec::new()));
}

/// proves M4
#[test]
fn a_summary_of_a_workspace_is_of_its_last_session_and_says_which() {
    let env = TestEnv::new();
    job(&env, "read x");
    let launch = ["launch", "job/two", "--no-attach", "--", "sleep", "60"];
    ok(env.run(launch));
    let about = |name: &str| {
        let text = ok(env.run(["summary", name]));
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("session     "));
        let name = line.and_then(|line| line.split(' ').next());
        name.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    assert_eq!(about("job"), "job/two");
    assert_eq!(about("job/two"), "job/two");
    assert_eq!(about("job/main"), "job");
    delete(&env);
    env.finish();
}
