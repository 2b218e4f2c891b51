//! A terminal's screens and state to the bytes that make another one equal.
//!
//! The order matters, and each step relies on what those before it left:
//!
//! 1. the receiving parser is brought to its ground state, the painting wrapped in a synchronized
//!    update, and every mode that would disturb painting set to its neutral value (not RIS, which
//!    flickers and takes the palette along);
//! 2. palette, progress, titles, tab stops;
//! 3. the primary screen, scrollback first, also while the alternate one shows;
//! 4. the primary's keyboard flags and saved cursor; then, if it shows, the alternate screen with
//!    its own;
//! 5. margins, origin mode, cursor, pen, charsets; input modes; how the cursor looks;
//! 6. the last character once more, if a repetition could follow it;
//! 7. the tail (appended by the model): what the parser has seen of an unfinished sequence.
//!
//! Not restored: see `docs/fidelity.md`.

mod cursor;
mod painter;
mod rows;
mod settings;

pub(crate) use self::painter::{Painter, Pen};
pub(crate) use self::rows::{
    End, RowPainter, end_of, paint_cell, paint_row, painted_len, wraps_by_itself,
};

use alacritty_terminal::{
    Grid,
    grid::{Dimensions, Row},
    term::cell::Cell,
};

use crate::{
    emulator::{Emulator, line},
    model::{History, Scrollback, SnapshotOptions},
};

/// Returns the snapshot of `emulator`, to be followed by the tail.
///
/// With `repeatable`, the character before the cursor is printed last, so that a repetition (REP)
/// that follows has its character.
pub(crate) fn snapshot(emulator: &Emulator, options: SnapshotOptions, repeatable: bool) -> Vec<u8> {
    let mut out = Painter::default();
    settings::neutral(&mut out);
    clear(&mut out, emulator, options.scrollback);
    settings::palette(&mut out, emulator);
    settings::progress(&mut out, emulator);
    if options.scrollback != Scrollback::Extend {
        settings::titles(&mut out, emulator);
    }
    settings::tab_stops(&mut out, emulator);

    let history = match options.history {
        History::All => usize::MAX,
        History::Lines(lines) => lines,
    };
    out.put("\x1b[H");
    primary(&mut out, emulator, history);
    settings::keyboard(&mut out, emulator);
    cursor::saved(
        &mut out,
        emulator.primary_grid(),
        emulator.state.saved_primary,
    );
    if emulator.is_alternate() {
        alternate(&mut out, emulator);
    }
    cursor::current(&mut out, emulator);
    settings::modes(&mut out, emulator);
    out.put("\x1b[?2026l");
    if emulator.state.modes.synchronized {
        out.put("\x1b[?2026h");
    }
    if repeatable {
        cursor::print_again(&mut out, emulator);
    }
    out.into_bytes()
}

/// Clears the page, and the scrollback or nothing that is in it.
fn clear(out: &mut Painter, emulator: &Emulator, scrollback: Scrollback) {
    match scrollback {
        // Erasing below the first cell, because in some terminals erasing the page as such moves
        // it into the scrollback.
        Scrollback::Replace => out.put("\x1b[H\x1b[J\x1b[3J"),
        Scrollback::Keep => {
            let rows = emulator.primary_grid().screen_lines();
            out.put(&format!("\x1b[{rows};1H"));
            out.raw(&vec![b'\n'; rows]);
            out.put("\x1b[H\x1b[J");
        }
        Scrollback::Extend => out.put("\x1b[H\x1b[J"),
    }
}

/// Paints up to `history` lines of scrollback and the page of the primary screen.
fn primary(out: &mut Painter, emulator: &Emulator, history: usize) {
    let mut rows = RowPainter::new(out);
    let stale = emulator.stale_rows();
    if 0 < stale {
        for _ in emulator.history.rows().min(history)..stale {
            rows.row(&Row::new(emulator.cols()));
        }
    }
    emulator.history.paint(history, &mut rows);
    // Rows of the page that are stale are the newest of the scrollback, and were painted as such.
    page(rows, emulator.primary_grid(), stale);
}

/// Paints the rows of a page from `first` on.
fn page(mut rows: RowPainter<'_>, grid: &Grid<Cell>, first: usize) {
    for at in first..grid.screen_lines() {
        rows.row(&grid[line(at)]);
    }
    rows.finish();
}

/// Shows and paints the alternate screen; the primary's cursor and pen must be in place.
fn alternate(out: &mut Painter, emulator: &Emulator) {
    cursor::restore_for_switch(out);
    // Entering saves the cursor of the primary, and clears.
    out.put("\x1b[?1049h\x1b[?6l");
    settings::neutral_pen(out);
    out.put("\x1b[H\x1b[J");
    settings::flags(out, &emulator.state.keyboard.alternate);
    if emulator.state.continues_above {
        // A row that it continues, and that the last row will push off.
        out.raw(&vec![b' '; emulator.cols() + 1]);
        out.put("\r");
    }
    page(RowPainter::new(out), emulator.grid(), 0);
    cursor::saved(out, emulator.grid(), emulator.state.saved_alternate);
}
