//! Writes what undoes the changes, and what does them again.

use std::fmt::Write;

use super::{ALTERNATE_SCREEN, Changes, Keyboard, ON_BY_DEFAULT};

/// Ends a synchronized update, or nothing is shown any more.
const SYNCHRONIZED: u16 = 2026;

/// Counts rows from the upper margin.
const ORIGIN: u16 = 6;

impl Changes {
    /// Returns what undoes every change.
    pub(super) fn undo(self) -> String {
        let mut undo = String::new();
        if self.private.contains(&SYNCHRONIZED) {
            undo += "\x1b[?2026l";
        }
        self.undo_keys(&mut undo);
        self.undo_modes(&mut undo);
        self.undo_drawing(&mut undo);
        self.undo_colors(&mut undo);
        // The last is ours: what the session pushed and left there lies above it.
        for _ in 0..self.titles {
            undo += "\x1b[23;0t";
        }
        if self.moved_the_cursor() {
            undo += "\x1b[9999;1H";
        }
        undo
    }

    /// Tells whether undoing puts the cursor somewhere else: new margins and the end of origin mode
    /// send it home. Otherwise it stays where the session had it, below what was printed last.
    fn moved_the_cursor(&self) -> bool {
        self.margins || self.private.contains(&ORIGIN)
    }

    /// Undoes the keyboard's changes; each screen has its own, so this leaves the alternate one,
    /// and goes there once more if a program left it without taking its changes back.
    fn undo_keys(&self, undo: &mut String) {
        let [primary, alternate] = &self.keyboard;
        if self.alternate() {
            alternate.undo(undo);
        } else if alternate.changed() {
            undo.push_str("\x1b[?1049h");
            alternate.undo(undo);
            undo.push_str("\x1b[?1049l");
        }
        for mode in ALTERNATE_SCREEN {
            if self.private.contains(&mode) {
                let _ = write!(undo, "\x1b[?{mode}l");
            }
        }
        primary.undo(undo);
        for resource in self.key_resources.keys() {
            let _ = write!(undo, "\x1b[>{resource}m");
        }
        if self.keypad {
            undo.push_str("\x1b>");
        }
    }

    fn undo_modes(&self, undo: &mut String) {
        for mode in &self.private {
            if *mode == SYNCHRONIZED || ALTERNATE_SCREEN.contains(mode) {
                continue;
            }
            let to = if ON_BY_DEFAULT.contains(mode) {
                'h'
            } else {
                'l'
            };
            let _ = write!(undo, "\x1b[?{mode}{to}");
        }
        for mode in &self.public {
            let _ = write!(undo, "\x1b[{mode}l");
        }
    }

    fn undo_drawing(&self, undo: &mut String) {
        let undone = [
            (self.margins, "\x1b[r"),
            (self.tab_stops, "\x1b[?5W"),
            (self.not_utf8, "\x1b%G"),
            (self.character_sets, "\x1b(B\x1b)B\x1b*B\x1b+B\x0f"),
            (self.pen, "\x1b[m"),
            (self.link, "\x1b]8;;\x1b\\"),
            (self.cursor_shape.is_some(), "\x1b[0 q"),
            (self.progress, "\x1b]9;4;0\x1b\\"),
        ];
        for (changed, bytes) in undone {
            if changed {
                undo.push_str(bytes);
            }
        }
    }

    fn undo_colors(&self, undo: &mut String) {
        if !self.palette.is_empty() {
            undo.push_str("\x1b]104");
            for index in &self.palette {
                let _ = write!(undo, ";{index}");
            }
            undo.push_str("\x1b\\");
        }
        for color in &self.dynamic_colors {
            let _ = write!(undo, "\x1b]{}\x1b\\", color + 100);
        }
    }

    /// Returns what turns the modes on again.
    pub(super) fn redo(&self) -> String {
        let mut redo = String::new();
        let [primary, alternate] = &self.keyboard;
        primary.redo(&mut redo);
        for mode in &self.private {
            if *mode != SYNCHRONIZED {
                let to = if ON_BY_DEFAULT.contains(mode) {
                    'l'
                } else {
                    'h'
                };
                let _ = write!(redo, "\x1b[?{mode}{to}");
            }
        }
        if self.alternate() {
            alternate.redo(&mut redo);
        }
        for mode in &self.public {
            let _ = write!(redo, "\x1b[{mode}h");
        }
        for (resource, value) in &self.key_resources {
            let _ = write!(redo, "\x1b[>{resource};{value}m");
        }
        if let Some(shape) = self.cursor_shape {
            let _ = write!(redo, "\x1b[{shape} q");
        }
        if self.keypad {
            redo.push_str("\x1b=");
        }
        redo
    }
}

impl Keyboard {
    fn changed(&self) -> bool {
        self.set.is_some() || !self.pushed.is_empty()
    }

    fn undo(&self, undo: &mut String) {
        if self.set.is_some() {
            undo.push_str("\x1b[=0u");
        }
        if !self.pushed.is_empty() {
            let _ = write!(undo, "\x1b[<{}u", self.pushed.len());
        }
    }

    fn redo(&self, redo: &mut String) {
        for flags in &self.pushed {
            let _ = write!(redo, "\x1b[>{flags}u");
        }
        if let Some(flags) = self.set {
            let _ = write!(redo, "\x1b[={flags}u");
        }
    }
}
