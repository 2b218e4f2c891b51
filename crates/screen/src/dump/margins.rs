//! Margins: those in force, and on which screen they were set.
//!
//! In xterm one pair of margins is in force on both screens. In xterm.js each screen has a pair of its
//! own, the alternate one a new pair whenever it is entered. A snapshot makes both right by setting
//! what was set, where it was set, and last what is in force: a terminal with one pair ends with
//! that, one with two has each where it belongs.

use alacritty_terminal::{grid::Dimensions, index::Column, term::cell::Flags};

use crate::{
    emulator::{Emulator, line},
    state::Margins,
};

use super::painter::Painter;

/// What margins the alternate screen is painted with, in a terminal with one pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// The whole page; others are to be set afterwards.
    Whole,
    /// Those of the primary screen: they are to be made the whole page first.
    ToSet,
    /// Those that are in force: they were set before the screen was entered, and not since.
    InForce,
}

/// Sets the margins of the primary screen, and those in force if that shows; everything is painted.
pub(super) fn of_primary(out: &mut Painter, emulator: &Emulator) {
    let (in_force, primary) = (emulator.state.margins, emulator.state.set_margins.primary);
    // Visiting the alternate screen is not for a cursor that is saved with a wrap pending: the
    // terminal may go there and find that its row can not be wrapped in any more.
    if in_force == primary || emulator.primary_grid().saved_cursor.input_needs_wrap {
        set_unless_whole(out, emulator, in_force);
    } else {
        set_unless_whole(out, emulator, primary);
        set_on_alternate(out, in_force);
    }
}

/// Sets the margins of the primary screen, about to be left; says which ones are then in force.
pub(super) fn before_alternate(out: &mut Painter, emulator: &Emulator) -> Before {
    let state = &emulator.state;
    // The cursor saved here is gone to before the screen is left, as if there were no margins.
    let primary = state.set_margins.primary;
    let whole = primary == Margins::whole(emulator.rows());
    if is_entered_with(emulator) {
        set_unless_whole(out, emulator, primary);
        if state.margins != primary {
            set_on_alternate(out, state.margins);
        }
        Before::InForce
    } else if whole || state.saved_primary.origin {
        Before::Whole
    } else {
        set(out, primary);
        Before::ToSet
    }
}

/// Returns whether the margins in force are none of the alternate screen's own, and its page is one
/// that can be painted between them.
fn is_entered_with(emulator: &Emulator) -> bool {
    let state = &emulator.state;
    let Margins { bottom, .. } = state.margins;
    let grid = emulator.grid();
    // Going on in the next row scrolls there.
    let wraps_out = bottom < grid.screen_lines() && {
        let last = Column(grid.columns() - 1);
        grid[line(bottom - 1)][last].flags.contains(Flags::WRAPLINE)
    };
    let origin = state.saved_primary.origin || state.saved_alternate.origin;
    state.margins != state.set_margins.alternate && !wraps_out && !origin && !state.continues_above
}

/// Sets margins, on a page that has none.
pub(super) fn set_unless_whole(out: &mut Painter, emulator: &Emulator, margins: Margins) {
    if margins != Margins::whole(emulator.rows()) {
        set(out, margins);
    }
}

fn set(out: &mut Painter, Margins { top, bottom }: Margins) {
    out.put_fmt(format_args!("\x1b[{};{bottom}r", top + 1));
}

/// Visits the alternate screen, without saving a cursor, to set margins there. Where there is no
/// such way, they are set here, and in force all the same.
fn set_on_alternate(out: &mut Painter, margins: Margins) {
    out.put("\x1b[?1047h");
    set(out, margins);
    out.put("\x1b[?1047l");
}
