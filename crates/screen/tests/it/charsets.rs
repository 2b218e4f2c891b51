//! Charsets that restoring a cursor brings back, as terminals understand a snapshot that bring back
//! one of them, and as those do that bring back all.
//!
//! The model is of the latter kind, so comparing two models cannot tell; what a terminal makes of the
//! charset sequences alone is little enough to be followed here.

use abide_screen::ScreenModel;

use crate::judge::{ALL, LIMITS};
use crate::smallest::size;

/// What a terminal restores with a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Restores {
    /// The charset that prints, as xterm.js does.
    One,
    /// G0 to G3 and the shift, as xterm does.
    All,
}

/// Charsets by the byte that designates each: what is put into G0 to G3, and what prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Charsets {
    tables: [u8; 4],
    shift: usize,
    prints: u8,
}

/// What a terminal knows of charsets.
struct Terminal {
    restores: Restores,
    charsets: Charsets,
    alternate: bool,
    /// For each screen.
    saved: [Charsets; 2],
}

const ASCII: Charsets = Charsets {
    tables: [b'B'; 4],
    shift: 0,
    prints: b'B',
};

impl Terminal {
    fn shown(restores: Restores, bytes: &[u8]) -> Charsets {
        let mut terminal = Self {
            restores,
            charsets: ASCII,
            alternate: false,
            saved: [ASCII; 2],
        };
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match (byte, after) {
                (0x0e, _) => terminal.shift(1, after),
                (0x0f, _) => terminal.shift(0, after),
                (0x1b, [b'7', after @ ..]) => terminal.save(after),
                (0x1b, [b'8', after @ ..]) => terminal.restore(after),
                (0x1b, [which @ b'('..=b'+', charset, after @ ..]) => {
                    terminal.charsets.tables[usize::from(which - b'(')] = *charset;
                    // With G0 in use, only what is put there prints; likewise the others.
                    match terminal.charsets.shift == usize::from(which - b'(') {
                        true => terminal.shift(terminal.charsets.shift, after),
                        false => after,
                    }
                }
                (0x1b, [b'[', after @ ..]) => terminal.control(after),
                (0x1b, [b']', after @ ..]) => {
                    let end = after.iter().position(|byte| [0x07, 0x1b].contains(byte));
                    &after[end.unwrap_or(after.len())..]
                }
                _ => after,
            };
        }
        terminal.charsets
    }

    fn shift<'a>(&mut self, to: usize, rest: &'a [u8]) -> &'a [u8] {
        self.charsets.shift = to;
        self.charsets.prints = self.charsets.tables[to];
        rest
    }

    fn save<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        self.saved[usize::from(self.alternate)] = self.charsets;
        rest
    }

    fn restore<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let saved = self.saved[usize::from(self.alternate)];
        match self.restores {
            Restores::One => self.charsets.prints = saved.prints,
            Restores::All => self.charsets = saved,
        }
        rest
    }

    /// Follows a control sequence, of which `bytes` have what comes after `CSI`.
    fn control<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| (0x40..0x7f).contains(byte));
        let Some(end) = end else { return &[] };
        let (sequence, rest) = bytes.split_at(end + 1);
        match sequence {
            b"?1049h" => {
                self.save(rest);
                self.alternate = true;
            }
            b"?1049l" => {
                self.alternate = false;
                self.restore(rest);
            }
            b"?1047h" => self.alternate = true,
            b"?1047l" => self.alternate = false,
            _ => {}
        }
        rest
    }
}

/// proves O11
#[test]
fn charsets_that_restoring_a_cursor_brought_back_are_back_in_every_terminal() {
    let outputs = [
        "\x1b(0\x1b7\x1b(B\x1b8q",
        "\x1b(0\x1b7\x1b(Bq\x1b8\x1b7q\x1b8q",
        "\x1b)0\x1b[1mq\x1b7\x0eq\x1b[m\x1b8q\x1b[7mq",
        "\x1b)0\x0e\x1b7\x0f\x1b8q",
        "$ \x1b[?1049h\x1b(0\x1b)0lqk\x1b[?1049l$ q\x1b(B",
        "\x1b(0\x1b7\x1b(B1\r\n2\r\n3\r\n4\r\n5\r\n6\x1b8q",
    ];
    for output in outputs {
        for cut in 0..=output.len() {
            let seen = &output.as_bytes()[..cut];
            let mut model = ScreenModel::new(size(), LIMITS);
            model.feed(seen);
            let snapshot = model.snapshot(ALL);
            for restores in [Restores::One, Restores::All] {
                assert_eq!(
                    Terminal::shown(restores, &snapshot),
                    Terminal::shown(restores, seen),
                    "{output:?} cut at {cut}, {restores:?}: {}",
                    snapshot.escape_ascii()
                );
            }
        }
    }
}
