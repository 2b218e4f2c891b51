//! The two screens of a terminal and the state beside them.
//!
//! Each screen is a `Term` of its own, used for its grid, its cursor and printing only; modes,
//! margins, tab stops, titles and keyboard flags are recorded in [`State`] and acted on by the
//! handler. Two of them, because one `Term` lets nobody look at the screen that does not show. The
//! alternate screen exists only while it shows: like in xterm.js, it is blank whenever it is entered.
//! Neither has a scrollback of its own: rows go to the [`History`] just before they scroll off.

mod resize;
mod saved;

use abide_core::size::TermSize;
use alacritty_terminal::{
    Grid, Term,
    event::VoidListener,
    grid::{Cursor, Dimensions},
    index::{Column, Line, Point},
    term::{Config, cell::Cell, cell::Flags},
    vte::ansi::{CharsetIndex, Color, Handler, NamedColor, NamedPrivateMode, StandardCharset},
};
use unicode_width::UnicodeWidthChar;

use crate::{
    answer::Answers,
    dump::{End, Pen, end_of, painted_len},
    history::History,
    state::{Margins, SaidCharsets, SavedExtra, State},
};

/// Least number of columns that the grids work with; a wide character needs two.
const MIN_COLS: usize = 2;

/// Both screens, the recorded state, and the answers not yet taken.
pub(crate) struct Emulator {
    pub(crate) size: TermSize,
    grid_size: GridSize,
    pub(crate) state: State,
    pub(crate) answers: Answers,
    /// The scrollback of the primary screen.
    pub(crate) history: History,
    /// Rows at the top of the primary page that are in the scrollback already, or were never
    /// painted: they go without a trace when they scroll off.
    stale: usize,
    primary: Term<VoidListener>,
    alternate: Option<Term<VoidListener>>,
    /// What the alternate screen has saved, while it does not show.
    saved_hidden: Cursor<Cell>,
}

/// A grid's size in the form that `Term` takes.
#[derive(Clone, Copy)]
pub(crate) struct GridSize {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
}

impl Dimensions for GridSize {
    fn total_lines(&self) -> usize {
        self.rows
    }

    fn screen_lines(&self) -> usize {
        self.rows
    }

    fn columns(&self) -> usize {
        self.cols
    }
}

impl From<TermSize> for GridSize {
    fn from(size: TermSize) -> Self {
        Self {
            rows: usize::from(size.rows()),
            cols: usize::from(size.cols()).max(MIN_COLS),
        }
    }
}

impl Emulator {
    pub(crate) fn new(size: TermSize, lines: usize, history_bytes: usize) -> Self {
        let grid = GridSize::from(size);
        Self {
            size,
            grid_size: grid,
            state: State::new(grid.rows, grid.cols),
            answers: Answers::default(),
            history: History::new(grid.cols, lines, history_bytes),
            stale: 0,
            primary: new_term(grid),
            alternate: None,
            saved_hidden: Cursor::default(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.grid_size.rows
    }

    pub(crate) fn cols(&self) -> usize {
        self.grid_size.cols
    }

    pub(crate) fn is_alternate(&self) -> bool {
        self.alternate.is_some()
    }

    /// Returns the screen that shows.
    pub(crate) fn term(&mut self) -> &mut Term<VoidListener> {
        self.alternate.as_mut().unwrap_or(&mut self.primary)
    }

    /// Returns the grid that shows.
    pub(crate) fn grid(&self) -> &Grid<Cell> {
        self.alternate.as_ref().unwrap_or(&self.primary).grid()
    }

    /// Returns the grid that shows, for changing.
    pub(crate) fn grid_mut(&mut self) -> &mut Grid<Cell> {
        self.term().grid_mut()
    }

    /// Returns the primary grid, also while the alternate one shows.
    pub(crate) fn primary_grid(&self) -> &Grid<Cell> {
        self.primary.grid()
    }

    /// Returns how many cells a character takes: 0, 1 or 2.
    pub(crate) fn width(&self, c: char) -> usize {
        c.width().unwrap_or(0)
    }

    /// Moves the topmost rows of the primary page into the scrollback; they are about to scroll off.
    pub(crate) fn harvest(&mut self, count: usize) {
        for at in 0..count {
            if 0 < self.stale {
                self.stale -= 1;
            } else {
                self.history.push(&self.primary.grid()[line(at)]);
            }
        }
        self.count_scrolled(count);
    }

    /// Returns whether the page is behind the scrollback, and so whether more rows than it shows
    /// scroll off before anybody may see it.
    pub(crate) fn is_behind(&self) -> bool {
        0 < self.stale
    }

    /// Returns how many rows at the top of the page are not to be shown.
    pub(crate) fn stale_rows(&self) -> usize {
        self.stale
    }

    /// Returns whether plain text does nothing but print and scroll.
    pub(crate) fn prints_plainly(&self) -> bool {
        let modes = &self.state.modes;
        let cursor = &self.grid().cursor;
        !self.is_alternate()
            && modes.autowrap
            && !modes.insert
            && !modes.newline
            && self.state.margins == Margins::whole(self.rows())
            && self.state.charset == CharsetIndex::G0
            && cursor.charsets[CharsetIndex::G0] == StandardCharset::Ascii
            && self.state.link.is_none()
            && cursor.template.hyperlink().is_none()
    }

    /// Returns whether the last row is as a line begins there: blank, also in the pen's colour.
    pub(crate) fn is_on_new_line(&self) -> bool {
        let grid = self.grid();
        let at = grid.cursor.point;
        let last = line(self.rows() - 1);
        at == Point::new(last, Column(0))
            && grid.cursor.template.bg == Color::Named(NamedColor::Background)
            && painted_len(&grid[last]) == 0
            && match self.rows() {
                1 => !self.history.is_open(),
                _ => end_of(&grid[last - 1_i32]) == End::Hard,
            }
    }

    /// Moves the page into the scrollback, but for its last row, which is blank.
    pub(crate) fn fall_behind(&mut self) {
        if self.stale == 0 {
            self.harvest(self.rows() - 1);
            self.stale = self.rows() - 1;
        }
    }

    /// Begins a line on the last row, which is scrolled in, with `pen`.
    pub(crate) fn begin_line(&mut self, pen: Cell) {
        let last = line(self.rows() - 1);
        let grid = self.grid_mut();
        grid.cursor.template = pen;
        grid.reset_region(last..);
    }

    /// Shows the alternate screen, blank; the cursor comes along, and the margins stay in force.
    pub(crate) fn enter_alternate(&mut self) {
        if self.is_alternate() {
            return;
        }
        let mut term = new_term(self.grid_size);
        term.grid_mut().cursor = self.primary.grid().cursor.clone();
        term.grid_mut().reset_region(..);
        term.grid_mut().saved_cursor = std::mem::take(&mut self.saved_hidden);
        self.state.set_margins.alternate = Margins::whole(self.rows());
        self.state.continues_above = false;
        self.alternate = Some(term);
        self.settle_saved();
        self.hand_state_to_term();
    }

    /// Shows the primary screen.
    pub(crate) fn leave_alternate(&mut self) {
        if let Some(alternate) = self.alternate.take() {
            self.primary.grid_mut().cursor = alternate.grid().cursor.clone();
            self.saved_hidden = alternate.grid().saved_cursor.clone();
            self.hand_state_to_term();
            self.settle_cursor();
        }
    }

    /// Returns to the state of a terminal just switched on.
    pub(crate) fn reset(&mut self) {
        self.alternate = None;
        self.saved_hidden = Cursor::default();
        self.primary.reset_state();
        self.history.clear();
        self.stale = 0;
        let (rows, cols) = (self.rows(), self.cols());
        self.state.reset(rows, cols);
        self.hand_state_to_term();
    }

    /// Returns where the character is that was printed last, if nothing has happened since, it is
    /// found there in the pen that prints, and in the charset that does, and inserting it once more
    /// would leave the end of its row as it is.
    pub(crate) fn last_printed(&self) -> Option<Point> {
        let grid = self.grid();
        let mut at = grid.cursor.point;
        if !grid.cursor.input_needs_wrap {
            at.column.0 = at.column.0.checked_sub(1)?;
        }
        if grid[at].flags.contains(Flags::WIDE_CHAR_SPACER) {
            at.column.0 = at.column.0.checked_sub(1)?;
        } else if grid[at].flags.contains(Flags::WIDE_CHAR) {
            // The cursor is in the middle of it.
            return None;
        }
        let charset = grid.cursor.charsets[self.state.charset];
        let prints_as_it_is = charset.map(grid[at].c) == grid[at].c;
        let is_in_pen = Pen::of(&grid[at]) == Pen::of(&grid.cursor.template);
        let end = Point::new(at.line, Column(grid.columns() - 1));
        let moves_gap =
            self.state.modes.insert && grid[end].flags.contains(Flags::LEADING_WIDE_CHAR_SPACER);
        (prints_as_it_is && is_in_pen && !moves_gap).then_some(at)
    }

    /// Gives the screen that shows those parts of the state that it acts on itself.
    pub(crate) fn hand_state_to_term(&mut self) {
        let (margins, charset) = (self.state.margins, self.state.charset);
        let autowrap = self.state.modes.autowrap;
        let link = self.state.link.clone();
        let term = self.term();
        let mut cursor = term.grid().cursor.clone();
        cursor.template.set_hyperlink(link);
        term.set_scrolling_region(margins.top + 1, Some(margins.bottom));
        term.grid_mut().cursor = cursor;
        term.set_active_charset(charset);
        let mode = NamedPrivateMode::LineWrap.into();
        if autowrap {
            term.set_private_mode(mode);
        } else {
            term.unset_private_mode(mode);
        }
    }

    /// Sets the margins, and records on which screen; the one that shows is yet to be handed them.
    pub(crate) fn set_margins(&mut self, margins: Margins) {
        self.state.margins = margins;
        match self.alternate {
            Some(_) => self.state.set_margins.alternate = margins,
            None => self.state.set_margins.primary = margins,
        }
    }

    /// Returns to what DECSTR leaves: modes, margins, pen and charsets, but neither text nor place.
    pub(crate) fn soft_reset(&mut self) {
        let rows = self.rows();
        let modes = &mut self.state.modes;
        modes.insert = false;
        modes.origin = false;
        modes.autowrap = true;
        modes.cursor_visible = true;
        modes.app_cursor = false;
        modes.app_keypad = false;
        self.set_margins(Margins::whole(rows));
        self.state.charset = CharsetIndex::G0;
        self.state.said = SaidCharsets::default();
        self.save_extra(SavedExtra::default());
        let grid = self.grid_mut();
        grid.cursor.template = Cell::default();
        for index in [
            CharsetIndex::G0,
            CharsetIndex::G1,
            CharsetIndex::G2,
            CharsetIndex::G3,
        ] {
            grid.cursor.charsets[index] = StandardCharset::Ascii;
        }
        grid.saved_cursor = Default::default();
        self.hand_state_to_term();
    }
}

/// Returns a screen without scrollback.
fn new_term(size: GridSize) -> Term<VoidListener> {
    let config = Config {
        scrolling_history: 0,
        ..Config::default()
    };
    let mut term = Term::new(config, &size, VoidListener);
    // Each screen is a `Term` of its own, so the other page that this one has is never used.
    term.swap_alt();
    *term.grid_mut() = Grid::new(1, MIN_COLS, 0);
    term.swap_alt();
    term
}

/// Returns the grid's name for a row of the page.
pub(crate) fn line(row: usize) -> Line {
    Line(i32::try_from(row).unwrap_or(i32::MAX))
}

/// Returns the row of the page that a grid's line is.
pub(crate) fn row(line: &Line) -> usize {
    usize::try_from(line.0).unwrap_or(0)
}

/// Flags that say how a cell looks, as opposed to how its row is laid out.
pub(crate) const STYLE_FLAGS: Flags = Flags::INVERSE
    .union(Flags::BOLD)
    .union(Flags::ITALIC)
    .union(Flags::DIM)
    .union(Flags::HIDDEN)
    .union(Flags::STRIKEOUT)
    .union(Flags::ALL_UNDERLINES)
    .union(BLINK);

/// Blinking, for which the grid has no name; it keeps flags that it does not know.
pub(crate) const BLINK: Flags = Flags::from_bits_retain(1 << 15);
