//! Switches: ANSI modes, private modes, and those that a terminal knows and we only pass on.

use std::collections::BTreeMap;

/// Most private modes without a meaning here that are remembered.
const MAX_OTHERS: usize = 64;

/// Private modes that are never sent again: they act at once, answer, or end the conversation.
///
/// VT52, columns, Tektronix, the screens and the cursor save (each handled by its meaning),
/// synchronized output (ditto), and in-band resize reports, whose setting is answered.
const NOT_REPLAYED: [u16; 9] = [2, 3, 38, 47, 1047, 1048, 1049, 2026, 2048];

/// The modes of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) insert: bool,
    pub(crate) newline: bool,
    pub(crate) origin: bool,
    pub(crate) autowrap: bool,
    pub(crate) cursor_visible: bool,
    pub(crate) app_cursor: bool,
    pub(crate) app_keypad: bool,
    pub(crate) focus: bool,
    pub(crate) paste: bool,
    pub(crate) synchronized: bool,
    /// Which events the mouse reports: 9, 1000, 1001, 1002 or 1003.
    pub(crate) mouse: Option<u16>,
    /// How it reports them: 1005, 1006, 1015 or 1016.
    pub(crate) mouse_encoding: Option<u16>,
    /// Private mode 12, if set or reset since the last DECSCUSR.
    pub(crate) blink: Option<bool>,
    /// Private modes without a meaning here, as last set or reset.
    pub(crate) others: BTreeMap<u16, bool>,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            insert: false,
            newline: false,
            origin: false,
            autowrap: true,
            cursor_visible: true,
            app_cursor: false,
            app_keypad: false,
            focus: false,
            paste: false,
            synchronized: false,
            mouse: None,
            mouse_encoding: None,
            blink: None,
            others: BTreeMap::new(),
        }
    }
}

impl Modes {
    /// Records a private mode that has no effect on the grids.
    pub(crate) fn set_private(&mut self, mode: u16, on: bool) {
        match mode {
            1 => self.app_cursor = on,
            12 => self.blink = Some(on),
            25 => self.cursor_visible = on,
            66 => self.app_keypad = on,
            9 | 1000..=1003 => self.mouse = on.then_some(mode),
            1005 | 1006 | 1015 | 1016 => self.mouse_encoding = on.then_some(mode),
            1004 => self.focus = on,
            2004 => self.paste = on,
            2026 => self.synchronized = on,
            _ => self.set_other(mode, on),
        }
    }

    fn set_other(&mut self, mode: u16, on: bool) {
        let known = self.others.contains_key(&mode);
        if !NOT_REPLAYED.contains(&mode) && (known || self.others.len() < MAX_OTHERS) {
            self.others.insert(mode, on);
        }
    }

    /// Returns whether a private mode is on; `None` for one without a meaning here.
    pub(crate) fn private(&self, mode: u16, alternate: bool) -> Option<bool> {
        Some(match mode {
            1 => self.app_cursor,
            6 => self.origin,
            7 => self.autowrap,
            12 => self.blink.unwrap_or(false),
            25 => self.cursor_visible,
            66 => self.app_keypad,
            9 | 1000..=1003 => self.mouse == Some(mode),
            1005 | 1006 | 1015 | 1016 => self.mouse_encoding == Some(mode),
            47 | 1047 | 1049 => alternate,
            1004 => self.focus,
            1007 => self.others.get(&mode).copied().unwrap_or(false),
            2004 => self.paste,
            2026 => self.synchronized,
            _ => return None,
        })
    }

    /// Returns whether an ANSI mode is on; `None` for one without a meaning here.
    pub(crate) fn ansi(&self, mode: u16) -> Option<bool> {
        match mode {
            4 => Some(self.insert),
            20 => Some(self.newline),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_mouse_mode_reset_ends_reporting() {
        let mut modes = Modes::default();
        modes.set_private(1002, true);
        modes.set_private(1003, true);
        assert_eq!(modes.private(1003, false), Some(true));
        modes.set_private(1000, false);
        assert_eq!(modes.mouse, None);
    }

    #[test]
    fn unknown_modes_are_bounded_and_dangerous_ones_are_forgotten() {
        let mut modes = Modes::default();
        for mode in 3000..4000 {
            modes.set_private(mode, true);
        }
        assert_eq!(modes.others.len(), MAX_OTHERS);
        modes.set_private(3000, false);
        assert_eq!(modes.others.get(&3000), Some(&false));
        let mut modes = Modes::default();
        modes.set_private(2048, true);
        assert!(modes.others.is_empty());
    }
}
