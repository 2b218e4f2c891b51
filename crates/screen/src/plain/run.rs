//! Plain lines in a row, found without looking at each.
//!
//! As a rule output consists of text, SGR and line ends, each line ends in a character, and nothing
//! colours the page: then many lines are told to be plain, and stored, as one.

use memchr::{memchr_iter, memrchr};

use super::{line::is_valid, pen::Carried};

/// Whole lines.
pub(super) struct Run {
    /// Their length, in bytes.
    pub(super) len: usize,
    /// How many they are.
    pub(super) lines: usize,
    /// A number of rows that they take at least.
    pub(super) rows: usize,
    /// The pen that they leave, if it may be another than before.
    pub(super) after: Option<Carried>,
}

/// Looks at whole lines that `bytes` begin with, up to `most` bytes; returns them if each of them can
/// be stored as it came.
///
/// The beginning of `bytes` is known to be characters, `valid` of them; more are found out about.
pub(super) fn first(
    bytes: &[u8],
    most: usize,
    cols: usize,
    pen: &Carried,
    valid: &mut usize,
) -> Option<Run> {
    let ahead = &bytes[..bytes.len().min(most)];
    let len = memrchr(b'\n', ahead)? + 1;
    let run = &bytes[..len];
    let kinds = kinds(run);
    if kinds & ODD != 0 || pen.colours_page() {
        return None;
    }
    if kinds & WIDE != 0 && !is_valid(bytes, len, valid) {
        return None;
    }
    let mut after = (kinds & ESCAPE != 0).then(|| pen.clone());
    if let Some(after) = &mut after {
        after.walk_lines(run)?;
    }
    let lines = memchr_iter(b'\n', run).count();
    let full_rows = match kinds {
        0 => (len - 2 * lines) / cols,
        _ => 0,
    };
    Some(Run {
        len,
        lines,
        rows: lines.max(full_rows),
        after,
    })
}

const WIDE: u8 = 1;
const ESCAPE: u8 = 2;
const ODD: u8 = 4;

/// Returns which kinds of bytes there are beside printable ones of ASCII and line ends.
fn kinds(run: &[u8]) -> u8 {
    const AT_ONCE: usize = 32;
    let Some((&first, rest)) = run.split_first() else {
        return 0;
    };
    let (befores, _) = run.as_chunks::<AT_ONCE>();
    let (blocks, _) = rest.as_chunks::<AT_ONCE>();
    let mut seen = [0; AT_ONCE];
    for (befores, block) in befores.iter().zip(blocks) {
        for at in 0..AT_ONCE {
            seen[at] |= kind(befores[at], block[at]);
        }
    }
    let done = blocks.len() * AT_ONCE;
    let pairs = run[done..].iter().zip(&rest[done..]);
    let last = pairs.fold(kind(b'\n', first), |kinds, (&before, &byte)| {
        kinds | kind(before, byte)
    });
    seen.iter().fold(last, |kinds, &kind| kinds | kind)
}

/// Returns what a byte is, after another.
fn kind(before: u8, byte: u8) -> u8 {
    let (end, escape) = (byte == b'\n', byte == 0x1b);
    let control = (byte < 0x20) & !end & !escape & (byte != b'\r');
    // A carriage return and a line feed go together, or the column is not the first; blanks before
    // them are not kept.
    let apart = end ^ (before == b'\r');
    let blank = (byte == b'\r') & (before == b' ');
    // The control characters above ASCII.
    let upper = (before == 0xc2) & (byte < 0xa0);
    let odd = control | (byte == 0x7f) | apart | blank | upper;
    (byte >> 7) | (u8::from(escape) * ESCAPE) | (u8::from(odd) * ODD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_run(output: &[u8]) -> bool {
        let pen = Carried::of(&Default::default());
        let run = first(output, output.len(), 80, &pen, &mut 0);
        run.is_some_and(|run| run.len == output.len())
    }

    #[test]
    fn lines_are_taken_together_only_if_each_can_be_stored_as_it_came() {
        let line = "a line that is long enough for more than one look\r\n".repeat(3);
        let cases: [(&[u8], bool); 14] = [
            (b"text\r\n", true),
            (b"\r\n", true),
            ("wörter, 文字\r\n".as_bytes(), true),
            (b"\x1b[31mred\x1b[m\r\n", true),
            (b"text\n", false),
            (b"over\rtext\r\n", false),
            (b"text\r\r\n", false),
            (b"blank \r\n", false),
            (b"blank \x1b[m\x1b[1m\r\n", false),
            (b"\ttab\r\n", false),
            (b"\xc2\x85\r\n", false),
            (b"\xff\r\n", false),
            (b"\x1b[44mpage\x1b[m\r\n", false),
            (b"\x1b[K\r\n", false),
        ];
        for (odd, expected) in cases {
            for at in 0..=3 {
                let output = [&line.as_bytes()[at..], odd, line.as_bytes()].concat();
                assert_eq!(is_run(&output), expected, "{}", odd.escape_ascii());
            }
        }
    }
}
