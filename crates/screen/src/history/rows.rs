//! Reading the scrollback: how many rows it has, the newest of them, and taking those back.

use std::sync::OnceLock;

use alacritty_terminal::{grid::Row, term::cell::Cell};

use super::{
    Block, GAP, History,
    decode::{Decoder, Fill},
    measure::{count_rows, row_starts},
};
use crate::dump::{End, Painter, Pen, RowPainter, end_of};

/// Stands for the pen that the stream is in after its end was taken away: equal to no other.
const UNKNOWN_PEN: &[u8] = b"\x1b[0m";

/// What there is of a blank row that ends a line. In a wider row, it is nothing.
const BLANK_ROW: &[u8] = b" \r\n";

impl History {
    /// Returns the number of rows, at most as many as the limit says.
    pub(crate) fn rows(&self) -> usize {
        let all = self.blocks.iter().map(|block| self.rows_of(block)).sum();
        self.max_lines.min(all)
    }

    /// Calls `row` with each of the `newest` rows, oldest first.
    pub(crate) fn each_row(&self, newest: usize, mut row: impl FnMut(&Row<Cell>)) {
        let (first, mut skip) = self.position(newest);
        self.decode(first, self.blocks.len(), &mut |cells| match skip {
            0 => row(&cells),
            _ => skip -= 1,
        });
    }

    /// Paints the `newest` rows.
    pub(crate) fn paint(&self, newest: usize, out: &mut RowPainter<'_>) {
        let (mut first, mut skip) = self.position(newest);
        while first < self.blocks.len() {
            let mut after = first + 1;
            while after < self.blocks.len() && self.blocks[after].joined {
                after += 1;
            }
            let whole = skip == 0 && (first..after).all(|at| !self.blocks[at].special);
            if whole {
                let pen = self.blocks.get(after).map_or(&self.pen, |next| &next.pen);
                let end = self.open.as_ref().filter(|_| after == self.blocks.len());
                out.packed(
                    &self.blocks[first].pen,
                    (first..after).map(|at| &self.blocks[at].bytes[..]),
                    !pen.is_empty(),
                    end.map(|open| (&open.after, open.gap.as_ref())),
                );
            } else {
                self.decode(first, after, &mut |cells| match skip {
                    0 => out.row(&cells),
                    _ => skip -= 1,
                });
            }
            first = after;
        }
    }

    /// Takes the `newest` rows away; returns them, oldest first.
    pub(crate) fn take_rows(&mut self, newest: usize) -> Vec<Row<Cell>> {
        let (first, skip) = self.position(newest);
        if self.blocks.len() <= first {
            return Vec::new();
        }
        let mut rows = Vec::new();
        self.decode(first, self.blocks.len(), &mut |row| rows.push(row));
        let taken = rows.split_off(skip);
        // What stays ends with a whole line; the rows of the next one that stay are packed anew.
        let line = rows.iter().rposition(|row| end_of(row) == End::Hard);
        let line = line.map_or(0, |last| last + 1);
        self.truncate(first, line);
        for row in &rows[line..] {
            self.push(row);
        }
        taken
    }

    /// Cuts the block `at` before its row `keep`, which begins a line, and drops those after it.
    fn truncate(&mut self, at: usize, keep: usize) {
        for block in self.blocks.drain(at + 1..) {
            self.lines -= block.lines;
            self.allocated -= block.bytes.capacity();
        }
        self.open = None;
        self.row = Painter::default();
        let cols = self.cols;
        let block = self.last();
        let (mut row, mut end) = (0, block.bytes.len());
        row_starts(&block.bytes, cols, |start| {
            end = start;
            row += 1;
            row <= keep
        });
        if row <= keep {
            end = block.bytes.len();
        }
        block.bytes.truncate(end);
        block.rows = OnceLock::new();
        let lines = memchr::memchr_iter(b'\n', &block.bytes).count();
        let fewer = std::mem::replace(&mut block.lines, lines) - lines;
        let joined = std::mem::take(&mut block.joined);
        self.lines -= fewer;
        self.pen = self.pen_after(at);
        if joined && end == 0 && 0 < at {
            // A line longer than a block comes apart here.
            self.end_block(at - 1);
        }
    }

    /// Returns the pen that a block leaves.
    fn pen_after(&self, at: usize) -> Vec<u8> {
        let block = &self.blocks[at];
        if block.bytes.is_empty() || memchr::memchr(0x1b, &block.bytes).is_none() {
            return block.pen.clone();
        }
        let mut decoder = Decoder::new(self.cols, Fill::Default);
        decoder.begin(&block.pen);
        decoder.print(&block.bytes, &mut |_| {});
        match Pen::is_default_of(decoder.pen()) {
            true => Vec::new(),
            false => UNKNOWN_PEN.to_vec(),
        }
    }

    /// Ends the line that the last row of a block belongs to.
    fn end_block(&mut self, at: usize) {
        let block = &mut self.blocks[at];
        let capacity = block.bytes.capacity();
        block.bytes.extend_from_slice(b"\r\n");
        block.lines += 1;
        self.lines += 1;
        self.allocated += block.bytes.capacity() - capacity;
    }

    /// Takes a new width; only lines longer than a block no longer hang together.
    ///
    /// What only the old width told apart is forgotten, as by whoever gets a snapshot in the new one:
    /// blank rows that end a line, and gaps.
    pub(crate) fn set_cols(&mut self, cols: usize) {
        if self.cols == cols {
            return;
        }
        self.end_row();
        self.cols = cols;
        for at in 0..self.blocks.len() {
            self.blocks[at].rows = OnceLock::new();
            // Lines wrap elsewhere now, perhaps before a coloured character.
            self.blocks[at].special |= self.blocks[at].coloured;
            if self.blocks[at].joined && 0 < at {
                self.end_block(at - 1);
            }
            self.blocks[at].joined = false;
        }
        let is_of_width = |block: &Block| {
            memchr::memchr(GAP, &block.bytes).is_some()
                || memchr::memmem::find(&block.bytes, BLANK_ROW).is_some()
        };
        if let Some(first) = self.blocks.iter().position(is_of_width) {
            self.repack(first);
        }
    }

    /// Packs the rows of a block and those after it anew, as they are in the present width.
    fn repack(&mut self, first: usize) {
        let blocks = self.blocks.split_off(first);
        self.lines -= blocks.iter().map(|block| block.lines).sum::<usize>();
        self.allocated -= blocks
            .iter()
            .map(|block| block.bytes.capacity())
            .sum::<usize>();
        self.pen.clone_from(&blocks[0].pen);
        let mut decoder = Decoder::new(self.cols, Fill::Default);
        for block in blocks {
            decoder.begin(&block.pen);
            decoder.print(&block.bytes, &mut |row| self.push(&row));
        }
    }

    /// Returns how many of the newest rows make at least `wanted` rows of another width.
    ///
    /// They begin with a line, unless that takes more than `most` rows; a row that goes on is always
    /// among them.
    pub(crate) fn rows_for(&self, wanted: usize, cols: usize, most: usize) -> usize {
        let (mut now, mut then) = (0, 0);
        let mut open = self.is_open();
        'blocks: for block in self.blocks.iter().rev() {
            let mut end = block.bytes.len();
            while 0 < end {
                if !open && wanted <= then {
                    break 'blocks;
                }
                let text = &block.bytes[..end];
                let text = text.strip_suffix(b"\n").unwrap_or(text);
                let start = memchr::memrchr(b'\n', text).map_or(0, |at| at + 1);
                now += count_rows(&block.bytes[start..end], self.cols);
                then += count_rows(&block.bytes[start..end], cols);
                open = start == 0 && block.joined;
                if most <= now {
                    break 'blocks;
                }
                end = start;
            }
        }
        now.min(most).min(self.rows())
    }

    fn rows_of(&self, block: &Block) -> usize {
        *block
            .rows
            .get_or_init(|| count_rows(&block.bytes, self.cols))
    }

    /// Returns the block in which the `newest` rows begin, and how many of its rows come before.
    fn position(&self, newest: usize) -> (usize, usize) {
        let mut wanted = newest.min(self.max_lines);
        for (at, block) in self.blocks.iter().enumerate().rev() {
            let rows = self.rows_of(block);
            if wanted < rows || wanted == 0 {
                return if wanted == 0 {
                    (at + 1, 0)
                } else {
                    (at, rows - wanted)
                };
            }
            wanted -= rows;
        }
        (0, 0)
    }

    /// Decodes whole blocks.
    fn decode(&self, first: usize, after: usize, row: &mut impl FnMut(Row<Cell>)) {
        if after <= first {
            return;
        }
        let mut decoder = Decoder::new(self.cols, Fill::Default);
        decoder.begin(&self.blocks[first].pen);
        for block in self.blocks.range(first..after) {
            decoder.print(&block.bytes, row);
        }
        if let Some(open) = self.open.as_ref().filter(|_| after == self.blocks.len()) {
            decoder.end_open(open.gap.as_ref(), row);
        }
    }
}
