//! What a terminal is besides its cells: everything a snapshot must restore and the grids do not
//! hold.

pub(crate) mod keyboard;
pub(crate) mod margins;
pub(crate) mod modes;
pub(crate) mod palette;
pub(crate) mod progress;
pub(crate) mod tabs;
pub(crate) mod titles;

use alacritty_terminal::{
    grid::Charsets,
    term::cell::Hyperlink,
    vte::ansi::{CharsetIndex, cursor_icon::CursorIcon},
};

pub(crate) use self::margins::Margins;

use self::{
    keyboard::Keyboard, margins::SetMargins, modes::Modes, palette::Palette, progress::Progress,
    tabs::TabStops, titles::Titles,
};

/// The recorded state of a terminal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) modes: Modes,
    /// Rows that scroll; half open, always within the page, never empty.
    pub(crate) margins: Margins,
    /// On which screen they were set; for terminals where each has its own.
    pub(crate) set_margins: SetMargins,
    pub(crate) tabs: TabStops,
    /// Which of G0 to G3 printing goes through.
    pub(crate) charset: CharsetIndex,
    /// What was said last of the charsets, whatever restoring a cursor has made of it since; for
    /// terminals where that makes less of it.
    pub(crate) said: SaidCharsets,
    /// The link that printed text belongs to; no cursor save or screen switch changes it.
    pub(crate) link: Option<Hyperlink>,
    /// The number of the next link that comes without an id.
    pub(crate) next_link: u64,
    pub(crate) titles: Titles,
    pub(crate) palette: Palette,
    /// The last progress that was told, none included.
    pub(crate) progress: Option<Progress>,
    pub(crate) keyboard: Keyboard,
    /// The argument of the last DECSCUSR, if there was one.
    pub(crate) cursor_style: Option<u8>,
    pub(crate) pointer: Option<CursorIcon>,
    /// Whether the first row of the alternate screen continues one that has scrolled off.
    pub(crate) continues_above: bool,
    /// Saved beside the cursor of the primary screen.
    pub(crate) saved_primary: SavedExtra,
    /// Saved beside the cursor of the alternate screen.
    pub(crate) saved_alternate: SavedExtra,
    /// Rows that went into the scrollback since the cursor of the primary screen was saved, counted
    /// up to its row; for terminals where it moves up with them.
    pub(crate) saved_scrolled: usize,
}

/// The charsets that were put into G0 to G3, and the last shift.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SaidCharsets {
    pub(crate) tables: Charsets,
    pub(crate) shift: CharsetIndex,
}

/// What a cursor save keeps that the grid's saved cursor does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SavedExtra {
    pub(crate) origin: bool,
    pub(crate) charset: CharsetIndex,
}

impl State {
    pub(crate) fn new(rows: usize, cols: usize) -> Self {
        Self {
            modes: Modes::default(),
            margins: Margins::whole(rows),
            set_margins: SetMargins::whole(rows),
            tabs: TabStops::new(cols),
            charset: CharsetIndex::default(),
            said: SaidCharsets::default(),
            link: None,
            next_link: 0,
            titles: Titles::default(),
            palette: Palette::default(),
            progress: None,
            keyboard: Keyboard::default(),
            cursor_style: None,
            pointer: None,
            continues_above: false,
            saved_primary: SavedExtra::default(),
            saved_alternate: SavedExtra::default(),
            saved_scrolled: 0,
        }
    }

    /// Returns to the state of a terminal just switched on; palette and progress stay, as in the
    /// terminals that people use.
    pub(crate) fn reset(&mut self, rows: usize, cols: usize) {
        let fresh = Self::new(rows, cols);
        *self = Self {
            palette: std::mem::take(&mut self.palette),
            progress: self.progress,
            keyboard: std::mem::take(&mut self.keyboard),
            cursor_style: self.cursor_style.map(|_| 0),
            next_link: self.next_link,
            ..fresh
        };
        self.keyboard.reset();
    }

    /// Follows a change of size.
    pub(crate) fn resize(&mut self, rows: usize, cols: usize) {
        self.margins = Margins::whole(rows);
        self.set_margins = SetMargins::whole(rows);
        self.tabs.resize(cols);
    }
}
