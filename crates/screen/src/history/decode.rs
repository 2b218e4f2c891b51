//! Packed lines to rows of cells: what a terminal of some width shows of them.

use alacritty_terminal::{
    Term,
    event::VoidListener,
    grid::Row,
    term::{
        Config,
        cell::{Cell, Flags},
    },
    vte::ansi::{Attr, Handler, Hyperlink, Processor, Timeout},
};
use memchr::memchr3;
use unicode_width::UnicodeWidthChar;

use super::{GAP, measure::sequence_len};
use crate::{emulator::GridSize, handler::set_attribute, mend};

/// What becomes of the colour of a row that is begun.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// It has the default one: the row is packed.
    Default,
    /// It has the pen's: the row is scrolled in at the bottom of a page.
    Pen,
}

/// Prints lines into rows, and hands each row over as it ends.
pub(crate) struct Decoder {
    cols: usize,
    fill: Fill,
    cells: Vec<Cell>,
    /// Where the next character goes; past the last column, a wrap is pending.
    col: usize,
    pen: Pencil,
    /// The pen as a cell.
    template: Cell,
    /// Whether that is the default one for certain.
    is_default: bool,
}

/// What SGR sequences and links make of a pen.
struct Pencil {
    parser: Processor<Never>,
    term: Term<VoidListener>,
}

#[derive(Default)]
struct Never;

impl Decoder {
    pub(crate) fn new(cols: usize, fill: Fill) -> Self {
        let size = GridSize { rows: 1, cols: 2 };
        Self {
            cols,
            fill,
            cells: vec![Cell::default(); cols],
            col: 0,
            pen: Pencil {
                parser: Processor::new(),
                term: Term::new(Config::default(), &size, VoidListener),
            },
            template: Cell::default(),
            is_default: true,
        }
    }

    /// Takes the pen that SGR sequences make of the default one, and begins a row.
    pub(crate) fn begin(&mut self, pen: &[u8]) {
        if !self.is_default {
            self.take(b"\x1b[0m\x1b]8;;\x1b\\");
            self.is_default = true;
        }
        if !pen.is_empty() {
            self.take(pen);
        }
        self.col = 0;
        self.cells = self.blank_row();
    }

    /// Returns the pen.
    pub(crate) fn pen(&self) -> &Cell {
        &self.template
    }

    /// Prints `bytes`; `row` is given every row that ends.
    pub(crate) fn print(&mut self, bytes: &[u8], row: &mut impl FnMut(Row<Cell>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let text = control(rest).unwrap_or(rest.len());
            let (now, later) = rest.split_at(text);
            // Only characters are ever packed.
            for c in std::str::from_utf8(now).unwrap_or_default().chars() {
                self.put(c, row);
            }
            rest = later;
            let Some(&byte) = rest.first() else { return };
            let mut used = 1;
            match byte {
                0x1b => {
                    used = sequence_len(rest);
                    self.take(&rest[..used]);
                }
                b'\n' => self.end_row(row),
                b'\t' => self.col = self.col.max((self.col / 8 * 8 + 8).min(self.cols - 1)),
                GAP if self.col + 1 == self.cols => self.leave_gap(row),
                _ => {}
            }
            rest = &rest[used..];
        }
    }

    /// Ends the row; the next one is new.
    pub(crate) fn end_row(&mut self, row: &mut impl FnMut(Row<Cell>)) {
        let next = self.blank_row();
        let cells = std::mem::replace(&mut self.cells, next);
        let occupied = cells.len();
        row(Row::from_vec(cells, occupied));
        self.col = 0;
    }

    /// Hands over the row that goes on where the lines end; `gap` is its last cell, if that is one.
    pub(crate) fn end_open(&mut self, gap: Option<&Cell>, row: &mut impl FnMut(Row<Cell>)) {
        if let Some(gap) = gap {
            self.cells[self.cols - 1] = gap.clone();
        }
        self.cells[self.cols - 1].flags.insert(Flags::WRAPLINE);
        self.end_row(row);
    }

    fn blank_row(&self) -> Vec<Cell> {
        let blank = match self.fill {
            Fill::Default => Cell::default(),
            Fill::Pen => Cell::from(self.template.bg),
        };
        vec![blank; self.cols]
    }

    fn take(&mut self, sequences: &[u8]) {
        self.is_default = false;
        self.pen
            .parser
            .advance(&mut PenHandler(&mut self.pen.term), sequences);
        self.template = self.pen.term.grid().cursor.template.clone();
    }

    fn put(&mut self, c: char, row: &mut impl FnMut(Row<Cell>)) {
        let width = if c < '\u{7f}' {
            1
        } else {
            c.width().unwrap_or(0)
        };
        if width == 0 {
            self.join(c);
            return;
        }
        if self.col == self.cols {
            self.wrap(row);
        }
        if width == 2 && self.col + 1 == self.cols {
            self.leave_gap(row);
        }
        let wide = if width == 2 {
            Flags::WIDE_CHAR
        } else {
            Flags::empty()
        };
        self.set(c, wide);
        if width == 2 {
            self.set(' ', Flags::WIDE_CHAR_SPACER);
        }
    }

    /// Adds a character without width to the one before.
    fn join(&mut self, c: char) {
        let mut at = self.col.saturating_sub(1);
        if self.cells[at].flags.contains(Flags::WIDE_CHAR_SPACER) {
            at = at.saturating_sub(1);
        }
        let there = self.cells[at].zerowidth().map_or(0, <[char]>::len);
        if there < mend::MAX_ZERO_WIDTH || c < '\u{300}' {
            self.cells[at].push_zerowidth(c);
        }
    }

    fn set(&mut self, c: char, extra: Flags) {
        let cell = &mut self.cells[self.col];
        cell.clone_from(&self.template);
        cell.c = c;
        cell.flags.insert(extra);
        self.col += 1;
    }

    fn leave_gap(&mut self, row: &mut impl FnMut(Row<Cell>)) {
        self.set(' ', Flags::LEADING_WIDE_CHAR_SPACER);
        self.wrap(row);
    }

    fn wrap(&mut self, row: &mut impl FnMut(Row<Cell>)) {
        self.cells[self.cols - 1].flags.insert(Flags::WRAPLINE);
        self.end_row(row);
    }
}

/// Returns where the first control character of packed lines is.
fn control(bytes: &[u8]) -> Option<usize> {
    let line = memchr3(0x1b, b'\r', b'\n', bytes).unwrap_or(bytes.len());
    let other = memchr3(GAP, b'\t', b'\t', &bytes[..line]);
    other.or((line < bytes.len()).then_some(line))
}

struct PenHandler<'a>(&'a mut Term<VoidListener>);

impl Handler for PenHandler<'_> {
    fn terminal_attribute(&mut self, attr: Attr) {
        set_attribute(self.0, attr);
    }

    fn set_hyperlink(&mut self, link: Option<Hyperlink>) {
        self.0.set_hyperlink(link);
    }
}

impl Timeout for Never {
    fn set_timeout(&mut self, _duration: std::time::Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}
