//! How soon the end of a program is known.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Bench, millis};
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::stats::median;
use crate::bench::sys;
use crate::bench::tool::Tool;

const MOST_MILLIS: f64 = 20.0;
const REPEATS: usize = 5;

/// From the program's last instruction until the client on a terminal has ended.
pub(super) fn attached(bench: &mut Bench<'_>) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..REPEATS {
        let mut session = bench.arena.start_watched(bench.stage)?;
        session.player.tell("exit 3")?;
        let seen = session.viewer().until_end()?;
        let [ended] = session.player.times()?;
        times.push(millis(seen - ended));
    }
    report(bench, "exit until the attached client ends", &times);
    Ok(())
}

/// From the program's last instruction until `abide wait --exit` has ended.
pub(super) fn waited_for(bench: &mut Bench<'_>) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..REPEATS {
        let mut session = bench.arena.start(bench.stage)?;
        let mut command = Command::new(bench.arena.program());
        command.args(["wait", &session.name, "--exit"]);
        let mut command = bench.arena.private(command);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut wait = command.spawn().context("cannot run `abide wait`")?;
        // Nothing tells that it waits; it is at rest by then.
        std::thread::park_timeout(Duration::from_millis(300));
        session.player.tell("exit 3")?;
        let status = wait.wait().context("cannot wait for `abide wait`")?;
        let seen = sys::now();
        if !status.success() {
            bail!("`abide wait` failed: {status}");
        }
        let [ended] = session.player.times()?;
        times.push(millis(seen - ended));
    }
    report(bench, "exit until `wait --exit` ends", &times);
    Ok(())
}

/// Tells whether a tool has a verb that waits.
pub(super) fn can_wait(tool: Tool) -> bool {
    tool == Tool::Abide
}

fn report(bench: &mut Bench<'_>, title: &str, times: &[f64]) {
    if let Some(value) = median(times) {
        let line = Line::new(title, Unit::Millis, Target::AtMost(MOST_MILLIS));
        bench.figures.add(&line, bench.tool(), value);
    }
}
