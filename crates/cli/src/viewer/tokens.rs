//! Cuts what a terminal sends into keys, reports and strings, without changing a byte.
//!
//! Every byte fed comes out again, in order, as part of exactly one token. A lone ESC may be the
//! escape key or the start of a sequence; only time tells, so an unfinished token waits in here
//! until more comes or [`Tokens::finish`] is called.

use super::keys::Reported;

const ESC: u8 = 0x1b;

/// Longest sequence that is waited for; terminals send none as long.
const MAX_TOKEN_BYTES: usize = 256;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A plain byte.
    Byte(u8),
    /// A key in a `CSI` sequence, pressed.
    Press(Reported),
    /// The same let go, or held down long enough to repeat.
    Follow(Reported),
    /// What a person did not press: a modifier alone, a mouse or focus report, a terminal's reply.
    Report,
    /// Any other key.
    Other,
    /// A paste begins, or ends.
    Paste(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    Escape,
    /// After `ESC O`: one more byte.
    Single,
    Csi,
    /// After `CSI M`: a mouse report's three bytes, of which this many are missing.
    Mouse(u8),
    /// A reply in a string, until BEL or ST.
    String,
    /// ESC within one.
    StringEscape,
}

/// Cuts input into tokens, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    state: State,
    bytes: Vec<u8>,
}

impl Tokens {
    /// Takes one byte; calls `found` for each token that is complete now.
    pub(crate) fn feed(&mut self, byte: u8, mut found: impl FnMut(Kind, &[u8])) {
        if byte == ESC && matches!(self.state, State::Escape | State::Single | State::Csi) {
            // Whatever it was, a new one starts here.
            self.finish(&mut found);
        }
        self.bytes.push(byte);
        match self.step(byte) {
            Some(kind) => self.complete(kind, found),
            None if MAX_TOKEN_BYTES <= self.bytes.len() => self.finish(found),
            None => {}
        }
    }

    /// Returns whether a token is unfinished.
    pub(crate) fn unfinished(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Takes the unfinished token for what it is if nothing more belongs to it.
    pub(crate) fn finish(&mut self, found: impl FnMut(Kind, &[u8])) {
        match (self.state, self.bytes.is_empty()) {
            (_, true) => {}
            (State::Escape, false) => self.complete(Kind::Byte(ESC), found),
            (State::String | State::StringEscape, false) => self.complete(Kind::Report, found),
            (_, false) => self.complete(Kind::Other, found),
        }
    }

    fn complete(&mut self, kind: Kind, mut found: impl FnMut(Kind, &[u8])) {
        self.state = State::Ground;
        let mut bytes = std::mem::take(&mut self.bytes);
        found(kind, &bytes);
        bytes.clear();
        self.bytes = bytes;
    }

    /// Moves on by one byte, which was kept already; returns what is complete with it.
    fn step(&mut self, byte: u8) -> Option<Kind> {
        let (next, kind) = match (self.state, byte) {
            (State::Ground, ESC) => (State::Escape, None),
            (State::Ground, byte) => (State::Ground, Some(Kind::Byte(byte))),
            (State::Escape, b'[') => (State::Csi, None),
            (State::Escape, b'O') => (State::Single, None),
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => (State::String, None),
            (State::Escape | State::Single, _) => (State::Ground, Some(Kind::Other)),
            (State::Csi, b'M') if self.bytes.len() == 3 => (State::Mouse(3), None),
            (State::Csi, 0x20..=0x3f) => (State::Csi, None),
            (State::Csi, last) => (State::Ground, Some(csi(&self.bytes[2..], last))),
            (State::Mouse(missing), _) if 1 < missing => (State::Mouse(missing - 1), None),
            (State::Mouse(_), _) => (State::Ground, Some(Kind::Report)),
            (State::String, 0x07) | (State::StringEscape, b'\\') => {
                (State::Ground, Some(Kind::Report))
            }
            (State::String | State::StringEscape, ESC) => (State::StringEscape, None),
            (State::String | State::StringEscape, _) => (State::String, None),
        };
        self.state = next;
        kind
    }
}

/// Says what a complete `CSI` is, from what follows its introducer.
fn csi(body: &[u8], last: u8) -> Kind {
    let numbers = &body[..body.len() - 1];
    match (numbers, last) {
        (b"200", b'~') => Kind::Paste(true),
        (b"201", b'~') => Kind::Paste(false),
        // Focus came or went; and what no key sends.
        (b"", b'I' | b'O') => Kind::Report,
        ([b'<'..=b'?', ..], _) => Kind::Report,
        (_, b'R' | b'c' | b'n' | b't' | b'y' | b'x') => Kind::Report,
        (_, b'u') => kitty(numbers),
        (_, b'~') if numbers.starts_with(b"27;") => other_key(numbers).unwrap_or(Kind::Other),
        (_, _) if event(field(numbers, 1)) != 1 => Kind::Report,
        _ => Kind::Other,
    }
}

/// Reads `code:shifted:base ; modifiers:event ; text`.
fn kitty(numbers: &[u8]) -> Kind {
    /// The keys that only modify others: caps lock, then shift to the last of its kind.
    const MODIFIERS: [std::ops::RangeInclusive<u16>; 2] = [57358..=57360, 57441..=57454];
    let (key, held) = (field(numbers, 0), field(numbers, 1));
    let Some(code) = subfield(key, 0) else {
        return Kind::Other;
    };
    if MODIFIERS.iter().any(|range| range.contains(&code)) {
        return Kind::Report;
    }
    let reported = Reported {
        code,
        shifted: subfield(key, 1),
        modifiers: subfield(held, 0).unwrap_or(1).saturating_sub(1),
    };
    match event(held) {
        1 => Kind::Press(reported),
        _ => Kind::Follow(reported),
    }
}

/// Reads `27 ; modifiers ; code`.
fn other_key(numbers: &[u8]) -> Option<Kind> {
    Some(Kind::Press(Reported {
        code: subfield(field(numbers, 2), 0)?,
        shifted: None,
        modifiers: subfield(field(numbers, 1), 0)?.saturating_sub(1),
    }))
}

/// Returns whether a key was pressed (1), repeats (2) or was let go (3).
fn event(held: &[u8]) -> u16 {
    subfield(held, 1).unwrap_or(1)
}

fn field(numbers: &[u8], index: usize) -> &[u8] {
    let mut fields = numbers.split(|&byte| byte == b';');
    fields.nth(index).unwrap_or_default()
}

fn subfield(field: &[u8], index: usize) -> Option<u16> {
    let part = field.split(|&byte| byte == b':').nth(index)?;
    str::from_utf8(part).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: &[u8]) -> Vec<(Kind, Vec<u8>)> {
        let mut tokens = Tokens::default();
        let mut all = Vec::new();
        let mut note = |kind, bytes: &[u8]| all.push((kind, bytes.to_vec()));
        for &byte in input {
            tokens.feed(byte, &mut note);
        }
        tokens.finish(&mut note);
        all
    }

    fn kinds(input: &[u8]) -> Vec<Kind> {
        tokens(input).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn each_thing_that_a_terminal_sends_is_known_for_what_it_is() {
        let backslash = Reported {
            code: 92,
            shifted: None,
            modifiers: 4,
        };
        let cases: [(&[u8], Kind); 20] = [
            (b"a", Kind::Byte(b'a')),
            (b"\x1c", Kind::Byte(0x1c)),
            (b"\x1b", Kind::Byte(0x1b)),
            (b"\x1bx", Kind::Other),
            (b"\x1b[A", Kind::Other),
            (b"\x1bOP", Kind::Other),
            (b"\x1b[1;5C", Kind::Other),
            (b"\x1b[1;5:3C", Kind::Report),
            (b"\x1b[92;5u", Kind::Press(backslash)),
            (b"\x1b[92;5:1u", Kind::Press(backslash)),
            (b"\x1b[92;5:3u", Kind::Follow(backslash)),
            (b"\x1b[27;5;92~", Kind::Press(backslash)),
            (b"\x1b[57442;5u", Kind::Report),
            (b"\x1b[I", Kind::Report),
            (b"\x1b[<0;3;4M", Kind::Report),
            (b"\x1b[M\x20\x1c\x21", Kind::Report),
            (b"\x1b[?62;22c", Kind::Report),
            (b"\x1b]11;rgb:0000/0000/0000\x1b\\", Kind::Report),
            (b"\x1b[200~", Kind::Paste(true)),
            (b"\x1b[201~", Kind::Paste(false)),
        ];
        for (input, kind) in cases {
            assert_eq!(kinds(input), [kind], "{}", input.escape_ascii());
        }
    }

    #[test]
    fn two_escapes_are_two_keys_and_an_escape_before_a_sequence_is_one() {
        assert_eq!(kinds(b"\x1b\x1b"), [Kind::Byte(0x1b), Kind::Byte(0x1b)]);
        assert_eq!(kinds(b"\x1b\x1b[A"), [Kind::Byte(0x1b), Kind::Other]);
    }

    #[test]
    fn every_byte_comes_out_again_in_order() {
        let mut input = vec![0x1b, b']'];
        input.extend(vec![b'x'; 2 * MAX_TOKEN_BYTES]);
        input.extend(b"\x1b[\x1b[1;2\x1b\x1bO\x1b[M1");
        input.extend((0..=255).flat_map(|byte| [0x1b, byte, b'7']));
        let out: Vec<u8> = tokens(&input)
            .into_iter()
            .flat_map(|(_, bytes)| bytes)
            .collect();
        assert_eq!(out, input);
    }
}
