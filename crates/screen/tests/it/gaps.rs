//! Gaps: what a wide character leaves at the end of a row that it does not fit in.

use abide_core::size::TermSize;

use crate::cuts::{check_snapshot, fed};
use crate::judge::ALL;

/// Fails unless who came late, after these sizes and outputs, sees the same after the last size.
#[track_caller]
fn late_and_resized(steps: &[(TermSize, &str)], last: TermSize) {
    let mut model = fed(steps[0].0, b"");
    for (size, output) in steps {
        model.resize(*size);
        model.feed(output.as_bytes());
    }
    let mut fresh = fed(model.size(), &model.snapshot(ALL));
    for model in [&mut model, &mut fresh] {
        model.discard_answers();
        model.resize(last);
    }
    assert_eq!(model.first_difference(&mut fresh), None);
}

/// proves O11
#[test]
fn a_wide_character_inserted_where_it_does_not_fit_moves_the_next_row() {
    let size = TermSize::clamped(3, 4);
    let output = "abc中\x1b[4h\x1b8\x1bMabc中";
    let mut model = fed(size, output.as_bytes());
    assert_eq!(model.text(0), ["abc", "中ab", "中"]);
    late_and_resized(&[(size, output)], size);
    late_and_resized(&[(size, output)], TermSize::clamped(3, 9));
}

/// proves O11
#[test]
fn what_joins_a_character_before_a_gap_in_insert_mode_leaves_the_gap() {
    let size = TermSize::clamped(3, 4);
    let output = "abc中\x1b[4h\x1b[1;4H\u{301}";
    late_and_resized(&[(size, output)], TermSize::clamped(2, 4));
    check_snapshot(fed(size, output.as_bytes()), b"\x1b[2b").unwrap();
}

/// proves O11
#[test]
fn the_gap_before_a_wide_character_is_forgotten_where_it_is_none() {
    // Something else than the wide character follows the gap, which only this width has.
    let output = "\x1b[9G中\x1b[H\x1b[Xa\r\nword ";
    let (nine, four) = (TermSize::clamped(1, 9), TermSize::clamped(1, 4));
    late_and_resized(&[(nine, output), (four, "")], nine);
}

/// proves O11
#[test]
fn a_coloured_gap_that_became_a_blank_colours_no_row_of_another_width() {
    let output = "12345678\x1b[41m中\x1b[T";
    let widths = [9, 8, 4].map(|cols| TermSize::clamped(1, cols));
    late_and_resized(&[(widths[0], output), (widths[1], "")], widths[2]);
}
