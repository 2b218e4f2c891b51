//! What names a state directory: a small file in it, made once, by the first keeper that needs it.
//!
//! Records say for which state directory they were kept. Its path would not do: it says who somebody
//! is, and one directory has several where it is mounted twice.

use std::{
    io,
    path::{Path, PathBuf},
};

use abide_core::{
    id::StateId,
    lock::{KernelLock, LockError},
};

use crate::files::{self, Durable};

/// The file in the state directory.
const FILE: &str = "state-id";

/// Held while it is made.
const LOCK_FILE: &str = "state-id.lock";

/// Longest file that is read, in bytes.
const MAX_BYTES: u64 = 64;

/// Why it cannot be told which state directory this is.
#[derive(Debug, thiserror::Error)]
pub enum StateIdError {
    /// The file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{}` does not name the state directory that it is in", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be made.
    #[error("cannot make `{}`", path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Nobody else may make it at the same time, and that cannot be seen to.
    #[error("cannot make `{}`", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: LockError,
    },
}

impl StateIdError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Read { path, .. } | Self::Make { path, .. } | Self::Lock { path, .. } => format!(
                "see that `{}` belongs to you and is on a writable file system with room",
                path.parent().unwrap_or(path).display()
            ),
            Self::Malformed { path } => format!(
                "put it back from a copy, or remove `{}`: another is made, and records that are \
                 open now stay so",
                path.display()
            ),
        }
    }
}

/// Returns the name of a state directory, if it has one yet.
pub(crate) fn find(state_dir: &Path) -> Result<Option<StateId>, StateIdError> {
    let path = state_dir.join(FILE);
    let read = files::read(&path, MAX_BYTES);
    let Some(bytes) = read.map_err(|source| StateIdError::Read {
        path: path.clone(),
        source,
    })?
    else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&bytes).ok();
    match text.and_then(|text| text.trim_end().parse().ok()) {
        Some(id) => Ok(Some(id)),
        None => Err(StateIdError::Malformed { path }),
    }
}

/// Returns the name of a state directory, and gives it one if it has none.
pub(crate) fn find_or_make(state_dir: &Path) -> Result<StateId, StateIdError> {
    if let Some(id) = find(state_dir)? {
        return Ok(id);
    }
    let path = || state_dir.join(FILE);
    let lock = KernelLock::acquire(&state_dir.join(LOCK_FILE));
    let _lock = lock.map_err(|source| StateIdError::Lock {
        path: path(),
        source,
    })?;
    if let Some(id) = find(state_dir)? {
        return Ok(id);
    }
    let id = StateId::random();
    let text = format!("{id}\n");
    let made = files::replace(&path(), Durable::Now, |file| {
        file.write_all(text.as_bytes())
    });
    made.map_err(|source| StateIdError::Make {
        path: path(),
        source,
    })?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::{fs, thread};

    use super::*;

    #[test]
    fn a_state_directory_has_one_name_whoever_asks_first() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(find(dir.path()).unwrap(), None);
        let ids = thread::scope(|scope| {
            let made = [(); 8].map(|()| scope.spawn(|| find_or_make(dir.path()).unwrap()));
            made.map(|made| made.join().unwrap())
        });
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(find(dir.path()).unwrap(), Some(ids[0].clone()));
        let other = tempfile::tempdir().unwrap();
        assert_ne!(find_or_make(other.path()).unwrap(), ids[0]);
    }

    #[test]
    fn what_is_no_name_is_an_error_and_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        fs::write(&path, "/no\n").unwrap();
        let refused = find_or_make(dir.path()).unwrap_err();
        assert!(
            matches!(refused, StateIdError::Malformed { .. }),
            "{refused}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "/no\n");
    }
}
