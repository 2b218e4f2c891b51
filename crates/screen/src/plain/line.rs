//! Whether a line is plain.

use memchr::{memchr, memchr_iter};

/// Longest SGR sequence of a plain line, in bytes.
const MAX_SEQUENCE_BYTES: usize = 128;

/// What output begins with.
pub(super) enum Found {
    Line(Line),
    /// A line that is not plain.
    Other,
    /// A line without its end.
    Unfinished,
}

/// A plain line, if all its sequences are SGR.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Its length with its end, in bytes.
    pub(super) len: usize,
    /// Its length without its end, in bytes.
    pub(super) text: usize,
    /// A number of rows that it takes at least.
    pub(super) rows: usize,
    pub(super) ascii: bool,
    pub(super) tabs: bool,
    pub(super) escapes: bool,
}

/// Looks at the line that `bytes` begin with.
///
/// The beginning of `bytes` is known to be characters, `valid` of them; more are found out about.
pub(super) fn first(bytes: &[u8], cols: usize, valid: &mut usize) -> Found {
    let Some(end) = memchr(b'\n', bytes) else {
        return Found::Unfinished;
    };
    let mut text = &bytes[..end];
    while let [rest @ .., b'\r'] = text {
        text = rest;
    }
    // A line feed alone leaves the column.
    if text.len() == end && end != 0 {
        return Found::Other;
    }
    let kinds = kinds(text);
    let line = Line {
        len: end + 1,
        text: text.len(),
        rows: match kinds {
            0 => text.len().saturating_sub(1) / cols + 1,
            _ => 1,
        },
        ascii: kinds & WIDE == 0,
        tabs: kinds & TAB != 0,
        escapes: kinds & ESCAPE != 0,
    };
    let is_plain = kinds & CONTROL == 0
        && (kinds & LATIN == 0 || has_no_control(text))
        && (line.ascii || is_valid(bytes, end, valid));
    if is_plain {
        Found::Line(line)
    } else {
        Found::Other
    }
}

/// What control characters above ASCII begin with, and others.
const LATIN_LEAD: u8 = 0xc2;

const WIDE: u8 = 1;
const TAB: u8 = 2;
const ESCAPE: u8 = 4;
const CONTROL: u8 = 8;
const LATIN: u8 = 16;

/// Bytes that are checked at once for being characters.
const CHECKED_BYTES: usize = 16 * 1024;

/// Returns which kinds of bytes there are beside the printable ones of ASCII.
fn kinds(text: &[u8]) -> u8 {
    let (blocks, rest) = text.as_chunks::<16>();
    let mut seen = [0; 16];
    for block in blocks {
        add_kinds(&mut seen, block);
    }
    match text.last_chunk() {
        // Bytes may be looked at twice, which costs less than one by one.
        Some(last) => add_kinds(&mut seen, last),
        None => return rest.iter().fold(0, |kinds, &byte| kinds | kind(byte)),
    }
    seen.iter().fold(0, |kinds, &kind| kinds | kind)
}

/// Looks at sixteen bytes together, as processors can.
fn add_kinds(seen: &mut [u8; 16], block: &[u8; 16]) {
    for (seen, &byte) in seen.iter_mut().zip(block) {
        *seen |= kind(byte);
    }
}

fn kind(byte: u8) -> u8 {
    let (tab, escape) = (byte == b'\t', byte == 0x1b);
    let control = ((byte < 0x20) | (byte == 0x7f)) & !tab & !escape;
    (byte >> 7)
        | (u8::from(tab) * TAB)
        | (u8::from(escape) * ESCAPE)
        | (u8::from(control) * CONTROL)
        | (u8::from(byte == LATIN_LEAD) * LATIN)
}

/// Returns the length of the SGR sequence that `bytes` begin with.
pub(super) fn sgr_len(bytes: &[u8]) -> Option<usize> {
    let parameters = bytes.strip_prefix(b"\x1b[")?;
    let end = parameters
        .iter()
        .take(MAX_SEQUENCE_BYTES)
        .position(|byte| !(0x30..=0x3b).contains(byte))?;
    (parameters[end] == b'm').then_some(end + 3)
}

/// Returns whether no control character is among those that begin alike.
fn has_no_control(text: &[u8]) -> bool {
    let control = |at: usize| text.get(at + 1).is_some_and(|&byte| byte < 0xa0);
    !memchr_iter(LATIN_LEAD, text).any(control)
}

/// Returns whether `bytes` are characters up to `end`.
pub(super) fn is_valid(bytes: &[u8], end: usize, valid: &mut usize) -> bool {
    if *valid < end {
        let ahead = &bytes[..bytes.len().min(end.max(CHECKED_BYTES))];
        *valid = match simdutf8::compat::from_utf8(ahead) {
            Ok(text) => text.len(),
            Err(err) => err.valid_up_to(),
        };
    }
    end <= *valid
}
