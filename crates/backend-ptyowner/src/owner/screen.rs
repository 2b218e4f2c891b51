//! The session's screen: fed lazily, asked for snapshots, and the one who answers the child's
//! queries while nobody with a terminal does.

use abide_core::size::TermSize;
use abide_screen::{History, QueryScanner, ScreenLimits, ScreenModel, Scrollback, SnapshotOptions};

use crate::wire::request;

/// Longest title that is passed on, in bytes.
const MAX_TITLE_BYTES: usize = 1024;

/// Scrollback from which on a page is shown before it, in bytes: a terminal takes a millisecond or
/// two for so much.
const LONG_SCROLLBACK_BYTES: usize = 64 * 1024;

/// Who answers the terminal queries of the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answering {
    /// The owner.
    Owner,
    /// The terminal of the client with control.
    Controller,
    /// The session's terminal itself, whoever looks at it.
    Terminal,
}

/// Returns what of a session's memory for history is its screen's: one half. The other is for output
/// that is sent again.
pub(crate) fn limits(history_bytes: u64) -> ScreenLimits {
    ScreenLimits {
        bytes: usize::try_from(history_bytes / 2).unwrap_or(usize::MAX),
        ..ScreenLimits::default()
    }
}

pub(crate) struct Screen {
    model: ScreenModel,
    limits: ScreenLimits,
    /// Follows the output while the owner answers.
    scanner: QueryScanner,
    answering: Answering,
}

impl Screen {
    pub(crate) fn new(size: TermSize, limits: ScreenLimits, answering: Answering) -> Self {
        Self {
            model: ScreenModel::new(size, limits),
            limits,
            scanner: QueryScanner::new(),
            answering,
        }
    }

    /// Forgets everything, for a screen of this size.
    pub(crate) fn clear(&mut self, size: TermSize) {
        self.model = ScreenModel::new(size, self.limits);
        self.scanner = QueryScanner::new();
    }

    /// Takes what draws a screen that was there before. Nobody asked for an answer to it.
    pub(crate) fn seed(&mut self, screen: &[u8]) {
        self.model.feed(screen);
        self.model.discard_answers();
    }

    /// Takes output; returns what to type back for it, as a rule nothing.
    pub(crate) fn feed(&mut self, output: &[u8]) -> Vec<u8> {
        let asks_owner = self.answering == Answering::Owner && self.scanner.scan(output);
        self.model.feed(output);
        match asks_owner {
            true => self.model.catch_up(),
            false => Vec::new(),
        }
    }

    /// Says who answers from now on, unless the terminal does. What was asked before is the former
    /// one's to answer.
    pub(crate) fn set_answering(&mut self, answering: Answering) {
        if self.answering != Answering::Terminal && self.answering != answering {
            self.model.discard_answers();
            self.answering = answering;
            // What is not asked to the end yet is asked whoever answers at the end.
            self.scanner = QueryScanner::new();
            self.scanner.scan(&self.model.unfinished());
        }
    }

    pub(crate) fn size(&self) -> TermSize {
        self.model.size()
    }

    pub(crate) fn resize(&mut self, size: TermSize) {
        self.model.resize(size);
    }

    /// Returns the snapshot for a client that attaches, with all lines above the page.
    pub(crate) fn snapshot(&mut self, scrollback: request::Scrollback) -> Vec<u8> {
        self.model.snapshot(SnapshotOptions {
            history: History::All,
            scrollback: match scrollback {
                request::Scrollback::Replace => Scrollback::Replace,
                request::Scrollback::Keep => Scrollback::Keep,
            },
        })
    }

    /// Returns the page alone, if there is so much above it that a person would wait for it; then
    /// [`Self::rest`] follows.
    pub(crate) fn page_first(&mut self, scrollback: request::Scrollback) -> Option<Vec<u8>> {
        let is_worth_it = self.model.scrollback_bytes() >= LONG_SCROLLBACK_BYTES;
        let keeps = scrollback == request::Scrollback::Keep;
        (keeps && is_worth_it).then(|| self.page())
    }

    /// Returns the whole screen for a terminal that shows its page already.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        self.model.snapshot(SnapshotOptions {
            history: History::All,
            scrollback: Scrollback::Extend,
        })
    }

    /// Returns the snapshot for a client that lagged.
    ///
    /// A terminal that keeps its own lines has most of the session's among them already: it gets
    /// the page alone.
    pub(crate) fn resync(&mut self, scrollback: request::Scrollback) -> Vec<u8> {
        match scrollback {
            request::Scrollback::Replace => self.snapshot(scrollback),
            request::Scrollback::Keep => self.page(),
        }
    }

    /// Returns a snapshot of the page alone, with all modes.
    pub(crate) fn page(&mut self) -> Vec<u8> {
        self.model.snapshot(SnapshotOptions {
            history: History::Lines(0),
            scrollback: Scrollback::Keep,
        })
    }

    pub(crate) fn title(&mut self) -> Option<String> {
        let mut title = self.model.title()?;
        let mut end = title.len().min(MAX_TITLE_BYTES);
        while !title.is_char_boundary(end) {
            end -= 1;
        }
        title.truncate(end);
        Some(title)
    }

    pub(crate) fn model(&mut self) -> &mut ScreenModel {
        &mut self.model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O13
    #[test]
    fn a_query_cut_by_a_change_of_who_answers_is_answered_by_the_last_one() {
        let query = b"\x1b[6n";
        for cut in 1..query.len() {
            let (before, after) = query.split_at(cut);
            let mut screen =
                Screen::new(TermSize::DEFAULT, ScreenLimits::default(), Answering::Owner);
            screen.set_answering(Answering::Controller);
            assert_eq!(screen.feed(b"\x1b[5n"), b"");
            assert_eq!(screen.feed(before), b"");
            screen.set_answering(Answering::Owner);
            assert_eq!(screen.feed(after), b"\x1b[1;1R", "cut at {cut}");
            assert_eq!(screen.feed(before), b"");
            screen.set_answering(Answering::Controller);
            assert_eq!(screen.feed(after), b"");
        }
    }
}
