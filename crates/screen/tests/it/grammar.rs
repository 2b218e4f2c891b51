//! The grammar of terminal output, by feature: text, and complete control sequences of every kind.
//!
//! Some of it is what no snapshot restores exactly in every terminal; `docs/fidelity.md` says what.

use std::fmt;

use proptest::{collection::vec, prelude::*, sample::select, strategy::BoxedStrategy};

/// Makes one piece of a stream: some text, or one or a few sequences.
pub(crate) type Piece = BoxedStrategy<Vec<u8>>;

/// The name under which a feature is scored, and what it is made of.
pub(crate) type Feature = (&'static str, fn() -> Piece);

/// Everything that a stream can be made of.
pub(crate) const FEATURES: &[Feature] = &[
    ("text, line ends, wraps", text),
    ("wide, combining and joined characters", wide),
    ("moving the cursor", moves),
    ("erasing", erasing),
    ("inserting and deleting", inserting),
    ("margins, origin, scrolling", margins),
    ("attributes and colours", attributes),
    ("insert, autowrap and newline mode", printing_modes),
    ("tab stops", tabs),
    ("charsets", charsets),
    ("saved cursor", saved),
    ("alternate screen", alternate),
    ("mouse, focus, paste, keypad, others", input_modes),
    ("kitty keyboard, modifyOtherKeys", keyboard),
    ("titles and their stack", titles),
    ("links", links),
    ("palette and dynamic colours", palette),
    ("cursor style and pointer", looks_of_cursor),
    ("soft reset, reset, alignment", resets),
    ("synchronized updates", synchronized),
    ("repetition", repetition),
    ("control strings, cancelled sequences", noise),
    ("C1, broken UTF-8", broken),
];

/// Output of a program; shown escaped when a test fails.
#[derive(Clone)]
pub(crate) struct Output(pub(crate) Vec<u8>);

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A short stream in which one feature is frequent.
pub(crate) fn of_feature(feature: Piece) -> impl Strategy<Value = Output> {
    let piece = prop_oneof![5 => feature, 3 => text(), 2 => moves(), 1 => colours()];
    vec(piece, 3..14).prop_map(|pieces| Output(pieces.concat()))
}

pub(crate) fn fixed(sequences: &'static [&'static str]) -> Piece {
    select(sequences)
        .prop_map(|text| text.as_bytes().to_vec())
        .boxed()
}

fn made(strategy: impl Strategy<Value = String> + 'static) -> Piece {
    strategy.prop_map(String::into_bytes).boxed()
}

/// Sequences with one number, small as often as absent or far too large.
fn counted(ends: &'static [&'static str]) -> Piece {
    let count = prop_oneof![1 => Just(String::new()), 6 => (0_u16..12).prop_map(|n| n.to_string()), 1 => Just("300".to_owned())];
    made((select(ends), count).prop_map(|(end, count)| format!("\x1b[{count}{end}")))
}

fn switched(modes: &'static [&'static str]) -> Piece {
    made(
        (select(modes), any::<bool>())
            .prop_map(|(mode, on)| format!("\x1b[{mode}{}", if on { 'h' } else { 'l' })),
    )
}

fn text() -> Piece {
    const WORDS: &[&str] = &[
        "a",
        "word ",
        "q",
        "lines of text, ",
        "  ",
        "é",
        "─",
        "x\r\n",
        "\r",
        "\n",
        "0123456789",
    ];
    made(vec(select(WORDS), 1..8).prop_map(|words| words.concat()))
}

fn wide() -> Piece {
    const WORDS: &[&str] = &[
        "中",
        "文字",
        "🙂",
        "e\u{301}",
        "\u{301}",
        "한",
        "👩\u{200d}🚀",
        "\u{3000}",
        "🇨🇭",
        "❤\u{fe0f}",
        "x",
        "\u{200b}",
        "\u{7f}",
        "नम",
        "ｱ",
        "\x08",
    ];
    made(vec(select(WORDS), 1..8).prop_map(|words| words.concat()))
}

fn moves() -> Piece {
    prop_oneof![
        3 => made((0_u16..9, 0_u16..25).prop_map(|(row, col)| format!("\x1b[{row};{col}H"))),
        3 => counted(&["A", "B", "C", "D", "E", "F", "G", "d", "`", "a", "e"]),
        2 => fixed(&["\r", "\x08", "\t", "\x1b[H", "\x1bD", "\x1bE", "\x1bM"]),
    ]
    .boxed()
}

fn erasing() -> Piece {
    prop_oneof![
        fixed(&[
            "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[J", "\x1b[1J", "\x1b[2J", "\x1b[3J"
        ]),
        counted(&["X"]),
    ]
    .boxed()
}

fn inserting() -> Piece {
    counted(&["L", "M", "P", "@"])
}

fn margins() -> Piece {
    prop_oneof![
        2 => made((1_u16..8, 1_u16..8).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r"))),
        1 => fixed(&["\x1b[r", "\x1b[3r", "\x1b[?6h", "\x1b[?6l"]),
        3 => fixed(&["\x1bD", "\x1bM", "\n", "\x1bE"]),
        2 => counted(&["S", "T", "L", "M"]),
    ]
    .boxed()
}

/// What other features are coloured with.
fn colours() -> Piece {
    fixed(&[
        "\x1b[m",
        "\x1b[31m",
        "\x1b[1;44m",
        "\x1b[4:3;38;5;99m",
        "\x1b[7m",
        "\x1b[48;2;1;2;3m",
    ])
}

fn attributes() -> Piece {
    let code = prop_oneof![
        (0_u16..10)
            .prop_filter("is not kept", |n| *n != 6)
            .prop_map(|n| n.to_string()),
        (21_u16..30)
            .prop_filter("is not used", |n| *n != 26)
            .prop_map(|n| n.to_string()),
        (30_u16..50)
            .prop_filter("takes more", |n| ![38, 48].contains(n))
            .prop_map(|n| n.to_string()),
        (90_u16..108).prop_map(|n| n.to_string()),
        (0_u8..6).prop_map(|n| format!("4:{n}")),
        (select(&[38, 48, 58][..]), any::<u8>()).prop_map(|(kind, n)| format!("{kind};5;{n}")),
        (select(&[38, 48][..]), any::<u8>()).prop_map(|(kind, n)| format!("{kind};2;{n};1;2")),
        any::<u8>().prop_map(|n| format!("58:2::{n}:4:5")),
        Just("59".to_owned()),
        Just(String::new()),
    ];
    made(vec(code, 1..4).prop_map(|codes| format!("\x1b[{}m", codes.join(";"))))
}

fn printing_modes() -> Piece {
    switched(&["4", "?7", "20"])
}

fn tabs() -> Piece {
    prop_oneof![
        3 => fixed(&["\t", "\x1bH", "\x1b[g", "\x1b[3g", "\x1b[?5W"]),
        1 => counted(&["I", "Z"]),
    ]
    .boxed()
}

fn charsets() -> Piece {
    fixed(&[
        "\x1b(0", "\x1b(B", "\x1b)0", "\x1b)B", "\x1b*0", "\x1b+0", "\x0e", "\x0f", "lqqk", "x_~",
    ])
}

fn saved() -> Piece {
    fixed(&[
        "\x1b7",
        "\x1b8",
        "\x1b[s",
        "\x1b[u",
        "\x1b[?1048h",
        "\x1b[?1048l",
    ])
}

fn alternate() -> Piece {
    switched(&["?1049", "?1049", "?1047", "?47"])
}

fn input_modes() -> Piece {
    prop_oneof![
        4 => switched(&[
            "?1", "?5", "?9", "?45", "?66", "?1000", "?1002", "?1003", "?1004", "?1005", "?1006", "?1007", "?1015",
            "?1016", "?1042", "?2004", "?2027", "?2031", "?2048", "?25;2004",
        ]),
        1 => fixed(&["\x1b=", "\x1b>"]),
    ]
    .boxed()
}

fn keyboard() -> Piece {
    prop_oneof![
        made(
            (0_u8..32, select(&[">", "=", "<"][..]))
                .prop_map(|(n, kind)| format!("\x1b[{kind}{n}u"))
        ),
        made((0_u8..32, 1_u8..4).prop_map(|(n, how)| format!("\x1b[={n};{how}u"))),
        fixed(&[
            "\x1b[<u",
            "\x1b[>u",
            "\x1b[>4;2m",
            "\x1b[>4;1m",
            "\x1b[>4m",
            "\x1b[<99u"
        ]),
    ]
    .boxed()
}

fn titles() -> Piece {
    prop_oneof![
        made("[a-z é;]{0,9}".prop_map(|title| format!("\x1b]2;{title}\x07"))),
        made("[a-z]{1,9}".prop_map(|title| format!("\x1b]0;{title}\x1b\\"))),
        fixed(&[
            "\x1b[22;0t",
            "\x1b[23;0t",
            "\x1b[22t",
            "\x1b[23t",
            "\x1b[22;2t",
            "\x1b[23;2t"
        ]),
    ]
    .boxed()
}

fn links() -> Piece {
    prop_oneof![
        made("[a-z]{1,3}".prop_map(|path| format!("\x1b]8;;file:///{path}\x1b\\"))),
        made("[a-z]{1,2}".prop_map(|id| format!("\x1b]8;id={id};http://x/?a;b\x07"))),
        fixed(&["\x1b]8;;\x1b\\"]),
    ]
    .boxed()
}

fn palette() -> Piece {
    prop_oneof![
        made(
            (any::<u8>(), any::<u8>())
                .prop_map(|(n, c)| format!("\x1b]4;{n};rgb:{c:02x}/00/ff\x1b\\"))
        ),
        made((10_u8..13, any::<u8>()).prop_map(|(n, c)| format!("\x1b]{n};#{c:02x}0102\x07"))),
        made(any::<u8>().prop_map(|n| format!("\x1b]104;{n}\x07"))),
        fixed(&[
            "\x1b]104\x07",
            "\x1b]110\x07",
            "\x1b]111\x07",
            "\x1b]112\x07"
        ]),
    ]
    .boxed()
}

fn looks_of_cursor() -> Piece {
    prop_oneof![
        made((0_u8..8).prop_map(|n| format!("\x1b[{n} q"))),
        switched(&["?12", "?25"]),
        fixed(&[
            "\x1b[ q",
            "\x1b]50;CursorShape=1\x07",
            "\x1b]22;pointer\x07"
        ]),
    ]
    .boxed()
}

fn resets() -> Piece {
    prop_oneof![
        2 => fixed(&["\x1b[!p", "\x1bc", "\x1b#8"]),
        3 => prop_oneof![printing_modes(), margins(), charsets(), saved(), input_modes(), looks_of_cursor()],
    ]
    .boxed()
}

fn synchronized() -> Piece {
    switched(&["?2026"])
}

fn repetition() -> Piece {
    prop_oneof![
        fixed(&[
            "x\x1b[5b",
            "ab\x1b[b",
            "中\x1b[3b",
            "\x1b[4b",
            "x\x1b[1m\x1b[2b",
            "─\x1b[30b",
            "\x1b[7bz"
        ]),
        fixed(&[
            "e\u{301}\x1b[2b",
            "\r\x1b[2b",
            "\x1b[4hx\x1b[2b\x1b[4l",
            "\x1b[?7lx\x1b[40b\x1b[?7h"
        ]),
    ]
    .boxed()
}

fn noise() -> Piece {
    fixed(&[
        "\x1bPq#0~\x1b\\",
        "\x1b_Gi=1;AAAA\x1b\\",
        "\x1b^pm\x1b\\",
        "\x1bXsos\x1b\\",
        "\x1bP1$r0m\x1b\\",
        "\x07",
        "\x18",
        "\x1a",
        "\x1b[1\n2m",
        "\x1b[3\x18",
        "\x1b]2;ti\x18",
        "\x1b[?1;2;3y",
        "\x1b[1;2;3;4;5;6;7;8;9;10x",
        "\x1b]1337;File=:AA\x07",
        "\x1b]133;A\x07",
        "\x1b]7;file:///\x07",
        "\x1b%G",
        "\x1b]777;x\x1b\\",
        "\x1b[\x1b[1m",
    ])
}

fn broken() -> Piece {
    const BYTES: &[&[u8]] = &[
        b"\xc2\x85",
        b"\xc2\x9b1m",
        b"\xc2\x84",
        b"\x9b1m",
        b"\x84",
        b"\x90q\x9c",
        b"\xe4\xb8",
        b"\xf0\x9f",
        b"\xff",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\x80",
        b"\xe4\xb8\xad",
        b"\xf0\x9f\x99\x82",
        b"\xf4\x90\x80\x80",
        b"A",
    ];
    vec(select(BYTES), 1..4)
        .prop_map(|parts| parts.concat())
        .boxed()
}
