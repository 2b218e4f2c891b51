//! A person's terminal takes nothing for a while: its window hangs, or the link to it does.

use std::time::Duration;

use abide_core::clock::{Clock as _, SystemClock};
use abide_testkit::{
    env::TestEnv,
    screen::{Screen, ScreenCommand},
};

use crate::{
    attaching::{delete, either_way, job},
    terminal::{abide, size},
};

/// Longest wait for anything but that.
const DEADLINE: Duration = Duration::from_secs(20);

/// Longer than anything waits for a terminal that takes nothing.
const LONG: Duration = Duration::from_secs(3);

/// Waits until something is so.
fn until(what: &str, reached: impl Fn() -> bool) {
    let begin = SystemClock.now();
    while !reached() {
        let waited = SystemClock.now().since(begin);
        assert!(waited < DEADLINE, "{what} did not come about");
        std::thread::yield_now();
    }
}

fn until_attached(env: &TestEnv) {
    until("control", || {
        env.run(["info", "job"]).stdout.contains("controlled")
    });
}

/// Tells whether the program has taken its terminal's keys as they are.
fn is_raw(screen: &Screen) -> bool {
    let terminal = std::fs::read_link(format!("/proc/{}/fd/0", screen.pid()));
    let mut stty = std::process::Command::new("stty");
    let asked = stty.arg("-F").arg(terminal.unwrap()).arg("-a").output();
    String::from_utf8_lossy(&asked.unwrap().stdout).contains("-icanon")
}

/// Runs `abide` with these words on a terminal that is full already, of what shows nothing, and looks
/// away.
fn on_a_full_terminal(env: &TestEnv, words: &str) -> Screen {
    let abide = abide_testkit::programs::abide();
    let script = format!(
        "echo ready; read go; head -c 1000000 /dev/zero & exec {} {words}",
        abide.display()
    );
    let command = ScreenCommand::new("sh")
        .args(["-c", &script])
        .envs(env.environment())
        .env("TERM", "xterm-256color")
        .cwd(env.work_dir());
    let screen = Screen::spawn(&command, size(80, 24));
    screen.wait_for_text("ready");
    screen.look_away();
    screen.type_text("go\r");
    screen
}

/// proves C3, O12
#[test]
fn a_terminal_that_takes_nothing_for_seconds_is_attached_to_once_it_does() {
    either_way(attach_blocked);
}

fn attach_blocked(env: &TestEnv) {
    job(env, "echo here; while read x; do echo got $x; done");
    let screen = on_a_full_terminal(env, "attach job");
    assert!(screen.runs_for(LONG), "the viewer gave up: {screen:?}");
    screen.look_again();
    screen.wait_for_text("here");
    screen.type_text("word\r");
    screen.wait_for_text("got word");
    screen.type_bytes(b"\x1c");
    assert_eq!(screen.wait_exit(), 0);
    screen.wait_for_text("[detached from job]");
    delete(env);
}

/// proves C3, C4
#[test]
fn the_detach_keys_are_heard_while_the_terminal_has_taken_nothing_yet() {
    either_way(|env| {
        job(env, "echo here; exec cat");
        let screen = on_a_full_terminal(env, "attach job");
        // Before the terminal is raw its own line discipline would take the key.
        until("the terminal is raw", || is_raw(&screen));
        assert!(screen.runs_for(LONG), "the viewer gave up: {screen:?}");
        screen.type_bytes(b"\x1c");
        assert!(!screen.runs_for(DEADLINE), "it hangs: {screen:?}");
        screen.look_again();
        screen.wait_exit();
        let info = env.run(["info", "job"]);
        assert!(info.stdout.contains("running"), "{info:?}");
        delete(env);
    });
}

/// proves O12, O14, C3
#[test]
fn a_terminal_that_is_blocked_when_the_session_ends_shows_the_last_screen_and_the_end() {
    either_way(end_blocked);
}

fn end_blocked(env: &TestEnv) {
    job(env, "read go; seq 100000; echo the last line; exit 7");
    let screen = abide(env, ["attach", "job", "--exit-code"], size(80, 24));
    until_attached(env);
    screen.look_away();
    screen.type_text("go\r");
    let waited = env.run(["wait", "job", "--exit", "--timeout", "20s"]);
    assert!(waited.success(), "{waited:?}");
    // The owner has waited for its clients and is gone.
    assert!(screen.runs_for(LONG), "the viewer gave up: {screen:?}");
    screen.look_again();
    assert_eq!(screen.wait_exit(), 7, "{screen:?}");
    screen.wait_for_text("the last line");
    screen.wait_for_text("[job: exited with code 7]");
    delete(env);
}
