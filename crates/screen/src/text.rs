//! Rows as text: plain, and with attributes.

use alacritty_terminal::{
    Grid,
    grid::{Dimensions, Row},
    index::{Column, Line},
    term::cell::{Cell, Flags},
};

use crate::dump::{Painter, Pen, paint_cell, painted_len};

/// Flags of cells that stand for no character of their own.
const NO_CHARACTER: Flags = Flags::WIDE_CHAR_SPACER.union(Flags::LEADING_WIDE_CHAR_SPACER);

/// Returns the newest `history_lines` of scrollback and the page, without trailing blanks.
pub(crate) fn plain(grid: &Grid<Cell>, history_lines: usize) -> Vec<String> {
    rows(grid, history_lines).map(plain_row).collect()
}

/// Returns the same rows with their attributes, each ended by a reset and a line feed.
pub(crate) fn styled(grid: &Grid<Cell>, history_lines: usize) -> Vec<u8> {
    let mut out = Painter::default();
    for row in rows(grid, history_lines) {
        for col in 0..painted_len(row) {
            let cell = &row[Column(col)];
            if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
                continue;
            }
            // A link needs a terminal that knows it; this text may go anywhere.
            let mut unlinked = cell.clone();
            unlinked.set_hyperlink(None);
            paint_cell(&mut out, &unlinked);
        }
        out.take(&Pen::default());
        out.put("\n");
    }
    out.into_bytes()
}

fn rows(grid: &Grid<Cell>, history_lines: usize) -> impl Iterator<Item = &Row<Cell>> {
    let above = grid.history_size().min(history_lines);
    let first = -i32::try_from(above).unwrap_or(i32::MAX);
    (first..=grid.bottommost_line().0).map(|line| &grid[Line(line)])
}

fn plain_row(row: &Row<Cell>) -> String {
    let mut text = String::new();
    for cell in &row[..] {
        if !cell.flags.intersects(NO_CHARACTER) {
            text.push(cell.c);
            text.extend(cell.zerowidth().into_iter().flatten());
        }
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}
