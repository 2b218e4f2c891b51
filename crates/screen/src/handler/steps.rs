//! Steps that several control functions share: moving the cursor as margins allow, keeping rows
//! whole, switching private modes, links, repetition.

use alacritty_terminal::{
    Term,
    event::VoidListener,
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

    /// Moves the topmost rows into the scrollback, if that is where they go when rows scroll up.
    pub(super) fn leave_top(&mut self, count: usize) {
        if !self.drops_rows_from(self.state.margins.top) {
            self.harvest(count);
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
            let grid = self.grid_mut();
            if !past_end {
                let cells = &mut grid[at.line];
                if cells[at.column].flags.contains(Flags::WIDE_CHAR_SPACER) {
                    cells[at.column - 1].clear_wide();
                }
                let mut gap = grid.cursor.template.clone();
                gap.flags.insert(Flags::LEADING_WIDE_CHAR_SPACER);
                grid[at] = gap;
            }
            grid[at].flags.insert(Flags::WRAPLINE);
        }
        self.harvest(1);
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

    /// Says whether rows that scroll off `top` are gone, and do not go into the scrollback.
    fn drops_rows_from(&self, top: usize) -> bool {
        0 < top || self.is_alternate()
    }

    /// Goes down a row as IND does: unlike a line feed, it leaves the row there a continuation.
    pub(crate) fn index(&mut self) {
        self.end_pending_wrap();
        if self.cursor_row() + 1 == self.state.margins.bottom {
            self.scroll(|term| term.linefeed());
        } else {
            self.term().linefeed();
        }
    }

    /// Scrolls the rows between the margins up by one.
    pub(super) fn scroll(&mut self, scroll: impl FnOnce(&mut Term<VoidListener>)) {
        let Margins { top, bottom } = self.state.margins;
        if self.drops_rows_from(top) || bottom < self.rows() {
            self.move_up_rows(top, bottom, 1, |this| {
                this.leave_top(1);
                scroll(this.term());
            });
        } else {
            self.harvest(1);
            scroll(self.term());
        }
    }

    /// Does what moves the rows `top..bottom` up, and lets them stay what they continue.
    pub(super) fn move_up_rows(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        act: impl FnOnce(&mut Self),
    ) {
        let count = count.min(bottom - top);
        let first = count < bottom - top && self.continues(top + count);
        let below = self.continues(bottom);
        act(self);
        if self.drops_rows_from(top) || !first {
            self.set_continues(top, first);
        }
        if 0 < count && count < bottom - top {
            self.set_continues(bottom - count, false);
        }
        self.set_continues(bottom, below && bottom < self.rows());
    }

    /// Does what moves the rows `top..bottom` down, and lets them stay what they continue.
    pub(super) fn move_down_rows(
        &mut self,
        top: usize,
        bottom: usize,
        count: usize,
        act: impl FnOnce(&mut Self),
    ) {
        let (first, below) = (self.continues(top), self.continues(bottom));
        act(self);
        self.set_continues(top, false);
        if count < bottom - top {
            self.set_continues(top + count, first);
        }
        self.set_continues(bottom, below && bottom < self.rows());
    }

    /// Does what changes cells of the cursor's row, which goes on in the next one as before.
    pub(super) fn edit_row(&mut self, edit: impl FnOnce(&mut Term<VoidListener>)) {
        let next = self.cursor_row() + 1;
        let goes_on = self.continues(next);
        edit(self.term());
        self.mend_cursor_row();
        self.set_continues(next, goes_on);
    }

    /// Returns whether a row continues the one above it.
    fn continues(&self, at: usize) -> bool {
        if at == 0 {
            return match self.is_alternate() {
                true => self.state.continues_above,
                false => self.history.is_open(),
            };
        }
        let grid = self.grid();
        let last = Column(grid.columns() - 1);
        grid[line(at - 1)][last].flags.contains(Flags::WRAPLINE)
    }

    /// Makes a row one that continues the one above it, or one that does not.
    pub(super) fn set_continues(&mut self, at: usize, continues: bool) {
        if self.continues(at) == continues {
            return;
        }
        if 0 < at {
            let above = &mut self.grid_mut()[line(at - 1)];
            let last = Column(above.len() - 1);
            if continues {
                above[last].flags.insert(Flags::WRAPLINE);
            } else {
                mend::end_row(above);
            }
        } else if self.is_alternate() {
            self.state.continues_above = continues;
        } else if !continues {
            self.history.end_row();
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
        if self.grid().cursor.input_needs_wrap && self.state.modes.autowrap {
            // With a wrap pending, this does that wrap and nothing else.
            let wrap = self.before_wrap();
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
