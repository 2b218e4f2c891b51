//! What it takes to list a thousand workspaces, most of whose sessions are over.

use anyhow::Result;

use super::{Bench, many, millis};
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::programs;
use crate::bench::stats::median;

/// Workspaces in all, and those whose sessions live.
const WORKSPACES: usize = 1000;
const LIVE: usize = 30;

/// Listings for one figure.
const REPEATS: usize = 5;

/// Makes them all, and lists them.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let stamp = programs::stamp()?;
    let live: Vec<_> = (0..LIVE)
        .map(|_| many::start(bench, &stamp))
        .collect::<Result<_>>()?;
    for number in LIVE..WORKSPACES {
        bench.arena.start_ending(&format!("over-{number}"))?;
    }
    let mut lists = Vec::new();
    for _ in 0..REPEATS {
        lists.extend(bench.arena.list()?.map(millis));
    }
    drop(live);
    if let Some(list) = median(&lists) {
        let title = format!("`list` of 1,000, {LIVE} of which run");
        let line = Line::new(title, Unit::Millis, Target::AtMost(50.0));
        bench.figures.add(&line, bench.tool(), list);
    }
    Ok(())
}
