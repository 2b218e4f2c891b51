//! Compares what two terminals show: `judge COLSxROWS LEFT RIGHT`, files of output.
//!
//! Prints how many of each thing differ on the right, a line each: characters of the page, rows
//! of the page by their attributes, modes, lines above the page that are lacking; then in words
//! where the two first differ in anything.
//!
//! A client that comes back may first put aside what its terminal showed: scroll the page up and
//! save the title, to give both back when it leaves. So the left terminal is tried with and without
//! that, and if one of them equals the right one, it does.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;
use std::{env, fs};

use abide_core::size::TermSize;
use abide_screen::{History, ScreenLimits, ScreenModel, Scrollback, SnapshotOptions};

/// What the terminals keep beside the page.
const LIMITS: ScreenLimits = ScreenLimits {
    lines: 10_000,
    bytes: 256 * 1024 * 1024,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<_> = env::args().skip(1).collect();
    let [size, left, right] = &args[..] else {
        return Err("usage: judge COLSxROWS LEFT RIGHT".into());
    };
    let size: TermSize = size.parse()?;
    let (left, right) = (read(left)?, read(right)?);
    let (bottom, rows) = (size.rows(), "\n".repeat(size.rows().into()));
    let put_aside = format!("\x1b[22;0t\x1b[{bottom}H{rows}\x1b[H");
    let [fresh, aside] = ["", &put_aside].map(|start| {
        let left = terminal(size, &[start.as_bytes(), &left]);
        Verdict::of(left, terminal(size, &[&right]))
    });
    let better = if aside.first.is_none() { aside } else { fresh };
    println!("characters {}", better.characters);
    println!("rows {}", better.rows);
    println!("modes {}", better.modes);
    println!("lines {}", better.lines);
    println!("first {}", better.first.as_deref().unwrap_or("none"));
    Ok(())
}

/// How the right terminal differs.
struct Verdict {
    characters: usize,
    rows: usize,
    modes: usize,
    lines: usize,
    first: Option<String>,
}

impl Verdict {
    fn of(mut left: ScreenModel, mut right: ScreenModel) -> Self {
        let lines = |model: &mut ScreenModel| model.text(LIMITS.lines).len();
        Self {
            characters: characters(&left.text(0), &right.text(0)),
            rows: rows(&left.ansi(0), &right.ansi(0)),
            modes: modes(&mut left, &mut right),
            lines: lines(&mut left).saturating_sub(lines(&mut right)),
            first: left.first_difference(&mut right),
        }
    }
}

fn read(file: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    Ok(fs::read(file).map_err(|err| format!("cannot read {file}: {err}"))?)
}

fn terminal(size: TermSize, output: &[&[u8]]) -> ScreenModel {
    let mut model = ScreenModel::new(size, LIMITS);
    for bytes in output {
        model.feed(bytes);
    }
    model
}

/// Counts the places whose characters differ.
fn characters(left: &[String], right: &[String]) -> usize {
    let rows = left.len().max(right.len());
    let row = |text: &[String], at: usize| text.get(at).cloned().unwrap_or_default();
    let differing = (0..rows).map(|at| {
        let (left, right) = (row(left, at), row(right, at));
        let cols = left.chars().count().max(right.chars().count());
        // Trailing blanks are left out of a row.
        let cell = |text: &str, col| text.chars().nth(col).unwrap_or(' ');
        (0..cols)
            .filter(|col| cell(&left, *col) != cell(&right, *col))
            .count()
    });
    differing.sum()
}

/// Counts the rows that differ in characters or attributes.
fn rows(left: &[u8], right: &[u8]) -> usize {
    let split = |text: &[u8]| {
        text.split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (left, right): (Vec<_>, Vec<_>) = (split(left), split(right));
    let rows = left.len().max(right.len());
    (0..rows)
        .filter(|at| left.get(*at) != right.get(*at))
        .count()
}

/// Counts the modes that differ, as a snapshot would restore them.
fn modes(left: &mut ScreenModel, right: &mut ScreenModel) -> usize {
    let (left, right) = (modes_of(left), modes_of(right));
    let names = left
        .keys()
        .chain(right.keys().filter(|name| !left.contains_key(*name)));
    names
        .filter(|name| left.get(*name) != right.get(*name))
        .count()
}

/// Returns the last setting of each mode in a snapshot.
fn modes_of(model: &mut ScreenModel) -> BTreeMap<String, char> {
    let snapshot = model.snapshot(SnapshotOptions {
        history: History::Lines(0),
        scrollback: Scrollback::Replace,
    });
    let text = String::from_utf8_lossy(&snapshot).into_owned();
    let mut modes = BTreeMap::new();
    for sequence in text.split('\x1b').skip(1) {
        if sequence.starts_with(['=', '>']) {
            modes.insert(
                "keypad".to_owned(),
                sequence.chars().next().unwrap_or_default(),
            );
        }
        let Some(rest) = sequence.strip_prefix('[') else {
            continue;
        };
        let end = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        if let (numbers, Some(last @ ('h' | 'l'))) = (&rest[..end], rest[end..].chars().next()) {
            modes.extend(numbers.split(';').map(|number| (number.to_owned(), last)));
        }
    }
    modes
}
