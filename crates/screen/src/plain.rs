//! Plain output: whole lines that go to the scrollback without passing through a grid.
//!
//! When much output comes, nobody sees most of it on a page. Lines of text, tabs and SGR sequences,
//! printed at the bottom of a primary page without margins, do nothing but scroll: they can be
//! stored [as they came](History::append), as long as so many lines come after them that none of
//! them is on the page any more. The page is then *behind*: its rows are not those that it should
//! show, but they scroll off before anybody can see them, because the lines kept back are parsed
//! first.
//!
//! Whatever is not certain to be that simple is left to the parser.

mod line;
mod pen;

use std::{collections::VecDeque, ops::Range};

use alacritty_terminal::{grid::Row, term::cell::Cell};

use self::{
    line::{Found, Line},
    pen::{Carried, Seen},
};
use crate::{
    emulator::Emulator,
    history::{Decoder, Fill, History},
};

/// Longest line that is stored as it came, in bytes; rows of longer ones are packed one by one.
const MAX_LINE_BYTES: usize = 8 * 1024;

/// What became of some output.
pub(crate) struct Taken {
    /// Bytes that are in the scrollback, from the beginning.
    pub(crate) stored: usize,
    /// Bytes that are plain, those included.
    pub(crate) plain: usize,
    /// Whether a line follows that is not plain.
    pub(crate) more: bool,
}

/// Stores the plain lines that `bytes` begin with, but for the last ones.
///
/// The page is behind, or its cursor is where a new line was begun at the bottom.
pub(crate) fn take(bytes: &[u8], emulator: &mut Emulator) -> Taken {
    let (rows, cols) = (emulator.rows(), emulator.cols());
    let tabs = emulator.state.tabs.changed().is_none();
    let mut pen = Carried::of(&emulator.primary_grid().cursor.template);
    let mut kept: VecDeque<Kept> = VecDeque::new();
    let mut kept_rows = 0;
    let mut store: Option<Store> = None;
    let (mut stored, mut plain, mut valid) = (0, 0, 0);
    let more = loop {
        let line = match line::first(&bytes[plain..], cols, &mut valid) {
            Found::Line(line) if tabs || !line.tabs => line,
            Found::Line(_) | Found::Other => break true,
            Found::Unfinished => break false,
        };
        let start = plain;
        let text = start..start + line.text;
        let seen = if line.escapes {
            pen.walk(&bytes[text.clone()])
        } else {
            Some(Seen::text(&bytes[text.clone()]))
        };
        let Some(seen) = seen else { break true };
        plain += line.len;
        valid = valid.saturating_sub(line.len);
        kept_rows += line.rows;
        let after = line.escapes.then(|| pen.clone());
        kept.push_back(Kept {
            text,
            line,
            seen,
            after,
        });
        while let Some(oldest) = kept.front()
            && rows - 1 <= kept_rows - oldest.line.rows
            && let Some(oldest) = kept.pop_front()
        {
            let store = store.get_or_insert_with(|| Store::new(emulator));
            kept_rows -= oldest.line.rows;
            stored = oldest.text.start + oldest.line.len;
            store.line(&mut emulator.history, bytes, oldest);
        }
    };
    if let Some(store) = store {
        store.finish(emulator);
    }
    Taken {
        stored,
        plain,
        more,
    }
}

/// A line that waits for others to come after it.
struct Kept {
    text: Range<usize>,
    line: Line,
    seen: Seen,
    /// The pen that it leaves, if it may be another than before.
    after: Option<Carried>,
}

/// Lines on their way to the scrollback, and the pen that they are printed with.
struct Store {
    cols: usize,
    pen: Carried,
    /// The pen at the beginning of a line.
    before: Vec<u8>,
    decoder: Option<Decoder>,
    /// A line whose tabs are written out.
    expanded: Vec<u8>,
}

impl Store {
    fn new(emulator: &mut Emulator) -> Self {
        emulator.fall_behind();
        Self {
            cols: emulator.cols(),
            pen: Carried::of(&emulator.primary_grid().cursor.template),
            before: Vec::new(),
            decoder: None,
            expanded: Vec::new(),
        }
    }

    fn line(&mut self, history: &mut History, bytes: &[u8], kept: Kept) {
        let Kept {
            text: at,
            line,
            seen,
            after,
        } = kept;
        let text = &bytes[at];
        let bare = line.ascii && !line.escapes && self.pen.sequences().is_empty();
        if bare && line.tabs && self.expand_tabs(text) {
            let len = without_blanks(&self.expanded).len();
            history.append(&self.expanded[..len], b"", b"", false);
            return;
        }
        let was_coloured = self.pen.colours_page();
        self.before.clear();
        self.before.extend_from_slice(self.pen.sequences());
        if let Some(after) = after {
            self.pen = after;
        }
        let fits = seen.text <= self.cols;
        let coloured = was_coloured || self.pen.colours_page() || (seen.colours_page && !fits);
        if line.tabs || coloured || MAX_LINE_BYTES < text.len() {
            self.decode(history, text);
        } else if seen.last != Some(b' ') {
            history.append(text, &self.before, self.pen.sequences(), seen.colours_page);
        } else if bare && fits {
            history.append(without_blanks(text), b"", b"", false);
        } else {
            self.decode(history, text);
        }
    }

    /// Writes tabs out as the blanks that they leave on a row; returns whether that is certain.
    fn expand_tabs(&mut self, text: &[u8]) -> bool {
        self.expanded.clear();
        for (at, piece) in text.split(|&byte| byte == b'\t').enumerate() {
            if 0 < at {
                let stop = self.expanded.len() / 8 * 8 + 8;
                self.expanded.resize(stop, b' ');
            }
            self.expanded.extend_from_slice(piece);
            if self.cols <= self.expanded.len() {
                return false;
            }
        }
        without_blanks(text)
            .last()
            .is_some_and(|&byte| byte != b'\t')
    }

    /// Packs the rows of a line whose bytes do not say by themselves what a page shows of it.
    #[cold]
    fn decode(&mut self, history: &mut History, text: &[u8]) {
        let decoder = self
            .decoder
            .get_or_insert_with(|| Decoder::new(self.cols, Fill::Pen));
        decoder.begin(&self.before);
        let mut push = |row: Row<Cell>| history.push(&row);
        decoder.print(text, &mut push);
        decoder.end_row(&mut push);
    }

    /// Leaves the page as if the lines had been printed on it.
    fn finish(self, emulator: &mut Emulator) {
        let pen = self.pen.cell(self.cols);
        emulator.begin_line(pen);
    }
}

fn without_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().rev().take_while(|&&byte| byte == b' ').count();
    &text[..text.len() - blanks]
}
