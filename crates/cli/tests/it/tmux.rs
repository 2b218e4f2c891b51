//! A machine with a private tmux server, from which tmux can be taken away.

use std::{fs, os::unix::fs::symlink, path::PathBuf};

use abide_testkit::{env::TestEnv, output::CommandOutput, screen::ScreenCommand};
use serde_json::Value;

/// Programs that sessions of these tests run; what else is on PATH is not there without tmux.
const PROGRAMS: [&str; 2] = ["sh", "sleep"];

/// Returns a place whose tmux server is its own, and where `auto` chooses; none without a tmux.
pub(crate) fn env_with_tmux() -> Option<TestEnv> {
    if !ScreenCommand::exists("tmux") {
        eprintln!("skipped: there is no tmux here");
        return None;
    }
    let mut env = TestEnv::new();
    env.set("ABIDE_BACKEND", "");
    configure(&env, "tmux", "");
    Some(env)
}

/// Writes a configuration with this program as tmux, and further lines.
pub(crate) fn configure(env: &TestEnv, program: &str, more: &str) {
    let socket = socket(env);
    let text = format!(
        "{more}\ntmux = ['{program}', '-S', '{}']\n",
        socket.display()
    );
    fs::write(env.config_file(), text).unwrap();
}

/// Runs tmux against the server of this place.
#[track_caller]
pub(crate) fn tmux(env: &TestEnv, args: &[&str]) -> String {
    let mut command = env.program("tmux");
    command.arg("-S").arg(socket(env)).args(args);
    ok(env.run_command(command, b""))
}

fn socket(env: &TestEnv) -> PathBuf {
    env.root().join("t").join("tmux")
}

/// Makes a PATH on which there is no tmux, and returns it.
pub(crate) fn path_without_tmux(env: &TestEnv) -> PathBuf {
    let dir = env.root().join("bin");
    fs::create_dir(&dir).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in PROGRAMS {
        let found = std::env::split_paths(&path)
            .map(|dir| dir.join(program))
            .find(|candidate| candidate.exists());
        symlink(found.unwrap(), dir.join(program)).unwrap();
    }
    dir
}

/// Makes a shell that says each line again, and waits until it does.
pub(crate) fn talker(env: &TestEnv, name: &str, options: &[&str]) {
    let script = "echo here; while read word; do test $word = end && exit 7; echo got $word; done";
    let mut words = vec!["new", name, "--no-attach"];
    words.extend(options);
    words.extend(["--", "sh", "-c", script]);
    ok(env.run(words));
    ok(env.run(["wait", name, "--match", "here", "--timeout", "20s"]));
}

/// Types a word to a talker, and waits until it says it again.
#[track_caller]
pub(crate) fn answers(env: &TestEnv, name: &str, word: &str) {
    ok(env.run(["send", name, word, "--enter"]));
    let answer = format!("got {word}");
    ok(env.run(["wait", name, "--match", &answer, "--timeout", "20s"]));
}

/// Returns what `info` knows of a session.
#[track_caller]
pub(crate) fn session(env: &TestEnv, name: &str) -> Value {
    let printed = ok(env.run(["info", name, "--json"]));
    let mut info: Value = serde_json::from_str(&printed).unwrap();
    info["session"].take()
}

#[track_caller]
pub(crate) fn ok(output: CommandOutput) -> String {
    assert!(output.success(), "{output:?}");
    output.stdout
}

#[track_caller]
pub(crate) fn fails(output: &CommandOutput, code: i32, text: &str) {
    assert_eq!(output.code, Some(code), "{output:?}");
    assert!(output.stderr.contains(text), "no `{text}` in {output:?}");
}
