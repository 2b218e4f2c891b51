//! The kernel lock that decides who is alive.
//!
//! A [`KernelLock`] belongs to the process that took it and is given back by the kernel when that
//! process ends, however it ends. So a held lock proves life, and a free one proves death; no pid
//! file, timer or answering socket can do either.
//!
//! A lock file may be deleted together with its directory while somebody waits for it. Whoever
//! takes a lock therefore checks that the path still leads to the locked file, and starts again
//! if it does not.

mod sys;

use std::{
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Why a lock could not be taken; a lock that somebody else holds is no error.
#[derive(Debug, thiserror::Error)]
#[error("cannot lock `{}`", path.display())]
pub struct LockError {
    path: PathBuf,
    source: io::Error,
}

impl LockError {
    /// Returns the kind of the system's error.
    #[must_use]
    pub fn io_kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

type Open = fn(&Path) -> io::Result<File>;
type Take = fn(&File) -> io::Result<()>;

/// A lock held until the value is dropped or its process ends.
#[derive(Debug)]
pub struct KernelLock {
    file: File,
}

/// What a look at a lock showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Nobody holds it, or its file does not exist.
    Free,
    /// A live process holds it.
    Held,
}

impl KernelLock {
    /// Takes the lock for this holder alone, waiting as long as others hold it.
    ///
    /// # Errors
    ///
    /// When the file cannot be made or opened, or the file system has no locks.
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        Self::wait(path, open_or_make, fs2::FileExt::lock_exclusive)
    }

    /// Takes the lock for this holder alone, if nobody holds it; `None` if somebody does.
    ///
    /// # Errors
    ///
    /// As [`KernelLock::acquire`].
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, LockError> {
        Self::attempt(path, open_or_make, fs2::FileExt::try_lock_exclusive)
    }

    /// Shares the lock with others that share it, waiting as long as somebody holds it alone.
    ///
    /// # Errors
    ///
    /// When the file does not exist or cannot be opened, or the file system has no locks.
    pub fn share(path: &Path) -> Result<Self, LockError> {
        Self::wait(path, open_existing, fs2::FileExt::lock_shared)
    }

    /// Shares the lock with others that share it, if nobody holds it alone.
    ///
    /// # Errors
    ///
    /// As [`KernelLock::share`].
    pub fn try_share(path: &Path) -> Result<Option<Self>, LockError> {
        Self::attempt(path, open_existing, fs2::FileExt::try_lock_shared)
    }

    /// Tells whether somebody holds the lock alone, without making its file.
    ///
    /// The look itself shares the lock for an instant. Whoever takes this lock without waiting
    /// must be kept from looking at the same time by another lock; the owner's protocol says how.
    ///
    /// # Errors
    ///
    /// When the file exists and cannot be opened, or the file system has no locks.
    pub fn look(path: &Path) -> Result<LockState, LockError> {
        match Self::try_share(path) {
            Ok(Some(_shared)) => Ok(LockState::Free),
            Ok(None) => Ok(LockState::Held),
            Err(err) if err.io_kind() == io::ErrorKind::NotFound => Ok(LockState::Free),
            Err(err) => Err(err),
        }
    }

    /// Returns the lock's file, for a child to have open. On Unix the lock is then held until it is
    /// dropped here, or until this process and the child have both ended.
    ///
    /// # Errors
    ///
    /// When the system gives no further descriptor.
    pub fn share_file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    fn wait(path: &Path, open: Open, take: Take) -> Result<Self, LockError> {
        loop {
            let file = open(path).map_err(|source| refused(path, source))?;
            take(&file).map_err(|source| refused(path, source))?;
            if let Some(lock) = Self::if_current(path, file)? {
                return Ok(lock);
            }
        }
    }

    fn attempt(path: &Path, open: Open, take: Take) -> Result<Option<Self>, LockError> {
        loop {
            let file = open(path).map_err(|source| refused(path, source))?;
            match take(&file) {
                Ok(()) => {
                    if let Some(lock) = Self::if_current(path, file)? {
                        return Ok(Some(lock));
                    }
                }
                Err(err) if is_contended(&err) => return Ok(None),
                Err(source) => return Err(refused(path, source)),
            }
        }
    }

    /// Returns the lock if `path` still leads to the file that was locked.
    fn if_current(path: &Path, file: File) -> Result<Option<Self>, LockError> {
        let lock = Self { file };
        match sys::leads_to(path, &lock.file) {
            Ok(true) => Ok(Some(lock)),
            Ok(false) => Ok(None),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(refused(path, source)),
        }
    }
}

impl Drop for KernelLock {
    /// Unlocks explicitly: a child between fork and exec still has a copy of the descriptor, and
    /// closing ours alone would leave the lock held until that child execs.
    fn drop(&mut self) {
        // Nothing can be done about a failure; closing the file gives the lock back as well.
        let _ = fs2::FileExt::unlock(&self.file);
    }
}

/// Opens the file for whoever takes the lock alone, and makes it for this user if need be.
fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    sys::make_private(&mut options);
    options.open(path)
}

/// Opens the file for whoever only looks: what others are removing must not come back, and what
/// cannot be written can still be looked at.
fn open_existing(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn is_contended(err: &io::Error) -> bool {
    err.raw_os_error() == fs2::lock_contended_error().raw_os_error()
}

fn refused(path: &Path, source: io::Error) -> LockError {
    LockError {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lock_is_seen_and_a_dropped_one_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        assert_eq!(KernelLock::look(&path).unwrap(), LockState::Free);
        assert!(!path.exists(), "a look makes no file");

        let lock = KernelLock::try_acquire(&path).unwrap().expect("free");
        assert!(KernelLock::try_acquire(&path).unwrap().is_none());
        assert!(KernelLock::try_share(&path).unwrap().is_none());
        assert_eq!(KernelLock::look(&path).unwrap(), LockState::Held);

        drop(lock);
        let shared = KernelLock::try_share(&path).unwrap().expect("free");
        assert!(KernelLock::try_share(&path).unwrap().is_some());
        assert!(KernelLock::try_acquire(&path).unwrap().is_none());
        drop(shared);
        assert!(KernelLock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_waiter_on_a_deleted_lock_file_takes_the_file_that_replaced_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.lock");
        let first = KernelLock::acquire(&path).unwrap();
        let waiter = std::thread::spawn({
            let path = path.clone();
            move || KernelLock::acquire(&path).unwrap()
        });
        // Whether the waiter opened the old file or not yet, it must end with the new one.
        std::fs::remove_file(&path).unwrap();
        drop(first);
        let held = waiter.join().unwrap();
        assert_eq!(KernelLock::look(&path).unwrap(), LockState::Held);
        drop(held);
    }

    #[test]
    fn a_lock_in_a_missing_directory_is_an_error_that_names_it() {
        let err = KernelLock::acquire(Path::new("/nonexistent/a.lock")).unwrap_err();
        assert_eq!(err.to_string(), "cannot lock `/nonexistent/a.lock`");
        assert_eq!(err.io_kind(), io::ErrorKind::NotFound);
    }
}
