//! How fast output passes, watched and unwatched, and what that costs.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, as_float};
use crate::bench::corpus::{Corpus, END_MARK};
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::procfs;
use crate::bench::tool::Tool;

/// From the child's first write until a viewer that reads at full speed has seen the end.
pub(super) fn attached(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start_watched(bench.stage)?;
    for corpus in Corpus::STREAMS {
        let before = processor_time(bench)?;
        session.player.tell(&flood(corpus, bench.flood_bytes))?;
        let seen = session.viewer().until(END_MARK.as_bytes())?;
        let [begun, _ended] = session.player.times()?;
        session.viewer().settle(Duration::from_millis(50))?;
        let least = match corpus {
            Corpus::Sgr => 0.80,
            _ => 0.85,
        };
        let title = format!("attached throughput: {}", name(corpus));
        let line = Line::new(title, Unit::Rate, Target::PartOfRawAndAhead(least));
        let rate = megabytes_per_second(bench.flood_bytes, seen - begun);
        bench.figures.add(&line, bench.tool(), rate);
        if corpus == Corpus::Plain && bench.tool() != Tool::Raw {
            let spent = processor_time(bench)?.saturating_sub(before);
            let line = Line::new(
                "processor time of owner and client: plain",
                Unit::NanosPerByte,
                Target::AtMost(10.0),
            );
            let each = spent.as_secs_f64() * 1e9 / as_float(bench.flood_bytes);
            bench.figures.add(&line, bench.tool(), each);
        }
    }
    Ok(())
}

/// The child's own time to write it all while nobody watches.
pub(super) fn detached(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start(bench.stage)?;
    // A bare terminal has nobody but us to read it.
    let reader = session.take_viewer().map(super::drain);
    for corpus in Corpus::STREAMS {
        session.player.tell(&flood(corpus, bench.flood_bytes))?;
        let [begun, ended] = session.player.times()?;
        let title = format!("detached throughput: {}", name(corpus));
        let line = Line::new(title, Unit::Rate, Target::PartOfRaw(0.90));
        let rate = megabytes_per_second(bench.flood_bytes, ended - begun);
        bench.figures.add(&line, bench.tool(), rate);
    }
    drop(session);
    super::joined(reader)
}

fn processor_time(bench: &Bench<'_>) -> Result<Duration> {
    let pids = bench.arena.processes()?;
    pids.into_iter().map(procfs::cpu_time).sum()
}

fn flood(corpus: Corpus, bytes: usize) -> String {
    format!("flood {} {bytes}", corpus.word())
}

fn name(corpus: Corpus) -> &'static str {
    match corpus {
        Corpus::Sgr => "SGR log",
        Corpus::Utf8 => "UTF-8",
        other => other.word(),
    }
}

fn megabytes_per_second(bytes: usize, took: Duration) -> f64 {
    as_float(bytes) / 1e6 / took.as_secs_f64()
}
