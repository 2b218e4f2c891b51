//! The directory of a workspace's own files, made and found safely.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A workspace's `.abide`: a directory, no link, of this user, closed to others.
///
/// Whoever can write to the workspace can put anything in it at any time; so each file in it is
/// opened as what it should be, and read up to a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnDir {
    root: PathBuf,
    path: PathBuf,
}

/// Why a workspace's own directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OwnDirError {
    /// It is a link, or no directory at all.
    #[error("`{}` is not a directory", path.display())]
    NoDirectory {
        /// Where it is.
        path: PathBuf,
    },
    /// Another user owns it.
    #[error("`{}` belongs to another user", path.display())]
    AnothersUser {
        /// Where it is.
        path: PathBuf,
    },
    /// Git has files of it in its index, so others' records would come and go with commits.
    #[error("git tracks files in `{}`", path.display())]
    Tracked {
        /// Where it is.
        path: PathBuf,
    },
    /// It cannot be made, read or removed.
    #[error("cannot use the directory `{}`", path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl OwnDirError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoDirectory { path } => {
                format!("move `{}` away; nothing in it was touched", path.display())
            }
            Self::AnothersUser { path } => format!(
                "the workspace is shared with the owner of `{}`; work in a directory of your own, \
                 or use `--no-record`",
                path.display()
            ),
            Self::Tracked { .. } => "`git rm -r --cached .abide` makes git forget it; the files \
                                     themselves stay"
                .to_owned(),
            Self::Io { path, .. } => format!(
                "see that `{}` belongs to you and is on a writable file system with room; \
                 `--no-record` does without it",
                path.display()
            ),
        }
    }
}

impl OwnDir {
    /// Finds the directory of a workspace, if it has one; makes and changes nothing.
    ///
    /// # Errors
    ///
    /// When what is there is no directory or another user's.
    pub fn find(_root: &Path) -> Result<Option<Self>, OwnDirError> {
        unimplemented!("soon")
    }

    /// Makes the directory of a workspace or takes the one that is there, closes it to others, and
    /// has git leave it out.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or what is there is no directory, another user's, or tracked by git.
    pub fn prepare(_root: &Path) -> Result<Self, OwnDirError> {
        unimplemented!("soon")
    }

    /// Returns the workspace's directory.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what in it belongs to abide, and what does not, relative to it.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn contents(&self) -> Result<Contents, OwnDirError> {
        unimplemented!("soon")
    }

    /// Removes what belongs to abide, and the directory if nothing else is left in it.
    ///
    /// For the deletion of a workspace: the caller made sure that no session and no keeper is left.
    ///
    /// # Errors
    ///
    /// When something cannot be removed; it can be repeated.
    pub fn remove(&self) -> Result<(), OwnDirError> {
        unimplemented!("soon")
    }
}

/// What is in a workspace's own directory, relative to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// What abide put there.
    pub own: Vec<PathBuf>,
    /// What somebody else did.
    pub others: Vec<PathBuf>,
}
