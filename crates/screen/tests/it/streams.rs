//! Streams as programs write them: text mixed with complete control sequences of every kind.

use std::fmt;

use proptest::{collection::vec, prelude::*, sample::select};

/// Sequences without a number that matters.
const FIXED: &[&str] = &[
    "\r\n",
    "\r",
    "\n",
    "\n",
    "\x08",
    "\t",
    "\t",
    "\x0e",
    "\x0f",
    "\x1b7",
    "\x1b8",
    "\x1b[s",
    "\x1b[u",
    "\x1bD",
    "\x1bE",
    "\x1bM",
    "\x1bM",
    "\x1bH",
    "\x1b[g",
    "\x1b[3g",
    "\x1b[?5W",
    "\x1b(0",
    "\x1b(B",
    "\x1b)0",
    "\x1b*0",
    "\x1b+0",
    "\x1b=",
    "\x1b>",
    "\x1b#8",
    "\x1bc",
    "\x1b[!p",
    "\x1b[r",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[20h",
    "\x1b[20l",
    "\x1b[m",
    "\x1b[m",
    "\x1b[22;0t",
    "\x1b[23;0t",
    "\x1b[<u",
    "\x1b[>4;2m",
    "\x1b[>4m",
    "\x1b]8;;\x1b\\",
    "\x1b]104\x07",
    "\x1b]110\x07",
    "\x1b]50;CursorShape=1\x07",
    "\x1b]22;pointer\x07",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1bPq#0~\x1b\\",
    "\x1b_Gi=1;AAAA\x1b\\",
    "\x07",
    "\x18",
    "\x1b[1\n2m",
    "\x1b[<99u",
];

/// Finals of sequences with one number.
const COUNTED: &[&str] = &[
    "A", "B", "C", "D", "E", "F", "G", "d", "I", "Z", "L", "M", "P", "@", "X", "S", "T", " q",
];

/// Private modes, those of the screens more often than others.
const PRIVATE: &[u16] = &[
    1, 3, 5, 6, 6, 7, 7, 9, 12, 25, 47, 47, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015,
    1016, 1042, 1047, 1048, 1049, 1049, 2004, 2026, 2026, 2027, 2031, 2048,
];

const TEXT: &[&str] = &[
    "a",
    "word ",
    "q",
    "lines of text, ",
    "  ",
    "中",
    "文字",
    "🙂",
    "e\u{301}",
    "\u{301}",
    "한",
    "👩\u{200d}🚀",
    "─",
    "\u{3000}",
    "é",
    "x\x1b[5b",
    "ab\x1b[b",
    "\u{7f}",
];

const QUERIES: &[&str] = &[
    "\x1b[c",
    "\x1b[>c",
    "\x1b[=c",
    "\x1bZ",
    "\x1b[5n",
    "\x1b[6n",
    "\x1b[?6n",
    "\x1b[?7$p",
    "\x1b[4$p",
    "\x1b[?9999$p",
    "\x1b]4;1;?\x07",
    "\x1b]10;?\x1b\\",
    "\x1b]11;?;?\x07",
    "\x1b[?u",
    "\x1b[18t",
    "\x1b[>q",
    "\x1b[>0q",
    "\x1b[?4m",
    "\x1b]4;300;?;7;?\x18",
];

/// Output of a program; shown escaped when a test fails.
#[derive(Clone)]
pub(crate) struct Output(pub(crate) Vec<u8>);

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// The settings of properties here: `cases`, and no files left beside the tests.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    // `PROPTEST_CASES` raises the number for a longer run.
    let asked = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// One piece of a stream.
pub(crate) fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => text(),
        4 => select(FIXED).prop_map(str::to_owned),
        4 => (select(COUNTED), 0_u16..12).prop_map(|(end, n)| format!("\x1b[{n}{end}")),
        3 => (0_u16..9, 0_u16..15).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        3 => vec(sgr(), 1..4).prop_map(|codes| format!("\x1b[{}m", codes.join(";"))),
        2 => (select(PRIVATE), any::<bool>())
            .prop_map(|(mode, on)| format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' })),
        1 => (1_u16..8, 1_u16..8).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        1 => strings(),
        1 => (0_u8..32, select(&[">", "=", "<"][..])).prop_map(|(n, kind)| format!("\x1b[{kind}{n}u")),
    ]
}

/// A stream of up to `pieces` pieces.
pub(crate) fn stream(pieces: usize) -> impl Strategy<Value = Output> {
    vec(piece(), 0..pieces).prop_map(|pieces| Output(pieces.concat().into_bytes()))
}

/// A stream in which queries are frequent.
pub(crate) fn asking_stream() -> impl Strategy<Value = Output> {
    let query = select(QUERIES).prop_map(str::to_owned);
    vec(prop_oneof![piece(), query], 0..30).prop_map(|pieces| Output(pieces.concat().into_bytes()))
}

/// Bytes that hardly a program writes: pieces with bytes lost, doubled or replaced.
pub(crate) fn damaged_stream() -> impl Strategy<Value = Output> {
    let byte = any::<u8>().prop_filter("makes a repetition", |byte| *byte != b'b');
    let damage = vec((any::<prop::sample::Index>(), byte, 0_u8..3), 0..8);
    (stream(25), damage).prop_map(|(Output(mut bytes), damage)| {
        // A repetition that does not follow its character is one thing a snapshot cannot restore.
        let text = String::from_utf8_lossy(&bytes)
            .replace("\x1b[5b", "")
            .replace("\x1b[b", "");
        bytes = text.into_bytes();
        for (at, byte, kind) in damage {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        Output(bytes)
    })
}

fn text() -> impl Strategy<Value = String> {
    vec(select(TEXT), 1..8).prop_map(|words| words.concat())
}

fn sgr() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u16..10).prop_map(|n| n.to_string()),
        (21_u16..30).prop_map(|n| n.to_string()),
        (30_u16..50)
            .prop_filter("takes more", |n| ![38, 48].contains(n))
            .prop_map(|n| n.to_string()),
        (90_u16..108).prop_map(|n| n.to_string()),
        (0_u8..6).prop_map(|n| format!("4:{n}")),
        (select(&[38, 48, 58][..]), any::<u8>()).prop_map(|(kind, n)| format!("{kind};5;{n}")),
        (select(&[38, 48][..]), any::<u8>()).prop_map(|(kind, n)| format!("{kind};2;{n};1;2")),
        any::<u8>().prop_map(|n| format!("58:2::{n}:4:5")),
        Just("59".to_owned()),
    ]
}

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z é;]{0,9}".prop_map(|title| format!("\x1b]2;{title}\x07")),
        "[a-z]{1,3}".prop_map(|path| format!("\x1b]8;;file:///{path}\x1b\\")),
        "[a-z]{1,2}".prop_map(|id| format!("\x1b]8;id={id};http://x/?a;b\x07")),
        (any::<u8>(), any::<u8>()).prop_map(|(n, c)| format!("\x1b]4;{n};rgb:{c:02x}/00/ff\x1b\\")),
        (10_u8..13, any::<u8>()).prop_map(|(n, c)| format!("\x1b]{n};#{c:02x}0102\x07")),
        any::<u8>().prop_map(|n| format!("\x1b]104;{n}\x07")),
    ]
}
