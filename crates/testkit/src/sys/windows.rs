//! Windows: what the tests there need, and otherwise nothing.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use abide_core::size::TermSize;

use super::{Holding, ProcessFacts};
use crate::conformance::Differences;

/// Nothing: a console is left in the mode it has.
#[derive(Debug)]
pub struct RawMode(());

impl RawMode {
    /// Does nothing.
    #[must_use]
    pub fn enter() -> Self {
        Self(())
    }

    /// Does nothing.
    #[must_use]
    pub fn without_echo() -> Self {
        Self(())
    }
}

/// Returns `None`: the size is not asked for here.
#[must_use]
pub fn terminal_size() -> Option<TermSize> {
    None
}

/// Does nothing: a console program has no signals but those of the console.
pub fn ignore_signals() {}

/// Calls `resized` once, then waits for the end of the program's life.
pub fn on_resize(mut resized: impl FnMut()) {
    resized();
    crate::child::linger();
}

/// Does nothing.
pub fn end_by_signal(_number: i32) {}

/// Does nothing.
pub fn own_session() {}

/// Does nothing.
pub fn own_group(_command: &mut Command) {}

/// Returns `false`: nothing is known of processes.
#[must_use]
pub fn process_is_alive(_pid: u32) -> bool {
    false
}

/// Ends a process by force, through the system's own program.
///
/// # Errors
///
/// When that program cannot be run.
pub fn kill(pid: u32) -> io::Result<()> {
    let pid = pid.to_string();
    Command::new("taskkill")
        .args(["/F", "/PID", &pid])
        .output()?;
    Ok(())
}

/// Returns what is known of a process: nothing.
#[must_use]
pub fn describe_process(_pid: u32) -> ProcessFacts {
    ProcessFacts::default()
}

/// Returns no process: none can be found by what it holds.
#[must_use]
pub fn find_holders(_dir: &Path) -> Vec<Holding> {
    Vec::new()
}

/// Returns `true`: nothing is known of processes.
#[must_use]
pub fn wait_until_gone(_pid: u32, _deadline: Duration) -> bool {
    true
}

/// Longest path of a temporary place: pipes have their names elsewhere.
pub const ROOT_BYTES: usize = 200;

/// What the system does not do that the conformance suite otherwise expects.
pub const DIFFERENCES: Differences = Differences::CONSOLE;

/// Returns where temporary directories are made.
#[must_use]
pub fn temporary_root() -> PathBuf {
    std::env::temp_dir()
}

/// Makes a directory; the user's own temporary place is closed to others.
///
/// # Errors
///
/// When it exists or cannot be made.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Returns nothing: pipes are in no directory.
#[must_use]
pub fn sockets_in(_dir: &Path) -> Vec<PathBuf> {
    Vec::new()
}

/// Nothing: Windows has no FIFOs in directories.
#[derive(Debug)]
pub struct FifoReader(());

/// Nothing: Windows has no FIFOs in directories.
#[derive(Debug)]
pub struct Fifo(());

impl Fifo {
    /// Fails.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn make(_path: PathBuf) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Fails.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn reader(&self) -> io::Result<FifoReader> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Fails.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn read(_reader: &FifoReader, _deadline: Duration) -> io::Result<Option<Vec<u8>>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Fails.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn let_go(&self) -> io::Result<bool> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Returns what the system knows of this process: its id.
#[must_use]
pub fn process_facts() -> Vec<String> {
    vec![format!("pid {}", std::process::id())]
}
