//! A terminal emulator without a window: bytes in; a screen, and replies to queries, out.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use abide_core::size::TermSize;
use alacritty_terminal::{
    event::{Event, EventListener, WindowSize},
    grid::Dimensions,
    term::{Config, Term},
    vte::ansi::{Processor, Rgb, Timeout},
};

use super::view::{self, ScreenView};

/// Lines kept above the page.
pub const SCROLLBACK_LINES: usize = 10_000;

/// A cell's size in pixels, as it is told to programs that ask.
const CELL_PIXELS: (u16, u16) = (8, 16);

/// The colour reported for one that nobody set.
const UNSET_COLOR: Rgb = Rgb {
    r: 0xd0,
    g: 0xd0,
    b: 0xd0,
};

/// A terminal emulator that behaves as one with a window does, and answers queries.
///
/// Synchronized updates are shown as they come: a view may be of half a frame, as on a terminal
/// that does not know them, and an update that is never ended hides nothing.
pub struct Terminal {
    term: Term<Listener>,
    processor: Processor<ShowAtOnce>,
    listener: Listener,
}

impl Terminal {
    /// Makes an empty terminal.
    #[must_use]
    pub fn new(size: TermSize) -> Self {
        let listener = Listener::default();
        let config = Config {
            scrolling_history: SCROLLBACK_LINES,
            kitty_keyboard: true,
            ..Config::default()
        };
        Self {
            term: Term::new(config, &Page(size), listener.clone()),
            processor: Processor::new(),
            listener,
        }
    }

    /// Takes in output, cut anywhere; returns what the terminal answers to queries in it.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.processor.advance(&mut self.term, bytes);
        let events = std::mem::take(&mut self.listener.heard().events);
        let mut replies = Vec::new();
        for event in events {
            self.handle(event, &mut replies);
        }
        replies
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, size: TermSize) {
        self.term.resize(Page(size));
    }

    /// Returns what the page shows.
    #[must_use]
    pub fn page(&self) -> ScreenView {
        view::page(&self.term, self.listener.heard().title.clone())
    }

    /// Returns what the page shows, with the lines above it.
    #[must_use]
    pub fn view(&self) -> ScreenView {
        ScreenView {
            history: view::history(&self.term),
            ..self.page()
        }
    }

    /// Returns how often the bell rang.
    #[must_use]
    pub fn bells(&self) -> usize {
        self.listener.heard().bells
    }

    fn handle(&self, event: Event, replies: &mut Vec<u8>) {
        match event {
            Event::PtyWrite(text) => replies.extend(text.into_bytes()),
            Event::ColorRequest(index, format) => {
                let color = self.term.colors()[index].unwrap_or(UNSET_COLOR);
                replies.extend(format(color).into_bytes());
            }
            Event::TextAreaSizeRequest(format) => {
                let size = WindowSize {
                    num_lines: u16::try_from(self.term.screen_lines()).unwrap_or(u16::MAX),
                    num_cols: u16::try_from(self.term.columns()).unwrap_or(u16::MAX),
                    cell_width: CELL_PIXELS.0,
                    cell_height: CELL_PIXELS.1,
                };
                replies.extend(format(size).into_bytes());
            }
            Event::Title(title) => self.listener.heard().title = Some(title),
            Event::ResetTitle => self.listener.heard().title = None,
            Event::Bell => self.listener.heard().bells += 1,
            // A test's terminal has no clipboard, mouse pointer, window or process of its own.
            Event::ClipboardStore(..)
            | Event::ClipboardLoad(..)
            | Event::MouseCursorDirty
            | Event::CursorBlinkingChange
            | Event::Wakeup
            | Event::Exit
            | Event::ChildExit(_) => {}
        }
    }
}

/// What the emulator said beyond its screen.
#[derive(Default)]
struct Heard {
    events: Vec<Event>,
    title: Option<String>,
    bells: usize,
}

/// The emulator's way to say it.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Heard>>);

impl Listener {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventListener for Listener {
    fn send_event(&self, event: Event) {
        self.heard().events.push(event);
    }
}

/// A page without lines above it, as the emulator wants sizes.
struct Page(TermSize);

impl Dimensions for Page {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }

    fn screen_lines(&self) -> usize {
        usize::from(self.0.rows())
    }

    fn columns(&self) -> usize {
        usize::from(self.0.cols())
    }
}

/// Never holds a synchronized update back.
#[derive(Default)]
struct ShowAtOnce;

impl Timeout for ShowAtOnce {
    fn set_timeout(&mut self, _: Duration) {}

    fn clear_timeout(&mut self) {}

    fn pending_timeout(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_answered_as_a_terminal_answers_them() {
        let mut terminal = Terminal::new(TermSize::DEFAULT);
        assert_eq!(terminal.feed(b"ab\x1b[6n"), b"\x1b[1;3R");
        assert_eq!(terminal.feed(b"\x1b[18t"), b"\x1b[8;24;80t");
        assert!(terminal.feed(b"\x1b[c").starts_with(b"\x1b[?"));
        assert!(
            terminal
                .feed(b"\x1b]11;?\x1b\\")
                .starts_with(b"\x1b]11;rgb:")
        );
        assert_eq!(terminal.feed(b"\x1b[>5u\x1b[?u"), b"\x1b[?5u");
    }

    #[test]
    fn titles_and_bells_are_kept_and_an_unfinished_update_hides_nothing() {
        let mut terminal = Terminal::new(TermSize::DEFAULT);
        terminal.feed(b"\x1b]2;one\x07\x07\x1b[?2026hhalf");
        let page = terminal.page();
        assert_eq!(page.title.as_deref(), Some("one"));
        assert_eq!(terminal.bells(), 1);
        assert_eq!(page.rows[0].text(), "half");
    }
}
