//! Printing at the right edge, where a row may go on in the next, and what comes before printing.

use alacritty_terminal::{index::Column, term::cell::Flags, vte::ansi::Handler};

use crate::{
    emulator::{Emulator, row},
    mend,
    state::Margins,
};

/// What printing at the right edge is about to do.
pub(super) enum Edge {
    /// The cursor goes on in the next row.
    Wraps(Wrap),
    /// It stays; whether the next row goes on from this one, too.
    Stays { next: usize, goes_on: bool },
}

/// What going on in the next row is about to do.
pub(super) enum Wrap {
    /// It scrolls; whether the second row within the margins, and the first one below them, go on
    /// from the one above.
    Scrolls {
        up: bool,
        below: bool,
    },
    Within {
        next: usize,
    },
}

impl Emulator {
    /// Does what comes before printing a character in one of the last two columns.
    #[cold]
    pub(super) fn before_edge(&mut self, c: char) -> Edge {
        let width = match c {
            ' '..='~' => 1,
            _ => self.width(c),
        };
        let pending = self.grid().cursor.input_needs_wrap;
        let too_wide = width == 2 && self.cursor_col() + 1 == self.cols();
        if 0 < width && self.state.modes.autowrap && (pending || too_wide) {
            Edge::Wraps(self.before_wrap())
        } else {
            let next = self.cursor_row() + 1;
            let goes_on = self.continues(next);
            Edge::Stays { next, goes_on }
        }
    }

    /// Does what comes after that.
    #[cold]
    pub(super) fn after_edge(&mut self, edge: Edge) {
        match edge {
            Edge::Wraps(wrap) => self.after_wrap(wrap),
            Edge::Stays { next, goes_on } => {
                self.set_continues(next, goes_on);
                self.settle_cursor();
            }
        }
    }

    /// Does what comes before the cursor goes on in the next row.
    fn before_wrap(&mut self) -> Wrap {
        let Margins { top, bottom } = self.state.margins;
        let next = self.cursor_row() + 1;
        if next != bottom {
            return Wrap::Within { next };
        }
        let wrap = Wrap::Scrolls {
            up: self.continues(top + 1),
            below: self.continues(bottom),
        };
        self.leave_top_to_wrap();
        wrap
    }

    /// Does what comes after that.
    fn after_wrap(&mut self, wrap: Wrap) {
        let Margins { top, bottom } = self.state.margins;
        match wrap {
            Wrap::Scrolls { up, below } => {
                if self.drops_rows_from(top) {
                    self.set_continues(top, up || top + 1 == bottom);
                }
                self.set_continues(bottom, below && bottom < self.rows());
            }
            Wrap::Within { next } => {
                if next == self.rows() {
                    // Below the margins the last row is left only to be entered again.
                    mend::end_page(self.grid_mut());
                    self.set_continues(next - 1, true);
                }
            }
        }
    }

    /// Does so because the cursor is about to go on in the next row.
    fn leave_top_to_wrap(&mut self) {
        if self.drops_rows_from(self.state.margins.top) {
            return;
        }
        let cursor = &self.grid().cursor;
        let (at, past_end) = (cursor.point, cursor.input_needs_wrap);
        if row(&at.line) == 0 {
            // The row that wraps is the one that leaves.
            if !past_end {
                self.leave_gap();
            }
            self.grid_mut()[at].flags.insert(Flags::WRAPLINE);
        }
        self.harvest(1);
    }

    /// Leaves what a wide character leaves that does not fit at the end of the cursor's row.
    fn leave_gap(&mut self) {
        let grid = self.grid_mut();
        let at = grid.cursor.point;
        let cells = &mut grid[at.line];
        if cells[at.column].flags.contains(Flags::WIDE_CHAR_SPACER) {
            cells[at.column - 1].clear_wide();
        }
        let mut gap = grid.cursor.template.clone();
        gap.flags.insert(Flags::LEADING_WIDE_CHAR_SPACER);
        grid[at] = gap;
    }

    /// Ends the gap at the end of the scrollback, if `c` is about to be printed over the wide
    /// character that left it.
    #[cold]
    pub(super) fn fill_gap_under(&mut self, c: char) {
        let width = self.width(c);
        let grid = self.grid();
        let cursor = &grid.cursor;
        let at = cursor.point;
        if self.is_alternate() || row(&at.line) != 0 || cursor.input_needs_wrap {
            return;
        }
        let wide = |col: usize| {
            let flags = grid[at.line][Column(col)].flags;
            flags.intersects(Flags::WIDE_CHAR | Flags::WIDE_CHAR_SPACER)
        };
        let mut printed = at.column.0..(at.column.0 + width).min(2);
        if printed.any(wide) {
            self.history.fill_gap();
        }
    }

    /// Moves the cells from the cursor on to the right, to make room for `c`.
    pub(super) fn make_room(&mut self, c: char) {
        let width = self.width(c);
        if width == 0 {
            return;
        }
        let pending = self.grid().cursor.input_needs_wrap;
        let too_wide = self.cols() < self.cursor_col() + width;
        if self.state.modes.autowrap && (pending || too_wide) {
            let wrap = self.before_wrap();
            if !pending {
                self.leave_gap();
                self.grid_mut().cursor.input_needs_wrap = true;
            }
            // With a wrap pending, this does that wrap and nothing else.
            self.term().put_tab(1);
            self.after_wrap(wrap);
        }
        if self.cursor_col() + width <= self.cols() {
            self.edit_row(|term| term.insert_blank(width));
        }
    }

    /// Returns whether the cell that `c` would join has as many zero-width characters as it may.
    pub(super) fn is_overloaded(&mut self, c: char) -> bool {
        let grid = self.grid();
        let cursor = &grid.cursor;
        let mut at = cursor.point;
        if !cursor.input_needs_wrap {
            at.column.0 = at.column.0.saturating_sub(1);
        }
        if grid[at].flags.contains(Flags::WIDE_CHAR_SPACER) {
            at.column.0 = at.column.0.saturating_sub(1);
        }
        let there = grid[at].zerowidth().map_or(0, <[char]>::len);
        mend::MAX_ZERO_WIDTH <= there && self.width(c) == 0
    }
}
