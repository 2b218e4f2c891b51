//! What a terminal is besides its cells: everything a snapshot must restore and the grids do not
//! hold.

pub(crate) mod keyboard;
pub(crate) mod modes;
pub(crate) mod palette;
pub(crate) mod progress;
pub(crate) mod tabs;
pub(crate) mod titles;

use alacritty_terminal::{
    term::cell::Hyperlink,
    vte::ansi::{CharsetIndex, cursor_icon::CursorIcon},
};

use self::{
    keyboard::Keyboard, modes::Modes, palette::Palette, progress::Progress, tabs::TabStops,
    titles::Titles,
};

/// The recorded state of a terminal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) modes: Modes,
    /// Rows that scroll; half open, always within the page, never empty.
    pub(crate) margins: Margins,
    pub(crate) tabs: TabStops,
    /// Which of G0 to G3 printing goes through.
    pub(crate) charset: CharsetIndex,
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
    /// Saved beside the cursor of the alternate screen, while that shows.
    pub(crate) saved_alternate: SavedExtra,
}

/// What a cursor save keeps that the grid's saved cursor does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SavedExtra {
    pub(crate) origin: bool,
    pub(crate) charset: CharsetIndex,
}

/// The rows that scroll: `top..bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Margins {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
}

impl Margins {
    /// Returns the margins that take in a whole page.
    pub(crate) fn whole(rows: usize) -> Self {
        Self {
            top: 0,
            bottom: rows,
        }
    }
}

impl State {
    pub(crate) fn new(rows: usize, cols: usize) -> Self {
        Self {
            modes: Modes::default(),
            margins: Margins::whole(rows),
            tabs: TabStops::new(cols),
            charset: CharsetIndex::default(),
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
        self.tabs.resize(cols);
    }
}
