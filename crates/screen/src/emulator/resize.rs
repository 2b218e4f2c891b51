//! Changing the size: the rows of the primary screen flow into the new width.
//!
//! The page and as much of the scrollback as takes part are put into one tall grid, whose reflow is
//! `alacritty_terminal`'s; what is above the new page then goes back into the scrollback. The rest of
//! that knows no width.

use abide_core::size::TermSize;
use alacritty_terminal::{
    Grid,
    grid::{Dimensions, Row},
    index::{Column, Line},
    term::cell::Cell,
};

use super::{Emulator, GridSize, line, new_term, row};
use crate::mend;

/// A character that nobody prints, on the row below all others.
const SENTINEL: char = '\u{10fffd}';

/// Most cells of the scrollback that take part, unless the page has more.
const MAX_CELLS: usize = 128 * 1024;

/// Whether rows flow, or are cut and filled up with blanks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reflow {
    Rows,
    None,
}

/// Rows of a screen, and where its page begins among them.
struct Tall {
    rows: Vec<Row<Cell>>,
    cursor: usize,
}

impl Emulator {
    pub(crate) fn resize(&mut self, size: TermSize) {
        if size == self.size {
            return;
        }
        let (old, new) = (self.grid_size, GridSize::from(size));
        self.state.saved_scrolled = self.saved_scrolled();
        if self.alternate.is_some() {
            // Where the hidden cursor is nobody can see, nor a snapshot tell: only to where it returns.
            let grid = self.primary.grid_mut();
            grid.cursor = grid.saved_cursor.clone();
        }
        let above = self.rows_for(old, new);
        let rest = resize_grid(self.primary.grid_mut(), above, old, new, Reflow::Rows);
        self.replace_primary(new);
        self.history.set_cols(new.cols);
        for row in &rest {
            self.history.push(row);
        }
        self.count_scrolled(rest.len());
        if let Some(alternate) = &mut self.alternate {
            resize_grid(alternate.grid_mut(), Vec::new(), old, new, Reflow::None);
            let mut term = new_term(new);
            std::mem::swap(term.grid_mut(), alternate.grid_mut());
            *alternate = term;
        }
        self.fit_saved_hidden(new);
        self.size = size;
        self.grid_size = new;
        self.state.resize(new.rows, new.cols);
        self.hand_state_to_term();
        self.settle_cursor();
        self.settle_saved();
    }

    /// Puts the primary grid into a `Term` that has its size.
    fn replace_primary(&mut self, new: GridSize) {
        let mut term = new_term(new);
        std::mem::swap(term.grid_mut(), self.primary.grid_mut());
        self.primary = term;
    }

    /// Takes those rows out of the scrollback that may come to the page or join a row of it.
    fn rows_for(&mut self, old: GridSize, new: GridSize) -> Vec<Row<Cell>> {
        let more = new.rows.saturating_sub(old.rows);
        let newest = if old.cols == new.cols {
            more
        } else {
            let wanted = if old.cols < new.cols { new.rows } else { more };
            let most = (MAX_CELLS / old.cols).max(2 * new.rows);
            self.history.rows_for(wanted, new.cols, most)
        };
        self.history.take_rows(newest)
    }
}

/// Gives `grid`, with the rows `above` it, a new size; returns the rows then above it.
fn resize_grid(
    grid: &mut Grid<Cell>,
    above: Vec<Row<Cell>>,
    old: GridSize,
    new: GridSize,
    reflow: Reflow,
) -> Vec<Row<Cell>> {
    let mut saved = grid.saved_cursor.clone();
    let mut tall = Tall {
        cursor: above.len() + row(&grid.cursor.point.line),
        rows: above,
    };
    let page_top = tall.rows.len();
    tall.rows
        .extend((0..old.rows).map(|at| take(grid, line(at))));
    let mut saved_row = row(&saved.point.line);
    if old.rows < new.rows {
        saved_row += page_top.min(new.rows - old.rows);
    } else {
        tall.shrink(page_top, old.rows - new.rows, new.rows);
    }
    saved.point.line = line(saved_row.min(new.rows - 1));
    saved.point.column.0 = saved.point.column.0.min(new.cols - 1);

    let mut cursor = grid.cursor.clone();
    if old.cols != new.cols {
        tall.change_cols(&mut cursor, old.cols, new.cols, reflow);
    }
    for row in &mut tall.rows {
        mend::whole_row(row);
    }
    let (above, page, at) = tall.split(new);
    cursor.point.line = line(at);
    *grid = Grid::new(new.rows, new.cols, 0);
    for (at, row) in page.into_iter().enumerate() {
        grid[line(at)] = row;
    }
    grid.cursor = cursor;
    grid.saved_cursor = saved;
    mend::grid_after_resize(grid);
    above
}

impl Tall {
    /// Takes rows away at the bottom, but never those down to the cursor's.
    fn shrink(&mut self, page_top: usize, fewer: usize, rows: usize) {
        let scrolled = (self.cursor - page_top + 1).saturating_sub(rows);
        self.rows.truncate(self.rows.len() - (fewer - scrolled));
    }

    /// Changes the width of all rows; `cursor`'s column and pending wrap follow.
    fn change_cols(
        &mut self,
        cursor: &mut alacritty_terminal::grid::Cursor<Cell>,
        old: usize,
        new: usize,
        reflow: Reflow,
    ) {
        if let Some(last) = self.rows.last_mut() {
            mend::end_row(last);
        }
        let mut sentinel = vec![Cell::default(); old];
        sentinel[0].c = SENTINEL;
        self.rows.push(Row::from_vec(sentinel, old));
        let count = self.rows.len();
        // More than any number of rows that reflow makes of these.
        let mut grid = Grid::<Cell>::new(count, old, count.saturating_mul(old));
        for (at, row) in self.rows.drain(..).enumerate() {
            grid[line(at)] = row;
        }
        grid.cursor = cursor.clone();
        grid.cursor.point.line = line(self.cursor);
        grid.resize(reflow == Reflow::Rows, count, new);
        self.cursor = grid.history_size() + row(&grid.cursor.point.line);
        *cursor = grid.cursor.clone();
        let lines = grid.topmost_line().0..=grid.bottommost_line().0;
        self.rows = lines.map(|at| take(&mut grid, Line(at))).collect();
        let is_sentinel = |row: &Row<Cell>| row[Column(0)].c == SENTINEL;
        if let Some(end) = self.rows.iter().rposition(is_sentinel) {
            self.rows.truncate(end);
        }
    }

    /// Returns the rows above the page, those of the page, and the cursor's row of the page.
    fn split(mut self, size: GridSize) -> (Vec<Row<Cell>>, Vec<Row<Cell>>, usize) {
        let top = self.rows.len().saturating_sub(size.rows);
        let mut page = self.rows.split_off(top);
        page.resize_with(size.rows, || Row::new(size.cols));
        let at = self.cursor.saturating_sub(top).min(size.rows - 1);
        (self.rows, page, at)
    }
}

/// Takes a row out of a grid, and leaves it without one.
fn take(grid: &mut Grid<Cell>, at: Line) -> Row<Cell> {
    std::mem::replace(&mut grid[at], Row::from_vec(Vec::new(), 0))
}
