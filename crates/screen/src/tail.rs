//! The *tail*: the bytes since the parser was last in its ground state.
//!
//! Appended to a snapshot they bring a fresh terminal's parser to where the child's output left it:
//! inside an escape sequence or a control string. The tracker follows the same states as `vte`.
//! Control characters that act from within a sequence have acted already, so they are left out.
//!
//! The beginning of a UTF-8 character is held back from the parser until its rest has come: given
//! the two apart, `vte` 0.15 can lose the character that follows them.
//!
//! A sequence longer than [`MAX_TAIL_BYTES`] is given up: the tail becomes one that no terminal
//! knows, of the same kind, so that its end is still found, and the model ignores it as a whole.
//! That is also what keeps an endless control string from filling the parser's memory.
//!
//! Sequences that `vte` parses but hands to nobody, or takes for others, are reported to the model
//! on the way.

mod action;

use memchr::memchr;

pub(crate) use self::action::{Action, Extra};
use self::action::{named_sequence, named_string};

/// Longest unfinished sequence that is kept, in bytes.
pub(crate) const MAX_TAIL_BYTES: usize = 64 * 1024;

/// Where a parser is, as far as it matters for what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    EscapeIntermediate,
    Csi,
    DcsEntry,
    DcsParam,
    DcsIntermediate,
    DcsIgnore,
    DcsData,
    Osc,
    /// SOS, PM or APC.
    Opaque,
}

/// Follows the parser and keeps the tail.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    state: State,
    bytes: Vec<u8>,
    given_up: bool,
    /// Whether a character was the last thing before the sequence: what REP repeats.
    after_text: bool,
}

impl Tail {
    /// Returns the tail.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns whether nothing came after the last character but the tail: only then does a
    /// repetition (REP) repeat it, as in xterm.js.
    pub(crate) fn is_after_text(&self) -> bool {
        self.after_text
    }

    /// Lets a repetition that follows have nothing to repeat: the text was laid out anew.
    pub(crate) fn forget_text(&mut self) {
        self.after_text = false;
    }

    /// Returns whether the parser is in its ground state.
    pub(crate) fn is_ground(&self) -> bool {
        self.state == State::Ground
    }

    /// Follows the parser over some of `bytes`; returns how many, and what to do.
    pub(crate) fn advance(&mut self, bytes: &[u8]) -> (usize, Action) {
        let mut at = 0;
        if self.state == State::Osc && self.given_up {
            let end = bytes.iter().position(|&byte| ends_osc(byte));
            match end {
                Some(0) => {}
                other => return (other.unwrap_or(bytes.len()), Action::Drop),
            }
        }
        while at < bytes.len() {
            if self.state == State::Ground {
                match self.advance_ground(&bytes[at..]) {
                    0 if at == 0 => {
                        let (used, action) = broken_characters(bytes);
                        self.after_text |= action == Action::Replace;
                        return (used, action);
                    }
                    0 => break,
                    used => at += used,
                }
                continue;
            }
            let action = self.step(bytes[at]);
            at += 1;
            if action != Action::Parse {
                return (at, action);
            }
        }
        (at, Action::Parse)
    }

    /// Uses text up to and including the next escape character, or as far as characters are whole.
    fn advance_ground(&mut self, bytes: &[u8]) -> usize {
        if let Some(escape) = memchr(0x1b, bytes) {
            self.note_text(&bytes[..escape]);
            self.begin();
            return escape + 1;
        }
        let mut end = bytes.len();
        while let Some(len) = unfinished_character(&bytes[..end]) {
            end -= len;
        }
        self.note_text(&bytes[..end]);
        end
    }

    /// Notes whether what came outside of sequences ends in a character.
    fn note_text(&mut self, text: &[u8]) {
        const DELETE: u8 = 0x7f;
        match text
            .iter()
            .rposition(|&byte| byte != DELETE)
            .map(|at| &text[..=at])
        {
            None => {}
            // A control character of the upper half.
            Some([.., 0xc2, 0x80..=0x9f]) => self.after_text = false,
            Some(text) => self.after_text = text.last().is_some_and(|&byte| 0x20 <= byte),
        }
    }

    /// Begins a sequence with its escape character.
    fn begin(&mut self) {
        self.state = State::Escape;
        self.given_up = false;
        self.bytes.clear();
        self.bytes.push(0x1b);
    }

    fn end(&mut self) -> Action {
        let action = match self.state {
            State::Csi if !matches!(self.bytes.last(), Some(b'b' | b'n' | b'p' | b'q' | b't')) => {
                Action::Parse
            }
            State::Csi => match named_sequence(&self.bytes) {
                Action::Repeat(_) if !self.after_text => Action::Repeat(0),
                action => action,
            },
            State::Osc => named_string(&self.bytes),
            _ => Action::Parse,
        };
        self.after_text = false;
        self.state = State::Ground;
        self.given_up = false;
        // A long string must not leave a large buffer behind.
        self.bytes.clear();
        self.bytes.shrink_to(1024);
        action
    }

    fn abort(&mut self) -> Action {
        self.bytes.clear();
        self.state = State::Ground;
        self.end()
    }

    /// Keeps a byte and goes on in `state`.
    fn keep(&mut self, byte: u8, state: State) -> Action {
        self.state = state;
        if self.given_up {
            return Action::Parse;
        }
        if self.bytes.len() < MAX_TAIL_BYTES {
            self.bytes.push(byte);
            return Action::Parse;
        }
        self.given_up = true;
        let rest: &[u8] = match state {
            State::Osc => b"]7777;",
            State::Csi => b"[0?",
            State::DcsEntry | State::DcsParam | State::DcsIntermediate => {
                self.state = State::DcsIgnore;
                b"P0?"
            }
            State::DcsIgnore => b"P0?",
            State::DcsData => b"P0z",
            State::Opaque => b"_",
            State::Ground | State::Escape | State::EscapeIntermediate => b"   ",
        };
        self.bytes.truncate(1);
        self.bytes.extend_from_slice(rest);
        Action::GiveUp
    }

    /// Follows the parser over one byte outside the ground state.
    fn step(&mut self, byte: u8) -> Action {
        match (self.state, byte) {
            (_, 0x1b) => {
                if matches!(self.state, State::Osc | State::DcsData) {
                    self.after_text = false;
                }
                let action = match self.state {
                    State::Osc => named_string(&self.bytes),
                    _ => Action::Parse,
                };
                self.begin();
                action
            }
            (_, 0x18 | 0x1a) => match (self.state, self.abort()) {
                (State::Osc, _) => Action::Forget,
                (_, action) => action,
            },
            (State::Escape, _) => self.step_escape(byte),
            (State::EscapeIntermediate, 0x20..=0x2f) => self.keep(byte, State::EscapeIntermediate),
            (State::EscapeIntermediate, 0x30..=0x7e) => self.end(),
            (State::Csi, 0x20..=0x3f) => self.keep(byte, State::Csi),
            (State::Csi, 0x40..=0x7e) => {
                self.bytes.push(byte);
                self.end()
            }
            (State::DcsEntry | State::DcsParam | State::DcsIntermediate, _) => self.step_dcs(byte),
            (State::DcsData, 0x9c) => self.abort(),
            (State::DcsData | State::Opaque, _) => self.keep(byte, self.state),
            (State::Osc, 0x07) => self.end(),
            (State::Osc, 0x20..) => self.keep(byte, State::Osc),
            (State::Csi | State::EscapeIntermediate, ..0x20) => {
                self.after_text = false;
                Action::Parse
            }
            _ => Action::Parse,
        }
    }

    fn step_escape(&mut self, byte: u8) -> Action {
        match byte {
            0x20..=0x2f => self.keep(byte, State::EscapeIntermediate),
            b'[' => self.keep(byte, State::Csi),
            b']' => self.keep(byte, State::Osc),
            b'P' => self.keep(byte, State::DcsEntry),
            b'X' | b'^' | b'_' => self.keep(byte, State::Opaque),
            b'D' | b'E' => {
                self.end();
                Action::CancelThen(match byte {
                    b'D' => Extra::Index,
                    _ => Extra::NextLine,
                })
            }
            0x30..=0x7e => self.end(),
            ..0x20 => {
                self.after_text = false;
                Action::Parse
            }
            _ => Action::Parse,
        }
    }

    fn step_dcs(&mut self, byte: u8) -> Action {
        match (self.state, byte) {
            (State::DcsParam, 0x3c..=0x3f) | (State::DcsIntermediate, 0x30..=0x3f) => {
                self.keep(byte, State::DcsIgnore)
            }
            (_, 0x20..=0x2f) => self.keep(byte, State::DcsIntermediate),
            (_, 0x30..=0x3f) => self.keep(byte, State::DcsParam),
            (_, 0x40..=0x7e) => self.keep(byte, State::DcsData),
            _ => Action::Parse,
        }
    }
}

fn ends_osc(byte: u8) -> bool {
    matches!(byte, 0x07 | 0x18 | 0x1a | 0x1b)
}

/// Returns the length of the unfinished character that `text` ends in.
fn unfinished_character(text: &[u8]) -> Option<usize> {
    (1..=3.min(text.len())).find(|len| {
        let end = &text[text.len() - len..];
        // Cheaper than asking, and most text ends in an ASCII character.
        0xc2 <= end[0]
            && std::str::from_utf8(end)
                .is_err_and(|err| err.valid_up_to() == 0 && err.error_len().is_none())
    })
}

/// Says what to do with unfinished characters, one after the other, and nothing else.
fn broken_characters(bytes: &[u8]) -> (usize, Action) {
    let mut first = bytes.len();
    let mut end = first;
    while let Some(len) = unfinished_character(&bytes[..end]) {
        first = len;
        end -= len;
    }
    if first == bytes.len() {
        (0, Action::Hold)
    } else {
        (first, Action::Replace)
    }
}

#[cfg(test)]
mod tests;
