//! Moving rows and erasing them, each of which may continue the one above.

use alacritty_terminal::{
    Term,
    event::VoidListener,
    grid::Dimensions,
    index::Column,
    term::cell::Flags,
    vte::ansi::{ClearMode, Handler, LineClearMode},
};

use crate::{
    emulator::{Emulator, line},
    mend,
    state::Margins,
};

impl Emulator {
    /// Goes down a row, which then continues none; scrolls at the bottom margin.
    #[inline]
    pub(super) fn line_feed(&mut self) {
        self.end_pending_wrap();
        let next = self.cursor_row() + 1;
        if next == self.state.margins.bottom {
            self.scroll(|term| term.linefeed());
        } else {
            if next < self.rows() {
                self.set_continues(next, false);
            }
            self.term().linefeed();
        }
        if self.state.modes.newline {
            self.carriage_return();
        }
    }

    /// Goes up a row; scrolls at the top margin.
    pub(super) fn index_back(&mut self) {
        self.end_pending_wrap();
        let Margins { top, bottom } = self.state.margins;
        if self.cursor_row() == top {
            self.move_down_rows(top, bottom, 1, |this| this.term().reverse_index());
        } else {
            self.term().reverse_index();
        }
    }

    /// Moves the rows between the margins up.
    pub(super) fn scroll_rows_up(&mut self, count: usize) {
        let Margins { top, bottom } = self.state.margins;
        self.move_up_rows(top, bottom, count, |this| {
            this.leave_top(count.min(bottom - top));
            this.term().scroll_up(count);
        });
        self.settle_cursor();
    }

    /// Moves the rows between the margins down.
    pub(super) fn scroll_rows_down(&mut self, count: usize) {
        let Margins { top, bottom } = self.state.margins;
        self.move_down_rows(top, bottom, count, |this| this.term().scroll_down(count));
        self.settle_cursor();
    }

    /// Moves the rows from the cursor to the bottom margin down.
    pub(super) fn insert_rows(&mut self, count: usize) {
        let Margins { top, bottom } = self.state.margins;
        let at = self.cursor_row();
        if (top..bottom).contains(&at) {
            self.move_down_rows(at, bottom, count, |this| {
                this.term().insert_blank_lines(count);
            });
            self.carriage_return();
        }
    }

    /// Moves the rows below the cursor's, down to the bottom margin, up over it.
    pub(super) fn delete_rows(&mut self, count: usize) {
        let Margins { top, bottom } = self.state.margins;
        let at = self.cursor_row();
        if (top..bottom).contains(&at) {
            self.move_up_rows(at, bottom, count, |this| {
                if at == 0 {
                    this.delete_first_lines(count);
                } else {
                    this.term().delete_lines(count);
                }
            });
            self.carriage_return();
        }
    }

    /// Erases a part of the page, or the scrollback.
    pub(super) fn erase_page(&mut self, mode: ClearMode) {
        match mode {
            ClearMode::All => {
                self.set_continues(0, false);
                self.grid_mut().reset_region(..);
            }
            ClearMode::Above => {
                self.set_continues(0, false);
                let at = self.grid().cursor.point.line;
                self.grid_mut().reset_region(..at);
                self.term().clear_line(LineClearMode::Left);
                self.mend_cursor_row();
            }
            ClearMode::Below => {
                if self.cursor_col() == 0 {
                    self.set_continues(self.cursor_row(), false);
                }
                self.term().clear_screen(ClearMode::Below);
                self.mend_cursor_row();
            }
            ClearMode::Saved if self.is_alternate() => {}
            ClearMode::Saved => self.history.clear(),
        }
    }

    /// Moves the topmost rows into the scrollback, if that is where they go when rows scroll up.
    pub(super) fn leave_top(&mut self, count: usize) {
        if !self.drops_rows_from(self.state.margins.top) {
            self.harvest(count);
        }
    }

    /// Says whether rows that scroll off `top` are gone, and do not go into the scrollback.
    pub(super) fn drops_rows_from(&self, top: usize) -> bool {
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
    pub(super) fn continues(&self, at: usize) -> bool {
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
}
