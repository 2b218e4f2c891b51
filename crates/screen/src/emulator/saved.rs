//! The saved cursors: one for each screen, with pen, charsets and origin mode.

use alacritty_terminal::{
    Grid,
    grid::Cursor,
    index::Column,
    term::cell::Cell,
    vte::ansi::{Handler, StandardCharset},
};

use super::{Emulator, GridSize, line, row};
use crate::{mend, state::SavedExtra};

impl Emulator {
    /// Saves cursor, pen, charsets and origin mode of the screen that shows.
    pub(crate) fn save_cursor(&mut self) {
        self.term().save_cursor_position();
        // A link is not part of what is saved.
        self.grid_mut().saved_cursor.template.set_hyperlink(None);
        self.save_extra(SavedExtra {
            origin: self.state.modes.origin,
            charset: self.state.charset,
        });
    }

    /// Restores what [`save_cursor`](Self::save_cursor) saved.
    pub(crate) fn restore_cursor(&mut self) {
        let saved = self.saved_extra();
        let link = self.state.link.clone();
        self.state.modes.origin = saved.origin;
        self.state.charset = saved.charset;
        let (margins, charset) = (self.state.margins, saved.charset);
        let term = self.term();
        term.restore_cursor_position();
        term.set_active_charset(charset);
        let cursor = &mut term.grid_mut().cursor;
        cursor.template.set_hyperlink(link);
        if saved.origin {
            let inside = row(&cursor.point.line).clamp(margins.top, margins.bottom - 1);
            cursor.point.line = line(inside);
        }
        self.settle_cursor();
    }

    /// Makes a pending wrap of the cursor one that its row can be painted with.
    ///
    /// The row may have changed since the wrap became pending (it was restored, or the row under
    /// it is another).
    pub(crate) fn settle_cursor(&mut self) {
        let cols = self.cols();
        let grid = self.grid_mut();
        let point = grid.cursor.point;
        if grid.cursor.input_needs_wrap && point.column.0 + 1 != cols {
            grid.cursor.input_needs_wrap = false;
        }
        if grid.cursor.input_needs_wrap {
            mend::fill_gap(&mut grid[point.line]);
        }
    }

    /// Does the same for the saved cursor of the primary screen while the alternate one shows.
    ///
    /// A snapshot has to go there for a moment, to bring the terminal to the alternate screen.
    pub(super) fn settle_saved(&mut self) {
        let grid = self.primary.grid_mut();
        if self.alternate.is_some() && grid.saved_cursor.input_needs_wrap {
            let at = grid.saved_cursor.point.line;
            mend::fill_gap(&mut grid[at]);
        }
    }

    /// Returns whether the charsets in force are those that restoring the cursor brought, and not
    /// those that were said last.
    ///
    /// In xterm, all of G0 to G3 and the shift are saved and restored; in xterm.js, nothing but the one
    /// charset that prints. Both are where they should be if what was said is said again, and the
    /// cursor restored. Not so for a cursor with a wrap pending, saved or to be: what has to be printed
    /// for that may be none of the charset.
    pub(crate) fn restored_charsets(&self) -> bool {
        let (state, cursor) = (&self.state, &self.grid().cursor);
        let saved = &self.grid().saved_cursor;
        let index = self.saved_extra().charset;
        (&state.said.tables, state.said.shift) != (&cursor.charsets, state.charset)
            && (&saved.charsets, index) == (&cursor.charsets, state.charset)
            && (cursor.charsets[index] == StandardCharset::Ascii || !cursor.input_needs_wrap)
            && !saved.input_needs_wrap
    }

    /// Returns what was saved beside the cursor of the screen that shows.
    fn saved_extra(&self) -> SavedExtra {
        match self.alternate {
            Some(_) => self.state.saved_alternate,
            None => self.state.saved_primary,
        }
    }

    /// Takes what is to be saved beside the cursor of the screen that shows.
    pub(super) fn save_extra(&mut self, extra: SavedExtra) {
        if self.is_alternate() {
            self.state.saved_alternate = extra;
        } else {
            self.state.saved_primary = extra;
            self.state.saved_scrolled = 0;
        }
    }

    /// Returns a blank page with the cursor that the alternate screen has saved, if that does not show
    /// and has one.
    pub(crate) fn hidden_page(&self) -> Option<Grid<Cell>> {
        let saved = self.saved_hidden != Cursor::default()
            || self.state.saved_alternate != SavedExtra::default();
        (!self.is_alternate() && saved).then(|| {
            let mut grid = Grid::new(self.rows(), self.cols(), 0);
            grid.saved_cursor = self.saved_hidden.clone();
            grid
        })
    }

    /// Returns what the alternate screen has saved, while it does not show.
    pub(crate) fn saved_hidden(&self) -> &Cursor<Cell> {
        &self.saved_hidden
    }

    /// Keeps that within a page of another size.
    pub(super) fn fit_saved_hidden(&mut self, size: GridSize) {
        let saved = &mut self.saved_hidden;
        saved.point.line = saved.point.line.min(line(size.rows - 1));
        saved.point.column = saved.point.column.min(Column(size.cols - 1));
        saved.input_needs_wrap &= saved.point.column.0 + 1 == size.cols;
    }

    /// Counts rows that went into the scrollback.
    pub(super) fn count_scrolled(&mut self, count: usize) {
        let most = row(&self.primary.grid().saved_cursor.point.line);
        let scrolled = &mut self.state.saved_scrolled;
        if *scrolled < most {
            *scrolled = most.min(*scrolled + count);
        }
    }

    /// Returns how many of the rows that scroll by while a snapshot is painted do so after the cursor
    /// of the primary screen was saved.
    ///
    /// Here a saved cursor keeps its place on the page, as in xterm. In other terminals, xterm.js
    /// among them, it moves up with the text, until it is in the first row. Both are where they
    /// should be if as many rows follow the saving as followed it in the first place. A cursor saved
    /// in origin mode or with a wrap pending is not worth the trouble: nothing is said to follow it.
    pub(crate) fn saved_scrolled(&self) -> usize {
        let saved = &self.primary.grid().saved_cursor;
        if self.state.saved_scrolled == 0
            || self.state.saved_primary.origin
            || saved.input_needs_wrap
        {
            return 0;
        }
        let most = row(&saved.point.line).min(self.history.rows());
        most.min(self.state.saved_scrolled)
    }
}
