//! Bytes under construction, and the pen of the terminal that will read them.

use std::io::Write;

use alacritty_terminal::{
    term::cell::{Cell, Flags, Hyperlink},
    vte::ansi::{Color, NamedColor},
};

use crate::emulator::{BLINK, STYLE_FLAGS};

/// Memory that a painter keeps for the next row, in bytes.
const KEPT_BYTES: usize = 8 * 1024;

/// How printed text looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pen {
    fg: Color,
    bg: Color,
    flags: Flags,
    underline: Option<Color>,
    pub(crate) link: Option<Hyperlink>,
}

impl Default for Pen {
    fn default() -> Self {
        Self::of(&Cell::default())
    }
}

impl Pen {
    /// Returns the pen that a cell was printed with.
    pub(crate) fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            flags: cell.flags & STYLE_FLAGS,
            underline: cell.underline_color(),
            link: cell.hyperlink(),
        }
    }

    /// Returns whether a cell was printed with the pen of a terminal just switched on.
    pub(crate) fn is_default_of(cell: &Cell) -> bool {
        cell.fg == Color::Named(NamedColor::Foreground)
            && cell.bg == Color::Named(NamedColor::Background)
            && !cell.flags.intersects(STYLE_FLAGS)
            && (cell.extra.is_none()
                || cell.underline_color().is_none() && cell.hyperlink().is_none())
    }

    fn colours_page(&self) -> bool {
        self.bg != Color::Named(NamedColor::Background)
    }

    /// Returns whether `cell`, which has neither link nor underline colour, has this pen.
    fn is_of_simple(&self, cell: &Cell) -> bool {
        cell.fg == self.fg
            && cell.bg == self.bg
            && cell.flags & STYLE_FLAGS == self.flags
            && self.underline.is_none()
            && self.link.is_none()
    }

    /// Returns the pen without its link.
    pub(crate) fn unlinked(mut self) -> Self {
        self.link = None;
        self
    }

    fn same_style(&self, other: &Self) -> bool {
        self.fg == other.fg
            && self.bg == other.bg
            && self.flags == other.flags
            && self.underline == other.underline
    }
}

/// Output so far, and the pen it leaves.
#[derive(Debug, Default)]
pub(crate) struct Painter {
    bytes: Vec<u8>,
    pen: Pen,
    coloured: bool,
}

impl Painter {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Returns the output of taking a pen, and nothing else.
    pub(crate) fn taking(pen: &Pen) -> Self {
        let mut painter = Self::default();
        painter.take(pen);
        painter
    }

    /// Returns the pen.
    pub(crate) fn pen(&self) -> &Pen {
        &self.pen
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the output, keeping its memory.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.coloured = self.pen.colours_page();
    }

    /// Gives memory back that only an unusual row needs.
    pub(crate) fn shrink(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
    }

    pub(crate) fn put(&mut self, text: &str) {
        self.raw(text.as_bytes());
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn put_char(&mut self, c: char) {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => self.bytes.push(byte),
            _ => self.put(c.encode_utf8(&mut [0; 4])),
        }
    }

    /// Takes the pen that a cell was printed with.
    pub(crate) fn take_cell(&mut self, cell: &Cell) {
        if cell.extra.is_some() || !self.pen.is_of_simple(cell) {
            self.take(&Pen::of(cell));
        }
    }

    /// Writes formatted text.
    pub(crate) fn put_fmt(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a vector does not fail.
        let _ = self.bytes.write_fmt(text);
    }

    /// Moves the cursor to a row and column counted from 0.
    pub(crate) fn go(&mut self, row: usize, col: usize) {
        self.put_fmt(format_args!("\x1b[{};{}H", row + 1, col + 1));
    }

    /// Moves the cursor so many times as CUU, CUD, CUF or CUB (`final_byte` A to D) does.
    pub(crate) fn step(&mut self, count: usize, final_byte: char) {
        if 0 < count {
            self.put_fmt(format_args!("\x1b[{count}{final_byte}"));
        }
    }

    /// Records that the terminal has a pen.
    pub(crate) fn has_taken(&mut self, pen: &Pen) {
        self.pen.clone_from(pen);
    }

    /// Returns whether any output since the last clearing has another page colour than the default.
    pub(crate) fn is_coloured(&self) -> bool {
        self.coloured
    }

    /// Records that the terminal's pen is the default one, whatever it was.
    pub(crate) fn forget_pen(&mut self) {
        self.pen = Pen::default();
    }

    /// Returns to the pen of a terminal just switched on.
    pub(crate) fn plain(&mut self) {
        self.take(&Pen::default());
    }

    /// Takes a pen.
    pub(crate) fn take(&mut self, pen: &Pen) {
        if self.pen == *pen {
            return;
        }
        if !self.pen.same_style(pen) {
            self.coloured |= pen.colours_page();
            self.style(pen);
        }
        if self.pen.link != pen.link {
            match &pen.link {
                Some(link) => {
                    self.put_fmt(format_args!("\x1b]8;id={};{}\x1b\\", link.id(), link.uri()));
                }
                None => self.put("\x1b]8;;\x1b\\"),
            }
        }
        self.pen.clone_from(pen);
    }

    /// Writes one SGR that resets, then sets.
    fn style(&mut self, pen: &Pen) {
        self.put("\x1b[0");
        for (flag, code) in FLAG_CODES {
            if pen.flags.contains(flag) {
                self.put(code);
            }
        }
        self.colour(pen.fg, 30);
        self.colour(pen.bg, 40);
        match pen.underline {
            Some(Color::Spec(c)) => {
                self.put_fmt(format_args!(";58:2::{}:{}:{}", c.r, c.g, c.b));
            }
            Some(Color::Indexed(index)) => self.put_fmt(format_args!(";58:5:{index}")),
            Some(Color::Named(_)) | None => {}
        }
        self.put("m");
    }

    /// Writes a text colour (`base` 30) or page colour (`base` 40); the default needs no word.
    fn colour(&mut self, colour: Color, base: u16) {
        match colour {
            Color::Spec(c) => {
                self.put_fmt(format_args!(";{};2;{};{};{}", base + 8, c.r, c.g, c.b));
            }
            Color::Indexed(index) => self.put_fmt(format_args!(";{};5;{index}", base + 8)),
            Color::Named(name) => {
                let number = name as u16;
                if number <= NamedColor::White as u16 {
                    self.put_fmt(format_args!(";{}", base + number));
                } else if number <= NamedColor::BrightWhite as u16 {
                    self.put_fmt(format_args!(";{}", base + 60 + number - 8));
                }
            }
        }
    }
}

const FLAG_CODES: [(Flags, &str); 12] = [
    (Flags::BOLD, ";1"),
    (Flags::DIM, ";2"),
    (Flags::ITALIC, ";3"),
    (Flags::UNDERLINE, ";4"),
    (Flags::DOUBLE_UNDERLINE, ";4:2"),
    (Flags::UNDERCURL, ";4:3"),
    (Flags::DOTTED_UNDERLINE, ";4:4"),
    (Flags::DASHED_UNDERLINE, ";4:5"),
    (BLINK, ";5"),
    (Flags::INVERSE, ";7"),
    (Flags::HIDDEN, ";8"),
    (Flags::STRIKEOUT, ";9"),
];
