//! A lease that was granted to this process, and the right to write that goes with it.
//!
//! ```text
//!  holding ──► superseded     another grant, no lease or an unreadable one was found: for good
//!     └──────► released       given back
//! ```

use std::{
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use abide_core::{
    clock::Timestamp,
    id::{Generation, RecordId},
    lease::{
        FencingToken, Grant, LeaseDenied, LeaseEvent, LeaseState, Liveness, Look, Next, StoredLease,
    },
    lock::KernelLock,
    record::{Event, Summary, summaries},
};

use super::{
    DirLock, DirLockError, LookError, OwnDir, Tools,
    claim::{put_lease, writable},
    lease,
};
use crate::{
    files,
    journal::{Journal, JournalError, Writer},
    walk::WalkError,
};

/// A lease that this process holds; shared between its threads by reference.
///
/// Dropping it gives nothing back: the lease stays, and is stale as soon as this process is known
/// not to live for it, which is when it is dropped. So the next entry takes over, as after a crash.
#[derive(Debug)]
pub struct Held {
    dir: OwnDir,
    tools: Tools,
    grant: Grant,
    state: Mutex<State>,
}

/// How far a holder is.
#[derive(Debug)]
enum State {
    /// It holds the lease; the lock shows that it lives.
    Holding { _alive: KernelLock },
    /// The lease was found not to be its own.
    Over(LeaseDenied),
    /// It gave the lease back.
    Released,
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
    /// What time it is.
    pub at: Timestamp,
}

impl Writing<'_> {
    /// Adds events to a record, all of them or none; on disk when it returns.
    ///
    /// # Errors
    ///
    /// As [`Journal::append`].
    pub fn append(&mut self, record: &RecordId, events: Vec<Event>) -> Result<(), HeldError> {
        if events.is_empty() {
            return Ok(());
        }
        let writer = self.writer(record);
        Ok(self.journal.append(&writer, events)?)
    }

    /// Adds events to a record as [`Writing::append`] does; on disk with what is added next.
    ///
    /// # Errors
    ///
    /// As [`Journal::append_soon`].
    pub fn append_soon(&mut self, record: &RecordId, events: Vec<Event>) -> Result<(), HeldError> {
        let writer = self.writer(record);
        Ok(self.journal.append_soon(&writer, events)?)
    }

    fn writer(&self, record: &RecordId) -> Writer {
        Writer {
            record: record.clone(),
            epoch: self.epoch,
            at: self.at,
        }
    }

    /// Returns every record as the journal had it when the lock was taken.
    #[must_use]
    pub fn summaries(&self) -> Vec<Summary> {
        summaries(self.journal.found().entries())
    }
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
    /// The tree cannot be walked now.
    #[error(transparent)]
    Walk(#[from] WalkError),
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
        match self {
            Self::Over(err) => err.hint().map(str::to_owned),
            Self::Released { .. } | Self::NoRecord { .. } => None,
            Self::Lock(err) => Some(err.hint()),
            Self::Look(err) => Some(err.hint()),
            Self::Journal(err) => err.hint(),
            Self::Walk(err) => Some(err.hint()),
            Self::Write { path, .. } => Some(writable(path)),
        }
    }

    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write {
            path: path.to_owned(),
            source,
        }
    }
}

impl Held {
    pub(super) fn new(dir: OwnDir, tools: Tools, grant: Grant, alive: KernelLock) -> Self {
        Self {
            dir,
            tools,
            grant,
            state: Mutex::new(State::Holding { _alive: alive }),
        }
    }

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
    pub fn renew(&self, generation: Option<Generation>) -> Result<(), HeldError> {
        self.tools.probe.reached("keeper.renewing");
        let _lock = self.lock("to renew the lease")?;
        let grant = self.grant.clone();
        let next = self.apply(LeaseEvent::Renew { grant, generation })?;
        let Next::Write(renewed) = next else {
            unreachable!("a lease that is renewed is written");
        };
        put_lease(&self.dir, &renewed).map_err(|source| HeldError::write(&self.dir.lease(), source))
    }

    /// Gives the lease back, unless something is pending. Passes `keeper.releasing`, under the lock,
    /// after the question.
    ///
    /// The question is asked under the lock: what comes later finds no lease.
    ///
    /// # Errors
    ///
    /// When the lease is over, or cannot be removed.
    pub fn release(&self, is_pending: impl FnOnce() -> bool) -> Result<Released, HeldError> {
        let _lock = self.lock("to give the lease back")?;
        if is_pending() {
            return Ok(Released::Pending);
        }
        self.tools.probe.reached("keeper.releasing");
        let lease = self.dir.lease();
        files::remove(&lease).map_err(|source| HeldError::write(&lease, source))?;
        // An empty file that stays is removed by the next one to claim the lease.
        let _ = files::remove(&self.dir.keeper(self.epoch()));
        *self.state.lock().expect("no holder of it panics") = State::Released;
        Ok(Released::Done)
    }

    /// Does something under the lock, after the lease was read again and found to be this one.
    ///
    /// # Errors
    ///
    /// When the lease is over or cannot be read, the lock is not had, or what is done fails.
    pub fn write<T>(
        &self,
        what: &'static str,
        act: impl FnOnce(&mut Writing<'_>) -> Result<T, HeldError>,
    ) -> Result<T, HeldError> {
        let _lock = self.lock(what)?;
        let mut journal = Journal::open(&self.dir.journal())?;
        act(&mut Writing {
            journal: &mut journal,
            dir: &self.dir,
            epoch: self.epoch(),
            at: self.tools.timepiece.moment().now,
        })
    }

    /// Takes the directory's lock, once it is known that the lease is this one.
    ///
    /// It is looked at before, too: taking the lock can make its file, and leaving a note does.
    fn lock(&self, what: &'static str) -> Result<DirLock, HeldError> {
        self.check()?;
        let mut lock = DirLock::wait(&self.dir, self.tools.patience)?;
        self.check()?;
        lock.note(&self.tools.here, what);
        Ok(lock)
    }

    /// Finds out whether the lease is this one; if it is not, it never is again.
    pub(super) fn check(&self) -> Result<(), HeldError> {
        match &*self.state.lock().expect("no holder of it panics") {
            State::Holding { .. } => {}
            State::Over(denied) => return Err(HeldError::Over(denied.clone())),
            State::Released => {
                return Err(HeldError::Released {
                    yours: self.epoch(),
                });
            }
        }
        // Whether it would be renewed is whether it is the one that was granted.
        let grant = self.grant.clone();
        let generation = None;
        self.apply(LeaseEvent::Renew { grant, generation })
            .map(drop)
    }

    /// Asks the rules about the lease as it is now.
    fn apply(&self, event: LeaseEvent) -> Result<Next, HeldError> {
        let found = match self.dir.check() {
            Ok(()) => match lease::stored(&self.dir) {
                // A newer release was granted the lease since: this one writes an older schema.
                Err(LookError::Newer { source, .. }) => StoredLease::Malformed {
                    reason: source.to_string(),
                },
                found => found?,
            },
            Err(err) if err.is_gone() => StoredLease::Absent,
            Err(err) => return Err(LookError::from(err).into()),
        };
        let at = self.tools.timepiece.moment();
        let look = Look {
            place: &self.tools.here.place,
            at,
            liveness: Liveness::Alive,
            unchanged_for: std::time::Duration::ZERO,
        };
        LeaseState::judge(found, &look)
            .apply(event, at)
            .map_err(|denied| {
                let mut state = self.state.lock().expect("no holder of it panics");
                if let State::Holding { .. } = *state {
                    *state = State::Over(denied.clone());
                }
                HeldError::Over(denied)
            })
    }
}
