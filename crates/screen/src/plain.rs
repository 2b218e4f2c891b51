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
mod run;

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

/// Most bytes of lines that are looked at together.
const MAX_RUN_BYTES: usize = 4 * 1024;

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
    let rows = emulator.rows();
    let mut lines = Lines::new(bytes, emulator);
    let mut kept: VecDeque<Kept> = VecDeque::new();
    let mut kept_rows = 0;
    let mut store: Option<Store> = None;
    let mut stored = 0;
    let more = loop {
        let next = match lines.next() {
            Next::Plain(next) => next,
            Next::Other => break true,
            Next::Unfinished => break false,
        };
        kept_rows += next.rows;
        kept.push_back(next);
        while let Some(oldest) = kept.front()
            && rows - 1 <= kept_rows - oldest.rows
            && let Some(oldest) = kept.pop_front()
        {
            let store = store.get_or_insert_with(|| Store::new(emulator));
            kept_rows -= oldest.rows;
            stored = oldest.at.end;
            store.take(&mut emulator.history, bytes, oldest);
        }
    };
    if let Some(store) = store {
        store.finish(emulator);
    }
    Taken {
        stored,
        plain: lines.plain,
        more,
    }
}

/// Lines that wait for others to come after them.
struct Kept {
    /// Where they are, with their ends.
    at: Range<usize>,
    /// A number of rows that they take at least.
    rows: usize,
    /// The pen that they leave, if it may be another than before.
    after: Option<Carried>,
    what: What,
}

enum What {
    /// So many lines that can be stored as they came.
    Run { lines: usize },
    /// One that may need more.
    Line(Line, Seen),
}

enum Next {
    Plain(Kept),
    /// A line that is not plain.
    Other,
    /// A line without its end.
    Unfinished,
}

/// Finds plain lines, many at once where they are simple.
struct Lines<'a> {
    bytes: &'a [u8],
    cols: usize,
    tabs: bool,
    pen: Carried,
    /// Bytes that are plain, from the beginning.
    plain: usize,
    /// Bytes after those that are known to be characters.
    valid: usize,
    run_bytes: usize,
    /// Up to where lines are looked at one by one.
    one_by_one: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8], emulator: &Emulator) -> Self {
        let most = (emulator.history.block_bytes() / 4).min(bytes.len() / 8);
        Self {
            bytes,
            cols: emulator.cols(),
            tabs: emulator.state.tabs.changed().is_none(),
            pen: Carried::of(&emulator.primary_grid().cursor.template),
            plain: 0,
            valid: 0,
            run_bytes: MAX_RUN_BYTES.min(most),
            one_by_one: 0,
        }
    }

    fn next(&mut self) -> Next {
        if self.one_by_one <= self.plain {
            if let Some(run) = self.run() {
                return Next::Plain(run);
            }
            self.one_by_one = self.plain + self.run_bytes;
        }
        self.single()
    }

    fn run(&mut self) -> Option<Kept> {
        let rest = &self.bytes[self.plain..];
        let run = run::first(rest, self.run_bytes, self.cols, &self.pen, &mut self.valid)?;
        if let Some(after) = &run.after {
            self.pen.clone_from(after);
        }
        Some(Kept {
            at: self.pass(run.len),
            rows: run.rows,
            after: run.after,
            what: What::Run { lines: run.lines },
        })
    }

    fn single(&mut self) -> Next {
        let rest = &self.bytes[self.plain..];
        let line = match line::first(rest, self.cols, &mut self.valid) {
            Found::Line(line) if self.tabs || !line.tabs => line,
            Found::Line(_) | Found::Other => return Next::Other,
            Found::Unfinished => return Next::Unfinished,
        };
        let text = &rest[..line.text];
        let seen = if line.escapes {
            self.pen.walk(text)
        } else {
            Some(Seen::text(text))
        };
        let Some(seen) = seen else {
            return Next::Other;
        };
        Next::Plain(Kept {
            at: self.pass(line.len),
            rows: line.rows,
            after: line.escapes.then(|| self.pen.clone()),
            what: What::Line(line, seen),
        })
    }

    fn pass(&mut self, len: usize) -> Range<usize> {
        let start = self.plain;
        self.plain += len;
        self.valid = self.valid.saturating_sub(len);
        start..self.plain
    }
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

    fn take(&mut self, history: &mut History, bytes: &[u8], kept: Kept) {
        let text = &bytes[kept.at];
        match kept.what {
            What::Line(line, seen) => {
                self.line(history, &text[..line.text], line, seen, kept.after);
            }
            What::Run { lines } => {
                self.leave(kept.after);
                history.append_lines(text, lines, &self.before, self.pen.sequences());
            }
        }
    }

    /// Has the lines that follow leave this pen.
    fn leave(&mut self, after: Option<Carried>) {
        self.before.clear();
        self.before.extend_from_slice(self.pen.sequences());
        if let Some(after) = after {
            self.pen = after;
        }
    }

    fn line(
        &mut self,
        history: &mut History,
        text: &[u8],
        line: Line,
        seen: Seen,
        after: Option<Carried>,
    ) {
        let bare = line.ascii && !line.escapes && self.pen.sequences().is_empty();
        if bare && line.tabs && self.expand_tabs(text) {
            let len = without_blanks(&self.expanded).len();
            history.append(&self.expanded[..len], b"", b"", false);
            return;
        }
        let was_coloured = self.pen.colours_page();
        self.leave(after);
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
