//! Why a tree could not be walked, and what of it could not be seen.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

use super::MAX_ENTRIES;
use crate::desk::OwnDirError;

/// Why a tree could not be walked.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// Its directory cannot be read.
    #[error("cannot read the directory `{}`", root.display())]
    Root {
        /// The directory.
        root: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It holds too much.
    #[error("`{}` holds more than {MAX_ENTRIES} files and directories", root.display())]
    TooMany {
        /// The directory.
        root: PathBuf,
    },
    /// The workspace's own directory cannot be used.
    #[error(transparent)]
    Dir(#[from] Box<OwnDirError>),
    /// A file cannot be looked at that tells the file system's time.
    #[error("cannot tell when `{}` was written", path.display())]
    Clock {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl WalkError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Root { root, .. } => {
                format!("see that `{}` is there and belongs to you", root.display())
            }
            Self::TooMany { .. } => {
                "let git ignore what need not be recorded, or use a directory of its own".to_owned()
            }
            Self::Dir(err) => err.hint(),
            Self::Clock { path, .. } => {
                format!("see that `{}` belongs to you", path.display())
            }
        }
    }
}

/// Something in a tree that could not be seen.
#[derive(Debug)]
pub struct Problem {
    path: Option<PathBuf>,
    source: Box<dyn Error + Send + Sync>,
}

impl Problem {
    pub(super) fn new(path: &Path, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            path: Some(path.to_owned()),
            source: source.into(),
        }
    }

    pub(super) fn of_walk(source: ignore::Error) -> Self {
        Self {
            path: None,
            source: source.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "cannot see `{}`: {}", path.display(), self.source),
            None => write!(f, "cannot see {}", self.source),
        }
    }
}
