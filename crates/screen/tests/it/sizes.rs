//! A snapshot shown by a terminal of another size: every setting holds, and the page is sensible.

use abide_core::size::TermSize;
use abide_screen::ScreenModel;
use proptest::prelude::*;

use crate::cuts::{cases, fed};
use crate::grammar::Output;
use crate::judge::ALL;
use crate::streams::stream;

/// Returns a model of this size that saw the snapshot of one that saw `output` at 6 rows and 20.
fn shown_at(size: TermSize, output: &str) -> ScreenModel {
    let snapshot = fed(TermSize::clamped(6, 20), output.as_bytes()).snapshot(ALL);
    fed(size, &snapshot)
}

/// proves O11
#[test]
fn a_wider_terminal_shows_the_same_text_with_wrapped_lines_joined() {
    let output = "first\r\na line of more than twenty characters\r\nlast";
    let mut wide = shown_at(TermSize::clamped(6, 60), output);
    let rows = wide.text(usize::MAX);
    assert_eq!(
        rows[..3],
        ["first", "a line of more than twenty characters", "last"]
    );
    assert_eq!((wide.cursor().row, wide.cursor().col), (3, 4));
}

/// proves O11
#[test]
fn a_narrower_terminal_shows_all_of_the_text_wrapped_anew() {
    let output = "first\r\na line of nineteen\r\n\x1b[1mlast";
    let mut narrow = shown_at(TermSize::clamped(6, 10), output);
    assert_eq!(
        narrow.text(usize::MAX)[..4],
        ["first", "a line of", "nineteen", "last"]
    );
}

/// proves O11
#[test]
fn a_lower_terminal_shows_the_end_and_keeps_the_rest() {
    let output = "1\r\n2\r\n3\r\n4\r\n5\r\n6";
    let mut low = shown_at(TermSize::clamped(3, 20), output);
    assert_eq!(low.text(0), ["4", "5", "6"]);
    assert_eq!(low.text(usize::MAX).len(), 6);
}

proptest! {
    #![proptest_config(cases(300))]

    /// proves O11
    #[test]
    fn modes_title_and_screen_hold_at_any_size(
        Output(before) in stream(30),
        Output(after) in stream(15),
        (rows, cols) in (1_u16..12, 2_u16..40),
    ) {
        let mut model = fed(TermSize::clamped(6, 20), &before);
        let mut other = fed(TermSize::clamped(rows, cols), &model.snapshot(ALL));
        prop_assert!(other.catch_up().is_empty(), "the snapshot was answered");
        prop_assert_eq!(model.title(), other.title());
        prop_assert_eq!(model.is_alternate(), other.is_alternate());
        let (left, right) = (model.cursor(), other.cursor());
        prop_assert_eq!((left.visible, left.style), (right.visible, right.style));
        prop_assert!(right.row < rows && right.col < cols.max(2));
        other.feed(&after);
        other.resize(model.size());
        other.discard_answers();
    }
}
