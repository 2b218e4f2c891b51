//! A terminal's screens and state to the bytes that make another one equal.
//!
//! The order matters, and each step relies on what those before it left:
//!
//! 1. the receiving parser is brought to its ground state, the painting wrapped in a synchronized
//!    update, and every mode that would disturb painting set to its neutral value (not RIS, which
//!    flickers and takes the palette along);
//! 2. palette, progress, titles, tab stops;
//! 3. keyboard flags, and what the alternate screen keeps while it does not show; the primary
//!    screen, scrollback first, also while the alternate one shows; its saved cursor, before the
//!    rows that scrolled after that was saved;
//! 4. if it shows, the alternate screen with its own;
//! 5. margins, origin mode, cursor, pen, charsets; input modes; how the cursor looks;
//! 6. the last character once more, if a repetition could follow it;
//! 7. the tail (appended by the model): what the parser has seen of an unfinished sequence.
//!
//! Not restored: see `docs/fidelity.md`.

mod cursor;
mod margins;
mod painter;
mod rows;
mod settings;

use self::margins::Before;
pub(crate) use self::painter::{Painter, Pen};
pub(crate) use self::rows::{
    End, RowPainter, end_of, paint_cell, paint_row, painted_len, wraps_by_itself,
};

use alacritty_terminal::grid::{Dimensions, Row};

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
    settings::keyboard(&mut out, emulator);
    hidden(&mut out, emulator);
    out.put("\x1b[H");
    primary(&mut out, emulator, history);
    if emulator.is_alternate() {
        alternate(&mut out, emulator);
    } else {
        margins::of_primary(&mut out, emulator);
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

/// What the alternate screen keeps while it does not show: keyboard flags, a saved cursor.
fn hidden(out: &mut Painter, emulator: &Emulator) {
    let flags = &emulator.state.keyboard.alternate;
    let saved = emulator.hidden_page();
    if emulator.is_alternate() || (flags.is_untouched() && saved.is_none()) {
        return;
    }
    out.put("\x1b[?1049h");
    settings::flags(out, flags);
    if let Some(page) = saved {
        cursor::saved(out, &page, emulator.state.saved_alternate);
    }
    out.put("\x1b[?1049l");
}

/// Paints up to `history` lines of scrollback and the page of the primary screen, and saves its
/// cursor: before as many rows of the page as scrolled after that, or in the end.
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
    let grid = emulator.primary_grid();
    let count = grid.screen_lines();
    let scrolled = emulator.saved_scrolled().min(history);
    for at in stale..count {
        if 0 < scrolled && at + scrolled + 1 == count {
            let extra = emulator.state.saved_primary;
            rows.pause_before(&grid[line(at)], |out| cursor::saved_amid(out, grid, extra));
        }
        rows.row(&grid[line(at)]);
    }
    rows.finish();
    if scrolled == 0 {
        cursor::saved(out, grid, emulator.state.saved_primary);
    }
}

/// Shows and paints the alternate screen.
fn alternate(out: &mut Painter, emulator: &Emulator) {
    let state = &emulator.state;
    let margins = margins::before_alternate(out, emulator);
    if 0 < emulator.saved_scrolled() {
        // Entering is not to save the cursor anew; nor did it when the program entered.
        out.put("\x1b[?1047h");
    } else {
        cursor::restore_for_switch(out);
        // Entering saves the cursor of the primary, and clears.
        out.put("\x1b[?1049h");
    }
    out.put("\x1b[?6l");
    if margins == Before::ToSet {
        out.put("\x1b[r");
    }
    settings::neutral_pen(out);
    out.put("\x1b[H\x1b[J");
    settings::flags(out, &state.keyboard.alternate);
    if state.continues_above {
        // A row that it continues, and that the last row will push off.
        out.raw(&vec![b' '; emulator.cols() + 1]);
        out.put("\r");
    }
    let grid = emulator.grid();
    let mut rows = match margins {
        Before::InForce => RowPainter::addressing(out),
        Before::Whole | Before::ToSet => RowPainter::new(out),
    };
    for at in 0..grid.screen_lines() {
        rows.row(&grid[line(at)]);
    }
    rows.finish();
    cursor::saved(out, grid, state.saved_alternate);
    if margins != Before::InForce {
        margins::set_unless_whole(out, emulator, state.margins);
    }
}
