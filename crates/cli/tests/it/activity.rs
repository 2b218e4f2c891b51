//! What sessions are doing, as real shells and programs show it: waited for, listed, with both backends.

use std::fs;

use abide_testkit::{env::TestEnv, output::CommandOutput};
use serde_json::Value;

use crate::tmux::{env_with_tmux, ok};

/// The backends to try, each in a place of its own; tmux where there is one.
fn places() -> Vec<(&'static str, TestEnv)> {
    let mut places = vec![("owner", TestEnv::new())];
    places.extend(env_with_tmux().map(|env| ("tmux", env)));
    places
}

fn start(env: &TestEnv, backend: &str, name: &str, command: &[&str]) {
    let mut words = vec!["new", name, "--no-attach", "--backend", backend, "--"];
    words.extend(command);
    ok(env.run(words));
}

fn finish(env: &TestEnv, name: &str) {
    ok(env.run(["stop", name, "--grace", "200ms"]));
    ok(env.run(["delete", name]));
}

#[track_caller]
fn wait(env: &TestEnv, name: &str, states: &str) -> CommandOutput {
    let output = env.run(["wait", name, "--state", states, "--timeout", "20s"]);
    assert_eq!(output.code, Some(0), "{output:?}; {}", activity(env, name));
    output
}

fn send(env: &TestEnv, name: &str, text: &str) {
    ok(env.run(["send", name, text, "--enter"]));
}

/// What `info --json` and `list --json` say alike.
#[track_caller]
fn activity(env: &TestEnv, name: &str) -> Value {
    let info: Value = serde_json::from_str(&ok(env.run(["info", name, "--json"]))).unwrap();
    info["session"]["activity"].clone()
}

#[track_caller]
fn shows(env: &TestEnv, name: &str, state: &str, source: &str) -> Value {
    let now = activity(env, name);
    assert_eq!(now["state"], state, "{now}");
    assert_eq!(now["source"], source, "{now}");
    let list: Value = serde_json::from_str(&ok(env.run(["list", "--json"]))).unwrap();
    let workspaces = list["workspaces"].as_array().unwrap();
    let listed = workspaces.iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(listed["sessions"][0]["activity"]["state"], state, "{list}");
    let table = ok(env.run(["list"]));
    let row = table.lines().find(|row| row.starts_with(name)).unwrap();
    assert!(row.contains(state), "{table}");
    now
}

/// A bash that marks its prompt and its commands.
fn marking_bash(env: &TestEnv) -> Vec<String> {
    let rc = env.root().join("marks.bash");
    let text = r#"
PROMPT_COMMAND='printf "\033]133;D;%s\007" "$?"'
PS1='\[\e]133;A\a\]ready> \[\e]133;B\a\]'
PS0=$'\033]133;C\a'
"#;
    fs::write(&rc, text).unwrap();
    let rc = rc.to_str().unwrap().to_owned();
    ["bash", "--noprofile", "--rcfile", &rc, "-i"]
        .map(str::to_owned)
        .to_vec()
}

/// Waits until the shell is at its prompt: the mark of the last command's end comes a moment before.
fn prompted(env: &TestEnv) {
    ok(env.run(["wait", "sh", "--match", "ready> ?$", "--timeout", "20s"]));
    wait(env, "sh", "waiting");
}

/// proves A5
#[test]
fn a_shell_that_marks_its_prompt_waits_and_works() {
    for (backend, env) in places() {
        let bash = marking_bash(&env);
        let bash: Vec<&str> = bash.iter().map(String::as_str).collect();
        start(&env, backend, "sh", &bash);
        prompted(&env);
        shows(&env, "sh", "waiting", "prompt");
        // That it marks its commands, too, is known after the first one.
        send(&env, "sh", "echo one'' two");
        ok(env.run(["wait", "sh", "--match", "^one two", "--timeout", "20s"]));
        prompted(&env);
        send(&env, "sh", "read word; (exit 3)");
        wait(&env, "sh", "working");
        let quiet = shows(&env, "sh", "working", "command");
        assert!(quiet["last_output"].is_u64(), "{quiet}");
        send(&env, "sh", "go on");
        prompted(&env);
        let done = shows(&env, "sh", "waiting", "prompt");
        assert_eq!(done["last_code"], 3, "{done}");
        // A bell at the prompt, as a completion rings it, changes nothing.
        send(&env, "sh", "printf '\\a'");
        wait(&env, "sh", "waiting");
        send(&env, "sh", "exit 5");
        let ended = wait(&env, "sh", "exited");
        assert!(ended.stdout.contains('5'), "{ended:?}");
        assert_eq!(activity(&env, "sh")["state"], "exited");
        let late = env.run(["wait", "sh", "--state", "waiting"]);
        assert_eq!(late.code, Some(1), "{late:?}");
        finish(&env, "sh");
        env.finish();
    }
}

/// proves A5
#[test]
fn a_program_that_rings_or_notifies_waits_until_it_is_answered() {
    // What is printed, what tells, and what is kept of the text.
    let calls = [
        ("\\007", "bell", None),
        ("\\033]9;need you\\007", "notification", Some("need you")),
        (
            "\\033]777;notify;Agent;may I?\\033\\134",
            "notification",
            Some("Agent: may I?"),
        ),
        ("\\033]99;i=1;done\\033\\134", "notification", Some("done")),
    ];
    for (backend, env) in places() {
        let mut script = "stty -echo; ".to_owned();
        for (call, ..) in &calls {
            script += &format!("read line; printf 'works\\n'; printf '{call}'; ");
        }
        script += "read line";
        start(&env, backend, "agent", &["sh", "-c", &script]);
        for (call, source, text) in calls {
            // Nobody is waited for before.
            send(&env, "agent", "");
            wait(&env, "agent", "waiting");
            let now = shows(&env, "agent", "waiting", source);
            if let Some(text) = text {
                assert_eq!(now["notification"], text, "{call}");
                let info = ok(env.run(["info", "agent"]));
                assert!(info.contains(text), "{info}");
            }
        }
        finish(&env, "agent");
        env.finish();
    }
}

/// proves A5
#[test]
fn an_agents_title_says_whether_it_works_or_waits() {
    for (backend, env) in places() {
        let script = "stty -echo; \
             for i in 1 2 3 4 5 6 7 8 9; do printf '\\033]0;⠂ fix\\007'; sleep 0.1; \
             printf '\\033]0;⠐ fix\\007'; sleep 0.1; done; \
             printf '\\033]2;✳ fix\\033\\134'; read line";
        start(&env, backend, "agent", &["sh", "-c", script]);
        wait(&env, "agent", "working");
        wait(&env, "agent", "waiting");
        let rests = shows(&env, "agent", "waiting", "title");
        assert_eq!(rests["title"], "✳ fix");
        finish(&env, "agent");
        env.finish();
    }
}

/// proves A5
#[test]
fn a_program_that_printed_falls_idle_and_one_that_did_not_is_unknown() {
    for (backend, env) in places() {
        start(
            &env,
            backend,
            "mute",
            &["sh", "-c", "stty -echo; read line"],
        );
        shows(&env, "mute", "unknown", "none");
        start(
            &env,
            backend,
            "talks",
            &["sh", "-c", "echo word; read line"],
        );
        let idle = wait(&env, "talks", "waiting,idle");
        assert_eq!(idle.stdout, "idle\n");
        let now = shows(&env, "talks", "idle", "silence");
        assert_eq!(now["since"], now["last_output"], "{now}");
        let early = env.run(["wait", "talks", "--state", "working", "--timeout", "50ms"]);
        assert_eq!(
            (early.code, &*early.stdout),
            (Some(124), "idle\n"),
            "{early:?}"
        );
        finish(&env, "mute");
        finish(&env, "talks");
        env.finish();
    }
}

/// proves A5, M4
#[test]
fn info_says_that_a_session_was_stopped() {
    let env = TestEnv::new();
    start(&env, "owner", "long", &["sleep", "1000"]);
    ok(env.run(["stop", "long"]));
    let info = ok(env.run(["info", "long"]));
    assert!(info.contains("it was stopped"), "{info}");
    let json: Value = serde_json::from_str(&ok(env.run(["info", "long", "--json"]))).unwrap();
    assert_eq!(json["session"]["status"]["cause"], "stopped", "{json}");
    ok(env.run(["delete", "long"]));
    env.finish();
}
