//! Reads one sequence after the other for what it changes.

use super::{ALTERNATE_SCREEN, Changes, Keyboard, ON_BY_DEFAULT};
use crate::viewer::sequences::{SHIFT_OUT, Sequence};

/// Private modes below [`FIRST_MODERN_MODE`] that are off in a terminal that nobody touched.
///
/// Those that are not here either act once (1048), or do more harm when reset than when left
/// (2 makes a VT52 of it, 3 clears the page), or depend on the person's settings (8, 1034 to 1043).
const OFF_BY_DEFAULT: [u16; 19] = [
    1, 5, 6, 9, 45, 66, 69, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 47, 1047, 1049,
];

/// From here on every private mode was defined to be off until a program asks for it.
const FIRST_MODERN_MODE: u16 = 2000;

/// Public modes that are off in a terminal that nobody touched: insert, and line feed as new line.
const PUBLIC_OFF_BY_DEFAULT: [u16; 2] = [4, 20];

/// Deepest stack of keyboard modes that is remembered; terminals keep fewer.
const MAX_KEYBOARD_DEPTH: usize = 4096;

/// Highest number of a dynamic colour (`OSC 10` sets the text's, `OSC 11` the background's, …).
const LAST_DYNAMIC_COLOR: u16 = 19;

impl Changes {
    /// Takes note of one sequence.
    pub(super) fn apply(&mut self, sequence: &Sequence<'_>) {
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

    /// Returns whether the alternate screen shows.
    pub(super) fn alternate(&self) -> bool {
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
