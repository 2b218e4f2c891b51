//! What a caller may ask of a [`ScreenModel`](super::ScreenModel), and what it is told.

use abide_core::{limits::SCROLLBACK_LINES, size::TermSize};
use bytes::Bytes;

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
