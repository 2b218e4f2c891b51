//! Which tmux it is, and whether that is new enough.

use std::fmt;

/// The oldest release that is used: older ones have no pane options and no exact input.
const OLDEST: (u32, u32) = (3, 0);

/// The first release that is not known to paste what is in a buffer as it is.
const CHANGES_PASTES: (u32, u32) = (3, 6);

/// The first release whose messages take a time of their own.
const TIMES_MESSAGES: (u32, u32) = (3, 2);

/// A version of tmux, as `tmux -V` says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: String,
    /// Major and minor number; none for a build that has no number of its own.
    number: Option<(u32, u32)>,
}

impl Version {
    /// Reads what `tmux -V` printed: `tmux 3.3a`, `tmux next-3.5`, `tmux master`,
    /// `tmux openbsd-7.4`; `None` if that is not tmux's.
    #[must_use]
    pub fn parse(said: &str) -> Option<Self> {
        let text = said.trim_end().strip_prefix("tmux ")?;
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+~".contains(c);
        if text.is_empty() || !text.chars().all(plain) {
            return None;
        }
        let number = match text.strip_prefix("next-").unwrap_or(text) {
            // Built from what is not released yet, or with the system's number instead of tmux's.
            "master" => None,
            other if other.starts_with("openbsd-") => None,
            other => Some(number_of(other)?),
        };
        Some(Self {
            text: text.to_owned(),
            number,
        })
    }

    /// Tells whether it is known to paste a buffer byte for byte. Newer releases put something else
    /// in the place of control characters.
    pub(crate) fn pastes_exactly(&self) -> bool {
        let is_plain = !self.text.starts_with("next-");
        is_plain && self.number.is_some_and(|number| number < CHANGES_PASTES)
    }

    /// Tells whether a message is shown for as long as its command says.
    pub(crate) fn shows_as_long_as_told(&self) -> bool {
        self.number.is_none_or(|number| TIMES_MESSAGES <= number)
    }

    /// Tells whether it is new enough.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.number.is_none_or(|number| OLDEST <= number)
    }
}

fn number_of(text: &str) -> Option<(u32, u32)> {
    let (major, rest) = text.split_once('.')?;
    let end = rest.find(|c: char| !c.is_ascii_digit());
    let minor = &rest[..end.unwrap_or(rest.len())];
    Some((major.parse().ok()?, minor.parse().ok()?))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves T1
    #[test]
    fn versions_from_3_0_on_are_usable_and_older_ones_are_not() {
        let usable = |said| Version::parse(said).map(|version| version.is_usable());
        for said in [
            "tmux 3.0",
            "tmux 3.0a\n",
            "tmux 3.3a\n",
            "tmux 3.10",
            "tmux 4.0",
            "tmux next-3.5",
            "tmux master",
            "tmux openbsd-7.4",
            "tmux 3.0-rc5",
        ] {
            assert_eq!(usable(said), Some(true), "{said:?}");
        }
        for said in ["tmux 2.9a", "tmux 1.8", "tmux next-2.9", "tmux 2.10"] {
            assert_eq!(usable(said), Some(false), "{said:?}");
        }
        for said in [
            "",
            "tmux",
            "tmux ",
            "screen 4.9",
            "tmux three",
            "tmux 3",
            "tmux 3.\u{7}a",
        ] {
            assert_eq!(usable(said), None, "{said:?}");
        }
        let exact = |said| Version::parse(said).unwrap().pastes_exactly();
        assert!(exact("tmux 3.5a") && !exact("tmux 3.6") && !exact("tmux next-3.5"));
        assert!(!exact("tmux master"));
        let timed = |said| Version::parse(said).unwrap().shows_as_long_as_told();
        assert!(timed("tmux 3.2") && timed("tmux 3.10") && timed("tmux master"));
        assert!(!timed("tmux 3.1c"));
        assert_eq!(Version::parse("tmux 3.3a\n").unwrap().to_string(), "3.3a");
    }
}
