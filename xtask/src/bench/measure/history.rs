//! Whether memory stays within the history budget, whatever is printed.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use super::{Bench, as_float, kib, memory};
use crate::bench::corpus::Corpus;
use crate::bench::figures::{Line, Target, Unit};

/// The budget of a session's history unless another is given, in KiB.
const BUDGET_KIB: f64 = 4.0 * 1024.0;

/// Prints each kind of output into a session of its own that nobody watches.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let bytes = bench.history_bytes;
    let kinds = [
        (Corpus::Plain, "text"),
        (Corpus::Sgr, "colours"),
        (Corpus::Redraw, "redraws"),
        (Corpus::Long, "lines of 2,000 characters"),
    ];
    for (corpus, name) in kinds {
        let mut session = bench.arena.start(bench.stage)?;
        let before = memory(bench)?;
        session
            .player
            .tell(&format!("flood {} {bytes}", corpus.word()))?;
        session.player.times::<2>()?;
        // The last of it is still on its way when the child has written it.
        thread::park_timeout(Duration::from_millis(300));
        let growth = kib(memory(bench)?) - kib(before);
        let title = format!(
            "memory against the history budget: {} MB of {name}",
            as_float(bytes) / 1e6
        );
        let line = Line::new(title, Unit::Ratio, Target::AtMost(1.1));
        bench.figures.add(&line, bench.tool(), growth / BUDGET_KIB);
    }
    Ok(())
}
