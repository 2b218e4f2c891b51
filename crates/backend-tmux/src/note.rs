//! What the pane's process tells the relay, in the output itself: where it belongs.
//!
//! tmux forgets what a pane printed last when the pane's process ends (3.1, 3.3 and 3.5 were seen to):
//! output that a control-mode client has not been sent yet goes with the pane. So the process that
//! tmux started does not end with the child. It writes a note behind the child's last byte, and stays
//! until whoever reads the output has read that. A note is a control string that no terminal knows.
//! It begins with a secret of this start, so that no program can end a session by printing.
//!
//! ```text
//! ESC ] 7790 ; abide ; <nonce> ; <word> <number> ESC \
//! ```

use abide_core::{
    backend::ExitOutcome,
    id::{from_hex, random_bytes, to_hex},
};

/// Longest word and number of a note, in bytes.
const MAX_TEXT_BYTES: usize = 32;

/// Ends a control string.
const ST: &[u8] = b"\x1b\\";

/// The secret of one start, in hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Nonce(String);

impl Nonce {
    pub(crate) fn random() -> Self {
        Self(to_hex(&random_bytes::<16>()))
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        from_hex::<16>(text)?;
        Some(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing of the secret.
impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce(…)")
    }
}

/// What a note says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// The child is this process, and may print from here on.
    Started { pid: u32 },
    /// The child has ended, and printed nothing from here on.
    Ended(ExitOutcome),
    /// Nothing that it started lives.
    Empty,
}

impl Note {
    /// Returns the note as it stands in a file.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Started { pid } => format!("started {pid}"),
            Self::Ended(ExitOutcome::Exited { code }) => format!("exited {code}"),
            Self::Ended(ExitOutcome::Signaled { signal }) => format!("signaled {signal}"),
            Self::Ended(ExitOutcome::Lost { .. }) => "lost 0".into(),
            Self::Empty => "empty 0".into(),
        }
    }

    /// Reads what [`text`](Self::text) wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (word, number) = text.split_once(' ')?;
        Some(match word {
            "started" => Self::Started {
                pid: number.parse().ok()?,
            },
            "exited" => Self::Ended(ExitOutcome::Exited {
                code: number.parse().ok()?,
            }),
            "signaled" => Self::Ended(ExitOutcome::Signaled {
                signal: number.parse().ok()?,
            }),
            "empty" => Self::Empty,
            _ => return None,
        })
    }

    /// Returns the note as it stands in the output.
    pub(crate) fn encode(&self, nonce: &Nonce) -> Vec<u8> {
        [&start(nonce), self.text().as_bytes(), ST].concat()
    }
}

/// Returns how every note of a start begins.
pub(crate) fn start(nonce: &Nonce) -> Vec<u8> {
    format!("\x1b]7790;abide;{};", nonce.0).into_bytes()
}

/// Finds notes in output that comes in pieces, and lets everything else through.
///
/// What could be the beginning of a note is held until the next piece tells.
pub(crate) struct Scanner {
    start: Vec<u8>,
    held: Vec<u8>,
}

impl Scanner {
    pub(crate) fn new(nonce: &Nonce) -> Self {
        Self {
            start: start(nonce),
            held: Vec::new(),
        }
    }

    /// Takes a piece of output, and appends to `out` what comes before the first note in it; returns
    /// that. What is behind it, the next call begins with: call it with nothing until there is none.
    pub(crate) fn feed(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Option<Note> {
        if self.held.is_empty() && !piece.contains(&0x1b) {
            out.extend_from_slice(piece);
            return None;
        }
        self.held.extend_from_slice(piece);
        let mut from = 0;
        while let Some(at) = self.held[from..].iter().position(|byte| *byte == 0x1b) {
            let at = from + at;
            match self.look(at) {
                Look::Note(note, end) => {
                    out.extend_from_slice(&self.held[..at]);
                    self.held.drain(..end);
                    return Some(note);
                }
                Look::Perhaps => {
                    out.extend(self.held.drain(..at));
                    return None;
                }
                Look::No => from = at + 1,
            }
        }
        out.append(&mut self.held);
        None
    }

    /// Tells whether a note may begin at an escape character, and where it ends.
    fn look(&self, at: usize) -> Look {
        let here = &self.held[at..];
        let common = here.len().min(self.start.len());
        if here[..common] != self.start[..common] {
            return Look::No;
        }
        let Some(rest) = here.get(self.start.len()..) else {
            return Look::Perhaps;
        };
        let note = |text| std::str::from_utf8(text).ok().and_then(Note::parse);
        match rest.iter().position(|byte| *byte == 0x1b) {
            Some(end) if rest[end..].starts_with(ST) => match note(&rest[..end]) {
                Some(note) => Look::Note(note, at + self.start.len() + end + ST.len()),
                None => Look::No,
            },
            Some(end) if end + 1 < rest.len() => Look::No,
            _ if MAX_TEXT_BYTES < rest.len() => Look::No,
            _ => Look::Perhaps,
        }
    }
}

enum Look {
    Note(Note, usize),
    Perhaps,
    No,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nonce() -> Nonce {
        Nonce::parse("000102030405060708090a0b0c0d0e0f").unwrap()
    }

    fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<(usize, Note)>) {
        let (mut scanner, mut out, mut notes) = (Scanner::new(&nonce()), Vec::new(), Vec::new());
        for piece in pieces {
            let mut next = piece;
            while let Some(note) = scanner.feed(next, &mut out) {
                notes.push((out.len(), note));
                next = &[];
            }
        }
        out.append(&mut scanner.held);
        (out, notes)
    }

    /// proves T7
    #[test]
    fn notes_are_found_at_any_cut_and_stand_where_they_were_left() {
        let ended = Note::Ended(ExitOutcome::Exited { code: 3 });
        let mut all = Note::Started { pid: 42 }.encode(&nonce());
        all.extend(b"the last\x1b[m\x1b");
        all.extend(ended.encode(&nonce()));
        all.extend(b"later");
        all.extend(Note::Empty.encode(&nonce()));
        let wanted = (
            b"the last\x1b[m\x1blater".to_vec(),
            vec![
                (0, Note::Started { pid: 42 }),
                (12, ended),
                (17, Note::Empty),
            ],
        );
        for cut in 0..all.len() {
            assert_eq!(scan([&all[..cut], &all[cut..]]), wanted, "cut at {cut}");
        }
        assert_eq!(scan(all.chunks(1)), wanted);
    }

    /// proves T7
    #[test]
    fn no_program_ends_a_session_by_printing() {
        let other = Nonce::parse("ff0102030405060708090a0b0c0d0e0f").unwrap();
        let forged = Note::Ended(ExitOutcome::Signaled { signal: 9 }).encode(&other);
        assert_eq!(scan([&forged[..]]), (forged.clone(), vec![]));
        let mut open = start(&nonce());
        open.extend(b"exited 1\x1bX and on");
        assert_eq!(scan([&open[..]]), (open.clone(), vec![]));
        let mut long = start(&nonce());
        long.extend([b'1'; 100]);
        assert_eq!(scan([&long[..]]), (long.clone(), vec![]));
    }

    proptest! {
        #[test]
        fn what_is_no_note_goes_through_at_any_cut(
            text in "(\x1b|\\]7790;abide;|\x1b\\]7790;abide;000102030405060708090a0b0c0d0e0f;|exited 1|[ -~]){0,20}",
            cut: prop::sample::Index,
        ) {
            let bytes = text.as_bytes();
            let cut = cut.index(bytes.len() + 1);
            let (out, notes) = scan([&bytes[..cut], &bytes[cut..]]);
            prop_assume!(notes.is_empty());
            prop_assert_eq!(out, bytes);
        }
    }
}
