//! A lease that was granted to this process, and the right to write that goes with it.
//!
//! ```text
//!  holding ──► superseded     another grant, no lease or an unreadable one was found: for good
//!     └──────► released       given back
//! ```

use std::{io, path::PathBuf};

use abide_core::{
    id::{Generation, RecordId},
    lease::{FencingToken, Grant, LeaseDenied},
};

use super::{DirLockError, LookError, OwnDir, Tools};
use crate::journal::{Journal, JournalError};

/// A lease that this process holds; shared between its threads by reference.
///
/// Dropping it gives nothing back: the lease stays, and is stale as soon as this process is known
/// not to live for it, which is when it is dropped. So the next entry takes over, as after a crash.
#[derive(Debug)]
pub struct Held {
    dir: OwnDir,
    tools: Tools,
    grant: Grant,
}

/// What came of giving a lease back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// It is given back; this holder writes nothing more.
    Done,
    /// Something was pending, so it is held as before.
    Pending,
}

/// What may be written to while the lock is held and the lease is known to be one's own.
#[derive(Debug)]
pub struct Writing<'a> {
    /// The records, open to be appended to.
    pub journal: &'a mut Journal,
    /// The directory.
    pub dir: &'a OwnDir,
    /// The grant under which to write.
    pub epoch: FencingToken,
}

/// Why the holder of a lease could not do something; nothing was changed, unless it says so.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    /// The lease is this holder's no more. It stays so: nothing is ever written again.
    #[error(transparent)]
    Over(LeaseDenied),
    /// The lease was given back before.
    #[error("the lease of epoch {yours} was given back")]
    Released {
        /// The token.
        yours: FencingToken,
    },
    /// The directory's lock was not had.
    #[error(transparent)]
    Lock(#[from] DirLockError),
    /// The lease cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// The records cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no such record.
    #[error("the journal knows no record `{record}`")]
    NoRecord {
        /// The record.
        record: RecordId,
    },
    /// A file cannot be written or removed.
    #[error("cannot write to `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl HeldError {
    /// Tells whether the holder has nothing left to do but to exit.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Over(_) | Self::Released { .. })
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        unimplemented!("soon")
    }
}

impl Held {
    /// Returns the grant.
    #[must_use]
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// Returns the fencing token.
    #[must_use]
    pub fn epoch(&self) -> FencingToken {
        self.grant.epoch
    }

    /// Returns the directory that it is the lease of.
    #[must_use]
    pub fn dir(&self) -> &OwnDir {
        &self.dir
    }

    /// Returns what the process works with.
    #[must_use]
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Renews the lease; notes the session's start if it became known. Passes `keeper.renewing`,
    /// before it takes the lock.
    ///
    /// # Errors
    ///
    /// When the lease is over, or this time cannot be written; then it may be tried again.
    pub fn renew(&self, _generation: Option<Generation>) -> Result<(), HeldError> {
        unimplemented!("soon")
    }

    /// Gives the lease back, unless something is pending. Passes `keeper.releasing`, under the lock,
    /// after the question.
    ///
    /// The question is asked under the lock: what comes later finds no lease.
    ///
    /// # Errors
    ///
    /// When the lease is over, or cannot be removed.
    pub fn release(&self, _is_pending: impl FnOnce() -> bool) -> Result<Released, HeldError> {
        unimplemented!("soon")
    }

    /// Does something under the lock, after the lease was read again and found to be this one.
    ///
    /// # Errors
    ///
    /// When the lease is over or cannot be read, the lock is not had, or what is done fails.
    pub fn write<T>(
        &self,
        _what: &'static str,
        _act: impl FnOnce(&mut Writing<'_>) -> Result<T, HeldError>,
    ) -> Result<T, HeldError> {
        unimplemented!("soon")
    }
}
