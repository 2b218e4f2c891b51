//! How long one who comes back waits for the screen, and for the history above it.

use std::time::Duration;

use anyhow::{Context, Result};

use super::{Bench, millis};
use crate::bench::child;
use crate::bench::corpus::END_MARK;
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::stats::median;
use crate::bench::sys;
use crate::bench::viewer::Viewer;

/// Lines that have left the screen when somebody comes back.
const LINES: usize = 10_000;

const REPEATS: usize = 5;

/// Silence that means that a client has shown all it will show.
const QUIET: Duration = Duration::from_millis(100);

/// The first of the lines, which is shown only if all are given back.
const FIRST: &str = "the very first of all the lines";

/// Comes back to a page whose last line is known, above which lie the lines.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start_watched(bench.stage)?;
    session
        .player
        .tell(&format!("print {}", child::encode(page().as_bytes())))?;
    session.viewer().until(END_MARK.as_bytes())?;
    session.viewer().settle(QUIET)?;
    let viewer = session.take_viewer();
    leave(bench, viewer.context("the session is not watched")?)?;
    let (mut pages, mut histories) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let (page, history) = come_back(bench, &session.name)?;
        pages.push(page);
        histories.push(history);
    }
    if let Some(value) = median(&pages) {
        let line = Line::new(
            "reattach to a full screen, 10,000 lines kept: page shown",
            Unit::Millis,
            Target::AtMost(3.0),
        );
        bench.figures.add(&line, bench.tool(), value);
    }
    if let Some(value) = median(&histories) {
        let line = Line::new(
            "reattach: all lines given back",
            Unit::Millis,
            Target::AtMost(50.0),
        );
        bench.figures.add(&line, bench.tool(), value);
    }
    Ok(())
}

/// Attaches once; returns when the page was whole, and when the lines above it had come.
fn come_back(bench: &mut Bench<'_>, name: &str) -> Result<(f64, f64)> {
    let token = bench.stage.token();
    let port = bench.stage.port();
    let mut viewer = bench.arena.attach(name, Some((port, &token)))?;
    let (mut page, mut last, mut first_line) = (None, sys::now(), false);
    let mut kept = Vec::new();
    loop {
        let piece = viewer.read(
            usize::MAX,
            if page.is_some() {
                QUIET
            } else {
                Duration::from_secs(5)
            },
        )?;
        if piece.is_empty() {
            break;
        }
        last = sys::now();
        kept.extend_from_slice(piece);
        let found = |mark: &str| memchr::memmem::find(&kept, mark.as_bytes()).is_some();
        first_line = first_line || found(FIRST);
        if page.is_none() && found(END_MARK) {
            page = Some(last);
        }
        let keep = kept.len().saturating_sub(FIRST.len());
        kept.drain(..keep);
    }
    leave(bench, viewer)?;
    let begun = bench.stage.player(&token)?.started;
    let since = |at: Duration| millis(at.saturating_sub(begun));
    let history = if first_line {
        since(last)
    } else {
        f64::INFINITY
    };
    Ok((page.map_or(f64::INFINITY, since), history))
}

/// Leaves a session as a person does, and waits until the client has ended.
fn leave(bench: &Bench<'_>, mut viewer: Viewer) -> Result<()> {
    viewer.type_in(bench.tool().detach_keys())?;
    viewer.until_end()?;
    Ok(())
}

/// Returns the lines, and a page that ends with the mark in its last row.
fn page() -> String {
    let mut text = format!("\r\n{FIRST}\r\n");
    for number in 1..LINES + 23 {
        text += &format!(
            "line {number:>6} \x1b[3{}mof the history\x1b[0m that is kept\r\n",
            number % 8
        );
    }
    text + END_MARK
}
