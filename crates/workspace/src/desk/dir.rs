//! The directory of a workspace's own files, made and found safely.

mod contents;
mod repository;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use self::contents::Contents;
use self::{contents::IGNORE_FILE, repository::Repository};
use super::{
    DirLock, DirLockError, LOCK_PATIENCE,
    lock::LOCK_FILE,
    names::{BASELINES_DIR, KEEPERS_DIR},
};
use crate::{
    files::{self, Durable},
    git, sys,
    walk::OWN_DIR,
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
    /// The directory that it would be in is not there any more.
    #[error("the directory `{}` is gone", root.display())]
    RootGone {
        /// The workspace's directory.
        root: PathBuf,
    },
    /// Its lock was not had, to remove it.
    #[error("cannot remove `{}`", path.display())]
    Lock {
        /// Where it is.
        path: PathBuf,
        /// Why not.
        source: Box<DirLockError>,
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
    /// Tells whether there is nothing at all.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

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
            Self::RootGone { .. } => "put it back or make it again, or delete its workspace with \
                                      `abide delete`"
                .to_owned(),
            Self::Lock { source, .. } => source.hint(),
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
    pub fn find(root: &Path) -> Result<Option<Self>, OwnDirError> {
        let dir = Self::at(root);
        match fs::symlink_metadata(&dir.path) {
            Ok(metadata) => dir.judge(&metadata).map(|()| Some(dir)),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(dir.failed(source)),
        }
    }

    /// Makes the directory of a workspace or takes the one that is there, closes it to others, and
    /// has git leave it out.
    ///
    /// # Errors
    ///
    /// When it cannot be made, or what is there is no directory, another user's, or tracked by git.
    pub fn prepare(root: &Path) -> Result<Self, OwnDirError> {
        let dir = Self::make(root)?;
        if let Some(repository) = Repository::of(root) {
            // Git alone can say, and where it is not there or refuses nobody can commit either.
            if git::tracks(root, OWN_DIR).unwrap_or(false) {
                return Err(OwnDirError::Tracked { path: dir.path });
            }
            if repository.leave_out(root).is_err() {
                let ignore = dir.path.join(IGNORE_FILE);
                let all = |file: &mut dyn io::Write| file.write_all(b"*\n");
                files::replace(&ignore, Durable::Sometime, all)
                    .map_err(|source| dir.failed(source))?;
            }
        }
        Ok(dir)
    }

    /// Makes the directory of a workspace or takes the one that is there, and closes it to others.
    fn make(root: &Path) -> Result<Self, OwnDirError> {
        let dir = Self::at(root);
        if let Some(dir) = Self::find(root)? {
            let metadata = fs::symlink_metadata(&dir.path);
            metadata
                .and_then(|metadata| sys::close_to_others(&dir.path, &metadata))
                .map_err(|source| dir.failed(source))?;
            return Ok(dir);
        }
        // The workspace's directory itself is never made again: it may just have been removed.
        sys::create_private_subdir(&dir.path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => OwnDirError::RootGone {
                root: root.to_owned(),
            },
            _ => dir.failed(source),
        })?;
        // Somebody may have been quicker, with something else.
        dir.check()?;
        Ok(dir)
    }

    /// Looks again whether it is still what it was when it was found.
    pub(super) fn check(&self) -> Result<(), OwnDirError> {
        let metadata = fs::symlink_metadata(&self.path).map_err(|source| self.failed(source))?;
        self.judge(&metadata)
    }

    fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            path: root.join(OWN_DIR),
        }
    }

    fn judge(&self, metadata: &fs::Metadata) -> Result<(), OwnDirError> {
        let path = || self.path.clone();
        match (metadata.is_dir(), sys::is_own(metadata)) {
            (true, true) => Ok(()),
            (false, _) => Err(OwnDirError::NoDirectory { path: path() }),
            (true, false) => Err(OwnDirError::AnothersUser { path: path() }),
        }
    }

    fn failed(&self, source: io::Error) -> OwnDirError {
        OwnDirError::Io {
            path: self.path.clone(),
            source,
        }
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
        Contents::of(&self.path).map_err(|source| self.failed(source))
    }

    /// Removes what belongs to abide, and the directory if nothing else is left in it.
    ///
    /// For the deletion of a workspace: the caller made sure that no session and no keeper is left.
    /// It is done under the directory's lock.
    ///
    /// # Errors
    ///
    /// When the lock is not had or something cannot be removed; it can be repeated.
    pub fn remove(&self) -> Result<(), OwnDirError> {
        let lock = DirLock::wait(self, LOCK_PATIENCE).map_err(|source| OwnDirError::Lock {
            path: self.path.clone(),
            source: Box::new(source),
        })?;
        let Contents { own, .. } = self.contents()?;
        // The lock goes last: whoever waits for it finds that the directory went with it.
        let (locks, others): (Vec<_>, Vec<_>) =
            own.iter().partition(|name| *name == Path::new(LOCK_FILE));
        for name in others.into_iter().chain(locks) {
            files::remove(&self.path.join(name)).map_err(|source| self.failed(source))?;
        }
        let inner = [KEEPERS_DIR, BASELINES_DIR].map(|name| self.path.join(name));
        for path in inner.iter().chain([&self.path]) {
            // What somebody else put there keeps it.
            match fs::remove_dir(path) {
                Ok(()) => {}
                Err(err) if is_kept(&err) => {}
                Err(source) => return Err(self.failed(source)),
            }
        }
        drop(lock);
        Ok(())
    }
}

fn is_kept(err: &io::Error) -> bool {
    matches!(
        err.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory
    )
}
