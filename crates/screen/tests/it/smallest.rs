//! The smallest streams that show what terminals keep for each screen, some more, some less.
//!
//! In xterm.js margins belong to a screen, a saved cursor moves up with the text, and brings back one
//! charset; in xterm there is one pair of margins, and a saved cursor keeps its place and brings back
//! all charsets. Both judges must find each stream
//! exact at every cut.

use abide_core::size::TermSize;

/// The page that the streams are written for.
pub(crate) fn size() -> TermSize {
    TermSize::clamped(5, 12)
}

/// What each stream shows, and the stream.
pub(crate) const SMALLEST: &[(&str, &str)] = &[
    (
        "a saved cursor, and one row that scrolls",
        "1\r\n2\r\n3\r\n4\x1b[31m\x1b7\x1b[m\r\n5\r\n6\r\n7",
    ),
    (
        "a saved cursor, and more rows than are above it",
        "1\r\n2\r\n3\x1b7\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10",
    ),
    (
        "a cursor saved in the last row, in the middle of a scrollback",
        "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7ab\x1b7\r\n8\r\n9",
    ),
    (
        "rows that scroll by wrapping",
        "1\r\n2\r\n3\r\n4\r\n5\x1b7\r\none long line of text that takes some rows",
    ),
    (
        "rows that scroll by wrapping before wide and coloured characters",
        "1\r\n2\r\n3\r\n4\r\n5\x1b7\r\n12345678901中文中文中文中\x1b[41mx1234567890123\x1b[m",
    ),
    (
        "a saved cursor from before the older ways to the alternate screen",
        "1\r\n2\r\n3\r\n4\r\n5\x1b7\r\n6\r\n7\x1b[?1047hfull\x1b[?1047l\r\n8\x1b[?47h",
    ),
    (
        "a cursor saved in the alternate screen, which is left and entered again",
        "\x1b[?1049h\x1b[3;4H\x1b[1m\x1b(0\x1b7\x1b[m\x1b(B\x1b[?1049l1\x1b[?1049h\x1b8x",
    ),
    (
        "charsets of a program that dies in the alternate screen",
        "$ \x1b[?1049h\x1b(0\x1b)0lqk\x1b[?1049l$ q\x1b(B",
    ),
    (
        "a shift that restoring the cursor undoes",
        "\x1b)0\x1b[1mq\x1b7\x0eq\x1b[m\x1b8q\x1b[7mq",
    ),
    (
        "a saved cursor, and keyboard flags of the alternate screen",
        "\x1b[?1049h\x1b[>1u\x1b[?1049l1\r\n2\r\n3\r\n4\r\n5\x1b7\r\n6\r\n7",
    ),
    (
        "a saved cursor, and rows that scroll above a margin",
        "1\r\n2\r\n3\x1b7\x1b[1;4r\x1b[4;1H4\r\n5\r\n6\x1b[r",
    ),
    (
        "a program that dies in the alternate screen with margins",
        "$ \x1b[?1049h\x1b[1;4r\x1b[2;2Hfull\x1b[?1049l$ \x1b[r\r\n$ ",
    ),
    (
        "margins of the primary screen, ended in the alternate one",
        "\x1b[2;4r\x1b[Hone\x1b[?1049h\x1b[rfull\x1b[?1049l two",
    ),
    (
        "margins of the primary screen, in force in the alternate one",
        "\x1b[2;4r\x1b[Hone\x1b[?1049h\x1b[H1\r\n2 goes on and on\x1b[5;3H5\x1b7\x1b[2;3H",
    ),
    (
        "margins that were set in the alternate screen, when it is entered again",
        "\x1b[1;3r\x1b[?1049h\x1b[2;4r\x1b[?1049l\x1b[?1047h\x1b[Hfull\x1b[5;1Hrow",
    ),
    (
        "margins of both screens",
        "\x1b[1;3r\x1b[H$ \x1b[?1049h\x1b[2;4r\x1b[Hfull\x1b[5;1Hrow\x1b[?1049l\x1b[3;4r\x1b[?1049h",
    ),
];
