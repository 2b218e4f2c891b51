//! Stand-ins on Windows, where the bench does not run.

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use super::Output;

/// Returns the time since this process first asked.
#[expect(
    clippy::disallowed_methods,
    reason = "chores measure real time and depend on no crate that has a clock"
)]
pub(crate) fn now() -> Duration {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    FIRST.elapsed()
}

/// The controller's end of a terminal; there is none here.
#[derive(Debug)]
pub(crate) struct Controller;

impl Controller {
    /// Says that the bench does not run here.
    pub(crate) fn open(_rows: u16, _cols: u16) -> io::Result<(Self, TerminalEnd)> {
        unsupported()
    }

    /// Says that the bench does not run here.
    pub(crate) fn read(&mut self, _bytes: &mut [u8], _patience: Duration) -> io::Result<Output> {
        unsupported()
    }

    /// Says that the bench does not run here.
    pub(crate) fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        unsupported()
    }
}

/// The terminal's end; there is none here.
#[derive(Debug)]
pub(crate) struct TerminalEnd;

impl TerminalEnd {
    /// Says that the bench does not run here.
    pub(crate) fn give_to(self, _command: &mut Command) -> io::Result<()> {
        unsupported()
    }
}

/// Says that the bench does not run here.
pub(crate) fn lead_terminal() -> io::Result<()> {
    unsupported()
}

/// Says that the bench does not run here.
pub(crate) fn leave_session() -> io::Result<()> {
    unsupported()
}

/// Says that the bench does not run here.
pub(crate) fn become_program(_command: &mut Command) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// Says that the bench does not run here.
pub(crate) fn make_raw() -> io::Result<()> {
    unsupported()
}

/// Says that the bench does not run here.
pub(crate) fn make_private(_dir: &Path) -> io::Result<()> {
    unsupported()
}

/// Says that the bench does not run here.
pub(crate) fn kill(_pid: u32) -> io::Result<()> {
    unsupported()
}

fn unsupported<T>() -> io::Result<T> {
    Err(io::ErrorKind::Unsupported.into())
}
