//! The screen of a pane, as a relay that joins it finds it: what tmux says of it, as bytes that draw it.
//!
//! tmux keeps the cells, the cursor and most modes; what it does not tell (tab stops, saved cursors,
//! bracketed paste) is as on a new terminal until the program sets it again.

use std::fmt::Write as _;

/// What tmux says of a pane's screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Lines above the page, one row each.
    pub(crate) history: Vec<u8>,
    /// The page that shows.
    pub(crate) page: Vec<u8>,
    /// The primary page, if the alternate one shows.
    pub(crate) primary: Option<Vec<u8>>,
    pub(crate) state: State,
}

/// Cursor and modes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) is_alternate: bool,
    /// Rows above the page.
    pub(crate) history_rows: u32,
    /// Column and row, from zero.
    cursor: (u32, u32),
    saved: Option<(u32, u32)>,
    region: Option<(u32, u32)>,
    /// What to send for each mode that is not as on a new terminal.
    modes: String,
    title: String,
}

/// Flags of the screen's line in order: what to send if it is on, and if it is off.
const MODES: [(&str, &str); 11] = [
    ("", "\x1b[?25l"),
    ("\x1b[4h", ""),
    ("\x1b[?1h", ""),
    ("\x1b=", ""),
    ("", "\x1b[?7l"),
    ("\x1b[?6h", ""),
    ("\x1b[?1000h", ""),
    ("\x1b[?1002h", ""),
    ("\x1b[?1003h", ""),
    ("\x1b[?1006h", ""),
    ("\x1b[?1005h", ""),
];

impl State {
    /// Reads the line that [`command::join`](crate::command::join) asks for.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.splitn(20, ':').collect();
        let [
            alternate,
            history,
            x,
            y,
            saved_x,
            saved_y,
            upper,
            lower,
            rest @ ..,
        ] = &fields[..]
        else {
            return None;
        };
        let (flags, title) = rest.split_at_checked(MODES.len())?;
        let mut modes = String::new();
        for (flag, (on, off)) in flags.iter().zip(MODES) {
            // Empty, if this tmux does not know it.
            modes.push_str(match *flag {
                "1" => on,
                "0" => off,
                _ => "",
            });
        }
        let number = |text: &str| text.parse::<u32>().ok();
        // What was never saved is as large as can be.
        let small = |text: &str| number(text).filter(|value| *value < 10_000);
        Some(Self {
            is_alternate: *alternate == "1",
            history_rows: number(history)?,
            cursor: (number(x)?, number(y)?),
            saved: small(saved_x).zip(small(saved_y)),
            region: number(upper).zip(number(lower)),
            modes,
            title: title.join(":"),
        })
    }
}

/// How tmux begins the line that it writes on the page of a dead pane (up to 3.3).
const EPITAPH: &[u8] = b"Pane is dead";

impl Screen {
    /// Takes away what tmux itself wrote at the end of a dead pane's page.
    pub(crate) fn forget_epitaph(&mut self) {
        let is_plain = |byte: &u8| *byte != b'\n';
        let at = self
            .page
            .windows(EPITAPH.len())
            .rposition(|part| part == EPITAPH);
        if let Some(at) = at {
            let start = self.page[..at].iter().rposition(|byte| !is_plain(byte));
            let end = self.page[at..]
                .iter()
                .take_while(|byte| is_plain(byte))
                .count();
            self.page
                .drain(start.map_or(0, |start| start + 1)..at + end);
        }
    }

    /// Returns bytes that draw the screen on a new terminal with so many rows.
    pub(crate) fn draw(&self, rows: u16) -> Vec<u8> {
        // Lines drawn with the second character set switch to it and back.
        let mut out = b"\x1b)0".to_vec();
        if !self.history.is_empty() {
            put_rows(&mut out, &self.history);
            out.extend_from_slice(b"\x1b[m\r\n");
        }
        put_rows(&mut out, self.primary.as_deref().unwrap_or(&self.page));
        out.extend_from_slice(b"\x1b[m");
        let mut tail = String::new();
        let at = |out: &mut String, (x, y): (u32, u32)| {
            let _ = write!(out, "\x1b[{};{}H", y + 1, x + 1);
        };
        if self.state.is_alternate {
            if let Some(saved) = self.state.saved {
                at(&mut tail, saved);
            }
            tail.push_str("\x1b[?1049h\x1b[H");
            out.extend_from_slice(tail.as_bytes());
            tail.clear();
            put_rows(&mut out, &self.page);
            out.extend_from_slice(b"\x1b[m");
        }
        // A title cannot hold what would end it.
        if !self.state.title.is_empty() && !self.state.title.chars().any(char::is_control) {
            let _ = write!(tail, "\x1b]2;{}\x1b\\", self.state.title);
        }
        if let Some((upper, lower)) = self.state.region
            && (upper, lower + 1) != (0, u32::from(rows))
            && upper < lower
        {
            let _ = write!(tail, "\x1b[{};{}r", upper + 1, lower + 1);
        }
        at(&mut tail, self.state.cursor);
        tail.push_str(&self.state.modes);
        out.extend_from_slice(tail.as_bytes());
        out
    }
}

fn put_rows(out: &mut Vec<u8>, rows: &[u8]) {
    let rows = rows.strip_suffix(b"\n").unwrap_or(rows);
    for (at, row) in rows.split(|byte| *byte == b'\n').enumerate() {
        if 0 < at {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "0:2:5:1:4294967295:4294967295:0:23:1:0:0:0:1:0:0:0:0:0:0:a title: b";

    /// proves T8
    #[test]
    fn a_plain_page_is_drawn_with_its_history_and_cursor() {
        let state = State::parse(LINE).unwrap();
        assert_eq!((state.history_rows, state.is_alternate), (2, false));
        let screen = Screen {
            history: b"one\ntwo\n".to_vec(),
            page: b"\x1b[31mthree\nfour\n\n".to_vec(),
            primary: None,
            state,
        };
        let drawn = String::from_utf8(screen.draw(24)).unwrap();
        assert_eq!(
            drawn,
            "\x1b)0one\r\ntwo\x1b[m\r\n\x1b[31mthree\r\nfour\r\n\x1b[m\x1b]2;a title: b\x1b\\\x1b[2;6H"
        );
    }

    /// proves T8
    #[test]
    fn the_alternate_page_is_drawn_over_the_primary_one_with_modes() {
        let line = "1:0:0:0:3:1:2:20:0:0:1:1:1:1:0:1:0:1:0:";
        let screen = Screen {
            history: Vec::new(),
            page: b"editor\n".to_vec(),
            primary: Some(b"shell\n".to_vec()),
            state: State::parse(line).unwrap(),
        };
        let drawn = String::from_utf8(screen.draw(24)).unwrap();
        assert_eq!(
            drawn,
            "\x1b)0shell\x1b[m\x1b[2;4H\x1b[?1049h\x1b[Heditor\x1b[m\x1b[3;21r\x1b[1;1H\
             \x1b[?25l\x1b[?1h\x1b=\x1b[?6h\x1b[?1002h\x1b[?1006h"
        );
    }

    #[test]
    fn what_is_no_such_line_is_refused() {
        for line in ["", "0:1", "x:x:x:x:x:x:x:x", "0:2:5:1:0:0:0:23:1"] {
            assert_eq!(State::parse(line), None, "{line}");
        }
    }
}
