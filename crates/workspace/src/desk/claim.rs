//! Asking for a workspace's lease.

use std::{
    io,
    path::{Path, PathBuf},
};

use abide_core::{
    id::{Generation, SessionId},
    lease::{Consent, LeaseDenied, Mode},
    lock::LockError,
};

use super::{DirLockError, Held, LookError, OwnDirError, Tools};
use crate::journal::JournalError;

/// What a lease is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The session to be kept.
    pub session: SessionId,
    /// Its start, if there is one.
    pub generation: Option<Generation>,
    /// The agent that it runs, by name.
    pub agent: Option<String>,
    /// What kind of thing it runs.
    pub mode: Mode,
    /// Whether somebody agreed to take over from another machine.
    pub consent: Consent,
}

/// Why a lease was not granted.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Somebody is responsible already.
    #[error(transparent)]
    Denied(#[from] LeaseDenied),
    /// The directory cannot be used.
    #[error(transparent)]
    Dir(#[from] OwnDirError),
    /// The directory's lock was not had.
    #[error(transparent)]
    Lock(#[from] DirLockError),
    /// The lease that is there cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The records cannot be read, which the grant has to follow.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The lock that shows that a keeper lives was not had.
    #[error("cannot show that this keeper lives")]
    Alive(#[source] LockError),
    /// The lease cannot be written.
    #[error("cannot write the lease `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl ClaimError {
    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        unimplemented!("soon")
    }
}

pub(super) fn claim(_root: &Path, _tools: &Tools, _wanted: Wanted) -> Result<Held, ClaimError> {
    unimplemented!("soon")
}
