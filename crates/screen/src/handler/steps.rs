//! Steps that several control functions share: moving the cursor as margins allow, switching private
//! modes, links, repetition.

use alacritty_terminal::{
    index::Column,
    term::cell::Hyperlink,
    vte::ansi::{Handler, Hyperlink as ParsedHyperlink},
};

use crate::{
    answer,
    emulator::{Emulator, line, row},
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
