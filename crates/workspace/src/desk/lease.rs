//! The lease as a look finds it.
//!
//! A look opens files to read and shares the keeper's kernel lock for an instant. It writes and makes
//! nothing, takes no other lock and waits for nobody.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::{
    lease::{
        FencingToken, LeaseState, Liveness, Look, Moment, NewerLease, StoredLease,
        file::MAX_LEASE_BYTES,
    },
    lock::{KernelLock, LockState},
};

use super::{OwnDir, OwnDirError, Tools};
use crate::files;

/// Why a lease could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The directory that it would be in cannot be used.
    #[error(transparent)]
    Dir(#[from] OwnDirError),
    /// The file is there and cannot be read.
    #[error("cannot read the lease `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A newer release wrote it, whose keeper may live.
    #[error("cannot use the lease `{}`", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// What it is.
        source: NewerLease,
    },
}

impl LookError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Dir(err) => err.hint(),
            Self::Read { path, .. } => format!("see that `{}` can be read", path.display()),
            Self::Newer { source, .. } => source.hint().to_owned(),
        }
    }
}

pub(super) fn look(
    root: &Path,
    tools: &Tools,
    unchanged_for: Duration,
) -> Result<LeaseState, LookError> {
    match OwnDir::find(root)? {
        None => Ok(LeaseState::Absent),
        Some(dir) => judge(&dir, tools, tools.timepiece.moment(), unchanged_for),
    }
}

/// Reads the lease and says what it means.
pub(super) fn judge(
    dir: &OwnDir,
    tools: &Tools,
    at: Moment,
    unchanged_for: Duration,
) -> Result<LeaseState, LookError> {
    let found = stored(dir)?;
    let liveness = match &found {
        StoredLease::Held(lease) => liveness(dir, lease.epoch),
        StoredLease::Absent | StoredLease::Malformed { .. } => Liveness::Unknown,
    };
    let look = Look {
        place: &tools.here.place,
        at,
        liveness,
        unchanged_for,
    };
    Ok(LeaseState::judge(found, &look))
}

/// Reads what is in the lease's place.
pub(super) fn stored(dir: &OwnDir) -> Result<StoredLease, LookError> {
    let path = dir.lease();
    let content = match files::read(&path, MAX_LEASE_BYTES as u64) {
        Ok(content) => content,
        Err(err) => {
            return match is_no_lease(&path, &err) {
                true => Ok(StoredLease::Malformed {
                    reason: err.to_string(),
                }),
                false => Err(LookError::Read { path, source: err }),
            };
        }
    };
    StoredLease::parse(content.as_deref()).map_err(|source| LookError::Newer { path, source })
}

/// Tells whether what could not be read is nothing that a keeper would have written.
fn is_no_lease(path: &Path, err: &io::Error) -> bool {
    let is_plain = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    !is_plain || err.kind() == io::ErrorKind::FileTooLarge
}

/// Tells whether the keeper of an epoch lives, by its kernel lock.
pub(super) fn liveness(dir: &OwnDir, epoch: FencingToken) -> Liveness {
    let path = dir.keeper(epoch);
    if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
        return Liveness::Unknown;
    }
    match KernelLock::look(&path) {
        Ok(LockState::Held) => Liveness::Alive,
        Ok(LockState::Free) => Liveness::Dead,
        Err(_) => Liveness::Unknown,
    }
}
