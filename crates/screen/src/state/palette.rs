//! Colours that the child changed, and the ones a query is answered with otherwise.

use std::collections::{BTreeMap, BTreeSet};

use alacritty_terminal::vte::ansi::{NamedColor, Rgb};

/// Index of the text colour; background and cursor follow it.
pub(crate) const FOREGROUND: usize = NamedColor::Foreground as usize;
/// Index of the page colour.
pub(crate) const BACKGROUND: usize = NamedColor::Background as usize;
/// Index of the cursor's colour.
pub(crate) const CURSOR: usize = NamedColor::Cursor as usize;

const DEFAULT_FOREGROUND: Rgb = rgb(0xe5e5e5);
const DEFAULT_BACKGROUND: Rgb = rgb(0x000000);

/// xterm's first sixteen colours.
const BASIC: [u32; 16] = [
    0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
    0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
];

/// What the child did to the colours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Palette {
    changed: BTreeMap<usize, Rgb>,
    /// Colours that were set or reset at some time: the first index stands for all of 0 to 255.
    touched: BTreeSet<usize>,
}

impl Palette {
    pub(crate) fn set(&mut self, index: usize, colour: Rgb) {
        self.changed.insert(index, colour);
        self.touch(index);
    }

    pub(crate) fn reset(&mut self, index: usize) {
        self.changed.remove(&index);
        self.touch(index);
    }

    fn touch(&mut self, index: usize) {
        self.touched
            .insert(if index < FOREGROUND { 0 } else { index });
    }

    /// Returns the colours that are not their defaults, by index.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (usize, Rgb)> + '_ {
        self.changed.iter().map(|(index, colour)| (*index, *colour))
    }

    /// Returns what a terminal may have to reset first: 0 for all of 0 to 255, and others.
    pub(crate) fn touched(&self) -> impl Iterator<Item = usize> + '_ {
        self.touched.iter().copied()
    }

    /// Returns the colour that a query for `index` is answered with.
    pub(crate) fn colour(&self, index: usize) -> Rgb {
        let changed = self.changed.get(&index).copied();
        changed.unwrap_or_else(|| default_colour(index))
    }
}

const fn rgb(hex: u32) -> Rgb {
    let [_, r, g, b] = hex.to_be_bytes();
    Rgb { r, g, b }
}

fn default_colour(index: usize) -> Rgb {
    match u8::try_from(index) {
        Ok(index @ 0..=15) => rgb(BASIC[usize::from(index)]),
        Ok(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            Rgb {
                r: level(cube / 36),
                g: level(cube / 6 % 6),
                b: level(cube % 6),
            }
        }
        Ok(index) => {
            let grey = 8 + 10 * (index - 232);
            Rgb {
                r: grey,
                g: grey,
                b: grey,
            }
        }
        Err(_) if index == BACKGROUND => DEFAULT_BACKGROUND,
        Err(_) => DEFAULT_FOREGROUND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_xterm() {
        let palette = Palette::default();
        assert_eq!(palette.colour(196), rgb(0xff0000));
        assert_eq!(palette.colour(255), rgb(0xeeeeee));
        assert_eq!(palette.colour(CURSOR), DEFAULT_FOREGROUND);
        assert_eq!(palette.colour(FOREGROUND), DEFAULT_FOREGROUND);
    }

    #[test]
    fn a_reset_is_remembered() {
        let mut palette = Palette::default();
        palette.set(7, rgb(0x123456));
        palette.reset(7);
        palette.reset(CURSOR);
        assert_eq!(palette.changed().count(), 0);
        assert_eq!(palette.touched().collect::<Vec<_>>(), [0, CURSOR]);
    }
}
