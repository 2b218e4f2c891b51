//! The lease as a look finds it.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use abide_core::lease::{LeaseState, NewerLease};

use super::{OwnDirError, Tools};

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
        unimplemented!("soon")
    }
}

pub(super) fn look(
    _root: &Path,
    _tools: &Tools,
    _unchanged_for: Duration,
) -> Result<LeaseState, LookError> {
    unimplemented!("soon")
}
