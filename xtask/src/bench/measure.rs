//! What is measured, group by group; each group is a file beside this one.

mod echo;
mod throughput;

use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

use super::arena::Arena;
use super::figures::Figures;
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
pub(crate) const ALL: [Measure; 4] = [
    Measure {
        name: "attached",
        suits: any,
        run: throughput::attached,
    },
    Measure {
        name: "detached",
        suits: any,
        run: throughput::detached,
    },
    Measure {
        name: "echo",
        suits: any,
        run: echo::idle,
    },
    Measure {
        name: "echo-busy",
        suits: any,
        run: echo::beside_a_flood,
    },
];

fn any(_tool: Tool) -> bool {
    true
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
