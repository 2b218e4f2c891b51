//! The keys that detach: how they are written, and which input stands for each.
//!
//! A key arrives as one byte, or, when the program has asked its terminal for more, as a `CSI`
//! sequence: `CSI 92;5u` (the kitty protocol) and `CSI 27;5;92~` (xterm's "modify other keys") are
//! both ctrl-\. Programs of today ask for that, and detaching must work in them too.

use std::{fmt, str::FromStr};

/// Modifier bits of both protocols, after taking one off.
const SHIFT: u16 = 1;
const CTRL: u16 = 4;
/// Caps lock and num lock; they change no key here.
const LOCKS: u16 = 64 | 128;

/// The sequence of keys that detaches; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DetachKeys(Vec<Key>);

/// One key, by the byte that it sends on a plain terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(u8);

/// A key as a `CSI` sequence reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    /// The key's code, without modifiers.
    pub(crate) code: u16,
    /// What it would be with shift, if the terminal says so.
    pub(crate) shifted: Option<u16>,
    /// The modifier bits.
    pub(crate) modifiers: u16,
}

/// A text that names no detach keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` in `{text}` is not a key to detach with")]
pub(crate) struct ParseKeysError {
    text: String,
    part: String,
}

impl ParseKeysError {
    /// Says what would have been one.
    pub(crate) fn hint(&self) -> String {
        "give keys separated by commas, each a single character or `ctrl-` and one of a to z, @, \
         [, \\, ], ^ or _; for example `ctrl-p,ctrl-q`"
            .to_owned()
    }
}

impl DetachKeys {
    /// Returns the bytes of which one is in all that may begin the keys: the first of them, and that
    /// of the sequences in which terminals report keys and pastes.
    pub(crate) fn first_bytes(&self) -> Vec<u8> {
        const ESC: u8 = 0x1b;
        vec![self.0[0].0, ESC]
    }

    /// Returns the keys, in the order in which they are pressed.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.0
    }
}

/// ctrl-\ alone.
impl Default for DetachKeys {
    fn default() -> Self {
        Self(vec![Key(0x1c)])
    }
}

impl FromStr for DetachKeys {
    type Err = ParseKeysError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = |part: &str| {
            Key::parse(part).ok_or_else(|| ParseKeysError {
                text: text.to_owned(),
                part: part.to_owned(),
            })
        };
        text.split(',').map(key).collect::<Result<_, _>>().map(Self)
    }
}

/// Writes the keys as they are read.
impl fmt::Display for DetachKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Key(byte)) in self.0.iter().enumerate() {
            if 0 < index {
                f.write_str(",")?;
            }
            match byte {
                0x00..=0x1f => write!(f, "ctrl-{}", char::from(byte + 0x40).to_ascii_lowercase())?,
                _ => write!(f, "{}", char::from(*byte))?,
            }
        }
        Ok(())
    }
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        if let [byte] = text.as_bytes() {
            return byte.is_ascii_graphic().then_some(Self(*byte));
        }
        let name = text
            .get(..5)
            .filter(|name| name.eq_ignore_ascii_case("ctrl-"));
        let [_, _, _, _, _, byte] = text.as_bytes() else {
            return None;
        };
        name.and(control(u16::from(*byte))).map(Self)
    }

    /// Returns whether a plain byte is this key.
    pub(crate) fn is_byte(self, byte: u8) -> bool {
        self.0 == byte
    }

    /// Returns whether a reported key is this one.
    pub(crate) fn is_reported(self, key: Reported) -> bool {
        let Reported {
            code,
            shifted,
            modifiers,
        } = key;
        let byte = u16::from(self.0);
        match modifiers & !LOCKS {
            0 => code == byte,
            SHIFT => shifted == Some(byte) || upper(code) == byte,
            CTRL => control(code) == Some(self.0),
            // Some control keys need shift on some keyboards: ctrl-_ is ctrl-shift-minus on many.
            held if held == CTRL | SHIFT => {
                let code = shifted.unwrap_or(code);
                control(code) == Some(self.0) && !is_letter(code)
            }
            _ => false,
        }
    }
}

/// Returns the byte that ctrl and this key send.
fn control(code: u16) -> Option<u8> {
    match u8::try_from(code).ok()?.to_ascii_uppercase() {
        byte @ b'@'..=b'_' => Some(byte & 0x1f),
        _ => None,
    }
}

fn upper(code: u16) -> u16 {
    u8::try_from(code).map_or(code, |byte| byte.to_ascii_uppercase().into())
}

fn is_letter(code: u16) -> bool {
    u8::try_from(code).is_ok_and(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for text in [
            "ctrl-\\",
            "ctrl-p,ctrl-q",
            "ctrl-a,d",
            "~,.",
            "ctrl-@,ctrl-[,ctrl-_",
        ] {
            assert_eq!(text.parse::<DetachKeys>().unwrap().to_string(), text);
        }
        assert_eq!(DetachKeys::default().to_string(), "ctrl-\\");
        let loud: DetachKeys = "CTRL-P".parse().unwrap();
        assert_eq!(loud.keys(), [Key(0x10)]);
    }

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        for text in [
            "", "ctrl-", "ctrl-1", "ctrl-ab", "alt-x", "a,,b", "a ,b", "é", "ctrl-é",
        ] {
            let refused = text.parse::<DetachKeys>().unwrap_err();
            assert!(refused.to_string().contains("is not a key"), "{text}");
        }
        let refused = "ctrl-p,f1".parse::<DetachKeys>().unwrap_err();
        let message = "`f1` in `ctrl-p,f1` is not a key to detach with";
        assert_eq!(refused.to_string(), message);
        assert!(refused.hint().contains("ctrl-p,ctrl-q"));
    }

    #[test]
    fn reported_keys_are_the_bytes_they_stand_for() {
        let reported = |code, shifted, modifiers| Reported {
            code,
            shifted,
            modifiers,
        };
        let cases = [
            (0x1c, reported(92, None, 4), true),
            (0x1c, reported(92, None, 4 | 64 | 128), true),
            (0x1c, reported(92, None, 0), false),
            (0x1c, reported(92, None, 4 | 2), false),
            (0x10, reported(112, None, 4), true),
            (0x10, reported(80, None, 4), true),
            (0x10, reported(112, None, 4 | 1), false),
            (0x1f, reported(45, Some(95), 4 | 1), true),
            (0x1f, reported(95, None, 4 | 1), true),
            (0x1b, reported(27, None, 0), true),
            (b'd', reported(100, None, 0), true),
            (b'D', reported(100, Some(68), 1), true),
            (b'D', reported(100, None, 1), true),
            (b'd', reported(100, None, 1), false),
        ];
        for (byte, key, same) in cases {
            assert_eq!(Key(byte).is_reported(key), same, "{byte:#x} {key:?}");
        }
    }
}
