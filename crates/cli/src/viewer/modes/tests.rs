//! The tracker against cases by hand, and against a terminal emulator over random streams.

use abide_core::size::TermSize;
use abide_testkit::screen::{ScreenView, Terminal};
use proptest::prelude::*;

use super::*;

fn undoing(output: &[u8]) -> String {
    let mut tracker = ModeTracker::default();
    tracker.note(output);
    let undo = tracker.leave();
    let end = b"\x1b[9999;1H";
    let undo = undo.strip_suffix(end).unwrap_or(&undo);
    undo.escape_ascii().to_string().replace("\\x1b", "^")
}

/// proves C3
#[test]
fn what_was_changed_is_undone_and_nothing_else() {
    let cases: [(&[u8], &str); 22] = [
        (b"plain text\r\n", ""),
        (b"\x1b[?1049h", "^[?1049l"),
        (b"\x1b[?1049h\x1b[?1049l", ""),
        (b"\x1b[?25l", "^[?25h"),
        (b"\x1b[?25l\x1b[?25h", ""),
        (b"\x1b[?1000;1006;2004h", "^[?1000l^[?1006l^[?2004l"),
        (b"\x1b[?2026hhalf a frame", "^[?2026l"),
        (b"\x1b=", "^>"),
        (b"\x1b=\x1b>", ""),
        (b"\x1b[>1u\x1b[>3u\x1b[<u", "^[<1u"),
        (b"\x1b[>1u\x1b[?1049h\x1b[>3u\x1b[>3u", "^[<2u^[?1049l^[<1u"),
        (b"\x1b[=5u", "^[=0u"),
        (b"\x1b[>4;2m", "^[>4m"),
        (b"\x1b[>4;2m\x1b[>4;0m", ""),
        (b"\x1b[2;5r\x1b[4h", "^[4l^[r"),
        (b"\x1b[6 q", "^[0 q"),
        (b"\x1b]4;1;red;7;#fff\x07", "^]104;1;7^\\\\"),
        (b"\x1b]4;1;?\x07\x1b]11;?\x07", ""),
        (b"\x1b]10;red;blue\x1b\\", "^]110^\\\\^]111^\\\\"),
        (b"\x1b]8;;there\x07", "^]8;;^\\\\"),
        (b"\x1b]9;4;1;50\x07", "^]9;4;0^\\\\"),
        (b"\x1b[?1049h\x1b[?25l\x1b[31m\x1bc", ""),
    ];
    for (output, undo) in cases {
        assert_eq!(undoing(output), undo, "{}", output.escape_ascii());
    }
}

/// proves C3
#[test]
fn after_lag_the_title_is_the_snapshots_or_ours_and_the_stack_does_not_grow() {
    let mut tracker = ModeTracker::default();
    let mut terminal = Terminal::new(TermSize::DEFAULT);
    terminal.feed(b"\x1b]2;mine\x07");
    terminal.feed(tracker.enter());
    let title = |terminal: &Terminal| terminal.page().title;
    let pushed = b"\x1b[22;2t\x1b]2;theirs\x07\x1b]2;cut";
    tracker.note(pushed);
    terminal.feed(pushed);
    for _ in 0..100 {
        let dropped = tracker.drop_titles();
        assert!(dropped.starts_with(b"\x18"), "{}", dropped.escape_ascii());
        terminal.feed(&dropped);
        assert_eq!(title(&terminal).as_deref(), Some("mine"));
        // A snapshot with one title aside, and part of what comes then.
        let snapshot = b"\x18\x1b\\\x1b[22;2t\x1b]2;theirs\x07\x1b]2;cut";
        tracker.note(snapshot);
        terminal.feed(snapshot);
    }
    let left = tracker.leave();
    let pops = left.windows(7).filter(|part| part == b"\x1b[23;0t").count();
    assert_eq!(pops, 2, "{}", left.escape_ascii());
    terminal.feed(&left);
    assert_eq!(title(&terminal).as_deref(), Some("mine"));
}

/// A loan's end is told with the page, and what is on it.
///
/// proves C3
#[test]
fn progress_is_taken_back_if_the_page_has_it_or_nobody_knows() {
    let mut tracker = ModeTracker::default();
    tracker.assume_all();
    assert!(
        tracker
            .leave()
            .ends_with(b"\x1b]9;4;0\x1b\\\x1b[23;0t\x1b[9999;1H")
    );
    let mut tracker = ModeTracker::default();
    for (page, is_undone) in [("\x1b]9;4;1;50\x07", true), ("\x1b]9;4;0;0\x07", false)] {
        tracker.assume_all();
        tracker.become_what_follows(page.as_bytes());
        let left = String::from_utf8(tracker.leave()).unwrap();
        assert_eq!(left.contains("]9;4;0"), is_undone, "{left:?}");
    }
}

#[test]
fn a_half_sequence_is_cancelled_before_anything_else() {
    assert_eq!(undoing(b"\x1b[?25l\x1b]2;tit"), "\\x18^\\\\^[?25h");
    assert_eq!(undoing(b"\x1b[?10"), "\\x18");
}

#[test]
fn a_bell_may_ring_only_between_characters_and_sequences() {
    let cases: [(&str, bool); 5] = [
        ("", true),
        ("text\x1b[m", true),
        ("\x1b[3", false),
        ("\x1b]2;title", false),
        ("é", false),
    ];
    for (output, at_rest) in cases {
        let mut tracker = ModeTracker::default();
        tracker.note(output.as_bytes());
        assert_eq!(tracker.at_rest(), at_rest, "{}", output.escape_debug());
    }
}

#[test]
fn modes_that_would_do_harm_when_reset_are_left_alone() {
    assert_eq!(undoing(b"\x1b[?2;3;40;1048;1034h"), "");
}

#[test]
fn titles_that_the_session_pushed_are_popped_before_ours() {
    let pops = |output: &[u8]| {
        let mut tracker = ModeTracker::default();
        tracker.enter();
        tracker.note(output);
        let undo = tracker.leave();
        undo.windows(7)
            .filter(|bytes| bytes == b"\x1b[23;0t")
            .count()
    };
    assert_eq!(pops(b""), 1);
    assert_eq!(pops(b"\x1b[22;0t\x1b[22;2t\x1b[23t"), 2);
    // Ours is gone then; the next belongs to somebody else.
    assert_eq!(pops(b"\x1b[23;0t\x1b[23;0t"), 0);
}

#[test]
fn a_viewer_that_goes_on_after_a_stop_turns_on_what_was_on() {
    let mut tracker = ModeTracker::default();
    tracker.note(b"\x1b[>1u\x1b[?1049;2004h\x1b[>7u\x1b[?25l\x1b[>4;1m\x1b[5 q\x1b=");
    let again = tracker.again();
    let mut second = ModeTracker::default();
    second.note(&again);
    assert_eq!(second.leave(), tracker.leave());
}

/// One piece of output that changes something, or shows something, or breaks off.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    // Not 47 and 1047: the emulator does not know these ways to the other screen.
    let modes = [
        1, 6, 7, 9, 12, 25, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1016, 1049, 2004, 2026,
        2031,
    ];
    let mode = prop::sample::select(modes.to_vec());
    let fixed: Vec<&[u8]> = vec![
        b"\x1b=",
        b"\x1b>",
        b"\x1b[4h",
        b"\x1b[4l",
        b"\x1b[20h",
        b"\x1b[31;1m",
        b"\x1b[m",
        b"\x1b(0",
        b"\x1b(B",
        b"\x1b)0",
        b"\x0e",
        b"\x0f",
        b"\x1b7",
        b"\x1b8",
        b"\x1b[2;6r",
        b"\x1b[r",
        b"\x1b[3g",
        b"\x1bH",
        b"\x1b[>4;2m",
        b"\x1b[>4m",
        b"\x1b[4 q",
        b"\x1b[0 q",
        b"\x1b]4;3;#102030\x07",
        b"\x1b]10;#010203\x1b\\",
        b"\x1b]104\x07",
        b"\x1b]112\x07",
        b"\x1b]12;#040506\x07",
        b"\x1b]2;title\x07",
        b"\x1b[22;0t",
        b"\x1b[23;0t",
        b"\x1b]8;;link\x07",
        b"\x1b]8;;\x07",
        b"\x1bc",
        b"\x1b]2;broken",
        b"\x1b[?25",
        b"\x1bPbroken",
        b"\x1b[<9u",
        b"\r\n",
        b"text\r\n",
        b"\t\x08\x1b[3;7H",
    ];
    prop_oneof![
        4 => (mode, any::<bool>()).prop_map(|(mode, on)| {
            format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).into_bytes()
        }),
        1 => (0..32u8).prop_map(|flags| format!("\x1b[>{flags}u").into_bytes()),
        1 => (0..32u8).prop_map(|flags| format!("\x1b[={flags}u").into_bytes()),
        6 => prop::sample::select(fixed).prop_map(<[u8]>::to_vec),
    ]
}

/// Shows what cannot be looked at: charsets, margins, tab stops, wrapping, the other screen's
/// keyboard, and the pen.
const PROBE: &[u8] = b"\x1b[H\x1b[2J\x1b[3Jqqq\tx\ty\r\nlines\x1b[20;1H\n\n\n\n\n\n\n\nend\
    \x1b[5;78Hwrapped\x1b[H";
const PROBE_OTHER: &[u8] = b"\x1b[?1049h\x1b[H\x1b[2Jqqq\x1b[20;1H\n\n\n\n\n\n\nend";

fn probed(terminal: &mut Terminal) -> [ScreenView; 3] {
    let before = terminal.page();
    terminal.feed(PROBE);
    let primary = terminal.page();
    terminal.feed(PROBE_OTHER);
    [before, primary, terminal.page()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// proves C3
    #[test]
    fn after_leaving_a_terminal_is_as_if_nobody_had_attached(
        pieces in prop::collection::vec(piece(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let output = pieces.concat();
        let mut terminal = Terminal::new(TermSize::DEFAULT);
        terminal.feed(b"\x1b]2;mine\x07");
        let mut tracker = ModeTracker::default();
        terminal.feed(tracker.enter());
        let (head, tail) = output.split_at(cut.index(output.len() + 1));
        for part in [head, tail] {
            tracker.note(part);
            terminal.feed(part);
        }
        terminal.feed(&tracker.leave());
        // As everybody who leaves goes on.
        terminal.feed(b"\r\n\x1b[J");

        let mut fresh = Terminal::new(TermSize::DEFAULT);
        fresh.feed(b"\x1b]2;mine\x07");
        let cursor = terminal.page().cursor;
        prop_assert_eq!((cursor.col, cursor.wraps_next), (0, false));
        // A reset and a pop of what it did not push take our title from the stack.
        let lost: [&[u8]; 2] = [b"\x1bc", b"\x1b[23;0t"];
        if pieces.iter().any(|piece| lost.contains(&piece.as_slice())) {
            terminal.feed(b"\x1b]2;mine\x07");
        }
        let [left, left_primary, left_other] = probed(&mut terminal);
        let [mine, primary, other] = probed(&mut fresh);
        prop_assert_eq!(left.modes, mine.modes);
        prop_assert_eq!(left.pen, mine.pen);
        prop_assert_eq!(left.palette, mine.palette);
        prop_assert_eq!((left.cursor.shape, left.cursor.blinks), (mine.cursor.shape, mine.cursor.blinks));
        prop_assert_eq!(left_primary.diff(&primary), None);
        prop_assert_eq!(left_other.diff(&other), None);
    }
}
