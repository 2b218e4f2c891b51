//! The pen along plain lines, kept as the sequences that make it.

use alacritty_terminal::{
    term::cell::Cell,
    vte::ansi::{Color, NamedColor},
};
use memchr::memchr;

use super::line::sgr_len;
use crate::{
    dump::{Painter, Pen},
    history::{Decoder, Fill},
};

/// Most bytes of sequences that are kept; more are replaced by one that does the same.
const MAX_BYTES: usize = 256;

/// The pen where a line ends and the next one begins.
#[derive(Clone)]
pub(super) struct Carried {
    /// The SGR sequences since the last reset.
    sequences: Vec<u8>,
    /// Whether any of them may set a page colour.
    coloured: bool,
}

/// What was seen on a line.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    /// The length of its text, in bytes.
    pub(super) text: usize,
    /// The last byte of its text.
    pub(super) last: Option<u8>,
    /// Whether some of it may have a page colour.
    pub(super) colours_page: bool,
}

impl Seen {
    /// Returns what is seen on a line without sequences.
    pub(super) fn text(text: &[u8]) -> Self {
        Self {
            text: text.len(),
            last: text.last().copied(),
            colours_page: false,
        }
    }
}

impl Carried {
    /// Returns a cell's pen.
    pub(super) fn of(cell: &Cell) -> Self {
        Self {
            sequences: Painter::taking(&Pen::of(cell)).into_bytes(),
            coloured: cell.bg != Color::Named(NamedColor::Background),
        }
    }

    /// Returns the SGR sequences that make the pen of the default one.
    pub(super) fn sequences(&self) -> &[u8] {
        &self.sequences
    }

    /// Returns whether the pen may have a page colour.
    pub(super) fn colours_page(&self) -> bool {
        self.coloured
    }

    /// Returns the pen as a cell.
    pub(super) fn cell(&self, cols: usize) -> Cell {
        if self.sequences.is_empty() {
            return Cell::default();
        }
        let mut decoder = Decoder::new(cols, Fill::Default);
        decoder.begin(&self.sequences);
        decoder.pen().clone()
    }

    /// Follows the sequences of a line; returns nothing if one of them is not SGR.
    pub(super) fn walk(&mut self, line: &[u8]) -> Option<Seen> {
        let mut seen = Seen::text(b"");
        let mut rest = line;
        loop {
            let text = memchr(0x1b, rest).unwrap_or(rest.len());
            seen.text += text;
            seen.last = rest[..text].last().copied().or(seen.last);
            rest = &rest[text..];
            if rest.is_empty() {
                break;
            }
            let (sequence, after) = rest.split_at(sgr_len(rest)?);
            seen.colours_page |= self.take(sequence);
            rest = after;
        }
        if MAX_BYTES < self.sequences.len() {
            *self = Self::of(&self.cell(2));
        }
        Some(seen)
    }

    /// Takes a sequence; returns whether it may set a page colour.
    fn take(&mut self, sequence: &[u8]) -> bool {
        let Some(parameters) = sequence.get(2..sequence.len().saturating_sub(1)) else {
            return false;
        };
        if matches!(parameters, b"" | b"0") || parameters.starts_with(b"0;") {
            self.sequences.clear();
            self.coloured = false;
        }
        if matches!(parameters, b"" | b"0") {
            return false;
        }
        self.sequences.extend_from_slice(sequence);
        let colours = may_colour_page(parameters);
        self.coloured |= colours;
        colours
    }
}

fn may_colour_page(parameters: &[u8]) -> bool {
    let numbers = parameters.split(|byte| matches!(byte, b';' | b':'));
    numbers.into_iter().any(|number| {
        let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
        matches!(number[zeros..], [b'4', _] | [b'1', b'0', _])
    })
}
