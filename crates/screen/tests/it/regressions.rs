//! One test for each thing that a snapshot is easily wrong about.

use abide_core::size::TermSize;
use abide_screen::{History, ScreenModel, Scrollback, SnapshotOptions};

use crate::cuts::{check_snapshot, fed, limits};
use crate::judge::ALL;

fn size() -> TermSize {
    TermSize::clamped(4, 10)
}

/// Fails unless a snapshot after `before` restores everything, now and after `after`; returns the
/// page of a fresh model that saw the snapshot and `after`.
#[track_caller]
fn restored(before: &str, after: &str) -> Vec<String> {
    let model = fed(size(), before.as_bytes());
    if let Err(failure) = check_snapshot(model, after.as_bytes()) {
        panic!("{failure}");
    }
    let snapshot = fed(size(), before.as_bytes()).snapshot(ALL);
    let mut fresh = fed(size(), &snapshot);
    fresh.feed(after.as_bytes());
    fresh.text(usize::MAX)
}

/// Likewise for every cut of `output`.
#[track_caller]
fn restored_at_every_byte(output: &[u8]) {
    for cut in 0..=output.len() {
        let (before, after) = output.split_at(cut);
        if let Err(failure) = check_snapshot(fed(size(), before), after) {
            panic!("cut at {cut}: {failure}");
        }
    }
}

/// proves O11
#[test]
fn a_pending_wrap_is_still_pending() {
    assert_eq!(restored("0123456789", "x")[1], "x");
    assert_eq!(restored("01234567中", "x")[1], "x");
    assert_eq!(restored("0123456789", "\rx")[0], "x123456789");
}

/// proves O11
#[test]
fn a_saved_pending_wrap_is_still_pending_though_its_row_went_on() {
    let rows = restored("0123456789\x1b7abc", "\x1b8x");
    assert_eq!(rows[..2], ["0123456789", "xbc"]);
    restored("012345678中\x1b[1;10Hx\x1b7\x1b[1;10H中", "\x1b8x");
}

/// proves O11
#[test]
fn soft_wraps_flow_back_when_the_terminal_grows_wider() {
    let before = "first\r\na line that wraps, \x1b[44mand goes on\x1b[m\r\nlast";
    let mut fresh = fed(size(), &fed(size(), before.as_bytes()).snapshot(ALL));
    let mut model = fed(size(), before.as_bytes());
    for model in [&mut fresh, &mut model] {
        model.resize(TermSize::clamped(4, 40));
    }
    assert_eq!(fresh.first_difference(&mut model), None);
    assert_eq!(fresh.text(9)[1], "a line that wraps, and goes on");
}

/// proves O11
#[test]
fn a_wide_character_at_the_edge_leaves_the_same_gap() {
    restored_at_every_byte("123456789中\r\n\x1b[41m123456789中\x1b[m\r\n中中中中中中".as_bytes());
}

/// proves O11
#[test]
fn leaving_the_alternate_screen_outside_of_it_restores_the_cursor() {
    assert_eq!(restored("\x1b[2;3H\x1b7\x1b[H", "\x1b[?1049lx")[1], "  x");
    assert_eq!(
        restored("\x1b[2;3H\x1b[?1049h\x1b[Hfull", "\x1b[?1049lx")[1],
        "  x"
    );
}

/// proves O11
#[test]
fn the_older_modes_of_the_alternate_screen_switch_too() {
    for mode in [47, 1047] {
        let output = format!("main\x1b[?{mode}hfull");
        assert_eq!(restored(&output, "")[0], "    full");
        assert_eq!(
            restored(&output, &format!("\x1b[?{mode}lx"))[0],
            "main    x"
        );
    }
}

/// proves O11
#[test]
fn both_screens_keep_their_cells_and_the_primary_its_scrollback() {
    let before = "1\r\n2\r\n3\r\n4\r\n5\r\n\x1b[31m6\x1b[?1049h\x1b[2;2H\x1b[44mfull";
    assert_eq!(
        restored(before, "\x1b[?1049l!"),
        ["1", "2", "3", "4", "5", "6!"]
    );
}

/// proves O11
#[test]
fn tab_stops_are_where_they_were_put() {
    assert_eq!(restored("\x1b[3g\x1b[4G\x1bH\r", "\tx\ty")[0], "   x     y");
    assert_eq!(restored("\x1b[3g\r", "\tx")[0], "         x");
}

/// proves O11
#[test]
fn charsets_are_in_place_and_the_same_one_in_use() {
    assert_eq!(restored("\x1b(0", "q")[0], "─");
    assert_eq!(restored("\x1b)0\x0e", "q\x0fq")[0], "─q");
    assert_eq!(restored("\x1b(0\x1b7\x1b(B", "q\x1b8q")[0], "─");
    assert_eq!(
        restored("\x1b(0q\x1b[?1049h\x1b(B", "q\x1b[?1049lq")[0],
        "──"
    );
}

/// proves O11
#[test]
fn keyboard_flags_are_stacked_as_before_on_each_screen() {
    let answer = |before: &str, after: &str| {
        restored(before, after);
        let mut fresh = fed(size(), &fed(size(), before.as_bytes()).snapshot(ALL));
        fresh.feed(after.as_bytes());
        String::from_utf8(fresh.catch_up()).unwrap()
    };
    let stacked = "\x1b[=1u\x1b[>3u\x1b[>5u";
    assert_eq!(
        answer(stacked, "\x1b[?u\x1b[<u\x1b[?u\x1b[<u\x1b[?u"),
        "\x1b[?5u\x1b[?3u\x1b[?1u"
    );
    let both = "\x1b[>3u\x1b[?1049h\x1b[>9u";
    assert_eq!(
        answer(both, "\x1b[?u\x1b[?1049l\x1b[?u"),
        "\x1b[?9u\x1b[?3u"
    );
    assert_eq!(
        answer("\x1b[?1049h\x1b[>9u\x1b[?1049l", "\x1b[?1049h\x1b[?u"),
        "\x1b[?9u"
    );
}

/// proves O11
#[test]
fn a_cut_within_a_character_or_a_sequence_changes_nothing() {
    restored_at_every_byte("é中🙂e\u{301}".as_bytes());
    restored_at_every_byte(b"\x1b]2;a title; in parts\x07\x1b]2;more\x1b\\x");
    restored_at_every_byte(b"\x1b[1;31mred\x1b[38;2;1;2;3;4:3mtrue\x1b[m");
    restored_at_every_byte(b"\x1b[1\n;3\r1mC0 within CSI");
    restored_at_every_byte(b"\x1bP1$r0m\x1b\\x\x1b_Gi=1;AA\x1b\\y\x1b(0q");
    restored_at_every_byte(b"\xc3\xa9A\xc3\xa9 \xe2\x94 \xe2\xe2\x94\xc3(\xff");
}

/// proves O11
#[test]
fn a_synchronized_update_is_painted_as_far_as_it_came_and_left_open() {
    let before = "\x1b[?2026h\x1b[2;2Hhalf";
    assert_eq!(restored(before, "")[1], " half");
    let snapshot = String::from_utf8(fed(size(), before.as_bytes()).snapshot(ALL)).unwrap();
    assert!(
        snapshot.rfind("\x1b[?2026l") < snapshot.rfind("\x1b[?2026h"),
        "{snapshot:?}"
    );
    restored_at_every_byte(b"\x1b[?2026ha\x1b[?2026lb");
}

/// proves O11
#[test]
fn scroll_region_and_origin_mode_are_restored_with_the_cursor_inside() {
    assert_eq!(
        restored("1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H", "\nx")[..3],
        ["1", "3", "x"]
    );
    assert_eq!(
        restored("\x1b[2;3r\x1b[?6h\x1b[2;4H", "x\x1b[Hy")[1..3],
        ["y", "   x"]
    );
    assert_eq!(
        restored("\x1b[2;3r\x1b[?6h\x1b[2;4H\x1b7\x1b[?6l\x1b[H", "\x1b8x")[2],
        "   x"
    );
}

/// proves O11
#[test]
fn links_keep_their_ids_and_stay_open() {
    restored_at_every_byte(
        b"\x1b]8;id=a;http://one\x1b\\x\x1b[1my\x1b]8;;\x1b\\z\x1b]8;;http://two;3\x07w",
    );
}

/// proves O11
#[test]
fn palette_changes_and_their_resets_are_restored() {
    let set = "\x1b]4;1;#102030;2;rgb:40/50/60\x07\x1b]11;#010203\x07";
    let mut fresh = fed(size(), &fed(size(), set.as_bytes()).snapshot(ALL));
    fresh.feed(b"\x1b]4;2;?\x07\x1b]11;?\x07");
    let answers = String::from_utf8(fresh.catch_up()).unwrap();
    assert_eq!(
        answers,
        "\x1b]4;2;rgb:4040/5050/6060\x07\x1b]11;rgb:0101/0202/0303\x07"
    );
    restored(set, "\x1b]104\x07\x1b]111\x07");
    restored(&format!("{set}\x1b]104;1\x07\x1b]111\x07"), "");
}

/// proves O11
#[test]
fn alternate_scroll_is_sent_only_if_the_program_set_it() {
    let snapshot =
        |output: &str| String::from_utf8(fed(size(), output.as_bytes()).snapshot(ALL)).unwrap();
    assert!(!snapshot("").contains("1007"));
    assert!(snapshot("\x1b[?1007h").contains("\x1b[?1007h"));
    assert!(snapshot("\x1b[?1007l").contains("\x1b[?1007l"));
}

#[test]
fn erasing_the_page_pushes_nothing_into_the_scrollback() {
    let mut model = fed(size(), b"one\r\ntwo\x1b[2J\x1b[H\x1b[Mx");
    assert_eq!(model.text(usize::MAX), ["x", "", "", ""]);
}

/// proves O11
#[test]
fn a_kept_scrollback_has_the_terminals_own_page_above_the_snapshot() {
    let options = SnapshotOptions {
        history: History::Lines(1),
        scrollback: Scrollback::Keep,
    };
    let snapshot = fed(size(), b"1\r\n2\r\n3\r\n4\r\n5\r\n6").snapshot(options);
    let mut shell = fed(size(), b"$ ls\r\nfile\r\n$ abide attach");
    shell.feed(&snapshot);
    let rows = shell.text(usize::MAX);
    assert_eq!(rows[..3], ["$ ls", "file", "$ abide at"]);
    assert_eq!(rows[rows.len() - 5..], ["2", "3", "4", "5", "6"]);
}

/// proves O11
#[test]
fn the_page_first_and_the_rest_after_it_is_the_same_as_all_at_once() {
    let snapshot = |model: &mut ScreenModel, history, scrollback| {
        model.snapshot(SnapshotOptions {
            history,
            scrollback,
        })
    };
    for output in [
        "1\r\n2\r\n3\r\n\x1b[31m4\r\n5\r\n6",
        "1\r\n2\r\n3\r\n4\r\n5\x1b]2;one\x07\x1b[22t\x1b]2;two\x07\x1b[?1049h\x1b[>1ualt\x1b[2;3r",
    ] {
        let mut model = fed(size(), output.as_bytes());
        let mut at_once = fed(size(), b"$ ls\r\nfile\r\n$ abide attach");
        at_once.feed(&snapshot(&mut model, History::All, Scrollback::Keep));
        let mut in_steps = fed(size(), b"$ ls\r\nfile\r\n$ abide attach");
        in_steps.feed(&snapshot(&mut model, History::Lines(0), Scrollback::Keep));
        let page = model.text(0);
        assert_eq!(in_steps.text(0), page);
        in_steps.feed(&snapshot(&mut model, History::All, Scrollback::Extend));
        assert_eq!(in_steps.first_difference(&mut at_once), None);
    }
}

/// proves O11
#[test]
fn a_replaced_scrollback_holds_nothing_else() {
    let snapshot = fed(size(), b"1\r\n2\r\n3\r\n4\r\n5\r\n6").snapshot(ALL);
    let mut lagging = fed(
        size(),
        b"a\r\nb\r\nc\r\nd\r\ne\r\n\x1b[?1049h\x1b[2;3r\x1b[?6h\x1b[4h\x1b(0",
    );
    lagging.feed(&snapshot);
    let mut model = fed(size(), b"1\r\n2\r\n3\r\n4\r\n5\r\n6");
    assert_eq!(model.first_difference(&mut lagging), None);
}

#[test]
fn one_repetition_does_not_hold_up_the_owner() {
    let mut model = ScreenModel::new(size(), limits(100));
    model.feed(b"x\x1b[65535b");
    assert!(model.text(usize::MAX).len() <= 5);
}

/// proves O11
#[test]
fn a_repetition_has_its_character_though_it_comes_after_the_cut() {
    restored_at_every_byte(
        "─\x1b[3b\x1b[1mx\x1b[2b中\x1b[b\x1b[?7lz\x1b[20b\x1b[?7h\x1b[4hi\x1b[b\r\n\x1b(0q\x1b[5be\u{301}\x1b[b"
            .as_bytes(),
    );
    assert_eq!(restored("ab", "\x1b[3b")[0], "abbbb");
    assert_eq!(restored("ab\x1b[1m", "\x1b[3b")[0], "ab");
}

/// proves O11
#[test]
fn blinking_text_blinks_again() {
    restored_at_every_byte(b"\x1b[5;31mon\x1b[25m off \x1b[6mfast\x1b[m");
    let mut model = fed(size(), b"\x1b[5mon");
    assert_eq!(
        model.first_difference(&mut fed(size(), b"on")).as_deref(),
        Some("row 0 column 0 of the primary grid: Flags(0x8000) against Flags(0x0)")
    );
}

/// proves O11
#[test]
fn keyboard_flags_are_left_alone_unless_the_program_has_its_own() {
    let snapshot =
        |output: &str| String::from_utf8(fed(size(), output.as_bytes()).snapshot(ALL)).unwrap();
    assert!(!snapshot("text").contains("\x1b[<"));
    assert!(snapshot("\x1b[>1u\x1b[<u").contains("\x1b[<99u"));
    assert!(snapshot("\x1b[>1u\x1bc").contains("\x1b[<99u"));
}

/// proves O11
#[test]
fn a_row_goes_on_in_the_next_until_a_line_feed_or_an_erasure_parts_them() {
    let joined = |output: &str| {
        let output = format!("0123456789abc{output}");
        restored(&output, "");
        let mut fresh = fed(size(), &fed(size(), output.as_bytes()).snapshot(ALL));
        fresh.resize(TermSize::clamped(4, 30));
        fresh.text(0).concat()
    };
    assert_eq!(joined("\x1b[1;10HX"), "012345678Xabc");
    assert_eq!(
        joined("\x1b[1;9H\x1b[1P"),
        "01234567 9abc".replace(" 9", "9 ")
    );
    let parted = |output: &str| {
        let mut fresh = fed(size(), &fed(size(), output.as_bytes()).snapshot(ALL));
        fresh.resize(TermSize::clamped(4, 30));
        fresh.text(0)[1].clone()
    };
    assert_eq!(parted("0123456789abc\x1b[A\r\n"), "abc");
    assert_eq!(parted("0123456789abc\x1b[2K\rnew"), "new");
    assert_eq!(parted("0123456789abc\x1b[H\x1bM"), "0123456789abc");
}

/// proves O11
#[test]
fn a_row_of_the_alternate_screen_continues_one_that_has_scrolled_off() {
    restored_at_every_byte(b"\x1b[?1049h\x1b[3;1H0123456789abc\r\n\n\n\x1b[H\x1bMx");
}

#[test]
fn deleting_more_than_a_row_has_leaves_what_is_before_the_cursor() {
    assert_eq!(fed(size(), b"abcd\x1b[1;3H\x1b[99P").text(0)[0], "ab");
}

#[test]
fn a_cancelled_title_is_none() {
    let mut model = fed(size(), b"\x1b]2;one\x07\x1b]2;two\x18");
    assert_eq!(model.title().as_deref(), Some("one"));
    restored_at_every_byte(b"\x1b]2;one\x07\x1b]2;two\x18\x1b]2;three\x1a\x1b[22;1t\x1b[23;1t");
}

/// proves O11
#[test]
fn only_what_wraps_scrolls() {
    for output in [
        "one\r\ntwo\r\nthree\r\n0123456789\x7f\u{85}",
        "one\r\ntwo\r\nthree\r\n\x1b[?7l\x1b[4h0123456789abc",
        "one\r\ntwo\r\nthree\r\n\x1b[?7l012345678中文",
    ] {
        let mut model = fed(size(), output.as_bytes());
        assert_eq!(model.text(usize::MAX).len(), 4, "{output:?}");
        restored(output, "");
    }
}

/// proves O11
#[test]
fn a_row_deleted_or_scrolled_away_takes_along_that_it_continued_the_scrollback() {
    let joined = |output: &str| {
        let output = format!("one\r\ntwo\r\nthree\r\n0123456789abc\r\n\n\n{output}");
        restored(&output, "");
        let mut model = fed(size(), output.as_bytes());
        model.resize(TermSize::clamped(4, 30));
        model.text(usize::MAX).contains(&"0123456789abc".to_owned())
    };
    assert!(joined(""));
    assert!(joined("\x1b[H\x1b[1P\x1b[1@a"));
    assert!(!joined("\x1b[H\x1b[M\x1b[Habc"));
    assert!(!joined("\x1b[H\x1bMabc"));
    assert!(!joined("\x1b[H\x1b[Kabc"));
}

#[test]
fn a_model_without_scrollback_has_none_that_a_row_could_continue() {
    let output = b"0123456789abcdefghij0123456789abcdefghij0123456789\x1b[H\x1bM";
    let mut model = ScreenModel::new(size(), limits(0));
    model.feed(output);
    let mut fresh = ScreenModel::new(size(), limits(0));
    fresh.feed(&model.snapshot(ALL));
    assert_eq!(model.first_difference(&mut fresh), None);
    for _ in 0..1000 {
        model.feed(b"plain text\r\n");
    }
    assert_eq!(model.text(usize::MAX).len(), 4);
}

/// proves O11
#[test]
fn a_character_that_the_charset_in_force_would_draw_otherwise_is_not_printed_again() {
    // A character without width makes it look as if the letter had just been printed.
    restored_at_every_byte("a\x1b(0\u{200b}\x1b[2b".as_bytes());
}

/// proves O11
#[test]
fn the_hidden_cursor_of_the_primary_screen_decides_nothing_when_the_size_changes() {
    let mut model = ScreenModel::new(TermSize::clamped(2, 4), limits(12));
    model.feed(b"word \x1b[?1047h");
    let mut fresh = ScreenModel::new(model.size(), limits(12));
    fresh.feed(&model.snapshot(ALL));
    for model in [&mut model, &mut fresh] {
        model.resize(TermSize::clamped(1, 4));
    }
    assert_eq!(model.first_difference(&mut fresh), None);
}

/// proves O11
#[test]
fn progress_is_shown_to_who_comes_late_and_taken_from_who_missed_its_end() {
    restored_at_every_byte(b"\x1b]9;4;1;50\x07\x1b]9;4;3\x1b\\ab\x1b]9;4;0;\x07");
    let snapshot = |output: &[u8]| String::from_utf8(fed(size(), output).snapshot(ALL)).unwrap();
    assert!(snapshot(b"\x1b]9;4;2;30\x07").contains("\x1b]9;4;2;30\x1b\\"));
    assert!(snapshot(b"\x1b]9;4;2;30\x07\x1bc\x1b]9;4;0\x07").contains("\x1b]9;4;0;0\x1b\\"));
    assert!(!snapshot(b"\x1b]9;a message\x07").contains("]9;"));
}
