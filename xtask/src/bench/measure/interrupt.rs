//! How long a flood goes on in front of the person who has pressed Ctrl-C.
//!
//! A shell runs the flood and prints a mark when it is interrupted, as a prompt would come back.

use std::time::Duration;

use anyhow::Result;

use super::{Bench, millis};
use crate::bench::arena::Session;
use crate::bench::corpus::{Corpus, END_MARK};
use crate::bench::figures::{Line, Target, Unit};
use crate::bench::pace::Pace;
use crate::bench::sys;

const INTERRUPT: &[u8] = b"\x03";

/// How fast the slow terminal draws.
const SLOW_BYTES_PER_SECOND: u64 = 4_000_000;

/// How long a flood lasts before the key is pressed: every queue on the way is full by then.
const FLOOD: Duration = Duration::from_millis(500);

/// A terminal that reads as fast as it can.
pub(super) fn fast(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = flooding(bench)?;
    let viewer = session.viewer();
    let begun = sys::now();
    while sys::now() - begun < FLOOD {
        viewer.read(usize::MAX, FLOOD)?;
    }
    let pressed = sys::now();
    viewer.type_in(INTERRUPT)?;
    let seen = viewer.until(END_MARK.as_bytes())?;
    report(bench, "fast terminal", seen - pressed, 2.0);
    Ok(())
}

/// A terminal that draws 4 MB/s.
pub(super) fn slow(bench: &mut Bench<'_>) -> Result<()> {
    let mut session = flooding(bench)?;
    let mut pace = Pace::new(session.viewer(), SLOW_BYTES_PER_SECOND);
    pace.read_for(FLOOD)?;
    let pressed = sys::now();
    pace.type_in(INTERRUPT)?;
    let seen = pace.until(END_MARK.as_bytes())?;
    report(bench, "4 MB/s terminal", seen - pressed, 25.0);
    Ok(())
}

/// Starts a watched flood that prints the mark when it is interrupted.
fn flooding(bench: &mut Bench<'_>) -> Result<Session> {
    let token = bench.stage.token();
    let player = bench.arena.player(bench.stage, &token);
    let script = format!("trap 'printf \"\\r\\n{END_MARK}\\r\\n\"' INT; \"$@\"; read answer");
    // Where the bench itself was started in the background, its children ignore the interrupt,
    // unless the tool resets that, and a shell cannot catch what it was told to ignore.
    let shell = [
        "env",
        "--default-signal=INT",
        "/bin/sh",
        "-c",
        &script,
        "sh",
    ];
    let words: Vec<_> = shell.map(str::to_owned).into_iter().chain(player).collect();
    let mut session = bench.arena.start_with(bench.stage, &token, &words)?;
    bench.arena.watch(&mut session)?;
    session
        .player
        .tell(&format!("flood-on {}", Corpus::Plain.word()))?;
    Ok(session)
}

fn report(bench: &mut Bench<'_>, terminal: &str, took: Duration, most: f64) {
    let title = format!("Ctrl-C in a flood until seen: {terminal}");
    let line = Line::new(title, Unit::Millis, Target::AtMost(most));
    bench.figures.add(&line, bench.tool(), millis(took));
}
