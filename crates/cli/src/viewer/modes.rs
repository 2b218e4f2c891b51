//! What a session has changed in the terminal of the person who watches it, and how to undo it.
//!
//! Pure: it reads the bytes that are about to be written and remembers modes, not content. What
//! [`ModeTracker::leave`] returns undoes what was changed and nothing else, so a terminal's own
//! settings survive an attach that did not touch them. Where a terminal saves and restores state
//! by itself (pen and character sets, with the cursor), the tracker remembers that it was ever
//! touched, since the last value seen need not be the one in force.

mod apply;
mod undo;

use std::collections::{BTreeMap, BTreeSet};

use super::sequences::Sequences;

/// Private modes that are on in a terminal that nobody touched: wrapping at the right edge, the
/// cursor, and, in most, the wheel as arrow keys on the alternate screen.
const ON_BY_DEFAULT: [u16; 3] = [7, 25, 1007];

/// Changes what sessions change, so that undoing it is undoing that: keys, mouse, focus and paste,
/// the alternate screen, cursor and wrapping, margins, character sets, pen, link and progress.
const ALL: &[u8] = b"\x1b[?1;1049;1000;1002;1003;1004;1006;2004;2026h\x1b[?7;25l\x1b=\x1b[>1u\
    \x1b[>4;1m\x1b[1;2r\x1b(0\x0f\x1b[1m\x1b[4 q\x1b]8;;x:\x1b\\\
    \x1b]9;4;3\x1b\\";

/// Modes that show the alternate screen.
const ALTERNATE_SCREEN: [u16; 3] = [47, 1047, 1049];

/// Remembers what a stream of output has changed in a terminal.
#[derive(Debug, Default)]
pub(crate) struct ModeTracker {
    sequences: Sequences,
    changes: Changes,
    /// Whether the last byte may be one of a character that goes on.
    in_character: bool,
    /// Whether the changes are assumed, not seen.
    assumed: bool,
}

/// What was changed.
#[derive(Debug, Default)]
struct Changes {
    /// Private modes that differ from a fresh terminal's.
    private: BTreeSet<u16>,
    /// Public modes that do.
    public: BTreeSet<u16>,
    keypad: bool,
    /// Keyboard modes pushed and set, on the primary and on the alternate screen.
    keyboard: [Keyboard; 2],
    /// Resources of `CSI > n ; value m` that were set; 4 is "modify other keys".
    key_resources: BTreeMap<u16, u16>,
    /// The cursor's shape by number, if it is not the terminal's own.
    cursor_shape: Option<u16>,
    margins: bool,
    tab_stops: bool,
    character_sets: bool,
    not_utf8: bool,
    pen: bool,
    link: bool,
    progress: bool,
    /// Titles that lie on the terminal's stack of them, ours included.
    titles: u16,
    palette: BTreeSet<u16>,
    dynamic_colors: BTreeSet<u16>,
}

/// What a program made of one screen's keyboard, as the kitty protocol has it.
#[derive(Debug, Default)]
struct Keyboard {
    pushed: Vec<u16>,
    set: Option<u16>,
}

impl ModeTracker {
    /// Returns what to write before the first output: it lets [`Self::leave`] restore the title.
    pub(crate) fn enter(&mut self) -> &'static [u8] {
        const PUSH_TITLE: &[u8] = b"\x1b[22;0t";
        self.note(PUSH_TITLE);
        PUSH_TITLE
    }

    /// Takes note of output that is about to be written; it may be cut anywhere.
    pub(crate) fn note(&mut self, output: &[u8]) {
        let changes = &mut self.changes;
        self.sequences
            .feed(output, |sequence| changes.apply(&sequence));
        self.in_character = output.last().is_some_and(|byte| !byte.is_ascii());
    }

    /// Forgets what was seen, and assumes that a session changed whatever it can: for a terminal that
    /// others write to, whose output is not seen here.
    pub(crate) fn assume_all(&mut self) {
        self.become_what_follows(ALL);
        self.assumed = true;
    }

    /// Forgets what was seen; all that counts was changed by this output.
    pub(crate) fn become_what_follows(&mut self, output: &[u8]) {
        *self = Self::default();
        self.enter();
        self.note(output);
        // What a snapshot does not tell: reports of sizes and colours, which may be on.
        self.note(b"\x1b[?2031;2048h");
    }

    /// Returns what takes the session's titles off the terminal, and puts the person's own aside again:
    /// some of its output was not written, and the snapshot that follows puts aside what it had.
    pub(crate) fn drop_titles(&mut self) -> Vec<u8> {
        let mut drop = self.sequences.cancel().to_vec();
        self.sequences = Sequences::default();
        self.in_character = false;
        for _ in 0..std::mem::take(&mut self.changes.titles) {
            drop.extend(b"\x1b[23;0t");
        }
        drop.extend(self.enter());
        drop
    }

    /// Returns whether a control character may be written now without breaking anything.
    pub(crate) fn at_rest(&self) -> bool {
        self.sequences.cancel().is_empty() && !self.in_character
    }

    /// Returns what undoes every change, and forgets them.
    ///
    /// The cursor ends in the last row, so that what is printed next goes below the session's
    /// last screen.
    pub(crate) fn leave(&mut self) -> Vec<u8> {
        let mut undo = self.sequences.cancel().to_vec();
        self.sequences = Sequences::default();
        if std::mem::take(&mut self.assumed) {
            // It may be in the middle of anything. Leaving an alternate screen that does not show puts the cursor to where it was saved
            // last. Where one does show, each screen has a place of its own to save it.
            undo.extend(b"\x18\x1b\\\x1b7");
        }
        undo.extend(std::mem::take(&mut self.changes).undo().into_bytes());
        undo
    }

    /// Returns what turns the modes on again that [`Self::leave`] would turn off, for a viewer
    /// that was stopped in between and goes on.
    pub(crate) fn again(&self) -> Vec<u8> {
        self.changes.redo().into_bytes()
    }
}

#[cfg(test)]
mod tests;
