//! The rows that scroll, and on which screen a program said so.
//!
//! A terminal has one pair of margins, as xterm and most others do: switching screens leaves them
//! in force. In others, xterm.js among them, each screen has its own, and those of the alternate one
//! are the whole page whenever it is entered. What the program set where is therefore recorded, so
//! that a snapshot can set it there again; what is in force here is what was set last.

/// The rows that scroll: `top..bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Margins {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
}

/// What was set last on each screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetMargins {
    pub(crate) primary: Margins,
    /// Since the alternate screen shows; the whole page if nothing was.
    pub(crate) alternate: Margins,
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

impl SetMargins {
    pub(crate) fn whole(rows: usize) -> Self {
        Self {
            primary: Margins::whole(rows),
            alternate: Margins::whole(rows),
        }
    }
}
