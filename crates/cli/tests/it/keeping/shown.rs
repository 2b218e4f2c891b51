//! Who is responsible for a session, as `abide info` shows it.

use abide_testkit::env::TestEnv;
use serde_json::Value;

use super::desk::{TALKER, complete_record, keeper, kill, own_dir, picture};
use crate::{
    attaching::{delete, job},
    tmux::ok,
};

fn keeper_as_shown(env: &TestEnv) -> (String, Value) {
    let page = ok(env.run(["info", "job"]));
    let mut lines = page.lines();
    let line = lines.find_map(|line| line.strip_prefix("keeper "));
    let json: Value = serde_json::from_str(&ok(env.run(["info", "job", "--json"]))).unwrap();
    let line = line.unwrap_or_default().trim().to_owned();
    (line, json["keeper"].clone())
}

/// proves L2, L3
#[test]
fn who_is_responsible_is_shown_and_that_nobody_is() {
    let env = TestEnv::new();
    job(&env, TALKER);
    let pid = keeper(&env);
    let (line, json) = keeper_as_shown(&env);
    assert!(line.contains(&format!("(pid {pid}), renewed ")), "{line}");
    assert_eq!(
        (&json["state"], &json["pid"]),
        (&"here".into(), &pid.into())
    );
    kill(pid);
    let before = picture(&own_dir(&env));
    let (line, json) = keeper_as_shown(&env);
    assert_eq!(
        line,
        "nobody: its keeper is dead; whoever enters it next has it adopted"
    );
    assert_eq!(json["state"], "stale");
    assert_eq!(json["why"], "its keeper is dead");
    assert_eq!(picture(&own_dir(&env)), before, "a look changes nothing");
    ok(env.run(["stop", "job", "--grace", "200ms"]));
    let (line, _) = keeper_as_shown(&env);
    assert!(line.ends_with("has its record completed"), "{line}");
    delete(&env);
    complete_record(&env);

    let command = ["--no-record", "--no-attach", "--", "sh", "-c", TALKER];
    ok(env.run(["new", "job"].into_iter().chain(command)));
    assert_eq!(keeper_as_shown(&env), (String::new(), Value::Null));
    delete(&env);
    env.finish();
}
