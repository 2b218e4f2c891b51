//! Unix: terminals, signals and FIFOs through `rustix`; `/proc` where there is one.

mod fifo;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod process;
mod terminal;

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _},
    path::{Path, PathBuf},
};

use crate::conformance::Differences;

#[cfg(target_os = "linux")]
pub use self::linux::{describe_process, find_holders, wait_until_gone};
#[cfg(target_os = "linux")]
use self::linux::{open_descriptors, session_is_led_from_outside, signal_facts};
#[cfg(not(target_os = "linux"))]
pub use self::other::{describe_process, find_holders, wait_until_gone};
#[cfg(not(target_os = "linux"))]
use self::other::{open_descriptors, session_is_led_from_outside, signal_facts};
pub use self::{
    fifo::{Fifo, FifoReader},
    process::{
        end_by_signal, ignore_signals, kill, on_resize, own_group, own_session, process_facts,
        process_is_alive,
    },
    terminal::{RawMode, terminal_size},
};

/// Longest path of a temporary place, in bytes: a socket's path may have 100 in all.
pub const ROOT_BYTES: usize = 40;

/// What the system does not do that the conformance suite otherwise expects: nothing.
pub const DIFFERENCES: Differences = Differences::NONE;

/// Returns where temporary directories are made: a short path, for sockets have short names.
#[must_use]
pub fn temporary_root() -> PathBuf {
    "/tmp".into()
}

/// Makes a directory that nobody else may enter.
///
/// # Errors
///
/// When it exists or cannot be made.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Returns the sockets in a directory; none if there is no such directory.
#[must_use]
pub fn sockets_in(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_socket()))
        .map(|entry| entry.path())
        .collect()
}
