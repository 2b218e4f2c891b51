//! Why a journal could not be read or written.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::MAX_JOURNAL_BYTES;
use abide_core::{lease::FencingToken, record::NewerJournal};

/// Why a journal could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read.
    #[error("cannot read the journal `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be made, repaired or appended to; what was to be recorded is not.
    #[error("cannot write to the journal `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A newer release wrote to it.
    #[error("cannot use the journal `{}`", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        source: NewerJournal,
    },
    /// Another keeper was granted the lease and wrote to it.
    #[error("the journal `{}` was written to under epoch {current}; yours is {yours}", path.display())]
    Superseded {
        /// The file.
        path: PathBuf,
        /// The token shown.
        yours: FencingToken,
        /// The greatest one in the journal.
        current: FencingToken,
    },
    /// It would become longer than can be read.
    #[error("the journal `{}` is full: it would have more than {MAX_JOURNAL_BYTES} bytes", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// It is not as this process left it.
    #[error("the journal `{}` was changed by somebody else", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

impl JournalError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
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

    pub(super) fn newer(path: &Path, source: NewerJournal) -> Self {
        Self::Newer {
            path: path.to_owned(),
            source,
        }
    }

    /// Says what to do next, where something can be done.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Full { path } => Some(move_away(path)),
            Self::Read { path, source } if source.kind() == io::ErrorKind::FileTooLarge => {
                Some(move_away(path))
            }
            Self::Read { path, .. } | Self::Write { path, .. } => Some(format!(
                "see that `{}` belongs to you and is on a writable file system with room; the next \
                 entry completes the record",
                path.parent().unwrap_or(path).display()
            )),
            Self::Newer { source, .. } => Some(source.hint().to_owned()),
            Self::Superseded { .. } => None,
            Self::Changed { .. } => Some("open it again".to_owned()),
        }
    }
}

fn move_away(path: &Path) -> String {
    format!(
        "move `{}` to another place while no session runs here; the records in it are not shown then",
        path.display()
    )
}
