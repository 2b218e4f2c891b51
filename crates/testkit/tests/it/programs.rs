//! The child programs do on a real terminal what the fake backend imitates.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(unix)]
mod unix;

use abide_core::size::TermSize;
use abide_testkit::{
    programs,
    screen::{Screen, ScreenCommand},
};

fn start(program: &str, args: &[&str]) -> Screen {
    let command = ScreenCommand::new(programs::path(program)).args(args);
    Screen::spawn(&command, TermSize::DEFAULT)
}

#[test]
fn echo_answers_each_line_and_ends_as_told() {
    let screen = start("testkit-echo", &[]);
    screen.wait_for_text("ready");
    screen.type_text("hello\r");
    screen.wait_for_text("got hello");
    screen.type_text("exit 7\r");
    assert_eq!(screen.wait_exit(), 7);
}

#[test]
fn flood_prints_every_line_once_it_is_told_to() {
    let screen = start("testkit-flood", &["500", "--stay"]);
    screen.wait_for_text("ready");
    screen.type_text("\r");
    screen.wait_for_text("flood done");
    screen.type_text("\r");
    assert_eq!(screen.wait_exit(), 0);
    let lines: Vec<String> = (1..=500).map(|n| format!("flood {n:08}\r\n")).collect();
    let output = String::from_utf8_lossy(&screen.output()).into_owned();
    assert!(output.contains(&lines.concat()));
}

#[test]
fn count_goes_on_by_itself() {
    let screen = start("testkit-count", &[]);
    screen.wait_for_text(&format!("{:014}", 100));
    screen.kill9();
}

#[test]
fn altscreen_paints_and_leaves_at_a_key() {
    let screen = start("testkit-altscreen", &[]);
    screen.wait_for_text("alternate");
    screen.type_text("k");
    screen.wait_for_text("after");
    assert_eq!(screen.wait_exit(), 0);
    assert!(!screen.text().contains("alternate"), "{}", screen.text());
}

#[test]
fn exit_says_its_words_and_ends_at_once() {
    let screen = start("testkit-exit", &["the words", "42"]);
    assert_eq!(screen.wait_exit(), 42);
    screen.wait_for_text("the words");
}
