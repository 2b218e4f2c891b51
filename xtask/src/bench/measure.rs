//! What is measured, group by group; each group is a file beside this one.

mod echo;
mod ending;
mod fidelity;
mod history;
mod interrupt;
mod listing;
mod many;
mod reattach;
mod stalled;
mod throughput;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::arena::Arena;
use super::figures::Figures;
use super::procfs;
use super::stage::Stage;
use super::tool::Tool;
use super::viewer::Viewer;

/// What a measure works with.
pub(crate) struct Bench<'a> {
    /// The tool, in a fresh directory.
    pub(crate) arena: &'a Arena,
    /// Where children call.
    pub(crate) stage: &'a mut Stage,
    /// Where figures go.
    pub(crate) figures: &'a mut Figures,
    /// Bytes of a flood whose speed is measured.
    pub(crate) flood_bytes: usize,
    /// Bytes of a flood after which memory is looked at.
    pub(crate) history_bytes: usize,
    /// Keys whose echo is waited for.
    pub(crate) keys: usize,
}

impl Bench<'_> {
    /// Returns the tool that is measured.
    pub(crate) fn tool(&self) -> Tool {
        self.arena.tool()
    }
}

/// A group of lines that one procedure fills.
pub(crate) struct Measure {
    /// Its name, for `--only`.
    pub(crate) name: &'static str,
    /// Tells whether a tool can do it.
    pub(crate) suits: fn(Tool) -> bool,
    /// Takes one sample of one tool.
    pub(crate) run: fn(&mut Bench<'_>) -> Result<()>,
}

/// Every measure, in the order of the table.
pub(crate) const ALL: [Measure; 14] = [
    measure("attached", any, throughput::attached),
    measure("detached", any, throughput::detached),
    measure("echo", any, echo::idle),
    measure("echo-busy", any, echo::beside_a_flood),
    measure("interrupt", any, interrupt::fast),
    measure("interrupt-slow", any, interrupt::slow),
    measure("stalled", keeps_sessions, stalled::run),
    measure("reattach", Tool::keeps_screen, reattach::run),
    measure("fidelity", keeps_sessions, fidelity::run),
    measure("exit", any, ending::attached),
    measure("exit-wait", ending::can_wait, ending::waited_for),
    measure("many", any, many::run),
    measure("listing", is_abide, listing::run),
    measure("history", is_abide, history::run),
];

/// Returns the names of all.
pub(crate) fn names() -> [&'static str; ALL.len()] {
    ALL.map(|measure| measure.name)
}

const fn measure(
    name: &'static str,
    suits: fn(Tool) -> bool,
    run: fn(&mut Bench<'_>) -> Result<()>,
) -> Measure {
    Measure { name, suits, run }
}

fn any(_tool: Tool) -> bool {
    true
}

fn keeps_sessions(tool: Tool) -> bool {
    tool != Tool::Raw
}

fn is_abide(tool: Tool) -> bool {
    tool == Tool::Abide
}

/// Reads a terminal at full speed until its program ends, on a thread of its own.
fn drain(mut viewer: Viewer) -> JoinHandle<()> {
    thread::spawn(move || while viewer.read(usize::MAX, Duration::from_secs(1)).is_ok() {})
}

fn joined(reader: Option<JoinHandle<()>>) -> Result<()> {
    reader.map_or(Ok(()), |reader| {
        let outcome = reader.join();
        outcome.ok().context("the reader of a terminal panicked")
    })
}

/// Returns the memory that the tool's processes answer for, in bytes.
fn memory(bench: &Bench<'_>) -> Result<u64> {
    let pids = bench.arena.processes()?;
    pids.into_iter().map(procfs::pss_bytes).sum()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn kib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn as_float(count: usize) -> f64 {
    count as f64
}
