//! Rows of a grid, painted by printing them one after the other.
//!
//! Only printing past the last column makes a terminal know that a row goes on in the next, so a
//! soft wrap is painted by doing just that.

use alacritty_terminal::{
    grid::Row,
    index::Column,
    term::cell::{Cell, Flags},
    vte::ansi::{Color, NamedColor},
};

use super::painter::{Painter, Pen};

/// A wide blank; one that does not fit a row's end leaves there what any wide character leaves.
const WIDE_BLANK: char = '\u{3000}';

/// How a row hands over to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The next row is a new one.
    Hard,
    /// The row goes on in the next.
    Soft,
    /// Likewise, and its last cell is empty because a wide character did not fit.
    SoftBeforeWide,
}

/// Paints rows one below the other, from the cursor's row on.
///
/// The rows below must be blank in the default colour, and so is the pen afterwards.
pub(crate) struct RowPainter<'a> {
    out: &'a mut Painter,
    before: Before,
    /// The row that comes next, if rows are gone to by number and not by line feeds.
    next: Option<usize>,
}

/// What was painted last.
enum Before {
    /// Nothing that is still to be ended: the cursor is where the next row begins.
    Nothing,
    /// A row that the next one goes on from; the cursor is where that begins.
    Joined,
    /// A row, without the step to the next one.
    Hard,
    Soft,
    SoftBeforeWide(Cell),
}

/// When the terminal is to go on in the next row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrap {
    /// When the row's first character is printed, if that does.
    WithText,
    /// Before anything of the row is printed.
    First,
}

impl<'a> RowPainter<'a> {
    pub(super) fn new(out: &'a mut Painter) -> Self {
        Self {
            out,
            before: Before::Nothing,
            next: None,
        }
    }

    /// Paints from the first row on in a terminal where a line feed may scroll.
    pub(super) fn addressing(out: &'a mut Painter) -> Self {
        Self {
            next: Some(0),
            ..Self::new(out)
        }
    }

    /// Does something where a row begins, before it is painted: the pen is the default one, and the
    /// cursor must be there again.
    pub(super) fn pause_before(&mut self, row: &Row<Cell>, act: impl FnOnce(&mut Painter)) {
        let joined = self.hand_over(&row[Column(0)], Wrap::First);
        act(self.out);
        if joined {
            self.before = Before::Joined;
        }
    }

    /// Paints a row.
    pub(crate) fn row(&mut self, row: &Row<Cell>) {
        let joined = self.hand_over(&row[Column(0)], Wrap::WithText);
        let end = paint_row(self.out, row, joined);
        self.before = match end {
            End::Hard => Before::Hard,
            End::Soft => Before::Soft,
            End::SoftBeforeWide => Before::SoftBeforeWide(row[Column(row.len() - 1)].clone()),
        };
    }

    /// Gives whole lines that need no painting, the first in the pen that `pen` makes.
    ///
    /// `reset` says that they leave another pen than the default; `open` that the last row goes on in
    /// the next: the pen it leaves, and the gap if it ends in one.
    pub(crate) fn packed<'b>(
        &mut self,
        pen: &[u8],
        pieces: impl Iterator<Item = &'b [u8]>,
        reset: bool,
        open: Option<(&Pen, Option<&Cell>)>,
    ) {
        self.hand_over(&Cell::default(), Wrap::WithText);
        self.out.raw(pen);
        for piece in pieces {
            self.out.raw(piece);
        }
        if reset {
            self.out.put("\x1b[0m");
        }
        self.before = match open {
            None => Before::Nothing,
            Some((_, None)) => Before::Soft,
            Some((_, Some(gap))) => Before::SoftBeforeWide(gap.clone()),
        };
        if let Some((pen, _)) = open {
            self.out.has_taken(pen);
        }
    }

    /// Ends the painting on the last row.
    pub(super) fn finish(self) {
        self.out.plain();
    }

    /// Goes from the row painted last to the next one, which begins with `first`; returns whether
    /// that goes on from it.
    fn hand_over(&mut self, first: &Cell, wrap: Wrap) -> bool {
        let at = self.next;
        self.next = at.map(|at| at + 1);
        let by_itself = |gap| wrap == Wrap::WithText && wraps_by_itself(first, gap);
        match std::mem::replace(&mut self.before, Before::Nothing) {
            Before::Nothing => return false,
            Before::Joined => {}
            Before::Hard => {
                match at {
                    Some(at) => self.out.go(at, 0),
                    None => self.out.put("\r\n"),
                }
                return false;
            }
            Before::Soft if by_itself(None) => {}
            // The character that wraps has the plain pen: a coloured one would colour a row that
            // is scrolled in by it. Stepping back, not to the first column, leaves the text whole
            // where the terminal is wider and nothing wraps.
            Before::Soft => {
                self.out.plain();
                self.out.put(" \x08");
            }
            Before::SoftBeforeWide(last) if by_itself(Some(&last)) => {}
            Before::SoftBeforeWide(last) => {
                before_wide(self.out, &last);
                // The row may have been scrolled in, in the colour of that pen. Erasing it from
                // the first column would undo the wrap in some terminals.
                self.out.put("\x1b[K\x08\x08\x1b[2X");
            }
        }
        true
    }
}

/// Returns whether printing `first` past the last column, or past the `gap` there, wraps and leaves
/// nothing else behind.
pub(crate) fn wraps_by_itself(first: &Cell, gap: Option<&Cell>) -> bool {
    let same =
        |gap: &Cell| first.flags.contains(Flags::WIDE_CHAR) && Pen::of(gap) == Pen::of(first);
    first.bg == Color::Named(NamedColor::Background) && gap.is_none_or(same)
}

/// Paints a row that is perhaps the second of a line; at a line's end, returns to the default pen.
pub(crate) fn paint_row(out: &mut Painter, row: &Row<Cell>, joined: bool) -> End {
    let end = end_of(row);
    let len = match end {
        End::Hard => painted_len(row).max(usize::from(joined)),
        End::Soft => row.len(),
        End::SoftBeforeWide => row.len() - 1,
    };
    for cell in &row[Column(0)..Column(len)] {
        paint_cell(out, cell);
    }
    if end == End::Hard {
        out.plain();
    }
    end
}

/// At the last column, leaves what a wide character leaves that does not fit there, in `last`'s
/// pen; the next row then begins with a wide blank, which printing over would undo it.
pub(super) fn before_wide(out: &mut Painter, last: &Cell) {
    out.take_cell(last);
    out.put_char(WIDE_BLANK);
    out.plain();
}

pub(crate) fn end_of(row: &Row<Cell>) -> End {
    let flags = row[Column(row.len() - 1)].flags;
    if flags.contains(Flags::WRAPLINE | Flags::LEADING_WIDE_CHAR_SPACER) {
        End::SoftBeforeWide
    } else if flags.contains(Flags::WRAPLINE) {
        End::Soft
    } else {
        End::Hard
    }
}

/// Prints one cell in its pen; the second half of a wide character was printed with the first.
pub(crate) fn paint_cell(out: &mut Painter, cell: &Cell) {
    if cell.flags.contains(Flags::WIDE_CHAR_SPACER) {
        return;
    }
    out.take_cell(cell);
    out.put_char(cell.c);
    for &c in cell.zerowidth().into_iter().flatten() {
        out.put_char(c);
    }
}

/// Returns the length of a row without the blanks at its end that nothing was ever printed on.
pub(crate) fn painted_len(row: &Row<Cell>) -> usize {
    let cells = &row[..];
    let last = cells.iter().rposition(|cell| !is_plain_blank(cell));
    last.map_or(0, |last| last + 1)
}

/// Returns whether a cell is like one of a page just cleared.
fn is_plain_blank(cell: &Cell) -> bool {
    cell.c == ' '
        && !cell.flags.contains(Flags::WIDE_CHAR_SPACER)
        && cell.zerowidth().is_none_or(<[char]>::is_empty)
        && Pen::is_default_of(cell)
}
