//! Keeps rows in forms that a terminal can show, and that printing can therefore bring about.
//!
//! `alacritty_terminal` moves and erases cells one by one, so that a wide character can be cut in
//! half and the mark of a soft wrap can travel into the middle of a row. Other terminals blank such
//! halves; so do we, right after the operation that can cause them.

use alacritty_terminal::{
    Grid,
    grid::{Dimensions, Row},
    index::Column,
    term::cell::{Cell, Flags},
};

/// Marks that only the last cell of a row may bear.
const END_MARKS: Flags = Flags::WRAPLINE.union(Flags::LEADING_WIDE_CHAR_SPACER);

/// Most zero-width characters that are kept on one cell.
pub(crate) const MAX_ZERO_WIDTH: usize = 16;

/// Blanks the halves of wide characters and removes stray end marks.
pub(crate) fn row(row: &mut Row<Cell>) {
    for col in 0..row.len() {
        let flags = row[Column(col)].flags;
        if !flags.intersects(END_MARKS | Flags::WIDE_CHAR | Flags::WIDE_CHAR_SPACER) {
            continue;
        }
        let last = col + 1 == row.len();
        if flags.contains(Flags::WIDE_CHAR) && (last || !has(row, col + 1, Flags::WIDE_CHAR_SPACER))
        {
            row[Column(col)].clear_wide();
        }
        if flags.contains(Flags::WIDE_CHAR_SPACER)
            && (col == 0 || !has(row, col - 1, Flags::WIDE_CHAR))
        {
            row[Column(col)].flags.remove(Flags::WIDE_CHAR_SPACER);
        }
        if !last && flags.intersects(END_MARKS) {
            row[Column(col)].flags.remove(END_MARKS);
        }
    }
}

/// Makes a row one that does not go on in the next.
pub(crate) fn end_row(row: &mut Row<Cell>) {
    let last = Column(row.len() - 1);
    if row[last].flags.intersects(END_MARKS) {
        row[last].flags.remove(END_MARKS);
    }
}

/// Makes the gap that a wide character left at a row's end, for want of room, a blank like others.
pub(crate) fn fill_gap(row: &mut Row<Cell>) {
    let last = Column(row.len() - 1);
    if row[last].flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
        row[last].flags.remove(Flags::LEADING_WIDE_CHAR_SPACER);
    }
}

/// Ends the last row of the page: there is none after it that it could go on in.
pub(crate) fn end_page(grid: &mut Grid<Cell>) {
    let last = grid.bottommost_line();
    end_row(&mut grid[last]);
}

/// Mends a row after its cells were cut, joined or moved by a change of size.
pub(crate) fn whole_row(cells: &mut Row<Cell>) {
    // A full mutable borrow also marks every cell as written; a row that grew counts only the
    // cells it had, and would not be cleared as a whole later.
    let _ = &mut cells[..];
    row(cells);
}

/// Mends what is left after a change of size: the end of the page, and pending wraps.
pub(crate) fn grid_after_resize(grid: &mut Grid<Cell>) {
    end_page(grid);
    let cols = grid.columns();
    for cursor in [&mut grid.cursor, &mut grid.saved_cursor] {
        if cursor.point.column.0 + 1 != cols {
            cursor.input_needs_wrap = false;
        }
    }
}

fn has(row: &Row<Cell>, col: usize, flag: Flags) -> bool {
    row[Column(col)].flags.contains(flag)
}
