//! What the model tells of itself: rows, attributes, cursor, title.

use abide_core::size::TermSize;
use abide_screen::{CursorState, ScreenModel};

use crate::cuts::limits;

fn model(output: &str) -> ScreenModel {
    let mut model = ScreenModel::new(TermSize::clamped(3, 8), limits(10));
    model.feed(output.as_bytes());
    model
}

#[test]
fn text_has_each_wide_character_once_and_no_trailing_blanks() {
    let mut model = model("ab  \r\n中e\u{301}\u{1f642}  \r\n1234567中");
    assert_eq!(model.text(0), ["中e\u{301}\u{1f642}", "1234567", "中"]);
    assert_eq!(model.text(1)[0], "ab");
    assert_eq!(model.text(usize::MAX).len(), 4);
}

#[test]
fn styled_rows_stand_alone() {
    let mut model = model("\x1b[1;31mred\r\nstill\x1b[m plain\x1b]8;;http://x\x07");
    let text = String::from_utf8(model.ansi(0)).unwrap();
    assert_eq!(
        text,
        "\x1b[0;1;31mred\x1b[0m\n\x1b[0;1;31mstill\x1b[0m pl\nain\n"
    );
}

#[test]
fn the_alternate_screen_has_no_scrollback_to_read() {
    let mut model = model("1\r\n2\r\n3\r\n4\x1b[?1049h\x1b[Hfull");
    assert!(model.is_alternate());
    assert_eq!(model.text(10), ["full", "", ""]);
    model.feed(b"\x1b[?1049l");
    assert_eq!(model.text(10), ["1", "2", "3", "4"]);
}

#[test]
fn the_cursor_says_where_it_is_and_how_it_looks() {
    let mut model = model("\x1b[2;3H\x1b[4 q\x1b[?25l");
    let expected = CursorState {
        row: 1,
        col: 2,
        visible: false,
        wrap_pending: false,
        style: Some(4),
    };
    assert_eq!(model.cursor(), expected);
    model.feed(b"\r12345678");
    assert_eq!((model.cursor().col, model.cursor().wrap_pending), (7, true));
}

#[test]
fn titles_are_put_aside_and_come_back() {
    let mut model = model("\x1b]2;one; two\x07\x1b[22t\x1b]0;three\x1b\\");
    assert_eq!(model.title().as_deref(), Some("three"));
    model.feed(b"\x1b[23t");
    assert_eq!(model.title().as_deref(), Some("one; two"));
}

#[test]
fn output_is_taken_in_however_much_comes_at_once() {
    let line = "0123456\r\n".repeat(400_000);
    let mut model = model("");
    model.feed(line.as_bytes());
    model.feed(b"end");
    assert_eq!(model.text(0), ["0123456", "0123456", "end"]);
}

#[test]
fn a_character_cut_by_a_read_loses_none_after_it() {
    let mut model = model("");
    // Given the first byte alone, vte 0.15 would print the accented letter and skip the `A`.
    for piece in [&b"\xc3"[..], b"\xa9A\xc3", b"\xa9B\xe2\x94", b"\xc3\xa9"] {
        model.feed(piece);
        model.discard_answers();
    }
    assert_eq!(model.text(0)[0], "éAéB\u{fffd}é");
}

#[test]
fn a_string_without_end_neither_fills_memory_nor_hides_what_follows() {
    let mut model = model("\x1b]2;");
    for _ in 0..300 {
        model.feed(&[b'x'; 10_000]);
    }
    assert_eq!(model.title(), None);
    model.feed(b"\x07\x1b]2;short\x07after");
    assert_eq!(model.title().as_deref(), Some("short"));
    assert_eq!(model.text(0)[0], "after");
}

#[test]
fn combining_characters_without_end_are_bounded() {
    let mut model = model("a");
    model.feed("\u{301}".repeat(100_000).as_bytes());
    assert!(model.text(0)[0].chars().count() < 100);
}

#[test]
fn the_cursor_of_the_narrowest_terminal_is_on_it() {
    let mut model = ScreenModel::new(TermSize::clamped(1, 1), limits(10));
    model.feed(b"ab");
    let cursor = model.cursor();
    assert_eq!((cursor.row, cursor.col), (0, 0));
}
