//! What a session has changed in the terminal of the person who watches it, and how to undo it.
//!
//! Pure: it reads the bytes that are about to be written and remembers modes, not content. What
//! [`ModeTracker::leave`] returns undoes what was changed and nothing else, so a terminal's own
//! settings survive an attach that did not touch them. Where a terminal saves and restores state
//! by itself (pen and character sets, with the cursor), the tracker remembers that it was ever
//! touched, since the last value seen need not be the one in force.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::sequences::{SHIFT_OUT, Sequence, Sequences};

/// Private modes that are on in a terminal that nobody touched: wrapping at the right edge, the
/// cursor, and, in most, the wheel as arrow keys on the alternate screen.
const ON_BY_DEFAULT: [u16; 3] = [7, 25, 1007];

/// Private modes below [`FIRST_MODERN_MODE`] that are off in a terminal that nobody touched.
///
/// Those that are not here either act once (1048), or do more harm when reset than when left
/// (2 makes a VT52 of it, 3 clears the page), or depend on the person's settings (8, 1034 to 1043).
const OFF_BY_DEFAULT: [u16; 19] = [
    1, 5, 6, 9, 45, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 47, 1047, 1049,
];

/// From here on every private mode was defined to be off until a program asks for it.
const FIRST_MODERN_MODE: u16 = 2000;

/// Modes that show the alternate screen.
const ALTERNATE_SCREEN: [u16; 3] = [47, 1047, 1049];

/// Ends a synchronized update, or nothing is shown any more.
const SYNCHRONIZED: u16 = 2026;

/// Public modes that are off in a terminal that nobody touched: insert, and line feed as new line.
const PUBLIC_OFF_BY_DEFAULT: [u16; 2] = [4, 20];

/// Deepest stack of keyboard modes that is remembered; terminals keep fewer.
const MAX_KEYBOARD_DEPTH: usize = 4096;

/// Highest number of a dynamic colour (`OSC 10` sets the text's, `OSC 11` the background's, …).
const LAST_DYNAMIC_COLOR: u16 = 19;

/// Remembers what a stream of output has changed in a terminal.
#[derive(Debug, Default)]
pub(crate) struct ModeTracker {
    sequences: Sequences,
    changes: Changes,
    /// Whether the last byte may be one of a character that goes on.
    in_character: bool,
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
        undo.extend(std::mem::take(&mut self.changes).undo().into_bytes());
        undo
    }

    /// Returns what turns the modes on again that [`Self::leave`] would turn off, for a viewer
    /// that was stopped in between and goes on.
    pub(crate) fn again(&self) -> Vec<u8> {
        self.changes.redo().into_bytes()
    }
}

impl Changes {
    fn apply(&mut self, sequence: &Sequence<'_>) {
        match *sequence {
            Sequence::Shift(shift) => self.character_sets |= shift == SHIFT_OUT,
            Sequence::Escape {
                intermediates,
                last,
            } => self.apply_escape(intermediates, last),
            Sequence::Csi { body, last } => self.apply_csi(body, last),
            Sequence::Osc(text) => self.apply_osc(text),
        }
    }

    fn apply_escape(&mut self, intermediates: &[u8], last: u8) {
        match (intermediates, last) {
            ([], b'=') => self.keypad = true,
            ([], b'>') => self.keypad = false,
            ([], b'H') => self.tab_stops = true,
            ([], b'n' | b'o') => self.character_sets = true,
            ([b'%'], b'@') => self.not_utf8 = true,
            ([b'%'], _) => self.not_utf8 = false,
            ([b'(' | b')' | b'*' | b'+' | b'-' | b'.' | b'/', ..], set) => {
                self.character_sets |= set != b'B';
            }
            ([], b'c') => self.reset(),
            _ => {}
        }
    }

    /// Notes that the terminal reset itself; few reset title and colours then.
    fn reset(&mut self) {
        let Self {
            titles,
            palette,
            dynamic_colors,
            progress,
            ..
        } = std::mem::take(self);
        *self = Self {
            titles,
            palette,
            dynamic_colors,
            progress,
            ..Self::default()
        };
    }

    fn apply_csi(&mut self, body: &[u8], last: u8) {
        let (prefix, numbers, intermediates) = split(body);
        let number = |index: usize| numbers.get(index).copied().flatten();
        match (prefix, intermediates, last) {
            (b"?", b"", b'h') => numbers
                .iter()
                .flatten()
                .for_each(|&mode| self.set(mode, true)),
            (b"?", b"", b'l') => numbers
                .iter()
                .flatten()
                .for_each(|&mode| self.set(mode, false)),
            (b"", b"", b'h') => self.public.extend(
                numbers
                    .iter()
                    .flatten()
                    .filter(|mode| PUBLIC_OFF_BY_DEFAULT.contains(mode)),
            ),
            (b"", b"", b'l') => numbers.iter().flatten().for_each(|mode| {
                self.public.remove(mode);
            }),
            (b"", b"", b'm') => self.pen = true,
            (b">", b"", b'm') => self.set_key_resource(number(0), number(1)),
            (b"", b"", b'r') => self.margins = numbers.iter().flatten().next().is_some(),
            (b"", b"", b'g') | (b"?", b"", b'W') => self.tab_stops = true,
            (b"", b" ", b'q') => self.cursor_shape = number(0).filter(|&shape| shape != 0),
            (b">", b"", b'u') => self.push_keyboard(number(0).unwrap_or(0)),
            (b"<", b"", b'u') => self.pop_keyboard(number(0).unwrap_or(1).max(1)),
            (b"=", b"", b'u') => self.keyboard().set = number(0).or(Some(0)),
            (b"", b"", b't') => match number(0) {
                Some(22) => self.titles = self.titles.saturating_add(1),
                Some(23) => self.titles = self.titles.saturating_sub(1),
                _ => {}
            },
            _ => {}
        }
    }

    fn set(&mut self, mode: u16, on: bool) {
        let differs = if ON_BY_DEFAULT.contains(&mode) {
            !on
        } else if OFF_BY_DEFAULT.contains(&mode) || FIRST_MODERN_MODE <= mode {
            on
        } else {
            if mode == 12 {
                // Blinking is part of the cursor's shape; 1 is a blinking block, 2 a steady one.
                self.cursor_shape.get_or_insert(if on { 1 } else { 2 });
            }
            return;
        };
        if differs {
            self.private.insert(mode);
        } else {
            self.private.remove(&mode);
        }
    }

    fn set_key_resource(&mut self, resource: Option<u16>, value: Option<u16>) {
        let Some(resource) = resource else {
            return self.key_resources.clear();
        };
        match value {
            Some(value) if 0 < value => self.key_resources.insert(resource, value),
            _ => self.key_resources.remove(&resource),
        };
    }

    fn keyboard(&mut self) -> &mut Keyboard {
        let alternate = self.alternate();
        &mut self.keyboard[usize::from(alternate)]
    }

    fn push_keyboard(&mut self, flags: u16) {
        let pushed = &mut self.keyboard().pushed;
        if pushed.len() < MAX_KEYBOARD_DEPTH {
            pushed.push(flags);
        }
    }

    fn pop_keyboard(&mut self, count: u16) {
        let pushed = &mut self.keyboard().pushed;
        pushed.truncate(pushed.len().saturating_sub(usize::from(count)));
    }

    fn alternate(&self) -> bool {
        ALTERNATE_SCREEN
            .iter()
            .any(|mode| self.private.contains(mode))
    }

    fn apply_osc(&mut self, text: &[u8]) {
        let Ok(text) = str::from_utf8(text) else {
            return;
        };
        let (code, rest) = text.split_once(';').unwrap_or((text, ""));
        match code {
            "4" => self.note_palette(rest),
            "104" if rest.is_empty() => self.palette.clear(),
            "104" => rest.split(';').flat_map(str::parse).for_each(|index| {
                self.palette.remove(&index);
            }),
            "8" => self.link |= rest.split_once(';').is_some_and(|(_, to)| !to.is_empty()),
            "9" => {
                if let Some(state) = rest.strip_prefix("4;") {
                    self.progress = !state.starts_with('0');
                }
            }
            // Another way to say it, with numbers of its own; 2 is a steady block.
            "50" => self.cursor_shape = self.cursor_shape.or(Some(2)),
            code => self.note_dynamic_color(code, rest),
        }
    }

    fn note_palette(&mut self, text: &str) {
        let fields: Vec<&str> = text.split(';').collect();
        for pair in fields.chunks_exact(2) {
            if let (Ok(index), true) = (pair[0].parse(), pair[1] != "?") {
                self.palette.insert(index);
            }
        }
    }

    fn note_dynamic_color(&mut self, code: &str, text: &str) {
        let Ok(code) = code.parse::<u16>() else {
            return;
        };
        match code {
            // One sequence may set several, from its own number up.
            10..=LAST_DYNAMIC_COLOR => {
                for (color, value) in (code..=LAST_DYNAMIC_COLOR).zip(text.split(';')) {
                    if value != "?" {
                        self.dynamic_colors.insert(color);
                    }
                }
            }
            110..=119 => {
                self.dynamic_colors.remove(&(code - 100));
            }
            _ => {}
        }
    }

    fn undo(self) -> String {
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
        undo += "\x1b[9999;1H";
        undo
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

    fn redo(&self) -> String {
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

/// Splits a CSI's body into its private prefix, its numbers (none where one was left out; of
/// sub-parameters the first), and its intermediates.
fn split(body: &[u8]) -> (&[u8], Vec<Option<u16>>, &[u8]) {
    let prefix = body
        .iter()
        .take_while(|byte| (b'<'..=b'?').contains(byte))
        .count();
    let (prefix, rest) = body.split_at(prefix);
    let end = rest
        .iter()
        .position(|byte| (0x20..=0x2f).contains(byte))
        .unwrap_or(rest.len());
    let (numbers, intermediates) = rest.split_at(end);
    let numbers = numbers
        .split(|&byte| byte == b';')
        .map(|field| {
            let digits = field.split(|&byte| byte == b':').next()?;
            str::from_utf8(digits).ok()?.parse().ok()
        })
        .collect();
    (prefix, numbers, intermediates)
}

#[cfg(test)]
mod tests;
