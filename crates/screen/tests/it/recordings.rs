//! Real programs, recorded on the spot, come back exactly from a snapshot at any byte.
//!
//! Cuts are around every escape character and within every character; `cargo xtask fidelity` tries
//! every byte, and asks xterm.js as well.

use abide_testkit::recordings;

use crate::judge;

/// Records a program and fails unless a snapshot restores it wherever it is cut.
#[track_caller]
fn exact(name: &str) {
    let script = recordings::script(name);
    if let Some(program) = script.missing() {
        eprintln!("skipped: `{program}` is not installed");
        return;
    }
    let recording = script.record();
    let chosen = |at: usize| judge::is_telling(&recording.output, at);
    let score = judge::judge(recording.size, &recording.output, chosen);
    assert_eq!(score.misses.first(), None, "{name}");
    assert_eq!((score.at_once, score.later), (score.cuts, score.cuts));
    assert!(100 < score.cuts, "{name} printed next to nothing");
}

/// proves O11
#[test]
fn a_shell_with_a_coloured_prompt_comes_back() {
    exact("bash");
}

/// proves O11
#[test]
fn a_build_log_comes_back() {
    exact("build log");
}

/// proves O11
#[test]
fn wide_and_joined_characters_come_back() {
    exact("CJK and emoji");
}

/// proves O11
#[test]
fn what_a_program_left_that_died_in_the_alternate_screen_comes_back() {
    exact("crash");
}

/// proves O11
#[test]
fn an_inline_interface_comes_back() {
    exact("inline interface");
}

/// proves O11
#[test]
fn tmux_comes_back() {
    exact("tmux");
}

/// proves O11
#[test]
fn vim_comes_back() {
    exact("vim");
}

/// proves O11
#[test]
fn vim_with_its_mouse_comes_back() {
    exact("vim with mouse");
}

/// proves O11
#[test]
fn less_comes_back() {
    exact("less");
}

/// proves O11
#[test]
fn nano_comes_back() {
    exact("nano");
}

/// proves O11
#[test]
fn top_comes_back() {
    exact("top");
}

/// proves O11
#[test]
fn htop_comes_back() {
    exact("htop");
}

/// proves O11
#[test]
fn dialog_comes_back() {
    exact("dialog");
}
