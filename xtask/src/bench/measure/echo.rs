//! How long a key takes from the keyboard to the screen.

use std::time::Duration;

use anyhow::Result;

use super::Bench;
use crate::bench::arena::Session;
use crate::bench::corpus::Corpus;
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::stats::percentile;
use crate::bench::sys;
use crate::bench::tool::Tool;

/// Keys that end no escape sequence a tool might print around them.
const KEYS: [u8; 6] = *b"kovwyz";

/// How long the fingers rest between two keys.
const REST: Duration = Duration::from_millis(2);

/// Keys typed before any counts.
const WARM_UP: usize = 50;

/// One key at a time into a program that prints what it is given; nothing else happens.
pub(super) fn idle(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start_watched(bench.stage)?;
    let times = type_keys(&mut session, bench.keys)?;
    let target = Target::AtMostOf(Tool::Tmux);
    report(bench, "key echo, idle", &times, [target, target]);
    Ok(())
}

/// The same while another session of the tool, which nobody watches, prints as fast as it can.
pub(super) fn beside_a_flood(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = bench.arena.start_watched(bench.stage)?;
    let mut other = bench.arena.start(bench.stage)?;
    let reader = other.take_viewer().map(super::drain);
    other
        .player
        .tell(&format!("flood-on {}", Corpus::Plain.word()))?;
    let times = type_keys(&mut session, bench.keys)?;
    let targets = [Target::AtMost(130.0), Target::AtMost(500.0)];
    report(bench, "key echo beside a flood", &times, targets);
    sys::kill(other.player.pid)?;
    super::joined(reader)
}

fn type_keys(session: &mut Session, count: usize) -> Result<Vec<f64>> {
    session.player.tell("echo")?;
    session.player.times::<1>()?;
    let mut times = Vec::with_capacity(count);
    for (number, key) in KEYS.iter().cycle().take(WARM_UP + count).enumerate() {
        let viewer = session.viewer();
        viewer.settle(REST)?;
        let typed = sys::now();
        viewer.type_in(&[*key])?;
        let seen = viewer.until(&[*key])?;
        if WARM_UP <= number {
            times.push((seen - typed).as_secs_f64() * 1e6);
        }
    }
    Ok(times)
}

fn report(bench: &mut Bench<'_>, what: &str, times: &[f64], targets: [Target; 2]) {
    for (percent, target) in [50, 99].into_iter().zip(targets) {
        if let Some(value) = percentile(times, percent) {
            let line = Line::new(format!("{what}: p{percent}"), Unit::Micros, target);
            bench.figures.add(&line, bench.tool(), value);
        }
    }
}
