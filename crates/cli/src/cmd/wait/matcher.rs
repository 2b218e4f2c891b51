//! Finds a match in output as it comes, in whatever pieces, with bounded memory.
//!
//! The output is read as a terminal reads it and kept as plain text: characters, line ends, and a
//! line end wherever the cursor is moved elsewhere, since what is printed there is another text.
//! The last [`WINDOW_BYTES`] of it are looked at, so a match may be that long.

use abide_core::replay::Offset;
use regex::bytes::{Regex, RegexBuilder};

/// Text that is kept to be looked at, in bytes. Twice as much is held at times.
const WINDOW_BYTES: usize = 32 * 1024;

/// Longest sequence without effect that is believed to be one, in bytes. A program that opens one
/// and never closes it would otherwise be remembered in full.
const LONGEST_SEQUENCE_BYTES: usize = 64 * 1024;

/// Memory that a compiled expression may take, in bytes.
const REGEX_BYTES: usize = 4 * 1024 * 1024;

/// Reads a regular expression from the command line.
pub(super) fn parse(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .multi_line(true)
        .size_limit(REGEX_BYTES)
        .build()
}

/// Looks for one expression in output that comes in pieces.
pub(super) struct Matcher {
    regex: Regex,
    parser: vte::Parser,
    text: Text,
}

impl std::fmt::Debug for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matcher")
            .field("regex", &self.regex)
            .finish_non_exhaustive()
    }
}

/// A rendered screen: its rows, and where its cursor is, from zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen<'a> {
    pub(super) text: &'a [u8],
    pub(super) cols: u16,
    pub(super) cursor_row: u16,
    pub(super) cursor_col: u16,
}

impl Screen<'_> {
    /// Returns the whole text, and what of it is before the cursor, with rows that are full joined
    /// to the next: a line that was too long for its row goes on there. A line that ends just there
    /// by itself is joined too.
    fn joined(&self) -> (Vec<u8>, Vec<u8>) {
        let text = String::from_utf8_lossy(self.text);
        let (mut all, mut before) = (String::new(), String::new());
        let (cursor_row, cursor_col) = (usize::from(self.cursor_row), usize::from(self.cursor_col));
        for (number, row) in text.lines().enumerate() {
            // A blank at the end of a row is not rendered: one that is short by one may have had it.
            let end = match usize::from(self.cols).saturating_sub(row.chars().count()) {
                0 => "",
                1 => " ",
                _ => "\n",
            };
            all.extend([row, end]);
            if number < cursor_row {
                before.extend([row, end]);
            } else if number == cursor_row {
                // Blanks at the end of a row are not rendered, and were printed nonetheless.
                before.extend(row.chars().chain(std::iter::repeat(' ')).take(cursor_col));
            }
        }
        (all.into_bytes(), before.into_bytes())
    }
}

/// The end of the text, with where in the output each of its bytes came from.
#[derive(Debug, Default)]
struct Text {
    bytes: Vec<u8>,
    /// For each byte, the position after the byte of output that completed it.
    ends: Vec<Offset>,
    /// The position after the byte that is being read.
    here: Offset,
    /// A carriage return came, and may be the beginning of a line end.
    returned: bool,
    /// Bytes since the last that something came of.
    silent: usize,
    /// Bytes at the beginning that were looked at and only tell what comes before the rest.
    context: usize,
}

impl Matcher {
    /// Returns one that has seen no output.
    pub(super) fn new(regex: Regex) -> Self {
        Self {
            regex,
            parser: vte::Parser::new(),
            text: Text::default(),
        }
    }

    /// Forgets the output so far, because some of what follows it was not seen.
    fn restart(&mut self) {
        self.parser = vte::Parser::new();
        self.text = Text::default();
    }

    /// Takes a rendered screen in the place of output that was not seen: what was printed before
    /// the cursor, to be gone on with by what comes at `offset`. Returns whether it has a match.
    pub(super) fn see(&mut self, screen: &Screen<'_>, offset: Offset) -> bool {
        self.restart();
        let (joined, before_cursor) = screen.joined();
        if self.is_in(screen.text) || self.is_in(&joined) {
            return true;
        }
        self.text.here = offset;
        self.text.push(&before_cursor);
        false
    }

    /// Tells whether plain text, such as a rendered screen, has a match.
    fn is_in(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Takes the next bytes of output; returns the position after a match, once there is one.
    pub(super) fn feed(&mut self, offset: Offset, data: &[u8]) -> Option<Offset> {
        self.text.here = offset;
        for piece in data.chunks(WINDOW_BYTES) {
            for byte in piece {
                self.read(std::slice::from_ref(byte));
            }
            if let Some(end) = self.look() {
                return Some(end);
            }
            self.text.forget_old();
        }
        None
    }

    fn read(&mut self, byte: &[u8]) {
        self.text.here = self.text.here.advanced(byte.len());
        self.text.silent += byte.len();
        self.parser.advance(&mut self.text, byte);
        if LONGEST_SEQUENCE_BYTES < self.text.silent {
            self.parser = vte::Parser::new();
            self.text.silent = 0;
        }
    }

    /// Looks again at the text before the last piece too: a match may have begun in it.
    fn look(&self) -> Option<Offset> {
        let found = self.regex.find_at(&self.text.bytes, self.text.context)?;
        let last = found.end().checked_sub(1);
        Some(last.map_or(self.text.here, |last| self.text.ends[last]))
    }
}

impl Text {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.resize(self.bytes.len(), self.here);
    }

    /// Ends the line, unless it is empty.
    fn break_line(&mut self) {
        self.returned = false;
        if self.bytes.last().is_some_and(|last| *last != b'\n') {
            self.push(b"\n");
        }
    }

    fn forget_old(&mut self) {
        if self.bytes.len() <= 2 * WINDOW_BYTES {
            return;
        }
        // One byte more stays, so that the expression can tell whether a line or word begins.
        let old = self.bytes.len() - WINDOW_BYTES - 1;
        self.bytes.drain(..old);
        self.ends.drain(..old);
        self.context = 1;
    }
}

impl vte::Perform for Text {
    fn print(&mut self, c: char) {
        self.silent = 0;
        if self.returned {
            self.break_line();
        }
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn execute(&mut self, byte: u8) {
        self.silent = 0;
        match byte {
            b'\n' => {
                self.returned = false;
                self.push(b"\n");
            }
            b'\r' => self.returned = true,
            b'\t' => self.push(b"\t"),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, _: &vte::Params, intermediates: &[u8], _: bool, action: char) {
        self.silent = 0;
        match (intermediates, action) {
            // Some programs, and Windows itself, step over blanks instead of printing them.
            (b"", 'C' | 'a') => self.push(b" "),
            (b"", 'A' | 'B' | 'E' | 'F' | 'G' | 'H' | 'd' | 'e' | 'f' | '`') => self.break_line(),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        self.silent = 0;
        if intermediates.is_empty() && matches!(byte, b'D' | b'E' | b'M') {
            self.break_line();
        }
    }

    fn osc_dispatch(&mut self, _: &[&[u8]], _: bool) {
        self.silent = 0;
    }

    fn unhook(&mut self) {
        self.silent = 0;
    }
}

#[cfg(test)]
mod tests;
