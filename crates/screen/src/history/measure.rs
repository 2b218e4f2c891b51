//! Where rows begin in packed lines, found without making cells of them.

use memchr::{memchr, memchr_iter};
use unicode_width::UnicodeWidthChar;

use super::GAP;

/// Calls `row` with the place of each row's first byte, until it says to stop.
///
/// The first byte begins a row. A wrapped row begins with its first character; sequences before it
/// belong to the row above.
pub(super) fn row_starts(bytes: &[u8], cols: usize, mut row: impl FnMut(usize) -> bool) {
    let mut start = 0;
    let ends = memchr_iter(b'\n', bytes).map(|end| end + 1);
    for end in ends.chain([bytes.len()]) {
        if start < end && !line_rows(&bytes[start..end], cols, |at| row(start + at)) {
            return;
        }
        start = end;
    }
}

/// Returns the number of rows.
pub(super) fn count_rows(bytes: &[u8], cols: usize) -> usize {
    let mut count = 0;
    row_starts(bytes, cols, |_| {
        count += 1;
        true
    });
    count
}

/// Returns the length of the sequence that `bytes` begin with.
pub(super) fn sequence_len(bytes: &[u8]) -> usize {
    let end = match bytes.get(1) {
        Some(b']') => bytes
            .windows(2)
            .position(|pair| pair == b"\x1b\\")
            .map(|at| at + 2),
        _ => memchr(b'm', bytes).map(|at| at + 1),
    };
    end.unwrap_or(bytes.len())
}

fn line_rows(line: &[u8], cols: usize, mut row: impl FnMut(usize) -> bool) -> bool {
    let text = line.strip_suffix(b"\r\n").unwrap_or(line);
    if text.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        let mut at = 0;
        loop {
            if !row(at) {
                return false;
            }
            at += cols;
            if text.len() <= at {
                return true;
            }
        }
    }
    wrapped_rows(text, cols, row)
}

fn wrapped_rows(text: &[u8], cols: usize, mut row: impl FnMut(usize) -> bool) -> bool {
    // Only characters are ever packed.
    let text = std::str::from_utf8(text).unwrap_or_default();
    if !row(0) {
        return false;
    }
    let (mut at, mut col) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        if c == '\x1b' {
            at += sequence_len(&text.as_bytes()[at..]);
            continue;
        }
        if c == char::from(GAP) && col + 1 == cols {
            col = cols;
        }
        let width = c.width().unwrap_or(0);
        if cols < col + width {
            if !row(at) {
                return false;
            }
            col = 0;
        }
        col += width;
        at += c.len_utf8();
    }
    true
}
