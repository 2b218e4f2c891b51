//! [`ScreenModel`]: takes output in, lazily, and answers for what a terminal would show.

use abide_core::{limits::SCROLLBACK_LINES, size::TermSize};
use alacritty_terminal::vte::ansi::{Handler, Processor, Timeout};
use bytes::Bytes;
use memchr::memchr;

use crate::{
    answer, compare, dump,
    emulator::Emulator,
    plain,
    tail::{Action, Extra, Tail},
    text,
};

/// Most bytes that wait unparsed; when so many have come they are parsed although nobody asked.
const MAX_PENDING_BYTES: usize = 256 * 1024;

/// The same for a page of the usual size. While they are looked at nobody reads the terminal, which
/// holds about as much as a program prints in a tenth of a millisecond.
const USUAL_PENDING_BYTES: usize = 32 * 1024;

/// Bytes for each cell of a page that wait at least: the lines of a page are looked at again and
/// again.
const PENDING_BYTES_PER_CELL: usize = 8;

/// Least number of bytes that may wait, however small the limits are.
const MIN_PENDING_BYTES: usize = 1024;

/// Least number of bytes that are parsed before lines are looked at again.
const LEAST_STEP_BYTES: usize = 4 * 1024;

/// Ends a sequence without effect.
const CANCEL: &[u8] = b"\x18";

/// Capacity that the pending buffer keeps when it is empty.
const KEPT_PENDING_BYTES: usize = USUAL_PENDING_BYTES;

/// What a terminal shows after some output, for whoever comes late.
pub struct ScreenModel {
    pending: Vec<u8>,
    max_pending: usize,
    parser: Processor<NoWaiting>,
    tail: Tail,
    emulator: Emulator,
}

/// Ends no synchronized update late: none is held back in the first place.
///
/// The parser would buffer what comes between `?2026h` and `?2026l`, and a snapshot would lack it.
#[derive(Default)]
struct NoWaiting;

impl Timeout for NoWaiting {
    fn set_timeout(&mut self, _duration: std::time::Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}

/// How much a model keeps beside the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScreenLimits {
    /// Rows of scrollback.
    pub lines: usize,
    /// Memory for scrollback and for output not yet parsed, in bytes.
    pub bytes: usize,
}

impl Default for ScreenLimits {
    fn default() -> Self {
        Self {
            lines: SCROLLBACK_LINES,
            bytes: 2 * 1024 * 1024,
        }
    }
}

/// What a snapshot holds and what it leaves alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// How much of the scrollback is painted.
    pub history: History,
    /// What becomes of the scrollback that the terminal has.
    pub scrollback: Scrollback,
}

/// A snapshot of everything.
const WHOLE: SnapshotOptions = SnapshotOptions {
    history: History::All,
    scrollback: Scrollback::Replace,
};

/// How much scrollback a snapshot paints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// All that the model has.
    All,
    /// At most so many lines, the newest.
    Lines(usize),
}

/// What a snapshot does with the scrollback that the terminal already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scrollback {
    /// Clears it: afterwards it holds exactly what was painted.
    Replace,
    /// Leaves it, and first scrolls the terminal's page up into it.
    Keep,
    /// Leaves it. The page is this screen's already, by a snapshot just before that had no scrollback,
    /// and is painted again below what this one has.
    Extend,
}

/// What a screen can be made of again, as cheaply as it can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The size of the screen.
    pub size: TermSize,
    /// A snapshot, perhaps of some time ago.
    pub state: Vec<u8>,
    /// The output since then, in order.
    pub pending: Vec<Bytes>,
}

/// Where the cursor is and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorState {
    /// Row of the page, counted from 0.
    pub row: u16,
    /// Column, counted from 0.
    pub col: u16,
    /// Whether it is shown.
    pub visible: bool,
    /// Whether the next character goes to the next row, the last column being taken.
    pub wrap_pending: bool,
    /// The argument of the last DECSCUSR (1 to 6, 0 for the terminal's own), if there was one.
    pub style: Option<u8>,
}

impl ScreenModel {
    /// Returns the model of a terminal just switched on.
    #[must_use]
    pub fn new(size: TermSize, limits: ScreenLimits) -> Self {
        let pending = (limits.bytes / 8).clamp(MIN_PENDING_BYTES, MAX_PENDING_BYTES);
        Self::with_pending(size, limits, pending)
    }

    /// Does the same, with the number of bytes that may wait unparsed; for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_pending(size: TermSize, limits: ScreenLimits, max_pending: usize) -> Self {
        let history_bytes = limits.bytes.saturating_sub(max_pending);
        Self {
            pending: Vec::new(),
            max_pending,
            parser: Processor::new(),
            tail: Tail::default(),
            emulator: Emulator::new(size, limits.lines, history_bytes),
        }
    }

    /// Takes output in. It is parsed when something is asked, or when much has gathered; and not
    /// even then what is plain text that has scrolled off the page since.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let most = self.most_pending();
        while most <= self.pending.len() + rest.len() {
            let (now, later) = rest.split_at(most.saturating_sub(self.pending.len()));
            self.keep_pending(now);
            self.digest();
            rest = later;
        }
        self.keep_pending(rest);
    }

    /// Parses what is pending; returns what a terminal would have typed back to the queries since
    /// the last call.
    ///
    /// Answers that nobody takes are kept up to 64 KiB.
    pub fn catch_up(&mut self) -> Vec<u8> {
        self.parse_pending();
        self.emulator.answers.take()
    }

    /// Parses what is pending and drops all answers: they were the attached terminal's to give.
    pub fn discard_answers(&mut self) {
        drop(self.catch_up());
    }

    /// Changes the size; wrapped rows of the primary screen flow into the new width.
    pub fn resize(&mut self, size: TermSize) {
        self.parse_pending();
        if size != self.size() {
            self.tail.forget_text();
        }
        self.emulator.resize(size);
    }

    /// Returns the size.
    #[must_use]
    pub fn size(&self) -> TermSize {
        self.emulator.size
    }

    /// Returns bytes that make a terminal equal to one that had been attached all along.
    ///
    /// They may be followed by the child's further output at once, wherever the output so far ends.
    /// They cause no answer.
    pub fn snapshot(&mut self, options: SnapshotOptions) -> Vec<u8> {
        self.parse_pending();
        let mut bytes = dump::snapshot(&self.emulator, options, self.repeatable());
        bytes.extend_from_slice(&self.unfinished());
        bytes
    }

    /// Returns how much scrollback there is, in bytes of output; what is pending counts as some.
    #[must_use]
    pub fn scrollback_bytes(&self) -> usize {
        self.emulator.history.bytes() + self.pending.len()
    }

    /// Returns what the whole screen can be made of again, without parsing what is pending.
    ///
    /// A new model of [`Checkpoint::size`] that is fed [`Checkpoint::state`] and then
    /// [`Checkpoint::pending`] is equal to this one.
    pub fn checkpoint(&mut self) -> Checkpoint {
        // Such a cursor is painted with the character that it stands on.
        if self.emulator.is_behind() && self.emulator.grid().saved_cursor.input_needs_wrap {
            self.parse_pending();
        }
        let mut state = dump::snapshot(&self.emulator, WHOLE, self.repeatable());
        state.extend_from_slice(self.tail.bytes());
        Checkpoint {
            size: self.size(),
            state,
            pending: match self.pending.is_empty() {
                true => Vec::new(),
                false => vec![Bytes::copy_from_slice(&self.pending)],
            },
        }
    }

    /// Returns up to `history_lines` of scrollback, then the rows of the page, without trailing
    /// blanks.
    pub fn text(&mut self, history_lines: usize) -> Vec<String> {
        self.parse_pending();
        text::plain(&self.emulator, history_lines)
    }

    /// Returns the same rows with their attributes, each row ended by a reset and a line feed.
    pub fn ansi(&mut self, history_lines: usize) -> Vec<u8> {
        self.parse_pending();
        text::styled(&self.emulator, history_lines)
    }

    /// Returns the cursor.
    pub fn cursor(&mut self) -> CursorState {
        self.parse_pending();
        // The grid has two columns even if the terminal has one.
        let cell = |at: usize, of: u16| u16::try_from(at).unwrap_or(u16::MAX).min(of - 1);
        let size = self.size();
        CursorState {
            row: cell(self.emulator.cursor_row(), size.rows()),
            col: cell(self.emulator.cursor_col(), size.cols()),
            visible: self.emulator.state.modes.cursor_visible,
            wrap_pending: self.emulator.grid().cursor.input_needs_wrap,
            style: self.emulator.state.cursor_style,
        }
    }

    /// Returns the window title, if one was set. Parses only what may have changed it.
    pub fn title(&mut self) -> Option<String> {
        if !self.tail.is_ground() || may_change_title(&self.pending) {
            self.parse_pending();
        }
        self.emulator.state.titles.current().map(str::to_owned)
    }

    /// Returns whether the alternate screen shows.
    pub fn is_alternate(&mut self) -> bool {
        self.parse_pending();
        self.emulator.is_alternate()
    }

    /// Returns in words where two models first differ in anything that a snapshot restores.
    ///
    /// Meant for tests: cells with their attributes, both screens, cursors, modes, all of it.
    pub fn first_difference(&mut self, other: &mut Self) -> Option<String> {
        self.parse_pending();
        other.parse_pending();
        compare::emulators(&self.emulator, &other.emulator)
            .or_else(|| compare::values("the tail", &self.unfinished(), &other.unfinished()))
            .or_else(|| {
                let (left, right) = (self.repeatable(), other.repeatable());
                compare::values("whether REP repeats", &left, &right)
            })
    }

    /// Returns whether a repetition would have a character to repeat.
    fn repeatable(&self) -> bool {
        self.tail.is_after_text() && self.emulator.last_printed().is_some()
    }

    /// Returns what the output so far ends in and the grids do not show yet.
    fn unfinished(&self) -> Vec<u8> {
        [self.tail.bytes(), &self.pending].concat()
    }

    /// Returns how many bytes wait at most with a page of this size.
    fn most_pending(&self) -> usize {
        let cells = self.emulator.rows() * self.emulator.cols();
        let wanted = (PENDING_BYTES_PER_CELL * cells).max(USUAL_PENDING_BYTES);
        wanted.min(self.max_pending)
    }

    fn keep_pending(&mut self, bytes: &[u8]) {
        let needed = self.pending.len() + bytes.len();
        if self.pending.capacity() < needed {
            let wanted = needed.max((2 * self.pending.capacity()).min(self.most_pending()));
            self.pending.reserve_exact(wanted - self.pending.len());
        }
        self.pending.extend_from_slice(bytes);
    }

    /// Makes room: stores plain lines, and parses what is something else.
    fn digest(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        let used = self.digest_some(&pending);
        pending.drain(..used);
        self.pending = pending;
        if self.most_pending() / 2 < self.pending.len() {
            self.parse_pending();
        }
    }

    /// Stores and parses `bytes` but for the last lines; returns how many.
    fn digest_some(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        let mut step = LEAST_STEP_BYTES;
        while at < bytes.len() {
            let mut kept = 0;
            if self.reach_new_line(bytes, &mut at) {
                let taken = plain::take(&bytes[at..], &mut self.emulator);
                at += taken.stored;
                if !taken.more {
                    break;
                }
                if 0 < taken.stored {
                    step = LEAST_STEP_BYTES;
                }
                kept = taken.plain - taken.stored;
            }
            match self.parse_lines(&bytes[at..], kept + step) {
                0 => break,
                used => at += used,
            }
            step *= 2;
        }
        at
    }

    /// Parses lines until plain ones that follow need no parsing; returns whether that is so.
    fn reach_new_line(&mut self, bytes: &[u8], at: &mut usize) -> bool {
        for _ in 0..=self.emulator.rows() {
            if self.emulator.is_behind() {
                return true;
            }
            if !self.tail.is_ground() || !self.emulator.prints_plainly() {
                return false;
            }
            if self.emulator.is_on_new_line() {
                return true;
            }
            match self.parse_lines(&bytes[*at..], 0) {
                0 => return false,
                used => *at += used,
            }
        }
        false
    }

    /// Parses at least `least` bytes, and on to the end of the line; returns how many.
    fn parse_lines(&mut self, bytes: &[u8], least: usize) -> usize {
        let least = least.min(bytes.len());
        let end = memchr(b'\n', &bytes[least..]).map_or(bytes.len(), |end| least + end + 1);
        self.parse(&bytes[..end])
    }

    fn parse_pending(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let mut pending = std::mem::take(&mut self.pending);
        let used = self.parse(&pending);
        pending.drain(..used);
        pending.shrink_to(KEPT_PENDING_BYTES);
        self.pending = pending;
    }

    /// Parses `bytes` but for an unfinished character at their end; returns how many.
    fn parse(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (used, action) = self.tail.advance(rest);
            let (now, later) = rest.split_at(used);
            let parsed = match action {
                Action::Parse | Action::ParseThen(_) | Action::GiveUp => now,
                Action::Repeat(_) | Action::Cancel | Action::CancelThen(_) | Action::Forget => {
                    &now[..now.len() - 1]
                }
                Action::Replace => "\u{fffd}".as_bytes(),
                Action::Drop | Action::Hold => &[],
            };
            self.parser.advance(&mut self.emulator, parsed);
            match action {
                Action::Parse | Action::Replace | Action::Drop => {}
                Action::Hold => break,
                Action::Cancel => self.parser.advance(&mut self.emulator, CANCEL),
                Action::CancelThen(extra) => {
                    self.parser.advance(&mut self.emulator, CANCEL);
                    self.perform(extra);
                }
                Action::Repeat(count) => {
                    self.parser.advance(&mut self.emulator, CANCEL);
                    self.emulator.repeat(count);
                }
                Action::ParseThen(extra) => self.perform(extra),
                Action::Forget => self.parser = Processor::new(),
                Action::GiveUp => {
                    self.parser = Processor::new();
                    self.parser.advance(&mut self.emulator, self.tail.bytes());
                }
            }
            rest = later;
        }
        bytes.len() - rest.len()
    }

    fn perform(&mut self, extra: Extra) {
        match extra {
            Extra::Version => self.emulator.answers.push(&answer::version()),
            Extra::CursorReport => self.emulator.report_cursor("?"),
            Extra::Index => self.emulator.index(),
            Extra::NextLine => {
                self.emulator.index();
                self.emulator.carriage_return();
            }
            Extra::SoftReset => self.emulator.soft_reset(),
            Extra::Progress(progress) => self.emulator.state.progress = Some(progress),
        }
    }
}

/// Returns whether output from the parser's ground state on may change the title.
fn may_change_title(output: &[u8]) -> bool {
    let mut rest = output;
    while let Some(at) = memchr(0x1b, rest) {
        rest = &rest[at + 1..];
        match rest {
            [b'[', after @ ..] => {
                let end = after.iter().position(|byte| !(0x20..=0x3f).contains(byte));
                match end.map(|end| after[end]) {
                    // XTWINOPS puts titles aside; what is unfinished or odd is left to the parser.
                    Some(0x40..=0x7e) if end.is_some_and(|end| after[end] != b't') => {}
                    _ => return true,
                }
            }
            [
                b'(' | b')' | b'=' | b'>' | b'7' | b'8' | b'D' | b'E' | b'H' | b'M',
                ..,
            ] => {}
            _ => return true,
        }
    }
    false
}
