//! Rows as text: plain, and with attributes.

use alacritty_terminal::{
    grid::{Dimensions, Row},
    index::Column,
    term::cell::{Cell, Flags},
};

use crate::{
    dump::{Painter, Pen, paint_cell, painted_len},
    emulator::{Emulator, line},
};

/// Flags of cells that stand for no character of their own.
const NO_CHARACTER: Flags = Flags::WIDE_CHAR_SPACER.union(Flags::LEADING_WIDE_CHAR_SPACER);

/// Returns the newest `history_lines` of scrollback and the page, without trailing blanks.
pub(crate) fn plain(emulator: &Emulator, history_lines: usize) -> Vec<String> {
    let mut rows = Vec::new();
    each_row(emulator, history_lines, |row| rows.push(plain_row(row)));
    rows
}

/// Returns the same rows with their attributes, each ended by a reset and a line feed.
pub(crate) fn styled(emulator: &Emulator, history_lines: usize) -> Vec<u8> {
    let mut out = Painter::default();
    each_row(emulator, history_lines, |row| {
        for cell in &row[Column(0)..Column(painted_len(row))] {
            if cell.hyperlink().is_some() {
                // A link needs a terminal that knows it; this text may go anywhere.
                let mut unlinked = cell.clone();
                unlinked.set_hyperlink(None);
                paint_cell(&mut out, &unlinked);
            } else {
                paint_cell(&mut out, cell);
            }
        }
        out.take(&Pen::default());
        out.put("\n");
    });
    out.into_bytes()
}

fn each_row(emulator: &Emulator, history_lines: usize, mut row: impl FnMut(&Row<Cell>)) {
    if !emulator.is_alternate() {
        emulator.history.each_row(history_lines, &mut row);
    }
    let grid = emulator.grid();
    for at in 0..grid.screen_lines() {
        row(&grid[line(at)]);
    }
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
