//! Why records could not be kept, or what is kept not be read.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::desk::{DirLockError, OwnDirError};

/// Why records could not be kept, or what is kept not be read.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The directory that they are in cannot be used.
    #[error(transparent)]
    Dir(OwnDirError),
    /// Its lock was not had.
    #[error(transparent)]
    Lock(DirLockError),
    /// A file or directory cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file or directory cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl KeepError {
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            source,
        }
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Dir(OwnDirError::AnothersUser { path }) => {
                format!(
                    "see whose `{}` is; nothing in it was touched",
                    path.display()
                )
            }
            Self::Dir(_) => "see that its `.abide` can be read".to_owned(),
            Self::Lock(_) => "wait until nobody writes there, and try again".to_owned(),
            Self::Read { path, .. } => {
                format!(
                    "see that `{}` can be read, and is a plain file",
                    path.display()
                )
            }
            Self::Write { path, .. } => format!(
                "see that `{}` belongs to you and is on a writable file system with room",
                path.parent().unwrap_or(path).display()
            ),
        }
    }
}
