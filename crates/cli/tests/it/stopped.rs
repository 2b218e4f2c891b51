//! A viewer that is stopped in a shell by a signal that it does not hear of.

use abide_core::clock::{Clock as _, SystemClock};
use abide_testkit::{
    env::TestEnv,
    screen::{Screen, ScreenCommand},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    attaching::{delete, either_way, job},
    terminal::size,
};

/// How often it is stopped.
const ROUNDS: usize = 20;

/// Returns the process that has control.
fn controller(env: &TestEnv) -> Option<Pid> {
    let info = env.run(["info", "job"]).stdout;
    let (_, rest) = info.split_once("abide attach (pid ")?;
    let pid = rest.split([' ', ')']).next()?;
    Pid::from_raw(pid.parse().ok()?)
}

fn shell(env: &TestEnv) -> Screen {
    let command = ScreenCommand::new("bash")
        .args(["--norc", "--noprofile", "-i"])
        .envs(env.environment())
        .env("TERM", "xterm-256color")
        .env("PS1", "shell> ")
        .cwd(env.work_dir());
    let screen = Screen::spawn(&command, size(100, 24));
    screen.wait_for_text("shell>");
    screen
}

/// proves O9, C4
#[test]
fn what_is_typed_into_the_shell_in_front_of_a_stopped_viewer_is_the_shells_to_the_last_key() {
    either_way(stop);
}

fn stop(env: &TestEnv) {
    job(
        env,
        "stty -echo; echo here; while read x; do echo got $x; done",
    );
    let screen = shell(env);
    let abide = abide_testkit::programs::abide();
    screen.type_text(&format!("{} attach job\r", abide.display()));
    screen.wait_for_text("here");
    let begin = SystemClock.now();
    for round in 0..ROUNDS {
        let viewer = controller(env)
            .unwrap_or_else(|| panic!("it is not attached in round {round}: {screen:?}"));
        kill_process(viewer, Signal::STOP).unwrap();
        screen.wait_until("the shell is in front", |view| {
            let last = view.rows.iter().rev().map(|row| row.text());
            let mut last = last.skip_while(|text| text.trim().is_empty());
            last.next()
                .is_some_and(|text| text.trim_end().ends_with("shell>"))
        });
        // One by one, as a person types: the first is the one that could go astray.
        for key in format!("echo in the $((40+2)) shell {round}\r").chars() {
            screen.type_text(&key.to_string());
        }
        screen.wait_for_text(&format!("in the 42 shell {round}"));
        screen.type_text("clear; fg\r");
        screen.type_text(&format!("again {round}\r"));
        screen.wait_for_text(&format!("got again {round}"));
    }
    let took = SystemClock.now().since(begin);
    let shown = env.run(["capture", "job", "--history", "1000"]).stdout;
    assert!(
        !shown.contains("shell"),
        "after {took:?} the session has:\n{shown}"
    );
    drop(screen);
    delete(env);
}
