//! Whether bytes could hold a query that a terminal answers.

use crate::escape::find_escape;

/// Says whether output holds, or completes, a terminal query.
///
/// It answers `true` for everything that [`ScreenModel::catch_up`](crate::ScreenModel::catch_up)
/// would answer, and now and then for something that it would not. State carries over from chunk
/// to chunk. Plain text costs one search for an escape character.
#[derive(Debug, Default, Clone)]
pub struct QueryScanner {
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Text, or a string whose content cannot be a query; only an escape character matters.
    #[default]
    Text,
    Escape,
    /// `marked`: one of the characters was seen that queries with this kind of end begin with.
    Csi {
        marked: bool,
    },
    Osc {
        asks: bool,
    },
}

impl QueryScanner {
    /// Returns a scanner at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns whether `bytes` hold a query, or the end of one that began before them.
    pub fn scan(&mut self, bytes: &[u8]) -> bool {
        let mut found = false;
        let mut rest = bytes;
        loop {
            if self.state == State::Text {
                let Some(at) = find_escape(rest) else {
                    return found;
                };
                rest = &rest[at + 1..];
                if let Some(len) = sgr_len(rest) {
                    rest = &rest[len..];
                    continue;
                }
                self.state = State::Escape;
                if let [b'[', after @ ..] = rest {
                    rest = self.pass_parameters(after);
                }
            }
            let Some((&byte, after)) = rest.split_first() else {
                return found;
            };
            rest = after;
            found |= self.step(byte);
        }
    }

    /// Follows a CSI up to its end; returns what is left from there.
    fn pass_parameters<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let parameter = |byte: &u8| (0x20..=0x3f).contains(byte);
        let end = bytes.iter().position(|byte| !parameter(byte));
        let (parameters, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        self.state = State::Csi {
            marked: parameters.iter().any(is_mark),
        };
        rest
    }

    /// Follows one byte of a sequence; returns whether it completes a query.
    fn step(&mut self, byte: u8) -> bool {
        let (next, found) = match (self.state, byte) {
            (State::Osc { asks }, 0x1b) => (State::Escape, asks),
            (State::Osc { asks }, 0x07 | 0x18 | 0x1a) => (State::Text, asks),
            (State::Osc { asks }, _) => (
                State::Osc {
                    asks: asks || byte == b'?',
                },
                false,
            ),
            (_, 0x1b) => (State::Escape, false),
            (_, 0x18 | 0x1a) => (State::Text, false),
            (State::Csi { marked }, 0x20..=0x3f) => (
                State::Csi {
                    marked: marked || is_mark(&byte),
                },
                false,
            ),
            (State::Csi { marked }, 0x40..=0x7e) => (State::Text, is_query_end(byte, marked)),
            (State::Escape, b'[') => (State::Csi { marked: false }, false),
            (State::Escape, b']') => (State::Osc { asks: false }, false),
            (State::Escape, b'Z') => (State::Text, true),
            // Whatever else follows: another escape character is the next thing that matters.
            (State::Escape, 0x20..=0x7e) => (State::Text, false),
            (state, _) => (state, false),
        };
        self.state = next;
        found
    }
}

/// Returns the length of what follows the escape character of an SGR sequence, if that is what it
/// begins. They are nearly all that there are.
fn sgr_len(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"[")?;
    let end = parameters
        .iter()
        .position(|byte| !(b'0'..=b';').contains(byte))?;
    (parameters[end] == b'm').then_some(end + 2)
}

/// Returns whether queries with some ends begin with `byte`.
fn is_mark(byte: &u8) -> bool {
    matches!(byte, b'?' | b'$' | b'>')
}

fn is_query_end(end: u8, marked: bool) -> bool {
    match end {
        b'c' | b'n' | b't' => true,
        b'p' | b'q' | b'u' | b'm' => marked,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERIES: [&str; 14] = [
        "\x1b[c",
        "\x1b[0c",
        "\x1b[>c",
        "\x1b[=c",
        "\x1bZ",
        "\x1b[5n",
        "\x1b[6n",
        "\x1b[?6n",
        "\x1b[?2026$p",
        "\x1b[?u",
        "\x1b[18t",
        "\x1b[>q",
        "\x1b]11;?\x07",
        "\x1b]4;1;?\x1b\\",
    ];

    #[test]
    fn every_query_is_seen_whole_and_cut_anywhere() {
        for query in QUERIES {
            assert!(QueryScanner::new().scan(query.as_bytes()), "{query:?}");
            for cut in 1..query.len() {
                let mut scanner = QueryScanner::new();
                let (before, after) = query.as_bytes().split_at(cut);
                let early = scanner.scan(before);
                assert!(early || scanner.scan(after), "{query:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn ordinary_output_holds_no_query() {
        let output =
            "plain? $ text\r\n\x1b[1;31mred\x1b[m\x1b[2J\x1b[10;20H\x1b]0;title\x07\x1b(B\x1b[?25h";
        assert!(!QueryScanner::new().scan(output.as_bytes()));
    }
}
