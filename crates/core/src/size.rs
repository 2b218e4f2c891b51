//! The size of a terminal: rows, then columns, never zero.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Largest number of rows or columns that a session is given.
///
/// Larger requests are clamped, not refused: a client's window manager is not a caller that can
/// be argued with.
pub const MAX_CELLS: u16 = 1000;

/// A terminal's size in character cells; both sides are within `1..=MAX_CELLS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "RawSize", into = "RawSize")]
pub struct TermSize {
    rows: u16,
    cols: u16,
}

/// What is written on a wire or in a file; clamped again on the way in.
#[derive(Serialize, Deserialize)]
struct RawSize {
    rows: u16,
    cols: u16,
}

impl TermSize {
    /// The size of a session that nobody named one for: 24 rows, 80 columns.
    pub const DEFAULT: Self = Self { rows: 24, cols: 80 };

    /// Returns the size nearest to `rows` and `cols` that a terminal can have.
    #[must_use]
    pub fn clamped(rows: u16, cols: u16) -> Self {
        Self {
            rows: rows.clamp(1, MAX_CELLS),
            cols: cols.clamp(1, MAX_CELLS),
        }
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(self) -> u16 {
        self.rows
    }

    /// Returns the number of columns.
    #[must_use]
    pub fn cols(self) -> u16 {
        self.cols
    }
}

impl Default for TermSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl From<RawSize> for TermSize {
    fn from(raw: RawSize) -> Self {
        Self::clamped(raw.rows, raw.cols)
    }
}

impl From<TermSize> for RawSize {
    fn from(size: TermSize) -> Self {
        Self {
            rows: size.rows,
            cols: size.cols,
        }
    }
}

/// Writes the size as people say it, columns first: `80x24`.
impl fmt::Display for TermSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.cols, self.rows)
    }
}

/// A text that is not a terminal size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a size: expected columns and rows such as `80x24`")]
pub struct ParseSizeError {
    text: String,
}

impl FromStr for TermSize {
    type Err = ParseSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || ParseSizeError {
            text: text.to_owned(),
        };
        let (cols, rows) = text.split_once(['x', 'X']).ok_or_else(refused)?;
        let cols: u16 = cols.parse().map_err(|_| refused())?;
        let rows: u16 = rows.parse().map_err(|_| refused())?;
        if rows == 0 || cols == 0 {
            return Err(refused());
        }
        Ok(Self::clamped(rows, cols))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// proves O17
    #[test]
    fn sizes_are_clamped_to_what_a_terminal_can_have() {
        assert_eq!(TermSize::clamped(0, 0).to_string(), "1x1");
        assert_eq!(
            TermSize::clamped(u16::MAX, u16::MAX).to_string(),
            "1000x1000"
        );
    }

    #[test]
    fn text_has_columns_first_and_refuses_what_is_no_size() {
        let size: TermSize = "132x50".parse().unwrap();
        assert_eq!((size.rows(), size.cols()), (50, 132));
        for text in ["", "80", "80x", "x24", "0x24", "80x0", "80x24x1", "-1x5"] {
            assert!(text.parse::<TermSize>().is_err(), "{text}");
        }
    }
}
