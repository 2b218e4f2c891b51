//! Names of keys, as tmux calls them, and the bytes that a terminal sends for them.
//!
//! Modifiers come first: `C-` for Ctrl, `M-` for Alt, `S-` for Shift, as in `C-c`, `M-x`, `C-Left`.
//! Arrows are sent in their normal form, which programs read in either mode of the keypad.

use std::str::FromStr;

/// Bytes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// Returns the bytes that the key sends.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no key `{}`: expected a name such as Enter, Tab, Escape, Up, PageDown, F5, C-c or M-x",
    .0.escape_debug()
)]
pub(crate) struct UnknownKey(String);

#[derive(Debug, Clone, Copy, Default)]
struct Modifiers {
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Modifiers {
    /// The parameter by which sequences say them; 1 stands for none.
    fn parameter(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }
}

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (modifiers, name) = split_modifiers(text);
        sequence_key(name, modifiers)
            .or_else(|| plain_key(name, modifiers))
            .map(Self)
            .ok_or_else(|| UnknownKey(text.to_owned()))
    }
}

fn split_modifiers(text: &str) -> (Modifiers, &str) {
    let (mut modifiers, mut rest) = (Modifiers::default(), text);
    // What follows the dash must be something: `C--` is Ctrl and `-`.
    while let Some((prefix, after)) = rest
        .split_at_checked(2)
        .filter(|(_, after)| !after.is_empty())
    {
        match prefix {
            "C-" => modifiers.ctrl = true,
            "M-" => modifiers.alt = true,
            "S-" => modifiers.shift = true,
            _ => break,
        }
        rest = after;
    }
    (modifiers, rest)
}

/// Keys that send a control sequence, in which modifiers are a parameter.
fn sequence_key(name: &str, modifiers: Modifiers) -> Option<Vec<u8>> {
    let parameter = modifiers.parameter();
    let letter = |prefix: char, last: char| match parameter {
        1 => format!("\x1b{prefix}{last}"),
        _ => format!("\x1b[1;{parameter}{last}"),
    };
    let number = |number: u8| match parameter {
        1 => format!("\x1b[{number}~"),
        _ => format!("\x1b[{number};{parameter}~"),
    };
    let sequence = match name {
        "Up" => letter('[', 'A'),
        "Down" => letter('[', 'B'),
        "Right" => letter('[', 'C'),
        "Left" => letter('[', 'D'),
        "Home" => letter('[', 'H'),
        "End" => letter('[', 'F'),
        "Insert" | "IC" => number(2),
        "Delete" | "DC" => number(3),
        "PageUp" | "PgUp" | "PPage" => number(5),
        "PageDown" | "PgDn" | "NPage" => number(6),
        "F1" => letter('O', 'P'),
        "F2" => letter('O', 'Q'),
        "F3" => letter('O', 'R'),
        "F4" => letter('O', 'S'),
        "F5" => number(15),
        "F6" => number(17),
        "F7" => number(18),
        "F8" => number(19),
        "F9" => number(20),
        "F10" => number(21),
        "F11" => number(23),
        "F12" => number(24),
        "BTab" => "\x1b[Z".into(),
        "Tab" if modifiers.shift => "\x1b[Z".into(),
        _ => return None,
    };
    Some(sequence.into_bytes())
}

/// Keys that send a character, which Ctrl turns into a control character and Alt puts after an
/// escape.
fn plain_key(name: &str, modifiers: Modifiers) -> Option<Vec<u8>> {
    let plain = match name {
        "Enter" => '\r',
        "Tab" => '\t',
        "Escape" | "Esc" => '\x1b',
        "Space" => ' ',
        "BSpace" | "Backspace" => '\x7f',
        _ => {
            let mut chars = name.chars();
            chars
                .next()
                .filter(|c| chars.next().is_none() && !c.is_control())?
        }
    };
    let shifted = match modifiers.shift && plain.is_ascii_lowercase() {
        true => plain.to_ascii_uppercase(),
        false => plain,
    };
    let c = if modifiers.ctrl {
        control(shifted)?
    } else {
        shifted
    };
    let escape = if modifiers.alt { "\x1b" } else { "" };
    Some(format!("{escape}{c}").into_bytes())
}

fn control(c: char) -> Option<char> {
    match c {
        'a'..='z' | '@' | '['..='_' => Some(char::from(c as u8 & 0x1f)),
        'A'..='Z' => Some(char::from(c as u8 & 0x1f)),
        ' ' => Some('\0'),
        '?' => Some('\x7f'),
        '/' | '-' => Some('\x1f'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(name: &str) -> Vec<u8> {
        name.parse::<Key>().unwrap().0
    }

    #[test]
    fn named_keys_send_what_a_terminal_sends() {
        for (name, expected) in [
            ("Enter", "\r"),
            ("Tab", "\t"),
            ("BTab", "\x1b[Z"),
            ("Escape", "\x1b"),
            ("Space", " "),
            ("BSpace", "\x7f"),
            ("Up", "\x1b[A"),
            ("Home", "\x1b[H"),
            ("PageUp", "\x1b[5~"),
            ("NPage", "\x1b[6~"),
            ("F1", "\x1bOP"),
            ("F12", "\x1b[24~"),
            ("x", "x"),
            ("é", "é"),
        ] {
            assert_eq!(bytes(name), expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn modifiers_change_what_is_sent() {
        for (name, expected) in [
            ("C-c", "\x03"),
            ("C-C", "\x03"),
            ("C-Space", "\0"),
            ("C-[", "\x1b"),
            ("C-\\", "\x1c"),
            ("C--", "\x1f"),
            ("M-x", "\x1bx"),
            ("C-M-x", "\x1b\x18"),
            ("M-Enter", "\x1b\r"),
            ("S-a", "A"),
            ("S-Tab", "\x1b[Z"),
            ("C-Left", "\x1b[1;5D"),
            ("S-F1", "\x1b[1;2P"),
            ("C-S-Delete", "\x1b[3;6~"),
        ] {
            assert_eq!(bytes(name), expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_by_name() {
        for name in ["", "Entre", "enter", "C-é", "F13", "ab", "C-", "\n"] {
            let error = name.parse::<Key>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{}`", name.escape_debug())),
                "{error}"
            );
        }
    }
}
