//! What in a program's output tells of its activity: bells, titles, notifications, marks.
//!
//! Plain text costs one search for two characters. Nothing is parsed but what follows an escape
//! character immediately, and the strings of the sequences that are known here.

mod osc;

use abide_core::activity::Signal;

use self::osc::Osc;
use crate::escape::find_escape_or_bell;

/// Finds signals in output, however it is cut into pieces.
#[derive(Debug, Default)]
pub struct SignalScanner {
    state: State,
    osc: Osc,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Text: only an escape character or a bell matters.
    #[default]
    Text,
    Escape,
    /// The string of an operating system command.
    Osc,
    /// A string in which a bell does not ring, up to an escape character.
    String,
}

impl SignalScanner {
    /// Returns a scanner at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows output, and hands out what it finds, in order.
    pub fn scan(&mut self, bytes: &[u8], mut found: impl FnMut(Signal)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Text => self.in_text(rest, &mut found),
                State::Escape => self.after_escape(rest),
                State::Osc => self.in_osc(rest, &mut found),
                State::String => match rest.iter().position(|byte| ends(*byte)) {
                    None => return,
                    Some(at) => {
                        self.state = after_end(rest[at]);
                        &rest[at + 1..]
                    }
                },
            };
        }
    }

    fn in_text<'a>(&mut self, bytes: &'a [u8], found: &mut impl FnMut(Signal)) -> &'a [u8] {
        let mut rest = bytes;
        while let Some(at) = find_escape_or_bell(rest) {
            let after = &rest[at + 1..];
            rest = match (rest[at], after.first()) {
                (BELL, _) => {
                    found(Signal::Bell);
                    after
                }
                // Nearly all are of this kind, and nothing in one matters but a bell.
                (_, Some(b'[')) => &after[1..],
                _ => {
                    self.state = State::Escape;
                    return after;
                }
            };
        }
        &[]
    }

    fn after_escape<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.state = match bytes[0] {
            b']' => {
                self.osc.begin();
                State::Osc
            }
            b'P' | b'X' | b'^' | b'_' => State::String,
            ESCAPE => State::Escape,
            // A bell rings inside a sequence, too.
            BELL => {
                self.state = State::Text;
                return bytes;
            }
            _ => State::Text,
        };
        &bytes[1..]
    }

    fn in_osc<'a>(&mut self, bytes: &'a [u8], found: &mut impl FnMut(Signal)) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == BELL || ends(*byte));
        self.osc.push(&bytes[..end.unwrap_or(bytes.len())]);
        let Some(end) = end else {
            return &[];
        };
        let is_whole = matches!(bytes[end], BELL | ESCAPE);
        if is_whole && let Some(signal) = self.osc.signal() {
            found(signal);
        }
        self.state = after_end(bytes[end]);
        &bytes[end + 1..]
    }
}

const BELL: u8 = 0x07;
const ESCAPE: u8 = 0x1b;

/// Tells whether a byte ends a string: an escape character, or one that cancels.
fn ends(byte: u8) -> bool {
    matches!(byte, ESCAPE | 0x18 | 0x1a)
}

fn after_end(byte: u8) -> State {
    match byte {
        ESCAPE => State::Escape,
        _ => State::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(pieces: &[&[u8]]) -> Vec<Signal> {
        let mut scanner = SignalScanner::new();
        let mut signals = Vec::new();
        for piece in pieces {
            scanner.scan(piece, |signal| signals.push(signal));
        }
        signals
    }

    fn title(text: &str) -> Signal {
        Signal::Title(text.into())
    }

    fn notification(text: &str) -> Signal {
        Signal::Notification(text.into())
    }

    fn cases() -> Vec<(&'static [u8], Vec<Signal>)> {
        let finished = |code| Signal::Finished { code };
        vec![
            (b"a\x07b\x07", vec![Signal::Bell, Signal::Bell]),
            (b"\x1b]0;one\x07", vec![title("one")]),
            ("\x1b]2;✳ two; three\x1b\\".as_bytes(), vec![title("✳ two; three")]),
            (b"\x1b]1;icon\x07", vec![]),
            (b"\x1b]9;done\x1b\\", vec![notification("done")]),
            (b"\x1b]9;4 tests failed\x07", vec![notification("4 tests failed")]),
            (b"\x1b]9;4;3\x07\x1b]9;4;1;50\x07", vec![Signal::Progress(true); 2]),
            (b"\x1b]9;4;0\x07\x1b]9;4;2;5\x07", vec![Signal::Progress(false); 2]),
            (b"\x1b]9;9;/home\x07\x1b]9;12\x07", vec![]),
            (b"\x1b]777;notify;build;it failed\x07", vec![notification("build: it failed")]),
            (b"\x1b]777;notify;build\x07\x1b]777;other;x\x07", vec![notification("build")]),
            (b"\x1b]99;;hello\x1b\\", vec![notification("hello")]),
            (
                b"\x1b]99;i=1:d=0;head\x1b\\\x1b]99;i=1:p=body;text\x1b\\",
                vec![notification("head: text")],
            ),
            (b"\x1b]99;i=1:e=1;aGVsbG8=\x1b\\", vec![notification("hello")]),
            (b"\x1b]99;i=1:p=close;\x1b\\\x1b]99;i=1:p=?;\x1b\\", vec![]),
            (
                b"\x1b]133;A\x07$ \x1b]133;B\x07ls\r\n\x1b]133;C\x07\x1b]133;D;130\x07\x1b]133;D\x07",
                vec![
                    Signal::Prompt,
                    Signal::Prompt,
                    Signal::Command,
                    finished(Some(130)),
                    finished(None),
                ],
            ),
            (b"\x1b]133;A;cl=m;aid=7\x07\x1b]133;P;k=s\x07", vec![Signal::Prompt; 2]),
            (b"\x1b]133;Z\x07\x1b]133\x07\x1b]\x07\x1b]8;;http://x\x07", vec![]),
            (b"\x1bPq#0\x07~\x1b\\\x1b_G\x07\x1b\\", vec![]),
            (b"\x1b]0;cancelled\x18\x1b]2;also\x1a", vec![]),
            (b"\x1b[31m\x07\x1b[\x07m", vec![Signal::Bell, Signal::Bell]),
            (b"\x1b\x1b]0;twice\x07", vec![title("twice")]),
            (b"\x1b]0;ended by\x1b[m another", vec![title("ended by")]),
        ]
    }

    /// proves A5
    #[test]
    fn every_signal_is_found_whole_and_cut_anywhere() {
        for (output, expected) in cases() {
            let shown = String::from_utf8_lossy(output);
            assert_eq!(scanned(&[output]), expected, "{shown:?}");
            for cut in 1..output.len() {
                let (before, after) = output.split_at(cut);
                assert_eq!(
                    scanned(&[before, after]),
                    expected,
                    "{shown:?} cut at {cut}"
                );
            }
        }
    }

    /// proves A5
    #[test]
    fn a_string_without_an_end_is_kept_to_a_bound() {
        let mut scanner = SignalScanner::new();
        scanner.scan(b"\x1b]0;", |_| {});
        for _ in 0..1000 {
            scanner.scan(&[b'x'; 1000], |signal| panic!("{signal:?}"));
        }
        let mut titles = Vec::new();
        scanner.scan(b"\x07", |signal| titles.push(signal));
        let [Signal::Title(title)] = &titles[..] else {
            panic!("{titles:?}");
        };
        assert!(title.len() <= osc::MAX_BYTES, "{}", title.len());
    }
}
