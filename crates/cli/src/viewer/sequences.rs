//! Finds the control sequences in a terminal's output, cut anywhere, and skips everything else.
//!
//! The states are those of a VT500 parser, less what nobody here asks for:
//!
//! ```text
//!  Ground ─ESC─► Escape ─[─► Csi ──final──► Ground
//!                  │ └──]──► Osc ──BEL, ST─► Ground
//!                  │ └P X ^ _► Text ──ST──► Ground
//!                  └──final──► Ground          CAN and SUB end any of them; ESC starts another
//! ```
//!
//! Only the seven-bit forms are known: a UTF-8 terminal takes bytes above 0x7f for characters.

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;
/// Shifts the other character set in.
pub(crate) const SHIFT_OUT: u8 = 0x0e;
/// Shifts it out again.
pub(crate) const SHIFT_IN: u8 = 0x0f;

/// Bytes kept of one sequence. What is longer was never written to change a terminal's modes.
const MAX_BYTES: usize = 8 * 1024;

/// One complete sequence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sequence<'a> {
    /// A shift between character sets.
    Shift(u8),
    /// `ESC`, intermediates, final byte.
    Escape {
        /// What stands before the final byte.
        intermediates: &'a [u8],
        /// The final byte.
        last: u8,
    },
    /// `ESC [`, parameters and intermediates, final byte.
    Csi {
        /// What stands before the final byte.
        body: &'a [u8],
        /// The final byte.
        last: u8,
    },
    /// `ESC ]`, a text; cut off at its end if it was very long.
    Osc(&'a [u8]),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    Csi,
    Osc,
    /// A string of which nobody here wants the content.
    Text,
}

/// Finds sequences in bytes that come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    state: State,
    kept: Vec<u8>,
}

impl Sequences {
    /// Takes the next piece, and calls `found` with each sequence that it completes.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], mut found: impl FnMut(Sequence<'_>)) {
        while !bytes.is_empty() {
            if self.state == State::Ground {
                let Some(at) = memchr::memchr3(ESC, SHIFT_OUT, SHIFT_IN, bytes) else {
                    return;
                };
                if bytes[at] == ESC {
                    self.enter(State::Escape);
                } else {
                    found(Sequence::Shift(bytes[at]));
                }
                bytes = &bytes[at + 1..];
            } else {
                self.step(bytes[0], &mut found);
                bytes = &bytes[1..];
            }
        }
    }

    /// Returns what ends a sequence that is only half there; nothing if none is.
    ///
    /// CAN ends it everywhere but in strings on some terminals; ST ends those.
    pub(crate) fn cancel(&self) -> &'static [u8] {
        match self.state {
            State::Ground => b"",
            State::Escape | State::Csi => b"\x18",
            State::Osc | State::Text => b"\x18\x1b\\",
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.kept.clear();
    }

    fn step(&mut self, byte: u8, found: &mut impl FnMut(Sequence<'_>)) {
        match (self.state, byte) {
            (_, CAN | SUB) => self.enter(State::Ground),
            (State::Osc, BEL) => {
                found(Sequence::Osc(&self.kept));
                self.enter(State::Ground);
            }
            (State::Osc, ESC) => {
                // Terminals take the string for ended here, whatever follows.
                found(Sequence::Osc(&self.kept));
                self.enter(State::Escape);
            }
            (_, ESC) => self.enter(State::Escape),
            (State::Ground | State::Text, _) => {}
            (State::Osc, _) => self.keep(byte),
            (State::Escape | State::Csi, SHIFT_OUT | SHIFT_IN) => found(Sequence::Shift(byte)),
            // Other controls act at once, also within a sequence; none matters here.
            (State::Escape | State::Csi, 0x00..=0x1f | 0x7f..=0xff) => {}
            (State::Escape, b'[') if self.kept.is_empty() => self.enter(State::Csi),
            (State::Escape, b']') if self.kept.is_empty() => self.enter(State::Osc),
            (State::Escape, b'P' | b'X' | b'^' | b'_') if self.kept.is_empty() => {
                self.enter(State::Text);
            }
            (State::Escape, 0x20..=0x2f) | (State::Csi, 0x20..=0x3f) => self.keep(byte),
            (State::Escape, last) => {
                let intermediates = &self.kept;
                found(Sequence::Escape {
                    intermediates,
                    last,
                });
                self.enter(State::Ground);
            }
            (State::Csi, last) => {
                let body = &self.kept;
                found(Sequence::Csi { body, last });
                self.enter(State::Ground);
            }
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.kept.len() < MAX_BYTES {
            self.kept.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pieces: &[&[u8]]) -> Vec<String> {
        let mut sequences = Sequences::default();
        let mut all = Vec::new();
        for piece in pieces {
            sequences.feed(piece, |sequence| {
                all.push(match sequence {
                    Sequence::Shift(byte) => format!("shift {byte:#x}"),
                    Sequence::Escape {
                        intermediates,
                        last,
                    } => format!("esc {}{}", intermediates.escape_ascii(), char::from(last)),
                    Sequence::Csi { body, last } => {
                        format!("csi {}{}", body.escape_ascii(), char::from(last))
                    }
                    Sequence::Osc(text) => format!("osc {}", text.escape_ascii()),
                });
            });
        }
        all
    }

    const MIXED: &[u8] =
        b"a\x1b[?25l\x1b(0\x0eq\x0f\x1b]2;t\x07\x1b]8;;u\x1b\\\x1bPq[?1h\x1b\\\x1b=\
        \x1b[1\x0e;2\x1b[3m\x1b[4\x18h\xe2\x94\x80";

    #[test]
    fn sequences_are_found_among_text_strings_and_broken_ones() {
        let expected = [
            "csi ?25l",
            "esc (0",
            "shift 0xe",
            "shift 0xf",
            "osc 2;t",
            "osc 8;;u",
            "esc \\",
            "esc \\",
            "esc =",
            "shift 0xe",
            "csi 3m",
        ];
        assert_eq!(found(&[MIXED]), expected);
    }

    #[test]
    fn any_cut_finds_the_same() {
        let whole = found(&[MIXED]);
        for cut in 0..=MIXED.len() {
            let (head, tail) = MIXED.split_at(cut);
            assert_eq!(found(&[head, tail]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_half_sequence_is_known_and_how_to_end_it() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"text", b""),
            (b"\x1b", b"\x18"),
            (b"\x1b[?10", b"\x18"),
            (b"\x1b]2;title", b"\x18\x1b\\"),
            (b"\x1bPq", b"\x18\x1b\\"),
        ];
        for (bytes, ending) in cases {
            let mut sequences = Sequences::default();
            sequences.feed(bytes, |_| {});
            assert_eq!(sequences.cancel(), ending, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn an_endless_string_is_kept_in_part_only() {
        let mut sequences = Sequences::default();
        sequences.feed(b"\x1b]52;", |_| {});
        sequences.feed(&vec![b'x'; 1 << 20], |_| {});
        assert_eq!(sequences.kept.len(), MAX_BYTES);
    }
}
