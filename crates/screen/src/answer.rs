//! What a terminal types back: the queue of answers to the child's queries, and their texts.

use alacritty_terminal::vte::ansi::Rgb;

/// Most bytes of answers that wait to be taken; an answer that does not fit is dropped whole.
const MAX_WAITING_BYTES: usize = 64 * 1024;

/// Answers not yet taken.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    waiting: Vec<u8>,
}

impl Answers {
    pub(crate) fn push(&mut self, answer: &str) {
        if self.waiting.len() + answer.len() <= MAX_WAITING_BYTES {
            self.waiting.extend_from_slice(answer.as_bytes());
        }
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting)
    }
}

/// DA1: a VT220 with colour.
pub(crate) const PRIMARY_ATTRIBUTES: &str = "\x1b[?62;22c";
/// DA2: the numbers of xterm.js, from which programs conclude that SGR mouse reports work.
pub(crate) const SECONDARY_ATTRIBUTES: &str = "\x1b[>0;276;0c";
/// DA3: a unit id of zeros.
pub(crate) const TERTIARY_ATTRIBUTES: &str = "\x1bP!|00000000\x1b\\";
/// DSR 5: no malfunction.
pub(crate) const STATUS_OK: &str = "\x1b[0n";

/// XTVERSION.
pub(crate) fn version() -> String {
    concat!("\x1bP>|abide(", env!("CARGO_PKG_VERSION"), ")\x1b\\").to_owned()
}

/// CPR, or DECXCPR with `private` being `?`; row and column count from 0.
pub(crate) fn cursor_position(private: &str, row: usize, col: usize) -> String {
    format!("\x1b[{private}{};{}R", row + 1, col + 1)
}

/// DECRPM; `on` is `None` for a mode that is not known.
pub(crate) fn mode(private: &str, mode: u16, on: Option<bool>) -> String {
    let value = match on {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    };
    format!("\x1b[{private}{mode};{value}$y")
}

/// The answer to a colour query, which repeats the query's own start and end.
pub(crate) fn colour(prefix: &str, colour: Rgb, terminator: &str) -> String {
    format!(
        "\x1b]{prefix};rgb:{0:02x}{0:02x}/{1:02x}{1:02x}/{2:02x}{2:02x}{terminator}",
        colour.r, colour.g, colour.b
    )
}

/// The kitty protocol's flags in force.
pub(crate) fn keyboard(flags: u8) -> String {
    format!("\x1b[?{flags}u")
}

/// The value of XTMODKEYS resource 4.
pub(crate) fn modify_other_keys(value: u8) -> String {
    format!("\x1b[>4;{value}m")
}

/// The size of the page in characters.
pub(crate) fn text_area(rows: usize, cols: usize) -> String {
    format!("\x1b[8;{rows};{cols}t")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_nobody_takes_are_bounded() {
        let mut answers = Answers::default();
        for _ in 0..MAX_WAITING_BYTES {
            answers.push(STATUS_OK);
        }
        let taken = answers.take();
        assert!(taken.len() <= MAX_WAITING_BYTES && taken.ends_with(b"n"));
        assert!(answers.take().is_empty());
    }
}
