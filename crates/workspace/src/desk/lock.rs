//! The lock of a workspace's own directory: held to read, decide and write, and no longer.
//!
//! It is waited for on a thread, because the kernel's wait has no end of its own. A wait that was
//! given up goes on there until the lock is free, and gives it back at once; so many threads may do
//! that and no more.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use abide_core::lock::{KernelLock, LockError};
use serde::{Deserialize, Serialize};

use super::{Here, OwnDir};
use crate::{files, sys};

/// How long somebody waits for the lock before it is an error.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(5);

pub(super) const LOCK_FILE: &str = "lock";
pub(super) const HOLDER_FILE: &str = "lock.holder";

/// Most threads of a process that wait for locks; one more finds the lock busy at once.
const MAX_WAITERS: usize = 64;

/// Longest note of a holder that is read, in bytes.
const MAX_NOTE_BYTES: u64 = 4 * 1024;

/// The lock, held until it is dropped.
#[derive(Debug)]
pub struct DirLock {
    note: PathBuf,
    is_noted: bool,
    // Given back after the note is gone.
    _lock: KernelLock,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum DirLockError {
    /// Somebody holds it for longer than anybody should.
    #[error("`{}` is locked{}", path.display(), by(holder.as_deref()))]
    Busy {
        /// The lock's file.
        path: PathBuf,
        /// Who, as they left it there; nobody, if they left nothing.
        holder: Option<String>,
    },
    /// Its file is something else.
    #[error("`{}` is not a plain file", path.display())]
    NoFile {
        /// The lock's file.
        path: PathBuf,
    },
    /// It cannot be asked for.
    #[error(transparent)]
    Lock(#[from] LockError),
}

fn by(holder: Option<&str>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by {holder}"))
}

impl DirLockError {
    /// Says what to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Busy { .. } => {
                "nothing was changed; try again, and if it stays so see what that \
                                  process waits for"
                    .to_owned()
            }
            Self::NoFile { path } => format!("move `{}` away; nothing was changed", path.display()),
            Self::Lock(_) => "see that the directory belongs to you and is on a writable file \
                              system that has locks; `--no-record` does without it"
                .to_owned(),
        }
    }
}

impl DirLock {
    /// Waits for the lock, at most so long, and leaves a note of who took it and what for.
    ///
    /// # Errors
    ///
    /// When somebody held it all that time, or it cannot be asked for.
    pub fn acquire(
        dir: &OwnDir,
        here: &Here,
        what: &'static str,
        patience: Duration,
    ) -> Result<Self, DirLockError> {
        let mut lock = Self::wait(dir, patience)?;
        lock.note(here, what);
        Ok(lock)
    }

    /// Waits for the lock, and leaves no note yet.
    pub(super) fn wait(dir: &OwnDir, patience: Duration) -> Result<Self, DirLockError> {
        let path = dir.path().join(LOCK_FILE);
        let note = dir.path().join(HOLDER_FILE);
        match within(&path, patience)? {
            Some(lock) => Ok(Self {
                note,
                is_noted: false,
                _lock: lock,
            }),
            None => Err(DirLockError::Busy {
                path,
                holder: Note::read(&note).map(|note| note.to_string()),
            }),
        }
    }

    /// Leaves a note of who holds it, as far as that can be done: it serves a message alone.
    pub(super) fn note(&mut self, here: &Here, what: &str) {
        let note = Note {
            pid: here.pid,
            host: here.place.host.clone(),
            what: what.to_owned(),
        };
        self.is_noted = true;
        let _ = note.write(&self.note);
    }
}

impl Drop for DirLock {
    fn drop(&mut self) {
        if self.is_noted {
            // The next holder writes its own.
            let _ = fs::remove_file(&self.note);
        }
    }
}

/// Takes a lock alone, waiting at most so long; `None` if somebody held it all that time.
pub(super) fn within(path: &Path, patience: Duration) -> Result<Option<KernelLock>, DirLockError> {
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(DirLockError::NoFile {
            path: path.to_owned(),
        });
    }
    if let Some(lock) = KernelLock::try_acquire(path)? {
        return Ok(Some(lock));
    }
    static WAITERS: AtomicUsize = AtomicUsize::new(0);
    if MAX_WAITERS <= WAITERS.fetch_add(1, Ordering::SeqCst) {
        WAITERS.fetch_sub(1, Ordering::SeqCst);
        return Ok(None);
    }
    let (sender, receiver) = mpsc::sync_channel(1);
    let waited_for = path.to_owned();
    let waiter = thread::Builder::new()
        .name("abide-lock".to_owned())
        .spawn(move || {
            let taken = KernelLock::acquire(&waited_for);
            WAITERS.fetch_sub(1, Ordering::SeqCst);
            // Whoever gave up dropped the other end, and the lock is dropped with what is sent.
            let _ = sender.send(taken);
        });
    if waiter.is_err() {
        WAITERS.fetch_sub(1, Ordering::SeqCst);
        return Ok(None);
    }
    match receiver.recv_timeout(patience) {
        Ok(taken) => Ok(Some(taken?)),
        Err(_) => Ok(None),
    }
}

/// Who holds the lock, and what for.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    pid: u32,
    host: String,
    what: String,
}

impl Note {
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let json = serde_json::to_vec(self).expect("a note has text for keys");
        // What a holder left that was killed is in the way.
        files::remove(path)?;
        sys::create_new_private_file(path)?.write_all(&json)
    }

    fn read(path: &Path) -> Option<Self> {
        let bytes = files::read(path, MAX_NOTE_BYTES).ok()??;
        serde_json::from_slice(&bytes).ok()
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, host, what } = self;
        let text = format!("process {pid} on {host} ({what})");
        f.write_str(&text.replace(char::is_control, "?"))
    }
}
