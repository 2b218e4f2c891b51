//! The screen in front of real programs.

use std::{panic, time::Duration};

use abide_core::size::TermSize;
use rustix::process::{Pid, test_kill_process};

use super::super::super::{Screen, ScreenCommand, TermMode, default_foreground};

fn shell(script: &str) -> Screen {
    let command = ScreenCommand::new("sh").args(["-c", script]);
    Screen::spawn(&command, TermSize::DEFAULT)
}

#[test]
fn a_program_starts_on_a_terminal_of_the_size_asked_for_with_nothing_it_was_not_given() {
    let command = ScreenCommand::new("sh")
        .args(["-c", "stty size; pwd; env | sort; tty -s && echo terminal"])
        .env("GIVEN", "yes")
        .cwd("/");
    let screen = Screen::spawn(&command, TermSize::clamped(30, 100));
    assert_eq!(screen.wait_exit(), 0);
    let text = screen.text();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(&lines[..2], ["30 100", "/"], "{text}");
    assert!(lines.contains(&"GIVEN=yes") && lines.contains(&"terminal"));
    let known = [
        "GIVEN=", "PATH=", "PWD=", "TERM=", "OLDPWD=", "SHLVL=", "SHELL=", "_=",
    ];
    let strange: Vec<_> = lines[2..]
        .iter()
        .filter(|line| line.contains('=') && !known.iter().any(|name| line.starts_with(name)))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn what_is_typed_reaches_the_program_and_its_answer_the_screen() {
    let screen = Screen::spawn(&ScreenCommand::new("cat"), TermSize::DEFAULT);
    screen.type_text("hello\r");
    screen.wait_until("cat has answered", |view| {
        view.rows[0].text() == "hello" && view.rows[1].text() == "hello"
    });
    screen.type_bytes(b"\x04");
    assert_eq!(screen.wait_exit(), 0);
    assert_eq!(screen.output(), b"hello\r\nhello\r\n");
}

#[test]
fn input_larger_than_the_terminal_takes_neither_blocks_the_test_nor_loses_a_byte() {
    let script =
        "stty raw -echo; echo ready; head -c 300000 | cksum; head -c 300000 /dev/zero | cksum";
    let screen = shell(script);
    screen.wait_for_text("ready");
    screen.type_bytes(&vec![0; 300_000]);
    assert_eq!(screen.wait_exit(), 0);
    let sums: Vec<String> = screen
        .text()
        .lines()
        .skip(1)
        .map(str::trim)
        .map(Into::into)
        .collect();
    assert_eq!(sums[0], sums[1], "{}", screen.text());
}

#[test]
fn queries_of_the_program_are_answered() {
    let screen = shell("stty raw -echo; printf '\\033[6n'; head -c 6 | od -An -c");
    screen.wait_for_text("[   1   ;   1   R");
}

#[test]
fn exit_codes_and_signals_are_reported_as_a_shell_does() {
    assert_eq!(shell("exit 7").wait_exit(), 7);
    assert_eq!(shell("kill -TERM $$").wait_exit(), 128 + 15);
    let screen = shell("echo up; exec sleep 1000");
    screen.wait_for_text("up");
    screen.kill9();
    assert_eq!(screen.wait_exit(), 128 + 9);
    screen.kill9();
}

#[test]
fn a_new_size_reaches_the_program() {
    let screen =
        shell("trap 'stty size; exit' WINCH; echo up; while :; do sleep 1000 & wait; done");
    screen.wait_for_text("up");
    screen.resize(TermSize::clamped(40, 90));
    screen.wait_for_text("40 90");
    assert_eq!(screen.view().size, TermSize::clamped(40, 90));
}

#[test]
fn a_closed_window_hangs_the_program_up() {
    // Without a program of its own to wait for: one that is just being started can miss the signal.
    let screen = shell("trap 'echo gone; exit 3' HUP; echo up; while :; do read -r line; done");
    screen.wait_for_text("up");
    screen.hang_up();
    assert_eq!(screen.wait_exit(), 3);
}

#[test]
fn a_wait_in_vain_shows_the_screen() {
    let screen = shell("echo only this; exec cat").with_deadline(Duration::from_millis(300));
    screen.wait_for_text("only this");
    let failed = panic::catch_unwind(panic::AssertUnwindSafe(|| screen.wait_for_text("that")));
    let message = *failed.unwrap_err().downcast::<String>().unwrap();
    for part in [
        "the screen shows `that`",
        "|only this ",
        "cursor at row 1",
        " runs",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn dropping_it_leaves_no_process() {
    let screen = shell("trap '' HUP TERM INT; sleep 1000 & echo up; wait");
    screen.wait_for_text("up");
    let pid = Pid::from_raw(screen.pid().cast_signed()).unwrap();
    drop(screen);
    assert!(test_kill_process(pid).is_err());
}

#[test]
fn lines_scrolled_off_are_kept() {
    let screen = shell("i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done");
    assert_eq!(screen.wait_exit(), 0);
    let lines = screen.scrollback();
    assert_eq!(lines.len(), 100 - 23);
    assert_eq!(lines.last().map(String::as_str), Some("line 76"));
}

#[test]
fn a_full_screen_editor_is_seen_with_its_colors_and_gives_the_screen_back() {
    if !ScreenCommand::exists("vim") {
        eprintln!("left out: there is no vim here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("a.c"),
        "/* why */\nint main(void) { return 0; }\n",
    )
    .unwrap();
    let command = ScreenCommand::new("sh")
        .args([
            "-c",
            "echo before; exec vim -u NONE -i NONE -n --cmd 'set nocp' -c 'syntax on' a.c",
        ])
        .env("HOME", dir.path())
        .cwd(dir.path());
    let screen = Screen::spawn(&command, TermSize::DEFAULT);
    screen.wait_until("vim shows the file in colour", |view| {
        let colors = view.fg_colors_in_row(1);
        view.modes.contains(TermMode::ALT_SCREEN) && 1 < colors.len()
    });
    assert_ne!(screen.view().fg_colors_in_row(0), [default_foreground()]);
    screen.type_text(":q!\r");
    assert_eq!(screen.wait_exit(), 0);
    let view = screen.view();
    assert!(!view.modes.contains(TermMode::ALT_SCREEN));
    assert!(view.text().contains("before"), "{}", view.framed());
}
