//! Rows of a grid, painted by printing them one after the other.
//!
//! Only printing past the last column makes a terminal know that a row goes on in the next, so a
//! soft wrap is painted by doing just that.

use alacritty_terminal::{
    Grid,
    grid::{Dimensions, Row},
    index::{Column, Line},
    term::cell::{Cell, Flags},
};

use super::painter::{Painter, Pen};

/// A wide blank; one that does not fit a row's end leaves there what any wide character leaves.
const WIDE_BLANK: char = '\u{3000}';

/// How a row hands over to the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The next row is a new one.
    Hard,
    /// The row goes on in the next.
    Soft,
    /// Likewise, and its last cell is empty because a wide character did not fit.
    SoftBeforeWide,
}

/// Paints up to `history` lines of scrollback and the page, from the cursor's row on.
///
/// The rows below must be blank in the default colour, and so is the pen afterwards.
pub(super) fn paint(out: &mut Painter, grid: &Grid<Cell>, history: usize) {
    let above = grid.history_size().min(history);
    let first = -i32::try_from(above).unwrap_or(i32::MAX);
    let last = grid.bottommost_line().0;
    for line in first..=last {
        let row = &grid[Line(line)];
        let end = end_of(row);
        paint_row(out, row, end);
        if line == last {
            break;
        }
        match end {
            End::Hard => {
                out.plain();
                out.put("\r\n");
            }
            // The character that wraps has the plain pen: a coloured one would colour a row that
            // is scrolled in by it. Stepping back, not to the first column, leaves the text whole
            // where the terminal is wider and nothing wraps.
            End::Soft => {
                out.plain();
                out.put(" \x08");
            }
            End::SoftBeforeWide => {
                before_wide(out, &row[Column(row.len() - 1)]);
                // The row may have been scrolled in, in the colour of that pen. Erasing it from
                // the first column would undo the wrap in some terminals.
                out.put("\x1b[K\x08\x08\x1b[2X");
            }
        }
    }
    out.plain();
}

/// At the last column, leaves what a wide character leaves that does not fit there, in `last`'s
/// pen; the next row then begins with a wide blank, which printing over would undo it.
pub(super) fn before_wide(out: &mut Painter, last: &Cell) {
    out.take(&Pen::of(last));
    out.put_char(WIDE_BLANK);
    out.plain();
}

fn end_of(row: &Row<Cell>) -> End {
    let flags = row[Column(row.len() - 1)].flags;
    if flags.contains(Flags::WRAPLINE | Flags::LEADING_WIDE_CHAR_SPACER) {
        End::SoftBeforeWide
    } else if flags.contains(Flags::WRAPLINE) {
        End::Soft
    } else {
        End::Hard
    }
}

fn paint_row(out: &mut Painter, row: &Row<Cell>, end: End) {
    let len = match end {
        End::Hard => painted_len(row),
        End::Soft => row.len(),
        End::SoftBeforeWide => row.len() - 1,
    };
    for col in 0..len {
        paint_cell(out, &row[Column(col)]);
    }
}

/// Prints one cell in its pen; the second half of a wide character was printed with the first.
pub(crate) fn paint_cell(out: &mut Painter, cell: &Cell) {
    if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
        return;
    }
    out.take(&Pen::of(cell));
    out.put_char(cell.c);
    for &c in cell.zerowidth().into_iter().flatten() {
        out.put_char(c);
    }
}

/// Returns the length of a row without the blanks at its end that nothing was ever printed on.
pub(crate) fn painted_len(row: &Row<Cell>) -> usize {
    let cells = &row[..];
    let last = cells.iter().rposition(|cell| !is_plain_blank(cell));
    last.map_or(0, |last| last + 1)
}

/// Returns whether a cell is like one of a page just cleared.
fn is_plain_blank(cell: &Cell) -> bool {
    cell.c == ' '
        && !cell.flags.contains(Flags::WIDE_CHAR_SPACER)
        && cell.zerowidth().is_none_or(<[char]>::is_empty)
        && Pen::of(cell) == Pen::default()
}
