//! The kernel lock on one workspace, held while its sessions are made, started again or deleted,
//! and the one on all orphans.
//!
//! Whoever makes or deletes a workspace holds it alone; whoever starts a session again shares it.
//! So a start never slips into a deletion, starts do not wait for each other, and a row in the
//! state of creating or deleting whose lock is free was left by a process that is gone.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use abide_core::{
    id::WorkspaceId,
    lock::{KernelLock, LockError, LockState},
};

use crate::sys;

/// A held lock on one workspace; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    path: PathBuf,
    lock: KernelLock,
}

/// Why a lock on a workspace could not be asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error("cannot make `{}`", path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Claim {
    /// Takes the lock alone; `None` if somebody else has it or shares it.
    pub(crate) fn alone(state_dir: &Path, id: &WorkspaceId) -> Result<Option<Self>, ClaimError> {
        Self::take(state_dir, id.as_str(), KernelLock::try_acquire)
    }

    /// Shares the lock; `None` if somebody has it alone.
    pub(crate) fn shared(state_dir: &Path, id: &WorkspaceId) -> Result<Option<Self>, ClaimError> {
        let claimed = Self::take(state_dir, id.as_str(), KernelLock::try_share);
        match claimed {
            Err(ClaimError::Lock(err)) if err.io_kind() == io::ErrorKind::NotFound => {
                make_file(&path_of(state_dir, id.as_str()))?;
                Self::take(state_dir, id.as_str(), KernelLock::try_share)
            }
            other => other,
        }
    }

    /// Takes the lock on what no row knows, alone; `None` if somebody else has it.
    pub(crate) fn orphans(state_dir: &Path) -> Result<Option<Self>, ClaimError> {
        Self::take(state_dir, ORPHANS, KernelLock::try_acquire)
    }

    /// Tells whether anybody has the lock alone.
    pub(crate) fn is_held(state_dir: &Path, id: &WorkspaceId) -> Result<bool, ClaimError> {
        Ok(KernelLock::look(&path_of(state_dir, id.as_str()))? == LockState::Held)
    }

    /// Takes the lock's file away, for a workspace that is no more.
    pub(crate) fn forget(self) {
        // A file that stays behind is empty and claims nothing.
        let _ = fs::remove_file(&self.path);
    }

    /// Returns the lock's file as the standard input of a child: empty, and the lock is held for as
    /// long as the child has it, also if this process is killed.
    pub(crate) fn for_child(&self) -> io::Result<Stdio> {
        self.lock.share_file().map(Into::into)
    }

    fn take(
        state_dir: &Path,
        name: &str,
        lock: fn(&Path) -> Result<Option<KernelLock>, LockError>,
    ) -> Result<Option<Self>, ClaimError> {
        let path = path_of(state_dir, name);
        let dir = state_dir.join(LOCKS_DIR);
        sys::create_private_dir(&dir)
            .map_err(|source| ClaimError::Directory { path: dir, source })?;
        Ok(lock(&path)?.map(|lock| Self { path, lock }))
    }
}

/// Makes a lock's file, which sharing the lock does not: it may have gone with its workspace, or
/// with the directory of all.
fn make_file(path: &Path) -> Result<(), ClaimError> {
    sys::create_private_file(path).map_err(|source| ClaimError::Directory {
        path: path.to_owned(),
        source,
    })
}

/// Where the locks are, below the state directory.
const LOCKS_DIR: &str = "locks";

/// Names the lock under which orphans are adopted and reaped; no workspace's id has a dot.
const ORPHANS: &str = ".orphans";

fn path_of(state_dir: &Path, name: &str) -> PathBuf {
    state_dir.join(LOCKS_DIR).join(format!("{name}.lock"))
}
