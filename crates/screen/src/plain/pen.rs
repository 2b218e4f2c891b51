//! The pen along plain lines, kept as the sequences that make it.

use alacritty_terminal::{
    term::cell::Cell,
    vte::ansi::{Color, NamedColor},
};
use memchr::memchr;

use super::line::sgr_len;
use crate::{
    dump::{Painter, Pen},
    escape::find_escape,
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
        self.shorten();
        Some(seen)
    }

    /// Follows the sequences of whole lines; returns nothing if that is no SGR, may set a page colour,
    /// or ends a line with blanks before it.
    pub(super) fn walk_lines(&mut self, lines: &[u8]) -> Option<()> {
        let mut reset = 0;
        let mut at = 0;
        let mut blank = false;
        while let Some(text) = find_escape(&lines[at..]) {
            let start = at + text;
            if blank && lines[at] == b'\r' {
                return None;
            }
            if 0 < text {
                blank = lines[start - 1] == b' ';
            }
            let (len, effect) = plain_sequence(&lines[start..])?;
            at = start + len;
            match effect {
                Effect::Reset => reset = at,
                Effect::ResetAndMore => reset = start,
                Effect::More => {}
            }
        }
        if blank && lines[at..].starts_with(b"\r") {
            return None;
        }
        if reset != 0 {
            self.sequences.clear();
            self.coloured = false;
        }
        let mut at = reset;
        while let Some(text) = find_escape(&lines[at..]) {
            let start = at + text;
            at = start + sgr_len(&lines[start..])?;
            self.take(&lines[start..at]);
        }
        self.shorten();
        Some(())
    }

    fn shorten(&mut self) {
        if MAX_BYTES < self.sequences.len() {
            *self = Self::of(&self.cell(2));
        }
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

/// What a sequence does to a pen.
enum Effect {
    Reset,
    ResetAndMore,
    More,
}

/// Returns the length of the sequence that `bytes` begin with, and what it does, if it is SGR and
/// sets no page colour.
fn plain_sequence(bytes: &[u8]) -> Option<(usize, Effect)> {
    // The short ones are nearly all that there are.
    match *bytes.get(1..)? {
        [b'[', b'm', ..] => Some((3, Effect::Reset)),
        [b'[', b'0', b'm', ..] => Some((4, Effect::Reset)),
        [b'[', b'1'..=b'9', b'm', ..] => Some((4, Effect::More)),
        [b'[', b'1'..=b'3' | b'5'..=b'9', b'0'..=b'9', b'm', ..] => Some((5, Effect::More)),
        _ => {
            let len = sgr_len(bytes)?;
            let parameters = &bytes[2..len - 1];
            let effect = match parameters {
                [b'0', b';', ..] => Effect::ResetAndMore,
                _ => Effect::More,
            };
            (!may_colour_page(parameters)).then_some((len, effect))
        }
    }
}

/// Returns whether parameters of SGR may set a page colour.
fn may_colour_page(parameters: &[u8]) -> bool {
    if parameters.len() < 2 {
        return false;
    }
    let mut numbers = parameters.split(|byte| matches!(byte, b';' | b':'));
    let separate = !parameters.contains(&b':');
    while let Some(number) = numbers.next() {
        match without_zeros(number) {
            [b'4', _] | [b'1', b'0', _] => return true,
            // What follows is the colour of characters.
            b"38" if separate => skip_colour(&mut numbers),
            _ => {}
        }
    }
    false
}

/// Skips the numbers of a colour that is used up by what comes before it, as the parser does.
fn skip_colour<'a>(numbers: &mut (impl Iterator<Item = &'a [u8]> + Clone)) {
    let mut ahead = numbers.clone();
    let count = match ahead.next().map(without_zeros) {
        Some(b"5") => 1,
        Some(b"2") => 3,
        _ => return,
    };
    // The parser goes on after the first number that is too large for a colour.
    let fits = |number: &[u8]| number.len() < 3 || number.len() == 3 && number <= &b"255"[..];
    if ahead.clone().take(count).all(fits) {
        ahead.nth(count - 1);
        *numbers = ahead;
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|&&byte| byte == b'0').count();
    &number[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_colour_the_page_is_said_to() {
        for parameters in [
            "",
            "0",
            "1;31",
            "4",
            "38;5;44",
            "38;2;1;100;47",
            "38;2;7;8",
            "038;05;041",
        ] {
            assert!(!may_colour_page(parameters.as_bytes()), "{parameters}");
        }
        for parameters in [
            "44",
            "1;104",
            "048;5;1",
            "38;5;1;44",
            "38;2;1;2;3;41",
            "38;44",
            "38;2;300;44",
            "38;2;0300;44;1",
            "38:5:44",
        ] {
            assert!(may_colour_page(parameters.as_bytes()), "{parameters}");
        }
    }
}
