//! [`ScreenModel`]: takes output in, lazily, and answers for what a terminal would show.

mod digest;
mod options;

use abide_core::size::TermSize;
use alacritty_terminal::vte::ansi::{Handler, Processor, Timeout};
use bytes::Bytes;
use memchr::memchr;

use crate::{
    answer, compare, dump,
    emulator::Emulator,
    tail::{Action, Extra, Tail},
    text,
};

pub use self::options::{
    Checkpoint, CursorState, History, ScreenLimits, Scrollback, SnapshotOptions,
};

/// Most bytes that wait unparsed; when so many have come they are parsed although nobody asked.
const MAX_PENDING_BYTES: usize = 256 * 1024;

/// Least number of bytes that may wait, however small the limits are.
const MIN_PENDING_BYTES: usize = 1024;

/// Ends a sequence without effect.
const CANCEL: &[u8] = b"\x18";

/// Capacity that the pending buffer keeps when it is empty.
const KEPT_PENDING_BYTES: usize = digest::USUAL_PENDING_BYTES;

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

/// A snapshot of everything.
const WHOLE: SnapshotOptions = SnapshotOptions {
    history: History::All,
    scrollback: Scrollback::Replace,
};

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
        // Such a cursor is painted with the character that it stands on, or between two rows.
        let emulator = &self.emulator;
        let amid_rows =
            emulator.grid().saved_cursor.input_needs_wrap || 0 < emulator.saved_scrolled();
        if emulator.is_behind() && amid_rows {
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

    /// Returns what the output so far ends in and the grids do not show yet: a sequence or character
    /// without its end, and whatever is pending.
    #[must_use]
    pub fn unfinished(&self) -> Vec<u8> {
        [self.tail.bytes(), &self.pending].concat()
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
