//! What sessions cost when there are many: to make one, to list them, to keep them idle.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Bench, as_float, kib, memory, millis};
use crate::bench::arena::Session;
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::procfs;
use crate::bench::programs;
use crate::bench::stats::median;
use crate::bench::tool::Tool;

/// Numbers of sessions at which everything is measured.
const COUNTS: [usize; 3] = [1, 30, 200];

/// The number of sessions whose cost has targets.
const USUAL: usize = 30;

/// How long nothing happens while wake-ups are counted.
const IDLE: Duration = Duration::from_secs(5);

/// Sessions that are made, and listings, for one figure.
const REPEATS: usize = 5;

/// Makes one after another up to the largest number, stopping to measure on the way.
pub(super) fn run(bench: &mut Bench<'_>) -> Result<()> {
    let stamp = programs::stamp()?;
    let mut sessions: Vec<Session> = Vec::new();
    for count in COUNTS {
        let mut creations = Vec::new();
        while sessions.len() < count {
            let session = start(bench, &stamp)?;
            creations.push(millis(session.player.started - session.begun));
            sessions.push(session);
        }
        let last = &creations[creations.len().saturating_sub(REPEATS)..];
        report_create(bench, count, last);
        match (bench.tool(), count) {
            // Terminals are all that it has; more of them say nothing new.
            (Tool::Raw, USUAL) => return Ok(()),
            (Tool::Raw, _) => {}
            _ => measure_at(bench, count)?,
        }
    }
    Ok(())
}

/// Starts a session of the smallest child, so that its own start hardly counts.
pub(super) fn start(bench: &mut Bench<'_>, stamp: &str) -> Result<Session> {
    let token = bench.stage.token();
    let words = [
        stamp.to_owned(),
        bench.stage.port().to_string(),
        token.clone(),
    ];
    bench.arena.start_with(bench.stage, &token, &words)
}

fn report_create(bench: &mut Bench<'_>, count: usize, creations: &[f64]) {
    let target = match count {
        USUAL => Target::AtMost(4.0),
        _ => Target::None,
    };
    // The first one makes what all share: a server, a database.
    let which = match count {
        1 => "the first".to_owned(),
        _ => format!("the {count}th"),
    };
    let title = format!("create {which} session, command to first instruction");
    if let Some(value) = median(creations) {
        bench
            .figures
            .add(&Line::new(title, Unit::Millis, target), bench.tool(), value);
    }
}

fn measure_at(bench: &mut Bench<'_>, count: usize) -> Result<()> {
    let usual = |target| if count == USUAL { target } else { Target::None };
    let mut lists = Vec::new();
    for _ in 0..REPEATS {
        lists.extend(bench.arena.list()?.map(millis));
    }
    if let Some(list) = median(&lists) {
        let line = Line::new(
            format!("`list` of {count}"),
            Unit::Millis,
            usual(Target::AtMost(5.0)),
        );
        bench.figures.add(&line, bench.tool(), list);
    }
    if count == USUAL {
        let woken = wake_ups(bench)?;
        let line = Line::new(
            format!("wake-ups in 5 s of {count} idle sessions"),
            Unit::Count,
            Target::AtMost(0.0),
        );
        bench.figures.add(&line, bench.tool(), woken);
    }
    let each = kib(memory(bench)?) / as_float(count);
    let line = Line::new(
        format!("memory of an idle session, of {count}"),
        Unit::Kib,
        usual(Target::AtMost(900.0)),
    );
    bench.figures.add(&line, bench.tool(), each);
    Ok(())
}

/// Returns how often the tool's processes waited for something again, in all.
fn wake_ups(bench: &Bench<'_>) -> Result<f64> {
    let pids = bench.arena.processes()?;
    let waits = || {
        pids.iter()
            .map(|pid| procfs::waits(*pid))
            .sum::<Result<u64>>()
    };
    // What listing them has caused is over by then.
    thread::park_timeout(IDLE / 5);
    let before = waits()?;
    thread::park_timeout(IDLE);
    let woken = waits()?.saturating_sub(before);
    let woken = u32::try_from(woken).context("more wake-ups than can be counted")?;
    Ok(f64::from(woken))
}
