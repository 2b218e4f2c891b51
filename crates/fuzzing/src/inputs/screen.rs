//! What programs print, and what no program prints: sequences of every shape, not only known ones.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::damage::damaged;

/// Pieces of one stream.
const PIECES: usize = 40;

/// Text, wide and combining characters among it.
const TEXT: &[&str] = &[
    "a",
    "word ",
    "    ",
    "lines of text, ",
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
    "\u{7f}",
    "\u{200b}",
    "\u{fe0f}",
    "\u{fffd}",
];

/// Control characters, and sequences without a number that matters.
const FIXED: &[&str] = &[
    "\r\n",
    "\r",
    "\n",
    "\x08",
    "\t",
    "\x0b",
    "\x0e",
    "\x0f",
    "\x07",
    "\x18",
    "\x1a",
    "\x05",
    "\x1b7",
    "\x1b8",
    "\x1bD",
    "\x1bE",
    "\x1bM",
    "\x1bH",
    "\x1bZ",
    "\x1bc",
    "\x1b=",
    "\x1b>",
    "\x1b(0",
    "\x1b(B",
    "\x1b)0",
    "\x1b*A",
    "\x1b#8",
    "\x1bN",
    "\x1bO",
    "\x1b\\",
    "\u{9b}",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?47h",
    "\x1b[?1047l",
    "\x1b[?2026h",
    "\x1b[!p",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[?u",
    "\x1b[>q",
    "\x1b[18t",
    "\x1b]8;;\x1b\\",
    "\x1b]104\x07",
];

/// Private modes that mean something.
const PRIVATE: &[u16] = &[
    1, 3, 5, 6, 7, 9, 12, 25, 45, 47, 66, 69, 1000, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016,
    1042, 1047, 1048, 1049, 2004, 2026, 2027, 2031, 2048,
];

/// Size, cut, then a stream.
pub(crate) fn screen() -> BoxedStrategy<Vec<u8>> {
    let stream = vec(piece(), 0..PIECES).prop_map(|pieces| pieces.concat());
    let all = (any::<[u8; 4]>(), stream)
        .prop_map(|(head, stream)| [&head[..], stream.as_bytes()].concat());
    damaged(all)
}

fn piece() -> impl Strategy<Value = String> + Clone {
    prop_oneof![
        8 => vec(select(TEXT), 1..8).prop_map(|words| words.concat()),
        5 => select(FIXED).prop_map(str::to_owned),
        6 => csi(),
        3 => (0_u16..9, 0_u16..18).prop_map(|(row, col)| format!("\x1b[{row};{col}H")),
        2 => (0_u16..9, 0_u16..9).prop_map(|(top, bottom)| format!("\x1b[{top};{bottom}r")),
        2 => (select(PRIVATE), select(vec!['h', 'l', 's', 'r']))
            .prop_map(|(mode, end)| format!("\x1b[?{mode}{end}")),
        3 => sgr(),
        2 => osc(),
        1 => "[P_^X][ -~]{0,12}".prop_map(|text| format!("\x1b{text}\x1b\\")),
        1 => "[ -/]{0,2}[0-~]".prop_map(|text| format!("\x1b{text}")),
    ]
}

/// A control sequence of any shape: marker, numbers, intermediates, final.
fn csi() -> impl Strategy<Value = String> + Clone {
    let marker = select(vec!["", "", "", "", "?", ">", "<", "="]);
    let number = prop_oneof![6 => 0_u32..12, 1 => 0_u32..2000, 1 => any::<u32>()];
    let numbers = vec((option::of(number), select(vec![";", ";", ";", ":"])), 0..4);
    (marker, numbers, "[ -/]{0,1}", "[@-~]").prop_map(|(marker, numbers, between, end)| {
        let numbers = numbers.into_iter().map(|(number, separator)| {
            let number = number.map(|number| number.to_string()).unwrap_or_default();
            format!("{number}{separator}")
        });
        let numbers: String = numbers.collect();
        let numbers = numbers.trim_end_matches([';', ':']);
        format!("\x1b[{marker}{numbers}{between}{end}")
    })
}

fn sgr() -> impl Strategy<Value = String> + Clone {
    let code = prop_oneof![
        (0_u16..110).prop_map(|code| code.to_string()),
        (select(vec![38, 48, 58]), any::<u8>()).prop_map(|(kind, n)| format!("{kind};5;{n}")),
        (select(vec![38, 48]), any::<[u8; 3]>())
            .prop_map(|(kind, [r, g, blue])| format!("{kind};2;{r};{g};{blue}")),
        any::<[u8; 3]>().prop_map(|[r, g, blue]| format!("58:2::{r}:{g}:{blue}")),
        (0_u8..7).prop_map(|style| format!("4:{style}")),
    ];
    vec(code, 0..4).prop_map(|codes| format!("\x1b[{}m", codes.join(";")))
}

fn osc() -> impl Strategy<Value = String> + Clone {
    let end = || select(vec!["\x07", "\x1b\\", ""]);
    prop_oneof![
        ("[0-2];[ -~é中]{0,12}", end()).prop_map(|(text, end)| format!("\x1b]{text}{end}")),
        ("8;(id=[a-c])?;[a-z:/]{0,9}", end()).prop_map(|(text, end)| format!("\x1b]{text}{end}")),
        (
            select(vec![4, 5, 10, 11, 12, 17, 22, 50, 52, 104, 110, 133]),
            "[ -~]{0,14}",
            end()
        )
            .prop_map(|(number, text, end)| format!("\x1b]{number};{text}{end}")),
        (any::<u8>(), any::<[u8; 3]>(), end()).prop_map(|(n, [r, g, blue], end)| {
            format!("\x1b]4;{n};rgb:{r:02x}/{g:02x}/{blue:02x}{end}")
        }),
    ]
}
