//! Output that programs write without end, and the pieces that it is made of.

use std::fmt::Write;

/// Returns the kinds, each with its name and a piece to repeat.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("text", plain()),
        ("log", log()),
        ("utf-8", characters()),
        ("tabs", tabs()),
        ("long lines", long_lines()),
        ("redraws", redraws()),
        ("colours", colours()),
    ]
}

/// Lines of ASCII of up to 80 characters.
pub(crate) fn plain() -> Vec<u8> {
    let words = "the quick brown fox jumps over the lazy dog, and then it sleeps until the evening";
    let line = |n: usize| format!("{n:05} {}\r\n", &words[..30 + n * 7 % 44]);
    (0..1000).map(line).collect::<String>().into_bytes()
}

/// A log with coloured levels.
pub(crate) fn log() -> Vec<u8> {
    let line = |n: usize| {
        let level = ["\x1b[32mINFO", "\x1b[1;33mWARN", "\x1b[38;5;196mERROR"][n % 3];
        let path = &"core::net::http::server::request"[..10 + n % 22];
        format!(
            "\x1b[2m12:34:56.{n:03}\x1b[0m {level}\x1b[0m \x1b[36m{path}\x1b[0m: handled {n} in 3ms\r\n"
        )
    };
    (0..1000).map(line).collect::<String>().into_bytes()
}

/// Wide characters, some of them outside the first plane.
pub(crate) fn characters() -> Vec<u8> {
    let words = [
        "日本語の文章",
        "🙂🚀",
        "한국어",
        "naïve café",
        "中文字符",
        "дом",
    ];
    let line = |n: usize| {
        format!(
            "{}{}{}、{n}\r\n",
            words[n % 6],
            words[n / 7 % 6],
            words[n / 3 % 6]
        )
    };
    (0..1000).map(line).collect::<String>().into_bytes()
}

/// Lines of source text, indented by tabs.
pub(crate) fn tabs() -> Vec<u8> {
    let line = |n: usize| {
        format!(
            "{}if (x[{n}] != 0)\t/* checked */ return x;\r\n",
            "\t".repeat(n % 4)
        )
    };
    (0..1000).map(line).collect::<String>().into_bytes()
}

/// Lines of 2,000 characters.
pub(crate) fn long_lines() -> Vec<u8> {
    let line = |n: usize| format!("{n:04} {}\r\n", "0123456789abcde".repeat(133));
    (0..50).map(line).collect::<String>().into_bytes()
}

/// A page drawn again and again, as `top` does it.
pub(crate) fn redraws() -> Vec<u8> {
    let mut output = String::from("\x1b[H");
    for row in 0..24 {
        let _ = write!(
            output,
            "\x1b[{};1H\x1b[7m{row:5}\x1b[27m root \x1b[1m{:4}.{row}\x1b[m some/process --with args\x1b[K",
            row + 1,
            row * 37 % 100
        );
    }
    output.into_bytes()
}

/// A colour of its own for every character, and lines that wrap under one.
pub(crate) fn colours() -> Vec<u8> {
    let mut output = String::new();
    for n in 0..2000 {
        let _ = write!(
            output,
            "\x1b[48;2;{};{};{}mx",
            n % 256,
            n / 7 % 256,
            n / 11 % 256
        );
    }
    output.push_str("\x1b[m\r\n");
    output.into_bytes()
}
