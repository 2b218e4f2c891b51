//! The cursors: where they are, whether a wrap is pending, and the pen and charsets they carry.

use alacritty_terminal::{
    Grid,
    grid::{Charsets, Cursor, Dimensions},
    index::{Column, Point},
    term::cell::{Cell, Flags},
    vte::ansi::{CharsetIndex, StandardCharset},
};

use crate::{
    emulator::{Emulator, line, row},
    state::SavedExtra,
};

use super::{
    painter::{Painter, Pen},
    rows::{before_wide, paint_cell},
    settings,
};

/// Saves the cursor that `grid` has saved; afterwards pen, charsets and origin mode are neutral.
pub(super) fn saved(out: &mut Painter, grid: &Grid<Cell>, extra: SavedExtra) {
    let cursor = &grid.saved_cursor;
    // The margins are still those of the whole page, so rows mean the same in origin mode.
    if extra.origin {
        out.put("\x1b[?6h");
    }
    let at = (row(&cursor.point.line), cursor.point.column.0);
    if cursor.input_needs_wrap {
        reprint(out, grid, cursor.point, at.0);
    } else {
        out.go(at.0, at.1);
    }
    pen_and_charsets(out, cursor, extra.charset);
    out.put("\x1b7");
    if extra.origin {
        out.put("\x1b[?6l");
    }
    settings::neutral_pen(out);
    if cursor.input_needs_wrap {
        wrap_again(out, grid, at);
    }
}

/// Saves the cursor that the primary `grid` has saved, while its page is being painted: from the
/// beginning of the last row, to which it returns.
///
/// All moves are relative, so that it also returns in a terminal of another size.
pub(super) fn saved_amid(out: &mut Painter, grid: &Grid<Cell>, extra: SavedExtra) {
    let cursor = &grid.saved_cursor;
    let up = grid.screen_lines() - 1 - row(&cursor.point.line);
    let right = cursor.point.column.0;
    out.step(up, 'A');
    out.step(right, 'C');
    pen_and_charsets(out, cursor, extra.charset);
    out.put("\x1b7");
    settings::neutral_pen(out);
    out.step(up, 'B');
    out.step(right, 'D');
}

/// Goes to the cursor saved last, with its pen and charsets, so that entering the alternate screen
/// saves the same once more.
pub(super) fn restore_for_switch(out: &mut Painter) {
    out.put("\x1b8");
    out.forget_pen();
}

/// Places the cursor of the screen that shows, with origin mode, pen and charsets; the margins are set.
pub(super) fn current(out: &mut Painter, emulator: &Emulator) {
    let grid = emulator.grid();
    let cursor = &grid.cursor;
    let restored = emulator.restored_charsets();
    if restored {
        let said = &emulator.state.said;
        charsets(out, &said.tables, said.shift);
        out.put("\x1b8\x1b[?6l");
        settings::no_style(out);
    }
    if emulator.state.modes.origin {
        out.put("\x1b[?6h");
    }
    let at_row = addressed_row(emulator);
    if cursor.input_needs_wrap {
        reprint(out, grid, cursor.point, at_row);
    } else {
        out.go(at_row, cursor.point.column.0);
    }
    out.take(&Pen::of(&cursor.template));
    if !restored {
        charsets(out, &cursor.charsets, emulator.state.charset);
    }
}

/// Prints the character before the cursor once more, everything else being in place.
pub(super) fn print_again(out: &mut Painter, emulator: &Emulator) {
    let grid = emulator.grid();
    let Some(at) = emulator.last_printed() else {
        return;
    };
    let cell = &grid[at];
    out.go(addressed_row(emulator), at.column.0);
    let width = if cell.flags.contains(Flags::WIDE_CHAR) {
        2
    } else {
        1
    };
    if emulator.state.modes.insert {
        // What is moved away now comes back when the character is inserted.
        out.put_fmt(format_args!("\x1b[{width}P"));
    } else if width == 2 {
        out.put("\x1b[2X");
    }
    paint_cell(out, cell);
}

/// Returns the cursor's row as the terminal counts it: from the margin in origin mode.
fn addressed_row(emulator: &Emulator) -> usize {
    let at = row(&emulator.grid().cursor.point.line);
    match emulator.state.modes.origin {
        true => at - emulator.state.margins.top,
        false => at,
    }
}

/// Prints the character at `point` once more, in the row that the terminal calls `at_row`.
fn reprint(out: &mut Painter, grid: &Grid<Cell>, point: Point, at_row: usize) {
    let mut col = point.column.0;
    if grid[point].flags.contains(Flags::WIDE_CHAR_SPACER) {
        col -= 1;
    }
    out.go(at_row, col);
    let cell = &grid[Point::new(point.line, Column(col))];
    if cell.flags.contains(Flags::WIDE_CHAR) {
        // Printing over a wide character could undo the wrap of the row before.
        out.put("\x1b[2X");
    }
    paint_cell(out, cell);
}

/// Lets a row whose last character was printed again go on in the next, as it did before.
fn wrap_again(out: &mut Painter, grid: &Grid<Cell>, (at_row, col): (usize, usize)) {
    let last = &grid[line(at_row)][Column(col)];
    if !last.flags.contains(Flags::WRAPLINE) || at_row + 1 == grid.screen_lines() {
        return;
    }
    let next = &grid[line(at_row + 1)];
    if last.flags.contains(Flags::LEADING_WIDE_CHAR_SPACER) {
        out.go(at_row + 1, 0);
        out.put("\x1b[2X");
        out.go(at_row, col);
        before_wide(out, last);
        out.put("\x08\x08\x1b[2X");
        paint_cell(out, &next[Column(0)]);
        paint_cell(out, &next[Column(1)]);
        out.plain();
    }
}

fn pen_and_charsets(out: &mut Painter, cursor: &Cursor<Cell>, active: CharsetIndex) {
    out.take(&Pen::of(&cursor.template).unlinked());
    charsets(out, &cursor.charsets, active);
}

fn charsets(out: &mut Painter, charsets: &Charsets, active: CharsetIndex) {
    let named = [
        (CharsetIndex::G0, "\x1b(0"),
        (CharsetIndex::G1, "\x1b)0"),
        (CharsetIndex::G2, "\x1b*0"),
        (CharsetIndex::G3, "\x1b+0"),
    ];
    for (index, sequence) in named {
        if charsets[index] == StandardCharset::SpecialCharacterAndLineDrawing {
            out.put(sequence);
        }
    }
    if active == CharsetIndex::G1 {
        out.put("\x0e");
    }
}
