//! A viewer that no longer reads: may the child go on, and what does that cost?

use std::time::Duration;

use anyhow::Result;

use super::{Bench, kib, memory, millis};
use crate::bench::corpus::Corpus;
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::stats::median;

/// What the child writes.
const BYTES: usize = 32_000_000;

/// How long it may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(10);

/// The history budget and 2 MiB, in KiB.
const MOST_GROWTH_KIB: f64 = 6.0 * 1024.0;

/// The child writes while its only viewer does not read.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start_watched(bench.stage)?;
    let before = memory(bench)?;
    session.player.wait_up_to(PATIENCE)?;
    session
        .player
        .tell(&format!("flood {} {BYTES}", Corpus::Plain.word()))?;
    let mut lists = Vec::new();
    for _ in 0..5 {
        lists.extend(bench.arena.list()?.map(millis));
    }
    let finished = session.player.times::<2>();
    let took = finished.map_or(f64::INFINITY, |[begun, ended]| millis(ended - begun));
    let growth = kib(memory(bench)?) - kib(before);

    let what = "viewer stops reading, child writes 32 MB";
    let line = Line::new(
        format!("{what}: child is done"),
        Unit::Millis,
        Target::AtMost(1000.0),
    );
    bench.figures.add(&line, bench.tool(), took);
    let line = Line::new(
        format!("{what}: memory"),
        Unit::Kib,
        Target::AtMost(MOST_GROWTH_KIB),
    );
    bench.figures.add(&line, bench.tool(), growth);
    if let Some(list) = median(&lists) {
        let line = Line::new(
            format!("{what}: `list` meanwhile"),
            Unit::Millis,
            Target::AtMost(10.0),
        );
        bench.figures.add(&line, bench.tool(), list);
    }
    Ok(())
}
