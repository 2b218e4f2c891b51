//! Steps that several control functions share: moving the cursor as margins allow, keeping rows
//! whole, switching private modes, links, repetition.

use alacritty_terminal::{
    grid::Dimensions,
    index::Column,
    term::cell::{Flags, Hyperlink},
    vte::ansi::{Handler, Hyperlink as ParsedHyperlink},
};

use crate::{
    answer,
    emulator::{Emulator, line, row},
    mend,
    state::{Margins, keyboard::FlagStack},
};

/// Longest target of a link; with a longer one text is not linked. VTE's limit.
const MAX_URI_BYTES: usize = 2083;
/// Longest id of a link; ditto.
const MAX_LINK_ID_BYTES: usize = 250;
/// Most characters that one REP prints.
const MAX_REPETITIONS: usize = 4096;
/// What ids of links begin with that came without one.
pub(crate) const OWN_LINK_PREFIX: &str = "abide-";

impl Emulator {
    /// Moves the cursor to a row and column of the page.
    pub(super) fn go(&mut self, to_row: usize, to_col: usize) {
        let (rows, cols) = (self.rows(), self.cols());
        let cursor = &mut self.grid_mut().cursor;
        cursor.point.line = line(to_row.min(rows - 1));
        cursor.point.column = Column(to_col.min(cols - 1));
        cursor.input_needs_wrap = false;
    }

    pub(crate) fn cursor_row(&self) -> usize {
        row(&self.grid().cursor.point.line)
    }

    pub(crate) fn cursor_col(&self) -> usize {
        self.grid().cursor.point.column.0
    }

    /// Moves the cursor to a row counted as origin mode counts.
    pub(super) fn go_addressed(&mut self, to_row: usize, to_col: usize) {
        let Margins { top, bottom } = self.state.margins;
        if self.state.modes.origin {
            self.go((top + to_row).min(bottom - 1), to_col);
        } else {
            self.go(to_row, to_col);
        }
    }

    pub(super) fn go_up(&mut self, count: usize, to_col: usize) {
        let from = self.cursor_row();
        let top = self.state.margins.top;
        let stop = if top <= from { top } else { 0 };
        self.go(from.saturating_sub(count).max(stop), to_col);
    }

    pub(super) fn go_down(&mut self, count: usize, to_col: usize) {
        let from = self.cursor_row();
        let bottom = self.state.margins.bottom;
        let stop = if from < bottom { bottom } else { self.rows() };
        self.go(from.saturating_add(count).min(stop - 1), to_col);
    }

    pub(super) fn end_pending_wrap(&mut self) {
        self.grid_mut().cursor.input_needs_wrap = false;
    }

    /// Ends the row before `at`: what it went on in is about to be moved or erased.
    pub(super) fn break_before(&mut self, at: usize) {
        let before = line(at) - 1_i32;
        let grid = self.grid_mut();
        if grid.topmost_line() <= before {
            mend::end_row(&mut grid[before]);
        }
    }

    /// Ends the rows that lose what they went on in when the rows `top..bottom` move up.
    pub(super) fn break_around(&mut self, top: usize, bottom: usize) {
        // Rows that move into the scrollback stay what the rows there go on in.
        if 0 < top {
            self.break_before(top);
        }
        if bottom < self.rows() {
            self.break_before(bottom);
        }
    }

    /// Does so where `c`, about to be printed in the last column, moves the rows between margins.
    #[cold]
    pub(super) fn break_for_wrap(&mut self, c: char) {
        let Margins { top, bottom } = self.state.margins;
        let wraps = self.grid().cursor.input_needs_wrap || self.width(c) == 2;
        if wraps && self.cursor_row() + 1 == bottom {
            self.break_before(top);
        }
    }

    pub(super) fn mend_cursor_row(&mut self) {
        let at = self.grid().cursor.point.line;
        mend::row(&mut self.grid_mut()[at]);
    }

    /// Moves the cells from the cursor on to the right, to make room for `c`.
    pub(super) fn make_room(&mut self, c: char) {
        let width = self.width(c);
        if width == 0 {
            return;
        }
        if self.grid().cursor.input_needs_wrap {
            // With a wrap pending, this does that wrap and nothing else.
            self.term().put_tab(1);
        }
        if self.cursor_col() + width <= self.cols() {
            self.term().insert_blank(width);
            self.mend_cursor_row();
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

    /// Prints the character printed last, with what joined it, `count` more times, or as often as
    /// makes a difference.
    pub(crate) fn repeat(&mut self, count: u16) {
        let most = (self.rows() * self.cols()).min(MAX_REPETITIONS);
        let Some(at) = self.last_printed() else {
            return;
        };
        let cell = self.grid()[at].clone();
        for _ in 0..most.min(usize::from(count)) {
            self.input(cell.c);
            for &c in cell.zerowidth().into_iter().flatten() {
                self.input(c);
            }
        }
    }

    pub(super) fn set_autowrap(&mut self, on: bool) {
        self.state.modes.autowrap = on;
        self.hand_state_to_term();
    }

    pub(super) fn set_origin(&mut self, on: bool) {
        self.state.modes.origin = on;
        self.go_addressed(0, 0);
    }

    pub(super) fn set_private(&mut self, mode: u16, on: bool) {
        match (mode, on) {
            (6, _) => self.set_origin(on),
            (7, _) => self.set_autowrap(on),
            (47 | 1047, true) => self.enter_alternate(),
            (47 | 1047, false) => self.leave_alternate(),
            (1048, true) => self.save_cursor(),
            (1048, false) => self.restore_cursor(),
            (1049, true) => {
                self.save_cursor();
                self.enter_alternate();
            }
            (1049, false) => {
                self.leave_alternate();
                self.restore_cursor();
            }
            _ => self.state.modes.set_private(mode, on),
        }
    }

    pub(super) fn keys(&mut self) -> &mut FlagStack {
        if self.is_alternate() {
            &mut self.state.keyboard.alternate
        } else {
            &mut self.state.keyboard.primary
        }
    }

    /// Moves the rows from the cursor to the bottom margin up, without touching the scrollback.
    pub(super) fn delete_first_lines(&mut self, count: usize) {
        let bottom = self.state.margins.bottom;
        let count = count.min(bottom);
        let grid = self.grid_mut();
        for at in 0..bottom - count {
            grid[line(at)] = grid[line(at + count)].clone();
        }
        grid.reset_region(line(bottom - count)..line(bottom));
    }

    /// Answers DSR 6 and its private form.
    pub(crate) fn report_cursor(&mut self, private: &str) {
        let top = match self.state.modes.origin {
            true => self.state.margins.top,
            false => 0,
        };
        let text = answer::cursor_position(
            private,
            self.cursor_row().saturating_sub(top),
            self.cursor_col(),
        );
        self.answers.push(&text);
    }

    pub(super) fn link(&mut self, parsed: ParsedHyperlink) -> Option<Hyperlink> {
        let id = parsed.id.unwrap_or_else(|| {
            self.state.next_link += 1;
            format!("{OWN_LINK_PREFIX}{}", self.state.next_link)
        });
        // An id of ours that comes from a snapshot must not be given out again.
        if let Some(number) = id
            .strip_prefix(OWN_LINK_PREFIX)
            .and_then(|n| n.parse().ok())
        {
            self.state.next_link = self.state.next_link.max(number);
        }
        (parsed.uri.len() <= MAX_URI_BYTES && id.len() <= MAX_LINK_ID_BYTES)
            .then(|| Hyperlink::new(Some(id), parsed.uri))
    }
}
