//! The platform surface of the test kit: every function is there on every system.
//!
//! What a system does not have does nothing, or says so by `None`; a test that needs it is
//! skipped there.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fmt;

#[cfg(unix)]
pub use self::unix::{
    DIFFERENCES, Fifo, FifoReader, ROOT_BYTES, RawMode, describe_process, end_by_signal,
    find_holders, ignore_signals, kill, make_private_dir, on_resize, own_group, own_session,
    process_facts, process_is_alive, sockets_in, temporary_root, terminal_size, wait_until_gone,
};
#[cfg(windows)]
pub use self::windows::{
    DIFFERENCES, Fifo, FifoReader, ROOT_BYTES, RawMode, describe_process, end_by_signal,
    find_holders, ignore_signals, kill, make_private_dir, on_resize, own_group, own_session,
    process_facts, process_is_alive, sockets_in, temporary_root, terminal_size, wait_until_gone,
};

/// What a system tells of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// Its command line, or its name; empty if there is no such process.
    pub name: String,
    /// Whether it has ended and was not waited for.
    pub is_zombie: bool,
}

/// A process that has to do with a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its process id.
    pub pid: u32,
    /// Its command line, or its name.
    pub name: String,
    /// How it was found, such as `open: /tmp/at-x/s/owner.lock`.
    pub how: String,
}

impl fmt::Display for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} ({}; {})", self.pid, self.name, self.how)
    }
}
