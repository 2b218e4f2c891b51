//! What a program says to tmux itself, taken out of what is passed on.
//!
//! In a pane it is tmux that answers a program's questions (where is the cursor, which terminal is
//! this, which colour is the background) and it does so whether or not anybody watches. A terminal
//! that was sent the question too would answer a second time, into the program's input. And
//! `ESC k … ESC \` names a window to tmux, where other terminals show the name as text.
//!
//! Everything else goes through as it came. What could be the beginning of such a thing is held until
//! the next piece tells.

/// Longest sequence that can be a question, in bytes: it has a few numbers.
const MAX_QUESTION_BYTES: usize = 128;

/// Takes out questions and names of windows; see the [module](self).
#[derive(Debug, Default)]
pub(crate) struct Filter {
    state: State,
    held: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After an escape character, which is held.
    Escape,
    /// In a control sequence, held from its beginning.
    Csi,
    /// In a control string that may yet be a question, held from its beginning.
    String,
    /// In the same, after an escape character: its end, or something else's beginning.
    StringEscape,
    /// In a control string that is none; it goes through.
    Passing,
    /// In a string that is taken out.
    Dropping,
    DroppingEscape,
}

impl Filter {
    /// Appends what is to be passed on of a piece of output.
    pub(crate) fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while !rest.is_empty() {
            if matches!(self.state, State::Text | State::Passing) {
                let plain = rest.iter().position(|byte| self.is_turn(*byte));
                let (before, after) = rest.split_at(plain.unwrap_or(rest.len()));
                out.extend_from_slice(before);
                rest = after;
            }
            let Some((&byte, after)) = rest.split_first() else {
                return;
            };
            rest = after;
            self.step(byte, out);
        }
    }

    /// Appends what is held, once nothing follows.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.state = State::Text;
    }

    /// Tells whether a byte that goes through changes anything.
    fn is_turn(&self, byte: u8) -> bool {
        byte == 0x1b || (self.state == State::Passing && matches!(byte, 0x07 | 0x18 | 0x1a))
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        use State::{Csi, Dropping, DroppingEscape, Escape, Passing, String, StringEscape, Text};
        match (self.state, byte) {
            (Dropping, 0x1b) => self.state = DroppingEscape,
            (Dropping, 0x07 | 0x18 | 0x1a) => self.state = Text,
            (Dropping, _) => {}
            (DroppingEscape, b'\\') => self.state = Text,
            (DroppingEscape, _) => {
                // Something else begins here.
                self.begin();
                self.step(byte, out);
            }
            (Text | Passing, 0x1b) => self.begin(),
            (Passing, _) => {
                out.push(byte);
                self.state = Text;
            }
            (Text, _) => out.push(byte),
            (Escape, b'[') => self.hold(byte, Csi, out),
            (Escape, b']' | b'P') => self.hold(byte, String, out),
            (Escape, b'k') => {
                self.held.clear();
                self.state = Dropping;
            }
            (Escape, _) => self.let_go(byte, out),
            (Csi, 0x20..=0x3f) => self.hold(byte, Csi, out),
            (Csi, 0x40..=0x7e) => match is_question(&self.held[2..], byte) {
                true => self.take_out(),
                false => self.let_go(byte, out),
            },
            (Csi, _) => self.let_go(byte, out),
            (String, 0x1b) => self.hold(byte, StringEscape, out),
            (String, 0x07) => match asks(&self.held[1..]) {
                true => self.take_out(),
                false => self.let_go(byte, out),
            },
            (String, 0x18 | 0x1a) => self.let_go(byte, out),
            (String, _) => self.hold(byte, String, out),
            (StringEscape, b'\\') => match asks(&self.held[1..self.held.len() - 1]) {
                true => self.take_out(),
                false => self.let_go(byte, out),
            },
            (StringEscape, _) => {
                self.held.pop();
                out.append(&mut self.held);
                self.begin();
                self.step(byte, out);
            }
        }
    }

    /// Begins to hold, with an escape character.
    fn begin(&mut self) {
        self.held.clear();
        self.held.push(0x1b);
        self.state = State::Escape;
    }

    /// Holds one byte more, unless that is too much for a question.
    fn hold(&mut self, byte: u8, next: State, out: &mut Vec<u8>) {
        self.held.push(byte);
        self.state = next;
        if MAX_QUESTION_BYTES < self.held.len() {
            let in_string = matches!(next, State::String);
            if next == State::StringEscape {
                return;
            }
            out.append(&mut self.held);
            self.state = match in_string {
                true => State::Passing,
                false => State::Text,
            };
        }
    }

    /// Passes on what was held, and this byte.
    fn let_go(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte == 0x1b {
            out.append(&mut self.held);
            return self.begin();
        }
        out.append(&mut self.held);
        out.push(byte);
        self.state = State::Text;
    }

    fn take_out(&mut self) {
        self.held.clear();
        self.state = State::Text;
    }
}

/// Tells whether a control sequence is a question: what is between its start and its last byte.
fn is_question(parameters: &[u8], last: u8) -> bool {
    let number = || std::str::from_utf8(parameters).ok()?.parse::<u16>().ok();
    match last {
        // DA, DECID's cousins: `c`, `0c`, `>c`, `=c`; not `?…c`, with which Linux shapes its cursor.
        b'c' => !parameters.starts_with(b"?"),
        // DSR and CPR, also `?6n`; `>…n` sets a key mode.
        b'n' => !parameters.starts_with(b">"),
        // XTVERSION; others with `q` shape the cursor.
        b'q' => parameters.starts_with(b">"),
        // DECRQM.
        b'p' => parameters.ends_with(b"$"),
        // Kitty's keyboard.
        b'u' => parameters == b"?",
        // Reports of the window.
        b't' => number().is_some_and(|number| matches!(number, 11 | 13..=16 | 18..=21)),
        // DECREQTPARM.
        b'x' => matches!(parameters, b"" | b"0" | b"1"),
        _ => false,
    }
}

/// Tells whether a control string is a question: from its second byte on, without its end.
fn asks(string: &[u8]) -> bool {
    match string {
        // DECRQSS and XTGETTCAP.
        [b'P', b'$' | b'+', b'q', ..] => true,
        // Colours, the clipboard: the question mark is the whole of a part.
        [b']', rest @ ..] => rest
            .split(|byte| *byte == b';')
            .skip(1)
            .any(|part| part == b"?"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filtered<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let (mut filter, mut out) = (Filter::default(), Vec::new());
        for piece in pieces {
            filter.feed(piece, &mut out);
        }
        filter.finish(&mut out);
        out
    }

    /// proves T8
    #[test]
    fn questions_that_tmux_answers_are_not_passed_on() {
        for question in [
            "\x1b[c",
            "\x1b[0c",
            "\x1b[>c",
            "\x1b[6n",
            "\x1b[?6n",
            "\x1b[>q",
            "\x1b[?2026$p",
            "\x1b[?u",
            "\x1b[18t",
            "\x1b]11;?\x07",
            "\x1b]4;1;?\x1b\\",
            "\x1b]52;c;?\x1b\\",
            "\x1bP$qm\x1b\\",
            "\x1bP+q544e\x1b\\",
            "\x1bkname of a window\x1b\\",
        ] {
            let text = format!("a{question}b");
            assert_eq!(filtered([text.as_bytes()]), b"ab", "{question:?}");
            assert_eq!(filtered(text.as_bytes().chunks(1)), b"ab", "{question:?}");
        }
    }

    /// proves T8
    #[test]
    fn everything_else_goes_through() {
        for text in [
            "plain \x1b[1;31mred\x1b[m\r\n",
            "\x1b[?25l\x1b[2 q\x1b[?1049h\x1b[>4;1m\x1b[!p\x1b[22;0t\x1b[8;24;80t",
            "\x1b]0;what? a title;?x\x07\x1b]8;;http://a/?b\x1b\\x\x1b]8;;\x1b\\",
            "\x1b]52;c;aGVsbG8=\x07\x1bP1;2|17/ab\x1b\\",
            "\x1b\x1b[m\x1b(B\x1b7\x1b8\x1b=\x1bM",
            "\x1b]0;cut off \x1b[m",
            "\x1b[12\r34m\x1b",
            "\x1b[1",
        ] {
            let bytes = text.as_bytes();
            assert_eq!(filtered([bytes]), bytes, "{text:?}");
            assert_eq!(filtered(bytes.chunks(1)), bytes, "{text:?}");
        }
        let long = format!("\x1b]52;c;{}?\x07x", "A".repeat(1000));
        assert_eq!(filtered([long.as_bytes()]), long.as_bytes());
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same(
            text in "(\x1b|\x1b\\[|\x1b\\]|\x1bP|\x1bk|\x07|\x1b\\\\|[0-9;?>$]|[ -~]|c|n|q|u){0,40}",
            cut: prop::sample::Index,
        ) {
            let bytes = text.as_bytes();
            let cut = cut.index(bytes.len() + 1);
            prop_assert_eq!(filtered([&bytes[..cut], &bytes[cut..]]), filtered([bytes]));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(filtered([&bytes[..]]).len() <= bytes.len());
        }
    }
}
