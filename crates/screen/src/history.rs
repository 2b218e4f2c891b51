//! The scrollback: lines that left the top of the primary page, packed.
//!
//! It is one stream of bytes, cut into blocks: text, SGR, links (OSC 8) and line ends (CR LF), such
//! as a terminal could be given. What a line shows follows from printing it, so the stream knows no
//! width: a line longer than a row wraps wherever a terminal of that width wraps it. Rows exist only
//! while somebody reads.
//!
//! Two kinds of producers write it. A row that scrolls off the page is [`push`](History::push)ed and
//! stands for itself: it joins the row before if that went on in it, and begins and ends with the
//! default pen where it does not. A line of plain output is [appended as it came](History::append); it leaves the stream
//! in the pen that it leaves, and the next line says which one it begins in.
//!
//! Two things distinguish the stream from a terminal's input:
//!
//! - a row that a wrap begins is blank in the default colour, whatever the pen (a terminal that
//!   scrolls fills it with the pen's); blocks that need this are `special`: they are painted row by row;
//! - [`GAP`] at the last column leaves it to a wide character that did not fit, although the next
//!   row may no longer begin with one.
//!
//! Blocks are given up oldest first, when there are more lines or bytes than the limits say.

mod decode;
mod measure;
mod rows;

use std::{collections::VecDeque, sync::OnceLock};

use alacritty_terminal::{
    grid::Row,
    index::Column,
    term::cell::{Cell, Flags},
};

pub(crate) use self::decode::{Decoder, Fill};

use crate::{
    dump::{End, Painter, Pen, paint_row, wraps_by_itself},
    mend,
};

/// Says that the last column stays empty before a wide character, in the pen in force.
const GAP: u8 = 0x07;

/// Largest size at which a block is full, in bytes.
const MAX_BLOCK_BYTES: usize = 64 * 1024;

/// Least size at which a block is full, in bytes.
const MIN_BLOCK_BYTES: usize = 256;

/// The scrollback of a primary screen.
pub(crate) struct History {
    blocks: VecDeque<Block>,
    max_lines: usize,
    max_bytes: usize,
    block_bytes: usize,
    cols: usize,
    /// Line ends in all blocks.
    lines: usize,
    /// Bytes allocated by all blocks.
    allocated: usize,
    /// The pen that the stream leaves: the SGR sequences since the last reset.
    pen: Vec<u8>,
    open: Option<Open>,
    row: Painter,
}

/// What the newest row is like that goes on in the next one.
struct Open {
    /// Where its cells begin in the last block.
    cells: usize,
    /// Whether another row went on in this one.
    joined: bool,
    /// The pen before its cells and after them.
    before: Pen,
    after: Pen,
    /// The last cell, if it is empty because a wide character did not fit.
    gap: Option<Cell>,
}

impl Open {
    /// Returns what a row says of this, if it goes on.
    fn of(row: &Row<Cell>, end: End) -> Option<Self> {
        Some(Self {
            gap: match end {
                End::Hard => return None,
                End::Soft => None,
                End::SoftBeforeWide => Some(row[Column(row.len() - 1)].clone()),
            },
            cells: 0,
            joined: false,
            before: Pen::default(),
            after: Pen::default(),
        })
    }
}

#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    /// The pen that the first byte is printed with, in SGR sequences.
    pen: Vec<u8>,
    lines: usize,
    /// Whether the first row goes on from the last one of the block before.
    joined: bool,
    /// Whether a terminal shows something else when it is given the bytes.
    special: bool,
    /// Whether any character has a page colour of its own.
    coloured: bool,
    /// The number of rows, if it was counted since the last change.
    rows: OnceLock<usize>,
}

impl History {
    pub(crate) fn new(cols: usize, max_lines: usize, max_bytes: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            max_lines,
            max_bytes,
            block_bytes: (max_bytes / 24).clamp(MIN_BLOCK_BYTES, MAX_BLOCK_BYTES),
            cols,
            lines: 0,
            allocated: 0,
            pen: Vec::new(),
            open: None,
            row: Painter::default(),
        }
    }

    /// Returns the size at which a block is full, in bytes.
    pub(crate) fn block_bytes(&self) -> usize {
        self.block_bytes
    }

    /// Returns how much is kept, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes.len()).sum()
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.blocks.clear();
        self.lines = 0;
        self.allocated = 0;
        self.pen.clear();
        self.open = None;
        self.row = Painter::default();
    }

    /// Returns whether the newest row goes on in the first one of the page.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Returns whether the newest row has a gap at its end, before a wide character.
    pub(crate) fn has_gap(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.gap.is_some())
    }

    /// Appends a row that leaves the page.
    pub(crate) fn push(&mut self, row: &Row<Cell>) {
        if self.max_lines == 0 {
            return;
        }
        let open = self.open.take();
        let mut out = std::mem::take(&mut self.row);
        out.clear();
        if !self.pen.is_empty() {
            self.pen.clear();
            out.put("\x1b[0m");
        }
        let mut special = false;
        if let Some(open) = &open {
            let gap = open.gap.as_ref();
            special = !wraps_by_itself(&row[Column(0)], gap);
            if let Some(gap) = gap.filter(|_| special) {
                out.take_cell(gap);
                out.raw(&[GAP]);
            }
        }
        let (before, pen) = (out.bytes().len(), out.pen().clone());
        let end = paint_row(&mut out, row, open.is_some());
        if end == End::Hard {
            out.put("\r\n");
        }
        let from = open.as_ref().map(|open| &open.after);
        let start = self.add(out.bytes(), from, &[], usize::from(end == End::Hard));
        let block = self.last();
        block.special |= special;
        block.coloured |= out.is_coloured();
        self.open = Open::of(row, end).map(|now| Open {
            cells: start + before,
            joined: open.is_some(),
            before: pen,
            after: out.pen().clone(),
            ..now
        });
        out.shrink();
        self.row = out;
    }

    /// Appends a line as it was printed, from the pen `before` on; it leaves the pen `after`.
    ///
    /// Both pens are given as the SGR sequences since the last reset. The line must show the same
    /// as on a terminal that scrolls, must not end in blanks, and none may be open.
    pub(crate) fn append(&mut self, line: &[u8], before: &[u8], after: &[u8], coloured: bool) {
        if self.max_lines == 0 {
            return;
        }
        let start = self.change_pen(before);
        self.add(line, None, &start, 0);
        let block = self.last();
        block.bytes.extend_from_slice(b"\r\n");
        block.lines += 1;
        block.coloured |= coloured;
        self.lines += 1;
        self.leave_pen(start, after);
    }

    /// Appends so many lines as they were printed, with their ends; none has a page colour.
    ///
    /// Otherwise as [`append`](Self::append).
    pub(crate) fn append_lines(&mut self, lines: &[u8], count: usize, before: &[u8], after: &[u8]) {
        if self.max_lines == 0 {
            return;
        }
        let start = self.change_pen(before);
        self.add(lines, None, &start, count);
        self.leave_pen(start, after);
    }

    /// Makes the pen that the stream leaves the one that a line begins with; returns it, to be given
    /// back to [`leave_pen`](Self::leave_pen).
    fn change_pen(&mut self, before: &[u8]) -> Vec<u8> {
        debug_assert!(self.open.is_none(), "a line begins a row");
        let mut start = std::mem::take(&mut self.pen);
        // Not left to the comparison: of two empty slices it can cost more than all else here.
        let both_plain = start.is_empty() && before.is_empty();
        if !both_plain && start != before {
            let mut change = Vec::new();
            if !start.is_empty() {
                change.extend_from_slice(b"\x1b[0m");
            }
            change.extend_from_slice(before);
            self.add(&change, None, &start, 0);
            start.clear();
            start.extend_from_slice(before);
        }
        start
    }

    fn leave_pen(&mut self, mut pen: Vec<u8>, after: &[u8]) {
        pen.clear();
        pen.extend_from_slice(after);
        self.pen = pen;
    }

    /// Ends the newest row, if it goes on: what it went on in is about to be moved or erased.
    pub(crate) fn end_row(&mut self) {
        self.change_open(mend::end_row);
    }

    /// Makes the gap at the end of the newest row a blank like any other.
    pub(crate) fn fill_gap(&mut self) {
        self.change_open(|row| {
            let last = Column(row.len() - 1);
            row[last].flags.remove(Flags::LEADING_WIDE_CHAR_SPACER);
        });
    }

    /// Packs the newest row again, changed, if it is one that goes on.
    fn change_open(&mut self, change: impl FnOnce(&mut Row<Cell>)) {
        let Some(open) = self.open.take() else { return };
        let mut out = Painter::taking(&open.before);
        let mut decoder = Decoder::new(self.cols, Fill::Default);
        decoder.begin(out.bytes());
        let mut newest = None;
        let block = self.last();
        let mut keep = |row| newest = Some(row);
        decoder.print(&block.bytes[open.cells..], &mut keep);
        decoder.end_open(open.gap.as_ref(), &mut keep);
        block.bytes.truncate(open.cells);
        block.rows = OnceLock::new();
        let Some(mut row) = newest else { return };
        change(&mut row);
        out.clear();
        let end = paint_row(&mut out, &row, open.joined);
        if end == End::Hard {
            out.put("\r\n");
            self.lines += 1;
            self.last().lines += 1;
        }
        let block = self.last();
        // The gap was none of the cells that were packed.
        block.coloured |= out.is_coloured();
        let capacity = block.bytes.capacity();
        block.bytes.extend_from_slice(out.bytes());
        let more = block.bytes.capacity() - capacity;
        self.allocated += more;
        self.open = Open::of(&row, end).map(|now| Open {
            after: out.pen().clone(),
            gap: now.gap,
            ..open
        });
        out.shrink();
        self.row = out;
    }

    /// Appends bytes that begin a row; returns where in the last block.
    ///
    /// The row goes on from one that left the pen `from`, or is a new one in the pen `pen`.
    fn add(&mut self, bytes: &[u8], from: Option<&Pen>, pen: &[u8], lines: usize) -> usize {
        // Room for the end of a line that is appended as it came.
        let needed = bytes.len() + 2;
        let full = if from.is_some() {
            self.block_bytes / 4 * 5
        } else {
            self.block_bytes
        };
        match self.blocks.back() {
            Some(block) if block.bytes.is_empty() || block.bytes.len() + needed <= full => {}
            _ => self.begin_block(from, pen, needed),
        }
        let most = self.block_bytes / 4 * 5;
        let block = self.last();
        let (start, before) = (block.bytes.len(), block.bytes.capacity());
        if before < start + needed {
            let wanted = (2 * before).min(most).max(start + needed);
            block.bytes.reserve_exact(wanted - start);
        }
        block.bytes.extend_from_slice(bytes);
        block.lines += lines;
        block.rows = OnceLock::new();
        let more = block.bytes.capacity() - before;
        self.allocated += more;
        self.lines += lines;
        start
    }

    /// Begins a block, in the memory of the oldest one if that has to go for it.
    fn begin_block(&mut self, from: Option<&Pen>, pen: &[u8], needed: usize) {
        let mut bytes = Vec::new();
        let room = needed.max(self.block_bytes / 4 * 5);
        while let Some(oldest) = self.blocks.front()
            && (self.max_lines <= self.lines - oldest.lines
                || self.max_bytes < self.allocated + room)
        {
            bytes = self.drop_oldest();
        }
        bytes.clear();
        if room < bytes.capacity() {
            bytes = Vec::new();
        }
        self.allocated += bytes.capacity();
        self.blocks.push_back(Block {
            bytes,
            pen: from.map_or(pen.to_vec(), |from| Painter::taking(from).into_bytes()),
            joined: from.is_some(),
            ..Block::default()
        });
    }

    fn drop_oldest(&mut self) -> Vec<u8> {
        let Some(oldest) = self.blocks.pop_front() else {
            return Vec::new();
        };
        self.lines -= oldest.lines;
        self.allocated -= oldest.bytes.capacity();
        oldest.bytes
    }

    fn last(&mut self) -> &mut Block {
        if self.blocks.is_empty() {
            self.blocks.push_back(Block::default());
        }
        let last = self.blocks.len() - 1;
        &mut self.blocks[last]
    }
}
