//! The lock of a workspace's own directory: held to read, decide and write, and no longer.

use std::time::Duration;

use abide_core::lock::{KernelLock, LockError};

use super::{Here, OwnDir};

/// How long somebody waits for the lock before it is an error.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct DirLock {
    _lock: KernelLock,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum DirLockError {
    /// Somebody holds it for longer than anybody should.
    #[error("`{}` is locked by {}", dir.path().display(), holder.as_deref().unwrap_or("a process that left no name"))]
    Busy {
        /// The directory.
        dir: OwnDir,
        /// Who, as they left it there.
        holder: Option<String>,
    },
    /// It cannot be asked for.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl DirLockError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        unimplemented!("soon")
    }
}

impl DirLock {
    /// Waits for the lock, at most so long, and leaves a note of who took it and what for.
    ///
    /// # Errors
    ///
    /// When somebody held it all that time, or it cannot be asked for.
    pub fn acquire(
        _dir: &OwnDir,
        _here: &Here,
        _what: &'static str,
        _patience: Duration,
    ) -> Result<Self, DirLockError> {
        unimplemented!("soon")
    }
}
